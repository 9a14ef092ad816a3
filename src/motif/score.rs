//! The score of a pattern: how far its count lies above the null, on one scale for all patterns.
//!
//! `2 (sqrt(count / d + 3/8) - sqrt(mean / d + 3/8))` with the pattern's mean and dispersion `d` (variance over mean)
//! in pilot draws of the null, which are used for nothing else. Occurrences overlap and come in clumps of about `d`,
//! clumps are nearly Poisson, and the root (Anscombe 1948) gives rare and common patterns like tails: divided by a
//! standard deviation instead, the clumps of a few rare patterns hide every effect in the common ones. Dispersions
//! are drawn towards that of all patterns of the shape, `d = (variance + d_shape) / (mean + 1)`; a pattern that the
//! first few pilots do not list is rare: its mean is taken as 0.

use super::code::{Code, CodeMap};
use super::tally::Tally;

/// What fixes a pattern's score.
#[derive(Clone, Copy)]
pub(super) struct Scale {
    mean: f64,
    dispersion: f64,
}

impl Scale {
    /// Rises with the count, and falls with the mean.
    pub(super) fn score(self, count: u64) -> f64 {
        let root = |count: f64| (count / self.dispersion + 0.375).sqrt();
        2.0 * (root(count as f64) - root(self.mean))
    }
}

/// The scales of one shape's patterns.
pub(super) struct Scales<C> {
    of: CodeMap<C, Scale>,
    /// That of a pattern which is rare under the null.
    rare: Scale,
    /// Gives no pattern of the shape less than its score.
    highest: Scale,
}

impl<C: Code> Scales<C> {
    /// From the patterns' codes and their mean and variance in the pilots.
    pub(super) fn of(patterns: &[(C, (f64, f64))]) -> Self {
        let (means, variances) =
            patterns.iter().fold((0.0, 0.0), |(m, v), (_, (mean, variance))| (m + mean, v + variance));
        // clumps hold one occurrence at least
        let of_shape = if means > 0.0 { (variances / means).max(1.0) } else { 1.0 };
        let scale = |&(code, (mean, variance)): &(C, (f64, f64))| {
            (code, Scale { mean, dispersion: (variance + of_shape) / (mean + 1.0) })
        };
        let of: CodeMap<C, Scale> = patterns.iter().map(scale).collect();
        let least = of.values().fold(of_shape, |least, scale| least.min(scale.dispersion));
        let rare = |dispersion| Scale { mean: 0.0, dispersion };
        Self { of, rare: rare(of_shape), highest: rare(least) }
    }

    pub(super) fn get(&self, code: C) -> Scale {
        self.of.get(&code).copied().unwrap_or(self.rare)
    }

    /// The largest score in a draw, if it is above `bar`.
    pub(super) fn largest(&self, tally: &Tally<C>, bar: f64) -> f64 {
        tally.reached().iter().fold(bar, |max, &code| {
            let count = u64::from(tally.get(code));
            // most counts are too low in any case: save the look-up
            if self.highest.score(count) <= max { max } else { max.max(self.get(code).score(count)) }
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn scores_rise_with_the_count_and_clumps_count_as_one() {
        // a pattern that comes in clumps of 4, one that comes singly, and a rare one
        let scales = Scales::<u64>::of(&[(1, (40.0, 160.0)), (2, (40.0, 40.0))]);
        let score = |code, count| scales.get(code).score(count);
        assert!((1..99).all(|count| score(1, count) < score(1, count + 1)));
        assert!(score(1, 60) < 0.6 * score(2, 60));
        assert!(score(2, 9) < 0.0 && score(3, 9) > 0.0);
        assert!([1, 2, 3].iter().all(|&code| score(code, 60) <= scales.highest.score(60)));
    }

    #[test]
    fn counts_that_never_vary_divide_by_no_zero() {
        let scales = Scales::<u64>::of(&[(1, (7.0, 0.0))]);
        assert!([1, 2].iter().all(|&code| scales.get(code).score(9).is_finite()));
    }
}
