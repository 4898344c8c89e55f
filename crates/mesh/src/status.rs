//! How errors look on the wire: a code, a text for people, and details for programs.
//!
//! Every status has an `ErrorInfo` with a reason in `UPPER_SNAKE_CASE` and [`DOMAIN`]; where it helps `BadRequest`, `RetryInfo`
//! or `ResourceInfo` stand beside it (`google.rpc`, carried in `grpc-status-details-bin`).

use std::{collections::HashMap, error::Error, fmt::Write, time::Duration};

use tonic::{Code, Status};
use tonic_types::{ErrorDetails, FieldViolation, StatusExt};

use crate::context;

/// The `domain` of every `ErrorInfo`.
pub const DOMAIN: &str = "quicksync";
/// The key in the metadata of an `ErrorInfo` of INTERNAL, under which the request id is found.
pub const REQUEST_ID: &str = "request_id";

/// The reasons that mesh itself gives. Services have their own.
pub mod reason {
    /// `INVALID_ARGUMENT`: the request is no message of its type.
    pub const BODY_DAMAGED: &str = "BODY_DAMAGED";
    /// `DEADLINE_EXCEEDED`: the caller's deadline passed.
    pub const DEADLINE_EXCEEDED: &str = "DEADLINE_EXCEEDED";
    /// INTERNAL: a bug or a broken assumption; the log has it under the request id.
    pub const INTERNAL: &str = "INTERNAL";
    /// `INVALID_ARGUMENT`: fields are wrong; `BadRequest` names each.
    pub const INVALID_FIELDS: &str = "INVALID_FIELDS";
    /// `INVALID_ARGUMENT`: `grpc-timeout` cannot be read.
    pub const INVALID_TIMEOUT: &str = "INVALID_TIMEOUT";
    /// `RESOURCE_EXHAUSTED`: a message is larger than the server takes in.
    pub const MESSAGE_TOO_LARGE: &str = "MESSAGE_TOO_LARGE";
    /// UNAVAILABLE: the server ends the call because it stops.
    pub const SHUTTING_DOWN: &str = "SHUTTING_DOWN";
    /// UNAVAILABLE: no endpoint of an upstream could be reached; nothing was sent.
    pub const UPSTREAM_UNREACHABLE: &str = "UPSTREAM_UNREACHABLE";
    /// UNAVAILABLE: the connection broke after the request was sent; whether it was carried out is unknown.
    pub const CONNECTION_LOST: &str = "CONNECTION_LOST";
    /// UNIMPLEMENTED: no service or method of that name here.
    pub const UNKNOWN_METHOD: &str = "UNKNOWN_METHOD";
}

/// A status with its reason.
pub fn error(code: Code, reason: &str, message: impl Into<String>) -> Status {
    Report::new(code, reason, message).into()
}

/// UNAVAILABLE that tells when to try again.
pub fn unavailable(reason: &str, message: impl Into<String>, retry_after: Duration) -> Status {
    Report::new(Code::Unavailable, reason, message)
        .retry_after(retry_after)
        .into()
}

/// INTERNAL for an error that the caller can do nothing about. Logs it with all its sources, once, under the request id that
/// the status carries; no text of `error` leaves the process.
pub fn internal(error: &(dyn Error + 'static)) -> Status {
    let request_id = request_id();
    tracing::error!(request_id, error = chain(error), "internal error");
    internal_with(request_id)
}

/// INTERNAL without logging anything.
pub(crate) fn internal_with(request_id: String) -> Status {
    let message = format!("internal error; request id {request_id}");
    Report::new(Code::Internal, reason::INTERNAL, message)
        .metadata(REQUEST_ID, request_id)
        .into()
}

/// The reason of a status that carries one.
pub fn reason_of(status: &Status) -> Option<String> {
    status.get_details_error_info().map(|info| info.reason)
}

/// A status in the making.
#[derive(Clone, Debug)]
pub struct Report {
    code: Code,
    reason: String,
    message: String,
    metadata: HashMap<String, String>,
    details: ErrorDetails,
}

impl Report {
    /// A code, a reason in `UPPER_SNAKE_CASE` and a text that reads alone.
    pub fn new(code: Code, reason: &str, message: impl Into<String>) -> Self {
        let (metadata, details) = (HashMap::new(), ErrorDetails::new());
        Self {
            code,
            reason: reason.to_owned(),
            message: message.into(),
            metadata,
            details,
        }
    }

    /// Adds to the metadata of the `ErrorInfo`.
    #[must_use]
    pub fn metadata(mut self, key: &str, value: impl Into<String>) -> Self {
        self.metadata.insert(key.to_owned(), value.into());
        self
    }

    /// `RetryInfo`: not before this time has passed.
    #[must_use]
    pub fn retry_after(mut self, delay: Duration) -> Self {
        self.details.set_retry_info(Some(delay));
        self
    }

    /// `ResourceInfo`: what kind of thing it is about, and which: `("conversation", id)`.
    #[must_use]
    pub fn resource(mut self, kind: &str, name: impl Into<String>) -> Self {
        self.details.set_resource_info(kind, name, "", "");
        self
    }

    /// `BadRequest`: one field and what is wrong with it. May be repeated.
    #[must_use]
    pub fn violation(mut self, field: impl Into<String>, problem: impl Into<String>) -> Self {
        self.details.add_bad_request_violation(field, problem);
        self
    }

    /// `BadRequest`: all of these.
    #[must_use]
    pub fn violations(mut self, violations: Vec<FieldViolation>) -> Self {
        self.details.set_bad_request(violations);
        self
    }
}

impl From<Report> for Status {
    fn from(report: Report) -> Self {
        let Report {
            code,
            reason,
            message,
            metadata,
            mut details,
        } = report;
        details.set_error_info(reason, DOMAIN, metadata);
        Status::with_error_details(code, message, details)
    }
}

fn request_id() -> String {
    context::current().map_or_else(|| "none".to_owned(), |context| context.request_id())
}

/// An error and what caused it, on one line.
pub(crate) fn chain(error: &(dyn Error + 'static)) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(cause) = source {
        // Writing into a String cannot fail.
        let _ = write!(text, ": {cause}");
        source = cause.source();
    }
    text
}

#[cfg(test)]
mod tests;
