//! What the mails say: each once, as plain text and as HTML.

use time::Duration;

use super::Content;
use crate::domain::email_token::Purpose;

const HOUR: i64 = 60 * 60;
/// How long a mail without a link may be late.
const NOTICE_LIFETIME: Duration = Duration::hours(24);

/// A mail.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Letter<'a> {
    /// A link that proves an address.
    VerifyEmail { username: &'a str, link: &'a str },
    /// Somebody claims the address of this account for another one.
    AlreadyProven { username: &'a str, origin: &'a str },
    /// A link that sets a new password.
    ResetPassword { username: &'a str, link: &'a str },
    /// The password of this account is a new one.
    PasswordChanged { username: &'a str },
    /// The account has another address than this one now.
    EmailChanged { username: &'a str },
    /// An account at this provider opens the account now.
    WayInAdded {
        username: &'a str,
        provider: &'a str,
    },
    /// It does so no longer.
    WayInRemoved {
        username: &'a str,
        provider: &'a str,
    },
}

enum Paragraph {
    Text(String),
    Link(String),
}

impl Letter<'_> {
    /// How long it is worth sending.
    pub(super) fn lifetime(&self) -> Duration {
        match self {
            Self::VerifyEmail { .. } => Purpose::VerifyEmail.lifetime(),
            Self::ResetPassword { .. } => Purpose::ResetPassword.lifetime(),
            Self::AlreadyProven { .. }
            | Self::PasswordChanged { .. }
            | Self::EmailChanged { .. }
            | Self::WayInAdded { .. }
            | Self::WayInRemoved { .. } => NOTICE_LIFETIME,
        }
    }

    /// The mail to `to` from the chat at `origin`.
    pub(super) fn compose(&self, origin: &str, to: &str) -> Content {
        let mut paragraphs = self.paragraphs();
        paragraphs.push(Paragraph::Text(format!(
            "This mail was sent by QuickSync at {origin}. Nobody reads answers to it."
        )));
        Content {
            to: to.to_owned(),
            subject: self.subject().to_owned(),
            text: text(&paragraphs),
            html: html(&paragraphs),
        }
    }

    fn subject(&self) -> &'static str {
        match self {
            Self::VerifyEmail { .. } => "Confirm your e-mail address",
            Self::AlreadyProven { .. } => "You have an account already",
            Self::ResetPassword { .. } => "Choose a new password",
            Self::PasswordChanged { .. } => "Your password was changed",
            Self::EmailChanged { .. } => "Your e-mail address was changed",
            Self::WayInAdded { .. } => "A way to sign in was added",
            Self::WayInRemoved { .. } => "A way to sign in was removed",
        }
    }

    fn paragraphs(&self) -> Vec<Paragraph> {
        let text = |text: String| Paragraph::Text(text);
        match *self {
            Self::VerifyEmail { username, link } => vec![
                text(format!(
                    "Somebody, hopefully you, gave this address for the account @{username}. Open this link to confirm it:"
                )),
                Paragraph::Link(link.to_owned()),
                text(format!(
                    "The link works once, within {} hours.",
                    Purpose::VerifyEmail.lifetime().whole_seconds() / HOUR
                )),
                text(format!(
                    "If @{username} is not your account, do not open it: nothing happens then, and the account cannot use your address."
                )),
            ],
            Self::AlreadyProven { username, origin } => vec![
                text(format!(
                    "Somebody, hopefully you, gave this address for a new account or for another one. It belongs to your account @{username}, so it was not used."
                )),
                text(format!(
                    "If it was you, sign in as @{username}. If you do not know the password any more, ask for a new one:"
                )),
                Paragraph::Link(format!("{origin}/reset-password")),
                text("If it was not you, there is nothing to do.".to_owned()),
            ],
            Self::ResetPassword { username, link } => vec![
                text(format!(
                    "Somebody, hopefully you, asked for a new password of the account @{username}. Open this link to choose one:"
                )),
                Paragraph::Link(link.to_owned()),
                text(format!(
                    "The link works once, within {} hour. All devices that are signed in will have to sign in again.",
                    Purpose::ResetPassword.lifetime().whole_seconds() / HOUR
                )),
                text(
                    "If it was not you, there is nothing to do: the password stays as it is."
                        .to_owned(),
                ),
            ],
            Self::PasswordChanged { username } => vec![
                text(format!(
                    "The password of your account @{username} was changed, and its other devices were signed out."
                )),
                text(
                    "If it was not you, somebody else has your account: ask for a new password on the sign-in page at once."
                        .to_owned(),
                ),
            ],
            Self::EmailChanged { username } => vec![
                text(format!(
                    "Your account @{username} has another e-mail address now. This one does not belong to it any longer."
                )),
                text(
                    "If it was not you, somebody else has your account: sign in with your username, change the password and then the address."
                        .to_owned(),
                ),
            ],
            Self::WayInAdded { username, provider } => vec![
                text(format!(
                    "An account at {provider} was linked to your account @{username} and can sign in to it from now on."
                )),
                text(
                    "If it was not you, somebody else has your account: sign in, unlink that account and choose a new password."
                        .to_owned(),
                ),
            ],
            Self::WayInRemoved { username, provider } => vec![
                text(format!(
                    "An account at {provider} was unlinked from your account @{username} and cannot sign in to it any longer."
                )),
                text(
                    "If it was not you, somebody else has your account: ask for a new password on the sign-in page at once."
                        .to_owned(),
                ),
            ],
        }
    }
}

fn text(paragraphs: &[Paragraph]) -> String {
    let lines = paragraphs.iter().map(|paragraph| match paragraph {
        Paragraph::Text(text) | Paragraph::Link(text) => format!("{text}\r\n"),
    });
    lines.collect::<Vec<_>>().join("\r\n")
}

fn html(paragraphs: &[Paragraph]) -> String {
    let body: String = paragraphs
        .iter()
        .map(|paragraph| match paragraph {
            Paragraph::Text(text) => format!("<p>{}</p>\r\n", escape(text)),
            Paragraph::Link(link) => format!("<p><a href=\"{0}\">{0}</a></p>\r\n", escape(link)),
        })
        .collect();
    format!(
        "<!doctype html>\r\n<html lang=\"en\"><head><meta charset=\"utf-8\"></head><body>\r\n{body}</body></html>\r\n"
    )
}

fn escape(text: &str) -> String {
    text.replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;")
        .replace('"', "&quot;")
}

#[cfg(test)]
mod tests;
