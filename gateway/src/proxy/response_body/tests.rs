use std::time::Duration;

use bytes::Bytes;
use futures::stream;
use http_body::Frame;
use http_body_util::{BodyExt, StreamBody};
use tokio::time::Instant;
use tonic::{Code, Status, body::Body};

use super::{ResponseBody, code_of, trailers_of};
use crate::{protocol::Protocol, proxy::fuzzing::answer_until};

/// Flags and length of a message of 4 bytes.
const HEADER: &[u8] = &[0, 0, 0, 0, 4];

type Frames = Vec<Result<Frame<Bytes>, Status>>;

/// An answer of `frames` to a call that must be over at `deadline`.
fn answer(protocol: Protocol, frames: Frames, deadline: Option<Instant>) -> ResponseBody {
    let body = Body::new(StreamBody::new(stream::iter(frames)));
    answer_until(deadline, protocol, body)
}

/// An answer of `data`, after which the connection breaks.
fn broken_after(protocol: Protocol, data: &'static [u8]) -> ResponseBody {
    let frames = [
        Ok(Frame::data(Bytes::from_static(data))),
        Err(Status::unavailable("10.0.0.1 is gone")),
    ];
    answer(protocol, frames.into(), None)
}

#[tokio::test]
async fn an_upstream_that_calls_a_deadline_a_cancellation_is_put_right() {
    let now = Instant::now();
    for (deadline, expected) in [
        (Some(now), Code::DeadlineExceeded),
        (Some(now + Duration::from_mins(1)), Code::Cancelled),
        (None, Code::Cancelled),
    ] {
        let trailers = trailers_of(&Status::cancelled("Timeout expired"));
        let frames = vec![Ok(Frame::trailers(trailers))];
        let mut body = answer(Protocol::Grpc, frames, deadline);
        let last = body.frame().await.unwrap().unwrap();
        assert_eq!(code_of(last.trailers_ref().unwrap()), Some(expected));
    }
}

#[tokio::test]
async fn a_cut_between_messages_is_told_in_trailers() {
    for protocol in Protocol::ALL {
        let mut body = broken_after(protocol, b"\0\0\0\0\x04four");
        assert!(body.frame().await.unwrap().unwrap().is_data());
        let trailers = body.frame().await.unwrap().unwrap();
        let trailers = trailers.into_trailers().unwrap();
        assert_eq!(code_of(&trailers), Some(Code::Unavailable));
        assert!(
            !trailers["grpc-message"]
                .to_str()
                .unwrap()
                .contains("10.0.0.1")
        );
        assert!(body.frame().await.is_none());
    }
}

#[tokio::test]
async fn a_cut_inside_a_message_is_never_mistaken_for_its_rest() {
    for protocol in [Protocol::GrpcWeb, Protocol::GrpcWebText] {
        let mut body = broken_after(protocol, HEADER);
        assert!(body.frame().await.unwrap().unwrap().is_data());
        let cut = body.frame().await.unwrap().unwrap_err();
        assert_eq!(cut.code(), Code::Unavailable);
    }
    let mut apart = broken_after(Protocol::Grpc, HEADER);
    assert!(apart.frame().await.unwrap().unwrap().is_data());
    assert!(apart.frame().await.unwrap().unwrap().is_trailers());
}
