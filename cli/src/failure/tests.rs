//! What people and programs read.

use tonic_types::{ErrorDetails, FieldViolation};

use super::*;

fn with_reason(code: Code, reason: &str, message: &str) -> Failure {
    let details =
        ErrorDetails::with_error_info(reason, "quicksync", std::collections::HashMap::new());
    Failure::status(
        Status::with_error_details(code, message, details),
        "http://gateway",
    )
}

#[test]
fn each_bad_field_has_its_line() {
    let violations = vec![
        FieldViolation::new("display_name", "must not be blank"),
        FieldViolation::new("email", "must be an address"),
    ];
    let details = ErrorDetails::with_bad_request(violations);
    let failure = Failure::status(
        Status::with_error_details(Code::InvalidArgument, "x", details),
        "http://gateway",
    );
    assert_eq!(
        failure.to_string(),
        "display name: must not be blank\nemail: must be an address"
    );
    assert_eq!(failure.json()["error"]["violations"][1]["field"], "email");
}

#[test]
fn a_gateway_that_is_not_there_is_named() {
    let failure = Failure::status(Status::unavailable("tcp connect error"), "http://gateway");
    assert!(failure.to_string().contains("http://gateway"), "{failure}");
    assert!(failure.to_string().contains("make up"), "{failure}");
}

#[test]
fn reasons_are_put_into_words_and_kept_for_programs() {
    let failure = with_reason(Code::Unauthenticated, "BAD_CREDENTIALS", "x");
    assert!(
        failure.to_string().contains("password is wrong"),
        "{failure}"
    );
    assert_eq!(failure.json()["error"]["reason"], "BAD_CREDENTIALS");
    assert_eq!(failure.exit_code(), 3);
}

#[test]
fn an_unknown_reason_says_what_the_server_said() {
    assert_eq!(
        with_reason(Code::FailedPrecondition, "SOMETHING_NEW", "it is new").to_string(),
        "it is new"
    );
}

#[test]
fn too_many_tries_say_how_long_to_wait() {
    let after = |millis| {
        let mut details =
            ErrorDetails::with_retry_info(Some(std::time::Duration::from_millis(millis)));
        details.set_error_info(
            "TOO_MANY_ATTEMPTS",
            "quicksync",
            std::collections::HashMap::new(),
        );
        let status = Status::with_error_details(Code::ResourceExhausted, "x", details);
        Failure::status(status, "http://gateway").to_string()
    };
    assert_eq!(
        after(29_001),
        "too many tries: wait 30 seconds, then try again"
    );
    assert_eq!(after(200), "too many tries: wait a second, then try again");
    assert_eq!(
        after(179_000),
        "too many tries: wait 3 minutes, then try again"
    );
}

#[test]
fn a_wrong_password_of_somebody_signed_in_is_no_matter_of_accounts() {
    let failure = with_reason(Code::PermissionDenied, "BAD_CREDENTIALS", "x");
    assert_eq!(failure.to_string(), "the password is wrong");
    assert_eq!(failure.exit_code(), 1);
}
