//! Sign-in with providers as the user service answers: as the provider's id and `state` say.

use std::sync::Arc;

use quicksync::user::v1::{
    FinishSignInRequest, FinishSignInResponse, Linked, SignInFailure, SignInIntent,
    StartSignInRequest, StartSignInResponse, federation_service_server::FederationService,
    finish_sign_in_response::Outcome,
};
use tonic::{Code, Request, Response, Status, metadata::MetadataMap};

use super::upstream::{REFRESH_TOKEN, Seen, tokens};

/// What the browser's cookie holds meanwhile.
pub const BINDING: &str = "YmluZGluZw";
/// Where the browser is sent.
pub const AUTHORIZATION_URL: &str = "https://idp.example/authorize?state=s&nonce=n";

/// Notes what it is asked.
#[derive(Clone)]
pub struct Federation(pub Arc<Seen>);

/// One call.
#[derive(Clone, Debug)]
pub enum Step {
    Start(StartSignInRequest, MetadataMap),
    Finish(FinishSignInRequest, MetadataMap),
}

fn refusal(word: &str) -> Option<Status> {
    let status = |code, reason| mesh::status::error(code, reason, "secret details");
    Some(match word {
        "unknown" => status(Code::NotFound, "PROVIDER_NOT_FOUND"),
        "bad" => status(Code::InvalidArgument, "INVALID_FIELDS"),
        "signed-out" => status(Code::Unauthenticated, "REFRESH_TOKEN_INVALID"),
        "stale" => status(Code::FailedPrecondition, "SIGN_IN_NOT_FRESH"),
        "silent" => status(Code::Unavailable, "PROVIDER_UNAVAILABLE"),
        "away" => status(Code::Unavailable, "DATABASE_UNAVAILABLE"),
        "often" => status(Code::ResourceExhausted, "TOO_MANY_ATTEMPTS"),
        "broken" => status(Code::Internal, "INTERNAL"),
        "old" => status(Code::Unimplemented, "UNKNOWN_METHOD"),
        _ => return None,
    })
}

fn outcome(state: &str) -> Option<Outcome> {
    let failure = |failure: SignInFailure| Outcome::Failure(failure.into());
    Some(match state {
        "tokens" => Outcome::Tokens(tokens(REFRESH_TOKEN)),
        "odd tokens" => Outcome::Tokens(tokens("a; b")),
        "code" => Outcome::Code("one&time".to_owned()),
        "linked" => Outcome::Linked(Linked {}),
        "nothing" => return None,
        name => failure(SignInFailure::from_str_name(name).unwrap_or_default()),
    })
}

#[tonic::async_trait]
impl FederationService for Federation {
    async fn start_sign_in(
        &self,
        request: Request<StartSignInRequest>,
    ) -> Result<Response<StartSignInResponse>, Status> {
        let (metadata, _, message) = request.into_parts();
        let provider = message.provider_id.clone();
        self.0.note(Step::Start(message, metadata));
        let authorization_url = match provider.as_str() {
            "odd" => "javascript:alert(1)",
            _ => AUTHORIZATION_URL,
        };
        match refusal(&provider) {
            Some(status) => Err(status),
            None => Ok(Response::new(StartSignInResponse {
                authorization_url: authorization_url.to_owned(),
                browser_binding: BINDING.to_owned(),
            })),
        }
    }

    /// `code` is where the browser goes, `iss` what the sign-in was for.
    async fn finish_sign_in(
        &self,
        request: Request<FinishSignInRequest>,
    ) -> Result<Response<FinishSignInResponse>, Status> {
        let (metadata, _, message) = request.into_parts();
        self.0.note(Step::Finish(message.clone(), metadata));
        let intent = match message.issuer.as_str() {
            "link" => SignInIntent::Link,
            "nobody-knows" => SignInIntent::Unspecified,
            _ => SignInIntent::SignIn,
        };
        match refusal(&message.provider_id) {
            Some(status) => Err(status),
            None => Ok(Response::new(FinishSignInResponse {
                return_to: message.code,
                intent: intent.into(),
                outcome: outcome(&message.state),
            })),
        }
    }
}
