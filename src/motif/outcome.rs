//! What the draws say of one pattern.

/// A pattern's counts under the null, and its score in the data.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Outcome {
    /// Draws in which it occurs at least as often as in the data.
    pub(crate) as_often: u32,
    /// Sum of its counts.
    pub(crate) sum: u128,
    /// Sum of their squares.
    pub(crate) sum_squares: u128,
    /// Its score in the data.
    pub(crate) score: f64,
}

impl Outcome {
    pub(super) fn add(&mut self, count: u32, observed: u64) {
        let count = u64::from(count);
        self.as_often += u32::from(count >= observed);
        self.sum += u128::from(count);
        self.sum_squares += u128::from(count) * u128::from(count);
    }

    pub(super) fn merge(&mut self, other: &Self) {
        self.as_often += other.as_often;
        self.sum += other.sum;
        self.sum_squares += other.sum_squares;
    }

    /// Mean and variance (over n) of `n` counts.
    pub(super) fn moments(&self, n: u32) -> (f64, f64) {
        let n = u128::from(n);
        // in integers: exact, and the same for any order of summation
        let spread = n * self.sum_squares - self.sum * self.sum;
        (self.sum as f64 / n as f64, spread as f64 / (n * n) as f64)
    }

    /// Mean of the counts, and their standard deviation with n - 1 (0 for a single count).
    pub(crate) fn mean_and_sd(&self, n: u32) -> (f64, f64) {
        let (mean, variance) = self.moments(n);
        let unbiased = if n > 1 { variance * f64::from(n) / f64::from(n - 1) } else { 0.0 };
        (mean, unbiased.sqrt())
    }
}
