use ::events::{Record, Topic, TopicConfig, envelope};
use prost_types::Timestamp;
use quicksync::{
    events::v1::{MessageSent, ReadMarkerMoved},
    notification::v1::subscribe_response::Event,
};

use super::*;
use crate::domain::{digest::What, record::Change};

fn topic() -> Topic {
    Topic::new(&TopicConfig {
        name: "events".to_owned(),
        epoch: 3,
        partitions: 4,
    })
}

fn record(said: Option<Said>) -> Record {
    let conversation = Uuid::from_u128(7);
    let occurred_at = Some(Timestamp {
        seconds: 10,
        nanos: 5,
    });
    let event = ConversationEvent {
        conversation_id: conversation.to_string(),
        occurred_at,
        revision: 0,
        event: said,
    };
    let (key, payload) = envelope::encode(conversation, &event);
    Record {
        partition: 2,
        offset: 41,
        timestamp_ms: 10_000,
        key: key.to_vec().into(),
        payload: payload.into(),
    }
}

fn sent(message_id: &str) -> Said {
    Said::MessageSent(MessageSent {
        message_id: message_id.to_owned(),
        sender_user_id: Uuid::from_u128(1).to_string(),
        client_message_id: Uuid::from_u128(2).to_string(),
        text: "hello".to_owned(),
    })
}

#[test]
fn a_message_is_told_with_its_sequence() {
    let record = record(Some(sent(&Uuid::from_u128(9).to_string())));
    let (read, malformed) = live::record(&topic(), &record);
    assert!(malformed.is_none());
    let fact = read.fact.expect("a message is known");
    assert!(matches!(fact.change, Change::Message { id } if id == Uuid::from_u128(9)));
    let Event::Message(message) = fact.event else {
        panic!("not {:?}", fact.event)
    };
    assert_eq!(
        (message.sequence, fact.sequence),
        (topic().sequence(41), topic().sequence(41))
    );
    assert_eq!(message.conversation_id, Uuid::from_u128(7).to_string());
}

#[test]
fn a_kind_that_is_not_known_says_nothing() {
    assert!(live::record(&topic(), &record(None)).0.fact.is_none());
    assert!(
        list::item(&topic(), &record(None))
            .expect("not malformed")
            .is_none()
    );
}

#[test]
fn a_malformed_record_moves_the_position_and_nothing_else() {
    let (read, malformed) = live::record(&topic(), &record(Some(sent("nonsense"))));
    assert!(read.fact.is_none() && malformed.is_some());
    assert_eq!((read.partition, read.offset), (2, 41));
    assert!(list::item(&topic(), &record(Some(sent("nonsense")))).is_err());
}

#[test]
fn a_read_marker_is_the_readers_own() {
    let moved = ReadMarkerMoved {
        user_id: Uuid::from_u128(1).to_string(),
        last_read_sequence: 12,
    };
    let record = record(Some(Said::ReadMarkerMoved(moved)));
    let fact = live::record(&topic(), &record).0.fact.expect("known");
    assert!(fact.change.concerns(Uuid::from_u128(1)) && !fact.change.concerns(Uuid::from_u128(2)));
    let item = list::item(&topic(), &record)
        .expect("not malformed")
        .expect("known");
    assert!(matches!(item.what, What::Read { upto: 12, .. }));
}
