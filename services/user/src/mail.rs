//! Mail: composed and put into the outbox in the transaction of the deed that it is about, so that there is no deed without
//! its mail and no mail without its deed; sent afterwards by the [`relay`].
//!
//! The outbox is sealed, because the links in it open accounts. A mail is delivered at least once: a replica that dies between
//! the server's yes and the note of it leaves it to be sent again, with the same `Message-ID`.
//!
//! A link has its token in the fragment (`#token=...`): browsers send that part to no server, so it stands in no access log and
//! in no `Referer`. Opening the page changes nothing, as scanners of mail open every link; only the RPC does that the page calls
//! when the person asks for it.

mod letter;
mod metrics;
pub(crate) mod relay;
mod transport;

use diesel_async::AsyncPgConnection;
use runtime::{Clock, Random};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::{
    config::Links,
    db::{
        email_tokens::{self, NewEmailToken},
        mails::NewMail,
    },
    domain::email_token::{self, Purpose, Token},
    error::Error,
    sealing::Sealer,
};
pub(crate) use letter::Letter;
pub(crate) use metrics::Metrics;
pub(crate) use transport::Transport;

/// Composes mails and puts them into the outbox.
#[derive(Clone, Debug)]
pub(crate) struct Mailer {
    sealer: Sealer,
    base_url: String,
    clock: Clock,
    random: Random,
}

/// What lies sealed in the outbox.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Content {
    to: String,
    subject: String,
    text: String,
    html: String,
}

/// Whom a link is for.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Recipient<'a> {
    pub(crate) user_id: Uuid,
    pub(crate) username: &'a str,
    pub(crate) email: &'a str,
}

impl Mailer {
    /// With links below this origin.
    pub(crate) fn new(sealer: Sealer, links: &Links, clock: &Clock, random: &Random) -> Self {
        Self {
            sealer,
            base_url: links.base_url.clone(),
            clock: clock.clone(),
            random: random.clone(),
        }
    }

    /// Mails a link for `purpose` and makes older ones of the same purpose void, in the transaction of `connection`, which must
    /// hold the lock of the account's row where the account is not new.
    pub(crate) async fn send_link(
        &self,
        connection: &mut AsyncPgConnection,
        purpose: Purpose,
        recipient: Recipient<'_>,
    ) -> Result<(), Error> {
        let link = self.make_link(connection, purpose, recipient).await?;
        let letter = match purpose {
            Purpose::VerifyEmail => Letter::VerifyEmail {
                username: recipient.username,
                link: &link,
            },
            Purpose::ResetPassword => Letter::ResetPassword {
                username: recipient.username,
                link: &link,
            },
        };
        self.post(connection, &letter, recipient.email).await
    }

    /// In place of a link to prove an address that the account `owner` has proven: tells so to who reads that address. Does
    /// the same work as [`Mailer::send_link`], whose token nobody gets to see here, so that the two take the same time.
    pub(crate) async fn send_already_proven(
        &self,
        connection: &mut AsyncPgConnection,
        owner: &str,
        recipient: Recipient<'_>,
    ) -> Result<(), Error> {
        self.make_link(connection, Purpose::VerifyEmail, recipient)
            .await?;
        let letter = Letter::AlreadyProven {
            username: owner,
            origin: &self.base_url,
        };
        self.post(connection, &letter, recipient.email).await
    }

    /// Mails `letter` in the transaction of `connection`.
    pub(crate) async fn post(
        &self,
        connection: &mut AsyncPgConnection,
        letter: &Letter<'_>,
        to: &str,
    ) -> Result<(), Error> {
        let content = letter.compose(&self.base_url, to);
        let plain = serde_json::to_vec(&content).expect("a struct of texts is JSON");
        let id = self.random.uuid_v7(&self.clock);
        let now = self.clock.now();
        let mail = NewMail {
            id,
            sealed: &self.sealer.seal(&purpose_of_seal(id), &plain)?,
            created_at: now,
            // Nobody is helped by a link that came too late.
            expires_at: now + letter.lifetime(),
            next_attempt_at: now,
        };
        mail.insert(connection).await?;
        Ok(())
    }

    async fn make_link(
        &self,
        connection: &mut AsyncPgConnection,
        purpose: Purpose,
        recipient: Recipient<'_>,
    ) -> Result<String, Error> {
        let token = Token::generate(&self.random);
        let now = self.clock.now();
        let row = NewEmailToken {
            token_hash: token.hash(),
            user_id: recipient.user_id,
            purpose: purpose.text(),
            email: recipient.email,
            created_at: now,
            expires_at: now + purpose.lifetime(),
        };
        email_tokens::void(connection, recipient.user_id, Some(purpose)).await?;
        row.insert(connection).await?;
        Ok(email_token::link(&self.base_url, purpose, token))
    }
}

/// What a mail is sealed for: its own row and no other.
fn purpose_of_seal(id: Uuid) -> String {
    format!("mails/{id}")
}
