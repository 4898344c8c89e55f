//! What can go wrong, and the one mapping from that to a status.

use std::time::Duration;

use diesel::result::Error as Query;
use mesh::status::{self, Report};
use store::postgres;
use tonic::{Code, Status};

use crate::{federation, hashing, keys, sealing, throttle};

/// When to come back after being turned away.
const RETRY_AFTER: Duration = Duration::from_secs(1);
/// The same for a provider that is away.
const PROVIDER_RETRY_AFTER: Duration = Duration::from_secs(10);
/// The index whose violation means that somebody else has the name.
const USERNAME_INDEX: &str = "users_by_username";
/// Indexes at which two who sign in with a provider for the first time meet.
const ARRIVAL_INDEXES: [&str; 2] = ["identities_by_subject", "users_by_email"];

/// What can go wrong in an RPC, past the checks of its fields.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Error {
    #[error("another account has this username")]
    UsernameTaken,
    #[error("there are no passwords here: sign in with a provider")]
    PasswordsDisabled,
    #[error("the account or the password is wrong")]
    BadCredentials,
    #[error("the password is wrong")]
    WrongPassword,
    #[error("the sign-in is too old for this: sign in again and repeat the call")]
    SignInNotFresh,
    #[error("the link is not valid: it was used or is too old, or another one was sent after it")]
    LinkInvalid,
    #[error("no address waits to be proven")]
    NoPendingEmail,
    #[error("the refresh token is not valid: sign in again")]
    RefreshTokenInvalid,
    #[error("the refresh token was shown many times at once: try again in a moment")]
    RefreshedTooOften,
    #[error(transparent)]
    SessionRevoked(auth::Error),
    #[error("you have no such session")]
    SessionNotFound,
    #[error("the account does not exist any longer")]
    AccountGone,
    #[error("there is no such provider")]
    ProviderNotFound,
    #[error("the provider cannot be used at the moment: try again later, or sign in another way")]
    ProviderUnavailable(#[source] federation::Failure),
    #[error("the code is not known any longer: sign in again")]
    SignInCodeInvalid,
    #[error("somebody else came first with the same identity or address")]
    CameSecond(#[source] Query),
    #[error("the account has no such identity")]
    IdentityNotFound,
    #[error("nothing else opens this account: set a password first")]
    LastWayIn,
    #[error("sign-ins that are under way cannot be remembered: try again in a moment")]
    CacheUnavailable(#[source] store::redis::Error),
    #[error("what is remembered of a sign-in failed")]
    Remembered(#[source] federation::RememberedError),
    #[error("too many sign-ins at once: try again in a moment")]
    Busy,
    #[error(transparent)]
    TooManyAttempts(#[from] throttle::TooMany),
    #[error("the database cannot be reached: try again in a moment")]
    DatabaseUnavailable(#[source] Box<dyn std::error::Error + Send + Sync>),
    #[error("a query failed")]
    Query(#[source] Query),
    #[error("the store failed")]
    Store(#[source] postgres::Error),
    #[error("a password hash failed")]
    Hashing(#[source] hashing::Error),
    #[error("a mail could not be sealed")]
    Sealing(#[from] sealing::Error),
    #[error("the signing keys cannot be read from the database: try again in a moment")]
    KeysUnread,
    #[error("a token could not be signed")]
    Keys(#[source] keys::Error),
}

impl From<Query> for Error {
    fn from(error: Query) -> Self {
        if postgres::is_unavailable(&error) {
            return Self::DatabaseUnavailable(Box::new(error));
        }
        match postgres::unique_violation(&error) {
            Some(USERNAME_INDEX) => Self::UsernameTaken,
            Some(index) if ARRIVAL_INDEXES.contains(&index) => Self::CameSecond(error),
            Some(_) | None => Self::Query(error),
        }
    }
}

impl From<postgres::Error> for Error {
    fn from(error: postgres::Error) -> Self {
        match error {
            postgres::Error::Unavailable(source) => Self::DatabaseUnavailable(source),
            postgres::Error::UniqueViolation { .. } => Self::Store(error),
            postgres::Error::Query(query) => query.into(),
        }
    }
}

impl From<hashing::Error> for Error {
    fn from(error: hashing::Error) -> Self {
        match error {
            hashing::Error::Busy => Self::Busy,
            hashing::Error::Argon2(_) | hashing::Error::Threads(_) | hashing::Error::Lost => {
                Self::Hashing(error)
            }
        }
    }
}

impl From<keys::Error> for Error {
    fn from(error: keys::Error) -> Self {
        match error {
            keys::Error::Unread => Self::KeysUnread,
            error => Self::Keys(error),
        }
    }
}

impl From<federation::RememberedError> for Error {
    fn from(error: federation::RememberedError) -> Self {
        match error {
            federation::RememberedError::Redis(error) if error.is_unavailable() => {
                Self::CacheUnavailable(error)
            }
            federation::RememberedError::Redis(_) | federation::RememberedError::Damaged(_) => {
                Self::Remembered(error)
            }
        }
    }
}

impl From<Error> for Status {
    fn from(error: Error) -> Self {
        let message = error.to_string();
        match error {
            Error::UsernameTaken => status::error(Code::AlreadyExists, "USERNAME_TAKEN", message),
            Error::PasswordsDisabled => {
                status::error(Code::FailedPrecondition, "PASSWORDS_DISABLED", message)
            }
            Error::BadCredentials => {
                status::error(Code::Unauthenticated, "BAD_CREDENTIALS", message)
            }
            Error::WrongPassword => {
                status::error(Code::PermissionDenied, "BAD_CREDENTIALS", message)
            }
            Error::SignInNotFresh => {
                status::error(Code::FailedPrecondition, "SIGN_IN_NOT_FRESH", message)
            }
            Error::LinkInvalid => status::error(Code::FailedPrecondition, "LINK_INVALID", message),
            Error::NoPendingEmail => {
                status::error(Code::FailedPrecondition, "NO_PENDING_EMAIL", message)
            }
            Error::RefreshTokenInvalid => {
                status::error(Code::Unauthenticated, "REFRESH_TOKEN_INVALID", message)
            }
            Error::RefreshedTooOften => {
                Report::new(Code::ResourceExhausted, "TOO_MANY_REFRESHES", message)
                    .retry_after(RETRY_AFTER)
                    .into()
            }
            Error::SessionRevoked(error) => error.into(),
            Error::SessionNotFound => status::error(Code::NotFound, "SESSION_NOT_FOUND", message),
            Error::AccountGone => status::error(Code::NotFound, "ACCOUNT_NOT_FOUND", message),
            Error::Busy => Report::new(Code::ResourceExhausted, "TOO_MANY_SIGN_INS", message)
                .retry_after(RETRY_AFTER)
                .into(),
            Error::TooManyAttempts(throttle::TooMany { retry_after }) => {
                Report::new(Code::ResourceExhausted, "TOO_MANY_ATTEMPTS", message)
                    .retry_after(retry_after)
                    .into()
            }
            Error::DatabaseUnavailable(source) => {
                tracing::warn!(error = %source, "a call failed because the database cannot be reached");
                status::unavailable("DATABASE_UNAVAILABLE", message, RETRY_AFTER)
            }
            Error::KeysUnread => status::unavailable("KEYS_UNAVAILABLE", message, RETRY_AFTER),
            Error::ProviderNotFound => status::error(Code::NotFound, "PROVIDER_NOT_FOUND", message),
            Error::ProviderUnavailable(source) => {
                tracing::warn!(error = %source, "a sign-in could not begin");
                status::unavailable("PROVIDER_UNAVAILABLE", message, PROVIDER_RETRY_AFTER)
            }
            Error::SignInCodeInvalid => {
                status::error(Code::Unauthenticated, "SIGN_IN_CODE_INVALID", message)
            }
            Error::IdentityNotFound => status::error(Code::NotFound, "IDENTITY_NOT_FOUND", message),
            Error::LastWayIn => status::error(Code::FailedPrecondition, "LAST_WAY_IN", message),
            Error::CacheUnavailable(source) => {
                tracing::warn!(error = %source, "a call failed because Redis cannot be reached");
                status::unavailable("CACHE_UNAVAILABLE", message, RETRY_AFTER)
            }
            Error::Remembered(_)
            | Error::CameSecond(_)
            | Error::Query(_)
            | Error::Store(_)
            | Error::Hashing(_)
            | Error::Sealing(_)
            | Error::Keys(_) => status::internal(&error),
        }
    }
}
