//! Tells Redis which calls were admitted here, and learns what other replicas have admitted.

use std::{
    sync::{Arc, LazyLock},
    time::Duration,
};

use store::redis::{Error, Redis, client::Script};
use tokio::{sync::mpsc, time::sleep};
use tokio_util::sync::CancellationToken;

use super::{Limits, bucket::Bucket};
use crate::metrics::Metrics;

static REPORT: LazyLock<Script> = LazyLock::new(|| Script::new(include_str!("report.lua")));

/// Puts all keys into one slot of a Redis cluster, so that one script may touch many.
const HASH_TAG: &str = "{limits}";
/// Buckets of one script: Redis does nothing else meanwhile.
const BUCKETS_PER_REPORT_MAX: usize = 200;

/// The task between this process and Redis.
pub(crate) struct Reporter {
    limits: Arc<Limits>,
    untold: mpsc::Receiver<Arc<Bucket>>,
    redis: Redis,
    interval: Duration,
    metrics: Metrics,
}

impl Reporter {
    pub(super) fn new(
        limits: Arc<Limits>,
        untold: mpsc::Receiver<Arc<Bucket>>,
        redis: Redis,
        interval: Duration,
        metrics: &Metrics,
    ) -> Self {
        Self {
            limits,
            untold,
            redis,
            interval,
            metrics: metrics.clone(),
        }
    }

    /// Works until `stop`.
    pub(crate) async fn run(mut self, stop: CancellationToken) {
        let mut batch = Vec::with_capacity(BUCKETS_PER_REPORT_MAX);
        loop {
            let next = self.untold.recv_many(&mut batch, BUCKETS_PER_REPORT_MAX);
            if stop.run_until_cancelled(next).await.is_none() {
                return;
            }
            self.report(&batch).await;
            batch.clear();
            // What comes meanwhile goes together.
            if self.untold.is_empty()
                && stop
                    .run_until_cancelled(sleep(self.interval))
                    .await
                    .is_none()
            {
                return;
            }
        }
    }

    async fn report(&self, batch: &[Arc<Bucket>]) {
        let now_us = self.limits.now_us();
        let told: Vec<(&Bucket, u64)> = batch
            .iter()
            .map(|bucket| {
                let calls = bucket.tell(self.limits.rate(bucket.key), now_us);
                (bucket.as_ref(), calls)
            })
            .filter(|(_, calls)| *calls > 0)
            .collect();
        if told.is_empty() {
            return;
        }
        match self.exchange(&told).await {
            Ok(left) => {
                let now_us = self.limits.now_us();
                for ((bucket, calls), left_us) in told.iter().zip(left) {
                    bucket.learn(self.limits.rate(bucket.key), now_us, left_us);
                    self.metrics.limit_calls_reported.inc_by(*calls);
                }
            }
            Err(error) => {
                self.metrics.limit_reports_failed.inc();
                if !error.is_unavailable() {
                    tracing::error!(%error, "the script of the limits failed; counting in this process alone");
                }
                for (bucket, calls) in told {
                    bucket.was_not_told(calls);
                }
            }
        }
    }

    async fn exchange(&self, told: &[(&Bucket, u64)]) -> Result<Vec<u64>, Error> {
        let mut call = REPORT.prepare_invoke();
        for (bucket, calls) in told {
            let rate = self.limits.rate(bucket.key);
            call.key(self.redis.key(&format!("{HASH_TAG}:{}", bucket.key)))
                .arg(*calls)
                .arg(rate.interval_us)
                .arg(rate.debt_max_us());
        }
        self.redis.script(&call).await
    }
}
