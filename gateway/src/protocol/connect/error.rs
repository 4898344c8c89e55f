//! Errors as Connect writes them: a status of HTTP, and JSON.

use base64::{Engine as _, engine::general_purpose::STANDARD_NO_PAD};
use http::{HeaderMap, HeaderName, StatusCode};
use prost::Message as _;
use prost_reflect::{DescriptorPool, DynamicMessage, MessageDescriptor, MethodDescriptor};
use serde::Serialize;
use tonic::{Code, Status};

use crate::proxy::Proxy;

/// Of trailers, what is the status and not metadata.
const STATUS: [HeaderName; 3] = [
    Status::GRPC_STATUS,
    Status::GRPC_MESSAGE,
    Status::GRPC_STATUS_DETAILS,
];

/// Types of details.
#[derive(Clone, Debug)]
pub(super) struct Types {
    of_method: Option<DescriptorPool>,
    /// `google.rpc`, which every service may use.
    common: DescriptorPool,
}

impl Types {
    /// Those that are known beside `rpc`.
    pub(super) fn of(proxy: &Proxy, rpc: Option<&MethodDescriptor>) -> Self {
        Self {
            of_method: rpc.map(|rpc| rpc.parent_pool().clone()),
            common: proxy.detail_types().clone(),
        }
    }

    fn find(&self, name: &str) -> Option<MessageDescriptor> {
        let mut pools = self.of_method.iter().chain([&self.common]);
        pools.find_map(|pool| pool.get_message_by_name(name))
    }
}

/// `status` as JSON.
#[derive(Serialize)]
pub(super) struct ErrorJson {
    code: &'static str,
    #[serde(skip_serializing_if = "String::is_empty")]
    message: String,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    details: Vec<Detail>,
}

#[derive(Serialize)]
struct Detail {
    r#type: String,
    value: String,
    /// For people, where the type is known here.
    #[serde(skip_serializing_if = "Option::is_none")]
    debug: Option<serde_json::Value>,
}

impl ErrorJson {
    /// Details are shown as what `types` say they are.
    pub(super) fn of(status: &Status, types: &Types) -> Self {
        // Details that are no `google.rpc.Status` are nobody's to understand.
        let details = tonic_types::Status::decode(status.details()).unwrap_or_default();
        Self {
            code: name(status.code()),
            message: status.message().to_owned(),
            details: details
                .details
                .into_iter()
                .map(|detail| Detail::of(&detail.type_url, &detail.value, types))
                .collect(),
        }
    }

    pub(super) fn to_bytes(&self) -> Vec<u8> {
        serde_json::to_vec(self).expect("texts are always JSON")
    }
}

impl Detail {
    fn of(type_url: &str, value: &[u8], types: &Types) -> Self {
        let (_, name) = type_url.rsplit_once('/').unwrap_or(("", type_url));
        let message = types
            .find(name)
            .and_then(|kind| DynamicMessage::decode(kind, value).ok());
        Self {
            r#type: name.to_owned(),
            value: STANDARD_NO_PAD.encode(value),
            debug: message.and_then(|message| serde_json::to_value(message).ok()),
        }
    }
}

/// Takes the status out of `trailers`; what is left is metadata. UNKNOWN where there is none.
pub(super) fn take_status(trailers: &mut HeaderMap) -> Status {
    let status = Status::from_header_map(trailers)
        .unwrap_or_else(|| Status::unknown("the service ended without a status"));
    for name in &STATUS {
        trailers.remove(name);
    }
    status
}

/// The name of a code in JSON. OK has none; it is never written.
const fn name(code: Code) -> &'static str {
    match code {
        Code::Ok => "ok",
        Code::Cancelled => "canceled",
        Code::Unknown => "unknown",
        Code::InvalidArgument => "invalid_argument",
        Code::DeadlineExceeded => "deadline_exceeded",
        Code::NotFound => "not_found",
        Code::AlreadyExists => "already_exists",
        Code::PermissionDenied => "permission_denied",
        Code::ResourceExhausted => "resource_exhausted",
        Code::FailedPrecondition => "failed_precondition",
        Code::Aborted => "aborted",
        Code::OutOfRange => "out_of_range",
        Code::Unimplemented => "unimplemented",
        Code::Internal => "internal",
        Code::Unavailable => "unavailable",
        Code::DataLoss => "data_loss",
        Code::Unauthenticated => "unauthenticated",
    }
}

/// The status of HTTP for a code, as Connect's specification has it.
pub(super) fn http_status(code: Code) -> StatusCode {
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
