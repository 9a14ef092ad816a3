//! The largest score of each replicate.

use std::sync::atomic::{AtomicU64, Ordering};

/// The largest value of each replicate; threads may raise it concurrently, and the result does not depend on their
/// order.
pub(super) struct Maxima(Vec<AtomicU64>);

impl Maxima {
    pub(super) fn new(replicates: u32) -> Self {
        Self((0..replicates).map(|_| AtomicU64::new(ordered(f64::NEG_INFINITY))).collect())
    }

    /// Raises the value of a replicate to at least `value`.
    pub(super) fn raise(&self, replicate: u32, value: f64) {
        self.0[replicate as usize].fetch_max(ordered(value), Ordering::Relaxed);
    }

    /// The largest value of a replicate so far.
    pub(super) fn get(&self, replicate: u32) -> f64 {
        of_ordered(self.0[replicate as usize].load(Ordering::Relaxed))
    }

    /// The values, rising; -infinity for a replicate that was never raised.
    pub(super) fn sorted(&self) -> Vec<f64> {
        let mut values: Vec<u64> = self.0.iter().map(|value| value.load(Ordering::Relaxed)).collect();
        values.sort_unstable();
        values.into_iter().map(of_ordered).collect()
    }
}

/// Monte Carlo p-value: (1 + number of values of at least `score`) / (1 + number of values); `values` rise.
pub(super) fn monte_carlo_p(values: &[f64], score: f64) -> f64 {
    let above = values.len() - values.partition_point(|&value| value < score);
    (above as f64 + 1.0) / (values.len() as f64 + 1.0)
}

const SIGN: u64 = 1 << 63;

/// An integer with the order of `value`, which must not be NaN: `fetch_max` works on integers only.
fn ordered(value: f64) -> u64 {
    let bits = value.to_bits();
    if bits & SIGN == 0 { bits | SIGN } else { !bits }
}

/// Inverse of [`ordered`].
fn of_ordered(number: u64) -> f64 {
    f64::from_bits(if number & SIGN == 0 { !number } else { number & !SIGN })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn maxima_have_the_order_of_f64() {
        let maxima = Maxima::new(4);
        for (replicate, values) in [[-1.5, -3.0], [0.0, 1e-300], [-0.25, 7.0]].iter().enumerate() {
            values.iter().for_each(|&value| maxima.raise(replicate as u32, value));
        }
        assert_eq!(maxima.sorted(), [f64::NEG_INFINITY, -1.5, 1e-300, 7.0]);
    }
}
