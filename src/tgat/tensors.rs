//! Where the values of a tensor come from: a seed, or a file of weights (`weights`).

use super::error::TgatError;
use crate::philox::Philox;

/// Keeps the numbers of the weights apart from those of other users of the same seed: "tgat".
const PURPOSE: u32 = 0x7467_6174;

/// Standard deviation of seeded positions, the original's.
const POSITION_SD: f32 = 0.02;

/// A size of a tensor, and what governs it.
pub(super) type Dim = (usize, &'static str);

/// What governs a size that is the same in every network.
pub(super) const FIXED: &str = "the network itself, and cannot be set";

/// What governs the width of the features.
pub(super) const INPUT: &str = "the number of feature columns of the input";

/// How a tensor starts without training.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Start {
    /// Xavier-uniform: uniform within ±sqrt(6 / (in + out)), for `[out, in]`.
    Xavier,
    /// Uniform with the standard deviation of the original's positions.
    Position,
    /// The same value everywhere.
    Zero,
    /// The same value everywhere.
    One,
}

/// A tensor that the network asks for.
#[derive(Debug, Clone)]
pub(super) struct Wanted {
    pub(super) name: String,
    pub(super) dims: Vec<Dim>,
    pub(super) start: Start,
    /// The setting that asks for this tensor at all.
    pub(super) setting: &'static str,
}

impl Wanted {
    pub(super) fn shape(&self) -> Vec<usize> {
        self.dims.iter().map(|(size, _)| *size).collect()
    }

    pub(super) fn len(&self) -> usize {
        self.dims.iter().map(|(size, _)| *size).product()
    }
}

/// Gives the values of the tensors that a network asks for while it is being built.
pub(super) trait TensorSource {
    /// The values of `wanted`, row-major, `wanted.len()` of them.
    fn take(&mut self, wanted: &Wanted) -> Result<Vec<f32>, TgatError>;
}

/// Random weights. Each tensor has a stream of its own, keyed by its name: another layer changes no other tensor.
pub(super) struct Seeded {
    philox: Philox,
}

impl Seeded {
    pub(super) fn new(seed: u64) -> Self {
        Self { philox: Philox::new(seed).fork(PURPOSE) }
    }
}

impl TensorSource for Seeded {
    fn take(&mut self, wanted: &Wanted) -> Result<Vec<f32>, TgatError> {
        let bound = match wanted.start {
            Start::Zero => return Ok(vec![0.0; wanted.len()]),
            Start::One => return Ok(vec![1.0; wanted.len()]),
            Start::Xavier => {
                let ends: usize = wanted.dims.iter().map(|(size, _)| *size).sum();
                (6.0 / ends as f32).sqrt()
            }
            // a uniform variable within ±b has the standard deviation b / sqrt(3)
            Start::Position => POSITION_SD * 3.0_f32.sqrt(),
        };
        let place = fnv1a(&wanted.name);
        let mut stream = self.philox.stream(place as u32, (place >> 32) as u32);
        Ok((0..wanted.len()).map(|_| (2.0 * stream.next_f32() - 1.0) * bound).collect())
    }
}

/// 64-bit FNV-1a: the same number for the same name in every build, which `std`'s hasher does not promise.
fn fnv1a(name: &str) -> u64 {
    name.bytes().fold(0xCBF2_9CE4_8422_2325, |hash, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01B3)
    })
}

/// Walks the tensors of a network: name, shape, values.
pub(super) type Visit<'v, 'm> = dyn FnMut(String, Vec<usize>, &'m [f32]) + 'v;
