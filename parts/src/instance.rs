//! One set of parts in one state folder.

use std::{
    fs,
    path::{Path, PathBuf},
};

use anyhow::{Context as _, Result};
use serde::{Deserialize, Serialize};

use crate::{
    cache::{self, Binaries},
    kafka::Kafka,
    ports,
    postgres::Postgres,
    process::{self, Lifetime, Process},
    progress,
    redis::Redis,
    system,
};

const FILE: &str = "instance.json";
const PASSWORD_BYTES: usize = 16;

/// What a crash of the machine may cost.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Durability {
    /// As in production: PostgreSQL with fsync, Redis with an append-only file.
    Honest,
    /// Without either, for tests that throw the data away. A killed process still loses nothing that PostgreSQL acknowledged.
    Fast,
}

/// Where an instance lives and how.
#[derive(Clone, Debug)]
pub struct Settings {
    /// The state folder; made if missing.
    pub dir: PathBuf,
    /// Whether the parts outlive their starter.
    pub lifetime: Lifetime,
    /// What a crash of the machine may cost.
    pub durability: Durability,
}

/// Ports and passwords, kept in the state folder.
#[derive(Clone, Debug, Serialize, Deserialize)]
struct Instance {
    postgres_port: u16,
    redis_port: u16,
    kafka_port: u16,
    kafka_controller_port: u16,
    postgres_password: String,
    redis_password: String,
}

impl Instance {
    fn new() -> Result<Self> {
        let [postgres_port, redis_port, kafka_port, kafka_controller_port] = ports::pick()?;
        Ok(Self {
            postgres_port,
            redis_port,
            kafka_port,
            kafka_controller_port,
            postgres_password: system::random_hex(PASSWORD_BYTES)?,
            redis_password: system::random_hex(PASSWORD_BYTES)?,
        })
    }

    /// What the folder holds, with other ports for the parts that do not run and whose port somebody has taken meanwhile.
    fn load_or_new(dir: &Path) -> Result<Self> {
        let fresh = Self::new()?;
        let Ok(text) = fs::read_to_string(dir.join(FILE)) else {
            fresh.save(dir)?;
            return Ok(fresh);
        };
        let mut kept: Self = serde_json::from_str(&text)
            .with_context(|| format!("{} is damaged", dir.join(FILE).display()))?;
        let runs = |name: &str| process::is_alive(&dir.join(name), name);
        if !runs("postgres") && !ports::is_free(kept.postgres_port) {
            kept.postgres_port = fresh.postgres_port;
        }
        if !runs("redis") && !ports::is_free(kept.redis_port) {
            kept.redis_port = fresh.redis_port;
        }
        let kafka_ports = [kept.kafka_port, kept.kafka_controller_port];
        if !runs("kafka") && kafka_ports.iter().any(|port| !ports::is_free(*port)) {
            kept.kafka_port = fresh.kafka_port;
            kept.kafka_controller_port = fresh.kafka_controller_port;
        }
        kept.save(dir)?;
        Ok(kept)
    }

    fn save(&self, dir: &Path) -> Result<()> {
        system::write_private(&dir.join(FILE), &serde_json::to_string_pretty(self)?)
    }
}

/// What runs, for people.
#[derive(Clone, Debug, Serialize)]
pub struct Status {
    /// `postgres`, `redis` or `kafka`.
    pub part: &'static str,
    /// `None` when it does not run.
    pub pid: Option<i32>,
    /// The loopback port.
    pub port: u16,
}

/// Handles to one set; clones speak of the same set. Dropping a handle stops nothing.
#[derive(Clone, Debug)]
pub struct Parts {
    postgres: Postgres,
    redis: Redis,
    kafka: Kafka,
}

impl Parts {
    /// Makes or finds the instance in `settings.dir`, downloading the programs if need be; starts nothing.
    pub async fn open(settings: &Settings) -> Result<Self> {
        let binaries = cache::ensure().await?;
        fs::create_dir_all(&settings.dir)
            .with_context(|| format!("cannot create {}", settings.dir.display()))?;
        let instance = Instance::load_or_new(&settings.dir)?;
        Self::assemble(settings, &binaries, instance)
    }

    /// What runs of the instance in `dir`, which is only read; `None` where there is no instance.
    pub fn look(dir: &Path) -> Result<Option<[Status; 3]>> {
        let path = dir.join(FILE);
        let Ok(text) = fs::read_to_string(&path) else {
            return Ok(None);
        };
        let instance: Instance = serde_json::from_str(&text)
            .with_context(|| format!("{} is damaged", path.display()))?;
        let status = |part, port| Status {
            part,
            pid: Process::new(part, dir.join(part), Lifetime::Detached).pid(),
            port,
        };
        Ok(Some([
            status("postgres", instance.postgres_port),
            status("redis", instance.redis_port),
            status("kafka", instance.kafka_port),
        ]))
    }

    fn assemble(settings: &Settings, binaries: &Binaries, instance: Instance) -> Result<Self> {
        Ok(Self {
            postgres: Postgres::new(
                settings,
                binaries,
                instance.postgres_port,
                instance.postgres_password,
            )?,
            redis: Redis::new(
                settings,
                binaries,
                instance.redis_port,
                instance.redis_password,
            ),
            kafka: Kafka::new(
                settings,
                binaries,
                instance.kafka_port,
                instance.kafka_controller_port,
            ),
        })
    }

    /// [`Parts::open`], then starts what does not run yet, all at once, and waits until all are ready.
    pub async fn start(settings: &Settings) -> Result<Self> {
        let parts = Self::open(settings).await?;
        parts.start_all().await?;
        Ok(parts)
    }

    /// Starts what does not run and waits until all are ready.
    pub async fn start_all(&self) -> Result<()> {
        if self.status().iter().all(|part| part.pid.is_some()) {
            return tokio::try_join!(
                self.postgres.start(),
                self.redis.start(),
                self.kafka.start()
            )
            .map(drop);
        }
        let all = async {
            tokio::try_join!(
                self.postgres.start(),
                self.redis.start(),
                self.kafka.start()
            )
            .map(drop)
        };
        progress::during("starting PostgreSQL, Redis and Kafka", all).await
    }

    /// Stops all, cleanly.
    pub async fn stop(&self) -> Result<()> {
        tokio::try_join!(self.postgres.stop(), self.redis.stop(), self.kafka.stop()).map(drop)
    }

    /// Removes an instance's data. Stop it first.
    pub fn wipe(dir: &Path) -> Result<()> {
        Postgres::wipe(dir)?;
        for name in ["redis", "kafka", FILE] {
            system::remove(&dir.join(name))?;
        }
        Ok(())
    }

    /// PostgreSQL.
    pub fn postgres(&self) -> &Postgres {
        &self.postgres
    }

    /// Redis.
    pub fn redis(&self) -> &Redis {
        &self.redis
    }

    /// Kafka.
    pub fn kafka(&self) -> &Kafka {
        &self.kafka
    }

    /// What runs now.
    pub fn status(&self) -> [Status; 3] {
        [
            Status {
                part: "postgres",
                pid: self.postgres.process().pid(),
                port: self.postgres.port(),
            },
            Status {
                part: "redis",
                pid: self.redis.process().pid(),
                port: self.redis.port(),
            },
            Status {
                part: "kafka",
                pid: self.kafka.process().pid(),
                port: self.kafka.port(),
            },
        ]
    }
}
