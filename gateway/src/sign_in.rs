//! Sign-in with OpenID providers as a browser sees it: `/auth/{provider}/start` and `/auth/{provider}/callback`.
//!
//! The user service has the logic and the secrets (`FederationService`). Here its answers become redirects, cookies and
//! pages that help.
//!
//! ```text
//! browser --start--> user: StartSignIn --> 303 to the provider, cookie that binds the browser
//! browser --callback--> user: FinishSignIn --tokens--> refresh cookie, 303 to `return_to`
//!                                          |--code--> 303 to the program's loopback address, with `code`
//!                                          |--linked--> 303 to `return_to`
//!                                          +--failure--> a page; for a program 303 with `error`
//! ```
//!
//! **Linking** must be the wish of the person, or a page of somebody else could lead the browser through here and tie an
//! account of its own to the person's (having signed the browser in to that account before, which providers do not all
//! prevent). Two walls stand before that: the refresh cookie is `SameSite=Strict`, so it does not come along when another
//! site leads here; and, since neighbours on the same site and links in mails get past that, it is used only where
//! `sec-fetch-site` says that a page of this very origin leads here. In all other cases a page asks first: its button makes
//! the request one of this origin. No page can press it, as none may frame it. A callback made by somebody else fails since
//! its `state` belongs to the cookie of another browser.
//!
//! **A program** that wants a session is no page, and its loopback address says nothing about which program listens there. Where
//! the provider lets people through without a word, a page of somebody else, or any program, could lead the browser here and
//! come out signed in. So a page asks first, by the same rule as for linking.

mod home;
mod page;
mod query;
mod trouble;

use std::time::Duration;

use auth::CLIENT_ADDRESS;
use http::{
    HeaderMap, Method, Response,
    header::{SET_COOKIE, USER_AGENT},
    request,
};
use mesh::{client::Channel, trace::TraceContext};
use quicksync::user::v1::{
    FinishSignInRequest, FinishSignInResponse, SignInFailure, SignInIntent, StartSignInRequest,
    StartSignInResponse, Tokens, federation_service_client::FederationServiceClient,
    finish_sign_in_response::Outcome,
};
use runtime::Clock;
use time::OffsetDateTime;
use tonic::{Request, Status, body::Body, metadata::MetadataMap};

use self::{
    home::Home,
    page::{Page, redirect},
    query::{Query, Target, is_loopback_address, start_path, with_parameter},
    trouble::Trouble,
};
use crate::{
    cookies::{Cookies, Kind},
    origins::SEC_FETCH_SITE,
};

/// Where the routes begin.
pub(crate) const PREFIX: &str = "/auth/";

/// How long the user service remembers a sign-in that has begun.
const BINDING_MAX_AGE: time::Duration = time::Duration::minutes(10);
/// The longest that one step may take; the user service gives up on a provider earlier.
const STEP_TIMEOUT: Duration = Duration::from_secs(20);
/// Where a browser goes where nothing better is known.
const HOME: &str = "/";

/// Answers the routes.
#[derive(Clone, Debug)]
pub(crate) struct SignIn {
    user: FederationServiceClient<Channel>,
    cookies: Cookies,
    home: Home,
    clock: Clock,
}

impl SignIn {
    /// Asks `user`, for a gateway that browsers know by `public_origin`.
    pub(crate) fn new(user: Channel, cookies: Cookies, public_origin: &str, clock: Clock) -> Self {
        Self {
            home: Home::new(public_origin),
            user: FederationServiceClient::new(user),
            cookies,
            clock,
        }
    }

    /// The answer to a request whose path begins with [`PREFIX`].
    pub(crate) async fn answer(&self, head: &request::Parts) -> Response<Body> {
        let Some(target) = Target::of(head.uri.path()) else {
            return Page::of(Trouble::NothingHere).back(HOME).into_response();
        };
        if head.method != Method::GET {
            return Page::of(Trouble::MethodNotAllowed).into_response();
        }
        let Some(query) = Query::parse(head.uri.query().unwrap_or_default()) else {
            return Page::of(Trouble::AddressDamaged).back(HOME).into_response();
        };
        match target {
            Target::Start(provider_id) => {
                let instead = self.home.instead(head);
                match instead.and_then(|address| redirect(&address)) {
                    Some(response) => response,
                    None => self.start(provider_id, &query, &head.headers).await,
                }
            }
            Target::Callback(provider_id) => self.finish(provider_id, &query, &head.headers).await,
        }
    }

    async fn start(&self, provider_id: &str, query: &Query, headers: &HeaderMap) -> Response<Body> {
        let (intent, refresh_token) = match query.get("intent") {
            "" | "sign_in" if is_for_program(query) && !is_led_here_by_own_page(headers) => {
                return Page::ask_for_program(provider_id, query).into_response();
            }
            "" | "sign_in" => (SignInIntent::SignIn, None),
            "link" if !is_led_here_by_own_page(headers) => {
                return Page::ask_to_link(provider_id, query.get("return_to")).into_response();
            }
            "link" => match self.cookies.read(Kind::Refresh, headers) {
                Some(token) => (SignInIntent::Link, Some(token)),
                None => return Page::of(Trouble::SignedOut).back(HOME).into_response(),
            },
            _ => return Page::of(Trouble::AddressDamaged).back(HOME).into_response(),
        };
        let message = StartSignInRequest {
            provider_id: provider_id.to_owned(),
            intent: intent.into(),
            return_to: query.get("return_to").to_owned(),
            code_challenge: query.get("code_challenge").to_owned(),
            refresh_token: refresh_token.unwrap_or_default(),
        };
        let mut user = self.user.clone();
        let started = step(user.start_sign_in(on_behalf_of(headers, message))).await;
        match started {
            Ok(answer) => self.lead_out(&answer).unwrap_or_else(|| {
                tracing::error!(
                    provider_id,
                    "user began a sign-in that no browser can follow"
                );
                Page::of(Trouble::Unavailable).back(HOME).into_response()
            }),
            Err(trouble) => Page::of(trouble)
                .try_again(&start_path(provider_id, query))
                .back(HOME)
                .into_response(),
        }
    }

    /// To the provider, with the cookie that binds the browser.
    fn lead_out(&self, answer: &StartSignInResponse) -> Option<Response<Body>> {
        let max_age = Some(BINDING_MAX_AGE);
        let cookie = self
            .cookies
            .set(Kind::SignIn, &answer.browser_binding, max_age)?;
        let mut response = redirect(&answer.authorization_url)?;
        response.headers_mut().append(SET_COOKIE, cookie);
        Some(response)
    }

    async fn finish(
        &self,
        provider_id: &str,
        query: &Query,
        headers: &HeaderMap,
    ) -> Response<Body> {
        let binding = self.cookies.read(Kind::SignIn, headers);
        let message = FinishSignInRequest {
            provider_id: provider_id.to_owned(),
            state: query.get("state").to_owned(),
            code: query.get("code").to_owned(),
            error: query.get("error").to_owned(),
            issuer: query.get("iss").to_owned(),
            browser_binding: binding.unwrap_or_default(),
        };
        let mut user = self.user.clone();
        let finished = step(user.finish_sign_in(on_behalf_of(headers, message))).await;
        let expired = Outcome::Failure(SignInFailure::Expired.into());
        match finished {
            // Anybody can lead a browser here with a `state` of nothing, while another sign-in is under way: its cookie stays.
            Ok(answer) if answer.outcome == Some(expired) => self.land(provider_id, answer),
            Ok(answer) => {
                let mut response = self.land(provider_id, answer);
                // Each sign-in is finished once.
                response
                    .headers_mut()
                    .append(SET_COOKIE, self.cookies.clear(Kind::SignIn));
                response
            }
            // What it was for is not known, so it cannot be begun again from here.
            Err(trouble) => Page::of(trouble).back(HOME).into_response(),
        }
    }

    /// Where a sign-in ends.
    fn land(&self, provider_id: &str, answer: FinishSignInResponse) -> Response<Body> {
        let (return_to, intent) = (answer.return_to.as_str(), answer.intent());
        let landed = match answer.outcome {
            Some(Outcome::Tokens(tokens)) => self.keep(&tokens, return_to),
            Some(Outcome::Code(code)) => redirect(&with_parameter(return_to, "code", &code)),
            Some(Outcome::Linked(_)) => redirect(return_to),
            Some(Outcome::Failure(failure)) => {
                let failure = SignInFailure::try_from(failure).unwrap_or_default();
                Some(fail(provider_id, Trouble::from(failure), intent, return_to))
            }
            None => None,
        };
        landed.unwrap_or_else(|| {
            tracing::error!(
                provider_id,
                "user finished a sign-in in a way that no browser can follow"
            );
            Page::of(Trouble::Unavailable).back(HOME).into_response()
        })
    }

    /// Signs the browser in. The access token is not needed: a page gets one by `Refresh`.
    fn keep(&self, tokens: &Tokens, return_to: &str) -> Option<Response<Body>> {
        let end = tokens.refresh_token_expires_at?.seconds;
        let end = OffsetDateTime::from_unix_timestamp(end).ok()?;
        let max_age = Some(end - self.clock.now());
        let cookie = self
            .cookies
            .set(Kind::Refresh, &tokens.refresh_token, max_age)?;
        let mut response = redirect(return_to)?;
        response.headers_mut().append(SET_COOKIE, cookie);
        Some(response)
    }
}

/// A program hears of it at its loopback address (RFC 6749, section 4.1.2.1) and says so itself; a person sees a page.
fn fail(
    provider_id: &str,
    trouble: Trouble,
    intent: SignInIntent,
    return_to: &str,
) -> Response<Body> {
    tracing::info!(
        provider_id,
        reason = trouble.word(),
        "a sign-in with a provider failed"
    );
    if is_loopback_address(return_to)
        && let Some(response) = redirect(&with_parameter(return_to, "error", trouble.word()))
    {
        return response;
    }
    let mut again = Query::default();
    again.set("return_to", return_to);
    let page = Page::of(trouble);
    let page = match intent {
        SignInIntent::SignIn => page.try_again(&start_path(provider_id, &again)),
        // Who wants to link must not end up with a new account.
        SignInIntent::Link => {
            again.set("intent", "link");
            page.try_again(&start_path(provider_id, &again))
        }
        SignInIntent::Unspecified => page,
    };
    page.back(return_to).into_response()
}

/// True where a native client will get the session. The user service takes a challenge for nothing else, and insists on one.
fn is_for_program(query: &Query) -> bool {
    !query.get("code_challenge").is_empty() || is_loopback_address(query.get("return_to"))
}

/// True where a page of this very origin, and nobody else, leads the browser here.
fn is_led_here_by_own_page(headers: &HeaderMap) -> bool {
    let mut sites = headers.get_all(SEC_FETCH_SITE).iter();
    sites.next().is_some_and(|site| site == "same-origin") && sites.next().is_none()
}

/// A call of the user service for the client who sent `headers`.
fn on_behalf_of<T>(headers: &HeaderMap, message: T) -> Request<T> {
    let mut passed = HeaderMap::new();
    for name in [CLIENT_ADDRESS, USER_AGENT] {
        if let Some(value) = headers.get(&name) {
            passed.insert(name, value.clone());
        }
    }
    let mut request = Request::new(message);
    *request.metadata_mut() = MetadataMap::from_headers(passed);
    request
}

/// One call of the user service, in bounded time.
async fn step<T>(
    call: impl Future<Output = Result<tonic::Response<T>, Status>>,
) -> Result<T, Trouble> {
    let frame = mesh::context::current().unwrap_or_else(|| mesh::Context {
        deadline: None,
        trace: TraceContext::root(),
    });
    let answer = mesh::context::scope(frame.with_timeout(STEP_TIMEOUT), call).await;
    answer.map(tonic::Response::into_inner).map_err(|status| {
        let trouble = Trouble::from(&status);
        if trouble == Trouble::Unavailable {
            let (code, reason) = (status.code(), status.message());
            tracing::warn!(%code, reason, "a step of a sign-in failed");
        }
        trouble
    })
}
