//! Random attention problems: batches of graphs of telling lengths, masks of every kind, every bias and type.

use std::ops::Range;

use half::{bf16, f16};
use ironforge::attention::{Accuracy, Attention, EmptyRow, Inputs, Keys, NonFinite, Tensor, TimeBias};
use ironforge::csr::CsrPattern;
use proptest::prelude::*;

/// A stored type.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Dtype {
    F32,
    F16,
    Bf16,
}

/// Which nodes of its graph a node sees.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mask {
    All,
    Causal,
    /// A random range, often an empty one.
    Ranges,
    /// Each pair with this chance, in percent.
    Percent(u64),
    /// One pair of the graph.
    SingleBit,
    /// A fixed few before it, and itself.
    Band(usize),
    /// Each row empty, of one key, of a few, or whole.
    Mixed,
    Nothing,
}

/// Which bias.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Bias {
    None,
    Sqrt,
    Buckets,
}

/// Times of the nodes of each graph.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Times {
    /// Half minutes within five hours, in no order.
    Random,
    /// One event every so many milliseconds.
    Sorted(i64),
    /// All at once.
    Equal,
    /// Where buckets begin and end, and a millisecond beside.
    Boundary,
    /// Around the distances at which 32 bits end.
    Far,
}

/// What proptest draws; everything else follows from the seed.
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
    /// The largest |scale·q·k + bias|.
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
    let dims = prop::sample::select(vec![1, 3, 8, 11, 16, 17, 33, 64, 128]);
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
    (lengths, 1..4_usize, dims, dtypes, mask(), (biases, times), any::<bool>(), logits, any::<u64>())
        .prop_map(|(lengths, heads, dim, dtype, mask, (bias, times), uniform, logits, seed)| Shape {
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
        })
}

/// Numbers from a seed (splitmix64).
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

    /// -2..2.
    pub fn value(&mut self) -> f32 {
        (self.bits() >> 40) as f32 / (1 << 22) as f32 - 2.0
    }
}

/// Stored values.
#[derive(Debug, Clone)]
pub enum Values {
    F32(Vec<f32>),
    F16(Vec<f16>),
    Bf16(Vec<bf16>),
}

impl Values {
    pub fn store(dtype: Dtype, values: &[f32]) -> Self {
        match dtype {
            Dtype::F32 => Self::F32(values.to_vec()),
            Dtype::F16 => Self::F16(values.iter().map(|&x| f16::from_f32(x)).collect()),
            Dtype::Bf16 => Self::Bf16(values.iter().map(|&x| bf16::from_f32(x)).collect()),
        }
    }

    pub fn tensor(&self) -> Tensor<'_> {
        match self {
            Self::F32(x) => Tensor::F32(x),
            Self::F16(x) => Tensor::F16(x),
            Self::Bf16(x) => Tensor::Bf16(x),
        }
    }

    pub fn widened(&self) -> Vec<f32> {
        (0..self.tensor().len()).map(|i| self.tensor().at(i)).collect()
    }
}

/// A whole problem that owns its parts; who sees whom as an edge list.
#[derive(Debug, Clone)]
pub struct Batch {
    pub heads: usize,
    pub dim: usize,
    pub dtype: Dtype,
    pub q: Values,
    pub k: Values,
    pub v: Values,
    pub offsets: Vec<usize>,
    pub rows: Vec<Vec<u32>>,
    pub bias: TimeBias,
    pub t_ms: Vec<i64>,
    pub scale: f32,
    pub empty_row: EmptyRow,
    pub accuracy: Accuracy,
    pub non_finite: NonFinite,
    pub logits: f64,
}

impl Batch {
    pub fn new(shape: &Shape) -> Self {
        let mut random = Random(shape.seed);
        let mut offsets = vec![0];
        for len in &shape.lengths {
            offsets.push(offsets[offsets.len() - 1] + len);
        }
        let nodes = offsets[offsets.len() - 1];
        let size = nodes * shape.heads * shape.dim;
        let mut values =
            || Values::store(shape.dtype, &(0..size).map(|_| random.value()).collect::<Vec<f32>>());
        let (q, k, v) = (values(), values(), values());
        let rows = (0..shape.lengths.len())
            .flat_map(|g| rows(shape.mask, offsets[g]..offsets[g + 1], &mut random))
            .collect();
        let t_ms: Vec<i64> =
            offsets.windows(2).flat_map(|w| times(shape.times, w[1] - w[0], &mut random)).collect();
        let spans = offsets
            .windows(2)
            .map(|w| t_ms[w[0]..w[1]].iter())
            .map(|t| t.clone().max().zip(t.min()).map_or(0, |(last, first)| last - first));
        // Half of the logit is the bias's.
        let longest = spans.max().unwrap_or(0).max(1) as f64 / 60_000.0;
        let bias = match shape.bias {
            Bias::None => TimeBias::None,
            Bias::Sqrt => TimeBias::Sqrt { scale_minutes: (longest * 4.0 / shape.logits.powi(2)) as f32 },
            Bias::Buckets => TimeBias::Buckets(vec![
                (0.0, 5.0, 0.2),
                (5.0, 15.0, 0.1),
                (15.0, 60.0, 0.0),
                (60.0, 240.0, -0.1),
                (10.0, 120.0, shape.logits as f32 / 4.0),
            ]),
        };
        let mut batch = Self {
            heads: shape.heads,
            dim: shape.dim,
            dtype: shape.dtype,
            q,
            k,
            v,
            offsets,
            rows,
            bias,
            t_ms,
            scale: 1.0,
            empty_row: if shape.uniform { EmptyRow::Uniform } else { EmptyRow::Zero },
            accuracy: Accuracy::Exact,
            non_finite: NonFinite::Error,
            logits: shape.logits,
        };
        batch.scale = (shape.logits * 0.45 / batch.largest_product().max(1e-3)) as f32;
        batch
    }

    pub fn nodes(&self) -> usize {
        self.offsets[self.offsets.len() - 1]
    }

    pub fn graphs(&self) -> impl Iterator<Item = Range<usize>> {
        self.offsets.windows(2).map(|w| w[0]..w[1])
    }

    /// The largest |q·k| of any pair in one graph.
    fn largest_product(&self) -> f64 {
        let (q, k) = (self.q.widened(), self.k.widened());
        let row = |x: &[f32], i: usize, h: usize| -> Vec<f32> {
            x[(i * self.heads + h) * self.dim..][..self.dim].to_vec()
        };
        let mut largest = 0.0_f64;
        for (i, h) in (0..self.nodes()).flat_map(|i| (0..self.heads).map(move |h| (i, h))) {
            let q = row(&q, i, h);
            for &j in &self.rows[i] {
                let k = row(&k, j as usize, h);
                let dot: f64 = q.iter().zip(&k).map(|(a, b)| f64::from(*a) * f64::from(*b)).sum();
                largest = largest.max(dot.abs());
            }
        }
        largest
    }

    pub fn csr(&self) -> (Vec<u32>, Vec<u32>) {
        let mut row_ptr = vec![0];
        for row in &self.rows {
            row_ptr.push(row_ptr[row_ptr.len() - 1] + row.len() as u32);
        }
        (row_ptr, self.rows.concat())
    }

    /// Hands out the checked problem with its edges as a pattern.
    pub fn with_edges<T>(&self, run: impl FnOnce(&Attention<'_>) -> T) -> T {
        let (row_ptr, col_idx) = self.csr();
        self.with_keys(Keys::Edges(CsrPattern::new(&row_ptr, &col_idx, self.nodes()).unwrap()), run)
    }

    /// Hands out the checked problem with the keys given.
    pub fn with_keys<T>(&self, keys: Keys<'_>, run: impl FnOnce(&Attention<'_>) -> T) -> T {
        let tensors = [self.q.tensor(), self.k.tensor(), self.v.tensor()];
        let mut inputs = Inputs::new([self.heads, self.dim], tensors, &self.offsets, keys);
        inputs.bias = self.bias.clone();
        inputs.t_ms = Some(&self.t_ms);
        inputs.scale = Some(self.scale);
        inputs.empty_row = self.empty_row;
        inputs.accuracy = self.accuracy;
        inputs.non_finite = self.non_finite;
        run(&Attention::new(inputs).unwrap())
    }

    /// The nodes of `order` (old indices), as a batch of the graphs of `offsets`; their keys go with them.
    pub fn select(&self, order: &[usize], offsets: Vec<usize>) -> Self {
        let width = self.heads * self.dim;
        let pick = |x: &Values| {
            let x = x.widened();
            let values: Vec<f32> =
                order.iter().flat_map(|&i| x[i * width..(i + 1) * width].iter().copied()).collect();
            Values::store(self.dtype, &values)
        };
        let mut place = vec![u32::MAX; self.nodes()];
        order.iter().enumerate().for_each(|(new, &old)| place[old] = new as u32);
        let rows = order.iter().map(|&i| {
            let mut row: Vec<u32> = self.rows[i].iter().map(|&j| place[j as usize]).collect();
            row.sort_unstable();
            row
        });
        Self {
            q: pick(&self.q),
            k: pick(&self.k),
            v: pick(&self.v),
            rows: rows.collect(),
            t_ms: order.iter().map(|&i| self.t_ms[i]).collect(),
            offsets,
            ..self.clone()
        }
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
