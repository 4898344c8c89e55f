//! What can go wrong, and the one mapping from that to a status.

use std::time::Duration;

use mesh::status::{self, Report};
use tonic::{Code, Status};

/// When to come back after being turned away.
const RETRY_AFTER: Duration = Duration::from_secs(1);

/// What can go wrong in an RPC, past the checks of its fields.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Error {
    #[error("no such conversation, or not yours")]
    ConversationNotFound,
    #[error("too many streams of one person: close one first")]
    TooManyStreams,
    #[error("too many muted conversations: lift one first")]
    TooManyMuted,
    #[error(
        "this replica has not read as far as the resume token says: try again, here or on another one"
    )]
    Behind,
    #[error("this replica is filling its window: try again in a moment")]
    Starting,
    #[error("chat cannot be asked: try again in a moment")]
    ChatUnavailable(#[source] Box<Status>),
    #[error("chat gave an answer that makes no sense")]
    ChatNonsense(#[source] uuid::Error),
    #[error("the database cannot be reached: try again in a moment")]
    DatabaseUnavailable(#[source] store::postgres::Error),
    #[error("a query failed")]
    Query(#[source] diesel::result::Error),
}

impl From<diesel::result::Error> for Error {
    fn from(error: diesel::result::Error) -> Self {
        if store::postgres::is_unavailable(&error) {
            Self::DatabaseUnavailable(error.into())
        } else {
            Self::Query(error)
        }
    }
}

impl From<store::postgres::Error> for Error {
    fn from(error: store::postgres::Error) -> Self {
        Self::DatabaseUnavailable(error)
    }
}

impl From<Error> for Status {
    fn from(error: Error) -> Self {
        let message = error.to_string();
        match error {
            Error::ConversationNotFound => {
                status::error(Code::NotFound, "CONVERSATION_NOT_FOUND", message)
            }
            Error::TooManyStreams => {
                Report::new(Code::ResourceExhausted, "TOO_MANY_STREAMS", message)
                    .retry_after(RETRY_AFTER)
                    .into()
            }
            Error::TooManyMuted => {
                status::error(Code::ResourceExhausted, "TOO_MANY_MUTED", message)
            }
            Error::Behind => status::unavailable("REPLICA_BEHIND", message, RETRY_AFTER),
            Error::Starting => status::unavailable("REPLICA_STARTING", message, RETRY_AFTER),
            Error::ChatUnavailable(source) => {
                tracing::warn!(error = %source, "a call failed because chat cannot be asked");
                status::unavailable("CHAT_UNAVAILABLE", message, RETRY_AFTER)
            }
            Error::DatabaseUnavailable(source) => {
                tracing::warn!(error = %source, "a call failed because the database cannot be reached");
                status::unavailable("DATABASE_UNAVAILABLE", message, RETRY_AFTER)
            }
            Error::ChatNonsense(_) | Error::Query(_) => status::internal(&error),
        }
    }
}
