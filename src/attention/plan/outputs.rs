//! What a launch writes, and in which type.

use super::Half;

/// The type in which a kernel writes its output. The log-sum-exp is f32 in each.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum OutputType {
    /// f32.
    #[default]
    F32,
    /// That of queries, keys and values, rounded to nearest: half the bytes, for what reads 16 bits again. It adds
    /// a relative error of 2^-11 (f16; 2^-25 in all below 2^-14) or 2^-8 (bf16).
    Half,
}

/// Shape and type of what a launch writes: the output, and the log-sum-exp.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Outputs {
    /// Nodes times heads.
    pub rows: usize,
    /// True head dimension.
    pub head_dim: usize,
    /// The type of queries, keys and values.
    pub half: Half,
    /// The type of the output.
    pub output: OutputType,
}

impl Outputs {
    /// Bytes of the output, and of the log-sum-exp.
    pub fn bytes(&self) -> [usize; 2] {
        let value = match self.output {
            OutputType::F32 => size_of::<f32>(),
            OutputType::Half => size_of::<u16>(),
        };
        [self.values() * value, self.rows * size_of::<f32>()]
    }

    /// Values of the output.
    pub fn values(&self) -> usize {
        self.rows * self.head_dim
    }
}

#[test]
fn sixteen_bits_take_half_the_bytes() {
    let f32s = Outputs { rows: 2, head_dim: 3, half: Half::Bf16, output: OutputType::F32 };
    assert_eq!(f32s.bytes(), [24, 8]);
    assert_eq!(Outputs { output: OutputType::Half, ..f32s }.bytes(), [12, 8]);
}
