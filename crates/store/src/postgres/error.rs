//! What an error of the database means for the caller.

use diesel::result::{DatabaseErrorInformation, DatabaseErrorKind, Error as QueryError};

/// Why a query has no result.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The database cannot be reached, or not in time. It may work later; what the statement did is not known.
    #[error("the database is unavailable")]
    Unavailable(#[source] Box<dyn std::error::Error + Send + Sync>),
    /// A row with the same key is there already.
    #[error("a row with the same key exists (constraint {constraint})")]
    UniqueViolation {
        /// Name of the index or constraint; empty where the database does not say.
        constraint: String,
    },
    /// Anything else, [`QueryError::NotFound`] included: a bug, or a value that the database cannot take.
    #[error("the query failed")]
    Query(#[source] QueryError),
}

impl From<QueryError> for Error {
    fn from(error: QueryError) -> Self {
        if is_unavailable(&error) {
            return Self::Unavailable(Box::new(error));
        }
        match unique_violation(&error) {
            Some(constraint) => Self::UniqueViolation {
                constraint: constraint.to_owned(),
            },
            None => Self::Query(error),
        }
    }
}

/// The name of the violated constraint (empty where the database does not say), if that is what went wrong.
pub fn unique_violation(error: &QueryError) -> Option<&str> {
    match error {
        QueryError::DatabaseError(DatabaseErrorKind::UniqueViolation, information) => {
            Some(information.constraint_name().unwrap_or_default())
        }
        _ => None,
    }
}

/// Whether the values themselves are at fault: they broke a constraint, or are such as the database cannot take. Nothing but other
/// values will do; any other error (a missing table, a refused permission) is about the database, and waits for an operator.
pub fn is_violation(error: &QueryError) -> bool {
    match error {
        QueryError::SerializationError(_)
        | QueryError::DatabaseError(
            DatabaseErrorKind::UniqueViolation
            | DatabaseErrorKind::ForeignKeyViolation
            | DatabaseErrorKind::CheckViolation
            | DatabaseErrorKind::NotNullViolation,
            _,
        ) => true,
        QueryError::DatabaseError(DatabaseErrorKind::Unknown, information) => {
            let message = information.message();
            let says = |parts: &[&str]| parts.iter().any(|part| message.contains(part));
            says(UNFIT) && !says(PASSING)
        }
        _ => false,
    }
}

/// Whether the same statement may succeed later: connection lost, database starting or stopping, read-only after a
/// failover, overloaded, too slow, deadlock, serialization failure, disk full.
pub fn is_unavailable(error: &QueryError) -> bool {
    match error {
        QueryError::BrokenTransactionManager => true,
        QueryError::DatabaseError(kind, information) => {
            is_unavailable_kind(*kind, information.as_ref())
        }
        QueryError::RollbackErrorOnCommit {
            rollback_error,
            commit_error,
        } => is_unavailable(rollback_error) || is_unavailable(commit_error),
        _ => false,
    }
}

fn is_unavailable_kind(
    kind: DatabaseErrorKind,
    information: &(dyn DatabaseErrorInformation + Send + Sync),
) -> bool {
    match kind {
        DatabaseErrorKind::ClosedConnection
        | DatabaseErrorKind::UnableToSendCommand
        | DatabaseErrorKind::ReadOnlyTransaction
        | DatabaseErrorKind::SerializationFailure => true,
        DatabaseErrorKind::Unknown => {
            let message = information.message();
            PASSING.iter().any(|part| message.contains(part))
        }
        _ => false,
    }
}

/// Parts of messages of PostgreSQL (src/backend, `lc_messages` C or English) whose SQLSTATE classes are 08, 40, 53, 55P03, 57 and 58:
/// diesel passes on no SQLSTATE.
const PASSING: &[&str] = &[
    "terminating connection",
    "the database system is",
    "canceling statement due to",
    "deadlock detected",
    "too many clients",
    "too many connections",
    "remaining connection slots are reserved",
    "No space left on device",
    "out of memory",
    "out of shared memory",
    "could not obtain lock",
    "cannot execute",
    "could not write",
    "could not read",
    "could not open",
    "could not extend",
    "could not fsync",
];

/// Parts of messages, as above, whose SQLSTATE class is 22: a value is at fault.
const UNFIT: &[&str] = &[
    "out of range",
    "field overflow",
    "invalid byte sequence",
    "invalid input",
    "value too long",
    "unsupported Unicode escape",
    "has no equivalent in encoding",
];
