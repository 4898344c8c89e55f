//! Bounds of the waits.

use super::*;

#[test]
fn waits_grow_to_a_bound_and_begin_anew_after_success() {
    let mut backoff = Backoff::new(Random::seeded(1));
    for bound_ms in [200, 400, 800, 1600, 3200, 6400, 10_000, 10_000] {
        assert!(backoff.next() < Duration::from_millis(bound_ms));
    }
    let long: Vec<_> = (0..20).map(|_| backoff.next()).collect();
    assert!(
        long.iter().any(|wait| *wait > Duration::from_secs(1)),
        "{long:?}"
    );
    backoff.reset();
    assert!(backoff.next() < FIRST);
}
