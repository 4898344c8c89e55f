//! Where a tail begins in each partition.

use runtime::Clock;

use super::Start;
use crate::{HeadError, Heads, heads::At};

const NANOS_PER_MS: i128 = 1_000_000;

/// First offset to read and end of the log, by partition.
pub(super) async fn find(heads: &Heads, start: Start) -> Result<(Vec<i64>, Vec<i64>), HeadError> {
    // The end is asked for last: what is written meanwhile is read, not seeded.
    match start {
        Start::End => {
            let ends = heads.heads().await?;
            Ok((ends.clone(), ends))
        }
        Start::Back {
            records_max,
            age_max,
        } => {
            let age_max_ms = i128::try_from(age_max.as_millis()).unwrap_or(i128::MAX);
            let oldest_ms =
                Clock::system().now().unix_timestamp_nanos() / NANOS_PER_MS - age_max_ms;
            let oldest_ms = i64::try_from(oldest_ms.max(0)).unwrap_or(i64::MAX);
            let beginnings = heads.offsets(At::Beginning).await?;
            let young = heads.offsets(At::Time(oldest_ms)).await?;
            let ends = heads.heads().await?;
            let starts = (0..ends.len())
                .map(|index| back(beginnings[index], young[index], ends[index], records_max))
                .collect();
            Ok((starts, ends))
        }
    }
}

/// `young` is the first record that is young enough, -1 where there is none.
fn back(beginning: i64, young: i64, end: i64, records_max: i64) -> i64 {
    let young = if young < 0 { end } else { young };
    young
        .max(end.saturating_sub(records_max))
        .clamp(beginning, end.max(beginning))
}

#[cfg(test)]
mod tests;
