//! The one instance that all tests of a `cargo test` run share.
//!
//! Many test processes start at once; the first to get the lock starts the parts, the others find them running. Nobody stops
//! them at the end of a test process: the next one wants them. `quicksync-dev parts stop` does, and `make test` calls it.
//! An instance of which nothing runs is a leftover, and is replaced by a new one.

use std::path::{Path, PathBuf};

use anyhow::Result;
use tokio::sync::OnceCell;

use crate::{
    instance::{Durability, Parts, Settings},
    process::{self, Lifetime},
    system,
};

const NAME_BYTES: usize = 6;

/// The shared instance as tests need it. Each test makes its own database, key prefix, topic and group: see [`unique`].
#[derive(Clone, Debug)]
pub struct Shared {
    parts: Parts,
}

impl Shared {
    /// The bootstrap address of Kafka.
    pub fn kafka_brokers(&self) -> String {
        self.parts.kafka().brokers()
    }

    /// The URL of Redis with its password.
    pub fn redis_url(&self) -> String {
        self.parts.redis().url()
    }

    /// The URL of PostgreSQL's own database, as superuser.
    pub fn postgres_admin_url(&self) -> String {
        self.postgres_url("postgres")
    }

    /// The URL of one database, as superuser.
    pub fn postgres_url(&self, database: &str) -> String {
        self.parts.postgres().url(database)
    }

    /// Creates a database where there is none of that name, and gives its URL. `name`: a-z, 0-9 and `_`.
    pub async fn create_database(&self, name: &str) -> Result<String> {
        self.parts.postgres().create_database(name).await
    }

    /// The parts themselves. Stopping one here breaks every other test: start an instance of your own for that.
    pub fn parts(&self) -> &Parts {
        &self.parts
    }
}

/// `target/test-parts` of this workspace, or `QUICKSYNC_TEST_PARTS`.
pub fn shared_dir() -> PathBuf {
    system::environment("QUICKSYNC_TEST_PARTS").map_or_else(
        || {
            Path::new(env!("CARGO_MANIFEST_DIR"))
                .parent()
                .expect("parts lies in the workspace")
                .join("target/test-parts")
        },
        PathBuf::from,
    )
}

/// The shared parts; panics with the reason where they cannot run, because no test can go on without.
pub async fn shared() -> &'static Shared {
    match try_shared().await {
        Ok(shared) => shared,
        Err(error) => panic!("the parts for tests cannot run: {error:#}"),
    }
}

/// Like [`shared`], with the reason as an error.
pub async fn try_shared() -> Result<&'static Shared> {
    static SHARED: OnceCell<Shared> = OnceCell::const_new();
    SHARED.get_or_try_init(start).await
}

async fn start() -> Result<Shared> {
    let dir = shared_dir();
    let _guard = lock(&dir).await?;
    let any_runs = ["postgres", "redis", "kafka"]
        .iter()
        .any(|name| process::is_alive(&dir.join(name), name));
    if !any_runs {
        Parts::wipe(&dir)?;
    }
    let parts = Parts::start(&settings(dir)).await?;
    Ok(Shared { parts })
}

/// Stops the shared parts, if they run, and removes their data.
pub async fn stop_shared() -> Result<()> {
    let dir = shared_dir();
    if !dir.join("instance.json").is_file() {
        return Ok(());
    }
    let _guard = lock(&dir).await?;
    Parts::open(&settings(dir.clone())).await?.stop().await?;
    Parts::wipe(&dir)
}

async fn lock(dir: &Path) -> Result<nix::fcntl::Flock<std::fs::File>> {
    std::fs::create_dir_all(dir)?;
    let path = dir.join("lock");
    tokio::task::spawn_blocking(move || system::lock(&path)).await?
}

fn settings(dir: PathBuf) -> Settings {
    Settings {
        dir,
        lifetime: Lifetime::Detached,
        durability: Durability::Fast,
    }
}

/// A name that no other test has: `prefix`, `_` and 12 hexadecimal digits.
pub fn unique(prefix: &str) -> String {
    let random = system::random_hex(NAME_BYTES).expect("the kernel gives random bytes");
    format!("{prefix}_{random}")
}
