//! The score of a pattern: the distance of its count above the null, on one scale for all patterns.
//!
//! `2 (sqrt(count / d + 3/8) - sqrt(mean / d + 3/8))` with the pattern's mean and dispersion `d` (variance over mean)
//! in calibration replicates of the null, which are used for nothing else. Occurrences overlap and come in clumps of
//! about `d`, the number of clumps is nearly Poisson, and the root (Anscombe 1948) gives rare and common patterns
//! similar tails: after a division by the standard deviation instead, the clumps of a few rare patterns hide every
//! effect in the common ones. Dispersions are shrunk towards that of all patterns of the shape, `d = (variance +
//! d_shape) / (mean + 1)`; a pattern that the screening does not list is rare: its mean is taken as 0.

/// The parameters of a pattern's score.
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

    /// Score of a count; it rises with the count, and falls with the mean.
    #[inline]
    pub(super) fn score(self, count: u32) -> f64 {
        2.0 * ((f64::from(count) * self.inverse + ANSCOMBE).sqrt() - self.root)
    }

    /// The smallest count whose score is above `bound`.
    pub(super) fn least_above(self, bound: f64) -> u32 {
        let (mut low, mut high) = (0, u32::MAX);
        while low < high {
            let middle = low + (high - low) / 2;
            if self.score(middle) > bound { high = middle } else { low = middle + 1 }
        }
        low
    }
}

/// Offset of the variance-stabilising root.
const ANSCOMBE: f64 = 0.375;
/// Patterns compared together.
const STEP: usize = 16;
/// Exceeds the rounding error of a comparison of squares, so that no score is missed.
const SLACK: f64 = 1.0 + 1e-12;

/// The scales of one shape's patterns.
pub(super) struct ShapeScales {
    inverse: Vec<f64>,
    roots: Vec<f64>,
    /// Scale of every pattern that is rare under the null.
    pub(super) rare: Scale,
}

impl ShapeScales {
    /// The scales by mean and variance, in the calibration, of each pattern that is not rare.
    pub(super) fn of(patterns: &[(f64, f64)]) -> Self {
        let sum = |(m, v), &(mean, variance): &(f64, f64)| (m + mean, v + variance);
        let (means, variances) = patterns.iter().fold((0.0, 0.0), sum);
        // a clump has at least one occurrence
        let of_shape = if means > 0.0 { (variances / means).max(1.0) } else { 1.0 };
        let scale = |&(mean, variance): &(f64, f64)| Scale::of(mean, (variance + of_shape) / (mean + 1.0));
        let (inverse, roots) = patterns.iter().map(scale).map(|s| (s.inverse, s.root)).unzip();
        Self { inverse, roots, rare: Scale::of(0.0, of_shape) }
    }

    /// Scale of a pattern that is not rare.
    pub(super) fn get(&self, pattern: usize) -> Scale {
        Scale { inverse: self.inverse[pattern], root: self.roots[pattern] }
    }

    /// The largest score in a replicate of the patterns that occur `min_count` times, but at least `bound`.
    pub(super) fn largest(&self, counts: &[u32], min_count: u32, mut bound: f64) -> f64 {
        let steps = counts.chunks(STEP).zip(self.inverse.chunks(STEP)).zip(self.roots.chunks(STEP));
        for (step, ((counts, inverse), roots)) in steps.enumerate() {
            // `score > bound` without a root: few steps hold a larger score
            let half = bound * 0.5;
            let above =
                counts.iter().zip(inverse).zip(roots).fold(false, |any, ((&count, &inverse), &root)| {
                    let least = (half + root).max(0.0);
                    let square = f64::from(count) * inverse + ANSCOMBE;
                    any | ((count >= min_count) & (square * SLACK > least * least))
                });
            if above {
                let reached = counts.iter().enumerate().filter(|&(_, &count)| count >= min_count);
                bound = reached
                    .fold(bound, |bound, (i, &count)| bound.max(self.get(step * STEP + i).score(count)));
            }
        }
        bound
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn scores_rise_with_the_count_and_a_clump_counts_once() {
        // a pattern that comes in clumps of 4, one that comes singly, and a rare one
        let scales = ShapeScales::of(&[(40.0, 160.0), (40.0, 40.0)]);
        let score = |pattern, count| scales.get(pattern).score(count);
        assert!((1..99).all(|count| score(0, count) < score(0, count + 1)));
        assert!(score(0, 60) < 0.6 * score(1, 60));
        let bound = score(0, 77);
        assert_eq!((scales.get(0).least_above(bound), scales.get(0).least_above(-9.0)), (78, 0));
        assert!(score(1, 9) < 0.0 && scales.rare.score(9) > 0.0);
    }

    #[test]
    fn a_rare_pattern_comes_in_clumps_as_those_of_its_shape_do() {
        // a dispersion of 4 in the shape: (160 + 4) / (40 + 1) of the pattern too
        let scales = ShapeScales::of(&[(40.0, 160.0)]);
        assert_eq!(scales.get(0).score(40), 0.0);
        assert_eq!(scales.rare.score(8), 2.0 * (2.375_f64.sqrt() - 0.375_f64.sqrt()));
    }

    #[test]
    fn counts_without_variance_give_finite_scores() {
        let scales = ShapeScales::of(&[(7.0, 0.0)]);
        assert!([scales.get(0), scales.rare].iter().all(|scale| scale.score(9).is_finite()));
    }

    #[test]
    fn the_largest_score_is_that_of_patterns_scored_one_by_one() {
        let mut stream = crate::philox::Philox::new(3).stream(0, 0);
        for _ in 0..300 {
            let moments: Vec<_> = (0..stream.below(50))
                .map(|_| {
                    let mean = f64::from(stream.next_f32()) * 40.0;
                    (mean, mean * f64::from(stream.next_f32()) * 9.0)
                })
                .collect();
            let scales = ShapeScales::of(&moments);
            let counts: Vec<u32> = moments.iter().map(|_| stream.below(60)).collect();
            let bound = [f64::NEG_INFINITY, -3.0, 1.0, 20.0][stream.below(4) as usize];
            let reached = (0..counts.len()).filter(|&pattern| counts[pattern] >= 5);
            let score = |pattern| scales.get(pattern).score(counts[pattern]);
            let want = reached.map(score).fold(bound, f64::max);
            assert_eq!(scales.largest(&counts, 5, bound), want);
        }
    }
}
