//! Comparison of numbers, for all tests.

/// Tolerance of `got` against `want`: `|got - want| <= abs + rel·|want|`.
#[derive(Debug, Clone, Copy)]
pub struct Tolerance {
    pub abs: f64,
    pub rel: f64,
}

impl Tolerance {
    pub const fn abs(abs: f64) -> Self {
        Self { abs, rel: 0.0 }
    }

    /// True if `got` is within the tolerance of `want`. NaN passes only for NaN, an infinity only for itself.
    pub fn holds(self, got: f64, want: f64) -> bool {
        got == want
            || (got.is_nan() && want.is_nan())
            || (got - want).abs() <= self.abs + self.rel * want.abs()
    }

    /// The largest error of `got` against `want`.
    ///
    /// # Errors
    /// The first pair outside the tolerance, or unequal lengths.
    pub fn compare(
        self,
        got: impl ExactSizeIterator<Item = f64>,
        want: impl ExactSizeIterator<Item = f64>,
    ) -> Result<f64, String> {
        if got.len() != want.len() {
            return Err(format!("{} values, expected {}", got.len(), want.len()));
        }
        let mut worst = 0.0_f64;
        for (i, (g, w)) in got.zip(want).enumerate() {
            if !self.holds(g, w) {
                return Err(format!("value {i}: got {g}, expected {w}, allowed {self:?}"));
            }
            if g != w && !g.is_nan() {
                worst = worst.max((g - w).abs());
            }
        }
        Ok(worst)
    }
}

#[test]
fn nan_passes_only_for_nan() {
    let t = Tolerance::abs(1.0);
    assert!(t.holds(f64::NAN, f64::NAN) && !t.holds(f64::NAN, 0.0) && !t.holds(0.0, f64::NAN));
    assert!(t.holds(f64::NEG_INFINITY, f64::NEG_INFINITY) && !t.holds(f64::INFINITY, f64::NEG_INFINITY));
    assert!(t.compare([1.0].into_iter(), [3.0].into_iter()).is_err());
}
