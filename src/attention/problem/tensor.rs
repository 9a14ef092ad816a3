//! Borrowed queries, keys or values, in the precision they are stored in.

use half::{bf16, f16};

/// Values `[nodes, heads, head_dim]`, row-major, in the precision they are stored in.
#[derive(Debug, Clone, Copy)]
pub enum Tensor<'a> {
    /// 32-bit floats; only for the reference and the CPU.
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

    /// True if there are no values.
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
    /// If `i` is not below the number of values.
    #[track_caller]
    pub fn at(&self, i: usize) -> f32 {
        match self {
            Tensor::F32(x) => x[i],
            Tensor::F16(x) => x[i].to_f32(),
            Tensor::Bf16(x) => x[i].to_f32(),
        }
    }

    /// Index of the first NaN or infinity. O(values), vectorised.
    pub fn first_non_finite(&self) -> Option<usize> {
        match self {
            Tensor::F32(x) => first(x, |v| v.is_finite()),
            Tensor::F16(x) => first(x, |v| v.is_finite()),
            Tensor::Bf16(x) => first(x, |v| v.is_finite()),
        }
    }
}

fn first<T: Copy>(values: &[T], is_finite: impl Fn(T) -> bool) -> Option<usize> {
    /// Long enough for the compiler to vectorise, short enough to stop early.
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
        for index in [0, 255, 256, 999] {
            let mut x = vec![1.0_f32; 1000];
            x[index] = f32::INFINITY;
            x[999] = f32::NAN;
            let half: Vec<f16> = x.iter().map(|&v| f16::from_f32(v)).collect();
            let brain: Vec<bf16> = x.iter().map(|&v| bf16::from_f32(v)).collect();
            for t in [Tensor::F32(&x), Tensor::F16(&half), Tensor::Bf16(&brain)] {
                assert_eq!(t.first_non_finite(), Some(index), "{}", t.dtype());
            }
        }
        assert_eq!(Tensor::F32(&[1.0, f32::MAX]).first_non_finite(), None);
    }
}
