//! A topic in its present generation, and the arithmetic of partitions and sequences.

use crate::config::TopicConfig;

/// Bits of a sequence that hold `offset + 1`. With 13 bits of epoch above, a sequence stays below 2^53, so that a JavaScript
/// number and a Redis score hold it exactly.
const OFFSET_BITS: u32 = 40;
const OFFSET_MASK: i64 = (1 << OFFSET_BITS) - 1;

/// Highest epoch whose sequences stay below 2^53.
pub(crate) const EPOCH_MAX: u32 = (1 << (53 - OFFSET_BITS)) - 1;

/// One generation of a topic.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Topic {
    kafka_name: String,
    epoch: u32,
    partitions: i32,
}

impl Topic {
    /// The topic that a configuration names.
    pub fn new(config: &TopicConfig) -> Self {
        Self {
            kafka_name: format!("{}.{}", config.name, config.epoch),
            epoch: config.epoch,
            partitions: config.partitions,
        }
    }

    /// Name at the broker: `{name}.{epoch}`.
    pub fn kafka_name(&self) -> &str {
        &self.kafka_name
    }

    /// The generation, from 0.
    pub fn epoch(&self) -> u32 {
        self.epoch
    }

    /// Number of partitions. It never changes under a live topic.
    pub fn partitions(&self) -> i32 {
        self.partitions
    }

    /// The sequence of the record at `offset`: `epoch << 40 | (offset + 1)`, so that 0 means none. It grows within a partition,
    /// and over epochs.
    pub fn sequence(&self, offset: i64) -> i64 {
        (i64::from(self.epoch) << OFFSET_BITS) | (offset + 1)
    }

    /// The offset behind a sequence; `None` where the sequence is 0, negative, or of another epoch.
    pub fn offset_of(&self, sequence: i64) -> Option<i64> {
        let offset = (sequence & OFFSET_MASK) - 1;
        (sequence > 0 && sequence >> OFFSET_BITS == i64::from(self.epoch) && offset >= 0)
            .then_some(offset)
    }

    /// The partition of a key: murmur2 modulo the number of partitions, as Java's default partitioner has it.
    pub fn partition_of(&self, key: &[u8]) -> i32 {
        let positive = murmur2(key) & 0x7fff_ffff;
        i32::try_from(positive).expect("31 bits fit") % self.partitions
    }
}

/// The 32-bit murmur2 of Kafka's Java client (`org.apache.kafka.common.utils.Utils.murmur2`).
pub fn murmur2(data: &[u8]) -> u32 {
    const SEED: u32 = 0x9747_b28c;
    const M: u32 = 0x5bd1_e995;
    const R: u32 = 24;

    let length = u32::try_from(data.len()).expect("a key is far shorter than 4 GiB");
    let mut hash = SEED ^ length;
    let mut words = data.chunks_exact(4);
    for word in &mut words {
        let mut k = u32::from_le_bytes(word.try_into().expect("chunks of four"));
        k = k.wrapping_mul(M);
        k ^= k >> R;
        k = k.wrapping_mul(M);
        hash = hash.wrapping_mul(M) ^ k;
    }
    let rest = words.remainder();
    if !rest.is_empty() {
        for (index, byte) in rest.iter().enumerate() {
            hash ^= u32::from(*byte) << (8 * index);
        }
        hash = hash.wrapping_mul(M);
    }
    hash ^= hash >> 13;
    hash = hash.wrapping_mul(M);
    hash ^ (hash >> 15)
}

#[cfg(test)]
mod tests;
