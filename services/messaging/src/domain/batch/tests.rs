//! Batches by columns.

use super::*;
use crate::domain::record::ReadMarker;

fn message(conversation: u128, id: u128, sequence: i64) -> Event {
    Event::Message(Message {
        conversation_id: Uuid::from_u128(conversation),
        sequence,
        message_id: Uuid::from_u128(id),
        sender_user_id: Uuid::nil(),
        client_message_id: Uuid::nil(),
        sent_at: OffsetDateTime::UNIX_EPOCH,
        text: String::new(),
    })
}

fn columns(events: impl IntoIterator<Item = Event>) -> (MessageColumns, MarkerColumns) {
    let mut batch = Batch::default();
    events.into_iter().for_each(|event| batch.push(event));
    let (messages, markers, _) = batch.into_columns();
    (messages, markers)
}

#[test]
fn of_repeated_messages_the_first_counts() {
    let (messages, _) = columns([message(1, 10, 1), message(1, 11, 2), message(1, 10, 3)]);
    assert_eq!(messages.sequences, [1, 2]);
}

#[test]
fn rows_are_sorted_as_the_indexes_are() {
    let (messages, _) = columns([
        message(2, 1, 7),
        message(1, 2, 9),
        message(2, 3, 8),
        message(1, 4, 3),
    ]);
    assert_eq!(messages.conversation_ids, [1, 1, 2, 2].map(Uuid::from_u128));
    assert_eq!(messages.sequences, [3, 9, 7, 8]);
}

#[test]
fn of_read_markers_the_furthest_counts() {
    let read = |user, last_read_sequence| {
        Event::Read(ReadMarker {
            conversation_id: Uuid::nil(),
            user_id: Uuid::from_u128(user),
            last_read_sequence,
        })
    };
    let (_, markers) = columns([read(2, 5), read(1, 4), read(2, 3)]);
    assert_eq!(markers.user_ids, [1, 2].map(Uuid::from_u128));
    assert_eq!(markers.sequences, [4, 5]);
}
