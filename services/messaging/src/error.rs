//! What can go wrong in an RPC of messaging, and how each looks on the wire.

use std::time::Duration;

use mesh::status::{self, Report};
use tonic::{Code, Status};
use uuid::Uuid;

/// When a caller may try again what is unavailable now.
const RETRY_AFTER: Duration = Duration::from_millis(500);

/// Why an RPC has no answer.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The request is wrong, or the caller is not signed in: the status says so already.
    #[error("the request was refused: {0}")]
    Refused(#[source] Box<Status>),
    /// No such conversation, or not one of the caller's: they must not be told which.
    #[error("conversation {0} is not there for the caller")]
    ConversationNotFound(Uuid),
    /// The database, out of reach or failing.
    #[error(transparent)]
    Database(#[from] store::postgres::Error),
    /// The log does not say where it ends.
    #[error(transparent)]
    Head(#[from] events::HeadError),
    /// The log did not take a record, or did not say so in time.
    #[error(transparent)]
    Produce(#[from] events::ProduceError),
    /// Chat does not answer.
    #[error("chat is unavailable: {0}")]
    Chat(#[source] Box<Status>),
    /// What is stored lags behind the log further than a call may wait.
    #[error("history has not reached the log yet")]
    HistoryBehind,
}

impl From<Status> for Error {
    fn from(status: Status) -> Self {
        Self::Refused(Box::new(status))
    }
}

impl From<diesel::result::Error> for Error {
    fn from(error: diesel::result::Error) -> Self {
        Self::Database(error.into())
    }
}

impl From<Error> for Status {
    fn from(error: Error) -> Self {
        match &error {
            Error::Refused(status) => Status::clone(status),
            Error::ConversationNotFound(conversation_id) => Report::new(
                Code::NotFound,
                "CONVERSATION_NOT_FOUND",
                "there is no such conversation for you",
            )
            .resource("conversation", conversation_id.to_string())
            .into(),
            Error::Database(store::postgres::Error::Unavailable(_)) => unavailable(
                &error,
                "DATABASE_UNAVAILABLE",
                "history is unavailable at the moment",
            ),
            Error::Database(
                store::postgres::Error::UniqueViolation { .. } | store::postgres::Error::Query(_),
            )
            | Error::Produce(events::ProduceError::TooLarge { .. }) => status::internal(&error),
            Error::Head(_)
            | Error::Produce(
                events::ProduceError::NotSent { .. } | events::ProduceError::OutcomeUnknown { .. },
            ) => unavailable(
                &error,
                "LOG_UNAVAILABLE",
                "the message log is unavailable at the moment",
            ),
            Error::Chat(_) => unavailable(
                &error,
                "CHAT_UNAVAILABLE",
                "membership cannot be checked at the moment",
            ),
            Error::HistoryBehind => {
                unavailable(&error, "HISTORY_BEHIND", "history has not caught up yet")
            }
        }
    }
}

fn unavailable(error: &Error, reason: &str, message: &str) -> Status {
    tracing::warn!(
        error = error as &dyn std::error::Error,
        reason,
        "a call was answered UNAVAILABLE"
    );
    status::unavailable(reason, message, RETRY_AFTER)
}
