//! Estimated memory of a mining run, before it starts.

use super::MotifConfig;
use super::census::MAX_KEPT_OCCURRENCES;
use super::replicate::{LABEL_BYTES, LANES};
use super::test::{LARGEST_SCORE_BYTES, MAX_SCORED, SCORE_BYTES};

/// Approximate largest number of enumerated occurrences that are not yet sorted by shape.
const UNSORTED_OCCURRENCES: f64 = 2e6;
/// Largest number of labels that are stored as one byte each.
const MAX_BYTE_LABELS: usize = 256;

/// Estimated peak memory of [`mine`](super::mine()), bytes, for about `instances` occurrences among `events` events
/// with `labels` labels: occurrences, drawn labels, occurrences not yet sorted by shape, and the scores of the
/// replicates. Excludes the rows of the patterns: their number is known only once they are counted.
pub fn memory_bytes(instances: f64, events: u64, labels: usize, config: &MotifConfig) -> u64 {
    let set_bytes = 4.0 * config.max_nodes as f64;
    let occurrences = set_bytes * instances.min(MAX_KEPT_OCCURRENCES as f64);
    let unsorted = set_bytes * instances.min(UNSORTED_OCCURRENCES);
    let iterations = u64::from(config.iterations);
    let one_replicate = events * if labels <= MAX_BYTE_LABELS { 1 } else { 4 };
    // a batch has one replicate per lane, whatever the size of the graphs
    let one_batch = one_replicate * (LANES as u64).min(iterations);
    let replicates = one_replicate.saturating_mul(iterations).min(LABEL_BYTES as u64).max(one_batch);
    let scores = LARGEST_SCORE_BYTES * iterations + SCORE_BYTES * (iterations.min(MAX_SCORED) + 1);
    // row bounds, label, bands and time of each event in the union of the graphs
    (occurrences + unsorted) as u64 + replicates + scores + 40 * events
}
