//! Shape and type of what a launch writes.

use crate::attention::kernel::Half;

/// Type of a kernel's output, with its code: `OutputType` in `kernels/include/params.cuh`. The log-sum-exp is
/// always f32.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[repr(u32)]
pub enum OutputType {
    /// f32.
    #[default]
    F32 = 0,
    /// The type of queries, keys and values, rounded to nearest: half the bytes, for consumers that read 16 bits. It
    /// adds a relative error of 2^-11 (f16; absolute 2^-25 below 2^-14) or 2^-8 (bf16).
    Half = 1,
}

/// Shape and type of the output and the log-sum-exp that a launch writes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct OutputLayout {
    /// Number of rows: nodes times heads.
    pub rows: usize,
    /// True head dimension.
    pub head_dim: usize,
    /// Type of queries, keys and values.
    pub half: Half,
    /// Type of the output.
    pub output: OutputType,
}

impl OutputLayout {
    /// Bytes of the output, and of the log-sum-exp.
    pub fn bytes(&self) -> [usize; 2] {
        let value = match self.output {
            OutputType::F32 => size_of::<f32>(),
            OutputType::Half => size_of::<u16>(),
        };
        [self.values() * value, self.rows * size_of::<f32>()]
    }

    /// Number of values of the output.
    pub fn values(&self) -> usize {
        self.rows * self.head_dim
    }
}

#[test]
fn sixteen_bits_take_half_the_bytes() {
    let f32s = OutputLayout { rows: 2, head_dim: 3, half: Half::Bf16, output: OutputType::F32 };
    assert_eq!(f32s.bytes(), [24, 8]);
    assert_eq!(OutputLayout { output: OutputType::Half, ..f32s }.bytes(), [12, 8]);
}
