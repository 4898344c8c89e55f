//! One provider: where to send a browser, and who it says came back.

use std::time::Duration;

use openidconnect::{
    AuthType, AuthenticationFlow, AuthorizationCode, ClaimsVerificationError, ClientId,
    ClientSecret, CsrfToken, DiscoveryError, IdTokenVerifier, IssuerUrl, Nonce,
    OAuth2TokenResponse as _, PkceCodeChallenge, PkceCodeVerifier, RedirectUrl, RequestTokenError,
    Scope, SignatureVerificationError, TokenResponse as _,
    core::{
        CoreClient, CoreClientAuthMethod, CoreErrorResponseType, CoreIdToken, CoreIdTokenClaims,
        CoreJwsSigningAlgorithm, CoreResponseType,
    },
    url::Url,
};
use runtime::Clock;
use time::OffsetDateTime;

use super::{
    discovery::{Discovery, Known},
    http::{self, Http},
    pending::Secrets,
};
use crate::{
    config::{Provider as Config, ProviderCalls},
    domain::account,
};

/// Signatures that are taken. None with a shared secret: who knows how to check it could make it.
const ALGORITHMS: [CoreJwsSigningAlgorithm; 4] = [
    CoreJwsSigningAlgorithm::RsaSsaPkcs1V15Sha256,
    CoreJwsSigningAlgorithm::RsaSsaPssSha256,
    CoreJwsSigningAlgorithm::EcdsaP256Sha256,
    CoreJwsSigningAlgorithm::EdDsa,
];
/// How far a provider's clock may be ahead of ours.
const CLOCK_AHEAD_MAX: time::Duration = time::Duration::minutes(1);
/// A token is made for the exchange that brings it.
const ISSUED_BEFORE_MAX: time::Duration = time::Duration::minutes(10);
/// Longest `sub` (OpenID Connect Core 1.0, section 2).
const SUBJECT_BYTES_MAX: usize = 255;

/// A provider of the configuration.
#[derive(Debug)]
pub(crate) struct Provider {
    config: Config,
    redirect: RedirectUrl,
    discovery: Discovery,
    http: Http,
    timeout: Duration,
    clock: Clock,
}

/// Who came back, as the provider says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Person {
    /// `sub`: the only thing that says who it is.
    pub(crate) subject: String,
    /// One that could be an address.
    pub(crate) email: Option<String>,
    /// The provider says that the address is theirs.
    pub(crate) email_verified: bool,
    /// What they are called.
    pub(crate) name: Option<String>,
}

/// Why nobody came back.
#[derive(Clone, Debug, thiserror::Error)]
pub(crate) enum Failure {
    /// It is away, slow, or in trouble.
    #[error("the provider does not answer: {0}")]
    Unavailable(String),
    /// What it says cannot be trusted or understood.
    #[error("the provider's answer cannot be trusted: {0}")]
    Invalid(String),
    /// The code is no good: used, expired, or made for somebody else.
    #[error("the provider does not know the code")]
    CodeRefused,
}

impl Failure {
    pub(super) fn silent() -> Self {
        Self::Unavailable("it has not said anything of itself yet".to_owned())
    }
}

impl Provider {
    pub(super) fn new(
        config: &Config,
        calls: &ProviderCalls,
        base_url: &Url,
        http: &Http,
        clock: &Clock,
    ) -> anyhow::Result<Self> {
        let redirect = base_url.join(&format!("/auth/{}/callback", config.id))?;
        let issuer = IssuerUrl::new(config.issuer.clone())?;
        let http = http.clone().for_issuer(issuer.url());
        let refetch_pause = Duration::from_millis(calls.refetch_pause_ms.into());
        Ok(Self {
            config: config.clone(),
            redirect: RedirectUrl::from_url(redirect),
            discovery: Discovery::new(issuer, http.clone(), refetch_pause),
            http,
            timeout: Duration::from_millis(calls.timeout_ms.into()),
            clock: clock.clone(),
        })
    }

    /// As in the configuration.
    pub(crate) fn id(&self) -> &str {
        &self.config.id
    }

    /// For the button.
    pub(crate) fn display_name(&self) -> &str {
        &self.config.display_name
    }

    /// To the letter as in its tokens.
    pub(crate) fn issuer(&self) -> &str {
        &self.config.issuer
    }

    /// It opens accounts by an address that it has verified.
    pub(crate) fn is_trusted(&self) -> bool {
        self.config.trusted_for_email_linking
    }

    /// See [`Discovery::refresh`].
    pub(super) async fn refresh(&self) {
        self.discovery.refresh().await;
    }

    /// Where to send a browser.
    pub(crate) async fn authorization_url(
        &self,
        state: String,
        secrets: &Secrets,
    ) -> Result<String, Failure> {
        let known = self.bounded(self.discovery.known()).await?;
        let nonce = Nonce::new(secrets.nonce.clone());
        let verifier = PkceCodeVerifier::new(secrets.verifier.clone());
        let client = CoreClient::from_provider_metadata(
            known.metadata.clone(),
            ClientId::new(self.config.client_id.clone()),
            None,
        )
        .set_redirect_uri(self.redirect.clone());
        let (url, _, _) = client
            .authorize_url(
                AuthenticationFlow::<CoreResponseType>::AuthorizationCode,
                move || CsrfToken::new(state),
                move || nonce,
            )
            .add_scopes(self.scopes())
            .set_pkce_challenge(PkceCodeChallenge::from_code_verifier_sha256(&verifier))
            .url();
        Ok(url.into())
    }

    /// Whether the `iss` of a callback (RFC 9207) is this provider's: an answer of another one must not be taken for its own.
    /// `Ok` without one where the provider does not say that it sends one.
    pub(crate) async fn check_answer_issuer(&self, issuer: &str) -> Result<(), Failure> {
        if !issuer.is_empty() {
            return (issuer == self.issuer())
                .then_some(())
                .ok_or_else(|| Failure::Invalid("the answer is of another issuer".to_owned()));
        }
        let known = self.bounded(self.discovery.known()).await?;
        let promised = &known.metadata.additional_metadata();
        if promised.authorization_response_iss_parameter_supported {
            return Err(Failure::Invalid("the answer has no issuer".to_owned()));
        }
        Ok(())
    }

    /// Exchanges a code for an ID token and checks that.
    pub(crate) async fn person(&self, code: &str, secrets: &Secrets) -> Result<Person, Failure> {
        self.bounded(async {
            let known = self.discovery.known().await?;
            let token = self.exchange(&known, code, secrets).await?;
            let nonce = Nonce::new(secrets.nonce.clone());
            let claims = match self.verify(&known, &token, &nonce) {
                // Its keys may have changed since they were fetched.
                Err(ClaimsVerificationError::SignatureVerification(
                    SignatureVerificationError::NoMatchingKey,
                )) => {
                    let known = self.discovery.newer_than(&known).await?;
                    self.verify(&known, &token, &nonce).cloned()
                }
                outcome => outcome.cloned(),
            };
            let claims = claims.map_err(|error| Failure::Invalid(error.to_string()))?;
            self.read(&claims)
        })
        .await
    }

    async fn exchange(
        &self,
        known: &Known,
        code: &str,
        secrets: &Secrets,
    ) -> Result<CoreIdToken, Failure> {
        let client = CoreClient::from_provider_metadata(
            known.metadata.clone(),
            ClientId::new(self.config.client_id.clone()),
            Some(ClientSecret::new(
                self.config.client_secret.expose().to_owned(),
            )),
        )
        .set_auth_type(auth_type(known))
        .set_redirect_uri(self.redirect.clone());
        let answer = client
            .exchange_code(AuthorizationCode::new(code.to_owned()))
            .map_err(|error| Failure::Invalid(error.to_string()))?
            .set_pkce_verifier(PkceCodeVerifier::new(secrets.verifier.clone()))
            .request_async(&self.http)
            .await
            .map_err(of_token_request)?;
        tracing::debug!(provider = self.id(), scopes = ?answer.scopes(), "a code was exchanged");
        answer
            .id_token()
            .cloned()
            .ok_or_else(|| Failure::Invalid("there is no ID token".to_owned()))
    }

    /// Signature, `iss`, `aud`, `exp`, `iat` and `nonce` (OpenID Connect Core 1.0, section 3.1.3.7).
    fn verify<'t>(
        &self,
        known: &Known,
        token: &'t CoreIdToken,
        nonce: &Nonce,
    ) -> Result<&'t CoreIdTokenClaims, ClaimsVerificationError> {
        let now = self.clock.now();
        // A public client's verifier has no secret, so none can be taken for a key.
        let verifier = IdTokenVerifier::new_public_client(
            ClientId::new(self.config.client_id.clone()),
            known.metadata.issuer().clone(),
            known.keys.clone(),
        )
        .set_allowed_algs(ALGORITHMS)
        .set_time_fn(move || {
            chrono::DateTime::from_timestamp(now.unix_timestamp(), 0).unwrap_or_default()
        })
        .set_issue_time_verifier_fn(move |issued_at| check_issued_at(issued_at.timestamp(), now));
        token.claims(&verifier, nonce)
    }

    fn read(&self, claims: &CoreIdTokenClaims) -> Result<Person, Failure> {
        let party = claims.authorized_party();
        if party.is_some_and(|party| party.as_str() != self.config.client_id) {
            return Err(Failure::Invalid("it is for another party".to_owned()));
        }
        let subject = claims.subject().as_str();
        if subject.is_empty() || subject.len() > SUBJECT_BYTES_MAX || subject.contains('\0') {
            return Err(Failure::Invalid("its subject cannot be one".to_owned()));
        }
        let email = claims.email().map(|email| email.as_str().to_owned());
        let name = claims.name().and_then(|name| name.get(None));
        Ok(Person {
            subject: subject.to_owned(),
            email: email.filter(|email| account::is_email(email)),
            email_verified: claims.email_verified().unwrap_or(false),
            name: name.map(|name| name.as_str().to_owned()),
        })
    }

    fn scopes(&self) -> impl Iterator<Item = Scope> {
        let asked = self.config.scopes.iter().filter(|scope| *scope != "openid");
        asked.map(|scope| Scope::new(scope.clone()))
    }

    async fn bounded<T>(
        &self,
        work: impl Future<Output = Result<T, Failure>>,
    ) -> Result<T, Failure> {
        tokio::time::timeout(self.timeout, work)
            .await
            .unwrap_or_else(|_| {
                let timeout = self.timeout;
                Err(Failure::Unavailable(format!(
                    "no answer within {timeout:?}"
                )))
            })
    }
}

/// In the header, as the standard has it, unless the provider takes it in the body only.
fn auth_type(known: &Known) -> AuthType {
    match known.metadata.token_endpoint_auth_methods_supported() {
        Some(methods)
            if !methods.contains(&CoreClientAuthMethod::ClientSecretBasic)
                && methods.contains(&CoreClientAuthMethod::ClientSecretPost) =>
        {
            AuthType::RequestBody
        }
        _ => AuthType::BasicAuth,
    }
}

fn check_issued_at(issued_at: i64, now: OffsetDateTime) -> Result<(), String> {
    let issued_at = OffsetDateTime::from_unix_timestamp(issued_at).map_err(|e| e.to_string())?;
    if issued_at > now + CLOCK_AHEAD_MAX {
        return Err("it was issued in the future".to_owned());
    }
    if issued_at < now - ISSUED_BEFORE_MAX {
        return Err("it was issued long ago".to_owned());
    }
    Ok(())
}

type TokenRequestError<E> =
    RequestTokenError<E, openidconnect::StandardErrorResponse<CoreErrorResponseType>>;

/// What the provider wrote is not repeated: it may have repeated the code.
fn of_token_request(error: TokenRequestError<http::Error>) -> Failure {
    match error {
        RequestTokenError::Request(error) => error.into(),
        RequestTokenError::ServerResponse(answer) => match answer.error() {
            CoreErrorResponseType::InvalidGrant => Failure::CodeRefused,
            other => {
                let said = format!("its token endpoint says {}", other.as_ref());
                match other.as_ref() {
                    "server_error" | "temporarily_unavailable" => Failure::Unavailable(said),
                    // How we are registered there, or what we asked for, is wrong: an operator has to look.
                    _ => Failure::Invalid(said),
                }
            }
        },
        RequestTokenError::Parse(error, _) => {
            Failure::Invalid(format!("its token endpoint: {}", error.path()))
        }
        RequestTokenError::Other(error) => Failure::Invalid(error),
    }
}

impl From<http::Error> for Failure {
    fn from(error: http::Error) -> Self {
        match error {
            http::Error::Forbidden(_) | http::Error::TooLarge => Self::Invalid(error.to_string()),
            http::Error::Timeout(_) | http::Error::Status(_) => {
                Self::Unavailable(error.to_string())
            }
            http::Error::Connection(source) => Self::Unavailable(source.to_string()),
        }
    }
}

impl From<DiscoveryError<http::Error>> for Failure {
    fn from(error: DiscoveryError<http::Error>) -> Self {
        match error {
            DiscoveryError::Request(error) => error.into(),
            DiscoveryError::Response(status, ..) if !status.is_success() => {
                Self::Unavailable(format!("it says {status} of itself"))
            }
            other => Self::Invalid(other.to_string()),
        }
    }
}
