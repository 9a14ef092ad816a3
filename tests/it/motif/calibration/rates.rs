//! Shares of logs, with their standard errors.

use std::fmt;

/// A share of logs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Share {
    pub hits: u32,
    pub of: u32,
}

impl Share {
    /// The share of items that meet a condition.
    pub fn of<T>(items: &[T], condition: impl Fn(&T) -> bool) -> Self {
        Self { hits: items.iter().filter(|item| condition(item)).count() as u32, of: items.len() as u32 }
    }

    pub fn rate(self) -> f64 {
        f64::from(self.hits) / f64::from(self.of)
    }

    /// Returns whether the share exceeds what a test at `level` should give, by more than two standard errors.
    pub fn exceeds(self, level: f64) -> bool {
        self.rate() > bound(level, self.of)
    }
}

/// A level plus two standard errors of a share of `logs` with that mean.
pub fn bound(level: f64, logs: u32) -> f64 {
    level + 2.0 * (level * (1.0 - level) / f64::from(logs)).sqrt()
}

impl fmt::Display for Share {
    /// The share, and its standard error in brackets.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let rate = self.rate();
        let error = (rate * (1.0 - rate) / f64::from(self.of)).sqrt();
        write!(f, "{rate:.3} ({error:.3})")
    }
}

/// The mean of some numbers.
pub fn mean(values: impl ExactSizeIterator<Item = f64>) -> f64 {
    let count = values.len() as f64;
    values.sum::<f64>() / count
}

#[test]
fn a_share_is_compared_with_its_level_and_two_standard_errors() {
    let share = Share::of(&[1, 2, 3, 4], |&n| n > 3);
    assert_eq!((share, share.to_string().as_str()), (Share { hits: 1, of: 4 }, "0.250 (0.217)"));
    // two standard errors of .05 in 400 logs are .0218
    assert!(!Share { hits: 28, of: 400 }.exceeds(0.05));
    assert!(Share { hits: 29, of: 400 }.exceeds(0.05));
    assert_eq!(mean([1.0, 2.0].into_iter()), 1.5);
}
