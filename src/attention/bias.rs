//! Bias of a logit from the time between two nodes.

use super::AttentionError;

/// Milliseconds in a minute.
const MS_PER_MINUTE: f64 = 60_000.0;

/// What is added to the scale so that a scale of 0 divides: the original's value.
pub(super) const SCALE_FLOOR: f32 = 1e-6;

/// Bias added to a logit, from the time between two nodes in minutes.
#[derive(Debug, Clone, PartialEq, Default)]
pub enum TimeBias {
    /// No bias.
    #[default]
    None,
    /// `-sqrt(dt / (scale_minutes + 1e-6))`.
    Sqrt {
        /// Scale, minutes, 0 or more.
        scale_minutes: f32,
    },
    /// The sum of the weights of all closed intervals `[lo, hi]` (minutes) that hold dt.
    /// Where two touch, both count.
    Buckets(Vec<(f32, f32, f32)>),
}

impl TimeBias {
    /// The bias of two nodes `dt_minutes` apart, in f32: weights are added in the order of the list, and the
    /// root is `-sqrt(dt / (scale + 1e-6))`, so -0.0 at 0.
    ///
    /// This is the definition; every backend gives the same bits, or for the root one unit in the last place.
    /// `dt_minutes` is finite and not negative; [`minutes_between`] gives it.
    #[inline]
    pub fn at(&self, dt_minutes: f32) -> f32 {
        match self {
            Self::None => 0.0,
            Self::Sqrt { scale_minutes } => -(dt_minutes / (scale_minutes + SCALE_FLOOR)).sqrt(),
            Self::Buckets(buckets) => buckets
                .iter()
                .filter(|(lo, hi, _)| (*lo..=*hi).contains(&dt_minutes))
                .fold(0.0, |sum, (_, _, weight)| sum + weight),
        }
    }

    /// Name, as configuration has it: `none`, `sqrt` or `buckets`.
    pub fn name(&self) -> &'static str {
        match self {
            Self::None => "none",
            Self::Sqrt { .. } => "sqrt",
            Self::Buckets(_) => "buckets",
        }
    }

    /// Checks the parameters.
    ///
    /// # Errors
    /// [`AttentionError::BiasScale`] and [`AttentionError::Bucket`].
    pub fn check(&self) -> Result<(), AttentionError> {
        match self {
            Self::None => Ok(()),
            Self::Sqrt { scale_minutes } if scale_minutes.is_finite() && *scale_minutes >= 0.0 => Ok(()),
            Self::Sqrt { scale_minutes } => Err(AttentionError::BiasScale { got: scale_minutes.to_string() }),
            Self::Buckets(buckets) => {
                let bad = buckets.iter().position(|(lo, hi, weight)| {
                    !(lo.is_finite() && hi.is_finite() && weight.is_finite() && lo <= hi)
                });
                let Some(index) = bad else { return Ok(()) };
                let (lo, hi, weight) = buckets[index];
                let [lo, hi, weight] = [lo, hi, weight].map(|x| x.to_string());
                Err(AttentionError::Bucket { index, lo, hi, weight })
            }
        }
    }
}

/// Minutes between two times in milliseconds, whichever is first.
///
/// Subtracted as integers and only then rounded: epoch seconds in f32 would lie up to two minutes off.
#[inline]
pub fn minutes_between(a_ms: i64, b_ms: i64) -> f32 {
    minutes(a_ms.abs_diff(b_ms))
}

/// Minutes of a number of milliseconds.
#[inline]
pub(super) fn minutes(ms: u64) -> f32 {
    (ms as f64 / MS_PER_MINUTE) as f32
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn buckets_that_touch_add_up() {
        let bias = TimeBias::Buckets(vec![
            (0.0, 5.0, 0.2),
            (5.0, 15.0, 0.1),
            (15.0, 60.0, 0.0),
            (60.0, 240.0, -0.1),
        ]);
        for (dt, want) in [(0.0, 0.2), (5.0, 0.2 + 0.1_f32), (15.0, 0.1), (60.0, -0.1), (240.5, 0.0)] {
            assert_eq!(bias.at(dt).to_bits(), f32::to_bits(want), "dt {dt}");
        }
    }

    #[test]
    fn the_root_is_minus_zero_at_zero_and_takes_a_scale_of_zero() {
        assert_eq!(TimeBias::Sqrt { scale_minutes: 0.1 }.at(0.0).to_bits(), (-0.0_f32).to_bits());
        assert_eq!(TimeBias::Sqrt { scale_minutes: 0.0 }.at(0.0).to_bits(), (-0.0_f32).to_bits());
    }

    #[test]
    fn times_are_subtracted_before_they_are_rounded() {
        let day = 1_785_000_000_000;
        assert_eq!(minutes_between(day, day + 300_000), 5.0);
        assert!(minutes_between(day + 300_001, day) > 5.0);
        assert!(minutes_between(i64::MIN, i64::MAX).is_finite());
    }

    #[test]
    fn parameters_that_are_no_interval_or_no_scale_are_refused() {
        for scale_minutes in [-0.1, f32::NAN, f32::INFINITY] {
            assert!(TimeBias::Sqrt { scale_minutes }.check().is_err());
        }
        for bucket in [(2.0, 1.0, 0.0), (f32::NAN, 1.0, 0.0), (0.0, f32::INFINITY, 0.0), (0.0, 1.0, f32::NAN)]
        {
            let error = TimeBias::Buckets(vec![(0.0, 1.0, 1.0), bucket]).check();
            assert!(matches!(error, Err(AttentionError::Bucket { index: 1, .. })), "{bucket:?}");
        }
    }
}
