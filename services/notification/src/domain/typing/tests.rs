use super::*;

fn said(holds: Duration) -> Said {
    Said {
        conversation: Uuid::from_u128(1),
        user: Uuid::from_u128(2),
        said_ms: 10_000,
        holds,
    }
}

fn left_at(holds: Duration, now_ms: i64) -> Option<Duration> {
    let told = said(holds).told_at(now_ms)?;
    Some(told.event.holds_for.unwrap().try_into().unwrap())
}

#[test]
fn what_is_older_than_it_holds_is_not_told() {
    let holds = Duration::from_secs(6);
    assert_eq!(left_at(holds, 10_000), Some(holds));
    assert_eq!(left_at(holds, 15_999), Some(Duration::from_millis(1)));
    assert_eq!(left_at(holds, 16_000), None);
    assert_eq!(left_at(holds, i64::MAX), None);
    assert_eq!(left_at(Duration::ZERO, 10_000), None);
}

#[test]
fn no_clock_and_no_record_makes_it_hold_longer_than_it_may() {
    let holds = Duration::from_secs(6);
    assert_eq!(left_at(holds, 0), Some(holds));
    assert_eq!(left_at(holds, i64::MIN), Some(holds));
    assert_eq!(left_at(Duration::MAX, 10_000), Some(HOLDS_MAX));
}

#[test]
fn it_is_told_with_when_it_was_said() {
    let said_at = |said_ms| {
        let said = Said {
            said_ms,
            ..said(Duration::from_secs(6))
        };
        said.told_at(said_ms).unwrap().event.said_at.unwrap()
    };
    let (at, before_1970) = (said_at(10_250), said_at(-1));
    assert_eq!((at.seconds, at.nanos), (10, 250_000_000));
    assert_eq!((before_1970.seconds, before_1970.nanos), (0, 0));
}
