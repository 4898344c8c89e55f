//! Errors that the gateway itself makes, and the one mapping from them to a status. Those of the services pass unharmed.

use std::time::Duration;

use http::HeaderValue;
use mesh::{
    deadline,
    status::{self, Report, reason},
};
use tonic::{Code, Status, codegen::StdError};
use tonic_types::StatusExt as _;

/// Why a call ended at the gateway.
#[derive(Clone, Debug, thiserror::Error)]
pub(crate) enum Error {
    /// No such method, or one that is not for the outside: the two cannot be told apart.
    #[error("there is no such method")]
    UnknownMethod,
    /// `grpc-timeout` is not as gRPC defines it.
    #[error(
        "grpc-timeout must be 1 to 8 digits and one of H, M, S, m, u, n; connect-timeout-ms 1 to 10 digits"
    )]
    InvalidTimeout,
    /// A message of the request is too large.
    #[error(
        "a message of {message_bytes} bytes or more is too large: at most {message_bytes_max} are allowed"
    )]
    MessageTooLarge {
        /// What its header says, or what came of it.
        message_bytes: u32,
        /// The limit.
        message_bytes_max: u32,
    },
    /// None, or several, where the method takes one.
    #[error("this method takes exactly one message")]
    NotOneMessage,
    /// The body of the request cannot be read as its content type says.
    #[error("the body of the request is damaged")]
    BodyDamaged,
    /// A client takes its time, and a connection.
    #[error("the body of the request took too long")]
    BodyTooSlow,
    /// JSON that does not fit the message.
    #[error("the body is not the JSON of its message: {0}")]
    JsonDamaged(String),
    /// A query that is no call.
    #[error("the query of a call by GET must have {0}")]
    QueryDamaged(&'static str),
    /// A path with escapes that stand for no text.
    #[error("the path has escapes that cannot be decoded")]
    PathDamaged,
    /// A parameter of a path or query that its field cannot be made of.
    #[error("{name} {problem}")]
    Parameter {
        /// As it was given.
        name: String,
        /// What is wrong with it.
        problem: &'static str,
    },
    /// No method has this path.
    #[error("there is nothing at this path: /openapi.json says what there is")]
    UnknownPath,
    /// The path is there, but not for this verb of HTTP.
    #[error("this path is for other verbs of HTTP")]
    OtherVerb,
    /// A body that is something else.
    #[error("the content type of the body must be application/json")]
    NotJson,
    /// A version of Connect that is not there yet.
    #[error("the version of Connect must be 1")]
    ConnectVersion,
    /// A compressed request that the gateway would have to look into.
    #[error("a browser's request with a refresh token must not be compressed")]
    CompressionNotSupported,
    /// A compressed request that the gateway has to look into and cannot.
    #[error("of compressed JSON only gzip is understood")]
    CompressionUnknown,
    /// A page that has no business with refresh tokens.
    #[error("pages of this origin may not sign in here")]
    OriginNotAllowed,
    /// A browser has nothing to refresh.
    #[error("there is no refresh token: sign in")]
    RefreshTokenMissing,
    /// The deadline of the call has passed.
    #[error("the deadline passed before the call was done")]
    DeadlineExceeded,
    /// Somebody calls more often than they may; nothing was sent.
    #[error("too many calls: try again later")]
    TooManyCalls {
        /// When one more is let through.
        retry_after: Duration,
    },
    /// The upstream could not be reached; nothing was sent.
    #[error("the service cannot be reached now")]
    UpstreamUnreachable,
    /// The upstream went away; whether the call was carried out is unknown.
    #[error("the connection to the service was lost")]
    UpstreamCutOff,
    /// The upstream answered with more than is gathered.
    #[error("the answer of the service is too large for this protocol")]
    AnswerTooLarge,
    /// The upstream answered with something that is not gRPC.
    #[error("the service gave an answer that is not gRPC")]
    UpstreamProtocol,
    /// This gateway shuts down, and the call did not end by itself in time.
    #[error("the gateway shuts down: repeat the call")]
    Draining,
}

impl Error {
    /// What the channel's own `status` says to somebody outside, who should not learn addresses.
    pub(crate) fn of_channel(status: &Status) -> Self {
        match status.code() {
            Code::DeadlineExceeded => Self::DeadlineExceeded,
            Code::InvalidArgument => Self::InvalidTimeout,
            _ if status::reason_of(status).as_deref() == Some(reason::UPSTREAM_UNREACHABLE) => {
                Self::UpstreamUnreachable
            }
            _ => Self::UpstreamCutOff,
        }
    }

    /// A parameter `name` of a path or query that has this `problem`.
    pub(crate) fn parameter(name: &str, problem: &'static str) -> Self {
        Self::Parameter {
            name: name.to_owned(),
            problem,
        }
    }

    /// A message of at least `bytes`.
    pub(crate) fn too_large(bytes: usize, message_bytes_max: u32) -> Self {
        Self::MessageTooLarge {
            message_bytes: u32::try_from(bytes).unwrap_or(u32::MAX),
            message_bytes_max,
        }
    }

    /// What it means that a body broke: what its decoder says, where that is one of ours.
    pub(crate) fn of_body(error: &StdError) -> Self {
        error.downcast_ref().cloned().unwrap_or(Self::BodyDamaged)
    }

    /// True for what an operator should look at.
    pub(crate) const fn is_of_upstream(&self) -> bool {
        matches!(
            self,
            Self::UpstreamUnreachable | Self::UpstreamCutOff | Self::UpstreamProtocol
        )
    }
}

impl From<Error> for Status {
    fn from(error: Error) -> Self {
        let (code, reason) = match error {
            Error::UnknownMethod | Error::OtherVerb => {
                (Code::Unimplemented, reason::UNKNOWN_METHOD)
            }
            Error::UnknownPath => (Code::NotFound, reason::UNKNOWN_METHOD),
            Error::InvalidTimeout => (Code::InvalidArgument, reason::INVALID_TIMEOUT),
            Error::MessageTooLarge { .. } => (Code::ResourceExhausted, reason::MESSAGE_TOO_LARGE),
            Error::NotOneMessage => (Code::Unimplemented, "NOT_ONE_MESSAGE"),
            Error::BodyDamaged
            | Error::JsonDamaged(_)
            | Error::QueryDamaged(_)
            | Error::PathDamaged
            | Error::NotJson
            | Error::ConnectVersion => (Code::InvalidArgument, "BODY_DAMAGED"),
            Error::BodyTooSlow => (Code::DeadlineExceeded, "BODY_TOO_SLOW"),
            Error::CompressionNotSupported | Error::CompressionUnknown => {
                (Code::Unimplemented, "COMPRESSION_NOT_SUPPORTED")
            }
            Error::Parameter { name, problem } => {
                let message = format!("the parameter {name} {problem}");
                return Report::new(Code::InvalidArgument, reason::INVALID_FIELDS, message)
                    .violation(name, problem)
                    .into();
            }
            Error::OriginNotAllowed => (Code::PermissionDenied, "ORIGIN_NOT_ALLOWED"),
            Error::RefreshTokenMissing => (Code::Unauthenticated, "REFRESH_TOKEN_MISSING"),
            Error::DeadlineExceeded => return deadline::exceeded(),
            Error::TooManyCalls { retry_after } => {
                let report =
                    Report::new(Code::ResourceExhausted, "TOO_MANY_CALLS", error.to_string());
                return report.retry_after(retry_after).into();
            }
            Error::UpstreamUnreachable => (Code::Unavailable, reason::UPSTREAM_UNREACHABLE),
            Error::UpstreamCutOff => (Code::Unavailable, reason::CONNECTION_LOST),
            Error::AnswerTooLarge => (Code::ResourceExhausted, "ANSWER_TOO_LARGE"),
            Error::UpstreamProtocol => (Code::Internal, "UPSTREAM_PROTOCOL"),
            Error::Draining => (Code::Unavailable, reason::SHUTTING_DOWN),
        };
        status::error(code, reason, error.to_string())
    }
}

/// `retry-after` of an answer over plain HTTP (RFC 9110, section 10.2.3): in whole seconds, so that nobody comes too early.
pub(crate) fn retry_after(status: &Status) -> Option<HeaderValue> {
    let delay = status.get_details_retry_info()?.retry_delay?;
    let seconds = delay.as_secs() + u64::from(delay.subsec_nanos() > 0);
    Some(HeaderValue::from(seconds))
}
