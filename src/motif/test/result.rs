//! The result of the test.

use super::fdr::{Rates, ScoreCounts};
use super::maxima::{Maxima, SizeScale, monte_carlo_p};
use super::score::Scale;
use crate::motif::census::Census;
use crate::motif::enumerate::MIN_NODES;

/// The result of the test of all patterns.
pub(in crate::motif) struct TestResult {
    /// The outcome of each pattern, in the order of the census.
    pub(in crate::motif) outcomes: Vec<PatternOutcome>,
    /// The lowest score that is compared.
    floor: f64,
    /// Scales of the largest scores of patterns of 3, 4 and 5 events.
    scales: [SizeScale; 3],
    /// Largest standardised score of each replicate, rising.
    maxima: Vec<f64>,
    rates: Rates,
}

/// One pattern in the data and in the calibration, and its score.
#[derive(Debug, Clone, Copy)]
pub(in crate::motif) struct PatternOutcome {
    /// Number of event-disjoint occurrences in the data.
    pub(in crate::motif) disjoint: u32,
    /// Mean of this number in the calibration replicates.
    pub(in crate::motif) null_mean: f64,
    /// Standard deviation of this number in the calibration replicates, over n - 1.
    pub(in crate::motif) null_sd: f64,
    /// Score of the data.
    pub(in crate::motif) score: f64,
    pub(super) scale: Scale,
}

impl Default for PatternOutcome {
    fn default() -> Self {
        Self { disjoint: 0, null_mean: 0.0, null_sd: 0.0, score: 0.0, scale: Scale::rare(0.0) }
    }
}

impl TestResult {
    /// The result of these outcomes, in the order of the census; `maxima` are those of the replicates, by size.
    pub(super) fn new(
        census: &Census,
        outcomes: Vec<PatternOutcome>,
        floor: f64,
        maxima: &[Maxima; 3],
        counts: &ScoreCounts,
    ) -> Self {
        // the largest score of the data first, then those of the replicates
        let mut of_size = maxima.each_ref().map(|maxima| [vec![floor], maxima.values()].concat());
        for (counted, outcome) in census.patterns.iter().zip(&outcomes) {
            let largest = &mut of_size[usize::from(counted.pattern.k()) - MIN_NODES][0];
            *largest = largest.max(outcome.score);
        }
        let scales = of_size.each_ref().map(|values| SizeScale::of(values));
        let standardised = |replicate: usize| {
            let sizes = scales.iter().zip(&of_size);
            sizes.map(|(scale, values)| scale.standardised(values[replicate])).fold(f64::MIN, f64::max)
        };
        let mut maxima: Vec<f64> = (1..of_size[0].len()).map(standardised).collect();
        maxima.sort_unstable_by(f64::total_cmp);
        Self { outcomes, floor, scales, maxima, rates: counts.rates(&scales) }
    }

    /// Family-wise p of a pattern of `k` events.
    pub(in crate::motif) fn p_fwer(&self, k: usize, outcome: &PatternOutcome) -> f64 {
        if outcome.score < self.floor {
            return 1.0;
        }
        monte_carlo_p(&self.maxima, self.scales[k - MIN_NODES].standardised(outcome.score))
    }

    /// The q-value of a pattern of `k` events.
    pub(in crate::motif) fn q_value(&self, k: usize, outcome: &PatternOutcome) -> f64 {
        self.rates.q_value(k, outcome.score)
    }

    /// Median of the largest scores of patterns of `k` events.
    pub(super) fn median(&self, k: usize) -> f64 {
        self.scales[k - MIN_NODES].median
    }
}
