//! A topic of its own, and what chat would write to it.

use std::{collections::BTreeMap, sync::Mutex, time::Duration};

use events::{
    Config, Producer, Topic, admin::TopicSpec, config::TopicConfig, ensure_topics, envelope,
};
use prost_types::Timestamp;
use quicksync::{
    chat::v1::{Member, MemberRole},
    events::v1::{
        ConversationCreated, ConversationEvent, MemberRemoved, MembersAdded, MessageSent,
        conversation_event::Event,
    },
};
use uuid::Uuid;

const PARTITIONS: i32 = 3;
const DEADLINE: Duration = Duration::from_secs(30);
const SPEC: TopicSpec = TopicSpec {
    replication: 1,
    min_insync_replicas: 1,
    retention: Duration::from_hours(1),
};

pub struct Log {
    pub config: Config,
    pub topic: Topic,
    producer: Producer,
    produced: Mutex<BTreeMap<i32, i64>>,
}

/// The id of the message that `text` makes.
pub fn message_id(conversation_id: Uuid, sender: Uuid, text: &str) -> Uuid {
    Uuid::new_v5(&conversation_id, format!("{sender}{text}").as_bytes())
}

impl Log {
    pub async fn create() -> Self {
        let config = Config {
            brokers: parts::shared().await.kafka_brokers(),
            conversations: TopicConfig {
                name: parts::unique("conversations"),
                epoch: 3,
                partitions: PARTITIONS,
            },
            dead_letters: TopicConfig {
                name: parts::unique("dead"),
                epoch: 0,
                partitions: 1,
            },
            ..Config::default()
        };
        ensure_topics(&config, SPEC).await.unwrap();
        let topic = Topic::new(&config.conversations);
        let producer = Producer::new(&config, &topic).unwrap();
        Self {
            config,
            topic,
            producer,
            produced: Mutex::default(),
        }
    }

    /// Partition -> next offset, of everything that was produced here.
    pub fn produced(&self) -> BTreeMap<i32, i64> {
        self.produced.lock().unwrap().clone()
    }

    /// Any record; answers its sequence.
    pub async fn produce(&self, key: &[u8], payload: &[u8]) -> i64 {
        let position = self.producer.produce(key, payload, DEADLINE).await.unwrap();
        let offset = position.offset.expect("the broker says where");
        let mut produced = self.produced.lock().unwrap();
        let next = produced.entry(position.partition).or_default();
        *next = (*next).max(offset + 1);
        self.topic.sequence(offset)
    }

    pub async fn event(&self, conversation_id: Uuid, revision: i64, event: Event) -> i64 {
        let event = ConversationEvent {
            conversation_id: conversation_id.to_string(),
            occurred_at: Some(Timestamp {
                seconds: 1_700_000_000 + revision,
                nanos: 0,
            }),
            revision,
            event: Some(event),
        };
        let (key, payload) = envelope::encode(conversation_id, &event);
        self.produce(&key, &payload).await
    }

    /// A new group; the first member owns it.
    pub async fn group(&self, members: &[Uuid], hides_history: bool) -> Uuid {
        let conversation_id = Uuid::new_v5(&Uuid::NAMESPACE_OID, parts::unique("group").as_bytes());
        let mut members = wire(members);
        members[0].role = MemberRole::Owner.into();
        let created = ConversationCreated {
            kind: 2,
            title: "a group".to_owned(),
            created_by_user_id: members[0].user_id.clone(),
            members,
            hides_history_from_new_members: hides_history,
        };
        self.event(conversation_id, 1, Event::ConversationCreated(created))
            .await;
        conversation_id
    }

    pub async fn add(&self, conversation_id: Uuid, revision: i64, members: &[Uuid]) -> i64 {
        let added = MembersAdded {
            members: wire(members),
            added_by_user_id: members[0].to_string(),
        };
        self.event(conversation_id, revision, Event::MembersAdded(added))
            .await
    }

    pub async fn remove(&self, conversation_id: Uuid, revision: i64, user_id: Uuid) -> i64 {
        let user_id = user_id.to_string();
        let removed = MemberRemoved {
            removed_by_user_id: user_id.clone(),
            user_id,
            new_owner_user_id: String::new(),
        };
        self.event(conversation_id, revision, Event::MemberRemoved(removed))
            .await
    }

    /// A message; the same text of the same sender makes the same id.
    pub async fn say(&self, conversation_id: Uuid, sender: Uuid, text: &str) -> i64 {
        self.event(conversation_id, 0, said(conversation_id, sender, text))
            .await
    }

    /// Many messages "0", "1", ... ; answers their sequences.
    pub async fn say_many(&self, conversation_id: Uuid, sender: Uuid, count: usize) -> Vec<i64> {
        let texts: Vec<String> = (0..count).map(|index| index.to_string()).collect();
        futures::future::join_all(
            texts
                .iter()
                .map(|text| self.say(conversation_id, sender, text)),
        )
        .await
    }
}

pub fn said(conversation_id: Uuid, sender: Uuid, text: &str) -> Event {
    let message_id = message_id(conversation_id, sender, text);
    Event::MessageSent(MessageSent {
        message_id: message_id.to_string(),
        sender_user_id: sender.to_string(),
        client_message_id: message_id.to_string(),
        text: text.to_owned(),
    })
}

fn wire(members: &[Uuid]) -> Vec<Member> {
    members
        .iter()
        .map(|user_id| Member {
            user_id: user_id.to_string(),
            role: MemberRole::Member.into(),
        })
        .collect()
}
