//! What ended a call, for protocols that say it by a status of HTTP and JSON.

use std::borrow::Cow;

use base64::{
    Engine as _,
    alphabet::STANDARD,
    engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig},
};
use http::{HeaderMap, HeaderName, HeaderValue, StatusCode};
use percent_encoding::{NON_ALPHANUMERIC, percent_decode, utf8_percent_encode};
use prost_reflect::{DescriptorPool, MessageDescriptor, MethodDescriptor};
use tonic::{Code, Status};

use crate::proxy::Proxy;

/// In front of the names of trailers that travel as headers.
const TRAILER_PREFIX: &str = "trailer-";
/// Of trailers, what is the status and not metadata.
const STATUS: [HeaderName; 3] = [
    Status::GRPC_STATUS,
    Status::GRPC_MESSAGE,
    Status::GRPC_STATUS_DETAILS,
];

/// gRPC has binary headers padded or not.
const BASE64: GeneralPurpose = GeneralPurpose::new(
    &STANDARD,
    GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent),
);

/// Types of details.
#[derive(Clone, Debug)]
pub(super) struct Types {
    pub(super) of_method: Option<DescriptorPool>,
    /// `google.rpc`, which every service may use.
    pub(super) common: DescriptorPool,
}

impl Types {
    /// Those that are known beside `rpc`.
    pub(super) fn of(proxy: &Proxy, rpc: Option<&MethodDescriptor>) -> Self {
        Self {
            of_method: rpc.map(|rpc| rpc.parent_pool().clone()),
            common: proxy.detail_types().clone(),
        }
    }

    /// The type of this full name.
    pub(super) fn find(&self, name: &str) -> Option<MessageDescriptor> {
        let mut pools = self.of_method.iter().chain([&self.common]);
        pools.find_map(|pool| pool.get_message_by_name(name))
    }
}

/// Takes the status out of `trailers`; what is left is metadata. UNKNOWN where there is none.
pub(super) fn take_status(trailers: &mut HeaderMap) -> Status {
    // tonic 0.14.9 panics where they are no base64 (found by `make fuzz`).
    let details = trailers.get(Status::GRPC_STATUS_DETAILS);
    if details.is_some_and(|details| BASE64.decode(details).is_err()) {
        trailers.remove(Status::GRPC_STATUS_DETAILS);
    }
    make_text(trailers);
    let status = Status::from_header_map(trailers)
        .unwrap_or_else(|| Status::unknown("the service ended without a status"));
    for name in &STATUS {
        trailers.remove(name);
    }
    status
}

/// Where a message is no text, what is readable of it: tonic would make UNKNOWN of any code beside it (found by `make fuzz`).
fn make_text(trailers: &mut HeaderMap) {
    let Some(message) = trailers.get_mut(Status::GRPC_MESSAGE) else {
        return;
    };
    let bytes: Vec<u8> = percent_decode(message.as_bytes()).collect();
    if let Cow::Owned(readable) = String::from_utf8_lossy(&bytes) {
        let escaped = utf8_percent_encode(&readable, NON_ALPHANUMERIC).to_string();
        *message = HeaderValue::try_from(escaped).expect("what is escaped is ASCII");
    }
}

/// Puts `trailers`, which have no place behind a body, among the headers.
pub(super) fn add_trailers(headers: &mut HeaderMap, trailers: &HeaderMap) {
    for (name, value) in trailers {
        // Only one of 64 KiB has no room for the prefix.
        if let Ok(name) = HeaderName::try_from(format!("{TRAILER_PREFIX}{name}")) {
            headers.append(name, value.clone());
        }
    }
}

/// The status of HTTP for a code, as `google.rpc.Code` documents it. Connect has the same.
pub(crate) fn http_status(code: Code) -> StatusCode {
    match code {
        Code::Ok => StatusCode::OK,
        // Made up by nginx for clients that went away; it has no name.
        Code::Cancelled => StatusCode::from_u16(499).expect("499 is a status"),
        Code::InvalidArgument | Code::FailedPrecondition | Code::OutOfRange => {
            StatusCode::BAD_REQUEST
        }
        Code::DeadlineExceeded => StatusCode::GATEWAY_TIMEOUT,
        Code::NotFound => StatusCode::NOT_FOUND,
        Code::AlreadyExists | Code::Aborted => StatusCode::CONFLICT,
        Code::PermissionDenied => StatusCode::FORBIDDEN,
        Code::ResourceExhausted => StatusCode::TOO_MANY_REQUESTS,
        Code::Unimplemented => StatusCode::NOT_IMPLEMENTED,
        Code::Unavailable => StatusCode::SERVICE_UNAVAILABLE,
        Code::Unauthenticated => StatusCode::UNAUTHORIZED,
        Code::Unknown | Code::Internal | Code::DataLoss => StatusCode::INTERNAL_SERVER_ERROR,
    }
}

#[cfg(test)]
mod tests;
