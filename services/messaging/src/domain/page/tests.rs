//! Pages without holes and doubles.

use time::OffsetDateTime;

use super::*;

fn message(id: u128, sequence: i64) -> Message {
    Message {
        conversation_id: Uuid::nil(),
        sequence,
        message_id: Uuid::from_u128(id),
        sender_user_id: Uuid::nil(),
        client_message_id: Uuid::nil(),
        sent_at: OffsetDateTime::UNIX_EPOCH,
        text: String::new(),
    }
}

fn sequences(messages: &[Message]) -> Vec<i64> {
    messages.iter().map(|message| message.sequence).collect()
}

#[test]
fn recents_below_what_is_stored_are_not_believed() {
    let recents = Recents {
        messages: vec![message(1, 9), message(2, 12)],
        complete_from: 5,
    };
    assert!(recents.meets(10));
    assert_eq!(sequences(&recents.unstored(10, 0, i64::MAX)), [12]);
}

#[test]
fn recents_that_begin_past_the_stored_rows_do_not_meet_them() {
    assert!(
        !Recents {
            messages: vec![],
            complete_from: 11
        }
        .meets(10)
    );
    assert!(
        Recents {
            messages: vec![],
            complete_from: 10
        }
        .meets(10)
    );
}

#[test]
fn of_a_repeated_recent_message_the_first_counts() {
    let recents = Recents {
        messages: vec![message(1, 14), message(1, 11), message(2, 12)],
        complete_from: 0,
    };
    assert_eq!(sequences(&recents.unstored(10, 0, i64::MAX)), [11, 12]);
}

#[test]
fn a_repetition_of_a_message_stored_long_ago_is_dropped() {
    let places = HashMap::from([(Uuid::from_u128(1), 3)]);
    let merged = merge(
        vec![message(5, 8)],
        vec![message(1, 11), message(2, 12)],
        &places,
    );
    assert_eq!(sequences(&merged), [8, 12]);
}

#[test]
fn a_message_that_was_stored_in_the_meantime_counts_once() {
    let places = HashMap::from([(Uuid::from_u128(1), 11)]);
    let merged = merge(
        vec![message(5, 8), message(1, 11)],
        vec![message(1, 11), message(2, 12)],
        &places,
    );
    assert_eq!(sequences(&merged), [8, 11, 12]);
}

#[test]
fn a_page_takes_the_side_that_was_asked_for() {
    let all = || {
        (1..=5)
            .map(|sequence| message(u128::try_from(sequence).unwrap(), sequence))
            .collect::<Vec<_>>()
    };
    let last = Page::last(all(), 2);
    assert_eq!(
        (sequences(&last.messages), last.has_more),
        (vec![4, 5], true)
    );
    let first = Page::first(all(), 2);
    assert_eq!(
        (sequences(&first.messages), first.has_more),
        (vec![1, 2], true)
    );
    assert!(!Page::last(all(), 5).has_more);
}

#[test]
fn a_page_of_long_texts_is_shorter_and_says_that_there_is_more() {
    let long = |bytes: usize| {
        (1..=5)
            .map(|sequence| Message {
                text: "x".repeat(bytes),
                ..message(u128::try_from(sequence).unwrap(), sequence)
            })
            .collect::<Vec<_>>()
    };
    let half = PAGE_TEXT_BYTES_MAX / 2;
    let last = Page::last(long(half), 5);
    assert_eq!(
        (sequences(&last.messages), last.has_more),
        (vec![4, 5], true)
    );
    let first = Page::first(long(half), 5);
    assert_eq!(
        (sequences(&first.messages), first.has_more),
        (vec![1, 2], true)
    );
    let huge = Page::first(long(PAGE_TEXT_BYTES_MAX + 1), 5);
    assert_eq!((sequences(&huge.messages), huge.has_more), (vec![1], true));
    assert!(!Page::last(long(half / 4), 5).has_more);
    assert!(!Page::first(Vec::new(), 5).has_more);
}
