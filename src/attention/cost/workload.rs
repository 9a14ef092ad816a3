//! The properties of attention that its cost depends on, and the estimates: seconds on a CPU or GPU, bytes on a GPU.

use super::constants::{
    BUCKET_BYTES, BUS_BYTES, CPU_PAIR_NS, CPU_PAIR_VALUE_NS, CPU_VALUE_NS, FEWEST_IN_TILE, GAPS_BYTES,
    GPU_CALL_SECONDS, GPU_PAIR_VALUES, GPU_START_SECONDS, KEY_BYTES, MOST_IN_LIST, NODE_BYTES, TILE_BYTES,
};
use crate::attention::kernel::{Half, Kernel};
use crate::attention::{Accuracy, Attention, Keys};
use crate::geometry::{blocks, padded_head_dim};

/// Size of one problem, or of several together.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct ProblemSize {
    /// Number of nodes.
    pub nodes: usize,
    /// Number of pairs of a node and one of its keys.
    pub pairs: usize,
    /// Upper bound of the number of 64x64 tiles that contain the pairs, if they are listed; 0 if a rule defines them
    /// (all, causal, intervals).
    pub tiles: usize,
}

impl ProblemSize {
    /// Size of a problem whose pairs are listed, in graphs of these sizes.
    pub fn listed(graphs: impl IntoIterator<Item = usize>, pairs: usize) -> Self {
        let (mut nodes, mut tiles) = (0, 0_usize);
        for graph in graphs {
            nodes += graph;
            tiles = tiles.saturating_add(blocks(graph).saturating_pow(2));
        }
        Self { nodes, pairs, tiles }
    }

    /// Size of a problem. O(graphs), for a block mask O(its rows of bits).
    fn of(problem: &Attention<'_>) -> Self {
        let (nodes, pairs) = (problem.nodes(), problem.pairs());
        match problem.inputs().keys {
            Keys::All | Keys::Causal | Keys::Intervals { .. } => Self { nodes, pairs, tiles: 0 },
            Keys::Edges(_) => Self::listed((0..problem.graphs()).map(|g| problem.graph(g).len()), pairs),
            Keys::Mask(mask) => Self { nodes, pairs, tiles: mask.blocks() },
        }
    }

    /// Size of both together.
    #[must_use]
    pub fn plus(self, other: Self) -> Self {
        Self {
            nodes: self.nodes + other.nodes,
            pairs: self.pairs + other.pairs,
            tiles: self.tiles.saturating_add(other.tiles),
        }
    }

    /// Size that covers either: the larger of each count.
    #[must_use]
    pub fn or(self, other: Self) -> Self {
        Self {
            nodes: self.nodes.max(other.nodes),
            pairs: self.pairs.max(other.pairs),
            tiles: self.tiles.max(other.tiles),
        }
    }

    /// Size of `n` such problems together.
    #[must_use]
    pub fn times(self, n: usize) -> Self {
        Self { nodes: self.nodes * n, pairs: self.pairs * n, tiles: self.tiles.saturating_mul(n) }
    }

    /// Upper bound of the bytes of the attention pattern: a list of keys, or tiles if there are kernels for them.
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

/// The properties of attention that its cost depends on: number, size and shape of the problems.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Workload {
    /// Number of problems, run one after another.
    pub calls: usize,
    /// Size of all problems together.
    pub total: ProblemSize,
    /// Size of the largest problem.
    pub largest: ProblemSize,
    /// Number of heads.
    pub heads: usize,
    /// Head dimension.
    pub head_dim: usize,
    /// The 16-bit type of queries, keys and values; `None` for f32.
    pub half: Option<Half>,
    /// Rounding of the probabilities.
    pub accuracy: Accuracy,
    /// Number of buckets of the time bias.
    pub buckets: usize,
}

impl Workload {
    /// The workload of one problem. O(graphs), for a block mask O(its rows of bits).
    pub fn of(problem: &Attention<'_>) -> Self {
        let (inputs, size) = (problem.inputs(), ProblemSize::of(problem));
        Self {
            calls: 1,
            total: size,
            largest: size,
            heads: inputs.heads,
            head_dim: inputs.head_dim,
            half: Half::of(&inputs.q).ok(),
            accuracy: inputs.accuracy,
            buckets: inputs.bias.bucket_count(),
        }
    }

    /// Seconds on `threads` threads of a CPU.
    pub fn cpu_seconds(&self, threads: usize) -> f64 {
        let pair = CPU_PAIR_NS + CPU_PAIR_VALUE_NS * self.head_dim as f64;
        let row = CPU_VALUE_NS * self.head_dim as f64;
        let ns = (self.total.pairs as f64 * pair + self.total.nodes as f64 * row) * self.heads as f64;
        ns * 1e-9 / threads as f64
    }

    /// Seconds on a GPU that this process has not used yet, including the copies over the bus.
    pub fn gpu_seconds(&self) -> f64 {
        let copied = self.bytes(self.total, true);
        let values = self.total.pairs as f64 * self.heads as f64 * self.padded() as f64;
        GPU_START_SECONDS
            + self.calls as f64 * GPU_CALL_SECONDS
            + copied / BUS_BYTES
            + values / GPU_PAIR_VALUES
    }

    /// Upper bound of the bytes of the largest problem on a GPU with kernels for this architecture: tensors,
    /// results and the tables of its plan.
    pub fn gpu_bytes(&self, arch: u32) -> u64 {
        self.bytes(self.largest, self.is_tiled(arch)) as u64
    }

    /// Kernels that may run the work on a GPU of this architecture; empty if there are none for its type.
    pub(crate) fn kernels(&self, arch: u32) -> impl Iterator<Item = Kernel> + use<> {
        let (half, padded) = (self.half, self.padded());
        let tiles =
            if self.largest.tiles == 0 { Kernel::FlashAttention } else { Kernel::BlockSparseAttention };
        let kernels = [Kernel::EdgeAttention, tiles].into_iter();
        kernels.filter(move |kernel| half.is_some_and(|half| kernel.is_built(arch, half, padded)))
    }

    /// True if tile kernels may run the work on a GPU of this architecture; else its keys are gathered.
    pub(crate) fn is_tiled(&self, arch: u32) -> bool {
        self.kernels(arch).any(|kernel| kernel != Kernel::EdgeAttention)
    }

    /// Padded head dimension, as stored on a GPU.
    pub(crate) fn padded(&self) -> usize {
        padded_head_dim(self.head_dim).unwrap_or(self.head_dim)
    }

    /// Bytes on the GPU: padded queries, keys and values of 16 bits, output and log-sum-exp in f32, and the plan.
    fn bytes(&self, size: ProblemSize, tiled: bool) -> f64 {
        let row = 6.0 * self.padded() as f64 + 4.0 * (self.head_dim as f64 + 1.0);
        let tables = size.key_bytes(tiled) + self.buckets as f64 * BUCKET_BYTES + GAPS_BYTES;
        size.nodes as f64 * (self.heads as f64 * row + NODE_BYTES) + tables
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const HALF: Option<Half> = Some(Half::F16);

    fn work(calls: usize, size: ProblemSize, [heads, head_dim]: [usize; 2]) -> Workload {
        Workload {
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
        let sample = work(2, ProblemSize::listed([726], 3500), [4, 11]);
        assert!(sample.cpu_seconds(2) < sample.gpu_seconds());
        let len = 16_384;
        let dense = work(1, ProblemSize { nodes: len, pairs: len * len, tiles: 0 }, [16, 64]);
        assert!(dense.gpu_seconds() < dense.cpu_seconds(64));
        assert_eq!(dense.gpu_bytes(80), (len * (16 * (3 * 2 * 64 + 4 * 65) + 40) + 16 * 256) as u64);
        let absurd = work(1, ProblemSize::default(), [usize::MAX, 1]);
        assert_eq!(absurd.gpu_bytes(80), 16 * 256);
    }
}
