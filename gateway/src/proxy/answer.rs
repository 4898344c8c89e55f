//! What the client gets: the upstream's answer, or an error of the gateway itself.

use http::{
    Response, StatusCode,
    header::{CONTENT_TYPE, SET_COOKIE},
};
use tonic::{Code, Status};

use super::{
    headers,
    response_body::{Ends, ResponseBody, code_of, trailers_of},
};
use crate::{error::Error, metrics::Observation, protocol::Protocol};

/// The upstream's answer as the client gets it.
pub(super) fn answer(
    protocol: Protocol,
    response: Response<tonic::body::Body>,
    ends: Ends,
    mut observation: Observation,
) -> Response<ResponseBody> {
    let (mut head, body) = response.into_parts();
    // Cookies are the gateway's own.
    head.headers.remove(SET_COOKIE);
    if let Some(code) = code_of(&head.headers) {
        if ends.is_timeout(code) {
            observation.set_code(Code::DeadlineExceeded);
            return refusal(protocol, &ends.status(Error::DeadlineExceeded));
        }
        observation.set_code(code);
        let body = if protocol.has_trailers_in_body() {
            ResponseBody::trailers(headers::take_trailers(&mut head.headers))
        } else {
            ResponseBody::empty()
        };
        return Response::from_parts(head, body);
    }
    let fault = ends.fault.get();
    if head.status != StatusCode::OK || fault.is_some() {
        let error = fault.unwrap_or_else(|| foreign_answer(head.status));
        let status = ends.status(error);
        observation.set_code(status.code());
        return refusal(protocol, &status);
    }
    Response::from_parts(head, ResponseBody::new(protocol, body, ends, observation))
}

/// An error of the gateway itself as its clients get it.
pub(super) fn worded(status: Status, has_details: bool) -> Status {
    if has_details {
        status
    } else {
        Status::new(status.code(), status.message())
    }
}

/// What an answer without a gRPC status means, after gRPC's `http-grpc-status-mapping.md`.
fn foreign_answer(status: StatusCode) -> Error {
    match status {
        StatusCode::TOO_MANY_REQUESTS
        | StatusCode::BAD_GATEWAY
        | StatusCode::SERVICE_UNAVAILABLE
        | StatusCode::GATEWAY_TIMEOUT => Error::UpstreamCutOff,
        _ => Error::UpstreamProtocol,
    }
}

/// An answer that is nothing but `status`.
pub(super) fn refusal(protocol: Protocol, status: &Status) -> Response<ResponseBody> {
    let trailers = trailers_of(status);
    let mut response = if protocol.has_trailers_in_body() {
        Response::new(ResponseBody::trailers(trailers))
    } else {
        let mut response = Response::new(ResponseBody::empty());
        *response.headers_mut() = trailers;
        response
    };
    response
        .headers_mut()
        .insert(CONTENT_TYPE, headers::GRPC_CONTENT_TYPE);
    response
}
