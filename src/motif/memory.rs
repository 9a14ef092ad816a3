//! The memory that mining takes, estimated before it starts.

use super::MotifConfig;
use super::census::KEPT;
use super::replicate::{LABEL_BYTES, LANES};

/// Occurrences of an enumeration that wait to be sorted by shape, about.
const UNSORTED: f64 = 2e6;
/// Largest number of labels for which a drawn label takes one byte.
const BYTE_LABELS: usize = 256;

/// Estimated bytes that [`mine`](super::mine()) takes for about `instances` occurrences among `events` events with
/// `labels` labels: occurrences, drawn labels, sets that wait to be sorted by shape, and the scores of the
/// replicates. The rows of the patterns come on top: their number is known only once they are counted.
pub fn memory_bytes(instances: f64, events: u64, labels: usize, config: &MotifConfig) -> u64 {
    let set_bytes = 4.0 * config.max_nodes as f64;
    let occurrences = set_bytes * instances.min(KEPT as f64);
    let unsorted = set_bytes * instances.min(UNSORTED);
    let iterations = u64::from(config.iterations);
    let one_replicate = events * if labels <= BYTE_LABELS { 1 } else { 4 };
    // one replicate for each lane, at any size
    let at_least = one_replicate * (LANES as u64).min(iterations);
    let replicates = one_replicate.saturating_mul(iterations).min(LABEL_BYTES as u64).max(at_least);
    // two scores a replicate, and the number, time and label of each event in the union of the graphs
    (occurrences + unsorted) as u64 + replicates + 16 * iterations + 40 * events
}
