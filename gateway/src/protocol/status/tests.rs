use http::{HeaderMap, HeaderValue};
use tonic::{Code, Status};

use super::take_status;

fn taken(message: &[u8]) -> Status {
    let mut trailers = HeaderMap::new();
    trailers.insert(Status::GRPC_STATUS, HeaderValue::from_static("5"));
    let message = HeaderValue::from_bytes(message).unwrap();
    trailers.insert(Status::GRPC_MESSAGE, message);
    let status = take_status(&mut trailers);
    assert!(trailers.is_empty());
    status
}

#[test]
fn a_message_that_is_no_text_leaves_the_code() {
    for message in [&b"no %EC such"[..], b"no \xec such", b"no %zz \xff such"] {
        let status = taken(message);
        assert_eq!(status.code(), Code::NotFound);
        assert!(status.message().starts_with("no "), "{status:?}");
        assert!(status.message().ends_with(" such"), "{status:?}");
    }
}

#[test]
fn a_message_that_is_text_is_untouched() {
    assert_eq!(
        taken(b"gr%C3%BC%C3%9Fe, 5%").message(),
        "gr\u{fc}\u{df}e, 5%"
    );
}
