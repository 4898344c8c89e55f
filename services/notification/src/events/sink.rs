//! The group consumer's store: the notification list in PostgreSQL, with the positions in the same transaction.

use std::collections::HashSet;

use ::events::{
    Topic,
    group::{Batch, Sink, StoreError},
};
use diesel_async::{AsyncConnection, AsyncPgConnection, SimpleAsyncConnection};
use store::postgres::{
    Pool, is_violation,
    progress::{self, Stored},
};
use uuid::Uuid;

use crate::{
    db::{digest, recent_messages, stays},
    domain::digest::{Item, What, fold},
    events::list,
};

/// See the module.
#[derive(Debug)]
pub struct ListSink {
    pool: Pool,
    topic: Topic,
    stored: Stored,
}

/// Why the transaction was rolled back.
#[derive(Debug, thiserror::Error)]
enum Failure {
    #[error("a position is not where the batch begins")]
    Fenced,
    #[error(transparent)]
    Query(#[from] diesel::result::Error),
}

impl ListSink {
    /// Stores what `topic` says by connections of `pool`, and rings `stored` after each batch.
    pub fn new(pool: Pool, topic: Topic, stored: Stored) -> Self {
        Self {
            pool,
            topic,
            stored,
        }
    }

    fn items(&self, batch: &Batch) -> Result<Vec<Item>, StoreError> {
        let read = |record: &::events::Record| {
            list::item(&self.topic, record).map_err(|malformed| StoreError::Poison {
                partition: record.partition,
                offset: record.offset,
                reason: malformed.to_string(),
            })
        };
        batch
            .records()
            .filter_map(|record| read(record).transpose())
            .collect()
    }
}

impl Sink for ListSink {
    async fn positions(&self, partitions: &[i32]) -> Result<Vec<Option<i64>>, StoreError> {
        let mut connection = self
            .pool
            .get()
            .await
            .map_err(|error| StoreError::Unavailable(error.into()))?;
        progress::positions(&mut connection, self.topic.kafka_name(), partitions)
            .await
            .map_err(|error| StoreError::Unavailable(error.into()))
    }

    async fn begin(&self, starts: &[(i32, i64)]) -> Result<(), StoreError> {
        let mut connection = self
            .pool
            .get()
            .await
            .map_err(|error| StoreError::Unavailable(error.into()))?;
        progress::begin(&mut connection, self.topic.kafka_name(), starts)
            .await
            .map_err(|error| StoreError::Unavailable(error.into()))
    }

    async fn store(&self, batch: &Batch) -> Result<(), StoreError> {
        let items = self.items(batch)?;
        let mut moves = progress::Moves::default();
        for slice in &batch.slices {
            moves.push(slice.partition, slice.from_offset, slice.next_offset);
        }
        let mut connection = self
            .pool
            .get()
            .await
            .map_err(|error| StoreError::Unavailable(error.into()))?;
        let topic = self.topic.kafka_name();
        let stored = connection
            .transaction(async |connection| store(connection, topic, &moves, items).await)
            .await;
        stored.map_err(|failure| match failure {
            Failure::Fenced => StoreError::Fenced,
            Failure::Query(error) if is_violation(&error) => StoreError::Rejected {
                reason: error.to_string(),
            },
            Failure::Query(error) => StoreError::Unavailable(error.into()),
        })?;
        self.stored.ring();
        Ok(())
    }
}

async fn store(
    connection: &mut AsyncPgConnection,
    topic: &str,
    moves: &progress::Moves,
    items: Vec<Item>,
) -> Result<(), Failure> {
    connection.batch_execute(progress::BATCH_SETTINGS).await?;
    if !progress::advance(connection, topic, moves).await? {
        return Err(Failure::Fenced);
    }
    let new = recent_messages::insert(connection, &messages(&items)).await?;
    let new: HashSet<(Uuid, i64)> = new.into_iter().collect();
    let is_first = |item: &Item| match &item.what {
        What::Message { id, .. } => new.contains(&(*id, item.sequence)),
        What::Joined { .. } | What::Left { .. } | What::Read { .. } => true,
    };
    let items: Vec<Item> = items.into_iter().filter(is_first).collect();
    let revisions = stays::revisions(connection, changed(&items)).await?;
    digest::store(connection, &fold(items, revisions)).await?;
    Ok(())
}

fn messages(items: &[Item]) -> Vec<recent_messages::Row> {
    let row = |item: &Item| match item.what {
        What::Message { id, sender, .. } => Some(recent_messages::Row {
            message: id,
            conversation: item.conversation,
            sequence: item.sequence,
            sender,
        }),
        What::Joined { .. } | What::Left { .. } | What::Read { .. } => None,
    };
    items.iter().filter_map(row).collect()
}

fn changed(items: &[Item]) -> Vec<Uuid> {
    let is_change = |item: &&Item| matches!(item.what, What::Joined { .. } | What::Left { .. });
    let changed: HashSet<Uuid> = items
        .iter()
        .filter(is_change)
        .map(|item| item.conversation)
        .collect();
    changed.into_iter().collect()
}
