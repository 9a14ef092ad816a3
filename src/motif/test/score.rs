//! The score of a pattern: the excess of its event-disjoint count over the null, comparable between patterns.
//!
//! `2 (sqrt(c / d + 3/8) - sqrt(m / d + 3/8))`, rounded down to a multiple of 1/64, for `c` event-disjoint
//! occurrences. `m` and `d = min(1, (v + 5) / (m + 5))` come from the mean `m` and the variance `v` of `c` in the
//! calibration replicates, which are used for nothing else. The count of rare occurrences is nearly Poisson, and the
//! square root (Anscombe 1948) gives it a variance of nearly 1, so that rare and common patterns have similar tails.
//! Where labels are scarce the count varies less than that, and `d` makes up for it.
//!
//! A pattern is common if it reaches `min_count` in at least two of the first eight calibration replicates; it has its
//! own `m` and `d`. For any other pattern `d` is 1 and `m` is what independent labels give: the occurrences of the
//! shape in the data times the share of each label among all events, at most `min_count - 1`. There are too many of
//! them to keep moments of each.

use crate::motif::enumerate::ShapeIdx;
use crate::motif::graph::Union;
use crate::motif::pattern::{LabelKey, digits};

/// Steps of a score per unit.
pub(super) const STEPS: f64 = 64.0;
/// Lowest scores that are compared, and the tails of the normal distribution above them.
const FLOORS: [(f64, f64); 7] = [
    (1.0, 0.1587),
    (1.5, 0.0668),
    (2.0, 0.0228),
    (2.5, 6.21e-3),
    (3.0, 1.35e-3),
    (3.5, 2.33e-4),
    (4.0, 3.17e-5),
];
/// Patterns that independent normal scores would put above the floor: enough that the largest score and a false
/// discovery rate are known.
const ABOVE_FLOOR: f64 = 50.0;
/// Offset of Anscombe's variance-stabilising transform.
const ANSCOMBE: f64 = 0.375;
/// Weight of a dispersion of 1, in occurrences.
const PRIOR: f64 = 5.0;

/// The parameters of a pattern's score.
#[derive(Debug, Clone, Copy)]
pub(super) struct Scale {
    /// 1 / d.
    inverse_dispersion: f64,
    /// sqrt(m / d + 3/8).
    root_of_mean: f64,
}

impl Scale {
    /// The scale of a common pattern, of the mean and the variance of its count.
    pub(super) fn common(mean: f64, variance: f64) -> Self {
        let dispersion = ((variance + PRIOR) / (mean + PRIOR)).min(1.0);
        Self::with(mean, 1.0 / dispersion)
    }

    /// The scale of a rare pattern, of the mean of its count.
    pub(super) fn rare(mean: f64) -> Self {
        Self::with(mean, 1.0)
    }

    /// The scale with the dispersion of this one and another mean.
    pub(super) fn with_mean(self, mean: f64) -> Self {
        Self::with(mean, self.inverse_dispersion)
    }

    fn with(mean: f64, inverse_dispersion: f64) -> Self {
        Self { inverse_dispersion, root_of_mean: (mean * inverse_dispersion + ANSCOMBE).sqrt() }
    }

    /// Score of an event-disjoint count; rises with it and falls with the mean.
    #[inline]
    pub(super) fn score(self, disjoint: u32) -> f64 {
        let root = (f64::from(disjoint) * self.inverse_dispersion + ANSCOMBE).sqrt();
        (2.0 * (root - self.root_of_mean) * STEPS).floor() / STEPS
    }

    /// The smallest count whose score is at least `floor`.
    pub(super) fn least(self, floor: f64) -> u32 {
        let (mut low, mut high) = (0, u32::MAX);
        while low < high {
            let middle = low + (high - low) / 2;
            if self.score(middle) >= floor { high = middle } else { low = middle + 1 }
        }
        low
    }
}

/// The lowest score that is compared between patterns. Among many patterns low scores are common and mean nothing, so
/// that replicates need not be read in detail for them: the floor rises with the number of patterns that can reach
/// `min_count`, which is the same in the data and in every replicate.
pub(super) fn floor(shape_counts: &[u64], labels: usize, min_count: u64) -> f64 {
    let most = |(shape, &instances): (ShapeIdx, &u64)| {
        let possible = (labels as f64).powi(shape.nodes() as i32);
        possible.min((instances / min_count) as f64)
    };
    let patterns: f64 = ShapeIdx::all().zip(shape_counts).map(most).sum();
    let holds = |&&(_, tail): &&(f64, f64)| patterns * tail >= ABOVE_FLOOR;
    FLOORS.iter().rev().find(holds).unwrap_or(&FLOORS[0]).0
}

/// Mean counts of the rare patterns of one shape.
#[derive(Debug, Clone)]
pub(super) struct RareMeans<'a> {
    /// Share of each label among all events.
    shares: &'a [f64],
    /// Occurrences of the shape in the data.
    instances: f64,
    largest: f64,
    /// Bits of a label in a key, and number of labels.
    digits: (u32, usize),
}

impl<'a> RareMeans<'a> {
    /// `shares` as of [`label_shares`]; `digits` are the bits of a label in a key and the number of labels.
    pub(super) fn new(shares: &'a [f64], instances: u64, min_count: u32, digits: (u32, usize)) -> Self {
        let largest = f64::from(min_count.saturating_sub(1));
        Self { shares, instances: instances as f64, largest, digits }
    }

    /// The scale of the rare pattern with this key.
    pub(super) fn scale<L: LabelKey>(&self, key: L) -> Scale {
        let (bits, k) = self.digits;
        let labels = &digits(key, 1 << bits, k)[..k];
        let mean = labels.iter().fold(self.instances, |mean, label| mean * self.shares[label.index()]);
        Scale::rare(mean.min(self.largest))
    }
}

/// Share of each label of the vocabulary among all events.
pub(super) fn label_shares(union: &Union) -> Vec<f64> {
    let mut counts = vec![0_u32; union.vocabulary.len()];
    union.labels.iter().for_each(|label| counts[label.index()] += 1);
    counts.iter().map(|&n| f64::from(n) / union.labels.len() as f64).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn scores_rise_with_the_count_and_scarce_labels_count_more() {
        let [poisson, scarce] = [Scale::common(9.0, 9.5), Scale::common(9.0, 1.0)];
        assert!((1..99).all(|count| poisson.score(count) <= poisson.score(count + 1)));
        assert!(scarce.score(14) > 1.4 * poisson.score(14));
        assert_eq!(poisson.score(9), 0.0);
        // 2 (sqrt(15.375) - sqrt(9.375)) = 1.7186...
        assert_eq!(poisson.score(15), (1.7186_f64 * 64.0).floor() / 64.0);
        for (floor, _) in FLOORS {
            for scale in [poisson, scarce, Scale::rare(0.0), Scale::rare(1.5)] {
                let least = scale.least(floor);
                assert!(scale.score(least) >= floor && scale.score(least - 1) < floor);
            }
        }
        assert_eq!([2.5, 3.0].map(|floor| Scale::rare(0.0).least(floor)), [4, 5]);
    }

    #[test]
    fn the_floor_rises_with_the_number_of_patterns_that_can_be_frequent() {
        let mut counts = vec![0; crate::motif::enumerate::SHAPES];
        assert_eq!(floor(&counts, 9, 3), 1.0);
        counts[7] = 3_000;
        // 27 patterns of three labels, 1000 of ten or more
        assert_eq!([floor(&counts, 3, 3), floor(&counts, 10, 3), floor(&counts, 99, 3)], [1.0, 1.5, 1.5]);
        counts[1000] = 3_000_000;
        assert_eq!([floor(&counts, 99, 3), floor(&counts, 99, 30)], [3.5, 3.0]);
        let likely = |z: f64| FLOORS.iter().find(|(floor, _)| *floor == z).unwrap().1;
        assert!((likely(2.0) - 0.02275).abs() < 1e-4);
    }

    #[test]
    fn a_rare_pattern_has_the_mean_of_independent_labels_and_no_more_than_a_rare_one_has() {
        let shares = [0.5, 0.25, 0.25];
        let means = RareMeans::new(&shares, 40, 3, (2, 3));
        let key = |labels: [u32; 3]| labels.into_iter().fold(0, |key: u64, label| key.push_bits(2, label));
        let score = |labels| means.scale(key(labels)).score(6);
        assert_eq!(score([0, 1, 2]), Scale::rare(1.25).score(6));
        assert_eq!(score([0, 0, 0]), Scale::rare(2.0).score(6));
        assert_eq!(Scale::common(4.0, 2.0).with_mean(1.0).score(3), {
            let d: f64 = 7.0 / 9.0;
            (128.0 * ((3.0 / d + 0.375).sqrt() - (1.0 / d + 0.375).sqrt())).floor() / 64.0
        });
    }
}
