//! `FinishSignIn`: what went wrong is part of the answer, since a person has to land somewhere.

use auth::Client;
use diesel_async::{AsyncConnection, AsyncPgConnection};
use quicksync::user::v1::{
    self as pb, FinishSignInRequest, FinishSignInResponse, SignInFailure, SignInIntent,
    finish_sign_in_response::Outcome,
};
use tonic::Status;
use uuid::Uuid;

use super::super::{Rpc, identities::WayIn};
use crate::{
    audit::{Event, Kind},
    error::Error,
    federation::{Code, Failure, Intent, Linked, News, Pending, Person, Provider, SignedIn},
    sessions::{Begun, Method, SignIn},
};

/// How often somebody new may meet others at an index before that is a bug.
const ATTEMPTS: usize = 5;
/// Of an error as a provider calls it, which anybody who comes back can write.
const ERROR_CHARS_LOGGED_MAX: usize = 64;
/// Where a sign-in that nobody knows leads.
const FIRST_PAGE: &str = "/";

/// Who signs in, and from where.
struct Arrival<'a> {
    provider: &'a Provider,
    person: Person,
    pending: &'a Pending,
    client: &'a Client,
}

/// What a transaction opened. The rest is done without it and its connection: Redis may take its time.
enum Opened {
    /// Nothing is left to be done.
    Told(Outcome),
    Session(Begun),
    /// To be kept for a native client.
    Code(Code),
}

impl Rpc {
    pub(super) async fn come_back(
        &self,
        client: &Client,
        request: &FinishSignInRequest,
    ) -> Result<FinishSignInResponse, Status> {
        let provider = self
            .federation
            .provider(&request.provider_id)
            .ok_or(Error::ProviderNotFound)?;
        let pending = self
            .federation
            .remembered
            .take(&request.state)
            .await
            .map_err(Error::from)?
            .filter(|pending| pending.is_bound_to(&request.browser_binding));
        let Some(pending) = pending else {
            return Ok(FinishSignInResponse {
                return_to: FIRST_PAGE.to_owned(),
                intent: SignInIntent::Unspecified.into(),
                outcome: Some(failed(SignInFailure::Expired)),
            });
        };
        let outcome = match self.identify(provider, &pending, request).await {
            Ok(person) => {
                let arrival = Arrival {
                    provider,
                    person,
                    pending: &pending,
                    client,
                };
                self.open(&arrival).await?
            }
            Err(failure) => {
                tracing::info!(provider = provider.id(), ?failure, "nobody was signed in");
                failed(failure)
            }
        };
        let intent = match pending.intent {
            Intent::SignIn => SignInIntent::SignIn,
            Intent::Link { .. } => SignInIntent::Link,
        };
        Ok(FinishSignInResponse {
            return_to: pending.return_to,
            intent: intent.into(),
            outcome: Some(outcome),
        })
    }

    /// Who came back. Nothing of the provider's answer is believed before it was checked.
    async fn identify(
        &self,
        provider: &Provider,
        pending: &Pending,
        request: &FinishSignInRequest,
    ) -> Result<Person, SignInFailure> {
        if pending.provider_id != provider.id() {
            tracing::warn!(provider = provider.id(), began_with = %pending.provider_id, "an answer of one provider came where another one's was awaited");
            return Err(SignInFailure::ProviderInvalid);
        }
        let refuse = |error: Failure| {
            tracing::warn!(provider = provider.id(), %error, "a sign-in failed at the provider");
            match error {
                Failure::Unavailable(_) => SignInFailure::ProviderUnavailable,
                Failure::Invalid(_) => SignInFailure::ProviderInvalid,
                Failure::CodeRefused => SignInFailure::Expired,
            }
        };
        provider
            .check_answer_issuer(&request.issuer)
            .await
            .map_err(refuse)?;
        match (request.error.as_str(), request.code.as_str()) {
            ("", "") => Err(SignInFailure::ProviderInvalid),
            ("", code) => provider
                .person(code, &pending.secrets)
                .await
                .map_err(refuse),
            (error, _) => {
                let word: String = error.chars().take(ERROR_CHARS_LOGGED_MAX).collect();
                tracing::warn!(
                    provider = provider.id(),
                    error = ?word,
                    "a provider answered with an error"
                );
                Err(meaning(error))
            }
        }
    }

    /// Opens or links an account. Who meets somebody else at an index of the database comes again, and finds them then.
    async fn open(&self, arrival: &Arrival<'_>) -> Result<Outcome, Error> {
        Ok(match self.open_account(arrival).await? {
            Opened::Told(outcome) => outcome,
            Opened::Session(begun) => Outcome::Tokens(self.sessions.hand_out(begun).await),
            Opened::Code(code) => {
                let code = self.federation.remembered.keep_code(&code, &self.random);
                Outcome::Code(code.await?)
            }
        })
    }

    async fn open_account(&self, arrival: &Arrival<'_>) -> Result<Opened, Error> {
        let mut connection = self.pool.get().await?;
        let mut attempts = 1;
        loop {
            let outcome = connection
                .transaction(async |connection| match arrival.pending.intent {
                    Intent::SignIn => self.let_in(connection, arrival).await,
                    Intent::Link {
                        user_id,
                        session_id,
                    } => self
                        .link(connection, arrival, (user_id, session_id))
                        .await
                        .map(Opened::Told),
                })
                .await;
            match outcome {
                Err(Error::UsernameTaken | Error::CameSecond(_)) if attempts < ATTEMPTS => {
                    attempts += 1;
                }
                outcome => return outcome,
            }
        }
    }

    async fn let_in(
        &self,
        connection: &mut AsyncPgConnection,
        arrival: &Arrival<'_>,
    ) -> Result<Opened, Error> {
        let Arrival {
            provider,
            person,
            pending,
            client,
        } = arrival;
        let accounts = &self.federation.accounts;
        let told = |failure| Ok(Opened::Told(failed(failure)));
        let signed_in = accounts.sign_in(connection, provider, person).await?;
        let (user_id, identity_id, news) = match signed_in {
            SignedIn::To {
                user_id,
                identity_id,
                news,
            } => (user_id, identity_id, news),
            SignedIn::LinkRequired => return told(SignInFailure::LinkRequired),
            SignedIn::TooMany => return told(SignInFailure::TooManyIdentities),
        };
        if let Some(news) = news {
            let kind = match news {
                News::Made => Kind::Registered,
                News::Linked => Kind::IdentityLinked,
            };
            let event = Event::new(kind, user_id, client).provider(Some(provider.id()));
            self.audit.record(connection, event).await?;
        }
        if news == Some(News::Linked) {
            self.tell_owner(connection, user_id, provider.id(), WayIn::Added)
                .await?;
        }
        let Some(challenge) = &pending.code_challenge else {
            let begun = self
                .begin_session(connection, user_id, provider.id(), client)
                .await?;
            return Ok(Opened::Session(begun));
        };
        let challenge = challenge.clone();
        let code = Code::new(user_id, identity_id, provider.id(), challenge);
        Ok(Opened::Code(code))
    }

    async fn link(
        &self,
        connection: &mut AsyncPgConnection,
        arrival: &Arrival<'_>,
        (user_id, session_id): (Uuid, Uuid),
    ) -> Result<Outcome, Error> {
        let accounts = &self.federation.accounts;
        let linked = accounts
            .link(
                connection,
                arrival.provider,
                &arrival.person,
                (user_id, session_id),
            )
            .await?;
        if linked == Linked::Now {
            let event = Event::new(Kind::IdentityLinked, user_id, arrival.client)
                .session(session_id)
                .provider(Some(arrival.provider.id()));
            self.audit.record(connection, event).await?;
            self.tell_owner(connection, user_id, arrival.provider.id(), WayIn::Added)
                .await?;
        }
        Ok(match linked {
            Linked::Now | Linked::Before => Outcome::Linked(pb::Linked {}),
            Linked::Elsewhere => failed(SignInFailure::LinkedElsewhere),
            Linked::SignedOut => failed(SignInFailure::SignedOut),
            Linked::TooMany => failed(SignInFailure::TooManyIdentities),
        })
    }

    /// A session of somebody who came from a provider.
    pub(super) async fn begin_session(
        &self,
        connection: &mut AsyncPgConnection,
        user_id: Uuid,
        provider_id: &str,
        client: &Client,
    ) -> Result<Begun, Error> {
        let sign_in = SignIn {
            client,
            method: Method::Provider(provider_id),
        };
        self.sessions.begin(connection, user_id, sign_in).await
    }
}

/// Of an error that a provider sends (RFC 6749, section 4.1.2.1; OpenID Connect Core 1.0, section 3.1.2.6).
fn meaning(error: &str) -> SignInFailure {
    match error {
        "access_denied" | "login_required" | "consent_required" | "interaction_required" => {
            SignInFailure::Denied
        }
        "server_error" | "temporarily_unavailable" => SignInFailure::ProviderUnavailable,
        // How we are registered there, or what we asked for, is wrong: an operator has to look.
        _ => SignInFailure::ProviderInvalid,
    }
}

fn failed(failure: SignInFailure) -> Outcome {
    Outcome::Failure(failure.into())
}
