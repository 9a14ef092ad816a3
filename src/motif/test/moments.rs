//! Mean and variance of counts over replicates, from exact integer sums.

/// Sums of each pattern's count and of its square over replicates. Integers: the result does not depend on their
/// order.
#[derive(Debug, Clone, Default)]
pub(super) struct MomentSums {
    sums: Vec<u64>,
    /// Sums of the lower and of the upper 32 bits of the squares: neither overflows in 2^32 replicates.
    low: Vec<u64>,
    high: Vec<u64>,
}

impl MomentSums {
    pub(super) fn new(patterns: usize) -> Self {
        Self { sums: vec![0; patterns], low: vec![0; patterns], high: vec![0; patterns] }
    }

    /// Adds the counts of a replicate.
    pub(super) fn add(&mut self, counts: &[u32]) {
        for (sum, &count) in self.sums.iter_mut().zip(counts) {
            *sum += u64::from(count);
        }
        for ((low, high), &count) in self.low.iter_mut().zip(&mut self.high).zip(counts) {
            let square = u64::from(count) * u64::from(count);
            *low += square & u64::from(u32::MAX);
            *high += square >> 32;
        }
    }

    /// Adds the sums of other replicates.
    pub(super) fn merge(&mut self, other: &Self) {
        add_all(&mut self.sums, &other.sums);
        add_all(&mut self.low, &other.low);
        add_all(&mut self.high, &other.high);
    }

    /// Mean and population variance (over n) of a pattern's `n` counts.
    pub(super) fn moments(&self, pattern: usize, n: u32) -> (f64, f64) {
        let n = u128::from(n);
        let sum = u128::from(self.sums[pattern]);
        let squares = (u128::from(self.high[pattern]) << 32) + u128::from(self.low[pattern]);
        // n² times the variance, exact in integers
        let scaled_variance = n * squares - sum * sum;
        (sum as f64 / n as f64, scaled_variance as f64 / (n * n) as f64)
    }

    /// Mean and population variance of every pattern's `n` counts.
    pub(super) fn all_moments(&self, n: u32) -> impl Iterator<Item = (f64, f64)> {
        (0..self.sums.len()).map(move |pattern| self.moments(pattern, n))
    }

    /// Mean and sample standard deviation (over n - 1; 0 for a single count) of a pattern's `n` counts.
    pub(super) fn mean_and_sd(&self, pattern: usize, n: u32) -> (f64, f64) {
        let (mean, variance) = self.moments(pattern, n);
        let unbiased = if n > 1 { variance * f64::from(n) / f64::from(n - 1) } else { 0.0 };
        (mean, unbiased.sqrt())
    }
}

/// Adds `other` to `to`, entry by entry.
pub(super) fn add_all<T: Copy + std::ops::AddAssign>(to: &mut [T], other: &[T]) {
    to.iter_mut().zip(other).for_each(|(to, &other)| *to += other);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn moments_are_exact_for_the_largest_counts() {
        let mut sums = MomentSums::new(2);
        for counts in [[u32::MAX, 0], [u32::MAX - 2, 4]] {
            let mut later = MomentSums::new(2);
            later.add(&counts);
            sums.merge(&later);
        }
        assert_eq!(sums.moments(0, 2), (f64::from(u32::MAX - 1), 1.0));
        assert_eq!(sums.mean_and_sd(1, 2), (2.0, 8.0_f64.sqrt()));
    }
}
