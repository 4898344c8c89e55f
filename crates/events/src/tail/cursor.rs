//! The next offset of each partition.

/// Keeps records that come twice out, and knows when the log of the beginning is read.
#[derive(Debug)]
pub(super) struct Cursor {
    /// Next offset, by partition.
    pub(super) positions: Vec<i64>,
    /// Where the log ended when the tail was opened, by partition.
    goals: Vec<i64>,
    /// Partitions that have not reached their goal.
    pub(super) unseeded: usize,
}

impl Cursor {
    pub(super) fn new(starts: &[i64], goals: Vec<i64>) -> Self {
        let unseeded = starts
            .iter()
            .zip(&goals)
            .filter(|(start, goal)| start < goal)
            .count();
        Self {
            positions: starts.to_vec(),
            goals,
            unseeded,
        }
    }

    /// False for what was read already: a fetch that was under way while its partition moved to another broker may come twice.
    pub(super) fn accept(&mut self, partition: i32, offset: i64) -> bool {
        let Some((position, goal)) = usize::try_from(partition)
            .ok()
            .and_then(|index| Some((self.positions.get_mut(index)?, self.goals[index])))
        else {
            return false;
        };
        if offset < *position {
            return false;
        }
        if *position < goal && offset + 1 >= goal {
            self.unseeded -= 1;
        }
        *position = offset + 1;
        true
    }
}

#[cfg(test)]
mod tests;
