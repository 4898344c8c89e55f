use std::time::Duration;

use super::{Context, current, remaining, scope};

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
