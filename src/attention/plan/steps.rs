//! A time bias in the form a kernel takes: what the milliseconds between two nodes give.

use super::super::TimeBias;
use super::super::bias::{SCALE_FLOOR, minutes};

/// A bias as a function of whole milliseconds.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum BiasForm {
    None,
    /// `-sqrt(dt_ms · factor)`.
    Sqrt {
        factor: f32,
    },
    /// `values[n]`, where n of the rising `steps_ms` lie at or below dt. Values are the bits of [`TimeBias::at`].
    Steps {
        steps_ms: Vec<u64>,
        values: Vec<f32>,
    },
}

impl BiasForm {
    pub(crate) fn new(bias: &TimeBias) -> Self {
        match bias {
            TimeBias::None => Self::None,
            TimeBias::Sqrt { scale_minutes } => {
                Self::Sqrt { factor: (1.0 / (60_000.0 * f64::from(scale_minutes + SCALE_FLOOR))) as f32 }
            }
            TimeBias::Buckets(buckets) => {
                // A bucket is entered where the minutes reach `lo` and left where they exceed `hi`.
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

    /// The largest magnitude the bias has at up to `longest_ms`.
    pub(crate) fn magnitude(&self, longest_ms: u64) -> f32 {
        match self {
            Self::None => 0.0,
            Self::Sqrt { factor } => (longest_ms as f32 * factor).sqrt(),
            Self::Steps { values, .. } => values.iter().fold(0.0, |most, v| most.max(v.abs())),
        }
    }
}

/// The first whole millisecond whose minutes, rounded to f32, satisfy a condition that then holds for good.
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

    fn at(form: &BiasForm, ms: u64) -> f32 {
        let BiasForm::Steps { steps_ms, values } = form else { panic!("{form:?}") };
        values[steps_ms.partition_point(|&step| step <= ms)]
    }

    #[test]
    fn steps_give_the_bits_of_the_buckets_at_every_millisecond() {
        // Touching, overlapping, nested, empty of width, negative, and beyond what f32 minutes tell apart.
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
        let form = BiasForm::new(&bias);
        let BiasForm::Steps { steps_ms, .. } = &form else { panic!() };
        assert!(steps_ms.windows(2).all(|w| w[0] < w[1]), "{steps_ms:?}");
        let near = steps_ms.iter().flat_map(|&s| s.saturating_sub(3)..=s + 3);
        for ms in near.chain(0..20_000).chain([u64::MAX]) {
            assert_eq!(at(&form, ms).to_bits(), bias.at(minutes(ms)).to_bits(), "{ms} ms");
        }
    }

    #[test]
    fn the_magnitude_bounds_the_bias() {
        let root = BiasForm::new(&TimeBias::Sqrt { scale_minutes: 0.1 });
        assert!((root.magnitude(7_200_000) - (120.0_f32 / 0.100_001).sqrt()).abs() < 1e-4);
        assert_eq!(BiasForm::new(&TimeBias::None).magnitude(u64::MAX), 0.0);
        assert_eq!(BiasForm::new(&TimeBias::Buckets(vec![(0.0, 1.0, -2.0)])).magnitude(5), 2.0);
        assert_eq!(at(&BiasForm::new(&TimeBias::Buckets(vec![])), 7), 0.0);
    }
}
