//! Somebody who does not read.

use quicksync::notification::v1::{EndingReason, subscribe_response::Event};

use crate::world::{World, eventually};

/// Large enough to fill what HTTP/2 buffers on the way.
const TEXT_CHARS: usize = 8_000;
const MESSAGES: usize = 200;

#[tokio::test]
async fn a_slow_consumer_is_ended_with_a_token_and_resumes_without_a_gap_and_the_others_hear_everything()
 {
    let world = World::with(|config| config.live.queue_events_max = 8).await;
    let (ada, bob) = (world.person(), world.person());
    let group = world.group(&[&ada, &bob]).await;
    let replica = world.replica().await;
    // Connections of their own: what one does not read must not stand in the other's way.
    let other = world.replica().await;
    let mut slow = replica.subscribe(&bob, &[]).await;
    slow.ready().await;
    let mut quick = other.subscribe(&ada, &[]).await;
    quick.ready().await;
    let mut said = Vec::new();
    for number in 0..MESSAGES {
        said.push(
            world
                .say(&group, &ada, &format!("{number:0TEXT_CHARS$}"))
                .await,
        );
        match quick.next().await {
            Some(Event::Message(message)) => assert_eq!(message.sequence, said[number]),
            event => panic!("a message was expected, not {event:?}"),
        }
    }
    let metrics = replica.context.metrics.clone();
    let ended = || async {
        metrics
            .encode()
            .contains("reason=\"ENDING_REASON_SLOW_CONSUMER\"} 1")
            .then_some(())
    };
    eventually("the slow stream is ended", ended).await;

    let mut heard = Vec::new();
    loop {
        match slow.next().await {
            Some(Event::Message(message)) => heard.push(message.sequence),
            Some(Event::Ending(ending)) => {
                break assert_eq!(ending.reason(), EndingReason::SlowConsumer);
            }
            event => panic!("not {event:?}"),
        }
    }
    assert!(heard.len() < MESSAGES);
    assert!(slow.next().await.is_none());
    let mut resumed = replica.subscribe(&bob, &slow.token).await;
    assert!(resumed.ready().await);
    while heard.len() < MESSAGES {
        match resumed.next().await {
            Some(Event::Message(message)) => heard.push(message.sequence),
            event => panic!("not {event:?}"),
        }
    }
    assert_eq!(heard, said);
}
