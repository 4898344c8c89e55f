//! Checks access tokens.

use std::{collections::HashMap, sync::Arc};

use jsonwebtoken::{Algorithm, Header, Validation, errors::ErrorKind};
use quick_cache::sync::Cache;
use runtime::{Clock, readiness::Guard};
use serde::Deserialize;
use time::{Duration, OffsetDateTime};
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

use crate::{
    Caller, Config, Error, KeySource, keys::Keys, revocations::Revocations, signer::TOKEN_TYPE,
};

/// The only algorithms that are let in (RFC 8725 section 3.1).
const ALGORITHMS: [Algorithm; 2] = [Algorithm::EdDSA, Algorithm::ES256];
/// Longer tokens than this are refused unread: ours have about 450 bytes, and each verified one is kept in memory.
const TOKEN_BYTES_MAX: usize = 4096;

/// Checks access tokens and remembers which were good.
#[derive(Debug)]
pub struct Verifier {
    keys: Keys,
    validations: HashMap<Algorithm, Validation>,
    verified: Cache<Box<str>, Verified>,
    revocations: Arc<Revocations>,
    leeway: Duration,
    clock: Clock,
}

#[derive(Clone, Copy, Debug)]
struct Verified {
    caller: Caller,
    withdrawals: u64,
}

#[derive(Deserialize)]
struct Claims {
    sub: Uuid,
    sid: Uuid,
    exp: i64,
    nbf: Option<i64>,
}

impl Verifier {
    /// Trusts `source` and accepts what `config` says.
    pub fn new(config: &Config, source: KeySource, clock: Clock) -> Self {
        let validations = ALGORITHMS.map(|algorithm| (algorithm, validation(config, algorithm)));
        Self {
            keys: Keys::new(config, source),
            validations: validations.into(),
            verified: Cache::new(config.verified_tokens_max),
            revocations: Revocations::new(clock.clone()),
            leeway: Duration::seconds(i64::from(config.leeway_s)),
            clock,
        }
    }

    /// Who holds `token`. Waits for a fetch of the keys where the token names one that is not known, and at the start of a process
    /// for the sessions that have ended. Cancellation safe.
    pub async fn verify(&self, token: &str) -> Result<Caller, Error> {
        let caller = self.holder(token).await?;
        self.revocations.asked().await;
        // Asked each time: that a token was good a moment ago says nothing about its session.
        if self.revocations.is_revoked(caller.session_id) {
            return Err(Error::SessionRevoked);
        }
        Ok(caller)
    }

    /// The sessions of which it knows that they have ended.
    pub fn revocations(&self) -> &Arc<Revocations> {
        &self.revocations
    }

    async fn holder(&self, token: &str) -> Result<Caller, Error> {
        let now = self.clock.now();
        if let Some(caller) = self.remembered(token, now) {
            return Ok(caller);
        }
        let withdrawals = self.keys.withdrawals();
        // On the heap, so that the common case above does not make the future of every call larger by 2 KB.
        let caller = Box::pin(self.check(token, now)).await?;
        // Within the leeway past its end a token is checked each time: nothing is remembered past `exp`.
        if now < caller.expires_at {
            self.verified.insert(
                token.into(),
                Verified {
                    caller,
                    withdrawals,
                },
            );
        }
        Ok(caller)
    }

    /// Fetches the keys now and then until `stop`, so that the first caller need not wait and withdrawn keys go. Drops `guard` once there are any.
    pub async fn keep_fresh(&self, stop: CancellationToken, guard: Guard) {
        self.keys.keep_fresh(stop, guard).await;
    }

    /// The keys that are known here as a JSON Web Key Set (RFC 7517); `None` before there are any.
    pub fn jwks_json(&self) -> Option<Arc<str>> {
        self.keys.jwks_json()
    }

    fn remembered(&self, token: &str, now: OffsetDateTime) -> Option<Caller> {
        let verified = self.verified.get(token)?;
        if now < verified.caller.expires_at && verified.withdrawals == self.keys.withdrawals() {
            return Some(verified.caller);
        }
        self.verified.remove(token);
        None
    }

    async fn check(&self, token: &str, now: OffsetDateTime) -> Result<Caller, Error> {
        if token.len() > TOKEN_BYTES_MAX {
            return Err(Error::Invalid("too long"));
        }
        let header = jsonwebtoken::decode_header(token).map_err(|_| Error::Invalid("not a JWT"))?;
        if !header.typ.as_deref().is_some_and(is_access_token_type) {
            return Err(Error::Invalid("not an access token"));
        }
        if brings_its_own_key(&header) {
            return Err(Error::Invalid("brings its own key"));
        }
        if header.crit.is_some() {
            return Err(Error::Invalid("an extension that must be understood"));
        }
        let validation = self
            .validations
            .get(&header.alg)
            .ok_or(Error::Invalid("algorithm"))?;
        let kid = header.kid.ok_or(Error::Invalid("no key id"))?;
        let key = self
            .keys
            .key(&kid)
            .await
            .map_err(Error::KeysUnavailable)?
            .ok_or(Error::Invalid("unknown key"))?;
        if key.algorithm != header.alg {
            return Err(Error::Invalid("algorithm of another key"));
        }
        let claims = jsonwebtoken::decode::<Claims>(token, &key.decoding, validation)
            .map_err(|error| Error::Invalid(fault(error.kind())))?
            .claims;
        self.caller(&claims, now)
    }

    fn caller(&self, claims: &Claims, now: OffsetDateTime) -> Result<Caller, Error> {
        let expires_at = OffsetDateTime::from_unix_timestamp(claims.exp)
            .map_err(|_| Error::Invalid("exp out of range"))?;
        if now >= expires_at.saturating_add(self.leeway) {
            return Err(Error::Expired);
        }
        if claims
            .nbf
            .is_some_and(|nbf| nbf > now.saturating_add(self.leeway).unix_timestamp())
        {
            return Err(Error::Invalid("not yet valid"));
        }
        Ok(Caller {
            user_id: claims.sub,
            session_id: claims.sid,
            expires_at,
        })
    }
}

/// Signature, issuer, audience and presence. Times are compared here, by the clock that tests can move.
fn validation(config: &Config, algorithm: Algorithm) -> Validation {
    let mut validation = Validation::new(algorithm);
    validation.set_required_spec_claims(&["iss", "aud", "sub", "exp"]);
    validation.set_issuer(&[&config.issuer]);
    validation.set_audience(&[&config.audience]);
    validation.validate_exp = false;
    validation.validate_nbf = false;
    validation
}

/// RFC 9068 section 4: `at+jwt`, also with the `application/` that RFC 7515 lets one leave out, without regard to case.
fn is_access_token_type(typ: &str) -> bool {
    const PREFIX: &str = "application/";
    let short = match typ.split_at_checked(PREFIX.len()) {
        Some((prefix, rest)) if prefix.eq_ignore_ascii_case(PREFIX) => rest,
        _ => typ,
    };
    short.eq_ignore_ascii_case(TOKEN_TYPE)
}

/// Keys are known by their id alone; a place to get one from, or a key itself, is for an attacker to give (RFC 8725 section
/// 3.10).
fn brings_its_own_key(header: &Header) -> bool {
    header.jku.is_some() || header.jwk.is_some() || header.x5u.is_some() || header.x5c.is_some()
}

fn fault(kind: &ErrorKind) -> &'static str {
    match kind {
        ErrorKind::InvalidSignature => "signature",
        ErrorKind::InvalidIssuer => "issuer",
        ErrorKind::InvalidAudience => "audience",
        ErrorKind::MissingRequiredClaim(_) => "a claim is missing",
        _ => "form",
    }
}

#[cfg(test)]
mod tests;
