//! All wiring of chat, and no logic.

use std::{sync::Arc, time::Duration};

use anyhow::Context as _;
use events::{Producer, Start, Topic};
use quicksync::chat::v1::{
    chat_service_server::ChatServiceServer, membership_service_server::MembershipServiceServer,
};
use runtime::{App, Context};
use store::{
    postgres::{self, Pool},
    redis::{Batcher, Redis},
};
use tokio::sync::Semaphore;
use tokio_util::{
    sync::{CancellationToken, DropGuard},
    task::TaskTracker,
};

use crate::{
    changes::Changes,
    claims::Claims,
    config::Config,
    db::MIGRATIONS,
    departures::Departures,
    log::{
        Follower, Memory, Publisher, follower,
        projector::{Positions, Projector},
        relay::Relay,
    },
    members::Members,
    membership::Membership,
    metrics::Metrics,
    recent::{Bounds, Recent},
    rpc::{Chat as ChatRpc, Memberships, RecentMessages, Sender, SenderParts, TypingTeller, Users},
};

/// The chat process: bound, with its background tasks running.
pub struct Chat {
    bound: mesh::server::Bound,
    context: Context,
    producer: Producer,
    tasks: TaskTracker,
    /// Ends the background tasks, once the last call that may need them is answered; also where this is never run.
    stop: DropGuard,
}

impl Chat {
    /// Where it listens for calls.
    pub fn local_addr(&self) -> std::net::SocketAddr {
        self.bound.local_addr()
    }
}

impl App for Chat {
    const NAME: &'static str = "chat";
    type Config = Config;

    async fn migrate(config: &Config) -> anyhow::Result<()> {
        let done = postgres::migrate(&config.postgres.url, MIGRATIONS)
            .await
            .context("chat's database")?;
        tracing::info!(migrations = ?done, "the database is up to date");
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
        let stop = CancellationToken::new();
        let shared = Shared::new(&config, &context, &stop)?;
        let users = Users::new(mesh::Channel::new("user", &config.user, &mesh_metrics)?);
        let memberships = Memberships {
            pool: shared.pool.clone(),
            changes: shared.changes.clone(),
            clock: context.clock.clone(),
        };
        let tasks = shared.changes.tasks.clone();
        let producer = shared.producer.clone();
        let bound = mesh::server::Builder::new(&config.grpc, &mesh_metrics)
            .authorizer(authorizer)
            .descriptors(quicksync::FILE_DESCRIPTOR_SET)
            .add(ChatServiceServer::new(shared.into_rpc(&config, users)))
            .add(MembershipServiceServer::new(memberships))
            .bind()
            .await?;
        Ok(Self {
            bound,
            context,
            producer,
            tasks,
            stop: stop.drop_guard(),
        })
    }

    async fn run(self) -> anyhow::Result<()> {
        let Self {
            bound,
            context,
            producer,
            tasks,
            stop,
        } = self;
        context.listening(bound.local_addr());
        bound
            .serve(context.lifecycle.draining(), context.lifecycle.grace())
            .await;
        // Changes whose callers went away.
        tasks.close();
        tasks.wait().await;
        // Records whose senders went away: they may have been told that theirs may yet arrive.
        producer.flush(context.lifecycle.grace_left()).await;
        drop(stop);
        Ok(())
    }
}

/// What the RPCs share.
struct Shared {
    pool: Pool,
    membership: Membership,
    changes: Changes,
    departures: Departures,
    producer: Producer,
    sender: Arc<Sender>,
    typing: Arc<TypingTeller>,
    recent: Arc<RecentMessages>,
}

impl Shared {
    fn new(config: &Config, context: &Context, stop: &CancellationToken) -> anyhow::Result<Self> {
        let settings = &config.chat;
        let metrics = Metrics::new(&context.metrics);
        let topic = Topic::new(&config.kafka.conversations);
        let partitions =
            usize::try_from(topic.partitions()).context("kafka.conversations.partitions")?;
        let pool = Pool::new(&config.postgres, "quicksync-chat");
        let redis = Redis::new(&config.redis).context("redis.url")?;
        let memory = Arc::new(Memory::new(
            settings.messages_remembered_max,
            settings.changes_remembered_max,
        ));
        let members = Arc::new(Members::new(settings.members_cached_max, partitions));
        let follower = Arc::new(Follower::new(
            topic.clone(),
            Arc::clone(&memory),
            Arc::clone(&members),
            metrics.clone(),
        ));
        let recent = Recent::new(redis.clone(), bounds(config));
        let positions = follow(config, context, stop, &follower, &recent, &metrics);

        let producer = Producer::new(&config.kafka, &topic)?;
        let publisher = Arc::new(Publisher {
            pool: pool.clone(),
            producer: producer.clone(),
            follower: Arc::clone(&follower),
            memory: Arc::clone(&memory),
            members: Arc::clone(&members),
            clock: context.clock.clone(),
            turns: Semaphore::new(settings.publications_max),
            leftover_age: settings.relay_age_min(),
            timeout: settings.publish_timeout(),
        });
        relay(config, context, stop, &pool, &publisher, &metrics);
        let changes = Changes {
            pool: pool.clone(),
            publisher,
            clock: context.clock.clone(),
            members_max: settings.group_members_max,
            tasks: TaskTracker::new(),
        };
        let lease = Duration::from_millis(settings.claim_lease_ms);
        let batcher = Batcher::new(&config.redis).context("redis.url")?;
        let departures = Departures {
            redis: redis.clone(),
            topic: topic.clone(),
        };
        let claims = Claims::new(redis, batcher, lease, context.random.uuid_v4());
        let clock = context.clock.clone();
        let (in_flight_max, timeout) = (settings.sends_in_flight_max, settings.send_timeout());
        let sender = Sender::new(
            SenderParts {
                producer: producer.clone(),
                memory,
                claims,
                departures: departures.clone(),
                clock,
                in_flight_max,
                timeout,
            },
            &metrics,
        );
        let membership = Membership::new(
            changes.clone(),
            members,
            Arc::clone(&follower),
            topic.clone(),
            &metrics,
        );
        let timeout = settings.recent_timeout();
        let recent = Arc::new(RecentMessages {
            recent,
            positions,
            follower,
            topic,
            timeout,
        });
        Ok(Self {
            pool,
            membership,
            changes,
            departures,
            producer,
            sender: Arc::new(sender),
            typing: Arc::new(typing(config, context, &metrics)?),
            recent,
        })
    }

    fn into_rpc(self, config: &Config, users: Users) -> ChatRpc {
        let Self {
            pool,
            membership,
            changes,
            departures,
            sender,
            typing,
            recent,
            ..
        } = self;
        ChatRpc {
            pool,
            membership,
            changes,
            departures,
            sender,
            typing,
            recent,
            users,
            settings: Arc::new(config.chat.clone()),
        }
    }
}

fn typing(config: &Config, context: &Context, metrics: &Metrics) -> anyhow::Result<TypingTeller> {
    let topic = Topic::new(&config.kafka.typing);
    let producer = Producer::new(&config.typing.kafka(&config.kafka), &topic)?;
    let clock = context.clock.clone();
    Ok(TypingTeller::new(producer, clock, &config.typing, metrics))
}

fn bounds(config: &Config) -> Bounds {
    let settings = &config.chat;
    Bounds {
        messages_max: settings.recent_messages_max,
        conversation_ttl_s: settings.recent_ttl_s,
        finished_send_ttl_s: settings.finished_send_ttl_s,
    }
}

/// Starts the follower and the projector behind it.
fn follow(
    config: &Config,
    context: &Context,
    stop: &CancellationToken,
    follower: &Arc<Follower>,
    recent: &Recent,
    metrics: &Metrics,
) -> Positions {
    let partitions = usize::try_from(config.kafka.conversations.partitions).unwrap_or(0);
    let (projector, feed, positions) = Projector::new(recent.clone(), partitions, metrics.clone());
    context.lifecycle.spawn("recent-messages", projector.run());
    let task = follower::Task {
        config: config.kafka.clone(),
        start: Start::Back {
            records_max: i64::from(config.chat.refill_records_max),
            age_max: Duration::from_secs(config.chat.refill_age_max_s),
        },
        projector: feed,
        guard: Some(context.readiness.guard("tail of the conversation log")),
        stop: stop.clone(),
    };
    let watch = metrics
        .clone()
        .watch(Arc::clone(follower), recent.clone(), stop.clone());
    context.lifecycle.spawn("gauges", watch);
    let follower = Arc::clone(follower);
    context
        .lifecycle
        .spawn("conversation-log", async move { follower.run(task).await });
    positions
}

fn relay(
    config: &Config,
    context: &Context,
    stop: &CancellationToken,
    pool: &Pool,
    publisher: &Arc<Publisher>,
    metrics: &Metrics,
) {
    let relay = Relay {
        pool: pool.clone(),
        publisher: Arc::clone(publisher),
        clock: context.clock.clone(),
        metrics: metrics.clone(),
        interval: Duration::from_millis(config.chat.relay_interval_ms),
        age_min: config.chat.relay_age_min(),
    };
    context.lifecycle.spawn("outbox", relay.run(stop.clone()));
}
