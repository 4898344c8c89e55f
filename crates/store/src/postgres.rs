//! A pool of connections to one database, migrations, and what an error of the database means.
//!
//! Nobody waits for long: taking a connection, making one and each statement have their own limits, and a dead network is
//! noticed by TCP. A connection that broke is thrown away when it comes back to the pool; a database that comes back is found again without
//! a restart.

mod error;
mod migrate;
pub mod progress;
mod statement;
mod url;

use std::time::Duration;

use deadpool::managed::Timeouts;
use diesel_async::{
    AsyncPgConnection,
    pooled_connection::{
        AsyncDieselConnectionManager, ManagerConfig, RecyclingMethod, deadpool as diesel_pool,
    },
};
use runtime::config::{Problems, Secret};
use serde::{Deserialize, Serialize};

pub use error::{Error, is_unavailable, is_violation, unique_violation};
pub use migrate::{MigrateError, migrate};
pub use statement::Statement;

/// The `postgres` section of a service's configuration.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Config {
    /// `postgres://user:password@host:port/database`.
    pub url: Secret,
    /// Most connections of this process.
    pub pool_max: usize,
    /// Longest wait for a connection of the pool, milliseconds.
    pub acquire_timeout_ms: u64,
    /// Longest wait for a new connection to be made, milliseconds.
    pub connect_timeout_ms: u64,
    /// The database ends a statement that runs longer, milliseconds.
    pub statement_timeout_ms: u64,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            url: Secret::new("postgres://quicksync@127.0.0.1:5432/quicksync"),
            pool_max: 16,
            acquire_timeout_ms: 2_000,
            connect_timeout_ms: 2_000,
            statement_timeout_ms: 5_000,
        }
    }
}

impl Config {
    /// Notes what is wrong with this section.
    pub fn validate(&self, problems: &mut Problems) {
        problems.check(
            url::is_url(self.url.expose()),
            "url",
            "must be a URL like postgres://user:password@host:5432/database",
        );
        for (key, value) in [
            ("pool_max", self.pool_max as u64),
            ("acquire_timeout_ms", self.acquire_timeout_ms),
            ("connect_timeout_ms", self.connect_timeout_ms),
            ("statement_timeout_ms", self.statement_timeout_ms),
        ] {
            problems.check(value > 0, key, "must be at least 1");
        }
    }
}

/// A connection on loan from the pool. Dropping it gives it back; one with an open transaction is thrown away.
pub type Connection = diesel_pool::Object<AsyncPgConnection>;

/// The pool. Cheap to clone; one per process.
#[derive(Clone)]
pub struct Pool {
    pool: diesel_pool::Pool<AsyncPgConnection>,
}

impl Pool {
    /// An empty pool: connects when somebody needs it, so a database that is away is no error here.
    ///
    /// `application_name` is what `pg_stat_activity` shows.
    pub fn new(config: &Config, application_name: &str) -> Self {
        let mut manager = ManagerConfig::default();
        // A connection that died idle is seen as closed without a round trip; what dies later is an error of the query.
        manager.recycling_method = RecyclingMethod::Fast;
        let manager = AsyncDieselConnectionManager::new_with_config(
            url::with_limits(config, application_name),
            manager,
        );
        let pool = diesel_pool::Pool::builder(manager)
            .max_size(config.pool_max)
            .timeouts(Timeouts {
                wait: Some(Duration::from_millis(config.acquire_timeout_ms)),
                create: Some(Duration::from_millis(config.connect_timeout_ms)),
                recycle: Some(Duration::from_millis(config.connect_timeout_ms)),
            })
            .runtime(deadpool::Runtime::Tokio1)
            .build()
            .expect("a runtime is given, and nothing else can be missing");
        Self { pool }
    }

    /// A connection, or [`Error::Unavailable`] within `acquire_timeout_ms` plus `connect_timeout_ms`. Cancellation safe.
    pub async fn get(&self) -> Result<Connection, Error> {
        self.pool
            .get()
            .await
            .map_err(|error| Error::Unavailable(Box::new(error)))
    }

    /// Ends all waiting for a connection with an error, and closes those that come back.
    pub fn close(&self) {
        self.pool.close();
    }
}

impl std::fmt::Debug for Pool {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Pool")
            .field("status", &self.pool.status())
            .finish()
    }
}

#[cfg(test)]
mod tests;
