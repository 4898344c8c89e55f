//! Makes access tokens: the one place that knows their form besides [`Verifier`](crate::Verifier).

use aws_lc_rs::{
    rand::SystemRandom,
    signature::{Ed25519KeyPair, KeyPair},
};
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use jsonwebtoken::{
    Algorithm, EncodingKey, Header,
    jwk::{Jwk, ThumbprintHash},
};
use serde::Serialize;
use serde_json::json;
use time::OffsetDateTime;
use uuid::Uuid;

/// `typ` of an access token (RFC 9068 section 2.1).
pub(crate) const TOKEN_TYPE: &str = "at+jwt";
/// `client_id`, which RFC 9068 section 2.2 wants: all clients are one application.
const CLIENT_ID: &str = "quicksync";

/// What one access token grants.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Grant {
    /// `jti`, unique to this token.
    pub token_id: Uuid,
    /// `sub`: who may act.
    pub user_id: Uuid,
    /// `sid`: the sign-in that it descends from.
    pub session_id: Uuid,
    /// `iat`.
    pub issued_at: OffsetDateTime,
    /// `exp`.
    pub expires_at: OffsetDateTime,
}

/// A key that cannot be used, or a signature that could not be made.
#[derive(Debug, thiserror::Error)]
pub enum SignerError {
    /// The bytes are no Ed25519 private key.
    #[error("not an Ed25519 private key in PKCS#8")]
    BadKey,
    /// The crypto provider failed.
    #[error("the access token could not be signed")]
    Sign(#[source] jsonwebtoken::errors::Error),
    /// The crypto provider failed.
    #[error("a new key could not be made")]
    Generate,
}

/// Signs access tokens with one Ed25519 key.
#[derive(Debug)]
pub struct Signer {
    issuer: String,
    audience: String,
    header: Header,
    key: EncodingKey,
    kid: String,
    public: Jwk,
}

#[derive(Serialize)]
struct Claims<'a> {
    iss: &'a str,
    aud: &'a str,
    client_id: &'a str,
    sub: Uuid,
    sid: Uuid,
    jti: Uuid,
    iat: i64,
    exp: i64,
}

impl Signer {
    /// Takes a private key in PKCS#8 (RFC 5958), as [`Signer::generate_pkcs8`] makes it. The key's id is its thumbprint
    /// (RFC 7638), so that every process with the same key names it alike.
    pub fn from_pkcs8(pkcs8: &[u8], issuer: &str, audience: &str) -> Result<Self, SignerError> {
        let pair = Ed25519KeyPair::from_pkcs8(pkcs8).map_err(|_| SignerError::BadKey)?;
        let x = URL_SAFE_NO_PAD.encode(pair.public_key().as_ref());
        let mut public: Jwk = serde_json::from_value(
            json!({"kty": "OKP", "crv": "Ed25519", "x": x, "alg": "EdDSA", "use": "sig"}),
        )
        .map_err(|_| SignerError::BadKey)?;
        let kid = public
            .thumbprint(ThumbprintHash::SHA256)
            .map_err(|_| SignerError::BadKey)?;
        public.common.key_id = Some(kid.clone());

        let mut header = Header::new(Algorithm::EdDSA);
        header.typ = Some(TOKEN_TYPE.to_owned());
        header.kid = Some(kid.clone());
        Ok(Self {
            issuer: issuer.to_owned(),
            audience: audience.to_owned(),
            header,
            key: EncodingKey::from_ed_der(pkcs8),
            kid,
            public,
        })
    }

    /// A new private key in PKCS#8.
    pub fn generate_pkcs8() -> Result<Vec<u8>, SignerError> {
        let key = Ed25519KeyPair::generate_pkcs8v1(&SystemRandom::new())
            .map_err(|_| SignerError::Generate)?;
        Ok(key.as_ref().to_vec())
    }

    /// An access token for `grant`. Times are cut to whole seconds.
    pub fn sign(&self, grant: &Grant) -> Result<String, SignerError> {
        let claims = Claims {
            iss: &self.issuer,
            aud: &self.audience,
            client_id: CLIENT_ID,
            sub: grant.user_id,
            sid: grant.session_id,
            jti: grant.token_id,
            iat: grant.issued_at.unix_timestamp(),
            exp: grant.expires_at.unix_timestamp(),
        };
        jsonwebtoken::encode(&self.header, &claims, &self.key).map_err(SignerError::Sign)
    }

    /// The id of the key.
    pub fn kid(&self) -> &str {
        &self.kid
    }

    /// The public key as a JSON Web Key (RFC 7517).
    pub fn jwk_json(&self) -> String {
        json!(self.public).to_string()
    }

    /// The public key alone as a JSON Web Key Set.
    pub fn jwks_json(&self) -> String {
        Self::jwks_json_of([self])
    }

    /// The public keys of all of these as a JSON Web Key Set.
    pub fn jwks_json_of<'a>(signers: impl IntoIterator<Item = &'a Self>) -> String {
        let keys: Vec<&Jwk> = signers.into_iter().map(|signer| &signer.public).collect();
        json!({ "keys": keys }).to_string()
    }
}

#[cfg(test)]
mod tests;
