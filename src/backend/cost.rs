//! What work costs on each device, estimated. Good for the choice between them, not for a promise.

use crate::attention::plan::{Half, Kernel};
use crate::attention::{Accuracy, Attention, Keys, TimeBias};
use crate::geometry::{blocks, padded_head_dim};

/// CPU: nanoseconds of one thread for a pair of nodes in one head, and for each dimension of it; measured on dense and
/// banded masks at head dimensions of 16 to 128.
const CPU_PAIR_NS: f64 = 25.0;
const CPU_PAIR_VALUE_NS: f64 = 0.9;
/// CPU: nanoseconds of one thread for a value of q that sees hardly a key; measured on five keys a row.
const CPU_VALUE_NS: f64 = 25.0;

/// GPU: seconds until the first result of a process, context and compiling of the kernels included: 0.39 on an H200
/// (benches/record/2026-11-28-gpu.md, as the others below).
const GPU_START_SECONDS: f64 = 0.4;
/// GPU: seconds of a call besides its bytes and pairs: plan, allocations, launch; not measured.
const GPU_CALL_SECONDS: f64 = 5e-4;
/// Bytes a second from and to pageable memory of the host: 8 to 12 GB/s in, 4 GB/s out.
const BUS_BYTES: f64 = 6e9;
/// GPU: values of pairs a second: 1e12 of a few keys a row, 4e13 of dense tiles of 64 dimensions.
const GPU_PAIR_VALUES: f64 = 1e13;

/// Bytes of a tile of keys with its bits, and of a key in a list.
const TILE_BYTES: f64 = 520.0;
const KEY_BYTES: f64 = 4.0;
/// By the costs in `choose.rs`, tiles of fewer keys are gathered from a list, and tiles of more are not.
const FEWEST_IN_TILE: f64 = 20.0;
const MOST_IN_LIST: f64 = 2048.0;
/// Bytes that any plan has for a node: its time, its keys, its share of the schedule.
const NODE_BYTES: f64 = 40.0;
/// Bytes of a bucket of the time bias: two steps, each with its value.
const BUCKET_BYTES: f64 = 24.0;
/// Bytes between the parts of a plan, of tensors and of results.
const GAPS_BYTES: f64 = 16.0 * 256.0;

/// How large one problem is, or several together.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Size {
    /// Nodes.
    pub nodes: usize,
    /// Pairs of a node and a key that it sees.
    pub pairs: usize,
    /// Tiles of 64 x 64 that the pairs lie in, at most, where they are listed; 0 where a rule says who sees whom.
    pub tiles: usize,
}

impl Size {
    /// A problem whose pairs are listed, in graphs of these sizes.
    pub fn listed(graphs: impl IntoIterator<Item = usize>, pairs: usize) -> Self {
        let (mut nodes, mut tiles) = (0, 0_usize);
        for graph in graphs {
            nodes += graph;
            tiles = tiles.saturating_add(blocks(graph).saturating_pow(2));
        }
        Self { nodes, pairs, tiles }
    }

    /// One problem. O(graphs), for a block mask O(its rows of bits).
    fn of(problem: &Attention<'_>) -> Self {
        let (nodes, pairs) = (problem.nodes(), problem.pairs());
        match problem.inputs().keys {
            Keys::All | Keys::Causal | Keys::Intervals { .. } => Self { nodes, pairs, tiles: 0 },
            Keys::Edges(_) => Self::listed((0..problem.graphs()).map(|g| problem.graph(g).len()), pairs),
            Keys::Mask(mask) => Self { nodes, pairs, tiles: mask.blocks() },
        }
    }

    /// One after the other.
    #[must_use]
    pub fn plus(self, other: Self) -> Self {
        Self {
            nodes: self.nodes + other.nodes,
            pairs: self.pairs + other.pairs,
            tiles: self.tiles.saturating_add(other.tiles),
        }
    }

    /// Room for either.
    #[must_use]
    pub fn or(self, other: Self) -> Self {
        Self {
            nodes: self.nodes.max(other.nodes),
            pairs: self.pairs.max(other.pairs),
            tiles: self.tiles.max(other.tiles),
        }
    }

    /// This many times, one after another.
    #[must_use]
    pub fn times(self, n: usize) -> Self {
        Self { nodes: self.nodes * n, pairs: self.pairs * n, tiles: self.tiles.saturating_mul(n) }
    }

    /// Bytes that say who sees whom, at most: a list of keys, or tiles where there are kernels for them.
    fn key_bytes(&self, tiled: bool) -> f64 {
        let (pairs, tiles) = (self.pairs as f64, self.tiles as f64);
        match (self.tiles, tiled) {
            (0, _) => 0.0,
            (_, false) => KEY_BYTES * pairs,
            (_, true) => {
                let listed = KEY_BYTES * pairs.min(tiles * MOST_IN_LIST);
                listed.max(TILE_BYTES * tiles.min(pairs / FEWEST_IN_TILE))
            }
        }
    }
}

/// Work for attention, as far as its cost depends on it.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Work {
    /// Problems, one after another.
    pub calls: usize,
    /// All problems together.
    pub total: Size,
    /// The largest problem.
    pub largest: Size,
    /// Heads.
    pub heads: usize,
    /// Head dimension.
    pub head_dim: usize,
    /// The 16-bit type of queries, keys and values; `None` in f32.
    pub half: Option<Half>,
    /// Rounding of the probabilities.
    pub accuracy: Accuracy,
    /// Buckets of the time bias.
    pub buckets: usize,
}

impl Work {
    /// One problem. O(graphs), for a block mask O(its rows of bits).
    pub fn of(problem: &Attention<'_>) -> Self {
        let (inputs, size) = (problem.inputs(), Size::of(problem));
        Self {
            calls: 1,
            total: size,
            largest: size,
            heads: inputs.heads,
            head_dim: inputs.head_dim,
            half: Half::of(&inputs.q).ok(),
            accuracy: inputs.accuracy,
            buckets: match &inputs.bias {
                TimeBias::Buckets(buckets) => buckets.len(),
                TimeBias::None | TimeBias::Sqrt { .. } => 0,
            },
        }
    }

    /// Seconds on so many threads of a CPU.
    pub fn cpu_seconds(&self, threads: usize) -> f64 {
        let pair = CPU_PAIR_NS + CPU_PAIR_VALUE_NS * self.head_dim as f64;
        let row = CPU_VALUE_NS * self.head_dim as f64;
        let ns = (self.total.pairs as f64 * pair + self.total.nodes as f64 * row) * self.heads as f64;
        ns * 1e-9 / threads as f64
    }

    /// Seconds on a GPU that this process has not used yet, with the copies over the bus.
    pub fn gpu_seconds(&self) -> f64 {
        let copied = self.bytes(self.total, true);
        let values = self.total.pairs as f64 * self.heads as f64 * self.padded() as f64;
        GPU_START_SECONDS
            + self.calls as f64 * GPU_CALL_SECONDS
            + copied / BUS_BYTES
            + values / GPU_PAIR_VALUES
    }

    /// Bytes that the largest problem takes on a GPU with kernels for this architecture, at most: tensors, results, and
    /// the tables of its plan.
    pub fn gpu_bytes(&self, arch: u32) -> u64 {
        self.bytes(self.largest, self.is_tiled(arch)) as u64
    }

    /// The kernels that may run it on a GPU of this architecture; none if there are none for its type.
    pub(super) fn kernels(&self, arch: u32) -> impl Iterator<Item = Kernel> + use<> {
        let (half, padded) = (self.half, self.padded());
        let tiles =
            if self.largest.tiles == 0 { Kernel::FlashAttention } else { Kernel::BlockSparseAttention };
        let kernels = [Kernel::EdgeAttention, tiles].into_iter();
        kernels.filter(move |kernel| half.is_some_and(|half| kernel.is_built(arch, half, padded)))
    }

    /// Whether it may run on tiles on a GPU of this architecture; else its keys are gathered.
    pub(super) fn is_tiled(&self, arch: u32) -> bool {
        self.kernels(arch).any(|kernel| kernel != Kernel::EdgeAttention)
    }

    /// Head dimension that it is stored with on a GPU.
    pub(super) fn padded(&self) -> usize {
        padded_head_dim(self.head_dim).unwrap_or(self.head_dim)
    }

    /// Queries, keys and values in 16 bits, padded; output and log-sum-exp in f32; the plan.
    fn bytes(&self, size: Size, tiled: bool) -> f64 {
        let row = 6.0 * self.padded() as f64 + 4.0 * (self.head_dim as f64 + 1.0);
        let tables = size.key_bytes(tiled) + self.buckets as f64 * BUCKET_BYTES + GAPS_BYTES;
        size.nodes as f64 * (self.heads as f64 * row + NODE_BYTES) + tables
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::attention::plan::Layout;
    use crate::attention::{BlockMask, Inputs, OwnedPattern, Plan, Tensor, intervals};

    const HALF: Option<Half> = Some(Half::F16);

    fn work(calls: usize, size: Size, [heads, head_dim]: [usize; 2]) -> Work {
        Work {
            calls,
            total: size.times(calls),
            largest: size,
            heads,
            head_dim,
            half: HALF,
            accuracy: Accuracy::Exact,
            buckets: 0,
        }
    }

    #[test]
    fn small_work_is_cheaper_on_the_cpu_and_large_dense_work_on_the_gpu() {
        let sample = work(2, Size::listed([726], 3500), [4, 11]);
        assert!(sample.cpu_seconds(2) < sample.gpu_seconds());
        let len = 16_384;
        let dense = work(1, Size { nodes: len, pairs: len * len, tiles: 0 }, [16, 64]);
        assert!(dense.gpu_seconds() < dense.cpu_seconds(64));
        assert_eq!(dense.gpu_bytes(80), (len * (16 * (3 * 2 * 64 + 4 * 65) + 40) + 16 * 256) as u64);
        let absurd = work(1, Size::default(), [usize::MAX, 1]);
        assert_eq!(absurd.gpu_bytes(80), 16 * 256);
    }

    /// A band of `width` keys a row and the diagonal in graphs of these sizes, as edges.
    fn band(offsets: &[usize], width: u32) -> OwnedPattern {
        let graphs = || offsets.windows(2).map(|w| w[0] as u32..w[1] as u32);
        let lo: Vec<u32> =
            graphs().flat_map(|g| g.clone().map(move |i| i.saturating_sub(width).max(g.start))).collect();
        let hi: Vec<u32> = graphs().flat_map(|g| g.map(|i| i + 1)).collect();
        intervals(offsets, &lo, &hi).unwrap()
    }

    #[test]
    fn no_plan_takes_more_than_was_estimated() {
        let t_ms: Vec<i64> = (0..1024).collect();
        let many: Vec<(f32, f32, f32)> = (0..500).map(|i| (i as f32, i as f32 + 0.5, 1.0)).collect();
        let biases = [TimeBias::None, TimeBias::Sqrt { scale_minutes: 1.0 }, TimeBias::Buckets(many)];
        let lengths = [vec![0, 1024], (0..=16).map(|g| 64 * g).collect::<Vec<usize>>()];
        let shapes = [1, 4, 32].into_iter().flat_map(|heads| [11, 16, 64, 128].map(|dim| [heads, dim]));
        for (([heads, dim], offsets), width) in shapes
            .flat_map(|shape| lengths.iter().map(move |offsets| (shape, offsets)))
            .flat_map(|case| [1, 5, 14, 40, 300, 1023].map(|width| (case, width)))
        {
            let edges = band(offsets, width);
            let mask = BlockMask::new(offsets, edges.as_pattern()).unwrap();
            let x = vec![half::f16::ZERO; 1024 * heads * dim];
            let forms = [Keys::All, Keys::Causal, Keys::Edges(edges.as_pattern()), Keys::Mask(&mask)];
            for (keys, bias) in forms.into_iter().flat_map(|keys| biases.iter().map(move |bias| (keys, bias)))
            {
                let mut inputs = Inputs::new([heads, dim], [Tensor::F16(&x); 3], offsets, keys);
                inputs.bias = bias.clone();
                inputs.t_ms = Some(&t_ms);
                let problem = Attention::new(inputs).unwrap();
                let work = Work::of(&problem);
                let tensors = 1024 * heads * (6 * work.padded() + 4 * (dim + 1));
                for arch in [75, 80] {
                    let layout = Layout::of(&problem);
                    let plan = Plan::new(&layout).unwrap();
                    let plan = if plan.kernel().is_built(arch, Half::F16, work.padded()) {
                        plan
                    } else {
                        Plan::for_kernel(&layout, Kernel::EdgeAttention).unwrap()
                    };
                    let tables: usize = plan.tables().iter().map(|(_, bytes)| bytes.len()).sum();
                    let bound = work.gpu_bytes(arch) as usize - tensors - 16 * 256;
                    assert!(
                        tables <= bound,
                        "{heads} x {dim}, {width}, sm_{arch}: {tables} of {bound}, {keys:?}"
                    );
                }
            }
        }
    }
}
