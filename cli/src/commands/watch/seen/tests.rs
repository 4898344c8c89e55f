//! Each message once.

use super::*;

fn message(id: usize, sequence: i64) -> Message {
    Message {
        message_id: id.to_string(),
        conversation_id: "c".to_owned(),
        sequence,
        ..Message::default()
    }
}

#[test]
fn each_message_is_new_once() {
    let mut seen = Seen::default();
    seen.begin("c", 5);
    assert!(seen.is_new(&message(1, 6)));
    assert!(!seen.is_new(&message(1, 6)));
    assert!(
        !seen.is_new(&message(1, 9)),
        "a second record of the same message"
    );
    assert_eq!(seen.newest("c"), 6);
    assert_eq!(seen.newest("other"), 0);
}

#[test]
fn memory_is_bounded() {
    let mut seen = Seen::default();
    for id in 0..REMEMBERED_MAX + 10 {
        assert!(seen.is_new(&message(id, 1)));
    }
    assert_eq!(seen.ids.len(), REMEMBERED_MAX);
    assert!(!seen.is_new(&message(REMEMBERED_MAX, 1)));
}
