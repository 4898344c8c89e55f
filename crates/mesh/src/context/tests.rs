use std::time::Duration;

use super::{Context, current, patience, remaining, scope};

#[tokio::test(start_paused = true)]
async fn the_earlier_deadline_holds() {
    let context = Context::background()
        .with_timeout(Duration::from_secs(2))
        .with_timeout(Duration::from_secs(5));
    assert_eq!(context.remaining(), Some(Duration::from_secs(2)));
    tokio::time::advance(Duration::from_secs(3)).await;
    assert_eq!(context.remaining(), Some(Duration::ZERO));
}

#[tokio::test]
async fn a_frame_holds_within_its_scope_only() {
    assert!(current().is_none());
    let context = Context::background();
    let inside = scope(context.clone(), async {
        current().map(|context| context.request_id())
    })
    .await;
    assert_eq!(inside, Some(context.request_id()));
    assert!(remaining().is_none());
}

#[tokio::test(start_paused = true)]
async fn patience_ends_before_the_callers_does() {
    let seconds = Duration::from_secs;
    assert_eq!(patience(seconds(5)), seconds(5));
    for (left, longest, expected) in [
        (seconds(10), seconds(5), seconds(5)),
        (seconds(5), seconds(5), Duration::from_millis(4_900)),
        (
            Duration::from_millis(200),
            seconds(5),
            Duration::from_millis(180),
        ),
        (Duration::ZERO, seconds(5), Duration::ZERO),
    ] {
        let frame = Context::background().with_timeout(left);
        assert_eq!(scope(frame, async { patience(longest) }).await, expected);
    }
}
