//! Why a call was not let in, and the one mapping from that to a status.

use mesh::status;
use tonic::{Code, Status};

use crate::KeysError;

/// Why a call was not let in.
#[derive(Clone, Debug, thiserror::Error)]
pub enum Error {
    /// There is no `authorization: Bearer` header.
    #[error(
        "sign in first: this method needs an access token in the `authorization: Bearer` header"
    )]
    Missing,
    /// The token is damaged, forged, of another issuer, for another audience, or not an access token.
    #[error("the access token is not valid")]
    Invalid(&'static str),
    /// The token was good once.
    #[error("the access token has expired: refresh it")]
    Expired,
    /// The token is good, but the session that it belongs to has ended.
    #[error("the session has ended: sign in again")]
    SessionRevoked,
    /// The token names a key that is not known here, and the keys cannot be fetched now.
    #[error("the keys of access tokens cannot be fetched now")]
    KeysUnavailable(#[source] KeysError),
    /// No caller is let in.
    #[error("nobody may call this method")]
    Denied,
    /// There is no such method.
    #[error("there is no such method")]
    UnknownMethod,
}

impl From<Error> for Status {
    fn from(error: Error) -> Self {
        let message = error.to_string();
        match error {
            Error::Missing => status::error(Code::Unauthenticated, "ACCESS_TOKEN_MISSING", message),
            Error::Invalid(_) => {
                status::error(Code::Unauthenticated, "ACCESS_TOKEN_INVALID", message)
            }
            Error::Expired => status::error(Code::Unauthenticated, "ACCESS_TOKEN_EXPIRED", message),
            Error::SessionRevoked => {
                status::error(Code::Unauthenticated, "SESSION_REVOKED", message)
            }
            Error::KeysUnavailable(_) => {
                status::error(Code::Unavailable, "KEYS_UNAVAILABLE", message)
            }
            Error::Denied => status::error(Code::PermissionDenied, "METHOD_NOT_ALLOWED", message),
            Error::UnknownMethod => {
                status::error(Code::Unimplemented, status::reason::UNKNOWN_METHOD, message)
            }
        }
    }
}
