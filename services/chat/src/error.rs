//! Everything that can go wrong in this service, and the one mapping from it to what callers see.

use std::time::Duration;

use mesh::status::{self, Report};
use store::postgres;
use tonic::{Code, Status};
use uuid::Uuid;

use crate::domain::Refusal;

/// The reasons that chat gives, as docs/ERRORS.md lists them.
pub mod reason {
    /// `NOT_FOUND`: there is no such conversation, or the caller is not a member of it.
    pub const CONVERSATION_NOT_FOUND: &str = "CONVERSATION_NOT_FOUND";
    /// `PERMISSION_DENIED`: only the owner of a group changes its members.
    pub const NOT_THE_OWNER: &str = "NOT_THE_OWNER";
    /// `FAILED_PRECONDITION`: the members of a direct conversation never change.
    pub const CONVERSATION_IS_DIRECT: &str = "CONVERSATION_IS_DIRECT";
    /// `RESOURCE_EXHAUSTED`: the group would have too many members.
    pub const TOO_MANY_MEMBERS: &str = "TOO_MANY_MEMBERS";
    /// `RESOURCE_EXHAUSTED`: too many sends are under way in this replica.
    pub const TOO_MANY_SENDS: &str = "TOO_MANY_SENDS";
    /// `RESOURCE_EXHAUSTED`: too many calls of `SendTyping` are under way in this replica, or the caller was typing elsewhere a
    /// moment ago.
    pub const TOO_MANY_TYPING: &str = "TOO_MANY_TYPING";
    /// UNAVAILABLE: the message log could not be reached, or not in time.
    pub const LOG_UNAVAILABLE: &str = "LOG_UNAVAILABLE";
    /// UNAVAILABLE: the cache of recent messages cannot answer, or cannot tell all replicas in time that a member has left.
    pub const CACHE_UNAVAILABLE: &str = "CACHE_UNAVAILABLE";
    /// UNAVAILABLE: chat's database could not be reached, or not in time.
    pub const DATABASE_UNAVAILABLE: &str = "DATABASE_UNAVAILABLE";
    /// UNAVAILABLE: the user service could not be asked whether people exist.
    pub const USERS_UNAVAILABLE: &str = "USERS_UNAVAILABLE";
}

/// Before which nothing that is unavailable is worth asking for again.
const RETRY_AFTER: Duration = Duration::from_millis(500);

/// Why a call has no answer.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The request itself was refused; already in the words of the wire.
    #[error("{}", .0.message())]
    Refused(Box<Status>),
    /// See [`reason::CONVERSATION_NOT_FOUND`].
    #[error("no conversation {0}")]
    ConversationNotFound(Uuid),
    /// See [`reason::NOT_THE_OWNER`].
    #[error("only the owner changes the members of a group")]
    NotTheOwner,
    /// See [`reason::CONVERSATION_IS_DIRECT`].
    #[error("the members of a direct conversation never change")]
    ConversationIsDirect,
    /// See [`reason::TOO_MANY_MEMBERS`].
    #[error("a group has at most {max} members")]
    TooManyMembers {
        /// The bound.
        max: usize,
    },
    /// See [`reason::TOO_MANY_SENDS`].
    #[error("too many sends are under way")]
    TooManySends,
    /// See [`reason::TOO_MANY_TYPING`].
    #[error("typing is told too often")]
    TooManyTyping,
    /// See [`reason::LOG_UNAVAILABLE`].
    #[error("the message log is unavailable: {0}")]
    LogUnavailable(String),
    /// Nothing is lost but that it was said; see [`reason::LOG_UNAVAILABLE`].
    #[error("typing cannot be told: {0}")]
    TypingUntold(String),
    /// See [`reason::CACHE_UNAVAILABLE`].
    #[error("recent messages are unavailable: {0}")]
    CacheUnavailable(String),
    /// Somebody has left, but other replicas may not know it in time; see [`crate::departures`] and
    /// [`reason::CACHE_UNAVAILABLE`].
    #[error("the departure could not be told to all replicas")]
    DepartureUntold(#[source] store::redis::Error),
    /// See [`reason::USERS_UNAVAILABLE`].
    #[error("the user service is unavailable")]
    UsersUnavailable(#[source] Box<Status>),
    /// The database is away, or refused a query.
    #[error("the database has no answer")]
    Database(#[source] postgres::Error),
    /// A record of the outbox is broken.
    #[error("an event of the outbox cannot be read")]
    Outbox(#[from] prost::DecodeError),
    /// The log refuses a record whose size was checked before.
    #[error("a record of {bytes} bytes is too large for the log")]
    RecordTooLarge {
        /// Its size.
        bytes: usize,
    },
    /// A task of this process ended without an answer.
    #[error("a task of this process was lost")]
    TaskLost(#[from] tokio::task::JoinError),
}

impl Error {
    /// A rule of the domain, told about this conversation.
    pub fn refusal(refusal: Refusal, conversation_id: Uuid, members_max: usize) -> Self {
        match refusal {
            Refusal::NotAMember => Self::ConversationNotFound(conversation_id),
            Refusal::NotTheOwner => Self::NotTheOwner,
            Refusal::Direct => Self::ConversationIsDirect,
            Refusal::TooManyMembers => Self::TooManyMembers { max: members_max },
        }
    }
}

impl From<Status> for Error {
    fn from(status: Status) -> Self {
        Self::Refused(Box::new(status))
    }
}

impl From<postgres::Error> for Error {
    fn from(error: postgres::Error) -> Self {
        Self::Database(error)
    }
}

impl From<diesel::result::Error> for Error {
    fn from(error: diesel::result::Error) -> Self {
        Self::Database(error.into())
    }
}

impl From<Error> for Status {
    fn from(error: Error) -> Self {
        let text = error.to_string();
        match error {
            Error::Refused(status) => *status,
            Error::ConversationNotFound(id) => Report::new(
                Code::NotFound,
                reason::CONVERSATION_NOT_FOUND,
                "no such conversation",
            )
            .resource("conversation", id.to_string())
            .into(),
            Error::NotTheOwner => {
                status::error(Code::PermissionDenied, reason::NOT_THE_OWNER, text)
            }
            Error::ConversationIsDirect => status::error(
                Code::FailedPrecondition,
                reason::CONVERSATION_IS_DIRECT,
                text,
            ),
            Error::TooManyMembers { .. } => {
                status::error(Code::ResourceExhausted, reason::TOO_MANY_MEMBERS, text)
            }
            Error::TooManySends => busy(reason::TOO_MANY_SENDS, text),
            Error::TooManyTyping => busy(reason::TOO_MANY_TYPING, text),
            Error::LogUnavailable(_) => unavailable(
                reason::LOG_UNAVAILABLE,
                "the message log is unavailable; repeat the call with the same ids",
                &text,
            ),
            Error::TypingUntold(_) => unavailable(
                reason::LOG_UNAVAILABLE,
                "nobody can be told now that you are typing",
                &text,
            ),
            Error::CacheUnavailable(_) => unavailable(
                reason::CACHE_UNAVAILABLE,
                "the cache of recent messages is unavailable",
                &text,
            ),
            Error::DepartureUntold(_) => unavailable(
                reason::CACHE_UNAVAILABLE,
                "not all replicas know yet that the member has left; repeat the call",
                &text,
            ),
            Error::UsersUnavailable(ref source) => {
                tracing::warn!(code = ?source.code(), error = source.message(), "the user service has no answer");
                unavailable(
                    reason::USERS_UNAVAILABLE,
                    "the user service is unavailable",
                    &text,
                )
            }
            Error::Database(postgres::Error::Unavailable(ref source)) => {
                tracing::warn!(error = %source, "the database is unavailable");
                unavailable(
                    reason::DATABASE_UNAVAILABLE,
                    "the database is unavailable",
                    &text,
                )
            }
            Error::Database(
                postgres::Error::UniqueViolation { .. } | postgres::Error::Query(_),
            )
            | Error::Outbox(_)
            | Error::RecordTooLarge { .. }
            | Error::TaskLost(_) => status::internal(&error),
        }
    }
}

fn busy(reason: &'static str, text: String) -> Status {
    Report::new(Code::ResourceExhausted, reason, text)
        .retry_after(RETRY_AFTER)
        .into()
}

/// What went wrong inside is for the log only.
fn unavailable(reason: &'static str, message: &'static str, inside: &str) -> Status {
    tracing::debug!(reason, error = inside, "unavailable");
    status::unavailable(reason, message, RETRY_AFTER)
}

#[cfg(test)]
mod tests;
