//! The time bias, added to a logit: its definition, and its form on a device.
//!
//! Everything that depends on the kind of bias is in this file and in `kernels/include/bias.cuh`; a new kind needs a
//! branch in each function of both, and a value of the setting [`BiasKind`](super::BiasKind).

use bytemuck::{Pod, Zeroable};

use super::AttentionError;
use crate::geometry::BLOCK;

/// Milliseconds in a minute.
const MS_PER_MINUTE: f64 = 60_000.0;

/// Added to the scale, minutes, so that a scale of 0 does not divide by zero.
const SCALE_FLOOR: f32 = 1e-6;

/// Bias added to a logit, from the time between two nodes in minutes.
///
/// ```
/// use ironforge::attention::{TimeBias, minutes_between};
///
/// let bias = TimeBias::Buckets(vec![(0.0, 5.0, 0.25), (5.0, 15.0, 0.5)]);
/// assert_eq!(bias.at(minutes_between(0, 60_000)), 0.25);
/// assert_eq!(bias.at(5.0), 0.75); // intervals are closed: both hold 5
/// assert_eq!(bias.at(20.0), 0.0);
/// ```
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
    /// The sum of the weights of all closed intervals `[lo, hi]` (minutes) that contain dt, as `(lo, hi, weight)`.
    /// At a bound that two intervals share, both count.
    Buckets(Vec<(f32, f32, f32)>),
}

impl TimeBias {
    /// Bias of two nodes `dt_minutes` apart, in f32: weights are added in the order of the list; the square root is
    /// `-sqrt(dt / (scale + 1e-6))`, so -0.0 at 0.
    ///
    /// This is the definition. Every backend gives the same bits for [`Self::Buckets`], and is within one unit in the
    /// last place for [`Self::Sqrt`].
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

    /// Replaces minutes by biases, each with the bits of [`Self::at`]. Written so that the compiler vectorises it.
    pub(super) fn replace_minutes(&self, minutes: &mut [f32; BLOCK]) {
        match self {
            Self::Buckets(buckets) => {
                let mut sums = [0.0; BLOCK];
                for &(lo, hi, weight) in buckets {
                    for (sum, &dt) in sums.iter_mut().zip(minutes.iter()) {
                        *sum += if lo <= dt && dt <= hi { weight } else { 0.0 };
                    }
                }
                *minutes = sums;
            }
            other => minutes.iter_mut().for_each(|x| *x = other.at(*x)),
        }
    }

    /// Name in the configuration: `none`, `sqrt` or `buckets`.
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
            Self::Sqrt { scale_minutes } => {
                Err(AttentionError::BiasScale { setting: "scale_minutes", got: scale_minutes.to_string() })
            }
            Self::Buckets(buckets) => {
                let bad = buckets.iter().position(|(lo, hi, weight)| {
                    !(lo.is_finite() && hi.is_finite() && weight.is_finite() && lo <= hi)
                });
                let Some(index) = bad else { return Ok(()) };
                let (lo, hi, weight) = buckets[index];
                let [lo, hi, weight] = [lo, hi, weight].map(|x| x.to_string());
                Err(AttentionError::Bucket { setting: "buckets", index, lo, hi, weight })
            }
        }
    }

    /// True if the bias depends on the times of the nodes.
    pub(super) fn needs_times(&self) -> bool {
        *self != Self::None
    }

    /// Checks that times are given where they are needed, one for each node.
    pub(super) fn check_times(&self, t_ms: Option<&[i64]>, nodes: usize) -> Result<(), AttentionError> {
        match t_ms {
            Some(t) if t.len() != nodes => {
                Err(AttentionError::Len { what: "t_ms", got: t.len(), want: nodes })
            }
            None if self.needs_times() => Err(AttentionError::NoTimes { setting: "bias", bias: self.name() }),
            _ => Ok(()),
        }
    }

    /// Bits of the parameters; together with [`Self::name`] they identify the bias.
    pub(super) fn parameter_bits(&self) -> Vec<u32> {
        match self {
            Self::None => vec![],
            Self::Sqrt { scale_minutes } => vec![scale_minutes.to_bits()],
            Self::Buckets(buckets) => {
                buckets.iter().flat_map(|&(lo, hi, weight)| [lo, hi, weight].map(f32::to_bits)).collect()
            }
        }
    }

    /// Number of buckets, for the estimate of memory.
    pub(super) fn bucket_count(&self) -> usize {
        match self {
            Self::Buckets(buckets) => buckets.len(),
            Self::None | Self::Sqrt { .. } => 0,
        }
    }
}

/// Minutes between two times in milliseconds, in either order.
///
/// Subtracted as integers and only then rounded: epoch seconds in f32 would be up to two minutes off.
#[inline]
pub fn minutes_between(a_ms: i64, b_ms: i64) -> f32 {
    minutes(a_ms.abs_diff(b_ms))
}

/// Milliseconds as minutes.
#[inline]
fn minutes(ms: u64) -> f32 {
    (ms as f64 / MS_PER_MINUTE) as f32
}

/// Code of the form of a bias; `BiasKind` in `kernels/include/bias.cuh`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u32)]
pub enum BiasCode {
    /// No bias.
    None = 0,
    /// `-sqrt(dt_ms · factor)`.
    Sqrt = 1,
    /// A step function of dt.
    Steps = 2,
}

/// Parameters of the time bias in a kernel: `BiasParams` in
/// `kernels/include/bias.cuh`. Addresses are those of the device, 0 for a table that is not used.
#[derive(Debug, Clone, Copy, PartialEq, Pod, Zeroable)]
#[repr(C)]
pub struct BiasParams {
    /// `[steps]` u64, strictly rising.
    pub steps_ms: u64,
    /// `[steps + 1]` f32.
    pub values: u64,
    /// A [`BiasCode`].
    pub kind: u32,
    /// Number of steps.
    pub steps: u32,
    /// Factor under the square root, 1/ms: 1 / (60000 (scale_minutes + 1e-6)).
    pub factor: f32,
    /// 1 / scale, which converts the bias from the unit of logits to that of q·k; 1 for `time_bias`, which writes
    /// logits.
    pub inv_scale: f32,
}

const _: () = assert!(size_of::<BiasParams>() == 32);

/// A bias as a function of whole milliseconds, the form that kernels evaluate.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum DeviceBias {
    None,
    /// `-sqrt(dt_ms · factor)`.
    Sqrt {
        factor: f32,
    },
    /// `values[n]`, where n is the number of `steps_ms` (rising) at or below dt; the bits are those of
    /// [`TimeBias::at`].
    Steps {
        steps_ms: Vec<u64>,
        values: Vec<f32>,
    },
}

impl DeviceBias {
    pub(super) fn new(bias: &TimeBias) -> Self {
        match bias {
            TimeBias::None => Self::None,
            TimeBias::Sqrt { scale_minutes } => {
                Self::Sqrt { factor: (1.0 / (60_000.0 * f64::from(scale_minutes + SCALE_FLOOR))) as f32 }
            }
            TimeBias::Buckets(buckets) => {
                // A bucket counts from the first millisecond whose minutes reach `lo` until they exceed `hi`.
                let ends = buckets.iter().flat_map(|&(lo, hi, _)| {
                    [first_ms(|minutes| minutes >= lo), first_ms(|minutes| minutes > hi)]
                });
                let mut steps_ms: Vec<u64> = ends.flatten().filter(|&ms| ms > 0).collect();
                steps_ms.sort_unstable();
                steps_ms.dedup();
                let starts = std::iter::once(0).chain(steps_ms.iter().copied());
                let values = starts.map(|ms| bias.at(minutes(ms))).collect();
                Self::Steps { steps_ms, values }
            }
        }
    }

    /// Largest magnitude of the bias for dt up to `longest_ms`.
    pub(super) fn magnitude(&self, longest_ms: u64) -> f32 {
        match self {
            Self::None => 0.0,
            Self::Sqrt { factor } => (longest_ms as f32 * factor).sqrt(),
            Self::Steps { values, .. } => values.iter().fold(0.0, |most, v| most.max(v.abs())),
        }
    }

    /// True if the kernels read the times of the nodes.
    pub(super) fn needs_times(&self) -> bool {
        *self != Self::None
    }

    /// The tables of steps and values; empty for a bias without steps.
    pub(super) fn tables(&self) -> (&[u64], &[f32]) {
        match self {
            Self::None | Self::Sqrt { .. } => (&[], &[]),
            Self::Steps { steps_ms, values } => (steps_ms, values),
        }
    }

    /// The kernel's parameters for logits divided by `scale`, with the tables at these addresses.
    pub(super) fn params(&self, scale: f32, steps_ms: u64, values: u64) -> BiasParams {
        let params = |kind: BiasCode| BiasParams {
            steps_ms: 0,
            values: 0,
            kind: kind as u32,
            steps: 0,
            factor: 0.0,
            inv_scale: 1.0 / scale,
        };
        match self {
            Self::None => BiasParams { inv_scale: 1.0, ..params(BiasCode::None) },
            Self::Sqrt { factor } => BiasParams { factor: *factor, ..params(BiasCode::Sqrt) },
            Self::Steps { steps_ms: steps, .. } => {
                BiasParams { steps_ms, values, steps: steps.len() as u32, ..params(BiasCode::Steps) }
            }
        }
    }
}

/// First whole millisecond whose minutes, rounded to f32, satisfy a condition that is monotonic: once true, it stays
/// true. O(64) evaluations.
fn first_ms(holds: impl Fn(f32) -> bool) -> Option<u64> {
    if !holds(minutes(u64::MAX)) {
        return None;
    }
    let (mut low, mut high) = (0, u64::MAX);
    while low < high {
        let middle = low + (high - low) / 2;
        if holds(minutes(middle)) { high = middle } else { low = middle + 1 }
    }
    Some(low)
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
    fn the_sqrt_bias_is_minus_zero_at_zero_and_accepts_a_scale_of_zero() {
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
    fn invalid_intervals_and_scales_are_refused() {
        for scale_minutes in [-0.1, f32::NAN, f32::INFINITY] {
            assert!(TimeBias::Sqrt { scale_minutes }.check().is_err());
        }
        for bucket in [(2.0, 1.0, 0.0), (f32::NAN, 1.0, 0.0), (0.0, f32::INFINITY, 0.0), (0.0, 1.0, f32::NAN)]
        {
            let error = TimeBias::Buckets(vec![(0.0, 1.0, 1.0), bucket]).check();
            assert!(matches!(error, Err(AttentionError::Bucket { index: 1, .. })), "{bucket:?}");
        }
    }

    fn at(form: &DeviceBias, ms: u64) -> f32 {
        let DeviceBias::Steps { steps_ms, values } = form else { panic!("{form:?}") };
        values[steps_ms.partition_point(|&step| step <= ms)]
    }

    #[test]
    fn steps_have_the_bits_of_the_buckets_at_every_millisecond() {
        // Touching, overlapping, nested, of zero width, negative, and beyond the resolution of f32 minutes.
        let bias = TimeBias::Buckets(vec![
            (0.0, 5.0, 0.2),
            (5.0, 15.0, 0.1),
            (15.0, 60.0, 0.0),
            (60.0, 240.0, -0.1),
            (7.25, 7.25, 1.5),
            (-3.0, 0.001, 0.7),
            (1e6, 3e38, 9.0),
            (400_000.3, 500_000.7, 2.0),
        ]);
        let form = DeviceBias::new(&bias);
        let DeviceBias::Steps { steps_ms, .. } = &form else { panic!() };
        assert!(steps_ms.windows(2).all(|w| w[0] < w[1]), "{steps_ms:?}");
        let near = steps_ms.iter().flat_map(|&s| s.saturating_sub(3)..=s + 3);
        for ms in near.chain(0..20_000).chain([u64::MAX]) {
            assert_eq!(at(&form, ms).to_bits(), bias.at(minutes(ms)).to_bits(), "{ms} ms");
        }
    }

    #[test]
    fn the_magnitude_bounds_the_bias() {
        let root = DeviceBias::new(&TimeBias::Sqrt { scale_minutes: 0.1 });
        assert!((root.magnitude(7_200_000) - (120.0_f32 / 0.100_001).sqrt()).abs() < 1e-4);
        assert_eq!(DeviceBias::new(&TimeBias::None).magnitude(u64::MAX), 0.0);
        assert_eq!(DeviceBias::new(&TimeBias::Buckets(vec![(0.0, 1.0, -2.0)])).magnitude(5), 2.0);
        assert_eq!(at(&DeviceBias::new(&TimeBias::Buckets(vec![])), 7), 0.0);
    }
}
