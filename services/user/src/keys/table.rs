//! Signing keys in the database: read, made, sealed anew and deleted, each change by one replica at a time.

use std::sync::Arc;

use auth::Signer;
use diesel_async::{AsyncConnection, AsyncPgConnection};
use runtime::{Clock, Random};
use store::postgres::Pool;
use time::{Duration, OffsetDateTime};

use super::{Error, Opened, Sealed, Unusable};
use crate::{
    Config,
    db::signing_keys::{self as db, SigningKey},
    domain::rotation::{Due, Schedule},
    sealing::Sealer,
};

/// Where the keys lie, and the rules that they follow.
#[derive(Clone, Debug)]
pub(crate) struct Table {
    pool: Pool,
    sealer: Sealer,
    schedule: Schedule,
    /// `iss` and `aud` of the tokens.
    issuer: Arc<str>,
    audience: Arc<str>,
    clock: Clock,
}

/// What was read.
#[derive(Debug, Default)]
pub(crate) struct Found {
    /// Those that open, oldest first.
    pub(crate) keys: Vec<Opened>,
    /// Those that do not. They have no part in anything: who can write to the database must not bring a key, nor push one out.
    pub(crate) unusable: Vec<Sealed>,
}

impl Table {
    /// As configured.
    pub(crate) fn new(
        config: &Config,
        pool: &Pool,
        clock: &Clock,
        random: &Random,
    ) -> anyhow::Result<Self> {
        Ok(Self {
            pool: pool.clone(),
            sealer: config.keys.sealer(random)?,
            schedule: Schedule {
                interval: seconds(config.keys.rotation_interval_s),
                publish_lead: seconds(config.keys.publish_lead_s),
                token_lifetime: seconds(config.tokens.access_token_lifetime_s),
                leeway: seconds(config.auth.leeway_s),
            },
            issuer: config.auth.issuer.as_str().into(),
            audience: config.auth.audience.as_str().into(),
            clock: clock.clone(),
        })
    }

    /// All keys after what the schedule wants has been done.
    pub(crate) async fn keys(&self) -> Result<Found, Error> {
        let mut connection = self.pool.get().await?;
        let found = self.find(&mut connection).await?;
        if self.due(&found) == Due::default() {
            return Ok(found);
        }
        connection
            .transaction(async |connection| self.catch_up(connection).await)
            .await
    }

    /// A new key that signs once it has been published for the lead. One that waits for its turn is as good: then none is
    /// made. Says which, and from when on it signs.
    pub(crate) async fn rotate(&self) -> Result<(String, OffsetDateTime), Error> {
        let mut connection = self.pool.get().await?;
        connection
            .transaction(async |connection| {
                db::lock(connection).await?;
                let now = self.clock.now();
                let newest = self.find(connection).await?.keys.pop();
                let lead = match newest {
                    Some(newest) if newest.signs_from > now => {
                        return Ok((newest.signer.kid().to_owned(), newest.signs_from));
                    }
                    Some(_) => self.schedule.publish_lead,
                    None => Duration::ZERO,
                };
                let made = self.make(connection, now + lead).await?;
                Ok((made.kid, made.signs_from))
            })
            .await
    }

    /// A new key that signs in so much time, whatever other keys there are. Says which.
    pub(crate) async fn add(&self, time: Duration) -> Result<String, Error> {
        let mut connection = self.pool.get().await?;
        connection
            .transaction(async |connection| {
                db::lock(connection).await?;
                let signs_from = self.clock.now() + time;
                Ok(self.make(connection, signs_from).await?.kid)
            })
            .await
    }

    /// Deletes all keys but this one, and says how many; none, and `None`, where this one is not there any longer: two who do
    /// this at once must not delete each other's.
    pub(crate) async fn withdraw_all_but(&self, kid: &str) -> Result<Option<usize>, Error> {
        let mut connection = self.pool.get().await?;
        connection
            .transaction(async |connection| {
                db::lock(connection).await?;
                if !SigningKey::exists(connection, kid).await? {
                    return Ok(None);
                }
                let deleted = SigningKey::delete_all_but(connection, kid).await?;
                Ok(Some(deleted))
            })
            .await
    }

    /// Puts the seal of today's first encryption key on each key that has another one.
    pub(crate) async fn reseal(&self) -> Result<(), Error> {
        let mut connection = self.pool.get().await?;
        connection
            .transaction(async |connection| {
                db::lock(connection).await?;
                for row in SigningKey::all(connection).await? {
                    if self.sealer.is_outdated(&row.sealed_private_key) {
                        let private = self.private(&row).map_err(|cause| Sealed {
                            kid: row.kid.clone(),
                            cause,
                        })?;
                        let sealed = self.sealer.seal(&purpose(&row.kid), &private)?;
                        SigningKey::reseal(connection, &row.kid, &sealed).await?;
                        tracing::info!(kid = row.kid, "a signing key was sealed anew");
                    }
                }
                Ok(())
            })
            .await
    }

    async fn find(&self, connection: &mut AsyncPgConnection) -> Result<Found, Error> {
        let mut found = Found::default();
        for row in SigningKey::all(connection).await? {
            match self.open(&row) {
                Ok(key) => found.keys.push(key),
                Err(cause) => found.unusable.push(Sealed {
                    kid: row.kid,
                    cause,
                }),
            }
        }
        Ok(found)
    }

    fn open(&self, row: &SigningKey) -> Result<Opened, Unusable> {
        let signer = Signer::from_pkcs8(&self.private(row)?, &self.issuer, &self.audience)
            .ok()
            .filter(|signer| signer.kid() == row.kid)
            .ok_or(Unusable::NotThisKey)?;
        Ok(Opened {
            signer,
            signs_from: row.signs_from,
        })
    }

    fn private(&self, row: &SigningKey) -> Result<Vec<u8>, Unusable> {
        self.sealer
            .open(&purpose(&row.kid), &row.sealed_private_key)
            .map_err(Unusable::Seal)
    }

    /// Nothing where no key opens but there are some: others may use them, so this is not the one to make a first key.
    fn due(&self, found: &Found) -> Due {
        if found.keys.is_empty() && !found.unusable.is_empty() {
            return Due::default();
        }
        let signs_from: Vec<_> = found.keys.iter().map(|key| key.signs_from).collect();
        self.schedule.due(&signs_from, self.clock.now())
    }

    /// Does what is due. Looks once more, now that nobody else changes anything.
    async fn catch_up(&self, connection: &mut AsyncPgConnection) -> Result<Found, Error> {
        db::lock(connection).await?;
        let found = self.find(connection).await?;
        let due = self.due(&found);
        if let Some(signs_from) = due.make {
            self.make(connection, signs_from).await?;
        }
        let old = found.keys.iter().take(due.delete);
        let kids: Vec<_> = old.map(|key| key.signer.kid().to_owned()).collect();
        SigningKey::delete(connection, &kids).await?;
        for kid in kids {
            tracing::info!(
                kid,
                "a signing key was deleted: the last token that it signed has expired"
            );
        }
        self.find(connection).await
    }

    async fn make(
        &self,
        connection: &mut AsyncPgConnection,
        signs_from: OffsetDateTime,
    ) -> Result<SigningKey, Error> {
        let private = Signer::generate_pkcs8()?;
        let signer = Signer::from_pkcs8(&private, &self.issuer, &self.audience)?;
        let row = SigningKey {
            kid: signer.kid().to_owned(),
            public_jwk: signer.jwk_json(),
            sealed_private_key: self.sealer.seal(&purpose(signer.kid()), &private)?,
            created_at: self.clock.now(),
            signs_from,
        };
        row.insert(connection).await?;
        tracing::info!(kid = row.kid, %signs_from, "a signing key was made");
        Ok(row)
    }
}

/// What a private key is sealed for.
fn purpose(kid: &str) -> String {
    format!("signing_keys {kid}")
}

fn seconds(seconds: u32) -> Duration {
    Duration::seconds(i64::from(seconds))
}
