//! Sign-ins: begun, refreshed and ended, each in one transaction.

mod ending;
mod refreshing;

use auth::{Client, Grant};
use diesel_async::AsyncPgConnection;
use quicksync::user::v1 as pb;
use runtime::{Clock, Random};
use time::{Duration, OffsetDateTime};
use uuid::Uuid;

use crate::{
    announcer::Announcer,
    audit::{Audit, Event, Kind},
    config::Tokens,
    db::{
        refresh_tokens::NewToken,
        sessions::{self as db, NewSession, Open, RevokedReason, Session},
    },
    domain::refresh::{Hash, Token},
    error::Error,
    keys::Ring,
};
pub(crate) use ending::Ended;
pub(crate) use refreshing::Refreshed;

/// Sessions that a person may have.
const SESSIONS_MAX: i64 = 100;

/// Hands out tokens.
#[derive(Debug)]
pub(crate) struct Sessions {
    keys: Ring,
    announcer: Announcer,
    audit: Audit,
    access_lifetime: Duration,
    refresh_idle_lifetime: Duration,
    session_lifetime: Duration,
    /// How long a request for new tokens may be under way.
    moment: Duration,
    clock: Clock,
    random: Random,
}

/// From where and how somebody signs in.
#[derive(Clone, Copy, Debug)]
pub(crate) struct SignIn<'a> {
    /// What the call comes from.
    pub(crate) client: &'a Client,
    /// What proved the person.
    pub(crate) method: Method<'a>,
}

/// What proved the person who signs in.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Method<'a> {
    /// A password, chosen just now or known.
    Password,
    /// The provider with this id.
    Provider(&'a str),
}

/// A session that began in a transaction that may not be committed yet.
#[derive(Debug)]
#[must_use = "to be given to `Sessions::hand_out` after the commit"]
pub(crate) struct Begun {
    tokens: pb::Tokens,
    /// Sessions that it ended.
    surplus: Ended,
}

/// A refresh token that was just made, and the session that it belongs to.
#[derive(Debug)]
struct Issued {
    token: Token,
    user_id: Uuid,
    session_id: Uuid,
    expires_at: OffsetDateTime,
}

/// What a new refresh token is made for.
#[derive(Clone, Copy, Debug)]
struct Family {
    session_id: Uuid,
    user_id: Uuid,
    expires_at: OffsetDateTime,
}

impl Method<'_> {
    /// As it is stored.
    fn text(self) -> &'static str {
        match self {
            Self::Password => PASSWORD,
            Self::Provider(_) => PROVIDER,
        }
    }

    fn provider_id(&self) -> Option<&str> {
        match self {
            Self::Password => None,
            Self::Provider(id) => Some(id),
        }
    }
}

/// Methods as the table knows them.
const PASSWORD: &str = "password";
const PROVIDER: &str = "provider";

impl Sessions {
    /// With these lifetimes.
    pub(crate) fn new(
        keys: Ring,
        announcer: Announcer,
        audit: Audit,
        config: &Tokens,
        clock: &Clock,
        random: &Random,
    ) -> Self {
        Self {
            keys,
            announcer,
            audit,
            access_lifetime: seconds(config.access_token_lifetime_s),
            refresh_idle_lifetime: seconds(config.refresh_token_idle_lifetime_s),
            session_lifetime: seconds(config.session_lifetime_s),
            moment: seconds(config.late_request_s),
            clock: clock.clone(),
            random: random.clone(),
        }
    }

    /// The public keys of access tokens.
    pub(crate) fn jwks_json(&self) -> Result<String, Error> {
        Ok(self.keys.jwks_json()?)
    }

    /// Begins a session of `user_id` in the transaction of `connection`, which keeps the account as it is until then: a
    /// sign-in and a change of the password take turns. Past the hundredth session the one used longest ago ends.
    pub(crate) async fn begin(
        &self,
        connection: &mut AsyncPgConnection,
        user_id: Uuid,
        sign_in: SignIn<'_>,
    ) -> Result<Begun, Error> {
        if !db::hold_account(connection, user_id).await? {
            return Err(Error::AccountGone);
        }
        let now = self.clock.now();
        let session = NewSession {
            id: self.random.uuid_v4(),
            user_id,
            created_at: now,
            last_used_at: now,
            expires_at: now + self.session_lifetime,
            method: sign_in.method.text(),
            provider_id: sign_in.method.provider_id(),
            device: &sign_in.client.device,
            address: sign_in.client.address.map(|address| address.to_string()),
        };
        session.insert(connection).await?;
        let event = Event::new(Kind::SignedIn, user_id, sign_in.client)
            .session(session.id)
            .provider(sign_in.method.provider_id());
        self.audit.record(connection, event).await?;
        let surplus = db::surplus(
            connection,
            self.open(user_id, now),
            session.id,
            SESSIONS_MAX - 1,
        )
        .await?;
        let surplus = db::revoke_each(connection, &surplus, RevokedReason::TooMany, now).await?;
        let surplus = Ended(surplus);
        self.note(connection, &surplus, Kind::SessionRevoked, sign_in.client)
            .await?;
        let family = Family {
            session_id: session.id,
            user_id,
            expires_at: session.expires_at,
        };
        let issued = self.issue(connection, family, None, now).await?;
        let tokens = self.tokens(issued, now)?;
        Ok(Begun { tokens, surplus })
    }

    /// The tokens of a session, after the commit. Those that it ended are announced first.
    pub(crate) async fn hand_out(&self, begun: Begun) -> pb::Tokens {
        self.announce(begun.surplus).await;
        begun.tokens
    }

    /// The sessions of a person that have not ended, the one used last first.
    pub(crate) async fn list(
        &self,
        connection: &mut AsyncPgConnection,
        user_id: Uuid,
        current: Uuid,
    ) -> Result<Vec<pb::Session>, Error> {
        let open = self.open(user_id, self.clock.now());
        let sessions = Session::list(connection, open, SESSIONS_MAX).await?;
        Ok(sessions
            .into_iter()
            .map(|session| self.told(session, current))
            .collect())
    }

    fn told(&self, session: Session, current: Uuid) -> pb::Session {
        let method = if session.method == PROVIDER {
            pb::SignInMethod::Provider
        } else {
            pb::SignInMethod::Password
        };
        let idle_at = session.last_used_at + self.refresh_idle_lifetime;
        pb::Session {
            session_id: session.id.to_string(),
            device: session.device,
            address: session.address.unwrap_or_default(),
            created_at: Some(crate::rpc::timestamp(session.created_at)),
            last_seen_at: Some(crate::rpc::timestamp(session.last_used_at)),
            expires_at: Some(crate::rpc::timestamp(session.expires_at.min(idle_at))),
            method: method.into(),
            provider_id: session.provider_id.unwrap_or_default(),
            is_current: session.id == current,
        }
    }

    fn open(&self, user_id: Uuid, now: OffsetDateTime) -> Open {
        Open {
            user_id,
            now,
            idle_lifetime: self.refresh_idle_lifetime,
        }
    }

    async fn issue(
        &self,
        connection: &mut AsyncPgConnection,
        family: Family,
        parent_hash: Option<Hash>,
        now: OffsetDateTime,
    ) -> Result<Issued, Error> {
        let token = Token::generate(&self.random);
        let expires_at = family.expires_at.min(now + self.refresh_idle_lifetime);
        let row = NewToken {
            token_hash: token.hash(),
            session_id: family.session_id,
            parent_hash,
            issued_at: now,
            expires_at,
        };
        row.insert(connection).await?;
        Ok(Issued {
            token,
            user_id: family.user_id,
            session_id: family.session_id,
            expires_at,
        })
    }

    fn tokens(&self, issued: Issued, now: OffsetDateTime) -> Result<pb::Tokens, Error> {
        let grant = Grant {
            token_id: self.random.uuid_v4(),
            user_id: issued.user_id,
            session_id: issued.session_id,
            issued_at: now,
            // Whole seconds, as in the token itself: the client must not think that it lasts longer.
            expires_at: (now + self.access_lifetime).truncate_to_second(),
        };
        Ok(pb::Tokens {
            access_token: self.keys.sign(&grant)?,
            access_token_expires_at: Some(crate::rpc::timestamp(grant.expires_at)),
            refresh_token: issued.token.into_text(),
            refresh_token_expires_at: Some(crate::rpc::timestamp(issued.expires_at)),
        })
    }
}

fn seconds(seconds: u32) -> Duration {
    Duration::seconds(i64::from(seconds))
}
