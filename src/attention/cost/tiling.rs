//! Gather or tiles: on the CPU by counts of keys and tiles, among the kernels by cycles of one multiprocessor.

use super::constants::{
    CPU_FEW_KEYS, CPU_GATHER_COST, PARTIAL_TILE_BYTES, SM_BLOCK_ROW, SM_BYTES, SM_GATHER, SM_LOGITS,
    SM_PRODUCT, SM_TILE,
};
use crate::geometry::{BLOCK, padded_head_dim};

/// True if the CPU gathers `rows` rows with `nnz` keys in total, however many tiles these touch.
pub(in crate::attention) fn cpu_gathers_few(nnz: usize, rows: usize) -> bool {
    nnz <= CPU_FEW_KEYS * rows
}

/// True if the CPU gathers the `nnz` keys of a block row that touches `tiles` tiles.
pub(in crate::attention) fn cpu_gathers(nnz: usize, tiles: usize) -> bool {
    nnz * CPU_GATHER_COST <= tiles * BLOCK * BLOCK
}

/// Expected cost of a kernel on one multiprocessor.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct KernelCost {
    /// Cycles for arithmetic.
    pub compute: f64,
    /// Cycles for device memory.
    pub memory: f64,
}

impl KernelCost {
    /// Cycles in all: arithmetic and memory overlap.
    pub fn cycles(self) -> f64 {
        self.compute.max(self.memory)
    }
}

/// Sizes of a batch that the cost of a kernel depends on, in addition to its keys.
#[derive(Debug, Clone, Copy)]
pub(in crate::attention) struct BatchShape {
    pub(in crate::attention) nodes: usize,
    pub(in crate::attention) block_rows: usize,
    pub(in crate::attention) heads: usize,
    pub(in crate::attention) head_dim: usize,
}

impl BatchShape {
    /// Cost of gathering `nnz` keys.
    pub(in crate::attention) fn gather_cost(&self, nnz: f64) -> KernelCost {
        let bytes = self.tensor_bytes() + 4.0 * nnz;
        let eights = nnz * self.heads as f64 * self.padded() / 8.0;
        KernelCost { compute: eights * SM_GATHER, memory: bytes / SM_BYTES }
    }

    /// Cost of `tiles` tiles that have `parts` 16x16 parts with a key; `partial` of the tiles are stored with bits.
    pub(in crate::attention) fn tile_cost(&self, tiles: usize, parts: usize, partial: usize) -> KernelCost {
        let part = SM_LOGITS.max(SM_PRODUCT * self.padded());
        // Heads of up to 64 dimensions together share one visit of a tile.
        let visits = (self.heads as f64 * self.padded() / BLOCK as f64).max(1.0);
        let mask_bytes = partial as f64 * PARTIAL_TILE_BYTES;
        KernelCost {
            compute: parts as f64 * self.heads as f64 * part
                + visits * (tiles as f64 * SM_TILE + self.block_rows as f64 * SM_BLOCK_ROW),
            memory: (self.tensor_bytes() + mask_bytes) / SM_BYTES,
        }
    }

    /// Bytes of queries, keys and values in 16 bits, and of the output in f32.
    fn tensor_bytes(&self) -> f64 {
        (self.nodes * self.heads) as f64 * (3.0 * 2.0 * self.padded() + 4.0 * self.head_dim as f64)
    }

    fn padded(&self) -> f64 {
        padded_head_dim(self.head_dim).unwrap_or(self.head_dim) as f64
    }
}
