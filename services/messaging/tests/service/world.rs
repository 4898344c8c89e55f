//! What each test gets: a database, a topic, a chat, and the service between them.

mod chat;
mod database;
mod log;
mod proxy;

use std::{future::Future, time::Duration};

use auth::testing::{Issuer, Person};
use messaging::Config;
use quicksync::messaging::v1::messaging_service_client::MessagingServiceClient;
use runtime::{App as _, Context, Secret};
use tonic::{Code, Status, transport::Channel};
use uuid::Uuid;

pub use chat::FakeChat;
pub use database::Database;
pub use log::{Log, message_id, said as log_said};
pub use proxy::Proxy;

/// How long a condition may take to come true on a busy machine.
const PATIENCE: Duration = Duration::from_mins(1);
const POLL: Duration = Duration::from_millis(20);

/// A running service and everything around it.
pub struct World {
    pub client: MessagingServiceClient<Channel>,
    pub chat: FakeChat,
    pub database: Database,
    pub log: Log,
    pub issuer: Issuer,
    pub config: Config,
    service: Service,
}

/// A service that runs.
pub struct Service {
    context: Context,
    run: tokio::task::JoinHandle<anyhow::Result<()>>,
    address: std::net::SocketAddr,
}

impl World {
    pub async fn start() -> Self {
        Self::with(|_| {}).await
    }

    /// With some settings of the service changed.
    pub async fn with(change: impl FnOnce(&mut Config)) -> Self {
        Self::on(Database::create().await, change).await
    }

    /// On this database.
    pub async fn on(database: Database, change: impl FnOnce(&mut Config)) -> Self {
        let log = Log::create().await;
        let chat = FakeChat::start().await;
        let issuer = Issuer::new();
        let mut config = Config::default();
        config.grpc.listen.set_port(0);
        config.postgres.url = Secret::new(&database.url);
        config.postgres.pool_max = 4;
        config.kafka = log.config.clone();
        config.chat = mesh::client::Config::of([chat.endpoint()]);
        issuer.configure(&mut config.auth);
        change(&mut config);
        let service = Service::start(&config).await;
        let client = service.client().await;
        Self {
            client,
            chat,
            database,
            log,
            issuer,
            config,
            service,
        }
    }

    pub fn person(&self) -> Person {
        self.issuer.person(&self.service.context.clock)
    }

    /// A new group that the service knows of; the first member owns it.
    pub async fn group(&self, members: &[Uuid], hides_history: bool) -> Uuid {
        let conversation_id = self.log.group(members, hides_history).await;
        self.stored().await;
        conversation_id
    }

    /// Ends the service and starts it again on the same database and log.
    pub async fn restart(&mut self, between: impl AsyncFnOnce(&Database)) {
        self.service.stop().await;
        between(&self.database).await;
        self.service = Service::start(&self.config).await;
        self.client = self.service.client().await;
    }

    /// Waits until everything that is on the log is stored.
    pub async fn stored(&self) {
        until("everything is stored", async || {
            self.log.produced() == self.database.positions().await
        })
        .await;
    }
}

impl Service {
    pub async fn start(config: &Config) -> Self {
        let context = Context::for_tests();
        let app = messaging::App::build(config.clone(), context.clone())
            .await
            .unwrap();
        let address = app.local_addr();
        Self {
            context,
            run: tokio::spawn(app.run()),
            address,
        }
    }

    pub async fn client(&self) -> MessagingServiceClient<Channel> {
        MessagingServiceClient::connect(format!("http://{}", self.address))
            .await
            .unwrap()
    }

    /// Ends it at once, whatever it was doing.
    pub async fn stop(&mut self) {
        self.context.lifecycle.abort();
        self.run.abort();
        let _ = (&mut self.run).await;
        self.context.lifecycle.finish(Duration::from_secs(1)).await;
    }
}

impl Drop for Service {
    fn drop(&mut self) {
        self.context.lifecycle.abort();
        self.run.abort();
    }
}

/// Waits until `condition` holds.
pub async fn until(what: &str, condition: impl AsyncFn() -> bool) {
    let mut poll = tokio::time::interval(POLL);
    let waiting = async {
        while !condition().await {
            poll.tick().await;
        }
    };
    within(what, waiting).await;
}

/// Fails where it takes longer than anybody's patience.
pub async fn within<T>(what: &str, future: impl Future<Output = T>) -> T {
    tokio::time::timeout(PATIENCE, future)
        .await
        .unwrap_or_else(|_| panic!("not within {PATIENCE:?}: {what}"))
}

/// Code and reason of a refusal.
pub fn refusal<T: std::fmt::Debug>(result: Result<T, Status>) -> (Code, String) {
    let status = result.expect_err("a refusal");
    (
        status.code(),
        mesh::status::reason_of(&status).unwrap_or_default(),
    )
}
