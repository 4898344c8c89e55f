use bytes::Bytes;
use futures::FutureExt as _;
use uuid::Uuid;

use super::*;

/// `count` messages from `start` on.
fn stretch(partition: i32, start: i64, count: i64) -> Stretch {
    let item = |sequence| Item {
        conversation_id: Uuid::nil(),
        sequence,
        message: Some((Uuid::nil(), Bytes::from_static(b"a record"))),
    };
    Stretch {
        partition,
        start,
        stop: start + count,
        items: (start..start + count).map(item).collect(),
    }
}

fn bounds(batch: &Batch) -> Vec<(i32, i64, i64, usize)> {
    let bounds = |stretch: &Stretch| {
        (
            stretch.partition,
            stretch.start,
            stretch.stop,
            stretch.items.len(),
        )
    };
    batch.iter().map(bounds).collect()
}

#[test]
fn what_waits_is_taken_in_order() {
    let (feed, intake) = queue(usize::MAX);
    assert_eq!(feed.push(vec![stretch(0, 1, 2), stretch(1, 5, 1)]), Ok(0));
    assert_eq!(feed.push(vec![stretch(0, 3, 1)]), Ok(0));
    let taken = intake.next().now_or_never().unwrap().unwrap();
    assert_eq!(bounds(&taken), [(0, 1, 3, 2), (1, 5, 6, 1)]);
    assert_eq!(bounds(&intake.try_next().unwrap()), [(0, 3, 4, 1)]);
    assert!(intake.next().now_or_never().is_none());
}

#[test]
fn what_is_too_much_is_left_out_up_to_its_end() {
    let (feed, intake) = queue(10 * ITEM_BYTES);
    let mut left_out = 0;
    for start in 0..100 {
        left_out += feed
            .push(vec![stretch(0, start, 1), stretch(1, 7, 0)])
            .unwrap();
    }
    let mut items = 0;
    let mut next = None;
    while let Some(batch) = intake.try_next() {
        for stretch in batch.iter().filter(|stretch| stretch.partition == 0) {
            // After what was left out there is no other gap.
            assert!(next.is_none_or(|next| stretch.start == next));
            next = Some(stretch.stop);
            items += stretch.items.len();
        }
    }
    assert_eq!((next, left_out + items), (Some(100), 100));
    assert!(left_out > 0 && items < 10);
}

#[tokio::test]
async fn it_ends_with_the_follower_and_not_before_all_is_taken() {
    let (feed, intake) = queue(usize::MAX);
    feed.push(vec![stretch(0, 1, 1)]).unwrap();
    drop(feed);
    assert!(intake.next().await.is_some());
    assert!(intake.next().await.is_none());
}

#[test]
fn a_follower_hears_that_nobody_projects() {
    let (feed, intake) = queue(usize::MAX);
    drop(intake);
    assert_eq!(feed.push(vec![stretch(0, 1, 1)]), Err(Abandoned));
}
