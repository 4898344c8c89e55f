//! One ticker for the heartbeats of all streams: each tick visits one slot of them.

use std::{sync::Arc, time::Duration};

use tokio::time::{MissedTickBehavior, interval};
use tokio_util::sync::CancellationToken;

use super::Live;
use crate::domain::hub::HEARTBEAT_SLOTS;

/// Ticks until the drain, which ends all streams.
pub async fn run(live: Arc<Live>, draining: CancellationToken) -> anyhow::Result<()> {
    let heartbeat = Duration::from_millis(live.config.heartbeat_ms);
    let slots = u32::try_from(HEARTBEAT_SLOTS)?;
    let mut ticks = interval(heartbeat / slots);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Skip);
    for slot in (0..HEARTBEAT_SLOTS).cycle() {
        tokio::select! {
            _ = ticks.tick() => live.beat(slot),
            () = draining.cancelled() => break,
        }
    }
    live.drain();
    Ok(())
}
