//! Records that are fetched and not stored yet, partition by partition.

use std::collections::{BTreeMap, VecDeque};

use super::{Batch, Slice};
use crate::Record;

/// What became of a record that was fetched.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Accepted {
    Yes,
    /// Of a partition that is not ours, or here already.
    No,
    /// Records before it are missing: fetch again from `expected` on. Where the same record is the next one again, it is accepted.
    Gap {
        expected: i64,
    },
}

/// The partitions that are ours.
#[derive(Debug, Default)]
pub(super) struct Workload {
    partitions: BTreeMap<i32, Partition>,
}

#[derive(Debug)]
struct Partition {
    /// The stored position.
    from: i64,
    /// The position once all of `records` are stored.
    next: i64,
    records: VecDeque<Record>,
    /// First offset that was seen behind a gap.
    behind_gap: Option<i64>,
}

impl Workload {
    /// The partition is ours from `position` on; what was fetched of it before is forgotten.
    pub(super) fn assign(&mut self, partition: i32, position: i64) {
        let fresh = Partition {
            from: position,
            next: position,
            records: VecDeque::new(),
            behind_gap: None,
        };
        self.partitions.insert(partition, fresh);
    }

    pub(super) fn revoke(&mut self, partition: i32) {
        self.partitions.remove(&partition);
    }

    pub(super) fn partitions(&self) -> Vec<i32> {
        self.partitions.keys().copied().collect()
    }

    /// Each partition with the offset of the record that must come next.
    pub(super) fn expected(&self) -> Vec<(i32, i64)> {
        self.partitions
            .iter()
            .map(|(partition, state)| (*partition, state.next))
            .collect()
    }

    pub(super) fn accept(&mut self, record: Record) -> Accepted {
        let Some(partition) = self.partitions.get_mut(&record.partition) else {
            return Accepted::No;
        };
        if record.offset < partition.next {
            return Accepted::No;
        }
        if record.offset > partition.next && partition.behind_gap != Some(record.offset) {
            return match partition.behind_gap.replace(record.offset) {
                None => Accepted::Gap {
                    expected: partition.next,
                },
                // One of those that follow the first one behind the gap, fetched before the new try.
                first => {
                    partition.behind_gap = first;
                    Accepted::No
                }
            };
        }
        partition.behind_gap = None;
        partition.next = record.offset + 1;
        partition.records.push_back(record);
        Accepted::Yes
    }

    /// At most `records_max` of the oldest records of each partition in turn; `None` where nothing waits.
    pub(super) fn batch(&self, records_max: usize) -> Option<Batch> {
        let mut left = records_max;
        let mut slices = Vec::new();
        for (number, partition) in &self.partitions {
            if partition.next == partition.from || left == 0 {
                continue;
            }
            let count = partition.records.len().min(left);
            left -= count;
            let records: Vec<Record> = partition.records.iter().take(count).cloned().collect();
            // All of them: also over what was left out behind the last one.
            let whole = count == partition.records.len();
            let next_offset = match records.last() {
                Some(last) if !whole => last.offset + 1,
                _ => partition.next,
            };
            slices.push(Slice {
                partition: *number,
                from_offset: partition.from,
                next_offset,
                records,
            });
        }
        (!slices.is_empty()).then_some(Batch { slices })
    }

    /// The slices are stored.
    pub(super) fn stored(&mut self, batch: &Batch) {
        for slice in &batch.slices {
            if let Some(partition) = self.partitions.get_mut(&slice.partition) {
                partition.from = slice.next_offset;
                while partition
                    .records
                    .front()
                    .is_some_and(|record| record.offset < slice.next_offset)
                {
                    partition.records.pop_front();
                }
            }
        }
    }

    /// Leaves one record out for good; the position still moves over it.
    pub(super) fn leave_out(&mut self, partition: i32, offset: i64) {
        if let Some(partition) = self.partitions.get_mut(&partition) {
            partition.records.retain(|record| record.offset != offset);
        }
    }
}

#[cfg(test)]
mod tests;
