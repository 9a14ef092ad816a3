//! What work costs on each device, estimated. Good for the choice between them, not for a promise.

use crate::attention::{Attention, Tensor};
use crate::geometry::padded_head_dim;

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

/// Work for attention, as far as its cost depends on it.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Work {
    /// Problems, one after another.
    pub calls: usize,
    /// Nodes, of all problems together.
    pub nodes: usize,
    /// Nodes of the largest problem.
    pub largest: usize,
    /// Pairs of a node and a key that it sees, of all problems together.
    pub pairs: usize,
    /// Heads.
    pub heads: usize,
    /// Head dimension.
    pub head_dim: usize,
    /// Whether queries, keys and values are stored in 16 bits.
    pub half: bool,
}

impl Work {
    /// One problem. O(nodes), for a block mask O(its rows of bits).
    pub fn of(problem: &Attention<'_>) -> Self {
        let inputs = problem.inputs();
        Self {
            calls: 1,
            nodes: problem.nodes(),
            largest: problem.nodes(),
            pairs: problem.pairs(),
            heads: inputs.heads,
            head_dim: inputs.head_dim,
            half: !matches!(inputs.q, Tensor::F32(_)),
        }
    }

    /// Seconds on so many threads of a CPU.
    pub fn cpu_seconds(&self, threads: usize) -> f64 {
        let pair = CPU_PAIR_NS + CPU_PAIR_VALUE_NS * self.head_dim as f64;
        let row = CPU_VALUE_NS * self.head_dim as f64;
        let ns = (self.pairs as f64 * pair + self.nodes as f64 * row) * self.heads as f64;
        ns * 1e-9 / threads as f64
    }

    /// Seconds on a GPU that this process has not used yet, with the copies over the bus.
    pub fn gpu_seconds(&self) -> f64 {
        let copied = self.bytes(self.nodes) + self.pairs as f64 * size_of::<u32>() as f64;
        let values = (self.pairs * self.heads) as f64 * self.padded();
        GPU_START_SECONDS
            + self.calls as f64 * GPU_CALL_SECONDS
            + copied / BUS_BYTES
            + values / GPU_PAIR_VALUES
    }

    /// Bytes that the largest problem takes on a GPU, tensors and results.
    pub fn gpu_bytes(&self) -> u64 {
        self.bytes(self.largest) as u64
    }

    /// Queries, keys and values in 16 bits, padded; output and log-sum-exp in f32.
    fn bytes(&self, nodes: usize) -> f64 {
        let row = 3.0 * 2.0 * self.padded() + 4.0 * (self.head_dim + 1) as f64;
        (nodes * self.heads) as f64 * row
    }

    fn padded(&self) -> f64 {
        padded_head_dim(self.head_dim).unwrap_or(self.head_dim) as f64
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn small_work_is_cheaper_on_the_cpu_and_large_dense_work_on_the_gpu() {
        let sample =
            Work { calls: 2, nodes: 1452, largest: 726, pairs: 7000, heads: 4, head_dim: 11, half: true };
        assert!(sample.cpu_seconds(2) < sample.gpu_seconds());
        let (len, heads) = (16_384, 16);
        let dense =
            Work { calls: 1, nodes: len, largest: len, pairs: len * len, heads, head_dim: 64, half: true };
        assert!(dense.gpu_seconds() < dense.cpu_seconds(64));
        assert_eq!(dense.gpu_bytes(), (len * heads * (3 * 2 * 64 + 4 * 65)) as u64);
    }
}
