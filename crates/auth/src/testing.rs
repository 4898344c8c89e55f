//! Access tokens for tests: a key made at run time, and the configuration that trusts it.
//!
//! ```ignore
//! let issuer = auth::testing::Issuer::new();
//! issuer.configure(&mut config.auth);          // the service under test trusts the issuer, without a user service
//! let ada = issuer.person(&context.clock);     // a new person with an access token
//! let request = ada.request(GetMeRequest {});  // signed in
//! ```

use runtime::{Clock, Random};
use time::{Duration, OffsetDateTime};
use tonic::Request;
use uuid::Uuid;

use crate::{
    Config, Grant, KeySet, KeySource, Signer,
    revocations::{Revocation, Revocations},
};

/// How long the tokens of an [`Issuer`] last.
const TOKEN_LIFETIME: Duration = Duration::minutes(10);

/// Signs access tokens that a service under test accepts.
#[derive(Debug)]
pub struct Issuer {
    signer: Signer,
    random: Random,
}

/// Somebody who is signed in.
#[derive(Clone, Debug)]
pub struct Person {
    /// `sub` of the token.
    pub user_id: Uuid,
    /// `sid` of the token.
    pub session_id: Uuid,
    /// The token itself.
    pub access_token: String,
}

impl Issuer {
    /// With a new key, and the issuer and audience of the default configuration.
    #[expect(clippy::new_without_default, reason = "each one has another key")]
    pub fn new() -> Self {
        let config = Config::default();
        let key = Signer::generate_pkcs8().expect("the crypto provider makes keys");
        let signer = Signer::from_pkcs8(&key, &config.issuer, &config.audience)
            .expect("the key was made just now");
        Self {
            signer,
            random: Random::system(),
        }
    }

    /// Makes `config` trust this issuer alone, and fetch nothing: neither keys nor revocations.
    pub fn configure(&self, config: &mut Config) {
        config.static_jwks_json = self.signer.jwks_json();
        config.revocations.is_enabled = false;
    }

    /// The same as a source for a verifier.
    pub fn key_source(&self) -> KeySource {
        KeySource::Static(
            KeySet::from_jwks_json(&self.signer.jwks_json()).expect("the signer knows its form"),
        )
    }

    /// The public key as JSON Web Key Set.
    pub fn jwks_json(&self) -> String {
        self.signer.jwks_json()
    }

    /// A person nobody has seen before, signed in for ten minutes from now.
    pub fn person(&self, clock: &Clock) -> Person {
        self.person_with_id(self.random.uuid_v4(), clock)
    }

    /// A person with this id, in a new session, signed in for ten minutes from now.
    pub fn person_with_id(&self, user_id: Uuid, clock: &Clock) -> Person {
        let session_id = self.random.uuid_v4();
        let access_token = self.token(user_id, session_id, clock.now() + TOKEN_LIFETIME);
        Person {
            user_id,
            session_id,
            access_token,
        }
    }

    /// A token that ends at `expires_at`, which may be past.
    pub fn token(&self, user_id: Uuid, session_id: Uuid, expires_at: OffsetDateTime) -> String {
        let token_id = self.random.uuid_v4();
        let issued_at = expires_at - TOKEN_LIFETIME;
        let grant = Grant {
            token_id,
            user_id,
            session_id,
            issued_at,
            expires_at,
        };
        self.signer.sign(&grant).expect("a good key signs")
    }
}

impl Person {
    /// A request that this person makes.
    pub fn request<T>(&self, message: T) -> Request<T> {
        signed_in(&self.access_token, message)
    }
}

/// Makes a process know that a session has ended, as an announcement would.
pub fn end_session(revocations: &Revocations, session_id: Uuid, tokens_end_at: OffsetDateTime) {
    revocations.learn(&[Revocation {
        session_id,
        tokens_end_at,
    }]);
}

/// A request with this access token.
pub fn signed_in<T>(access_token: &str, message: T) -> Request<T> {
    let mut request = Request::new(message);
    let bearer = format!("Bearer {access_token}")
        .parse()
        .expect("a token is plain ASCII");
    request.metadata_mut().insert("authorization", bearer);
    request
}
