//! Real PostgreSQL, Redis and Apache Kafka for development and tests, without containers and without daemons of the system.
//!
//! Owns: which versions there are (`pom.xml`, `checksums.sha256`), where they are kept ([`cache`]), how each is configured and
//! started, and the life of one instance ([`Parts`]) in one state folder. [`shared`] is the instance that all tests of a
//! `cargo test` run have in common. It knows nothing of topics, tables or keys.
//!
//! An instance is a folder:
//!
//! ```text
//! instance.json              ports and passwords, made at the first start
//! postgres/ redis/ kafka/    each with data/, its configuration, NAME.log and NAME.pid
//! ```
//!
//! An [`OpenIdProvider`] stands by itself, in a folder of its own: few need one, and some need two.

pub mod cache;
mod instance;
mod kafka;
pub mod openid_provider;
pub mod ports;
mod postgres;
pub mod process;
pub mod progress;
mod redis;
mod shared;
mod system;

pub use instance::{Durability, Parts, Settings, Status};
pub use kafka::Kafka;
pub use openid_provider::OpenIdProvider;
pub use postgres::Postgres;
pub use process::Lifetime;
pub use redis::Redis;
pub use shared::{Shared, shared, shared_dir, stop_shared, try_shared, unique};
