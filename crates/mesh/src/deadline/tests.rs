use std::time::Duration;

use http::{HeaderMap, HeaderValue};
use proptest::prelude::*;
use tonic::Code;

use super::{GRPC_TIMEOUT, format, parse, read};

#[test]
fn each_unit_is_read() {
    let of = |text: &str| parse(text.as_bytes());
    assert_eq!(of("1H"), Some(Duration::from_hours(1)));
    assert_eq!(of("2M"), Some(Duration::from_mins(2)));
    assert_eq!(of("3S"), Some(Duration::from_secs(3)));
    assert_eq!(of("4m"), Some(Duration::from_millis(4)));
    assert_eq!(of("5u"), Some(Duration::from_micros(5)));
    assert_eq!(of("6n"), Some(Duration::from_nanos(6)));
    assert_eq!(of("0m"), Some(Duration::ZERO));
    assert_eq!(of("99999999H"), Some(Duration::from_hours(99_999_999)));
}

#[test]
fn what_is_not_a_timeout_is_refused() {
    for wrong in [
        "",
        "1",
        "S",
        "s1",
        "1s",
        "123456789S",
        "-1S",
        "+1S",
        "1.5S",
        " 1S",
    ] {
        assert_eq!(parse(wrong.as_bytes()), None, "{wrong}");
    }
    let headers = HeaderMap::from_iter([(GRPC_TIMEOUT, HeaderValue::from_static("soon"))]);
    assert_eq!(read(&headers).unwrap_err().code(), Code::InvalidArgument);
    assert_eq!(read(&HeaderMap::new()).unwrap(), None);
}

proptest! {
    #[test]
    fn what_is_written_is_read_back_and_never_later(micros in 0_u64..1 << 53) {
        let timeout = Duration::from_micros(micros);
        let back = parse(format(timeout).as_bytes()).unwrap();
        prop_assert!(back <= timeout);
        let coarsest = Duration::from_secs(1).min(timeout);
        prop_assert!(timeout <= back + coarsest || back == Duration::from_secs(99_999_999));
    }
}
