//! The hub under random histories. A model of the log knows who may see what; clients come and go on two replicas that read
//! at their own pace, with snapshots that are older or newer than what a replica has read.

mod model;
mod simulation;

use proptest::prelude::*;
use quicksync::notification::v1::{EndingReason, ResetReason};

use model::Op;
use simulation::{Settings, Simulation, Step};

fn op() -> impl Strategy<Value = Op> {
    let (conversation, user) = (0..model::CONVERSATIONS, 0..model::USERS);
    prop_oneof![
        6 => conversation.clone().prop_map(Op::Message),
        2 => (conversation.clone(), user.clone()).prop_map(|(c, u)| Op::Add(c, u)),
        2 => (conversation.clone(), user.clone()).prop_map(|(c, u)| Op::Remove(c, u)),
        1 => (conversation.clone(), user).prop_map(|(c, u)| Op::Read(c, u)),
        1 => (conversation, any::<prop::sample::Index>()).prop_map(|(c, i)| Op::Repeat(c, i)),
        1 => (0..model::PARTITIONS).prop_map(Op::Unknown),
    ]
}

fn step() -> impl Strategy<Value = Step> {
    let (hub, client) = (0..2_usize, 0..simulation::CLIENTS);
    prop_oneof![
        8 => op().prop_map(Step::Append),
        8 => (hub.clone(), 0..model::PARTITIONS, 1..5_usize).prop_map(|(h, p, n)| Step::Read(h, p, n)),
        4 => (client.clone(), hub.clone(), any::<prop::sample::Index>()).prop_map(|(c, h, i)| Step::Connect(c, h, i)),
        4 => (client.clone(), 0..6_usize).prop_map(|(c, n)| Step::Take(c, n)),
        1 => client.prop_map(Step::Disconnect),
        1 => hub.clone().prop_map(Step::Heartbeat),
        2 => (hub, 0..model::CONVERSATIONS, 0..model::USERS).prop_map(|(h, c, u)| Step::Type(h, c, u)),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 600, ..ProptestConfig::default() })]

    #[test]
    fn each_visible_event_comes_exactly_once_and_nothing_past_a_removal(steps in prop::collection::vec(step(), 1..160)) {
        let settings = Settings { window_bytes_max: usize::MAX, replay_events_max: usize::MAX, live_max: usize::MAX, start: 0 };
        let simulation = Simulation::run(settings, &steps);
        prop_assert_eq!(simulation.resets, 0);
        prop_assert_eq!(simulation.repetitions, 0);
    }

    #[test]
    fn where_the_window_or_a_queue_is_too_small_there_is_a_reset_or_an_ending_but_never_a_gap(
        steps in prop::collection::vec(step(), 1..160),
        window_events in 1..12_usize,
        replay_events_max in 0..6_usize,
        live_max in 1..5_usize,
        start in 0..20_usize,
    ) {
        let settings = Settings { window_bytes_max: window_events * 400, replay_events_max, live_max, start };
        Simulation::run(settings, &steps);
    }
}

fn settings() -> Settings {
    Settings {
        window_bytes_max: usize::MAX,
        replay_events_max: 3,
        live_max: 2,
        start: 0,
    }
}

#[test]
fn a_resume_over_too_many_events_is_a_reset_and_the_stream_goes_live() {
    let mut simulation = Simulation::new(settings());
    simulation.append_and_read(Op::Add(0, 0));
    simulation.connect_now(0);
    simulation.take_all(0);
    simulation.disconnect(0);
    for _ in 0..4 {
        simulation.append_and_read(Op::Message(0));
    }
    simulation.connect_now(0);
    simulation.append_and_read(Op::Message(0));
    simulation.take_all(0);
    assert_eq!(simulation.last_reset(0), Some(ResetReason::TooManyEvents));
    assert_eq!(simulation.received(0), 1);
}

#[test]
fn a_slow_consumer_is_ended_with_the_token_of_what_it_took_and_blocks_nobody() {
    let mut simulation = Simulation::new(settings());
    simulation.append_and_read(Op::Add(0, 0));
    simulation.append_and_read(Op::Add(0, 1));
    simulation.connect_now(0);
    simulation.connect_now(1);
    simulation.take_all(0);
    for _ in 0..3 {
        simulation.append_and_read(Op::Message(0));
        simulation.take_all(1);
    }
    assert_eq!(simulation.received(1), 3);
    simulation.take_all(0);
    assert_eq!(simulation.ended(0), Some(EndingReason::SlowConsumer));
    assert_eq!(simulation.received(0), 0);
    simulation.connect_now(0);
    simulation.take_all(0);
    assert_eq!(simulation.received(0), 3);
}

#[test]
fn members_hear_who_types_but_neither_the_typist_nor_who_was_removed_nor_after_a_resume() {
    let mut simulation = Simulation::new(settings());
    simulation.append_and_read(Op::Add(0, 0));
    simulation.append_and_read(Op::Add(0, 1));
    for client in 0..3 {
        simulation.connect_now(client);
        simulation.take_all(client);
    }
    let say_and_hear = |simulation: &mut Simulation| {
        simulation.say_typing(0, 0, 0);
        for client in 0..3 {
            simulation.take_all(client);
        }
        [0, 1, 2].map(|client| simulation.typing_heard(client))
    };
    assert_eq!(say_and_hear(&mut simulation), [0, 1, 0]);
    simulation.say_typing(0, 0, 0);
    simulation.disconnect(1);
    simulation.connect_now(1);
    simulation.take_all(1);
    assert_eq!(simulation.typing_heard(1), 1);
    simulation.append_and_read(Op::Remove(0, 1));
    assert_eq!(say_and_hear(&mut simulation), [0, 1, 0]);
    simulation.append_and_read(Op::Add(0, 1));
    assert_eq!(say_and_hear(&mut simulation), [0, 2, 0]);
}

#[test]
fn typing_ends_no_slow_stream_and_takes_the_room_of_no_message() {
    let mut simulation = Simulation::new(settings());
    simulation.append_and_read(Op::Add(0, 0));
    simulation.append_and_read(Op::Add(0, 1));
    simulation.connect_now(1);
    simulation.take_all(1);
    for _ in 0..100 {
        simulation.say_typing(0, 0, 0);
    }
    // As many as may wait.
    for _ in 0..2 {
        simulation.append_and_read(Op::Message(0));
    }
    simulation.take_all(1);
    assert_eq!((simulation.received(1), simulation.ended(1)), (2, None));
    let heard = simulation.typing_heard(1);
    assert!((1..100).contains(&heard), "{heard}");
}

#[test]
fn a_hole_in_the_log_ends_the_streams_and_the_resume_is_a_reset() {
    let mut simulation = Simulation::new(settings());
    simulation.append_and_read(Op::Add(0, 0));
    simulation.connect_now(0);
    simulation.append(Op::Message(0));
    simulation.skip_unread();
    simulation.append_and_read(Op::Message(0));
    simulation.take_all(0);
    assert!(simulation.ended(0).is_some());
    simulation.connect_now(0);
    simulation.take_all(0);
    assert_eq!(simulation.last_reset(0), Some(ResetReason::TooOld));
}

#[test]
fn a_drain_ends_streams_after_what_waits_and_later_ones_at_once() {
    let mut simulation = Simulation::new(settings());
    simulation.append_and_read(Op::Add(0, 0));
    simulation.connect_now(0);
    simulation.append_and_read(Op::Message(0));
    simulation.drain();
    simulation.take_all(0);
    assert_eq!(
        (simulation.received(0), simulation.ended(0)),
        (1, Some(EndingReason::Drain))
    );
    simulation.connect_now(0);
    simulation.take_all(0);
    assert_eq!(simulation.ended(0), Some(EndingReason::Drain));
}
