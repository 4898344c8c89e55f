use std::time::Duration;

use time::macros::datetime;

use super::Clock;

#[test]
fn a_fixed_clock_moves_only_when_it_is_told_to() {
    let clock = Clock::fixed(datetime!(2026-01-02 03:04:05 UTC));
    let handle = clock.clone();
    assert_eq!(clock.now(), handle.now());
    handle.advance(Duration::from_millis(1500));
    assert_eq!(clock.now(), datetime!(2026-01-02 03:04:06.5 UTC));
    assert_eq!(clock.unix_ms() % 1000, 500);
}

#[test]
fn the_system_clock_cannot_be_moved() {
    let clock = Clock::system();
    clock.advance(Duration::from_secs(1_000_000));
    assert!((Clock::system().now() - clock.now()).abs() < Duration::from_secs(1000));
}
