//! The log made rows: one transaction per batch.
//!
//! ```text
//! begin -> positions move, if nobody else moved them (else roll back: fenced)
//!       -> conversations and stays, if the batch changes any
//!       -> messages, with their conversations' pointers to the newest
//!       -> read markers
//!       -> commit
//! ```
//!
//! The positions come first: of two replicas that hold the same partition the later one waits for the row, sees that it moved,
//! and gives up before it has touched anything else.

use std::time::Instant;

use diesel_async::{AsyncConnection, AsyncPgConnection, SimpleAsyncConnection};
use events::{
    Topic,
    group::{Batch as LogBatch, StoreError},
};
use store::postgres::{
    self, Pool, is_violation,
    progress::{self, Stored},
};
use uuid::Uuid;

use super::Metrics;
use crate::{
    db,
    domain::{
        batch::{Batch, MarkerColumns, MessageColumns},
        projection::Projection,
        record::{Change, Event},
    },
};

/// Stores batches of the log.
#[derive(Clone, Debug)]
pub struct Sink {
    pool: Pool,
    topic: Topic,
    stored: Stored,
    metrics: Metrics,
}

/// A batch ready for the database.
struct Work {
    moves: progress::Moves,
    messages: MessageColumns,
    markers: MarkerColumns,
    changes: Vec<Change>,
}

enum Failure {
    Fenced,
    Pool(postgres::Error),
    Database(diesel::result::Error),
}

impl From<diesel::result::Error> for Failure {
    fn from(error: diesel::result::Error) -> Self {
        Self::Database(error)
    }
}

impl Sink {
    /// A sink for `topic`.
    pub fn new(pool: Pool, topic: Topic, stored: Stored, metrics: Metrics) -> Self {
        Self {
            pool,
            topic,
            stored,
            metrics,
        }
    }

    fn prepare(&self, batch: &LogBatch) -> Result<Work, StoreError> {
        let mut moves = progress::Moves::default();
        for slice in &batch.slices {
            moves.push(slice.partition, slice.from_offset, slice.next_offset);
        }
        let mut understood = Batch::default();
        for record in batch.records() {
            let event =
                Event::decode(record, self.topic.sequence(record.offset)).map_err(|poison| {
                    StoreError::Poison {
                        partition: record.partition,
                        offset: record.offset,
                        reason: poison.to_string(),
                    }
                })?;
            understood.push(event);
        }
        let (messages, markers, changes) = understood.into_columns();
        Ok(Work {
            moves,
            messages,
            markers,
            changes,
        })
    }

    async fn commit(&self, work: &Work) -> Result<i64, Failure> {
        let mut conn = self.pool.get().await.map_err(Failure::Pool)?;
        conn.transaction(async |conn| self.write(conn, work).await)
            .await
    }

    async fn write(&self, conn: &mut AsyncPgConnection, work: &Work) -> Result<i64, Failure> {
        conn.batch_execute(progress::BATCH_SETTINGS).await?;
        if !progress::advance(conn, self.topic.kafka_name(), &work.moves).await? {
            return Err(Failure::Fenced);
        }
        if !work.changes.is_empty() {
            project(conn, &work.changes).await?;
        }
        let mut persisted = 0;
        if !work.messages.is_empty() {
            persisted = db::messages::insert(conn, &work.messages).await?;
        }
        if !work.markers.is_empty() {
            db::read_markers::advance_all(conn, &work.markers).await?;
        }
        Ok(persisted)
    }
}

impl events::group::Sink for Sink {
    async fn positions(&self, partitions: &[i32]) -> Result<Vec<Option<i64>>, StoreError> {
        let mut conn = self
            .pool
            .get()
            .await
            .map_err(|error| StoreError::Unavailable(Box::new(error)))?;
        progress::positions(&mut conn, self.topic.kafka_name(), partitions)
            .await
            .map_err(|error| StoreError::Unavailable(Box::new(error)))
    }

    async fn begin(&self, starts: &[(i32, i64)]) -> Result<(), StoreError> {
        let mut conn = self
            .pool
            .get()
            .await
            .map_err(|error| StoreError::Unavailable(Box::new(error)))?;
        progress::begin(&mut conn, self.topic.kafka_name(), starts)
            .await
            .map_err(|error| StoreError::Unavailable(Box::new(error)))
    }

    async fn store(&self, batch: &LogBatch) -> Result<(), StoreError> {
        let work = self.prepare(batch)?;
        let began = Instant::now();
        let persisted = self.commit(&work).await?;
        self.metrics
            .batch_seconds
            .observe(began.elapsed().as_secs_f64());
        #[expect(
            clippy::cast_precision_loss,
            reason = "a batch has far fewer than 2^52 records"
        )]
        self.metrics
            .batch_records
            .observe(batch.records().count() as f64);
        self.metrics
            .messages_persisted
            .inc_by(u64::try_from(persisted).unwrap_or_default());
        self.stored.ring();
        Ok(())
    }
}

async fn project(conn: &mut AsyncPgConnection, changes: &[Change]) -> Result<(), Failure> {
    let mut conversation_ids: Vec<Uuid> = changes
        .iter()
        .map(|change| change.conversation_id)
        .collect();
    conversation_ids.sort_unstable();
    conversation_ids.dedup();
    let known = db::conversations::known(conn, &conversation_ids).await?;
    let projection = Projection::fold(changes, known);
    if !projection.created.is_empty() {
        db::conversations::create(conn, &projection.created).await?;
    }
    if !projection.ended.is_empty() {
        db::stays::end(conn, &projection.ended).await?;
    }
    if !projection.roles.is_empty() {
        db::stays::change_roles(conn, &projection.roles).await?;
    }
    if !projection.opened.is_empty() {
        db::stays::open(conn, &projection.opened).await?;
    }
    if !projection.moved.is_empty() {
        db::conversations::advance(conn, &projection.moved).await?;
    }
    Ok(())
}

impl From<Failure> for StoreError {
    /// Records were checked before, so hardly anything can be wrong with one. A violated constraint is the exception; whatever else the
    /// database says (a missing table, a refused permission) is about the database, and waits for an operator without losing a
    /// record.
    fn from(failure: Failure) -> Self {
        match failure {
            Failure::Fenced => Self::Fenced,
            Failure::Pool(error) => Self::Unavailable(Box::new(error)),
            Failure::Database(error) if is_violation(&error) => Self::Rejected {
                reason: error.to_string(),
            },
            Failure::Database(error) => Self::Unavailable(Box::new(error)),
        }
    }
}
