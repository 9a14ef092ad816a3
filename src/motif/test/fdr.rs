//! The false discovery rate, estimated from the replicates.
//!
//! `N_j(z)`: the patterns of replicate j with a score of at least the floor and a standardised score of at least z, the
//! data being j = 0. For a
//! threshold z of the data, `mean over j = 0..R of N_j(z) / N_0(z)` estimates the share of false patterns among those
//! found (Storey and Tibshirani 2003; Tusher, Tibshirani and Chu 2001), the choice of the patterns by `min_count` being
//! repeated in each replicate. The q-value of a pattern is the least such rate over the thresholds up to its score.
//! Each replicate gives a least rate too, and the q-value is not below the Monte Carlo p-value of its own least rate:
//! if no pattern is real, some q-value is at most q with a chance of at most q.

use std::sync::atomic::{AtomicU32, Ordering};

use super::maxima::SizeScale;
use super::score::STEPS;
use crate::motif::enumerate::{MAX_NODES, MIN_NODES};

/// Sizes of patterns.
const SIZES: usize = MAX_NODES - MIN_NODES + 1;
/// Bins of scores of one size, 1/64 wide, from the floor on; the last one holds all above.
const BINS: usize = 1024;
/// Largest number of replicates whose scores are kept, 12 KB each: a rate needs no more.
const MAX_REPLICATES: u32 = 999;
/// The same, for the estimate of memory.
pub(in crate::motif) const MAX_SCORED: u64 = MAX_REPLICATES as u64;
/// Bytes of the scores of a replicate.
pub(in crate::motif) const SCORE_BYTES: u64 = (4 * SIZES * BINS) as u64;
/// Thresholds per unit of standardised score.
const THRESHOLDS: f64 = 16.0;

/// Above the rounding error of a threshold in bins, and below the distance of any other threshold from a bin's edge.
const ROUNDING: f64 = 1e-6;

/// The number of patterns by score, of the data and of each replicate.
pub(super) struct ScoreCounts {
    /// `[replicates + 1, sizes, bins]`; the data first.
    counts: Vec<AtomicU32>,
    replicates: u32,
    floor: f64,
}

impl ScoreCounts {
    /// Counts of the scores from `floor` on.
    pub(super) fn new(replicates: u32, floor: f64) -> Self {
        let replicates = replicates.min(MAX_REPLICATES);
        let cells = (replicates as usize + 1) * SIZES * BINS;
        Self { counts: (0..cells).map(|_| AtomicU32::new(0)).collect(), replicates, floor }
    }

    /// Counts a pattern of `k` events of a replicate; of the data if `replicate` is `None`.
    pub(super) fn add(&self, replicate: Option<u32>, k: usize, score: f64) {
        let row = replicate.map_or(0, |replicate| replicate + 1);
        if row <= self.replicates && score >= self.floor {
            let at = (row as usize * SIZES + k - MIN_NODES) * BINS + bin(score, self.floor);
            self.counts[at].fetch_add(1, Ordering::Relaxed);
        }
    }

    /// The false discovery rates; `scales` are those of the sizes from 3 to 5.
    pub(super) fn rates(&self, scales: &[SizeScale; SIZES]) -> Rates {
        let floor = self.floor;
        let edge = |at: usize| floor + at as f64 / STEPS;
        let lowest = scales.iter().map(|scale| scale.standardised(floor)).fold(f64::INFINITY, f64::min);
        let highest = scales.iter().map(|scale| scale.standardised(edge(BINS - 1))).fold(lowest, f64::max);
        let thresholds = ((highest - lowest) * THRESHOLDS) as usize + 1;
        let first_bins: Vec<[usize; SIZES]> = (0..thresholds)
            .map(|at| {
                let z = lowest + at as f64 / THRESHOLDS;
                scales.map(|scale| {
                    // the first bin whose lower edge is at least z
                    let steps = (scale.median + z * scale.spread - floor) * STEPS;
                    ((steps - ROUNDING).ceil().max(0.0) as usize).min(BINS)
                })
            })
            .collect();
        let above: Vec<Vec<u32>> =
            self.counts.chunks(SIZES * BINS).map(|counts| patterns_above(counts, &first_bins)).collect();
        let rows = above.len() as f64;
        let mean = |at: usize| above.iter().map(|row| u64::from(row[at])).sum::<u64>() as f64 / rows;
        let means: Vec<f64> = (0..thresholds).map(mean).collect();
        let rate = |row: &[u32], at: usize| if row[at] > 0 { means[at] / f64::from(row[at]) } else { 1.0 };
        // of the data: the least rate over the thresholds up to each
        let mut least = 1.0_f64;
        let running = (0..thresholds).map(|at| {
            least = least.min(rate(&above[0], at));
            least
        });
        let of_data = running.collect();
        let least_of = |row: &Vec<u32>| (0..thresholds).map(|at| rate(row, at)).fold(1.0, f64::min);
        let mut least_of_replicates: Vec<f64> = above[1..].iter().map(least_of).collect();
        least_of_replicates.sort_unstable_by(f64::total_cmp);
        Rates { floor, first_bins, of_data, least_of_replicates }
    }
}

/// The bin of a score that is at least the floor.
fn bin(score: f64, floor: f64) -> usize {
    (((score - floor) * STEPS) as usize).min(BINS - 1)
}

/// Number of patterns in the bins from the first ones of each threshold on; `counts` is `[sizes, bins]`.
fn patterns_above(counts: &[AtomicU32], first_bins: &[[usize; SIZES]]) -> Vec<u32> {
    let from_bin = |counts: &[AtomicU32]| {
        let mut above = vec![0; BINS + 1];
        for at in (0..BINS).rev() {
            above[at] = above[at + 1] + counts[at].load(Ordering::Relaxed);
        }
        above
    };
    let above: Vec<Vec<u32>> = counts.chunks(BINS).map(from_bin).collect();
    first_bins.iter().map(|bins| bins.iter().zip(&above).map(|(&bin, above)| above[bin]).sum()).collect()
}

/// False discovery rates by score.
pub(super) struct Rates {
    floor: f64,
    /// For each threshold, the first bin of each size that reaches it.
    first_bins: Vec<[usize; SIZES]>,
    /// For each threshold, the least rate over the thresholds up to it.
    of_data: Vec<f64>,
    /// The least rate of each replicate, rising.
    least_of_replicates: Vec<f64>,
}

impl Rates {
    /// The q-value of a pattern of `k` events.
    pub(super) fn q_value(&self, k: usize, score: f64) -> f64 {
        if score < self.floor {
            return 1.0;
        }
        let bin = bin(score, self.floor);
        // the lowest threshold is that of the floor of some size, so every size reaches it
        let reached = self.first_bins.partition_point(|bins| bins[k - MIN_NODES] <= bin);
        let rate = self.of_data[reached.saturating_sub(1)];
        let below = self.least_of_replicates.partition_point(|&least| least <= rate);
        rate.max((below as f64 + 1.0) / (self.least_of_replicates.len() as f64 + 1.0))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SCALES: [SizeScale; SIZES] = [SizeScale { median: 3.0, spread: 0.5 }; SIZES];

    #[test]
    fn the_rate_is_the_mean_number_of_patterns_over_that_of_the_data() {
        let counts = ScoreCounts::new(9, 2.5);
        // the data: 8 patterns at 5.0; each replicate: one at 5.0 in a size of its own, and noise below
        (0..8).for_each(|_| counts.add(None, 3, 5.0));
        for replicate in 0..9 {
            counts.add(Some(replicate), 3 + replicate as usize % 3, 5.0);
            counts.add(Some(replicate), 4, 3.0);
        }
        let rates = counts.rates(&SCALES);
        // (8 + 9) / 10 patterns on average, 8 in the data; every replicate finds 1.7 / 1, so its least rate is 1
        assert_eq!(rates.q_value(3, 5.0), 1.7 / 8.0);
        assert_eq!(rates.q_value(5, 9.0), 1.7 / 8.0, "the least rate of a lower threshold");
        assert_eq!([rates.q_value(3, 2.0), rates.q_value(3, 2.5)], [1.0, 2.6 / 8.0]);
    }

    #[test]
    fn a_rate_that_replicates_reach_too_is_no_better_than_their_number() {
        let counts = ScoreCounts::new(19, 2.5);
        // the data and three replicates have ten patterns at 6.0, the others none
        for replicate in [None, Some(1), Some(5), Some(9)] {
            (0..10).for_each(|_| counts.add(replicate, 4, 6.0));
        }
        // mean 40 / 20 = 2, so a rate of .2 in four of twenty
        assert_eq!(counts.rates(&SCALES).q_value(4, 6.0), 0.2);
        let counts = ScoreCounts::new(19, 2.5);
        for replicate in [None, Some(1), Some(5), Some(9)] {
            (0..40).for_each(|_| counts.add(replicate, 4, 6.0));
            (0..40).for_each(|_| counts.add(replicate, 4, 3.0));
        }
        assert_eq!(counts.rates(&SCALES).q_value(4, 6.0), 0.2);
    }

    #[test]
    fn scores_above_the_last_bin_and_replicates_beyond_the_last_kept_are_no_error() {
        let counts = ScoreCounts::new(MAX_REPLICATES + 5, 2.5);
        counts.add(None, 5, 1e6);
        counts.add(Some(MAX_REPLICATES + 4), 5, 3.0);
        assert!(counts.rates(&SCALES).q_value(5, 1e6) < 0.01);
    }
}
