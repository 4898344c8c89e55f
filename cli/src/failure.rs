//! Why a command did not work, in words that say what to do.

use serde_json::{Value, json};
use tonic::{Code, Status};
use tonic_types::StatusExt;

/// Exit code of everything that has none of its own.
const EXIT_FAILED: u8 = 1;
/// Exit code of a command that was written wrongly, as clap has it.
const EXIT_USAGE: u8 = 2;
/// Exit code of a command that needs somebody to sign in first.
const EXIT_SIGN_IN: u8 = 3;

/// Why a command did not work.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Failure {
    /// What was asked for cannot be done as it was written.
    #[error("{0}")]
    Usage(String),
    /// Nobody is signed in, or no longer.
    #[error("{0}")]
    SignIn(String),
    /// The gateway or a service behind it said no.
    #[error("{}", explain(.0, .1))]
    Status(Box<Status>, String),
    /// Something on this machine is in the way.
    #[error("{0:#}")]
    Local(anyhow::Error),
}

impl Failure {
    pub(crate) fn usage(message: impl Into<String>) -> Self {
        Self::Usage(message.into())
    }

    pub(crate) fn status(status: Status, gateway: &str) -> Self {
        Self::Status(Box::new(status), gateway.to_owned())
    }

    pub(crate) fn exit_code(&self) -> u8 {
        match self {
            Self::Usage(_) => EXIT_USAGE,
            Self::SignIn(_) => EXIT_SIGN_IN,
            Self::Status(status, _) if status.code() == Code::Unauthenticated => EXIT_SIGN_IN,
            Self::Status(..) | Self::Local(_) => EXIT_FAILED,
        }
    }

    /// For programs: `{"error": {"message", "code", "reason", "violations"}}`.
    pub(crate) fn json(&self) -> Value {
        let mut error = json!({ "message": self.to_string() });
        if let Self::Status(status, _) = self {
            let details = status.get_error_details();
            error["code"] = json!(format!("{:?}", status.code()));
            error["reason"] = json!(details.error_info().map(|info| info.reason.clone()));
            error["violations"] = violations(status)
                .into_iter()
                .map(|(field, description)| json!({ "field": field, "description": description }))
                .collect();
        }
        json!({ "error": error })
    }
}

impl From<anyhow::Error> for Failure {
    fn from(error: anyhow::Error) -> Self {
        Self::Local(error)
    }
}

impl From<std::io::Error> for Failure {
    fn from(error: std::io::Error) -> Self {
        Self::Local(error.into())
    }
}

/// The `reason` of a status, empty where it has none.
pub(crate) fn reason(status: &Status) -> String {
    status
        .get_details_error_info()
        .map(|info| info.reason)
        .unwrap_or_default()
}

/// True where the same call may work a moment later.
pub(crate) fn is_passing(status: &Status) -> bool {
    matches!(
        status.code(),
        Code::Unavailable | Code::DeadlineExceeded | Code::Cancelled
    )
}

fn violations(status: &Status) -> Vec<(String, String)> {
    let violations = status
        .get_details_bad_request()
        .map(|request| request.field_violations)
        .unwrap_or_default();
    violations
        .into_iter()
        .map(|violation| (violation.field, violation.description))
        .collect()
}

fn explain(status: &Status, gateway: &str) -> String {
    let violations = violations(status);
    if !violations.is_empty() {
        let lines: Vec<_> = violations
            .iter()
            .map(|(field, description)| format!("{} {description}", in_words(field)))
            .collect();
        return lines.join("\n");
    }
    let message = status.message();
    match reason(status).as_str() {
        "" if status.code() == Code::Unavailable => format!(
            "cannot reach the gateway at {gateway}: start everything with `make up`, or name another with --gateway"
        ),
        "" if status.code() == Code::Cancelled => {
            "the gateway did not answer in time: try again".to_owned()
        }
        "BAD_CREDENTIALS" if status.code() == Code::PermissionDenied => {
            "the password is wrong".to_owned()
        }
        "BAD_CREDENTIALS" => {
            "there is no such account, or the password is wrong (an e-mail address counts \
                              once its mailed link was opened: until then use the username)"
                .to_owned()
        }
        "TOO_MANY_ATTEMPTS" => format!("too many tries: wait {}, then try again", wait(status)),
        "SESSION_NOT_FOUND" => "you have no such session: see `quicksync-cli sessions`".to_owned(),
        "IDENTITY_NOT_FOUND" => {
            "no such account is linked to yours: see `quicksync-cli identities`".to_owned()
        }
        "PASSWORDS_DISABLED" => {
            "there are no passwords here: see `quicksync-cli providers`".to_owned()
        }
        "LAST_WAY_IN" => {
            "you could not sign in any more: set a password first, with `quicksync-cli password`"
                .to_owned()
        }
        "LINK_INVALID" => {
            "the link is damaged, too old, or was used already: ask for another".to_owned()
        }
        "NO_PENDING_EMAIL" => "no address waits to be proven".to_owned(),
        "SIGN_IN_CODE_INVALID" => "the sign-in took too long: try again".to_owned(),
        "USERNAME_TAKEN" => "somebody has this username: choose another".to_owned(),
        "NOT_THE_OWNER" => "only the owner of the group may do that".to_owned(),
        "CONVERSATION_IS_DIRECT" => {
            "the members of a direct conversation never change: begin a group instead".to_owned()
        }
        "CONVERSATION_NOT_FOUND" => {
            "there is no such conversation, or you are not in it: see `quicksync-cli chat list`"
                .to_owned()
        }
        _ if message.is_empty() => {
            format!("the gateway answered {:?} without a word", status.code())
        }
        _ if is_passing(status) => format!("{message} (nothing is lost: try again in a moment)"),
        _ => message.to_owned(),
    }
}

/// How long to wait, in whole seconds rounded up.
fn wait(status: &Status) -> String {
    let delay = status
        .get_details_retry_info()
        .and_then(|info| info.retry_delay);
    match delay.map(|delay| delay.as_millis().div_ceil(1_000)) {
        None => "a while".to_owned(),
        Some(0 | 1) => "a second".to_owned(),
        Some(seconds @ 2..=119) => format!("{seconds} seconds"),
        Some(seconds) => format!("{} minutes", seconds.div_ceil(60)),
    }
}

/// `display_name` is "display name:" for people.
fn in_words(field: &str) -> String {
    format!("{}:", field.replace('_', " "))
}

#[cfg(test)]
mod tests;
