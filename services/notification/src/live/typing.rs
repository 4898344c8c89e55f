//! Tells streams that somebody types: from the ends of a topic of its own, which may be away without anybody noticing more
//! than that.

use std::{sync::Arc, time::Duration};

use ::events::{Start, Tail, TailError, Topic};
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use super::Live;
use crate::events::typing;

/// Wait before the topic is asked for again that did not answer, or is not there.
const REOPEN_PAUSE: Duration = Duration::from_secs(1);
/// That it is away is said again no sooner.
const TELL_PAUSE: Duration = Duration::from_mins(1);
/// After so many deliveries the task lets others run.
const DELIVERIES_PER_TURN: usize = 500;
/// After so many records too: after an outage there may be many that nobody is told.
const RECORDS_PER_TURN: usize = 200;

/// What the task is made of.
pub struct Task {
    /// Whose streams are told.
    pub live: Arc<Live>,
    /// The `kafka` section.
    pub kafka: ::events::Config,
    /// When to stop.
    pub draining: CancellationToken,
}

impl Task {
    /// Reads until the drain. Nothing that happens to its topic ends it, and nobody is made to wait for it.
    pub async fn run(self) -> anyhow::Result<()> {
        let draining = self.draining.clone();
        tokio::select! {
            () = draining.cancelled() => {}
            () = self.follow() => {}
        }
        Ok(())
    }

    async fn follow(self) {
        let topic = Topic::new(&self.kafka.typing);
        let is_followed = &self.live.metrics.typing_is_followed;
        let mut told_at = None;
        loop {
            let error = match Tail::open(&self.kafka, &topic, Start::End).await {
                Ok(tail) => {
                    is_followed.set(1);
                    self.read(tail).await
                }
                Err(error) => error,
            };
            is_followed.set(0);
            // Now and then, not at each try; that it opens does not mean that it can be read.
            if told_at.is_none_or(|at: Instant| at.elapsed() >= TELL_PAUSE) {
                told_at = Some(Instant::now());
                let topic = topic.kafka_name();
                tracing::warn!(topic, error = %error, "nobody is told who types until the topic is back");
            }
            tokio::time::sleep(REOPEN_PAUSE).await;
        }
    }

    async fn read(&self, mut tail: Tail) -> TailError {
        loop {
            match tail.next_batch().await {
                Ok(batch) => self.tell(&batch.records).await,
                Err(error) => return error,
            }
        }
    }

    async fn tell(&self, records: &[::events::Record]) {
        let mut deliveries = 0;
        for (index, record) in records.iter().enumerate() {
            match typing::said(record) {
                Ok(said) => deliveries += self.live.tell_typing(&said),
                Err(error) => {
                    self.live.metrics.malformed.inc();
                    tracing::warn!(
                        partition = record.partition,
                        offset = record.offset,
                        error = %error,
                        "a record of the topic of typing cannot be read"
                    );
                }
            }
            if deliveries >= DELIVERIES_PER_TURN || index % RECORDS_PER_TURN == RECORDS_PER_TURN - 1
            {
                deliveries = 0;
                tokio::task::yield_now().await;
            }
        }
    }
}
