use std::{
    future::Future as _,
    pin::pin,
    task::{Context, Waker},
};

use uuid::Uuid;

use super::{Memory, Seen};

const ADA: Uuid = Uuid::from_u128(1);
const BOB: Uuid = Uuid::from_u128(2);
const EVE: Uuid = Uuid::from_u128(3);

fn messages(messages: &[(Uuid, i64)]) -> Seen {
    Seen {
        messages: messages.to_vec(),
        changes: Vec::new(),
    }
}

#[test]
fn the_first_record_of_a_message_counts() {
    let memory = Memory::new(8, 8);
    assert_eq!(
        memory.note(&messages(&[(ADA, 5), (BOB, 6), (ADA, 7)])),
        [5, 6, 5]
    );
    assert_eq!(memory.message(ADA), Some(5));
}

#[test]
fn what_was_acknowledged_is_known_before_it_is_followed_and_an_earlier_record_still_counts() {
    let memory = Memory::new(8, 8);
    assert_eq!(memory.note_sent(ADA, 7), 7);
    assert_eq!(memory.message(ADA), Some(7));
    assert_eq!(memory.note(&messages(&[(ADA, 5), (ADA, 7)])), [5, 5]);
    assert_eq!(memory.note_sent(ADA, 9), 5);
}

#[test]
fn the_oldest_is_forgotten_where_there_are_too_many() {
    let memory = Memory::new(2, 2);
    memory.note(&messages(&[(ADA, 1), (BOB, 2), (EVE, 3)]));
    assert_eq!(
        [ADA, BOB, EVE].map(|id| memory.message(id)),
        [None, Some(2), Some(3)]
    );
}

#[tokio::test]
async fn a_message_can_be_waited_for() {
    let memory = Memory::new(2, 2);
    let mut wait = pin!(memory.appearance(ADA));
    assert!(
        wait.as_mut()
            .poll(&mut Context::from_waker(Waker::noop()))
            .is_pending()
    );
    memory.note(&messages(&[(ADA, 9)]));
    assert_eq!(wait.await, 9);
    assert!(memory.inner.lock().waiting.is_empty());
}

#[tokio::test]
async fn what_was_acknowledged_and_is_not_followed_ends_no_wait() {
    let memory = Memory::new(2, 2);
    let mut wait = pin!(memory.appearance(ADA));
    let mut waker = Context::from_waker(Waker::noop());
    assert!(wait.as_mut().poll(&mut waker).is_pending());
    memory.note_sent(ADA, 21);
    assert!(wait.as_mut().poll(&mut waker).is_pending());
    memory.note(&messages(&[(ADA, 20)]));
    assert_eq!(wait.await, 20);
}

#[tokio::test]
async fn a_wait_that_is_given_up_leaves_nothing_behind() {
    let memory = Memory::new(2, 2);
    {
        let mut wait = pin!(memory.appearance(ADA));
        assert!(
            wait.as_mut()
                .poll(&mut Context::from_waker(Waker::noop()))
                .is_pending()
        );
    }
    assert!(memory.inner.lock().waiting.is_empty());
}

#[test]
fn changes_are_remembered_by_revision() {
    let memory = Memory::new(2, 2);
    memory.note(&Seen {
        messages: Vec::new(),
        changes: vec![((ADA, 1), 4), ((ADA, 2), 6), ((ADA, 1), 8)],
    });
    assert_eq!(
        (
            memory.change(ADA, 1),
            memory.change(ADA, 2),
            memory.change(ADA, 3)
        ),
        (Some(4), Some(6), None)
    );
}
