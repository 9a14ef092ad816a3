//! The largest score of each replicate, by size of the patterns.

use std::sync::atomic::{AtomicU32, Ordering};

use super::score::STEPS;

/// Bytes of the largest scores of a replicate, of all sizes, and of their sorted copies.
pub(in crate::motif) const LARGEST_SCORE_BYTES: u64 = 3 * (4 + 2 * 8);

/// The largest score of each replicate, at least some lowest score; threads may raise it concurrently, and the result
/// does not depend on their order.
pub(super) struct Maxima {
    lowest: f64,
    /// Steps above the lowest score.
    steps: Vec<AtomicU32>,
}

impl Maxima {
    /// The maxima of replicates that have no score above `lowest`, a multiple of 1/64.
    pub(super) fn new(replicates: u32, lowest: f64) -> Self {
        Self { lowest, steps: (0..replicates).map(|_| AtomicU32::new(0)).collect() }
    }

    /// Raises the value of a replicate to at least `score`, a multiple of 1/64.
    pub(super) fn raise(&self, replicate: u32, score: f64) {
        if score > self.lowest {
            let steps = (score - self.lowest) * STEPS;
            self.steps[replicate as usize].fetch_max(steps as u32, Ordering::Relaxed);
        }
    }

    /// The values, by replicate.
    pub(super) fn values(&self) -> Vec<f64> {
        let value = |steps: &AtomicU32| self.lowest + f64::from(steps.load(Ordering::Relaxed)) / STEPS;
        self.steps.iter().map(value).collect()
    }
}

/// Monte Carlo p-value: (1 + number of values of at least `value`) / (1 + number of values); `values` rise.
pub(super) fn monte_carlo_p(values: &[f64], value: f64) -> f64 {
    let above = values.len() - values.partition_point(|&other| other < value);
    (above as f64 + 1.0) / (values.len() as f64 + 1.0)
}

/// The largest scores of one size of patterns, made comparable with those of the other sizes.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct SizeScale {
    /// Median of the largest scores.
    pub(super) median: f64,
    /// Their 95 % quantile less the median, at least [`LEAST_SPREAD`].
    pub(super) spread: f64,
}

/// Least spread of the largest scores: where patterns seldom reach `min_count` the quantile equals the median.
const LEAST_SPREAD: f64 = 0.5;

impl SizeScale {
    /// The scale of the largest scores `values`, that of the data among them: data and replicates are then treated
    /// alike. A quantile is an order statistic: the least value that this share of the values does not exceed.
    pub(super) fn of(values: &[f64]) -> Self {
        let mut sorted = values.to_vec();
        sorted.sort_unstable_by(f64::total_cmp);
        let quantile = |hundredths: usize| sorted[(sorted.len() * hundredths).div_ceil(100) - 1];
        let median = quantile(50);
        Self { median, spread: (quantile(95) - median).max(LEAST_SPREAD) }
    }

    /// A score in units of the spread above the median.
    pub(super) fn standardised(self, score: f64) -> f64 {
        (score - self.median) / self.spread
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const FLOOR: f64 = 2.5;

    #[test]
    fn maxima_begin_at_the_lowest_score_and_keep_the_largest() {
        let maxima = Maxima::new(3, FLOOR);
        for (replicate, scores) in [[1.0, -3.0], [2.515625, 4.25], [7.0, 2.5]].iter().enumerate() {
            scores.iter().for_each(|&score| maxima.raise(replicate as u32, score));
        }
        assert_eq!(maxima.values(), [FLOOR, 4.25, 7.0]);
    }

    #[test]
    fn sizes_are_scaled_by_order_statistics() {
        let values: Vec<f64> = (0..200).map(|i| f64::from(i * 7 % 200)).collect();
        assert_eq!(SizeScale::of(&values), SizeScale { median: 99.0, spread: 90.0 });
        let flat = SizeScale::of(&[FLOOR; 5]);
        assert_eq!((flat.spread, flat.standardised(4.0)), (LEAST_SPREAD, 3.0));
        assert_eq!(monte_carlo_p(&[1.0, 2.0, 3.0], 2.0), 0.75);
    }
}
