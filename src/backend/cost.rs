//! What work costs on each device, estimated. Good for the choice between them, not for a promise.

use crate::attention::plan::Half;
use crate::attention::{Attention, Keys};
use crate::geometry::{blocks, padded_head_dim};

/// CPU: nanoseconds of one thread for a pair of nodes in one head, and for each dimension of it; measured on dense and
/// banded masks at head dimensions of 16 to 128.
const CPU_PAIR_NS: f64 = 25.0;
const CPU_PAIR_VALUE_NS: f64 = 0.9;
/// CPU: nanoseconds of one thread for a value of q that sees hardly a key; measured on five keys a row.
const CPU_VALUE_NS: f64 = 25.0;

/// GPU: seconds until the first result of a process, context and compiling of the kernel included; not measured.
const GPU_START_SECONDS: f64 = 0.5;
/// GPU: seconds of a call besides its bytes and pairs: plan, allocations, launch; not measured.
const GPU_CALL_SECONDS: f64 = 5e-4;
/// Bytes a second from and to the memory of the host, padding and pageable copies included; not measured.
const BUS_BYTES: f64 = 4e9;
/// GPU: values of pairs a second, a tenth of what a data-centre GPU of 2020 is built for; not measured.
const GPU_PAIR_VALUES: f64 = 5e12;

/// Bytes of a tile of keys with its bits, and of a key in a list.
const TILE_BYTES: usize = 520;
const KEY_BYTES: usize = 4;
/// By the costs in `choose.rs`, tiles of fewer keys are gathered from a list, and tiles of more are not.
const FEWEST_IN_TILE: usize = 20;
const MOST_IN_LIST: usize = 400;
/// Bytes that any plan has for a node: its time, its keys, its share of the schedule.
const NODE_BYTES: usize = 40;

/// How large one problem is, or several together.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Size {
    /// Nodes.
    pub nodes: usize,
    /// Pairs of a node and a key that it sees.
    pub pairs: usize,
    /// Bytes that say who sees whom, at most; none where a rule does.
    pub key_bytes: usize,
}

impl Size {
    /// A problem whose pairs are listed, in graphs of these sizes.
    pub fn listed(graphs: impl IntoIterator<Item = usize>, pairs: usize) -> Self {
        let (mut nodes, mut tiles) = (0, 0_usize);
        for graph in graphs {
            nodes += graph;
            tiles = tiles.saturating_add(blocks(graph).saturating_pow(2));
        }
        Self { nodes, pairs, key_bytes: key_bytes(pairs, tiles) }
    }

    /// One problem. O(graphs), for a block mask O(its rows of bits).
    fn of(problem: &Attention<'_>) -> Self {
        let (nodes, pairs) = (problem.nodes(), problem.pairs());
        match problem.inputs().keys {
            Keys::All | Keys::Causal | Keys::Intervals { .. } => Self { nodes, pairs, key_bytes: 0 },
            Keys::Edges(_) => Self::listed((0..problem.graphs()).map(|g| problem.graph(g).len()), pairs),
            Keys::Mask(mask) => Self { nodes, pairs, key_bytes: key_bytes(pairs, mask.blocks()) },
        }
    }

    /// One after the other.
    #[must_use]
    pub fn plus(self, other: Self) -> Self {
        Self {
            nodes: self.nodes + other.nodes,
            pairs: self.pairs + other.pairs,
            key_bytes: self.key_bytes + other.key_bytes,
        }
    }

    /// Room for either.
    #[must_use]
    pub fn or(self, other: Self) -> Self {
        Self {
            nodes: self.nodes.max(other.nodes),
            pairs: self.pairs.max(other.pairs),
            key_bytes: self.key_bytes.max(other.key_bytes),
        }
    }

    /// This many times, one after another.
    #[must_use]
    pub fn times(self, n: usize) -> Self {
        Self { nodes: self.nodes * n, pairs: self.pairs * n, key_bytes: self.key_bytes * n }
    }
}

/// Bytes for pairs that lie in so many tiles at most, in a list or in tiles.
fn key_bytes(pairs: usize, tiles: usize) -> usize {
    let listed = KEY_BYTES * pairs.min(tiles.saturating_mul(MOST_IN_LIST));
    listed.max(TILE_BYTES * tiles.min(pairs / FEWEST_IN_TILE))
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
}

impl Work {
    /// One problem. O(graphs), for a block mask O(its rows of bits).
    pub fn of(problem: &Attention<'_>) -> Self {
        let (inputs, size) = (problem.inputs(), Size::of(problem));
        let half = Half::of(&inputs.q).ok();
        Self { calls: 1, total: size, largest: size, heads: inputs.heads, head_dim: inputs.head_dim, half }
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
        let copied = self.bytes(self.total);
        let values = self.total.pairs as f64 * self.heads as f64 * self.padded() as f64;
        GPU_START_SECONDS
            + self.calls as f64 * GPU_CALL_SECONDS
            + copied / BUS_BYTES
            + values / GPU_PAIR_VALUES
    }

    /// Bytes that the largest problem takes on a GPU, at most: tensors, results, and the tables of its plan.
    pub fn gpu_bytes(&self) -> u64 {
        self.bytes(self.largest) as u64
    }

    /// Head dimension that it is stored with on a GPU.
    pub(super) fn padded(&self) -> usize {
        padded_head_dim(self.head_dim).unwrap_or(self.head_dim)
    }

    /// Queries, keys and values in 16 bits, padded; output and log-sum-exp in f32; the plan.
    fn bytes(&self, size: Size) -> f64 {
        let row = 3 * 2 * self.padded() + 4 * (self.head_dim + 1);
        size.nodes as f64 * (self.heads * row + NODE_BYTES) as f64 + size.key_bytes as f64
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::attention::plan::{Kernel, Layout};
    use crate::attention::{BlockMask, Inputs, OwnedPattern, Plan, Tensor, TimeBias, intervals};

    const HALF: Option<Half> = Some(Half::F16);

    #[test]
    fn small_work_is_cheaper_on_the_cpu_and_large_dense_work_on_the_gpu() {
        let sample = Size::listed([726], 3500);
        let sample =
            Work { calls: 2, total: sample.times(2), largest: sample, heads: 4, head_dim: 11, half: HALF };
        assert!(sample.cpu_seconds(2) < sample.gpu_seconds());
        let (len, heads) = (16_384, 16);
        let dense = Size { nodes: len, pairs: len * len, key_bytes: 0 };
        let dense = Work { calls: 1, total: dense, largest: dense, heads, head_dim: 64, half: HALF };
        assert!(dense.gpu_seconds() < dense.cpu_seconds(64));
        assert_eq!(dense.gpu_bytes(), (len * (heads * (3 * 2 * 64 + 4 * 65) + NODE_BYTES)) as u64);
    }

    /// A band of `width` keys a row, as edges.
    fn band(nodes: u32, width: u32) -> OwnedPattern {
        let lo: Vec<u32> = (0..nodes).map(|i| i.saturating_sub(width)).collect();
        let hi: Vec<u32> = (1..=nodes).collect();
        intervals(&[0, nodes as usize], &lo, &hi).unwrap()
    }

    #[test]
    fn a_plan_takes_no_more_than_was_estimated_and_not_many_times_less() {
        let nodes = 1000;
        let offsets = [0, nodes];
        let (lo, hi) = (vec![0; nodes], vec![nodes as u32; nodes]);
        let t_ms: Vec<i64> = (0..nodes as i64).collect();
        for (heads, head_dim, width) in [1, 4, 32]
            .into_iter()
            .flat_map(|h| [(h, 11), (h, 64), (h, 128)])
            .flat_map(|(h, d)| [1, 5, 40, 300, 1000].map(|width| (h, d, width)))
        {
            let edges = band(nodes as u32, width);
            let mask = BlockMask::new(&offsets, edges.as_pattern()).unwrap();
            let x = vec![half::f16::ZERO; nodes * heads * head_dim];
            for keys in [
                Keys::All,
                Keys::Causal,
                Keys::Intervals { lo: &lo, hi: &hi },
                Keys::Edges(edges.as_pattern()),
                Keys::Mask(&mask),
            ] {
                let mut inputs = Inputs::new([heads, head_dim], [Tensor::F16(&x); 3], &offsets, keys);
                inputs.bias = TimeBias::Sqrt { scale_minutes: 1.0 };
                inputs.t_ms = Some(&t_ms);
                let problem = Attention::new(inputs).unwrap();
                let size = Size::of(&problem);
                let plan = Plan::new(&Layout::of(&problem)).unwrap();
                let tables: usize = plan.tables().iter().map(|(_, bytes)| bytes.len()).sum();
                let bound = size.key_bytes + NODE_BYTES * nodes;
                assert!(tables <= bound, "{heads} x {head_dim}, {width}: {tables} of {bound}, {keys:?}");
                if plan.kernel() == Kernel::EdgeAttention {
                    assert!(bound <= 8 * tables, "{heads} x {head_dim}, {width}: {tables} of {bound}");
                }
            }
        }
    }
}
