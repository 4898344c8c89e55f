//! Fetching keys from a user service that a test can stop, and can give other keys.

use std::{
    net::SocketAddr,
    sync::atomic::{AtomicUsize, Ordering},
};

use quicksync::user::v1::{
    GetJwksRequest, GetJwksResponse, ListProvidersRequest, ListProvidersResponse, LoginRequest,
    LoginResponse, LogoutRequest, LogoutResponse, RedeemSignInRequest, RedeemSignInResponse,
    RefreshRequest, RefreshResponse, RegisterRequest, RegisterResponse,
    RequestPasswordResetRequest, RequestPasswordResetResponse, ResetPasswordRequest,
    ResetPasswordResponse, VerifyEmailRequest, VerifyEmailResponse,
    auth_service_server::{AuthService, AuthServiceServer},
};
use serde_json::{Value, json};
use tokio::{sync::Notify, task::JoinSet};
use tonic::{Request, Response, Status};
use tracing::{
    Event, Level, Metadata, Subscriber,
    span::{Attributes, Id, Record},
};

use super::*;
use crate::testing::Issuer;

/// A user service that only gives keys.
#[derive(Default)]
struct User {
    jwks: parking_lot::Mutex<String>,
    calls: AtomicUsize,
    /// Where set, each call waits for it.
    gate: Option<Notify>,
}

#[tonic::async_trait]
impl AuthService for User {
    async fn get_jwks(
        &self,
        _: Request<GetJwksRequest>,
    ) -> Result<Response<GetJwksResponse>, Status> {
        self.calls.fetch_add(1, Ordering::SeqCst);
        if let Some(gate) = &self.gate {
            gate.notified().await;
        }
        match self.jwks.lock().clone() {
            jwks if jwks.is_empty() => Err(Status::unavailable("down")),
            jwks_json => Ok(Response::new(GetJwksResponse { jwks_json })),
        }
    }

    async fn verify_email(
        &self,
        _: Request<VerifyEmailRequest>,
    ) -> Result<Response<VerifyEmailResponse>, Status> {
        unreachable!("nobody asks for it")
    }

    async fn request_password_reset(
        &self,
        _: Request<RequestPasswordResetRequest>,
    ) -> Result<Response<RequestPasswordResetResponse>, Status> {
        unreachable!("nobody asks for it")
    }

    async fn reset_password(
        &self,
        _: Request<ResetPasswordRequest>,
    ) -> Result<Response<ResetPasswordResponse>, Status> {
        unreachable!("nobody asks for it")
    }

    async fn list_providers(
        &self,
        _: Request<ListProvidersRequest>,
    ) -> Result<Response<ListProvidersResponse>, Status> {
        unreachable!("nobody asks for it")
    }

    async fn redeem_sign_in(
        &self,
        _: Request<RedeemSignInRequest>,
    ) -> Result<Response<RedeemSignInResponse>, Status> {
        unreachable!("nobody asks for it")
    }

    async fn register(
        &self,
        _: Request<RegisterRequest>,
    ) -> Result<Response<RegisterResponse>, Status> {
        unreachable!("nobody registers")
    }

    async fn login(&self, _: Request<LoginRequest>) -> Result<Response<LoginResponse>, Status> {
        unreachable!("nobody logs in")
    }

    async fn refresh(
        &self,
        _: Request<RefreshRequest>,
    ) -> Result<Response<RefreshResponse>, Status> {
        unreachable!("nobody refreshes")
    }

    async fn logout(&self, _: Request<LogoutRequest>) -> Result<Response<LogoutResponse>, Status> {
        unreachable!("nobody logs out")
    }
}

async fn serve(user: &Arc<User>) -> SocketAddr {
    let config = mesh::server::Config {
        listen: "127.0.0.1:0".parse().unwrap(),
        ..Default::default()
    };
    let bound = mesh::server::Builder::new(&config, &mesh::Metrics::detached())
        .add(AuthServiceServer::from_arc(Arc::clone(user)))
        .bind()
        .await
        .unwrap();
    let at = bound.local_addr();
    tokio::spawn(bound.serve(CancellationToken::new(), Duration::from_secs(1)));
    at
}

fn keys(at: SocketAddr, refetch_pause_ms: u64) -> Keys {
    let config = Config {
        keys_refetch_pause_ms: refetch_pause_ms,
        user: mesh::client::Config::of([format!("http://{at}")]),
        ..Config::default()
    };
    let channel = mesh::Channel::new("user", &config.user, &mesh::Metrics::detached()).unwrap();
    Keys::new(&config, KeySource::User(channel))
}

fn kid(jwks: &str) -> String {
    let jwks: Value = serde_json::from_str(jwks).unwrap();
    jwks["keys"][0]["kid"].as_str().unwrap().to_owned()
}

/// A key set with the first key of each of these.
fn joined(sets: &[&str]) -> String {
    let keys: Vec<Value> = sets
        .iter()
        .map(|set| serde_json::from_str::<Value>(set).unwrap()["keys"][0].clone())
        .collect();
    json!({ "keys": keys }).to_string()
}

#[tokio::test]
async fn an_unknown_key_is_fetched_once_for_all_who_ask() {
    let jwks = Issuer::new().jwks_json();
    let user = Arc::new(User {
        gate: Some(Notify::new()),
        ..User::default()
    });
    user.jwks.lock().clone_from(&jwks);
    let keys = Arc::new(keys(serve(&user).await, 60_000));
    let mut asking = JoinSet::new();
    for _ in 0..20 {
        let (keys, kid) = (Arc::clone(&keys), kid(&jwks));
        asking.spawn(async move { keys.key(&kid).await });
    }
    user.gate.as_ref().unwrap().notify_one();
    for found in asking.join_all().await {
        assert!(found.unwrap().is_some());
    }
    assert_eq!(user.calls.load(Ordering::SeqCst), 1);
}

#[tokio::test]
async fn forged_key_ids_do_not_hammer_the_user_service() {
    let user = Arc::new(User::default());
    *user.jwks.lock() = Issuer::new().jwks_json();
    let keys = keys(serve(&user).await, 60_000);
    for forged in 0..100 {
        assert!(
            keys.key(&format!("forged-{forged}"))
                .await
                .unwrap()
                .is_none()
        );
    }
    assert_eq!(user.calls.load(Ordering::SeqCst), 1);
}

#[tokio::test]
async fn callers_that_go_away_do_not_hammer_the_user_service_and_others_take_what_they_asked_for() {
    const BRIEF: Duration = Duration::from_millis(20);
    let jwks = Issuer::new().jwks_json();
    let user = Arc::new(User {
        gate: Some(Notify::new()),
        ..User::default()
    });
    user.jwks.lock().clone_from(&jwks);
    let keys = keys(serve(&user).await, 60_000);
    while user.calls.load(Ordering::SeqCst) == 0 {
        let cancelled = tokio::time::timeout(BRIEF, keys.key("forged")).await;
        assert!(cancelled.is_err());
    }
    for _ in 0..20 {
        let cancelled = tokio::time::timeout(BRIEF, keys.key("forged")).await;
        assert!(cancelled.is_err());
    }
    assert_eq!(user.calls.load(Ordering::SeqCst), 1);
    user.gate.as_ref().unwrap().notify_one();
    assert!(keys.key(&kid(&jwks)).await.unwrap().is_some());
    assert_eq!(user.calls.load(Ordering::SeqCst), 1);
}

#[tokio::test]
async fn a_new_key_is_found_after_the_pause() {
    let user = Arc::new(User::default());
    let (old, new) = (Issuer::new().jwks_json(), Issuer::new().jwks_json());
    user.jwks.lock().clone_from(&old);
    let keys = keys(serve(&user).await, 0);
    assert!(keys.key(&kid(&old)).await.unwrap().is_some());
    *user.jwks.lock() = joined(&[&old, &new]);
    assert!(keys.key(&kid(&new)).await.unwrap().is_some());
    assert_eq!(keys.withdrawals(), 0, "the old one is still there");
    user.jwks.lock().clone_from(&new);
    assert!(keys.key("another").await.unwrap().is_none());
    assert_eq!(keys.withdrawals(), 1);
    assert!(keys.key(&kid(&old)).await.unwrap().is_none());
}

#[tokio::test]
async fn known_keys_stay_in_use_while_the_user_service_is_away() {
    let user = Arc::new(User::default());
    let jwks = Issuer::new().jwks_json();
    user.jwks.lock().clone_from(&jwks);
    let keys = keys(serve(&user).await, 0);
    assert!(keys.key(&kid(&jwks)).await.unwrap().is_some());
    user.jwks.lock().clear();
    assert!(matches!(
        keys.key("unknown").await,
        Err(KeysError::Fetch(_))
    ));
    assert!(keys.key(&kid(&jwks)).await.unwrap().is_some());
    *user.jwks.lock() = "nonsense".to_owned();
    assert!(matches!(
        keys.key("unknown").await,
        Err(KeysError::BadKeySet(_))
    ));
    assert!(keys.key(&kid(&jwks)).await.unwrap().is_some());
    assert_eq!(keys.withdrawals(), 0);
}

#[tokio::test(start_paused = true)]
async fn a_user_service_that_does_not_answer_is_not_waited_for() {
    let user = Arc::new(User {
        gate: Some(Notify::new()),
        ..User::default()
    });
    let keys = keys(serve(&user).await, 60_000);
    assert!(matches!(keys.key("some").await, Err(KeysError::Timeout(_))));
    assert!(
        matches!(keys.key("other").await, Err(KeysError::Timeout(_))),
        "the pause answers at once"
    );
    assert!(user.calls.load(Ordering::SeqCst) <= 1);
}

#[tokio::test]
async fn keys_are_there_before_anybody_asks() {
    let user = Arc::new(User::default());
    let jwks = Issuer::new().jwks_json();
    user.jwks.lock().clone_from(&jwks);
    let keys = Arc::new(keys(serve(&user).await, 1));
    let stop = CancellationToken::new();
    let readiness = runtime::Readiness::default();
    let task = tokio::spawn({
        let (keys, stop) = (Arc::clone(&keys), stop.clone());
        let guard = readiness.guard("keys");
        async move { keys.keep_fresh(stop, guard).await }
    });
    let known = async {
        while !readiness.is_ready() {
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(Duration::from_secs(10), known)
        .await
        .unwrap();
    assert!(keys.known(&kid(&jwks)).is_some());
    stop.cancel();
    task.await.unwrap();
}

/// Counts warnings.
#[derive(Clone, Default)]
struct Warnings(Arc<AtomicUsize>);

impl Subscriber for Warnings {
    fn enabled(&self, metadata: &Metadata<'_>) -> bool {
        *metadata.level() <= Level::WARN && metadata.target().starts_with("auth")
    }

    fn new_span(&self, _: &Attributes<'_>) -> Id {
        Id::from_u64(1)
    }

    fn record(&self, _: &Id, _: &Record<'_>) {}

    fn record_follows_from(&self, _: &Id, _: &Id) {}

    fn event(&self, _: &Event<'_>) {
        self.0.fetch_add(1, Ordering::SeqCst);
    }

    fn enter(&self, _: &Id) {}

    fn exit(&self, _: &Id) {}
}

#[tokio::test(start_paused = true)]
async fn processes_that_start_together_do_not_complain_at_once() {
    let warnings = Warnings::default();
    let _installed = tracing::subscriber::set_default(warnings.clone());
    let keys = keys("127.0.0.1:1".parse().unwrap(), 1_000);
    let stop = CancellationToken::new();
    let readiness = runtime::Readiness::default();
    let fresh = keys.keep_fresh(stop.clone(), readiness.guard("keys"));
    tokio::pin!(fresh);
    assert!(
        tokio::time::timeout(Duration::from_secs(9), &mut fresh)
            .await
            .is_err()
    );
    assert_eq!(warnings.0.load(Ordering::SeqCst), 0);
    assert!(
        tokio::time::timeout(Duration::from_mins(1), &mut fresh)
            .await
            .is_err()
    );
    assert_eq!(warnings.0.load(Ordering::SeqCst), 1, "once, not each time");
    assert!(!readiness.is_ready());
}

#[test]
fn only_usable_keys_are_taken() {
    let good: Value = serde_json::from_str(&Issuer::new().jwks_json()).unwrap();
    let good = &good["keys"][0];
    let with = |name: &str, value: &str| {
        let mut key = good.clone();
        key[name] = value.into();
        key
    };
    let mut without_kid = good.clone();
    without_kid.as_object_mut().unwrap().remove("kid");
    let symmetric = json!({"kty": "oct", "k": "c2VjcmV0", "kid": "s", "alg": "HS256"});
    for bad in [
        with("use", "enc"),
        with("crv", "X25519"),
        with("alg", "HS256"),
        with("alg", "ES256"),
        without_kid,
        symmetric,
    ] {
        let set = json!({ "keys": [bad] }).to_string();
        assert!(KeySet::from_jwks_json(&set).is_err(), "{set}");
    }
    let mixed = json!({"keys": [{"kty": "oct", "k": "c2VjcmV0", "kid": "s"}, good]}).to_string();
    assert_eq!(KeySet::from_jwks_json(&mixed).unwrap().len(), 1);
}
