//! Times and texts as they are shown.

use time::macros::datetime;

use super::*;

const NOW: OffsetDateTime = datetime!(2026-03-05 23:30 UTC);

fn shown(offset_hours: i8, time: OffsetDateTime) -> String {
    let zone = TimeZone::fixed(jiff::tz::offset(offset_hours));
    when_in(
        &zone,
        Some(ProtoTimestamp {
            seconds: time.unix_timestamp(),
            nanos: 0,
        }),
        NOW,
    )
}

#[test]
fn a_time_is_shown_where_its_reader_is() {
    assert_eq!(shown(0, datetime!(2026-03-05 09:05 UTC)), "09:05");
    assert_eq!(shown(2, datetime!(2026-03-05 23:10 UTC)), "01:10");
    assert_eq!(
        shown(2, datetime!(2026-03-05 09:05 UTC)),
        "Mar 5 11:05",
        "yesterday, two hours to the east"
    );
    assert_eq!(
        shown(0, datetime!(2025-12-31 09:05 UTC)),
        "2025-12-31 09:05"
    );
    assert_eq!(when_in(&TimeZone::UTC, None, NOW), "");
}

#[test]
fn programs_read_utc() {
    let time = ProtoTimestamp {
        seconds: NOW.unix_timestamp(),
        nanos: 250_000_000,
    };
    assert_eq!(rfc3339(Some(time)), "2026-03-05T23:30:00.25Z");
    assert_eq!(rfc3339(None), Value::Null);
}

#[test]
fn text_of_others_cannot_steer_the_terminal() {
    assert_eq!(plain("a\u{1b}[2Jb\r\nc"), "a[2Jb\n      c");
    assert_eq!(excerpt("one\ntwo", 20), "one two");
    assert_eq!(excerpt("abcdef", 4), "abc…");
}
