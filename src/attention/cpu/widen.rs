//! Stored values widened to f32, and probabilities rounded to the stored type.

use std::borrow::Cow;

use half::slice::HalfFloatSliceExt;
use half::{bf16, f16};
use rayon::prelude::*;

use crate::attention::{Accuracy, Inputs, Tensor};

/// Number of values per parallel task.
const STEP: usize = 1 << 16;

/// The values as f32; every non-finite one is NaN, since infinity counts as NaN.
pub(super) fn widen(tensor: Tensor<'_>) -> Cow<'_, [f32]> {
    let non_finite = tensor.first_non_finite().is_some();
    let mut values = match tensor {
        Tensor::F32(x) if !non_finite => return Cow::Borrowed(x),
        Tensor::F32(x) => x.to_vec(),
        Tensor::F16(x) => in_steps(x, |x, to| x.convert_to_f32_slice(to)),
        Tensor::Bf16(x) => in_steps(x, |x, to| x.convert_to_f32_slice(to)),
    };
    if non_finite {
        values.iter_mut().filter(|v| !v.is_finite()).for_each(|v| *v = f32::NAN);
    }
    Cow::Owned(values)
}

fn in_steps<T: Sync>(x: &[T], widen: impl Fn(&[T], &mut [f32]) + Sync) -> Vec<f32> {
    let mut values = vec![0.0; x.len()];
    values.par_chunks_mut(STEP).zip(x.par_chunks(STEP)).for_each(|(to, x)| widen(x, to));
    values
}

/// Rounding of probabilities before they are multiplied by the values.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Rounding {
    None,
    F16,
    Bf16,
}

impl Rounding {
    pub(super) fn of(inputs: &Inputs<'_>) -> Self {
        match (inputs.accuracy, inputs.q) {
            (Accuracy::Exact, _) | (_, Tensor::F32(_)) => Self::None,
            (Accuracy::Fast, Tensor::F16(_)) => Self::F16,
            (Accuracy::Fast, Tensor::Bf16(_)) => Self::Bf16,
        }
    }

    /// Rounds to the nearest value of the stored type, ties to even.
    pub(super) fn round(self, p: &mut [f32]) {
        const LANES: usize = 8;
        match self {
            Self::None => {}
            Self::F16 => {
                for p in p.chunks_mut(LANES) {
                    let mut half = [f16::ZERO; LANES];
                    half[..p.len()].convert_from_f32_slice(p);
                    half[..p.len()].convert_to_f32_slice(p);
                }
            }
            Self::Bf16 => {
                for p in p.chunks_mut(LANES) {
                    let mut half = [bf16::ZERO; LANES];
                    half[..p.len()].convert_from_f32_slice(p);
                    half[..p.len()].convert_to_f32_slice(p);
                }
            }
        }
    }
}
