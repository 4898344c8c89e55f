//! `FederationService`, `ListProviders` and `RedeemSignIn`: sign-in with OpenID providers.

mod finish;

use diesel_async::AsyncConnection;
use mesh::{Violations, validate::Text};
use quicksync::user::v1::{
    FinishSignInRequest, FinishSignInResponse, ListProvidersResponse, Provider,
    RedeemSignInRequest, RedeemSignInResponse, SignInIntent, StartSignInRequest,
    StartSignInResponse, federation_service_server::FederationService,
};
use tonic::{Request, Response, Status};

use super::{Rpc, person};
use crate::{
    db::{identities::Identity, live_sessions::LiveSession, users::User},
    domain::refresh,
    error::Error,
    federation::{self, Code, Intent, Pending, ReturnTo},
};

const PROVIDER_ID_CHARS_MAX: usize = 32;
const CODE_CHARS_MAX: usize = 128;
/// Of a PKCE verifier (RFC 7636, section 4.1).
const VERIFIER_CHARS_MIN: usize = 43;
const VERIFIER_CHARS_MAX: usize = 128;
/// SHA-256 in base64url.
const CHALLENGE_CHARS: usize = 43;

#[tonic::async_trait]
impl FederationService for Rpc {
    async fn start_sign_in(
        &self,
        request: Request<StartSignInRequest>,
    ) -> Result<Response<StartSignInResponse>, Status> {
        let client = auth::Client::of(&request);
        self.begin_at_provider(&client, request.into_inner())
            .await
            .map(Response::new)
    }

    async fn finish_sign_in(
        &self,
        request: Request<FinishSignInRequest>,
    ) -> Result<Response<FinishSignInResponse>, Status> {
        let client = auth::Client::of(&request);
        let answer = self.come_back(&client, request.get_ref()).await?;
        Ok(Response::new(answer))
    }
}

/// What is asked for, past the checks of its fields.
struct Start {
    return_to: String,
    code_challenge: Option<String>,
    intent: SignInIntent,
}

impl Rpc {
    pub(super) fn providers(&self) -> ListProvidersResponse {
        let providers = self.federation.providers().map(|provider| Provider {
            provider_id: provider.id().to_owned(),
            display_name: provider.display_name().to_owned(),
        });
        ListProvidersResponse {
            providers: providers.collect(),
            passwords_enabled: self.passwords_enabled,
        }
    }

    async fn begin_at_provider(
        &self,
        client: &auth::Client,
        request: StartSignInRequest,
    ) -> Result<StartSignInResponse, Status> {
        let start = self.check_start(&request)?;
        self.throttle
            .sign_in_start(client)
            .await
            .map_err(Error::from)?;
        let provider = self
            .federation
            .provider(&request.provider_id)
            .ok_or(Error::ProviderNotFound)?;
        let intent = match start.intent {
            SignInIntent::Link => self.intent_to_link(&request.refresh_token).await?,
            SignInIntent::Unspecified | SignInIntent::SignIn => Intent::SignIn,
        };
        let (pending, browser_binding) = Pending::new(
            provider.id(),
            intent,
            start.return_to,
            start.code_challenge,
            &self.random,
        );
        let state = federation::secret(&self.random);
        let authorization_url = provider
            .authorization_url(state.clone(), &pending.secrets)
            .await
            .map_err(Error::ProviderUnavailable)?;
        // Last, so that nothing is remembered of what could not begin.
        self.federation
            .remembered
            .keep(&state, &pending)
            .await
            .map_err(Error::from)?;
        Ok(StartSignInResponse {
            authorization_url,
            browser_binding,
        })
    }

    fn check_start(&self, request: &StartSignInRequest) -> Result<Start, Status> {
        let mut violations = Violations::new();
        let provider_id_chars = 1..=PROVIDER_ID_CHARS_MAX;
        violations.text(
            "provider_id",
            &request.provider_id,
            provider_id_chars,
            Text::Line,
        );
        let intent = request.intent();
        if SignInIntent::try_from(request.intent).is_err() {
            violations.add("intent", "must be one that is known");
        }
        let challenge = request.code_challenge.as_str();
        let return_to = match self.federation.return_to.read(&request.return_to) {
            Ok(ReturnTo::Loopback(_)) if intent == SignInIntent::Link => {
                violations.add(
                    "return_to",
                    "must be a page: a browser links, not a native client",
                );
                String::new()
            }
            Ok(ReturnTo::Loopback(address)) => {
                violations.check(
                    challenge.len() == CHALLENGE_CHARS && challenge.bytes().all(is_base64url),
                    "code_challenge",
                    "must be a SHA-256 in base64url without padding, 43 characters",
                );
                address
            }
            Ok(ReturnTo::Page(page)) => {
                violations.check(
                    challenge.is_empty(),
                    "code_challenge",
                    "must be empty but for a loopback address",
                );
                page
            }
            Err(problem) => {
                violations.add("return_to", problem);
                String::new()
            }
        };
        violations.finish()?;
        Ok(Start {
            return_to,
            code_challenge: (!challenge.is_empty()).then(|| challenge.to_owned()),
            intent,
        })
    }

    /// The token shows whose browser it is; it stays good. What is linked opens the account for ever, so a browser that
    /// somebody left open is not enough.
    async fn intent_to_link(&self, refresh_token: &str) -> Result<Intent, Error> {
        let hash = refresh::hash(refresh_token);
        let mut connection = self.pool.get().await?;
        let session = LiveSession::of_token(&mut connection, &hash, self.clock.now())
            .await?
            .ok_or(Error::RefreshTokenInvalid)?;
        self.require_fresh(session)?;
        Ok(Intent::Link {
            user_id: session.user_id,
            session_id: session.id,
        })
    }

    pub(super) async fn redeem_code(
        &self,
        client: &auth::Client,
        request: &RedeemSignInRequest,
    ) -> Result<RedeemSignInResponse, Status> {
        let mut violations = Violations::new();
        violations.text("code", &request.code, 1..=CODE_CHARS_MAX, Text::Line);
        let verifier_chars = VERIFIER_CHARS_MIN..=VERIFIER_CHARS_MAX;
        violations.text(
            "code_verifier",
            &request.code_verifier,
            verifier_chars,
            Text::Line,
        );
        violations.finish()?;

        let attempt = self.throttle.token(client).await.map_err(Error::from)?;
        let code = self.take_proven_code(request).await;
        if !matches!(code, Err(Error::SignInCodeInvalid)) {
            attempt.succeeded().await;
        }
        let code = code?;
        let mut connection = self.pool.get().await.map_err(Error::from)?;
        let (user, begun) = connection
            .transaction(async |connection| {
                let user = User::by_id(connection, code.user_id)
                    .await?
                    .filter(|user| user.deleted_at.is_none())
                    .ok_or(Error::SignInCodeInvalid)?;
                let begun = self
                    .begin_session(connection, user.id, &code.provider_id, client)
                    .await?;
                // The account is held now, so nobody unlinks it from here on.
                if !Identity::is_of(connection, code.identity_id, user.id).await? {
                    return Err(Error::SignInCodeInvalid);
                }
                Ok((user, begun))
            })
            .await?;
        drop(connection);
        let tokens = self.sessions.hand_out(begun).await;
        Ok(RedeemSignInResponse {
            user: Some(person(user)),
            tokens: Some(tokens),
        })
    }

    async fn take_proven_code(&self, request: &RedeemSignInRequest) -> Result<Code, Error> {
        let remembered = &self.federation.remembered;
        let code = remembered.take_code(&request.code).await?;
        code.filter(|code| code.is_proven_by(&request.code_verifier))
            .ok_or(Error::SignInCodeInvalid)
    }
}

fn is_base64url(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_')
}
