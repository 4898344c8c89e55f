use super::*;
use prost::Message as _;

/// What generated code makes of a body that it cannot read.
fn refused_by_a_stub() -> Response<Body> {
    let error = prost_types::Timestamp::decode([0xff; 16].as_slice()).unwrap_err();
    Status::internal(error.to_string()).into_http()
}

fn status_of(response: &Response<Body>) -> Option<Status> {
    Status::from_header_map(response.headers())
}

#[test]
fn a_body_that_cannot_be_read_is_the_fault_of_the_caller() {
    let status = status_of(&blame_caller(refused_by_a_stub())).unwrap();
    assert_eq!(status.code(), Code::InvalidArgument);
    assert_eq!(status::reason_of(&status).as_deref(), Some("BODY_DAMAGED"));
}

#[test]
fn an_error_of_a_handler_stays_what_it_is() {
    let text = "failed to decode Protobuf message: of a row";
    let handlers = status::error(Code::Internal, status::reason::INTERNAL, text).into_http();
    assert_eq!(
        status_of(&blame_caller(handlers)).unwrap().code(),
        Code::Internal
    );
    let other = Status::internal("something else").into_http();
    assert_eq!(
        status_of(&blame_caller(other)).unwrap().code(),
        Code::Internal
    );
}
