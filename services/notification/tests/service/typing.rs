//! That somebody types, as streams hear it.

use std::time::Duration;

use ::events::{Topic, admin::TopicSpec};
use auth::testing::Person;
use quicksync::notification::v1::subscribe_response::Event;

use crate::world::{Group, PATIENCE, World, eventually};

fn typing(group: &Group, person: &Person) -> (String, String) {
    (group.id.to_string(), person.user_id.to_string())
}

#[tokio::test]
async fn the_other_members_hear_who_types_on_both_replicas_and_nobody_else_does() {
    let world = World::new().await;
    let (ada, bob, eve) = (world.person(), world.person(), world.person());
    let group = world.group(&[&ada, &bob]).await;
    let of_eve_and_ada = world.group(&[&ada, &eve]).await;
    for replica in [world.replica().await, world.replica().await] {
        world.until_typing_is_followed(&replica).await;
        let mut of_ada = replica.subscribe(&ada, &[]).await;
        let mut of_bob = replica.subscribe(&bob, &[]).await;
        let mut of_eve = replica.subscribe(&eve, &[]).await;
        for live in [&mut of_ada, &mut of_bob, &mut of_eve] {
            live.ready().await;
        }
        world.types(&group, &ada).await;
        assert_eq!(of_bob.typing().await, typing(&group, &ada));
        // All streams of this replica were told at once: what the others hear next is this.
        world.say(&of_eve_and_ada, &eve, "message 0").await;
        assert_eq!(of_ada.text().await, "message 0");
        assert_eq!(of_eve.text().await, "message 0");
    }
}

#[tokio::test]
async fn who_was_removed_hears_of_no_typing() {
    let world = World::new().await;
    let (ada, bob, cleo) = (world.person(), world.person(), world.person());
    let group = world.group(&[&ada, &bob, &cleo]).await;
    let other = world.group(&[&ada, &bob]).await;
    let replica = world.replica().await;
    world.until_typing_is_followed(&replica).await;
    let mut of_bob = replica.subscribe(&bob, &[]).await;
    let mut of_cleo = replica.subscribe(&cleo, &[]).await;
    of_bob.ready().await;
    of_cleo.ready().await;
    world.remove(&group, &ada, &bob).await;
    for live in [&mut of_bob, &mut of_cleo] {
        assert!(matches!(live.next().await, Some(Event::MemberRemoved(_))));
    }
    world.types(&group, &ada).await;
    assert_eq!(of_cleo.typing().await, typing(&group, &ada));
    world.say(&other, &ada, "message 0").await;
    assert_eq!(of_bob.text().await, "message 0");
}

#[tokio::test]
async fn typing_moves_no_resume_token_and_is_not_given_again() {
    let world = World::new().await;
    let (ada, bob) = (world.person(), world.person());
    let group = world.group(&[&ada, &bob]).await;
    let (here, there) = (world.replica().await, world.replica().await);
    world.until_typing_is_followed(&here).await;
    let mut live = here.subscribe(&bob, &[]).await;
    live.ready().await;
    world.say(&group, &ada, "message 0").await;
    assert_eq!(live.text().await, "message 0");
    let token = live.token.clone();
    world.types(&group, &ada).await;
    assert_eq!(live.typing().await, typing(&group, &ada));
    assert_eq!(live.token, token);
    drop(live);
    world.say(&group, &ada, "message 1").await;
    for replica in [&here, &there] {
        let mut resumed = replica.subscribe(&bob, &token).await;
        assert!(resumed.ready().await);
        assert_eq!(resumed.text().await, "message 1");
    }
}

#[tokio::test]
async fn what_does_not_hold_any_more_and_what_nobody_can_read_is_told_to_nobody() {
    let world = World::new().await;
    let (ada, bob, cleo) = (world.person(), world.person(), world.person());
    let group = world.group(&[&ada, &bob, &cleo]).await;
    let replica = world.replica().await;
    world.until_typing_is_followed(&replica).await;
    let mut live = replica.subscribe(&bob, &[]).await;
    live.ready().await;
    // One conversation, one partition: they come in this order.
    world.typed_ago(&group, &ada, Duration::from_mins(1)).await;
    world.garbage_of_typing(&group).await;
    world.types(&group, &cleo).await;
    assert_eq!(live.typing().await, typing(&group, &cleo));
    let metrics = replica.context.metrics.encode();
    assert!(metrics.contains("typing_stale_total 1\n"), "{metrics}");
    assert!(metrics.contains("malformed_records_total 1\n"), "{metrics}");
}

#[tokio::test]
async fn a_conversation_with_too_many_streams_is_told_nothing_of_typing() {
    let world = World::with(|config| config.live.typing_streams_max = 2).await;
    let (ada, bob, cleo) = (world.person(), world.person(), world.person());
    let large = world.group(&[&ada, &bob, &cleo]).await;
    let small = world.group(&[&ada, &bob]).await;
    let replica = world.replica().await;
    world.until_typing_is_followed(&replica).await;
    let mut of_bob = replica.subscribe(&bob, &[]).await;
    let mut of_cleo = replica.subscribe(&cleo, &[]).await;
    let mut of_ada = replica.subscribe(&ada, &[]).await;
    for live in [&mut of_ada, &mut of_bob, &mut of_cleo] {
        live.ready().await;
    }
    world.types(&large, &ada).await;
    eventually("it was left out", || async {
        let metrics = replica.context.metrics.encode();
        metrics.contains("typing_left_out_total 3\n").then_some(())
    })
    .await;
    world.types(&small, &ada).await;
    assert_eq!(of_bob.typing().await, typing(&small, &ada));
}

#[tokio::test]
async fn without_the_topic_of_typing_everything_else_goes_on_and_typing_comes_with_it() {
    // Nobody has made this one.
    let missing = parts::unique("typing");
    let world = World::new().await;
    let (ada, bob) = (world.person(), world.person());
    // Before the replica, which has taken it in when it is there: the stream does not tell of it.
    let group = world.group(&[&ada, &bob]).await;
    let replica = world
        .replica_with(|config| config.kafka.typing.name.clone_from(&missing))
        .await;
    let mut live = replica.subscribe(&bob, &[]).await;
    live.ready().await;
    world.say(&group, &ada, "message 0").await;
    assert_eq!(live.text().await, "message 0");
    let metrics = replica.context.metrics.encode();
    assert!(metrics.contains("typing_is_followed 0\n"), "{metrics}");

    let mut kafka = world.config.kafka.clone();
    kafka.typing.name = missing;
    let spec = TopicSpec {
        replication: 1,
        min_insync_replicas: 1,
        retention: PATIENCE,
    };
    ::events::ensure_topics(&kafka, spec).await.unwrap();
    world.until_typing_is_followed(&replica).await;
    let producer = ::events::Producer::new(&kafka, &Topic::new(&kafka.typing)).unwrap();
    world.types_by(&producer, &group, &ada).await;
    assert_eq!(live.typing().await, typing(&group, &ada));
    replica.stop().await;
}
