//! A user service in this process, on a port and a database of its own.

use std::{sync::Arc, time::Duration};

use auth::testing::signed_in;
use base64::{Engine, engine::general_purpose::STANDARD};
use quicksync::user::v1::{
    GetMeRequest, LoginRequest, RegisterRequest, RegisterResponse, Tokens, User,
    VerifyEmailRequest, account_service_client::AccountServiceClient,
    auth_service_client::AuthServiceClient, federation_service_client::FederationServiceClient,
    session_service_client::SessionServiceClient, user_service_client::UserServiceClient,
};
use runtime::{App as _, Clock, Context, Random, Secret, lifecycle::Drained};
use tempfile::TempDir;
use time::{OffsetDateTime, macros::datetime};
use tonic::{Code, Request, Status, transport::Channel};
use tonic_types::StatusExt;
use user::{App, Config};

use crate::mailbox::VERIFY;

pub const PASSWORD: &str = "correct horse battery";
/// A test that works never waits so long.
const PATIENCE: Duration = Duration::from_mins(1);
/// Where the service's clock stands at first.
pub const NOW: OffsetDateTime = datetime!(2026-01-01 12:00 UTC);

pub struct Fixture {
    pub account: AccountServiceClient<Channel>,
    pub auth: AuthServiceClient<Channel>,
    pub users: UserServiceClient<Channel>,
    pub sessions: SessionServiceClient<Channel>,
    pub federation: FederationServiceClient<Channel>,
    pub clock: Clock,
    pub config: Config,
    context: Context,
    /// Mails are written there.
    spool: Arc<TempDir>,
}

impl Drop for Fixture {
    fn drop(&mut self) {
        self.context.lifecycle.abort();
    }
}

impl Fixture {
    pub async fn start() -> Self {
        Self::with(|_| {}).await
    }

    pub async fn with(adjust: impl FnOnce(&mut Config)) -> Self {
        Self::at(Clock::fixed(NOW), adjust).await
    }

    /// With another clock.
    pub async fn at(clock: Clock, adjust: impl FnOnce(&mut Config)) -> Self {
        let (config, spool) = Self::prepare(adjust).await;
        Self::serve(config, clock, spool).await
    }

    /// The configuration for a new database that nobody serves yet, and the folder for its mails.
    pub async fn prepare(adjust: impl FnOnce(&mut Config)) -> (Config, Arc<TempDir>) {
        let shared = parts::shared().await;
        let database = shared
            .create_database(&parts::unique("user"))
            .await
            .unwrap();
        let mut config = Config::default();
        config.grpc.listen = "127.0.0.1:0".parse().unwrap();
        config.postgres.url = database.as_str().into();
        config.postgres.pool_max = 4;
        for redis in [&mut config.redis, &mut config.auth.revocations.redis] {
            redis.url = parts::shared().await.redis_url().into();
            redis.prefix = format!("{}:", parts::unique("user"));
        }
        config.keys.encryption_keys = vec![encryption_key()];
        // Small hashes: what is tested here is not how long one takes.
        config.passwords.memory_kib = 64;
        config.passwords.passes = 1;
        let spool = Arc::new(tempfile::tempdir().unwrap());
        config.mail.spool_dir = spool.path().join("mail");
        config.mail.relay_interval_ms = 20;
        adjust(&mut config);
        App::migrate(&config).await.unwrap();
        (config, spool)
    }

    /// Another process on the same database and clock.
    pub async fn again(&self, adjust: impl FnOnce(&mut Config)) -> Self {
        let mut config = self.config.clone();
        adjust(&mut config);
        Self::serve(config, self.clock.clone(), Arc::clone(&self.spool)).await
    }

    pub async fn serve(config: Config, clock: Clock, spool: Arc<TempDir>) -> Self {
        let mut context = Context::for_tests();
        context.clock = clock.clone();
        let app = App::build(config.clone(), context.clone()).await.unwrap();
        let channel = Channel::from_shared(format!("http://{}", app.local_addr()))
            .unwrap()
            .connect_lazy();
        context.lifecycle.spawn("app", app.run());
        Self {
            account: AccountServiceClient::new(channel.clone()),
            auth: AuthServiceClient::new(channel.clone()),
            users: UserServiceClient::new(channel.clone()),
            sessions: SessionServiceClient::new(channel.clone()),
            federation: FederationServiceClient::new(channel),
            clock,
            config,
            context,
            spool,
        }
    }

    /// Waits until this process refuses the access token because its session has ended.
    pub async fn until_revoked(&self, tokens: &Tokens) {
        let refused = async {
            loop {
                let request = signed_in(&tokens.access_token, GetMeRequest {});
                match self.users.clone().get_me(request).await {
                    Err(status) if reason(&status) == "SESSION_REVOKED" => {
                        return assert_eq!(status.code(), Code::Unauthenticated);
                    }
                    Err(status) => panic!("{status:?}"),
                    Ok(_) => tokio::task::yield_now().await,
                }
            }
        };
        tokio::time::timeout(PATIENCE, refused).await.unwrap();
    }

    /// Asks until there is something.
    pub async fn eventually<T>(&self, mut ask: impl AsyncFnMut() -> Option<T>) -> T {
        let asked = async {
            loop {
                if let Some(found) = ask().await {
                    return found;
                }
                tokio::task::yield_now().await;
            }
        };
        tokio::time::timeout(PATIENCE, asked).await.unwrap()
    }

    /// Stops it as a signal would, and asserts that it stops by itself.
    pub async fn drain(&self) {
        let drained = self.context.lifecycle.finish(Duration::from_secs(20)).await;
        assert_eq!(drained, Drained::Complete);
    }

    pub fn advance(&self, seconds: u64) {
        self.clock.advance(Duration::from_secs(seconds));
    }

    pub async fn register(&self, username: &str) -> Account {
        self.register_as(registration(username)).await.unwrap()
    }

    /// Signs in once more.
    pub async fn login(&self, username: &str) -> Tokens {
        let request = LoginRequest {
            login: username.to_owned(),
            password: PASSWORD.to_owned(),
        };
        let answer = self.auth.clone().login(request).await.unwrap();
        answer.into_inner().tokens.unwrap()
    }

    /// Registers somebody whose address is proven.
    pub async fn register_proven(&self, username: &str) -> Account {
        let account = self.register(username).await;
        let mail = self.mail(&format!("{username}@example.org"), VERIFY).await;
        let request = VerifyEmailRequest {
            token: mail.token(),
        };
        self.auth.clone().verify_email(request).await.unwrap();
        account
    }

    pub async fn register_as(&self, request: RegisterRequest) -> Result<Account, Status> {
        let answer: RegisterResponse = self.auth.clone().register(request).await?.into_inner();
        Ok(Account {
            user: answer.user.unwrap(),
            tokens: answer.tokens.unwrap(),
        })
    }
}

pub struct Account {
    pub user: User,
    pub tokens: Tokens,
}

impl Account {
    pub fn request<T>(&self, message: T) -> Request<T> {
        signed_in(&self.tokens.access_token, message)
    }
}

/// A new one.
pub fn encryption_key() -> Secret {
    STANDARD.encode(Random::system().bytes::<32>()).into()
}

pub fn registration(username: &str) -> RegisterRequest {
    RegisterRequest {
        email: format!("{username}@example.org"),
        username: username.to_owned(),
        display_name: String::new(),
        password: PASSWORD.to_owned(),
    }
}

/// A request that the gateway got from this address.
pub fn from<T>(address: &str, message: T) -> Request<T> {
    let mut request = Request::new(message);
    let address = address.parse().expect("an address is plain ASCII");
    request
        .metadata_mut()
        .insert("x-quicksync-client-address", address);
    request
}

pub fn reason(status: &Status) -> String {
    status
        .get_details_error_info()
        .map(|info| info.reason)
        .unwrap_or_default()
}

/// Asserts code and reason.
#[track_caller]
pub fn assert_refused<T: std::fmt::Debug>(outcome: Result<T, Status>, code: Code, expected: &str) {
    let status = outcome.expect_err("the call must be refused");
    assert_eq!(
        (status.code(), reason(&status).as_str()),
        (code, expected),
        "{status:?}"
    );
}

/// Asserts an invalid argument with a violation at exactly these fields.
#[track_caller]
pub fn assert_violations<T: std::fmt::Debug>(outcome: Result<T, Status>, fields: &[&str]) {
    let status = outcome.expect_err("the call must be refused");
    assert_eq!(status.code(), Code::InvalidArgument, "{status:?}");
    let violations = status
        .get_details_bad_request()
        .map(|bad| bad.field_violations)
        .unwrap_or_default();
    let found: Vec<_> = violations
        .iter()
        .map(|violation| violation.field.as_str())
        .collect();
    assert_eq!(found, fields, "{status:?}");
}
