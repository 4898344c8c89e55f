//! Which records are understood, and which are refused for good.

use prost_types::Timestamp;

use super::*;

const CONVERSATION: Uuid = Uuid::from_u128(7);
const SENDER: Uuid = Uuid::from_u128(8);

fn sent(text: &str) -> ConversationEvent {
    ConversationEvent {
        conversation_id: CONVERSATION.to_string(),
        occurred_at: Some(Timestamp {
            seconds: 1_700_000_000,
            nanos: 123_456_789,
        }),
        revision: 0,
        event: Some(Wire::MessageSent(MessageSent {
            message_id: Uuid::from_u128(1).to_string(),
            sender_user_id: SENDER.to_string(),
            client_message_id: Uuid::from_u128(2).to_string(),
            text: text.to_owned(),
        })),
    }
}

fn record(event: &ConversationEvent) -> Record {
    let (key, payload) = envelope::encode(CONVERSATION, event);
    Record {
        partition: 0,
        offset: 4,
        timestamp_ms: 1_000,
        key: key.to_vec().into(),
        payload: payload.into(),
    }
}

#[test]
fn a_message_keeps_its_text_byte_for_byte_and_its_time_to_the_microsecond() {
    let text = "ünïcödé \u{1F600}\n\tاهلا";
    let Ok(Event::Message(message)) = Event::decode(&record(&sent(text)), 5) else {
        panic!("a message")
    };
    assert_eq!(
        (
            message.text.as_str(),
            message.sequence,
            message.sender_user_id
        ),
        (text, 5, SENDER)
    );
    assert_eq!(
        message.sent_at.unix_timestamp_nanos(),
        1_700_000_000_123_456_000
    );
}

#[test]
fn a_kind_of_a_later_version_is_no_poison() {
    let event = ConversationEvent {
        event: None,
        ..sent("")
    };
    assert_eq!(Event::decode(&record(&event), 1).unwrap(), Event::Unknown);
}

#[test]
fn an_event_without_a_time_takes_the_brokers() {
    let event = ConversationEvent {
        occurred_at: None,
        ..sent("x")
    };
    let Ok(Event::Message(message)) = Event::decode(&record(&event), 1) else {
        panic!("a message")
    };
    assert_eq!(
        message.sent_at,
        OffsetDateTime::UNIX_EPOCH + time::Duration::seconds(1)
    );
}

#[test]
fn what_can_never_be_stored_is_poison() {
    let read = |user_id: &str, last_read_sequence| ConversationEvent {
        event: Some(Wire::ReadMarkerMoved(ReadMarkerMoved {
            user_id: user_id.to_owned(),
            last_read_sequence,
        })),
        ..sent("")
    };
    let created = |revision, member: &str, title: &str| ConversationEvent {
        revision,
        event: Some(Wire::ConversationCreated(ConversationCreated {
            members: vec![Member {
                user_id: member.to_owned(),
                role: 1,
            }],
            title: title.to_owned(),
            ..ConversationCreated::default()
        })),
        ..sent("")
    };
    let out_of_time = ConversationEvent {
        occurred_at: Some(Timestamp {
            seconds: i64::MAX,
            nanos: 0,
        }),
        ..sent("x")
    };
    let table = [
        ("U+0000 in a text", record(&sent("a\0b"))),
        ("a time that no calendar has", record(&out_of_time)),
        ("a member without an id", record(&created(1, "nobody", "t"))),
        (
            "U+0000 in a title",
            record(&created(1, &SENDER.to_string(), "\0")),
        ),
        (
            "a change without a revision",
            record(&created(0, &SENDER.to_string(), "t")),
        ),
        ("a marker of nobody", record(&read("", 5))),
        ("a marker nowhere", record(&read(&SENDER.to_string(), 0))),
        (
            "another conversation's key",
            Record {
                key: Uuid::from_u128(9).as_bytes().to_vec().into(),
                ..record(&sent("x"))
            },
        ),
        (
            "a key that is no id",
            Record {
                key: b"key".to_vec().into(),
                ..record(&sent("x"))
            },
        ),
        (
            "a value that is no event",
            Record {
                payload: b"\xff\xff\xff".to_vec().into(),
                ..record(&sent("x"))
            },
        ),
    ];
    for (name, record) in table {
        assert!(Event::decode(&record, 1).is_err(), "{name}");
    }
}
