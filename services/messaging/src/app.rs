//! How the process is put together, and nothing else.

use std::sync::Arc;

use anyhow::Context as _;
use events::{DeadLetters, Heads, Producer, Topic, group, wait_for_layout};
use mesh::{Channel, server::Bound};
use quicksync::messaging::v1::messaging_service_server::MessagingServiceServer;
use runtime::Context;
use store::postgres::{
    self, Pool,
    progress::{Stored, Watch},
};

use crate::{
    Config,
    chat::Chat,
    db::MIGRATIONS,
    events::{CONSUMER, Metrics, Sink},
    rpc::Messaging,
};

/// The messaging service, bound to its port.
pub struct App {
    bound: Bound,
    context: Context,
    producer: Producer,
    consumer: group::Settings,
    sink: Sink,
}

impl runtime::App for App {
    const NAME: &'static str = "messaging";
    type Config = Config;

    async fn migrate(config: &Config) -> anyhow::Result<()> {
        for name in postgres::migrate(&config.postgres.url, MIGRATIONS).await? {
            tracing::info!(name, "ran a migration");
        }
        Ok(())
    }

    async fn build(config: Config, context: Context) -> anyhow::Result<Self> {
        wait_for_layout(&config.kafka).await?;
        let topic = Topic::new(&config.kafka.conversations);
        let pool = Pool::new(&config.postgres, Self::NAME);
        let stored = Stored::default();
        let metrics = Metrics::registered(&context.metrics);
        let mesh_metrics = context.metrics.with(mesh::Metrics::register);
        let authorizer = auth::Authorizer::start(
            &config.auth,
            quicksync::FILE_DESCRIPTOR_SET,
            &context,
            &mesh_metrics,
        )?;

        let sink = Sink::new(pool.clone(), topic.clone(), stored.clone(), metrics.clone());
        let consumer = group::Settings {
            config: config.kafka.clone(),
            topic: topic.clone(),
            group_id: format!("{CONSUMER}.{}", topic.kafka_name()),
            dead_letters: DeadLetters::new(&config.kafka, CONSUMER)?,
            metrics: metrics.consumer,
        };
        let producer = Producer::new(&config.kafka, &topic)?;
        let messaging = Messaging {
            heads: Heads::new(&config.kafka, &topic)?,
            producer: producer.clone(),
            chat: Chat::new(
                Channel::new("chat", &config.chat, &mesh_metrics)?,
                config.history.chat_timeout(),
            ),
            watch: Watch {
                pool: pool.clone(),
                topic: topic.kafka_name().to_owned(),
                stored,
                poll: config.history.catch_up_poll(),
            },
            clock: context.clock.clone(),
            history: config.history,
            read_markers: config.read_markers,
            pool,
            topic,
        };
        let bound = mesh::server::Builder::new(&config.grpc, &mesh_metrics)
            .authorizer(authorizer)
            .descriptors(quicksync::FILE_DESCRIPTOR_SET)
            .add(MessagingServiceServer::from_arc(Arc::new(messaging)))
            .bind()
            .await?;
        Ok(Self {
            bound,
            context,
            producer,
            consumer,
            sink,
        })
    }

    async fn run(self) -> anyhow::Result<()> {
        let lifecycle = self.context.lifecycle.clone();
        let (consumer, sink, draining) = (self.consumer, self.sink, lifecycle.draining());
        lifecycle.spawn("log-consumer", async move {
            group::run(consumer, sink, draining)
                .await
                .context("the log can no longer be stored")
        });
        self.context.listening(self.bound.local_addr());
        self.bound
            .serve(lifecycle.draining(), lifecycle.grace())
            .await;
        // Records whose callers went away.
        self.producer.flush(lifecycle.grace_left()).await;
        Ok(())
    }
}

impl App {
    /// Where gRPC is served once it runs.
    pub fn local_addr(&self) -> std::net::SocketAddr {
        self.bound.local_addr()
    }
}
