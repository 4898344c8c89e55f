//! All wiring, no logic.

use std::{sync::Arc, time::Duration};

use anyhow::Context as _;
use auth::{Authorizer, KeySource};
use mesh::server::{Bound, Builder};
use quicksync::user::v1::{
    account_service_server::AccountServiceServer, auth_service_server::AuthServiceServer,
    federation_service_server::FederationServiceServer,
    session_service_server::SessionServiceServer, user_service_server::UserServiceServer,
};
use runtime::Context;
use store::{
    postgres::{self, Pool},
    redis::Redis,
};

use crate::{
    Config,
    announcer::Announcer,
    audit::{self, Audit},
    db::MIGRATIONS,
    federation::Federation,
    hashing::Hasher,
    housekeeping,
    keys::{Keeper, Ring, Table},
    mail::{Mailer, relay::Relay},
    resets::Resets,
    rpc::Rpc,
    sessions::Sessions,
    throttle::{self, Throttle},
};

/// The user service, bound to its port.
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
    const NAME: &'static str = "user";
    type Config = Config;

    async fn migrate(config: &Config) -> anyhow::Result<()> {
        let done = postgres::migrate(&config.postgres.url, MIGRATIONS).await?;
        tracing::info!(migrations = ?done, "the database has the schema of this build");
        Ok(())
    }

    async fn build(config: Config, context: Context) -> anyhow::Result<Self> {
        let metrics = context.metrics.with(mesh::Metrics::register);
        let pool = Pool::new(&config.postgres, "quicksync-user");
        let keys = signing_keys(&config, &pool, &context).await?;
        // It checks tokens with its own keys: a call to itself for that would be a detour.
        let authorizer = Authorizer::start_with(
            KeySource::Own(keys.published()),
            &config.auth,
            quicksync::FILE_DESCRIPTOR_SET,
            &context,
        )?;
        let redis = Redis::new(&config.redis).context("redis.url")?;
        let federation = Arc::new(Federation::new(
            &config,
            redis.clone(),
            &context.clock,
            &context.random,
        )?);
        let throttle = Throttle::new(
            redis,
            &config.throttling,
            &context.clock,
            throttle::Metrics::new(&context.metrics),
        );
        let sealer = config.keys.sealer(&context.random)?;
        let relay = Relay::new(pool.clone(), sealer.clone(), &config.mail, &context)?;
        let mailer = Mailer::new(sealer, &config.links, &context.clock, &context.random);
        let (announcer, announcing) =
            Announcer::new(&config.auth.revocations, &config.tokens, &context.clock)?;
        let (audit, wrong_passwords) = Audit::new(
            &context.clock,
            &context.random,
            audit::Metrics::new(&context.metrics),
        );
        let wrong_passwords = wrong_passwords.run(pool.clone());
        context.lifecycle.spawn("wrong-passwords", async {
            wrong_passwords.await;
            Ok(())
        });
        let (resets, resets_worker) = Resets::new(pool.clone(), mailer.clone(), audit.clone());
        let rpc = Arc::new(Rpc {
            pool: pool.clone(),
            hasher: Hasher::new(&config.passwords, &context.random).context("passwords")?,
            sessions: Sessions::new(
                keys,
                announcer,
                audit.clone(),
                &config.tokens,
                &context.clock,
                &context.random,
            ),
            federation: Arc::clone(&federation),
            throttle,
            audit,
            mailer,
            resets,
            passwords_enabled: config.passwords.enabled,
            fresh_sign_in_s: config.tokens.fresh_sign_in_s,
            clock: context.clock.clone(),
            random: context.random.clone(),
        });
        let bound = Builder::new(&config.grpc, &metrics)
            .authorizer(authorizer)
            .descriptors(quicksync::FILE_DESCRIPTOR_SET)
            .add(AccountServiceServer::from_arc(Arc::clone(&rpc)))
            .add(AuthServiceServer::from_arc(Arc::clone(&rpc)))
            .add(SessionServiceServer::from_arc(Arc::clone(&rpc)))
            .add(FederationServiceServer::from_arc(Arc::clone(&rpc)))
            .add(UserServiceServer::from_arc(rpc))
            .bind()
            .await?;

        let stop = context.lifecycle.draining();
        context.lifecycle.spawn("mail", async move {
            relay.run(stop).await;
            Ok(())
        });
        let stop = context.lifecycle.draining();
        context.lifecycle.spawn("password-resets", async move {
            resets_worker.run(stop).await;
            Ok(())
        });
        let interval = Duration::from_millis(config.tokens.revocation_interval_ms);
        let announcing = announcing.run(pool.clone(), interval, context.lifecycle.draining());
        context.lifecycle.spawn("revocations", async move {
            announcing.await;
            Ok(())
        });
        let interval = Duration::from_secs(config.tokens.housekeeping_interval_s.into());
        let (clock, stop) = (context.clock.clone(), context.lifecycle.draining());
        context.lifecycle.spawn("housekeeping", async move {
            housekeeping::run(pool, clock, interval, stop).await;
            Ok(())
        });
        let stop = context.lifecycle.draining();
        context.lifecycle.spawn("providers", async move {
            federation.keep_fresh(stop).await;
            Ok(())
        });
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

/// The keys of access tokens, with a task that keeps them fresh.
async fn signing_keys(config: &Config, pool: &Pool, context: &Context) -> anyhow::Result<Ring> {
    let table = Table::new(config, pool, &context.clock, &context.random)?;
    let ring = Ring::new(config.keys.stale_after());
    let mut keeper = Keeper::new(table, ring.clone(), config.keys.reload_interval());
    keeper.open().await?;
    context
        .lifecycle
        .spawn("signing-keys", keeper.run(context.lifecycle.draining()));
    Ok(ring)
}
