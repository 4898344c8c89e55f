//! The ways by which a mail leaves the process: an SMTP server, or a folder.

mod spool;

use std::{error::Error, fmt::Write as _, fs, time::Duration};

use anyhow::Context as _;
use lettre::{
    Address, AsyncSmtpTransport, AsyncTransport, Message, Tokio1Executor,
    message::{
        Mailbox, MultiPart,
        header::{HeaderName, HeaderValue},
    },
    transport::smtp::{
        self,
        authentication::Credentials,
        client::{Certificate, Tls, TlsParameters},
    },
};
use time::OffsetDateTime;
use uuid::Uuid;

use super::{Content, relay::message_id};
use crate::config::{Mail, MailTls, MailTransport, Smtp};
use spool::Spool;

/// Codes with which a server refuses a recipient for good (RFC 5321 section 4.2.3). Others that say "permanently", such as a
/// wrong password of ours, can be mended.
const RECIPIENT_REFUSED: [&str; 3] = ["550", "551", "553"];

/// Sends mails one way.
#[derive(Debug)]
pub(crate) struct Transport {
    from: Mailbox,
    way: Way,
    timeout: Duration,
}

#[derive(Debug)]
enum Way {
    Smtp(AsyncSmtpTransport<Tokio1Executor>),
    Spool(Spool),
}

/// How an attempt ended.
#[derive(Debug)]
pub(super) enum Delivery {
    Sent,
    /// Trying again is of no use.
    Refused(String),
    /// Trying again may help.
    Deferred(Box<dyn Error + Send + Sync>),
}

/// The server took too long.
#[derive(Debug, thiserror::Error)]
#[error("the mail server did not take the mail within {0:?}")]
struct TooSlow(Duration);

impl Transport {
    /// The way that the configuration says. Connects to nothing yet.
    pub(crate) fn new(config: &Mail) -> anyhow::Result<Self> {
        let way = match config.transport {
            MailTransport::Spool => Way::Spool(Spool::new(config.spool_dir.clone())),
            MailTransport::Smtp => Way::Smtp(connect_later(&config.smtp)?),
        };
        Ok(Self {
            from: config.from.parse().context("mail.from")?,
            way,
            timeout: Duration::from_millis(config.smtp.timeout_ms.into()),
        })
    }

    /// The longest that [`Transport::deliver`] takes.
    pub(super) fn timeout(&self) -> Duration {
        self.timeout
    }

    /// Hands a mail over. Whoever drops the future does not know whether it was sent.
    pub(super) async fn deliver(
        &self,
        id: Uuid,
        created_at: OffsetDateTime,
        content: &Content,
    ) -> Delivery {
        let message = match self.message(id, created_at, content) {
            Ok(message) => message,
            Err(error) => return Delivery::Refused(chain(&*error)),
        };
        let sending = async {
            match &self.way {
                Way::Smtp(server) => match server.send(message).await {
                    Ok(_) => Delivery::Sent,
                    Err(error) => failed(error),
                },
                Way::Spool(spool) => match spool.write(id, &message.formatted()).await {
                    Ok(()) => Delivery::Sent,
                    Err(error) => Delivery::Deferred(Box::new(error)),
                },
            }
        };
        tokio::time::timeout(self.timeout, sending)
            .await
            .unwrap_or_else(|_| Delivery::Deferred(Box::new(TooSlow(self.timeout))))
    }

    /// The same mail gives the same message each time, so that who gets it twice can tell.
    fn message(
        &self,
        id: Uuid,
        created_at: OffsetDateTime,
        content: &Content,
    ) -> Result<Message, Box<dyn Error + Send + Sync>> {
        let to: Address = content.to.parse()?;
        let message = Message::builder()
            .from(self.from.clone())
            .to(Mailbox::new(None, to))
            .subject(content.subject.clone())
            .date(created_at.into())
            .message_id(Some(message_id(id, self.from.email.domain())))
            // RFC 3834: no vacation notices in answer to it.
            .raw_header(HeaderValue::new(
                HeaderName::new_from_ascii_str("Auto-Submitted"),
                "auto-generated".to_owned(),
            ))
            .multipart(MultiPart::alternative_plain_html(
                content.text.clone(),
                content.html.clone(),
            ))?;
        Ok(message)
    }
}

fn connect_later(config: &Smtp) -> anyhow::Result<AsyncSmtpTransport<Tokio1Executor>> {
    let tls = match config.tls {
        MailTls::Implicit => Tls::Wrapper(trust(config)?),
        MailTls::Starttls => Tls::Required(trust(config)?),
        MailTls::None => Tls::None,
    };
    let mut builder = AsyncSmtpTransport::<Tokio1Executor>::builder_dangerous(&config.host)
        .port(config.port())
        .timeout(Some(Duration::from_millis(config.timeout_ms.into())))
        .tls(tls);
    if !config.username.is_empty() {
        let (name, password) = (config.username.clone(), config.password.expose().to_owned());
        builder = builder.credentials(Credentials::new(name, password));
    }
    Ok(builder.build())
}

/// Whose certificate the server must show.
fn trust(config: &Smtp) -> anyhow::Result<TlsParameters> {
    let mut parameters = TlsParameters::builder(config.host.clone());
    let file = &config.ca_file;
    if !file.as_os_str().is_empty() {
        let place = || format!("mail.smtp.ca_file: {}", file.display());
        let pem = fs::read(file).with_context(place)?;
        let authority = Certificate::from_pem(&pem).with_context(place)?;
        parameters = parameters.add_root_certificate(authority);
    }
    parameters.build().context("mail.smtp")
}

fn failed(error: smtp::Error) -> Delivery {
    let code = error.status().map(|code| code.to_string());
    if code.is_some_and(|code| RECIPIENT_REFUSED.contains(&code.as_str())) {
        Delivery::Refused(chain(&error))
    } else {
        Delivery::Deferred(Box::new(error))
    }
}

/// An error and what caused it, on one line.
pub(super) fn chain(error: &(dyn Error + 'static)) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(cause) = source {
        // Writing into a String cannot fail.
        let _ = write!(text, ": {cause}");
        source = cause.source();
    }
    text
}
