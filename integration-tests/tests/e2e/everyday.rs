//! What people do besides sending: chat list, read markers, notifications, muting, searching, staying signed in.

#![expect(clippy::unwrap_used, reason = "helpers of tests are tests")]

use std::collections::BTreeSet;

use integration_tests::{
    client::{Person, live::LiveStream, new_id},
    eventually::eventually,
    mesh,
};
use quicksync::{
    messaging::v1::{ConversationSummary, ListConversationsRequest, MarkReadRequest},
    notification::v1::{
        GetPreferencesRequest, ListNotificationsRequest, ListNotificationsResponse,
        MarkNotificationsReadRequest, NotificationKind, SetConversationMutedRequest,
        subscribe_response::Event,
    },
    user::v1::{GetMeRequest, LogoutRequest, RefreshRequest, SearchUsersRequest, Tokens},
};
use tonic::{Code, Status};

async fn chat_list(person: &Person) -> Vec<ConversationSummary> {
    let request = ListConversationsRequest::default();
    let answer = person.messaging().list_conversations(request).await;
    answer.unwrap().into_inner().conversations
}

async fn notifications(person: &Person) -> ListNotificationsResponse {
    let request = ListNotificationsRequest::default();
    let answer = person.notification().list_notifications(request).await;
    answer.unwrap().into_inner()
}

/// Waits until the chat list begins with this message, and gives its row.
async fn row_with(person: &Person, sequence: i64) -> ConversationSummary {
    eventually("the chat list has the message", async || {
        let first = chat_list(person).await.into_iter().next()?;
        let last = first.last_message.as_ref()?;
        (last.sequence == sequence).then_some(first)
    })
    .await
    .unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_read_on_one_client_is_read_on_all() {
    let mesh = mesh::shared().await;
    let [ada, grace] = Person::register_all(&mesh.gateway_url(), ["ada", "grace"])
        .await
        .unwrap();
    let older = ada.group("Older", &[grace.user_id]).await.unwrap();
    let conversation = ada.direct(grace.user_id).await.unwrap().conversation_id;
    let other_client = LiveStream::open(&grace).await.unwrap();
    let of_ada = LiveStream::open(&ada).await.unwrap();
    ada.send(&older.conversation_id, "hello all").await.unwrap();
    let first = ada.send(&conversation, "one").await.unwrap();
    let second = ada.send(&conversation, "two").await.unwrap();

    let row = row_with(&grace, second.sequence).await;
    assert_eq!(row.unread_count, 2);
    assert!(row.last_read_sequence < first.sequence);
    assert_eq!(row.last_message.unwrap().text, "two");
    let own = row_with(&ada, second.sequence).await;
    assert_eq!(own.unread_count, 0, "one's own messages are not unread");
    assert_eq!(chat_list(&grace).await.len(), 2);

    let mark = async |sequence: i64| {
        let request = MarkReadRequest {
            conversation_id: conversation.clone(),
            sequence,
        };
        let answer = grace.messaging().mark_read(request).await.unwrap();
        answer.into_inner().last_read_sequence
    };
    assert_eq!(mark(second.sequence).await, second.sequence);
    assert_eq!(mark(first.sequence).await, second.sequence, "never back");

    let is_marker = |event: &Option<Event>| matches!(event, Some(Event::ReadMarkerMoved(_)));
    let seen = other_client
        .until("the marker moves on the other client", |seen| {
            seen.events.iter().any(|event| is_marker(&event.event))
        })
        .await
        .unwrap();
    let moved = seen.events.iter().find(|event| is_marker(&event.event));
    let Some(Event::ReadMarkerMoved(moved)) = &moved.unwrap().event else {
        panic!("it is a marker")
    };
    assert_eq!(moved.conversation_id, conversation);
    assert_eq!(moved.last_read_sequence, second.sequence);
    let row = row_with(&grace, second.sequence).await;
    assert_eq!(
        (row.unread_count, row.last_read_sequence),
        (0, second.sequence)
    );

    // Whoever wrote does not learn who has read: the answer comes after the marker on the same partition.
    let answer = grace.send(&conversation, "three").await.unwrap();
    let seen = of_ada.until_messages(&conversation, 3).await.unwrap();
    assert!(!seen.events.iter().any(|event| is_marker(&event.event)));
    let row = row_with(&ada, answer.sequence).await;
    assert_eq!(row.unread_count, 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn notifications_tell_what_was_missed_until_it_is_marked_read() {
    let mesh = mesh::shared().await;
    let [ada, grace] = Person::register_all(&mesh.gateway_url(), ["ada", "grace"])
        .await
        .unwrap();
    let direct = ada.direct(grace.user_id).await.unwrap().conversation_id;
    let group = ada.group("Ours", &[]).await.unwrap().conversation_id;
    crate::membership::add(&ada, &group, &grace).await.unwrap();
    ada.send(&direct, "one").await.unwrap();
    let newest = ada.send(&direct, "two").await.unwrap();

    let list = eventually("all is in the list", async || {
        let list = notifications(&grace).await;
        let counts: i32 = list.notifications.iter().map(|one| one.message_count).sum();
        (list.notifications.len() == 2 && counts == 2).then_some(list)
    })
    .await
    .unwrap();
    assert_eq!(list.unread_count, 2);
    let of = |kind: NotificationKind| {
        let mut all = list.notifications.iter();
        all.find(|one| one.kind() == kind).unwrap()
    };
    let messages = of(NotificationKind::Messages);
    assert_eq!(messages.conversation_id, direct);
    assert_eq!(messages.preview, "two");
    assert_eq!(messages.sequence, newest.sequence);
    assert_eq!(messages.actor_user_id, ada.user.user_id);
    let added = of(NotificationKind::AddedToConversation);
    assert_eq!(added.conversation_id, group);

    let request = MarkNotificationsReadRequest {
        notification_ids: vec![messages.notification_id.clone(), new_id().to_string()],
    };
    let marked = grace.notification().mark_notifications_read(request).await;
    assert_eq!(marked.unwrap().into_inner().unread_count, 1);
    // Nobody marks what is another's.
    let request = MarkNotificationsReadRequest {
        notification_ids: vec![added.notification_id.clone()],
    };
    ada.notification()
        .mark_notifications_read(request)
        .await
        .unwrap();
    assert_eq!(notifications(&grace).await.unread_count, 1);
    assert_eq!(notifications(&ada).await.notifications, []);

    ada.send(&direct, "three").await.unwrap();
    eventually("a new message makes it unread again", async || {
        let list = notifications(&grace).await;
        let again = list
            .notifications
            .iter()
            .find(|one| one.notification_id == messages.notification_id)?;
        (!again.read && again.message_count == 1 && list.unread_count == 2).then_some(())
    })
    .await
    .unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_muted_conversation_is_live_but_makes_no_notifications() {
    let mesh = mesh::shared().await;
    let [ada, grace] = Person::register_all(&mesh.gateway_url(), ["ada", "grace"])
        .await
        .unwrap();
    let conversation = ada.direct(grace.user_id).await.unwrap().conversation_id;
    let stream = LiveStream::open(&grace).await.unwrap();
    let mute = async |muted: bool| {
        let request = SetConversationMutedRequest {
            conversation_id: conversation.clone(),
            muted,
        };
        grace
            .notification()
            .set_conversation_muted(request)
            .await
            .unwrap();
        let answer = grace
            .notification()
            .get_preferences(GetPreferencesRequest {})
            .await;
        answer.unwrap().into_inner().muted_conversation_ids
    };

    assert_eq!(mute(true).await, [conversation.as_str()]);
    ada.send(&conversation, "shh").await.unwrap();
    stream.until_messages(&conversation, 1).await.unwrap();
    // The same consumer folds both in order: once grace's answer counts for ada, "shh" has been looked at.
    grace.send(&conversation, "what?").await.unwrap();
    eventually("the answer is in ada's list", async || {
        (notifications(&ada).await.unread_count == 1).then_some(())
    })
    .await
    .unwrap();
    assert_eq!(notifications(&grace).await.notifications, []);

    assert!(mute(false).await.is_empty());
    ada.send(&conversation, "loud again").await.unwrap();
    eventually("notifications come again", async || {
        let list = notifications(&grace).await;
        let first = list.notifications.first()?;
        (first.preview == "loud again" && first.message_count == 1).then_some(())
    })
    .await
    .unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_search_gives_each_person_once_page_by_page() {
    let mesh = mesh::shared().await;
    let stem = format!("find{}", &new_id().simple().to_string()[..6]);
    let people = Person::register_all(&mesh.gateway_url(), [stem.as_str(); 8])
        .await
        .unwrap();
    let [caller, others @ ..] = &people;

    let mut found = Vec::new();
    let mut page_token = String::new();
    loop {
        let request = SearchUsersRequest {
            query: stem.to_uppercase(),
            page_size: 3,
            page_token,
        };
        let answer = caller.users().search_users(request).await.unwrap();
        let page = answer.into_inner();
        assert!(page.users.len() <= 3);
        found.extend(page.users);
        page_token = page.next_page_token;
        if page_token.is_empty() {
            break;
        }
    }

    assert!(found.is_sorted_by(|one, next| one.username < next.username));
    let found: BTreeSet<&str> = found.iter().map(|user| user.user_id.as_str()).collect();
    let expected: BTreeSet<&str> = others
        .iter()
        .map(|person| person.user.user_id.as_str())
        .collect();
    assert_eq!(found, expected, "all but the caller");
}

async fn refresh(person: &Person, refresh_token: &str) -> Result<Tokens, Status> {
    let request = RefreshRequest {
        refresh_token: refresh_token.to_owned(),
    };
    let answer = person.auth().refresh(request).await?.into_inner();
    Ok(answer.tokens.unwrap())
}

fn assert_signed_out<T: std::fmt::Debug>(answer: Result<T, Status>) {
    let status = answer.unwrap_err();
    assert_eq!(
        (status.code(), ::mesh::status::reason_of(&status).as_deref()),
        (Code::Unauthenticated, Some("REFRESH_TOKEN_INVALID"))
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_refreshed_sign_in_goes_on_until_logout() {
    let mesh = mesh::shared().await;
    let ada = Person::register(&mesh.gateway_url(), "ada").await.unwrap();

    let mut tokens = ada.tokens.clone();
    for _ in 0..3 {
        let next = refresh(&ada, &tokens.refresh_token).await.unwrap();
        assert_ne!(next.refresh_token, tokens.refresh_token);
        let again = ada.with_token(&next.access_token).unwrap();
        let me = again.users().get_me(GetMeRequest {}).await.unwrap();
        assert_eq!(me.into_inner().user.unwrap(), ada.user);
        tokens = next;
    }
    for _ in 0..2 {
        let request = LogoutRequest {
            refresh_token: tokens.refresh_token.clone(),
        };
        ada.auth().logout(request).await.unwrap();
    }
    assert_signed_out(refresh(&ada, &tokens.refresh_token).await);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_refresh_token_that_was_stolen_ends_all_that_descend_from_it() {
    let mesh = mesh::shared().await;
    let ada = Person::register(&mesh.gateway_url(), "ada").await.unwrap();
    let stolen = &ada.tokens.refresh_token;
    let second = refresh(&ada, stolen).await.unwrap();
    // Used, so that the answer to the first cannot have been lost.
    let third = refresh(&ada, &second.refresh_token).await.unwrap();

    assert_signed_out(refresh(&ada, stolen).await);
    assert_signed_out(refresh(&ada, &third.refresh_token).await);
}
