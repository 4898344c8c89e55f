//! When one person was in one conversation, put together from a snapshot and from the log.
//!
//! Either may be older than the other, and the log may say a thing twice. Revisions decide: what is not newer than what is
//! known changes nothing, except that of two records of one change the first counts.

/// One stay: from `joined_sequence` to `left_sequence`, both included.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Stay {
    /// The conversation's revision that began it.
    pub joined_revision: i64,
    /// The event that began it.
    pub joined_sequence: i64,
    /// The revision that ended it; 0 while it lasts.
    pub left_revision: i64,
    /// The event that ended it; 0 while it lasts.
    pub left_sequence: i64,
}

impl Stay {
    fn covers(&self, sequence: i64) -> bool {
        self.joined_sequence <= sequence
            && (self.left_sequence == 0 || sequence <= self.left_sequence)
    }

    fn newest_revision(&self) -> i64 {
        self.joined_revision.max(self.left_revision)
    }
}

/// All stays of one person in one conversation, oldest first.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Stays(Vec<Stay>);

impl Stays {
    /// Adds a stay of the snapshot, which may come in any order.
    pub fn insert(&mut self, stay: Stay) {
        let at = self
            .0
            .partition_point(|known| known.joined_revision < stay.joined_revision);
        self.0.insert(at, stay);
    }

    /// The log says that a stay began.
    pub fn join(&mut self, revision: i64, sequence: i64) {
        if let Some(stay) = self
            .0
            .iter_mut()
            .find(|stay| stay.joined_revision == revision)
        {
            stay.joined_sequence = stay.joined_sequence.min(sequence);
        } else if revision > self.newest_revision()
            && self.0.last().is_none_or(|stay| stay.left_revision != 0)
        {
            self.0.push(Stay {
                joined_revision: revision,
                joined_sequence: sequence,
                left_revision: 0,
                left_sequence: 0,
            });
        }
    }

    /// The log says that the stay ended.
    pub fn leave(&mut self, revision: i64, sequence: i64) {
        let newest = self.newest_revision();
        if let Some(stay) = self
            .0
            .iter_mut()
            .find(|stay| stay.left_revision == revision)
        {
            stay.left_sequence = stay.left_sequence.min(sequence);
        } else if let Some(stay) = self.0.last_mut()
            && revision > newest
            && stay.left_revision == 0
        {
            stay.left_revision = revision;
            stay.left_sequence = sequence;
        }
    }

    /// Whether an event of this sequence goes to the person.
    pub fn cover(&self, sequence: i64) -> bool {
        self.0.iter().rev().any(|stay| stay.covers(sequence))
    }

    /// Whether the newest stay lasts, as far as is known.
    pub fn last(&self) -> bool {
        self.0.last().is_some_and(|stay| stay.left_revision == 0)
    }

    fn newest_revision(&self) -> i64 {
        self.0.iter().map(Stay::newest_revision).max().unwrap_or(0)
    }
}

#[cfg(test)]
mod tests;
