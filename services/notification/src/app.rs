//! All wiring, no logic.

use std::{sync::Arc, time::Duration};

use ::events::{DeadLetters, Heads, Topic, group, wait_for_layout};
use anyhow::Context as _;
use mesh::server::{Bound, Builder};
use quicksync::notification::v1::notification_service_server::NotificationServiceServer;
use runtime::Context;
use store::postgres::{
    self, Pool,
    progress::{Stored, Watch},
};

use crate::{
    Config,
    chat::Chat,
    db::MIGRATIONS,
    events::sink::ListSink,
    housekeeping,
    live::{Live, signing_out, tail, ticker, typing},
    metrics::Metrics,
    rpc::Rpc,
};

/// How often a list that waits looks how far the log is stored; what this replica stores itself is noticed at once.
const POSITIONS_POLL: Duration = Duration::from_millis(25);

/// The notification service, bound to its port, with its tasks running.
pub struct App {
    bound: Bound,
    context: Context,
}

impl App {
    /// Where it listens.
    pub fn local_addr(&self) -> std::net::SocketAddr {
        self.bound.local_addr()
    }
}

impl runtime::App for App {
    const NAME: &'static str = "notification";
    type Config = Config;

    async fn migrate(config: &Config) -> anyhow::Result<()> {
        let done = postgres::migrate(&config.postgres.url, MIGRATIONS).await?;
        tracing::info!(migrations = ?done, "the database has the schema of this build");
        Ok(())
    }

    async fn build(config: Config, context: Context) -> anyhow::Result<Self> {
        let mesh_metrics = context.metrics.with(mesh::Metrics::register);
        let authorizer = auth::Authorizer::start(
            &config.auth,
            quicksync::FILE_DESCRIPTOR_SET,
            &context,
            &mesh_metrics,
        )?;
        let topic = Topic::new(&config.kafka.conversations);
        let metrics = Metrics::new(&context.metrics);
        let revocations = Arc::clone(authorizer.verifier().revocations());
        let news = revocations.news();
        let live = Live::new(&config, &topic, revocations, metrics, &context);
        let signing_out = signing_out::run(Arc::clone(&live), news, context.lifecycle.draining());
        context.lifecycle.spawn("signing-out", signing_out);
        let pool = Pool::new(&config.postgres, "quicksync-notification");
        let chat = Chat::new(
            mesh::Channel::new("chat", &config.chat, &mesh_metrics)?,
            &config.live,
        );
        let stored = Stored::default();
        let rpc = Rpc {
            live: Arc::clone(&live),
            pool: pool.clone(),
            chat,
            heads: Heads::new(&config.kafka, &topic)?,
            watch: Watch {
                pool: pool.clone(),
                topic: topic.kafka_name().to_owned(),
                stored: stored.clone(),
                poll: POSITIONS_POLL,
            },
            list_wait_max: config.list.wait_max(),
        };
        let bound = Builder::new(&config.grpc, &mesh_metrics)
            .authorizer(authorizer)
            .descriptors(quicksync::FILE_DESCRIPTOR_SET)
            .add(NotificationServiceServer::new(rpc))
            .bind()
            .await?;
        deliver(&config, &context, &live, &topic);
        let sink = ListSink::new(pool.clone(), topic.clone(), stored);
        list(&config, &context, sink, pool, &topic)?;
        Ok(Self { bound, context })
    }

    async fn run(self) -> anyhow::Result<()> {
        let lifecycle = &self.context.lifecycle;
        self.context.listening(self.bound.local_addr());
        self.bound
            .serve(lifecycle.draining(), lifecycle.grace())
            .await;
        Ok(())
    }
}

/// Starts what live streams live on.
fn deliver(config: &Config, context: &Context, live: &Arc<Live>, topic: &Topic) {
    let task = tail::Task {
        live: Arc::clone(live),
        kafka: config.kafka.clone(),
        topic: topic.clone(),
        settings: config.live.clone(),
        guard: context
            .readiness
            .guard("replay window of the conversation log"),
        draining: context.lifecycle.draining(),
    };
    context.lifecycle.spawn("conversation-log", task.run());
    let task = typing::Task {
        live: Arc::clone(live),
        kafka: config.kafka.clone(),
        draining: context.lifecycle.draining(),
    };
    context.lifecycle.spawn("typing", task.run());
    context.lifecycle.spawn(
        "heartbeats",
        ticker::run(Arc::clone(live), context.lifecycle.draining()),
    );
}

/// Starts what the notification list lives on.
fn list(
    config: &Config,
    context: &Context,
    sink: ListSink,
    pool: Pool,
    topic: &Topic,
) -> anyhow::Result<()> {
    let metrics = group::Metrics::default();
    context.metrics.register(
        "list_lag_records",
        "Records that the list does not have yet",
        metrics.lag.clone(),
    );
    context.metrics.register(
        "list_records_stored",
        "Records that the list has",
        metrics.stored.clone(),
    );
    context.metrics.register(
        "list_batches",
        "Transactions of the list",
        metrics.batches.clone(),
    );
    context.metrics.register(
        "list_dead_letters",
        "Records that can never be stored",
        metrics.dead.clone(),
    );
    context.metrics.register(
        "list_fenced",
        "Batches turned away because the position in the database was not where this replica had left it: another one stores the partition, or an answer of the database was lost",
        metrics.fenced.clone(),
    );
    context.metrics.register(
        "list_unavailable",
        "Times the database was away",
        metrics.unavailable.clone(),
    );
    let settings = group::Settings {
        config: config.kafka.clone(),
        topic: topic.clone(),
        group_id: config.group_id.clone(),
        dead_letters: DeadLetters::new(&config.kafka, "notification")?,
        metrics,
    };
    let draining = context.lifecycle.draining();
    context.lifecycle.spawn("notification-list", async move {
        tokio::select! {
            () = draining.cancelled() => return Ok(()),
            waited = wait_for_layout(&settings.config) => waited?,
        }
        group::run(settings, sink, draining.clone())
            .await
            .context("the notification list")
    });
    context.lifecycle.spawn(
        "housekeeping",
        housekeeping::run(pool, config.list.clone(), context.lifecycle.draining()),
    );
    Ok(())
}
