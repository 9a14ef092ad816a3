//! Sources of the tensors of a network: a seed, or a weights file ([`weights`](super::weights)).

use super::error::TgatError;
use crate::philox::Philox;

/// Philox fork of the weights, distinct from those of other users of the same seed: "tgat" in ASCII.
const PURPOSE: u32 = 0x7467_6174;

/// Standard deviation of seeded positional encodings.
const POSITION_SD: f32 = 0.02;

/// A size of a tensor, and the setting that determines it.
pub(super) type Dim = (usize, &'static str);

/// Text in place of a setting, for a size that is the same in every network; part of error messages.
pub(super) const FIXED: &str = "the network itself, and cannot be set";

/// Text in place of a setting, for the number of features; part of error messages.
pub(super) const INPUT: &str = "the number of feature columns of the input";

/// Initial values of a tensor.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum InitialValues {
    /// Xavier-uniform: uniform within ±sqrt(6 / (in + out)), for `[out, in]`.
    Xavier,
    /// Uniform with a standard deviation of 0.02.
    Position,
    /// All zeros.
    Zero,
    /// All ones.
    One,
}

/// A tensor that a network needs.
#[derive(Debug, Clone)]
pub(super) struct TensorSpec {
    pub(super) name: String,
    pub(super) dims: Vec<Dim>,
    pub(super) initial: InitialValues,
    /// The setting that needs this tensor.
    pub(super) setting: &'static str,
}

impl TensorSpec {
    pub(super) fn shape(&self) -> Vec<usize> {
        self.dims.iter().map(|(size, _)| *size).collect()
    }

    pub(super) fn len(&self) -> usize {
        self.dims.iter().map(|(size, _)| *size).product()
    }
}

/// Gives the values of the tensors of a network while it is being built.
pub(super) trait TensorSource {
    /// The values of the tensor `spec`, row-major.
    fn take(&mut self, spec: &TensorSpec) -> Result<Vec<f32>, TgatError>;
}

/// Random weights. Each tensor has a random stream keyed by its name, so adding a layer changes no other tensor.
pub(super) struct SeededTensors {
    philox: Philox,
}

impl SeededTensors {
    pub(super) fn new(seed: u64) -> Self {
        Self { philox: Philox::new(seed).fork(PURPOSE) }
    }
}

impl TensorSource for SeededTensors {
    fn take(&mut self, spec: &TensorSpec) -> Result<Vec<f32>, TgatError> {
        let bound = match spec.initial {
            InitialValues::Zero => return Ok(vec![0.0; spec.len()]),
            InitialValues::One => return Ok(vec![1.0; spec.len()]),
            InitialValues::Xavier => {
                let fan_in_and_out: usize = spec.dims.iter().map(|(size, _)| *size).sum();
                (6.0 / fan_in_and_out as f32).sqrt()
            }
            // A uniform variable within ±b has the standard deviation b / sqrt(3).
            InitialValues::Position => POSITION_SD * 3.0_f32.sqrt(),
        };
        let hash = fnv1a(&spec.name);
        let mut stream = self.philox.stream(hash as u32, (hash >> 32) as u32);
        Ok((0..spec.len()).map(|_| (2.0 * stream.next_f32() - 1.0) * bound).collect())
    }
}

/// 64-bit FNV-1a: the same number for the same name in every build, which the hasher of `std` does not guarantee.
fn fnv1a(name: &str) -> u64 {
    name.bytes().fold(0xCBF2_9CE4_8422_2325, |hash, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01B3)
    })
}

/// Receives each tensor of a network: name, shape, values.
pub(super) type TensorVisitor<'v, 'm> = dyn FnMut(String, Vec<usize>, &'m [f32]) + 'v;
