use std::time::Duration;

use time::macros::datetime;

use super::Random;
use crate::Clock;

#[test]
fn a_seed_repeats_itself() {
    assert_eq!(Random::seeded(7).uuid_v4(), Random::seeded(7).uuid_v4());
    assert_ne!(Random::seeded(7).uuid_v4(), Random::seeded(8).uuid_v4());
    assert_ne!(
        Random::system().bytes::<16>(),
        Random::system().bytes::<16>()
    );
}

#[test]
fn version_7_sorts_by_time() {
    let random = Random::seeded(1);
    let clock = Clock::fixed(datetime!(2026-01-02 03:04:05 UTC));
    let earlier = random.uuid_v7(&clock);
    clock.advance(Duration::from_millis(1));
    assert!(earlier < random.uuid_v7(&clock));
    assert_eq!(earlier.get_version_num(), 7);
    assert_eq!(random.uuid_v4().get_version_num(), 4);
}

#[test]
fn jitter_stays_below_its_bound() {
    let random = Random::seeded(1);
    let below = Duration::from_millis(10);
    assert!((0..1000).all(|_| random.jitter(below) < below));
    assert_eq!(random.jitter(Duration::ZERO), Duration::ZERO);
}
