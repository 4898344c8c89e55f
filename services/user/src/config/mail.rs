//! The sections `mail` and `links`: how mail leaves, and where the links in it lead.

use std::{net::IpAddr, path::PathBuf};

use http::{Uri, uri::Scheme};
use lettre::message::Mailbox;
use runtime::{Secret, config::Problems};
use serde::{Deserialize, Serialize};

const PORT_IMPLICIT_TLS: u16 = 465;
const PORT_STARTTLS: u16 = 587;
const PORT_PLAIN: u16 = 25;

/// How mail leaves.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Mail {
    /// By which way.
    pub transport: MailTransport,
    /// The sender, with or without a name: `QuickSync <no-reply@chat.example.org>`.
    pub from: String,
    /// Folder of the transport `spool`: one `.eml` file for each mail. Made when the first one is written.
    pub spool_dir: PathBuf,
    /// Server of the transport `smtp`.
    pub smtp: Smtp,
    /// How often a replica looks for mails that are due, milliseconds.
    pub relay_interval_ms: u32,
    /// Mails that one replica sends at a time.
    pub sending_max: u32,
}

/// By which way mail leaves.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum MailTransport {
    /// Into a folder: nobody gets it, for development.
    Spool,
    /// To a server that delivers it.
    Smtp,
}

/// A server that takes mail (RFC 5321, RFC 6409).
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Smtp {
    /// Name or address. Its certificate must be for this name.
    pub host: String,
    /// 0 takes the usual one of `tls`: 465, 587 or 25.
    pub port: u16,
    /// How the connection is protected.
    pub tls: MailTls,
    /// Empty where the server asks for none.
    pub username: String,
    /// Belongs to `username`.
    pub password: Secret,
    /// PEM file of an authority to trust besides those of the system; empty for none.
    pub ca_file: PathBuf,
    /// Longest time for one mail, from connecting to the server's answer, milliseconds.
    pub timeout_ms: u32,
}

/// How a connection to a mail server is protected.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum MailTls {
    /// TLS from the first byte (RFC 8314).
    Implicit,
    /// STARTTLS, and nothing is sent to a server that does not offer it.
    Starttls,
    /// None: for a server on this machine only.
    None,
}

/// Where the links in mails lead.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Links {
    /// The origin that people's browsers see, such as `https://chat.example.org`.
    pub base_url: String,
}

impl Default for Mail {
    fn default() -> Self {
        Self {
            transport: MailTransport::Spool,
            from: "QuickSync <no-reply@localhost>".to_owned(),
            spool_dir: PathBuf::from("mail-spool"),
            smtp: Smtp::default(),
            relay_interval_ms: 500,
            sending_max: 8,
        }
    }
}

impl Default for Smtp {
    fn default() -> Self {
        Self {
            host: String::new(),
            port: 0,
            tls: MailTls::Implicit,
            username: String::new(),
            password: Secret::default(),
            ca_file: PathBuf::new(),
            timeout_ms: 10_000,
        }
    }
}

impl Default for Links {
    fn default() -> Self {
        Self {
            base_url: "http://localhost:8080".to_owned(),
        }
    }
}

impl Mail {
    pub(super) fn validate(&self, problems: &mut Problems) {
        problems.check(
            self.from.parse::<Mailbox>().is_ok(),
            "from",
            "must be an address such as \"QuickSync <no-reply@chat.example.org>\"",
        );
        problems.check(
            self.relay_interval_ms > 0,
            "relay_interval_ms",
            "must be at least 1",
        );
        problems.check(self.sending_max > 0, "sending_max", "must be at least 1");
        match self.transport {
            MailTransport::Spool => problems.check(
                !self.spool_dir.as_os_str().is_empty(),
                "spool_dir",
                "must be a folder",
            ),
            MailTransport::Smtp => {
                problems.section("smtp", |problems| self.smtp.validate(problems));
            }
        }
    }
}

impl Smtp {
    /// The port to connect to.
    pub(crate) fn port(&self) -> u16 {
        match (self.port, self.tls) {
            (0, MailTls::Implicit) => PORT_IMPLICIT_TLS,
            (0, MailTls::Starttls) => PORT_STARTTLS,
            (0, MailTls::None) => PORT_PLAIN,
            (port, _) => port,
        }
    }

    fn validate(&self, problems: &mut Problems) {
        problems.check(
            !self.host.is_empty(),
            "host",
            "must be the name of a mail server",
        );
        problems.check(
            self.tls != MailTls::None || is_loopback(&self.host),
            "tls",
            "must be \"implicit\" or \"starttls\": mails hold links that open accounts, so they cross no network in the clear",
        );
        problems.check(
            self.username.is_empty() == self.password.is_empty(),
            "password",
            "must be set together with username",
        );
        problems.check(self.timeout_ms > 0, "timeout_ms", "must be at least 1");
    }
}

impl Links {
    pub(super) fn validate(&self, problems: &mut Problems) {
        problems.check(
            is_origin(&self.base_url),
            "base_url",
            "must be an origin such as https://chat.example.org, without a path; http only for localhost",
        );
    }
}

fn is_origin(text: &str) -> bool {
    let Ok(uri) = text.parse::<Uri>() else {
        return false;
    };
    let host = uri.host().unwrap_or_default();
    let protected = uri.scheme() == Some(&Scheme::HTTPS)
        || (uri.scheme() == Some(&Scheme::HTTP) && is_loopback(host));
    // A parsed URL without a path has the path "/".
    protected && uri.path() == "/" && uri.query().is_none() && !text.ends_with(['/', '#', '?', '@'])
}

fn is_loopback(host: &str) -> bool {
    let bare = host.trim_start_matches('[').trim_end_matches(']');
    host == "localhost" || bare.parse().is_ok_and(|ip: IpAddr| ip.is_loopback())
}

#[cfg(test)]
mod tests;
