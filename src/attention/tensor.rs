//! Borrowed values of queries, keys and values, in the precision they are stored in.

use half::{bf16, f16};

/// Values `[nodes, heads, head_dim]`, row-major, in the precision they are stored in.
#[derive(Debug, Clone, Copy)]
pub enum Tensor<'a> {
    /// 32-bit floats; for the reference and the CPU only.
    F32(&'a [f32]),
    /// IEEE half precision.
    F16(&'a [f16]),
    /// bfloat16.
    Bf16(&'a [bf16]),
}

impl Tensor<'_> {
    /// Number of values.
    pub fn len(&self) -> usize {
        match self {
            Tensor::F32(x) => x.len(),
            Tensor::F16(x) => x.len(),
            Tensor::Bf16(x) => x.len(),
        }
    }

    /// Whether there is no value.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Name of the stored type: `f32`, `f16` or `bf16`.
    pub fn dtype(&self) -> &'static str {
        match self {
            Tensor::F32(_) => "f32",
            Tensor::F16(_) => "f16",
            Tensor::Bf16(_) => "bf16",
        }
    }

    /// Value `i`, widened without loss.
    ///
    /// # Panics
    /// If there are no more than `i` values.
    #[track_caller]
    pub fn at(&self, i: usize) -> f32 {
        match self {
            Tensor::F32(x) => x[i],
            Tensor::F16(x) => x[i].to_f32(),
            Tensor::Bf16(x) => x[i].to_f32(),
        }
    }

    /// Place of the first NaN or infinity. O(values), in wide steps.
    pub fn first_non_finite(&self) -> Option<usize> {
        match self {
            Tensor::F32(x) => first(x, |v| v.is_finite()),
            Tensor::F16(x) => first(x, |v| v.is_finite()),
            Tensor::Bf16(x) => first(x, |v| v.is_finite()),
        }
    }
}

fn first<T: Copy>(values: &[T], is_finite: impl Fn(T) -> bool) -> Option<usize> {
    /// Long enough that the compiler tests many values at once, short enough to stop early.
    const STEP: usize = 256;
    let step = values.chunks(STEP).position(|c| c.iter().fold(false, |bad, &v| bad | !is_finite(v)))?;
    let start = step * STEP;
    values[start..].iter().position(|&v| !is_finite(v)).map(|i| start + i)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_non_finite_value_is_found_in_every_type() {
        for place in [0, 255, 256, 999] {
            let mut x = vec![1.0_f32; 1000];
            x[place] = f32::INFINITY;
            x[999] = f32::NAN;
            let half: Vec<f16> = x.iter().map(|&v| f16::from_f32(v)).collect();
            let brain: Vec<bf16> = x.iter().map(|&v| bf16::from_f32(v)).collect();
            for t in [Tensor::F32(&x), Tensor::F16(&half), Tensor::Bf16(&brain)] {
                assert_eq!(t.first_non_finite(), Some(place), "{}", t.dtype());
            }
        }
        assert_eq!(Tensor::F32(&[1.0, f32::MAX]).first_non_finite(), None);
    }
}
