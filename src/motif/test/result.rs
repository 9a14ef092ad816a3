//! The result of the test.

use super::maxima::monte_carlo_p;
use super::score::Scale;

/// The result of the test of all patterns.
pub(in crate::motif) struct TestResult {
    /// The outcome of each pattern, in the order of the census.
    pub(in crate::motif) outcomes: Vec<PatternOutcome>,
    /// Largest score of each replicate, rising; -infinity if no pattern reached `min_count`.
    pub(super) maxima: Vec<f64>,
    /// The same over the graphs that are not held out.
    pub(super) discovery_maxima: Vec<f64>,
}

impl TestResult {
    /// Family-wise p of a pattern.
    pub(in crate::motif) fn p_fwer(&self, outcome: &PatternOutcome) -> f64 {
        monte_carlo_p(&self.maxima, outcome.score)
    }

    /// Family-wise p of a pattern in the graphs that are not held out; 1 if it occurs fewer than `min_count` times
    /// there.
    pub(in crate::motif) fn p_discovery(&self, outcome: &PatternOutcome) -> f64 {
        outcome.discovery_score.map_or(1.0, |score| monte_carlo_p(&self.discovery_maxima, score))
    }
}

/// Comparison of one pattern's counts in the data with those in the replicates, and its scores.
#[derive(Debug, Clone, Copy, Default)]
pub(in crate::motif) struct PatternOutcome {
    /// Number of replicates in which its count is at least that in the data.
    pub(in crate::motif) count_ge: u32,
    /// Number of replicates in which its count is at most that in the data.
    pub(in crate::motif) count_le: u32,
    /// Mean of its counts in the replicates.
    pub(in crate::motif) null_mean: f64,
    /// Standard deviation of its counts in the replicates, over n - 1.
    pub(in crate::motif) null_sd: f64,
    /// Score in all graphs.
    pub(super) score: f64,
    /// Score in the graphs that are not held out; `None` if it occurs fewer than `min_count` times there.
    pub(super) discovery_score: Option<f64>,
    /// Count in the held-out graphs.
    pub(super) held_out_count: u32,
    /// Scale of the score in the held-out graphs.
    pub(super) held_out_scale: Scale,
}

impl PatternOutcome {
    /// Score in the held-out graphs.
    pub(super) fn held_out_score(&self) -> f64 {
        self.held_out_scale.score(self.held_out_count)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn p_discovery_compares_with_the_maxima_of_the_graphs_not_held_out() {
        let result =
            TestResult { outcomes: Vec::new(), maxima: vec![9.0; 3], discovery_maxima: vec![1.0, 2.0, 3.0] };
        let of = |discovery_score| {
            result.p_discovery(&PatternOutcome { discovery_score, ..PatternOutcome::default() })
        };
        assert_eq!([of(Some(3.5)), of(Some(2.0)), of(Some(0.5)), of(None)], [0.25, 0.75, 1.0, 1.0]);
    }
}
