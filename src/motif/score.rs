//! The score of a pattern: how far its count lies above the null, on one scale for all patterns.
//!
//! `2 (sqrt(count / d + 3/8) - sqrt(mean / d + 3/8))` with the pattern's mean and dispersion `d` (variance over mean)
//! in pilot draws of the null, which are used for nothing else. Occurrences overlap and come in clumps of about `d`,
//! clumps are nearly Poisson, and the root (Anscombe 1948) gives rare and common patterns like tails: divided by a
//! standard deviation instead, the clumps of a few rare patterns hide every effect in the common ones. Dispersions
//! are drawn towards that of all patterns of the shape, `d = (variance + d_shape) / (mean + 1)`; a pattern that the
//! first few pilots do not list is rare: its mean is taken as 0.

/// What fixes a pattern's score.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Scale {
    /// 1 / d.
    inverse: f64,
    /// sqrt(mean / d + 3/8).
    root: f64,
}

impl Scale {
    fn of(mean: f64, dispersion: f64) -> Self {
        let inverse = 1.0 / dispersion;
        Self { inverse, root: (mean * inverse + ANSCOMBE).sqrt() }
    }

    /// Rises with the count, and falls with the mean.
    #[inline]
    pub(super) fn score(self, count: u32) -> f64 {
        2.0 * ((f64::from(count) * self.inverse + ANSCOMBE).sqrt() - self.root)
    }

    /// The least count whose score is above `bar`.
    pub(super) fn least_above(self, bar: f64) -> u32 {
        let (mut low, mut high) = (0, u32::MAX);
        while low < high {
            let middle = low + (high - low) / 2;
            if self.score(middle) > bar { high = middle } else { low = middle + 1 }
        }
        low
    }
}

const ANSCOMBE: f64 = 0.375;
/// Patterns looked at together.
const STEP: usize = 16;
/// More than the rounding of a comparison of squares, so that it misses nothing.
const SLACK: f64 = 1.0 + 1e-12;

/// The scales of one shape's patterns.
pub(super) struct Scales {
    inverse: Vec<f64>,
    roots: Vec<f64>,
    /// That of a pattern which is rare under the null.
    pub(super) rare: Scale,
}

impl Scales {
    /// From mean and variance in the pilots of each pattern that is not rare.
    pub(super) fn of(patterns: &[(f64, f64)]) -> Self {
        let sum = |(m, v), &(mean, variance): &(f64, f64)| (m + mean, v + variance);
        let (means, variances) = patterns.iter().fold((0.0, 0.0), sum);
        // clumps hold one occurrence at least
        let of_shape = if means > 0.0 { (variances / means).max(1.0) } else { 1.0 };
        let scale = |&(mean, variance): &(f64, f64)| Scale::of(mean, (variance + of_shape) / (mean + 1.0));
        let (inverse, roots) = patterns.iter().map(scale).map(|s| (s.inverse, s.root)).unzip();
        Self { inverse, roots, rare: Scale::of(0.0, of_shape) }
    }

    pub(super) fn get(&self, pattern: usize) -> Scale {
        Scale { inverse: self.inverse[pattern], root: self.roots[pattern] }
    }

    /// The largest score in a draw among the patterns that occur `min_count` times, if it is above `bar`.
    pub(super) fn largest(&self, counts: &[u32], min_count: u32, mut bar: f64) -> f64 {
        let steps = counts.chunks(STEP).zip(self.inverse.chunks(STEP)).zip(self.roots.chunks(STEP));
        for (step, ((counts, inverse), roots)) in steps.enumerate() {
            // `score > bar` without a root: few steps hold one
            let half = bar * 0.5;
            let above =
                counts.iter().zip(inverse).zip(roots).fold(false, |any, ((&count, &inverse), &root)| {
                    let least = (half + root).max(0.0);
                    let square = f64::from(count) * inverse + ANSCOMBE;
                    any | ((count >= min_count) & (square * SLACK > least * least))
                });
            if above {
                let reached = counts.iter().enumerate().filter(|&(_, &count)| count >= min_count);
                bar = reached.fold(bar, |bar, (i, &count)| bar.max(self.get(step * STEP + i).score(count)));
            }
        }
        bar
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn scores_rise_with_the_count_and_clumps_count_as_one() {
        // a pattern that comes in clumps of 4, one that comes singly, and a rare one
        let scales = Scales::of(&[(40.0, 160.0), (40.0, 40.0)]);
        let score = |pattern, count| scales.get(pattern).score(count);
        assert!((1..99).all(|count| score(0, count) < score(0, count + 1)));
        assert!(score(0, 60) < 0.6 * score(1, 60));
        let bar = score(0, 77);
        assert_eq!((scales.get(0).least_above(bar), scales.get(0).least_above(-9.0)), (78, 0));
        assert!(score(1, 9) < 0.0 && scales.rare.score(9) > 0.0);
    }

    #[test]
    fn a_rare_pattern_comes_in_clumps_as_those_of_its_shape_do() {
        // a dispersion of 4 in the shape: (160 + 4) / (40 + 1) of the pattern too
        let scales = Scales::of(&[(40.0, 160.0)]);
        assert_eq!(scales.get(0).score(40), 0.0);
        assert_eq!(scales.rare.score(8), 2.0 * (2.375_f64.sqrt() - 0.375_f64.sqrt()));
    }

    #[test]
    fn counts_that_never_vary_divide_by_no_zero() {
        let scales = Scales::of(&[(7.0, 0.0)]);
        assert!([scales.get(0), scales.rare].iter().all(|scale| scale.score(9).is_finite()));
    }

    #[test]
    fn the_largest_score_is_that_of_every_pattern_looked_at_one_by_one() {
        let mut numbers = crate::philox::Philox::new(3).stream(0, 0);
        for _ in 0..300 {
            let moments: Vec<_> = (0..numbers.below(50))
                .map(|_| {
                    let mean = f64::from(numbers.next_f32()) * 40.0;
                    (mean, mean * f64::from(numbers.next_f32()) * 9.0)
                })
                .collect();
            let scales = Scales::of(&moments);
            let counts: Vec<u32> = moments.iter().map(|_| numbers.below(60)).collect();
            let bar = [f64::NEG_INFINITY, -3.0, 1.0, 20.0][numbers.below(4) as usize];
            let reached = (0..counts.len()).filter(|&pattern| counts[pattern] >= 5);
            let score = |pattern| scales.get(pattern).score(counts[pattern]);
            let want = reached.map(score).fold(bar, f64::max);
            assert_eq!(scales.largest(&counts, 5, bar), want);
        }
    }
}
