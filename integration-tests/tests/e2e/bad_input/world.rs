//! People with something to lose, and what they have before and after.

use std::collections::BTreeMap;

use integration_tests::{
    client::{PASSWORD, Person, live::LiveStream, new_id},
    eventually::eventually,
    mesh::{self, Mesh},
};
use prost::Message as _;
use prost_reflect::{DynamicMessage, Value};
use quicksync::{
    chat::v1::{Conversation, GetConversationRequest, Message},
    messaging::v1::{ConversationSummary, ListConversationsRequest},
    notification::v1::{GetPreferencesRequest, ListNotificationsRequest, Notification},
    user::v1::{GetMeRequest, GetMeResponse},
};

use crate::calls::{self, Method, Subject};

/// Fields of answers that hold a token for another page.
const TOKEN_FIELDS: [&str; 2] = ["next_page_token", "newer_page_token"];

/// Ada, who does it all wrong, and Grace, who notices.
pub struct World {
    pub mesh: &'static Mesh,
    pub ada: Person,
    pub grace: Person,
    /// What good requests are about: the group of both.
    pub subject: Subject,
    /// The direct conversation of both.
    pub direct: String,
    /// What all people of this world, and nobody else, are found by.
    stem: String,
    /// What Grace sees.
    live: LiveStream,
    /// Events that she had seen before anything went wrong.
    happened: usize,
}

/// All that somebody has.
#[derive(Clone, Debug, PartialEq)]
pub struct Belongings {
    pub me: GetMeResponse,
    pub muted: Vec<String>,
    pub groups: Vec<Conversation>,
    pub histories: Vec<Vec<Message>>,
    pub chat_list: Vec<ConversationSummary>,
    pub notifications: Vec<Notification>,
}

impl World {
    pub async fn new() -> Self {
        let mesh = mesh::shared().await;
        let stem = format!("bad{}", &new_id().simple().to_string()[..6]);
        let [ada, grace, _] =
            Person::register_all(&mesh.gateway_url(), [stem.as_str(), &stem, &stem])
                .await
                .unwrap();
        for person in [&ada, &grace] {
            // So that there are two security events.
            Person::login(&mesh.gateway_url(), &person.user.username, PASSWORD)
                .await
                .unwrap();
        }
        let direct = ada.direct(grace.user_id).await.unwrap().conversation_id;
        let group = ada.group("Ours", &[grace.user_id]).await.unwrap();
        let group = group.conversation_id;
        let live = LiveStream::open(&grace).await.unwrap();
        let mut sequence = 0;
        for person in [&grace, &ada] {
            for conversation in [&direct, &group] {
                sequence = person.send(conversation, "hello").await.unwrap().sequence;
            }
        }
        live.until("all is said", |seen| seen.messages().len() == 4)
            .await
            .unwrap();
        let subject = Subject {
            conversation_id: group,
            user_id: grace.user.user_id.clone(),
            query: stem.clone(),
            sequence,
        };
        let world = Self {
            mesh,
            ada,
            grace,
            subject,
            direct,
            stem,
            happened: live.seen().events.len(),
            live,
        };
        world.settle([2, 2]).await;
        world
    }

    /// Waits until the chat lists are full and the notifications of Ada and Grace stand for so many messages.
    async fn settle(&self, unread: [i32; 2]) {
        for (person, unread) in [&self.ada, &self.grace].into_iter().zip(unread) {
            eventually("all projections have it", async || {
                let chats = chat_list(person).await;
                let unread_chats = chats.iter().filter(|chat| chat.last_message.is_some());
                let count = notifications(person)
                    .await
                    .iter()
                    .map(|notification| notification.message_count)
                    .sum::<i32>();
                (unread_chats.count() == 2 && count >= unread).then_some(())
            })
            .await
            .unwrap();
        }
    }

    /// What Ada and Grace have.
    pub async fn belongings(&self) -> [Belongings; 2] {
        [self.of(&self.ada).await, self.of(&self.grace).await]
    }

    async fn of(&self, person: &Person) -> Belongings {
        let me = person.users().get_me(GetMeRequest {}).await.unwrap();
        let preferences = person
            .notification()
            .get_preferences(GetPreferencesRequest {})
            .await
            .unwrap();
        let (mut groups, mut histories) = (Vec::new(), Vec::new());
        for conversation in [&self.subject.conversation_id, &self.direct] {
            let request = GetConversationRequest {
                conversation_id: conversation.clone(),
            };
            let group = person.chat().get_conversation(request).await.unwrap();
            groups.extend(group.into_inner().conversation);
            histories.push(person.history(conversation).await.unwrap());
        }
        Belongings {
            me: me.into_inner(),
            muted: preferences.into_inner().muted_conversation_ids,
            groups,
            histories,
            chat_list: chat_list(person).await,
            notifications: notifications(person).await,
        }
    }

    /// Fails unless everything is as it was, but for one message that is said now so that all that came before it on the log
    /// has been seen.
    pub async fn assert_unchanged(&self, before: &[Belongings; 2]) {
        let group = &self.subject.conversation_id;
        let last = self.ada.send(group, "the last word").await.unwrap();
        let happened = self.live.until_messages(group, 3).await.unwrap().events;
        let new = happened.len() - self.happened;
        assert_eq!(new, 1, "{:?}", &happened[self.happened..]);
        self.settle([2, 3]).await;
        let mut after = self.belongings().await;
        for (person, before) in after.iter_mut().zip(before) {
            let said = person.histories[0].pop().unwrap();
            assert_eq!(said.sequence, last.sequence);
            for chat in &mut person.chat_list {
                if chat.last_message.as_ref() == Some(&said) {
                    chat.last_message = before.histories[0].last().cloned();
                    chat.last_activity_at = said.sent_at;
                }
            }
            assert_eq!(person.me, before.me);
            assert_eq!(person.muted, before.muted);
            assert_eq!(person.groups, before.groups);
            assert_eq!(person.histories, before.histories);
            assert_eq!(person.chat_list.len(), before.chat_list.len());
            assert_eq!(
                person
                    .chat_list
                    .iter()
                    .map(|chat| chat.last_read_sequence)
                    .collect::<Vec<_>>(),
                before
                    .chat_list
                    .iter()
                    .map(|chat| chat.last_read_sequence)
                    .collect::<Vec<_>>()
            );
            assert_eq!(person.notifications.len(), before.notifications.len());
        }
        let counts = |person: &Belongings| -> BTreeMap<String, (i32, bool)> {
            let notifications = person.notifications.iter();
            notifications
                .map(|about| {
                    let is_group = about.conversation_id == *group && about.message_count > 0;
                    let new = i32::from(is_group);
                    (
                        about.notification_id.clone(),
                        (about.message_count - new, about.read),
                    )
                })
                .collect()
        };
        // Ada said the last word: hers are all as they were, Grace has one more.
        let of_before = |person: &Belongings| -> BTreeMap<String, (i32, bool)> {
            let notifications = person.notifications.iter();
            notifications
                .map(|about| {
                    (
                        about.notification_id.clone(),
                        (about.message_count, about.read),
                    )
                })
                .collect()
        };
        assert_eq!(of_before(&after[0]), of_before(&before[0]));
        assert_eq!(counts(&after[1]), of_before(&before[1]));
    }

    /// A page token of this very call, and tokens of all other calls.
    pub async fn tokens_for(&self, method: &Method) -> (String, Vec<String>) {
        let elsewhere = Subject {
            conversation_id: self.direct.clone(),
            query: self.stem[..self.stem.len() - 1].to_owned(),
            ..self.subject.clone()
        };
        let mut own = String::new();
        let mut foreign = Vec::new();
        for other in calls::for_people().filter(|method| method.takes("page_token")) {
            let token = page_token(&self.ada, other, &self.subject).await;
            if other.path == method.path {
                own = token;
            } else {
                foreign.push(token);
            }
            foreign.push(page_token(&self.grace, other, &elsewhere).await);
        }
        (own, foreign)
    }
}

/// The token of the second page of one item each.
async fn page_token(person: &Person, method: &Method, subject: &Subject) -> String {
    let mut request = method.good_request(subject);
    request.set_field_by_name("page_size", Value::I32(1));
    let answer = person.call(&method.path, request.encode_to_vec()).await;
    let answer = DynamicMessage::decode(method.response.clone(), answer.unwrap()).unwrap();
    let token = TOKEN_FIELDS
        .iter()
        .filter_map(|field| answer.get_field_by_name(field))
        .find_map(|token| token.as_str().map(str::to_owned))
        .filter(|token| !token.is_empty());
    token.unwrap_or_else(|| panic!("{} has no second page", method.path))
}

async fn chat_list(person: &Person) -> Vec<ConversationSummary> {
    let request = ListConversationsRequest::default();
    let answer = person.messaging().list_conversations(request).await;
    answer.unwrap().into_inner().conversations
}

async fn notifications(person: &Person) -> Vec<Notification> {
    let request = ListNotificationsRequest::default();
    let answer = person.notification().list_notifications(request).await;
    answer.unwrap().into_inner().notifications
}
