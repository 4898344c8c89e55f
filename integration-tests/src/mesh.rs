//! The whole product as it runs in production, one process per service, over one set of parts.
//!
//! Owns: the plan (who listens where), the configuration files, keys, databases, migrations, topics, and the order in which all
//! that comes up. [`shared`] is the mesh that the end-to-end tests have in common; a test that kills things starts its own.
//!
//! A mesh is a folder:
//!
//! ```text
//! plan.json secrets.json     made at the first start
//! parts/                     see the crate `parts` (unless the parts are given)
//! openid-provider/           stands for Google; see the crate `parts`
//! mails/                     what the user service has mailed
//! chat-1/ chat-2/ ...        config.toml, NAME.log, NAME.pid
//! ```

mod configuration;
pub mod http;
pub mod mails;
mod plan;
pub mod programs;
pub mod provider;
mod replica;
mod secrets;
mod shared;
mod signing_key;

use std::{
    fs,
    path::{Path, PathBuf},
    time::Duration,
};

use anyhow::{Context as _, Result};
use futures::future::try_join_all;
use parts::{Lifetime, OpenIdProvider, Parts, progress};

use configuration::Facts;
use mails::Mails;
pub use plan::{Plan, Seat, Service};
pub use replica::Replica;
use secrets::Secrets;
pub use shared::{own, redundant, shared};

/// What production keeps, too: long enough to rebuild what consumers have lost.
const RETENTION: Duration = Duration::from_hours(7 * 24);
/// Of mails, in the state folder.
const MAILS_DIR: &str = "mails";

/// Notification sends its streams away, each with a token; then nothing that lasts keeps the gateway waiting; then nobody calls the rest.
const STOPPING_ORDER: [&[Service]; 3] = [
    &[Service::Notification],
    &[Service::Gateway],
    &[Service::User, Service::Chat, Service::Messaging],
];

/// How a mesh is to be.
#[derive(Clone, Debug)]
pub struct Settings {
    /// The state folder; made if missing.
    pub dir: PathBuf,
    /// Who listens where, if the folder has no plan yet.
    pub plan: Plan,
    /// Whether the services outlive their starter.
    pub lifetime: Lifetime,
    /// Who comes, and what is not in their way.
    pub visitors: Visitors,
    /// Which log lines are written, as `tracing` filters.
    pub log_filter: String,
}

/// Who comes to a mesh. A test and a measurement are hundreds of people from one address.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Visitors {
    /// Real people: passwords and quotas are as in production.
    People,
    /// Tests: passwords are hashed as weakly as can be, and one address may register as many as it likes.
    Tests,
    /// Measurements: passwords are hashed as in production, and no quota is in the way of one address.
    Load,
}

/// Handles to all processes. Dropping it stops nothing.
#[derive(Clone, Debug)]
pub struct Mesh {
    parts: Parts,
    plan: Plan,
    replicas: Vec<Replica>,
    events: events::Config,
    secrets: Secrets,
    provider: OpenIdProvider,
    mails: Mails,
}

impl Mesh {
    /// Lays out the state folder, plan, keys and configuration; starts nothing. `settings.plan` holds where it differs from
    /// the one of an earlier start.
    pub async fn open(settings: &Settings, parts: Parts) -> Result<Self> {
        let dir = &settings.dir;
        fs::create_dir_all(dir).with_context(|| format!("cannot create {}", dir.display()))?;
        let plan = settings.plan.clone();
        plan.save(dir)?;
        let secrets = Secrets::load_or_make(dir)?;
        let provider = provider::open(dir, settings.lifetime, &plan, &secrets).await?;
        // Processes have folders of their own to work in.
        let mails = Mails::new(std::path::absolute(dir.join(MAILS_DIR))?);
        let facts = Facts {
            plan: &plan,
            parts: &parts,
            secrets: &secrets,
            mail_dir: mails.dir(),
            visitors: settings.visitors,
            log_filter: &settings.log_filter,
        };
        let mut replicas = Vec::with_capacity(plan.seats.len());
        for seat in &plan.seats {
            let dir = dir.join(seat.name());
            fs::create_dir_all(&dir)?;
            let replica = Replica::new(seat.clone(), dir, settings.lifetime)?;
            facts.write(seat, &replica.config_file())?;
            replicas.push(replica);
        }
        let events = facts.events();
        Ok(Self {
            parts,
            plan,
            replicas,
            events,
            secrets,
            provider,
            mails,
        })
    }

    /// The processes of the mesh whose state folder is `dir`; writes nothing.
    pub fn look(dir: &Path, plan: &Plan) -> Result<Vec<Replica>> {
        let replica =
            |seat: &Seat| Replica::new(seat.clone(), dir.join(seat.name()), Lifetime::Detached);
        plan.seats.iter().map(replica).collect()
    }

    /// Starts everything that does not run yet, parts included, and waits until all is ready. A service whose program or
    /// configuration has changed since it was started is started anew.
    pub async fn start(&self) -> Result<()> {
        if self.parts.status().iter().any(|part| part.pid.is_none()) {
            progress::say("starting PostgreSQL, Redis and Kafka");
        }
        let outdated = async {
            let replicas = self
                .replicas
                .iter()
                .filter(|replica| replica.pid().is_some() && !replica.is_current());
            try_join_all(replicas.map(|replica| async {
                progress::say(&format!(
                    "{} has changed and is started anew",
                    replica.name()
                ));
                replica.stop().await
            }))
            .await
        };
        let databases = async {
            self.parts.postgres().start().await?;
            self.migrate().await
        };
        let log = async {
            self.parts.kafka().start().await?;
            self.ensure_topics().await
        };
        tokio::try_join!(
            outdated,
            databases,
            log,
            self.parts.redis().start(),
            self.provider.start()
        )?;
        let missing = self.replicas.iter().filter(|it| it.pid().is_none());
        let names: Vec<String> = missing.map(Replica::name).collect();
        let all = try_join_all(self.replicas.iter().map(Replica::start));
        if names.is_empty() {
            all.await?;
        } else {
            progress::during(&format!("starting {}", names.join(", ")), all).await?;
        }
        Ok(())
    }

    /// Drains and ends all services in [`STOPPING_ORDER`], and the OpenID provider; leaves the parts.
    pub async fn stop_services(&self) -> Result<()> {
        for services in STOPPING_ORDER {
            let due = self
                .replicas
                .iter()
                .filter(|replica| services.contains(&replica.service()));
            try_join_all(due.map(Replica::stop)).await?;
        }
        self.provider.stop().await
    }

    /// [`Mesh::stop_services`], then the parts.
    pub async fn stop(&self) -> Result<()> {
        self.stop_services().await?;
        self.parts.stop().await
    }

    /// The base URL that everybody outside uses.
    pub fn gateway_url(&self) -> String {
        self.plan.endpoints(Service::Gateway).swap_remove(0)
    }

    /// An access token as the user service of this mesh signs them, for what it would not sign: tokens that have ended.
    pub async fn access_token(&self, grant: &auth::Grant) -> Result<String> {
        let database_url = self.database_url(Service::User);
        let signer = signing_key::signer(&database_url, &self.secrets.encryption_key).await?;
        Ok(signer.sign(grant)?)
    }

    /// What pages of the gateway have as their origin.
    pub fn origin(&self) -> String {
        self.plan.origin()
    }

    /// The OpenID provider that people may sign in with.
    pub fn provider(&self) -> &OpenIdProvider {
        &self.provider
    }

    /// What was mailed.
    pub fn mails(&self) -> &Mails {
        &self.mails
    }

    /// What the services stand on.
    pub fn parts(&self) -> &Parts {
        &self.parts
    }

    /// Who listens where.
    pub fn plan(&self) -> &Plan {
        &self.plan
    }

    /// Kafka's side of the services' configuration: topics, epoch, partitions.
    pub fn events(&self) -> &events::Config {
        &self.events
    }

    /// All processes.
    pub fn all(&self) -> &[Replica] {
        &self.replicas
    }

    /// All replicas of one service.
    pub fn replicas(&self, service: Service) -> impl Iterator<Item = &Replica> {
        self.replicas
            .iter()
            .filter(move |replica| replica.service() == service)
    }

    /// One replica; `number` counts from 1.
    ///
    /// # Panics
    ///
    /// Where there is no such replica.
    pub fn replica(&self, service: Service, number: u16) -> &Replica {
        self.replicas(service)
            .find(|replica| replica.seat().number == number)
            .expect("the plan has this replica")
    }

    /// The URL of a service's database, as superuser.
    pub fn database_url(&self, service: Service) -> String {
        self.parts.postgres().url(&self.plan.database(service))
    }

    async fn migrate(&self) -> Result<()> {
        progress::say("bringing the databases to the newest schema");
        let first_of_each = self
            .replicas
            .iter()
            .filter(|replica| replica.service().has_database() && replica.seat().number == 1);
        try_join_all(first_of_each.map(|replica| async {
            self.parts
                .postgres()
                .create_database(&self.plan.database(replica.service()))
                .await?;
            replica.migrate().await
        }))
        .await?;
        Ok(())
    }

    async fn ensure_topics(&self) -> Result<()> {
        let spec = events::admin::TopicSpec {
            replication: 1,
            min_insync_replicas: 1,
            retention: RETENTION,
        };
        events::ensure_topics(&self.events, spec)
            .await
            .context("the topics cannot be made")
    }
}
