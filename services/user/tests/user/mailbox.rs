//! Reading the mails of a service that writes them into a folder.

use std::{fs, path::Path, time::Duration};

use crate::fixture::Fixture;

const PATIENCE: Duration = Duration::from_secs(30);
const POLL: Duration = Duration::from_millis(10);

pub const VERIFY: &str = "Confirm your e-mail address";
pub const RESET: &str = "Choose a new password";
pub const ALREADY: &str = "You have an account already";
pub const PASSWORD_CHANGED: &str = "Your password was changed";
pub const EMAIL_CHANGED: &str = "Your e-mail address was changed";

/// A mail as its reader gets it.
#[derive(Clone, Debug)]
pub struct Mail(pub String);

impl Mail {
    /// Undoes what quoted-printable (RFC 2045 section 6.7) does to plain ASCII.
    pub fn of(raw: &str) -> Self {
        Self(raw.replace("=\r\n", "").replace("=3D", "="))
    }

    pub fn is(&self, to: &str, subject: &str) -> bool {
        let has = |line: String| self.0.contains(&line);
        has(format!("\r\nTo: {to}\r\n")) && has(format!("\r\nSubject: {subject}\r\n"))
    }

    /// Of its link.
    pub fn token(&self) -> String {
        let (_, rest) = self.0.split_once("#token=").expect("a link");
        rest.split(|c: char| !c.is_ascii_alphanumeric() && c != '-' && c != '_')
            .next()
            .unwrap()
            .to_owned()
    }
}

/// Polls until `condition` gives something.
pub async fn eventually<T>(what: &str, mut condition: impl AsyncFnMut() -> Option<T>) -> T {
    let poll = async {
        loop {
            if let Some(value) = condition().await {
                return value;
            }
            tokio::time::sleep(POLL).await;
        }
    };
    tokio::time::timeout(PATIENCE, poll)
        .await
        .unwrap_or_else(|_| panic!("never: {what}"))
}

impl Fixture {
    /// All mails so far, oldest first.
    pub fn mails(&self) -> Vec<Mail> {
        read(&self.config.mail.spool_dir)
    }

    /// Waits until `count` mails with this subject have come to this address, and gives the newest. The clock must be moved
    /// between two of them: they are sorted by it.
    pub async fn nth_mail(&self, count: usize, to: &str, subject: &str) -> Mail {
        let what = format!("mail {count} to {to}: {subject}");
        eventually(&what, async || {
            let mut mails = self.mails();
            mails.retain(|mail| mail.is(to, subject));
            assert!(mails.len() <= count, "too many: {mails:?}");
            mails.pop().filter(|_| mails.len() + 1 == count)
        })
        .await
    }

    /// Waits for the one mail with this subject to this address.
    pub async fn mail(&self, to: &str, subject: &str) -> Mail {
        self.nth_mail(1, to, subject).await
    }
}

fn read(dir: &Path) -> Vec<Mail> {
    let Ok(files) = fs::read_dir(dir) else {
        return Vec::new();
    };
    let mut files: Vec<_> = files
        .map(|file| file.unwrap().path())
        .filter(|file| file.extension().is_some_and(|extension| extension == "eml"))
        .collect();
    files.sort();
    files
        .into_iter()
        .map(|file| Mail::of(&fs::read_to_string(file).unwrap()))
        .collect()
}
