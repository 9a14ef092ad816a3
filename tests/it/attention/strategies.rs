//! Random attention problems: batches of graphs with lengths around multiples of the block size, every kind of mask,
//! bias and type.

mod batch;

use std::ops::Range;

use proptest::prelude::*;

pub use batch::{Batch, Values};

/// Storage type of q, k and v.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Dtype {
    F32,
    F16,
    Bf16,
}

/// The nodes of its graph that a node attends to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mask {
    All,
    Causal,
    /// A random range, often an empty one.
    Ranges,
    /// Each pair with this probability, in percent.
    Percent(u64),
    /// One pair of the whole graph.
    SingleBit,
    /// This many nodes before it, and itself.
    Band(usize),
    /// Rows without keys, with one key, with a few, and with all, at random.
    Mixed,
    Nothing,
}

/// Kind of the bias.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Bias {
    None,
    Sqrt,
    Buckets,
}

/// Times of the nodes of each graph.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Times {
    /// Multiples of half a minute within five hours, unsorted.
    Random,
    /// One event every N milliseconds.
    Sorted(i64),
    /// All equal.
    Equal,
    /// At the bounds of buckets, and a millisecond before and after.
    Boundary,
    /// Distances around 2^31 and 2^32 milliseconds.
    Far,
}

/// The parameters drawn by proptest; everything else follows from the seed.
#[derive(Debug, Clone)]
pub struct Shape {
    pub lengths: Vec<usize>,
    pub heads: usize,
    pub dim: usize,
    pub dtype: Dtype,
    pub mask: Mask,
    pub bias: Bias,
    pub times: Times,
    pub uniform: bool,
    /// Bound of |scale·q·k + bias|.
    pub logits: f64,
    pub seed: u64,
}

fn length() -> impl Strategy<Value = usize> {
    prop_oneof![3 => prop::sample::select(vec![0, 1, 63, 64, 65, 127, 128, 129]), 1 => 2..150_usize]
}

fn mask() -> impl Strategy<Value = Mask> {
    prop_oneof![
        Just(Mask::All),
        Just(Mask::Causal),
        Just(Mask::Ranges),
        prop::sample::select(vec![1, 10, 40, 90]).prop_map(Mask::Percent),
        Just(Mask::SingleBit),
        (0..70_usize).prop_map(Mask::Band),
        Just(Mask::Mixed),
        Just(Mask::Nothing),
    ]
}

pub fn shapes() -> impl Strategy<Value = Shape> {
    let dims = prop::sample::select(vec![1, 3, 8, 10, 11, 16, 17, 33, 64, 128]);
    let dtypes = prop::sample::select(vec![Dtype::F32, Dtype::F16, Dtype::Bf16]);
    let biases = prop::sample::select(vec![Bias::None, Bias::Sqrt, Bias::Buckets]);
    let logits = prop::sample::select(vec![1.0, 16.0, 256.0, 4096.0]);
    let lengths = prop::collection::vec(length(), 0..4);
    let times = prop::sample::select(vec![
        Times::Random,
        Times::Sorted(1_000),
        Times::Sorted(60_000),
        Times::Equal,
        Times::Boundary,
        Times::Far,
    ]);
    // Nine heads of 128 dimensions do not fit in one block of the gather kernel.
    let heads = prop_oneof![7 => 1..4_usize, 1 => Just(9)];
    (lengths, heads, dims, dtypes, mask(), (biases, times), any::<bool>(), logits, any::<u64>()).prop_map(
        |(lengths, heads, dim, dtype, mask, (bias, times), uniform, logits, seed)| Shape {
            lengths,
            heads,
            dim,
            dtype,
            mask,
            bias,
            times,
            uniform,
            logits,
            seed,
        },
    )
}

/// A generator of pseudo-random numbers (splitmix64).
pub struct Random(pub u64);

impl Random {
    pub fn bits(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        z ^ (z >> 31)
    }

    pub fn below(&mut self, n: usize) -> usize {
        (self.bits() % n.max(1) as u64) as usize
    }

    /// A value in -2..2.
    pub fn value(&mut self) -> f32 {
        (self.bits() >> 40) as f32 / (1 << 22) as f32 - 2.0
    }
}

fn times(times: Times, len: usize, random: &mut Random) -> Vec<i64> {
    const BUCKETS: [i64; 7] = [0, 5, 10, 15, 60, 120, 240];
    const FAR: [i64; 6] = [0, 1, 1 << 30, (1 << 31) - 1, 1 << 31, (1 << 32) + 1];
    let mut past = |i: usize| match times {
        Times::Random => 30_000 * random.below(600) as i64,
        Times::Sorted(step) => step * i as i64,
        Times::Equal => 0,
        Times::Boundary => {
            60_000 * BUCKETS[random.below(7)]
                + if random.below(4) == 0 { random.below(3) as i64 - 1 } else { 0 }
        }
        Times::Far => FAR[random.below(6)] + random.below(2) as i64 * 3_000_000_000,
    };
    (0..len).map(|i| 1_785_000_000_000 + past(i)).collect()
}

fn rows(mask: Mask, graph: Range<usize>, random: &mut Random) -> Vec<Vec<u32>> {
    let (start, len) = (graph.start, graph.len());
    let bit = (random.below(len), random.below(len));
    (0..len)
        .map(|i| {
            let range = |lo: usize, hi: usize| (lo..hi).collect::<Vec<usize>>();
            let row = match mask {
                Mask::All => range(0, len),
                Mask::Causal => range(0, i + 1),
                Mask::Ranges => {
                    let lo = random.below(len + 1);
                    range(lo, (lo + random.below(len)).min(len))
                }
                Mask::Percent(p) => (0..len).filter(|_| random.bits() % 100 < p).collect(),
                Mask::SingleBit if i == bit.0 => vec![bit.1],
                Mask::Band(width) => range(i.saturating_sub(width), i + 1),
                Mask::Mixed => match random.below(4) {
                    0 => vec![],
                    1 => vec![random.below(len)],
                    2 => (0..len).filter(|_| random.bits().is_multiple_of(20)).collect(),
                    _ => range(0, len),
                },
                Mask::SingleBit | Mask::Nothing => vec![],
            };
            row.into_iter().map(|j| (start + j) as u32).collect()
        })
        .collect()
}
