//! A user service with two real providers, and a browser that goes to them.

use std::{collections::HashMap, sync::LazyLock};

use bytes::Bytes;
use http::{Request, StatusCode, header};
use http_body_util::Full;
use hyper_util::{
    client::legacy::{Client as Http, connect::HttpConnector},
    rt::TokioExecutor,
};
use openidconnect::url::Url;
use parts::{
    Lifetime, OpenIdProvider,
    openid_provider::{Account as Person, Client, Settings},
};
use quicksync::user::v1::{
    FinishSignInRequest, FinishSignInResponse, GetMeRequest, GetMeResponse, Identity,
    ListIdentitiesRequest, SignInFailure, SignInIntent, StartSignInRequest, StartSignInResponse,
    Tokens, finish_sign_in_response::Outcome,
};
use runtime::Clock;
use tokio::sync::{Mutex, OnceCell};
use tonic::Status;
use user::{Config, Provider};

use crate::fixture::Fixture;

/// Trusted for linking by address.
pub const TRUSTED: &str = "trusted";
/// Not trusted.
pub const OTHER: &str = "other";

const CLIENT_ID: &str = "quicksync";

/// A provider of this test process, with accounts that tests add.
pub struct Real {
    pub part: OpenIdProvider,
    secret: String,
    adding: Mutex<()>,
}

impl Real {
    /// For the callback of the provider with this id.
    pub async fn start(id: &str) -> Self {
        let secret = parts::unique("secret");
        let settings = Settings {
            dir: tempfile::tempdir().unwrap().keep(),
            lifetime: Lifetime::Owner,
            port: None,
            clients: vec![Client {
                client_id: CLIENT_ID.to_owned(),
                client_secret: secret.clone(),
                redirect_uris: vec![format!("http://localhost:8080/auth/{id}/callback")],
            }],
        };
        let part = OpenIdProvider::open(&settings).await.unwrap();
        part.start().await.unwrap();
        Self {
            part,
            secret,
            adding: Mutex::new(()),
        }
    }

    /// Somebody new.
    pub async fn add(&self, email: &str, email_verified: bool) -> Person {
        let person = Person {
            id: parts::unique("person"),
            email: email.to_owned(),
            email_verified,
            name: "Ada Lovelace".to_owned(),
        };
        self.put(person.clone()).await;
        person
    }

    /// Adds or changes somebody.
    pub async fn put(&self, person: Person) {
        let _guard = self.adding.lock().await;
        let mut accounts = self.part.accounts().unwrap();
        accounts.retain(|account| account.id != person.id);
        accounts.push(person);
        self.part.set_accounts(&accounts).unwrap();
    }

    pub fn config(&self, id: &str, trusted: bool) -> Provider {
        Provider {
            id: id.to_owned(),
            display_name: format!("The {id} one"),
            issuer: self.part.issuer(),
            client_id: CLIENT_ID.to_owned(),
            client_secret: self.secret.as_str().into(),
            trusted_for_email_linking: trusted,
            ..Provider::default()
        }
    }
}

/// The providers that all tests of this process share.
pub async fn trusted() -> &'static Real {
    static SHARED: OnceCell<Real> = OnceCell::const_new();
    SHARED.get_or_init(|| Real::start(TRUSTED)).await
}

pub async fn other() -> &'static Real {
    static SHARED: OnceCell<Real> = OnceCell::const_new();
    SHARED.get_or_init(|| Real::start(OTHER)).await
}

/// A user service that knows both. Its clock stands at the time of day: the providers have no other.
pub async fn start() -> Fixture {
    start_with(|_| {}).await
}

pub async fn start_with(adjust: impl FnOnce(&mut Config)) -> Fixture {
    let providers = vec![
        trusted().await.config(TRUSTED, true),
        other().await.config(OTHER, false),
    ];
    let clock = Clock::fixed(Clock::system().now());
    Fixture::at(clock, |config| {
        config.providers = providers;
        adjust(config);
    })
    .await
}

/// What came back from a provider, in the browser where the sign-in began.
#[derive(Clone, Debug)]
pub struct Callback(pub FinishSignInRequest);

/// A wish to sign in.
pub fn sign_in(provider_id: &str) -> StartSignInRequest {
    StartSignInRequest {
        provider_id: provider_id.to_owned(),
        ..StartSignInRequest::default()
    }
}

/// A wish to link.
pub fn link(provider_id: &str, tokens: &Tokens) -> StartSignInRequest {
    StartSignInRequest {
        intent: SignInIntent::Link.into(),
        refresh_token: tokens.refresh_token.clone(),
        ..sign_in(provider_id)
    }
}

impl Fixture {
    pub async fn begin(&self, request: StartSignInRequest) -> Result<StartSignInResponse, Status> {
        let mut federation = self.federation.clone();
        Ok(federation.start_sign_in(request).await?.into_inner())
    }

    pub async fn finish(&self, callback: &Callback) -> Result<FinishSignInResponse, Status> {
        let mut federation = self.federation.clone();
        let request = callback.0.clone();
        Ok(federation.finish_sign_in(request).await?.into_inner())
    }

    /// Goes to the provider and comes back as `person`; `None` says no there.
    pub async fn go(&self, request: StartSignInRequest, person: Option<&Person>) -> Callback {
        let provider_id = request.provider_id.clone();
        let begun = self.begin(request).await.unwrap();
        let back = Browser::default()
            .visit(&begun.authorization_url, person)
            .await;
        callback(&provider_id, begun.browser_binding, &back)
    }

    /// The whole way.
    pub async fn outcome(&self, request: StartSignInRequest, person: &Person) -> Outcome {
        let callback = self.go(request, Some(person)).await;
        self.finish(&callback).await.unwrap().outcome.unwrap()
    }

    pub async fn signed_in(&self, provider_id: &str, person: &Person) -> Tokens {
        match self.outcome(sign_in(provider_id), person).await {
            Outcome::Tokens(tokens) => tokens,
            other => panic!("not signed in: {other:?}"),
        }
    }

    pub async fn me(&self, tokens: &Tokens) -> GetMeResponse {
        let request = auth::testing::signed_in(&tokens.access_token, GetMeRequest {});
        self.users
            .clone()
            .get_me(request)
            .await
            .unwrap()
            .into_inner()
    }

    pub async fn user_id(&self, tokens: &Tokens) -> String {
        self.me(tokens).await.user.unwrap().user_id
    }

    pub async fn identities(&self, tokens: &Tokens) -> Vec<Identity> {
        let request = auth::testing::signed_in(&tokens.access_token, ListIdentitiesRequest {});
        let mut accounts = self.account.clone();
        let answer = accounts.list_identities(request).await.unwrap();
        answer.into_inner().identities
    }
}

/// What the gateway would make of the address that a browser came back to.
pub fn callback(provider_id: &str, browser_binding: String, back: &Url) -> Callback {
    let query: HashMap<String, String> = back.query_pairs().into_owned().collect();
    let field = |name| query.get(name).cloned().unwrap_or_default();
    Callback(FinishSignInRequest {
        provider_id: provider_id.to_owned(),
        state: field("state"),
        code: field("code"),
        error: field("error"),
        issuer: field("iss"),
        browser_binding,
    })
}

#[track_caller]
pub fn assert_failed(outcome: &Outcome, expected: SignInFailure) {
    assert_eq!(*outcome, Outcome::Failure(expected.into()));
}

static HTTP: LazyLock<HttpConnector> = LazyLock::new(HttpConnector::new);
/// Redirects on the way to an account and back.
const STEPS_MAX: usize = 8;

/// Follows redirects with its cookies until it is sent to the gateway.
#[derive(Default)]
pub struct Browser {
    cookies: HashMap<String, String>,
}

impl Browser {
    pub async fn visit(&mut self, address: &str, person: Option<&Person>) -> Url {
        let form = person.map_or("cancel=yes".to_owned(), |person| {
            format!("account={}", person.id)
        });
        let mut at = Url::parse(address).unwrap();
        for _ in 0..STEPS_MAX {
            if at.path().starts_with("/auth/") && at.path().ends_with("/callback") {
                return at;
            }
            let body = at.path().starts_with("/interaction/").then_some(&form);
            let target = self.send(&at, body).await;
            at = at.join(&target).unwrap();
        }
        panic!("the provider goes round in circles: {at}");
    }

    /// Where the answer leads.
    async fn send(&mut self, at: &Url, form: Option<&String>) -> String {
        let cookies: Vec<String> = self
            .cookies
            .iter()
            .map(|(name, value)| format!("{name}={value}"))
            .collect();
        let request = Request::builder()
            .method(if form.is_some() { "POST" } else { "GET" })
            .uri(at.as_str())
            .header(header::COOKIE, cookies.join("; "))
            .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded")
            .body(Full::new(Bytes::from(form.cloned().unwrap_or_default())))
            .unwrap();
        let http = Http::builder(TokioExecutor::new()).build(HTTP.clone());
        let answer = http.request(request).await.unwrap();
        assert!(
            matches!(answer.status(), StatusCode::FOUND | StatusCode::SEE_OTHER),
            "{at}: {}",
            answer.status()
        );
        for cookie in answer.headers().get_all(header::SET_COOKIE) {
            let pair = cookie.to_str().unwrap().split(';').next().unwrap();
            let (name, value) = pair.split_once('=').unwrap();
            self.cookies.insert(name.to_owned(), value.to_owned());
        }
        let location = &answer.headers()[header::LOCATION];
        location.to_str().unwrap().to_owned()
    }
}
