//! The cases: graphs, attention patterns, and biases.

use half::f16;
use ironforge::attention::{Accuracy, Attention, Inputs, Keys, Tensor, TimeBias};
use ironforge::csr::CsrPattern;

/// Milliseconds between two events.
const STEP_MS: i64 = 90_000;

/// Attention pattern: the nodes that a node attends to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Pattern {
    All,
    /// Itself and all nodes before it.
    Causal,
    /// Itself and the N nodes before it.
    Last(usize),
    /// Itself and N of the nodes before it, drawn at random.
    Drawn(usize),
    /// Half of the pairs in each of this percentage of the 64x64 tiles.
    Tiles(u64),
}

/// One case.
#[derive(Debug, Clone)]
pub struct Case {
    pub lengths: Vec<usize>,
    pub heads: usize,
    pub dim: usize,
    pub pattern: Pattern,
    pub bias: TimeBias,
}

impl Case {
    pub fn new(
        graphs: usize,
        len: usize,
        [heads, dim]: [usize; 2],
        pattern: Pattern,
        bias: TimeBias,
    ) -> Self {
        Self { lengths: vec![len; graphs], heads, dim, pattern, bias }
    }

    pub fn nodes(&self) -> usize {
        self.lengths.iter().sum()
    }

    /// Lengths, heads, dimension and number of graphs: `l512_h4_d11_b256`.
    pub fn shape(&self) -> String {
        let (least, most) = (self.lengths.iter().min().unwrap(), self.lengths.iter().max().unwrap());
        let len = if least == most { format!("{most}") } else { format!("{least}to{most}") };
        format!("l{len}_h{}_d{}_b{}", self.heads, self.dim, self.lengths.len())
    }

    /// Shape, pattern and bias: a unique name for each case.
    pub fn label(&self) -> String {
        let pattern = match self.pattern {
            Pattern::All => "all".to_owned(),
            Pattern::Causal => "causal".to_owned(),
            Pattern::Last(n) => format!("last{n}"),
            Pattern::Drawn(n) => format!("drawn{n}"),
            Pattern::Tiles(percent) => format!("tiles{percent}"),
        };
        let bias = if self.bias == TimeBias::None { String::new() } else { format!("_{}", self.bias.name()) };
        format!("{}_{pattern}{bias}", self.shape())
    }

    pub fn data(&self) -> Data {
        let nodes = self.nodes();
        let mut random = Random(1);
        let mut values = || -> Vec<f16> {
            (0..nodes * self.heads * self.dim).map(|_| f16::from_f32(random.value())).collect()
        };
        let [q, k, v] = [values(), values(), values()];
        let mut offsets = vec![0];
        let (mut row_ptr, mut col_idx) = (vec![0], Vec::new());
        for &len in &self.lengths {
            let start = offsets[offsets.len() - 1];
            let tiles = self.tiles(len, &mut random);
            for i in 0..len {
                let row = self.row(i, len, &tiles, &mut random);
                col_idx.extend(row.into_iter().map(|j| (start + j) as u32));
                row_ptr.push(col_idx.len() as u32);
            }
            offsets.push(start + len);
        }
        let t_ms = (0..nodes as i64).map(|i| i * STEP_MS).collect();
        Data { q, k, v, offsets, t_ms, row_ptr, col_idx }
    }

    /// The column blocks for each block of 64 rows; the diagonal block is always among them.
    fn tiles(&self, len: usize, random: &mut Random) -> Vec<Vec<usize>> {
        let Pattern::Tiles(percent) = self.pattern else { return vec![] };
        let blocks = len.div_ceil(64);
        let mut row = |r: usize| (0..blocks).filter(|&c| random.bits() % 100 < percent || c == r).collect();
        (0..blocks).map(&mut row).collect()
    }

    /// The keys of node `i` of a graph, rising; empty if a form of keys needs no list.
    fn row(&self, i: usize, len: usize, tiles: &[Vec<usize>], random: &mut Random) -> Vec<usize> {
        match self.pattern {
            Pattern::All | Pattern::Causal => vec![],
            Pattern::Last(n) => (i.saturating_sub(n)..=i).collect(),
            Pattern::Drawn(n) => {
                let mut row: Vec<usize> = (0..n.min(i)).map(|_| random.bits() as usize % i).collect();
                row.push(i);
                row.sort_unstable();
                row.dedup();
                row
            }
            Pattern::Tiles(_) => {
                let columns = tiles[i / 64].iter().flat_map(|c| 64 * c..(64 * c + 64).min(len));
                columns.filter(|_| random.bits().is_multiple_of(2)).collect()
            }
        }
    }
}

/// The tensors of a case.
pub struct Data {
    pub q: Vec<f16>,
    pub k: Vec<f16>,
    pub v: Vec<f16>,
    pub offsets: Vec<usize>,
    pub t_ms: Vec<i64>,
    pub row_ptr: Vec<u32>,
    pub col_idx: Vec<u32>,
}

impl Data {
    /// Keys in the form of the pattern.
    pub fn keys(&self, pattern: Pattern) -> Keys<'_> {
        match pattern {
            Pattern::All => Keys::All,
            Pattern::Causal => Keys::Causal,
            _ => Keys::Edges(CsrPattern::new(&self.row_ptr, &self.col_idx, self.t_ms.len()).unwrap()),
        }
    }

    /// The keys of node `i`, as a list.
    pub fn row(&self, pattern: Pattern, i: usize) -> Vec<u32> {
        let graph = self.offsets.partition_point(|&start| start <= i) - 1;
        let (start, end) = (self.offsets[graph] as u32, self.offsets[graph + 1] as u32);
        match pattern {
            Pattern::All => (start..end).collect(),
            Pattern::Causal => (start..=i as u32).collect(),
            _ => self.col_idx[self.row_ptr[i] as usize..self.row_ptr[i + 1] as usize].to_vec(),
        }
    }

    /// Number of pairs of a node and a key.
    pub fn pairs(&self, pattern: Pattern) -> usize {
        let lengths = self.offsets.windows(2).map(|w| w[1] - w[0]);
        match pattern {
            Pattern::All => lengths.map(|l| l * l).sum(),
            Pattern::Causal => lengths.map(|l| l * (l + 1) / 2).sum(),
            _ => self.col_idx.len(),
        }
    }

    pub fn problem<'a>(&'a self, case: &Case, keys: Keys<'a>, accuracy: Accuracy) -> Attention<'a> {
        let tensors = [&self.q, &self.k, &self.v].map(|x| Tensor::F16(x));
        let mut inputs = Inputs::new([case.heads, case.dim], tensors, &self.offsets, keys);
        inputs.bias = case.bias.clone();
        inputs.t_ms = Some(&self.t_ms);
        inputs.accuracy = accuracy;
        Attention::new(inputs).unwrap()
    }
}

/// A generator of pseudo-random numbers (splitmix64).
struct Random(u64);

impl Random {
    fn bits(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        z ^ (z >> 31)
    }

    /// A value in -2..2.
    fn value(&mut self) -> f32 {
        (self.bits() >> 40) as f32 / (1 << 22) as f32 - 2.0
    }
}

pub fn sqrt() -> TimeBias {
    TimeBias::Sqrt { scale_minutes: 0.1 }
}

pub fn buckets() -> TimeBias {
    TimeBias::Buckets(vec![(0.0, 5.0, 0.2), (5.0, 15.0, 0.1), (15.0, 60.0, 0.0), (60.0, 240.0, -0.1)])
}

/// The cases on which GPUs and peers are compared.
pub fn main_cases() -> Vec<Case> {
    let [small, large] = [[4, 11], [8, 64]];
    let mut random = Random(2);
    let lengths = (0..512).map(|_| 32 + random.bits() as usize % 969).collect();
    vec![
        // The typical workload: batches of graphs in which nodes have four neighbours.
        Case::new(256, 512, small, Pattern::Last(4), sqrt()),
        Case::new(256, 512, small, Pattern::Last(4), buckets()),
        Case::new(256, 512, small, Pattern::Drawn(8), TimeBias::None),
        Case::new(256, 512, small, Pattern::Causal, sqrt()),
        Case { lengths, ..Case::new(0, 0, small, Pattern::Last(4), sqrt()) },
        Case::new(1, 512, small, Pattern::Last(4), sqrt()),
        // Long graphs.
        Case::new(1, 4096, large, Pattern::All, TimeBias::None),
        Case::new(1, 4096, large, Pattern::Tiles(10), TimeBias::None),
        Case::new(1, 4096, large, Pattern::All, sqrt()),
        Case::new(1, 16384, large, Pattern::Tiles(10), TimeBias::None),
    ]
}

/// Masks of rising density, around the density at which the chosen kernel changes.
#[cfg(feature = "cuda")]
pub fn density_cases() -> Vec<Case> {
    let small = [8, 16, 32, 64, 128].map(Pattern::Drawn).into_iter().chain([16, 64, 192].map(Pattern::Last));
    let large = [16, 64].map(Pattern::Drawn).into_iter().chain([Pattern::Last(64)]);
    let small = small.map(|pattern| Case::new(64, 512, [4, 11], pattern, TimeBias::None));
    small.chain(large.map(|pattern| Case::new(16, 512, [4, 64], pattern, TimeBias::None))).collect()
}
