//! Many callers' single commands over one connection of their own.

use super::{Config, Error, client, link::Link};
use client::{Cmd, FromRedisValue, Pipeline, RedisError};

/// Sends the commands of concurrent callers together. Cheap to clone.
///
/// The multiplexed connection is what batches: commands that arrive while its task writes leave in one write, answers come back in order, and
/// each caller gets its own answer or error. A pipeline assembled by a task of ours would add a hop and a wakeup per command and save nothing.
/// The connection is not shared with [`super::Redis`], so that a long script there does not stand before short commands here.
#[derive(Clone, Debug)]
pub struct Batcher {
    link: Link,
}

impl Batcher {
    /// Over a connection of its own, made when first needed.
    pub fn new(config: &Config) -> Result<Self, RedisError> {
        Ok(Self {
            link: Link::new(config)?,
        })
    }

    /// One command. Fails at once while Redis is away or `in_flight_max` commands wait. Keys need [`super::Redis::key`]. Dropping the future
    /// does not take the command back.
    pub async fn query<T: FromRedisValue>(&self, command: &Cmd) -> Result<T, Error> {
        let mut lease = self.link.lease().await?;
        let result = command.query_async(&mut lease.connection).await;
        self.link.settle(lease, result)
    }

    /// As [`Batcher::query`], for commands that go and come together. They count as one.
    pub async fn pipeline<T: FromRedisValue>(&self, commands: &Pipeline) -> Result<T, Error> {
        let mut lease = self.link.lease().await?;
        let result = commands.query_async(&mut lease.connection).await;
        self.link.settle(lease, result)
    }
}
