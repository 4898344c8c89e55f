//! A replica that is asked to stop.

use quicksync::notification::v1::{EndingReason, subscribe_response::Event};

use crate::world::{Live, Replica, World, numbered};

impl Replica {
    /// Stops it while a stream is open: the stream ends by itself.
    pub async fn stop_with(self, mut live: Live) {
        self.drain();
        while live.next().await.is_some() {}
        drop(live);
        self.stop().await;
    }
}

#[tokio::test]
async fn a_drain_ends_streams_with_a_reason_a_token_and_a_hint() {
    let world = World::new().await;
    let (ada, bob) = (world.person(), world.person());
    let group = world.group(&[&ada, &bob]).await;
    let (leaving, staying) = tokio::join!(world.replica(), world.replica());
    let mut live = leaving.subscribe(&bob, &[]).await;
    live.ready().await;
    world.say(&group, &ada, "message 0").await;
    assert_eq!(live.texts(1).await, numbered(0..1));
    leaving.drain();
    match live.next().await {
        Some(Event::Ending(ending)) => {
            assert_eq!(ending.reason(), EndingReason::Drain);
            let hint = ending.reconnect_after.expect("a hint");
            assert!(hint.seconds < 3);
        }
        event => panic!("the end was expected, not {event:?}"),
    }
    assert!(live.next().await.is_none());
    let token = live.token.clone();
    drop(live);
    leaving.stop().await;
    world.say(&group, &ada, "message 1").await;
    let mut live = staying.subscribe(&bob, &token).await;
    assert!(live.ready().await);
    assert_eq!(live.texts(1).await, numbered(1..2));
}

#[tokio::test]
async fn a_client_that_is_sent_away_to_a_replica_that_starts_is_served_as_soon_as_it_can() {
    let world = World::new().await;
    let (ada, bob) = (world.person(), world.person());
    let group = world.group(&[&ada, &bob]).await;
    let leaving = world.replica().await;
    let mut live = leaving.subscribe(&bob, &[]).await;
    live.ready().await;
    let token = live.token.clone();
    leaving.stop_with(live).await;
    world.say(&group, &ada, "message 0").await;
    let starting = world.starting_with(|_| {}).await;
    let mut live = starting.subscribe(&bob, &token).await;
    assert!(live.ready().await);
    assert_eq!(live.texts(1).await, numbered(0..1));
}
