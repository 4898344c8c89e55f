use quicksync::notification::v1::{Heartbeat, subscribe_response::Event};

use super::super::record::Fact;
use super::*;

fn entry(partition: usize, offset: i64, order_ms: i64, conversation: u128) -> Arc<Entry> {
    let id = Uuid::from_u128(
        (u128::try_from(partition).unwrap() << 64) + u128::try_from(offset).unwrap(),
    );
    let fact = Fact {
        conversation: Uuid::from_u128(conversation),
        sequence: offset + 1,
        change: Change::Message { id },
        event: Event::Heartbeat(Heartbeat {}),
    };
    Arc::new(Entry {
        arrival: 0,
        partition,
        offset,
        order_ms,
        timestamp_ms: order_ms,
        bytes: 100,
        fact,
    })
}

fn offsets(window: &Window, conversation: u128, positions: &[i64]) -> Vec<i64> {
    window
        .since(Uuid::from_u128(conversation), positions)
        .map(|entry| entry.offset)
        .collect()
}

#[test]
fn it_forgets_the_oldest_of_all_partitions_first() {
    let mut window = Window::new(
        &[0, 0],
        Limits {
            bytes_max: 300,
            age_max_ms: 1_000,
        },
    );
    for offset in 0..3 {
        window.push(entry(0, offset, 100 + offset, 7));
    }
    for offset in 0..3 {
        window.push(entry(1, offset, offset, 8));
    }
    window.evict(103);
    assert_eq!(offsets(&window, 7, &[0, 0]), [0, 1, 2]);
    assert!(offsets(&window, 8, &[0, 0]).is_empty());
    assert!(window.covers(&[0, 3]));
    assert!(!window.covers(&[0, 2]));
    assert_eq!(window.bytes(), 300);
}

#[test]
fn it_forgets_what_is_too_old_and_the_ids_with_it() {
    let mut window = Window::new(
        &[5],
        Limits {
            bytes_max: 10_000,
            age_max_ms: 50,
        },
    );
    window.push(entry(0, 5, 0, 7));
    window.push(entry(0, 6, 60, 7));
    assert!(window.has_message(Uuid::from_u128(5)));
    window.evict(60);
    assert!(!window.has_message(Uuid::from_u128(5)));
    assert_eq!(offsets(&window, 7, &[0]), [6]);
    assert!(window.covers(&[6]) && !window.covers(&[5]));
}

#[test]
fn an_idle_partition_stays_complete() {
    let mut window = Window::new(
        &[5, 9],
        Limits {
            bytes_max: 0,
            age_max_ms: 0,
        },
    );
    window.push(entry(0, 5, 0, 7));
    window.evict(1);
    assert!(window.covers(&[6, 9]));
}
