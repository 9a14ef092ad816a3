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

    /// Adds the count of a pattern in a replicate; a count of 0 need not be added.
    #[inline]
    pub(super) fn add(&mut self, pattern: usize, count: u32) {
        self.sums[pattern] += u64::from(count);
        let square = u64::from(count) * u64::from(count);
        self.low[pattern] += square & u64::from(u32::MAX);
        self.high[pattern] += square >> 32;
    }

    /// Adds the sums of other replicates.
    pub(super) fn merge(&mut self, other: &Self) {
        add_all(&mut self.sums, &other.sums);
        add_all(&mut self.low, &other.low);
        add_all(&mut self.high, &other.high);
    }

    /// Sum of a pattern's counts.
    pub(super) fn sum(&self, pattern: usize) -> u64 {
        self.sums[pattern]
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
            counts.iter().enumerate().for_each(|(pattern, &count)| later.add(pattern, count));
            sums.merge(&later);
        }
        assert_eq!(sums.moments(0, 2), (f64::from(u32::MAX - 1), 1.0));
        assert_eq!(sums.mean_and_sd(1, 2), (2.0, 8.0_f64.sqrt()));
    }
}
