use tonic::{Code, Status};
use uuid::Uuid;

use super::{Error, reason};

#[test]
fn each_error_has_its_code_and_reason() {
    for (error, code, expected) in [
        (
            Error::ConversationNotFound(Uuid::nil()),
            Code::NotFound,
            reason::CONVERSATION_NOT_FOUND,
        ),
        (
            Error::NotTheOwner,
            Code::PermissionDenied,
            reason::NOT_THE_OWNER,
        ),
        (
            Error::ConversationIsDirect,
            Code::FailedPrecondition,
            reason::CONVERSATION_IS_DIRECT,
        ),
        (
            Error::TooManyMembers { max: 3 },
            Code::ResourceExhausted,
            reason::TOO_MANY_MEMBERS,
        ),
        (
            Error::TooManySends,
            Code::ResourceExhausted,
            reason::TOO_MANY_SENDS,
        ),
        (
            Error::TooManyTyping,
            Code::ResourceExhausted,
            reason::TOO_MANY_TYPING,
        ),
        (
            Error::TypingUntold("x".to_owned()),
            Code::Unavailable,
            reason::LOG_UNAVAILABLE,
        ),
        (
            Error::LogUnavailable("x".to_owned()),
            Code::Unavailable,
            reason::LOG_UNAVAILABLE,
        ),
        (
            Error::CacheUnavailable("x".to_owned()),
            Code::Unavailable,
            reason::CACHE_UNAVAILABLE,
        ),
        (
            diesel::result::Error::BrokenTransactionManager.into(),
            Code::Unavailable,
            reason::DATABASE_UNAVAILABLE,
        ),
    ] {
        let status = Status::from(error);
        assert_eq!(
            (status.code(), mesh::status::reason_of(&status).as_deref()),
            (code, Some(expected))
        );
    }
}

#[test]
fn what_is_wrong_inside_stays_inside() {
    let status = Status::from(Error::LogUnavailable("broker 10.1.2.3 said no".to_owned()));
    assert!(
        !status.message().contains("10.1.2.3"),
        "{}",
        status.message()
    );
    let status = Status::from(Error::from(diesel::result::Error::NotInTransaction));
    assert_eq!(status.code(), Code::Internal);
    assert!(
        !status.message().contains("transaction"),
        "{}",
        status.message()
    );
}
