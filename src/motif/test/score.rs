//! The score of a pattern: the excess of its count over the null, comparable between patterns.
//!
//! `2 (sqrt(count / d + 3/8) - sqrt(mean / d + 3/8))` with the pattern's mean and dispersion `d` (variance over mean)
//! in calibration replicates of the null, which are used for nothing else. Occurrences overlap and so come in
//! clumps of about `d`; the number of clumps is nearly Poisson, and the square root (Anscombe 1948) stabilises its
//! variance, so that rare and common patterns have similar tails. With a z-score instead, the clumps of a few rare
//! patterns would mask every effect in the common ones. Dispersions are shrunk towards that of all patterns of the
//! shape, `d = (variance + d_shape) / (mean + 1)`. A rare pattern (see `max_t`) has mean 0 and `d_shape`.

/// The parameters of a pattern's score.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Scale {
    /// 1 / d.
    inverse_dispersion: f64,
    /// sqrt(mean / d + 3/8).
    root_of_mean: f64,
}

impl Scale {
    fn of(mean: f64, dispersion: f64) -> Self {
        let inverse_dispersion = 1.0 / dispersion;
        Self { inverse_dispersion, root_of_mean: (mean * inverse_dispersion + ANSCOMBE).sqrt() }
    }

    /// Score of a count; increases with the count and decreases with the mean.
    #[inline]
    pub(super) fn score(self, count: u32) -> f64 {
        2.0 * ((f64::from(count) * self.inverse_dispersion + ANSCOMBE).sqrt() - self.root_of_mean)
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

/// Offset of Anscombe's variance-stabilising transform.
const ANSCOMBE: f64 = 0.375;
/// Patterns compared at a time, without a branch.
const CHUNK: usize = 16;
/// Above the rounding error of the comparison of squares, so that no score above the bound is missed.
const SLACK: f64 = 1.0 + 1e-12;

/// The scales of one shape's patterns.
pub(super) struct ShapeScales {
    /// [`Scale::inverse_dispersion`] of each common pattern.
    inverse_dispersions: Vec<f64>,
    /// [`Scale::root_of_mean`] of each common pattern.
    roots_of_means: Vec<f64>,
    /// Scale of every pattern that is rare under the null.
    pub(super) rare: Scale,
}

impl ShapeScales {
    /// The scales of the common patterns of a shape from their mean and population variance in the calibration.
    pub(super) fn of(patterns: &[(f64, f64)]) -> Self {
        let sum = |(m, v), &(mean, variance): &(f64, f64)| (m + mean, v + variance);
        let (means, variances) = patterns.iter().fold((0.0, 0.0), sum);
        // a clump has at least one occurrence, so a dispersion is at least 1
        let shape_dispersion = if means > 0.0 { (variances / means).max(1.0) } else { 1.0 };
        let scale =
            |&(mean, variance): &(f64, f64)| Scale::of(mean, (variance + shape_dispersion) / (mean + 1.0));
        let (inverse_dispersions, roots_of_means) =
            patterns.iter().map(scale).map(|s| (s.inverse_dispersion, s.root_of_mean)).unzip();
        Self { inverse_dispersions, roots_of_means, rare: Scale::of(0.0, shape_dispersion) }
    }

    /// Scale of a common pattern.
    pub(super) fn get(&self, pattern: usize) -> Scale {
        Scale {
            inverse_dispersion: self.inverse_dispersions[pattern],
            root_of_mean: self.roots_of_means[pattern],
        }
    }

    /// The larger of `bound` and the largest score among the common patterns with at least `min_count`; `counts`
    /// are those of one replicate.
    pub(super) fn largest(&self, counts: &[u32], min_count: u32, mut bound: f64) -> f64 {
        let chunks = counts
            .chunks(CHUNK)
            .zip(self.inverse_dispersions.chunks(CHUNK))
            .zip(self.roots_of_means.chunks(CHUNK));
        for (chunk, ((counts, inverse), roots)) in chunks.enumerate() {
            // `score > bound` without a square root, for the whole chunk: few chunks have a larger score
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
                    .fold(bound, |bound, (i, &count)| bound.max(self.get(chunk * CHUNK + i).score(count)));
            }
        }
        bound
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn scores_increase_with_the_count_and_a_clump_counts_once() {
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
    fn a_rare_pattern_has_the_dispersion_of_its_shape() {
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
