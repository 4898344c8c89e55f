//! Errors in the JSON of Connect.

use base64::{Engine as _, engine::general_purpose::STANDARD_NO_PAD};
use prost::Message as _;
use prost_reflect::DynamicMessage;
use serde::Serialize;
use tonic::{Code, Status};

use crate::protocol::status::Types;

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
