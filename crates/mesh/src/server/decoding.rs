//! A request that is no message of its type is the caller's fault: tonic's stubs say INTERNAL, callers hear `INVALID_ARGUMENT`.

use http::Response;
use tonic::{Code, Status, body::Body};

use crate::status;

/// What prost begins with when it gives up on a message.
const UNREADABLE: &str = "failed to decode Protobuf message";

/// The response of a service, with the blame where it belongs. A stub refuses before its handler runs, so there is no body, and
/// none of the details that every error of a handler has.
pub(super) fn blame_caller(response: Response<Body>) -> Response<Body> {
    let refusal = Status::from_header_map(response.headers()).filter(|status| {
        status.code() == Code::Internal
            && status.details().is_empty()
            && status.message().starts_with(UNREADABLE)
    });
    match refusal {
        Some(refusal) => {
            let message = format!("the request cannot be read: {}", refusal.message());
            status::error(Code::InvalidArgument, status::reason::BODY_DAMAGED, message).into_http()
        }
        None => response,
    }
}

#[cfg(test)]
mod tests;
