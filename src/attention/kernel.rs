//! The CUDA kernels: their names, entries and launch shapes.

use std::fmt;

use super::{Accuracy, AttentionError, Tensor};
use crate::geometry::PADDED_HEAD_DIMS;

/// Threads per block of every attention kernel.
pub const THREADS: u32 = 128;

/// Threads per block of `time_bias`.
const BIAS_THREADS: u64 = 256;

/// Largest number of blocks of one launch.
const MAX_GRID: u64 = i32::MAX as u64;

/// A hand-written attention kernel.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Kernel {
    /// Gathers the keys of each row: a list or one interval. Bound by memory.
    EdgeAttention,
    /// 64x64 tiles over contiguous ranges of keys: all, causal, or one interval per row.
    FlashAttention,
    /// A list of 64x64 tiles, full or with bits.
    BlockSparseAttention,
}

/// The 16-bit type that queries, keys and values are stored in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Half {
    /// IEEE half precision.
    F16,
    /// bfloat16.
    Bf16,
}

impl Half {
    /// The type of a tensor.
    ///
    /// # Errors
    /// [`AttentionError::NeedsHalf`] for f32.
    pub fn of(tensor: &Tensor<'_>) -> Result<Self, AttentionError> {
        match tensor {
            Tensor::F16(_) => Ok(Self::F16),
            Tensor::Bf16(_) => Ok(Self::Bf16),
            Tensor::F32(_) => Err(AttentionError::NeedsHalf),
        }
    }

    /// Values of this type, given as bits, in f32.
    pub fn widen(self, bits: &[u16]) -> Vec<f32> {
        match self {
            Self::F16 => bits.iter().map(|&x| half::f16::from_bits(x).to_f32()).collect(),
            Self::Bf16 => bits.iter().map(|&x| half::bf16::from_bits(x).to_f32()).collect(),
        }
    }

    /// Name: `f16` or `bf16`.
    pub fn name(self) -> &'static str {
        match self {
            Self::F16 => "f16",
            Self::Bf16 => "bf16",
        }
    }
}

impl Kernel {
    /// All kernels.
    pub const ALL: [Self; 3] = [Self::EdgeAttention, Self::FlashAttention, Self::BlockSparseAttention];

    /// Name of the kernel and of its source file.
    pub fn name(self) -> &'static str {
        match self {
            Self::EdgeAttention => "edge_attention",
            Self::FlashAttention => "flash_attention",
            Self::BlockSparseAttention => "block_sparse_attention",
        }
    }

    /// True if the kernel is built for this architecture (75, 80): Turing has no bfloat16, and too little shared
    /// memory for tiles of 128 dimensions.
    pub fn is_built(self, arch: u32, half: Half, padded: usize) -> bool {
        arch >= 80 || (half == Half::F16 && (padded < 128 || self == Self::EdgeAttention))
    }

    /// Name of the PTX entry. [`Self::EdgeAttention`] computes in f32 throughout, so it has one entry for both
    /// accuracies.
    pub fn entry(self, half: Half, padded: usize, accuracy: Accuracy) -> String {
        let (kernel, half) = (self.name(), half.name());
        match (self, accuracy) {
            (Self::EdgeAttention, _) => format!("{kernel}_{half}_d{padded}"),
            (_, Accuracy::Exact) => format!("{kernel}_{half}_d{padded}_exact"),
            (_, Accuracy::Fast) => format!("{kernel}_{half}_d{padded}_fast"),
        }
    }

    /// Shared memory per block, bytes.
    pub fn shared_bytes(self, padded: usize) -> u32 {
        let threads = THREADS as usize;
        let bytes = match self {
            // Eight values per thread.
            Self::EdgeAttention => threads * 8 * 4,
            // Two stages of keys, values and times of 64 nodes, the bias of one tile, two sums per thread and head,
            // and the state of the block with the padding after it.
            _ => {
                let stage = 2 * 64 * padded.max(64) * 2 + 64 * 8;
                2 * stage + 64 * 64 * 4 + heads_per_block(padded) as usize * threads * 8 + 128
            }
        };
        bytes as u32
    }

    /// Number of blocks of a launch over `nodes` rows in `items` block rows.
    pub(crate) fn grid(
        self,
        [heads, padded]: [usize; 2],
        nodes: usize,
        items: usize,
    ) -> Result<u32, AttentionError> {
        let blocks = match self {
            // As many whole nodes per block as fit, or as many blocks per node as its heads need.
            Self::EdgeAttention => {
                let (nodes, heads) = (nodes as u64, heads as u64);
                let rows = u64::from(THREADS) / (padded as u64 / 8);
                if heads <= rows { nodes.div_ceil(rows / heads) } else { nodes * heads.div_ceil(rows) }
            }
            _ => items as u64 * (heads as u64).div_ceil(heads_per_block(padded)),
        };
        checked_grid(blocks)
    }
}

impl fmt::Display for Kernel {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// Names of all entries built for an architecture, sorted.
pub fn entries(arch: u32) -> Vec<String> {
    let mut names = vec![TIME_BIAS.to_owned()];
    for kernel in Kernel::ALL {
        for half in [Half::F16, Half::Bf16] {
            for padded in PADDED_HEAD_DIMS.into_iter().filter(|&d| kernel.is_built(arch, half, d)) {
                names.extend([Accuracy::Exact, Accuracy::Fast].map(|a| kernel.entry(half, padded, a)));
            }
        }
    }
    names.sort();
    names.dedup();
    names
}

/// Entry that writes the bias of every pair of nodes.
pub const TIME_BIAS: &str = "time_bias";

/// Blocks, and threads per block, of a launch of [`TIME_BIAS`] over `len` nodes.
///
/// # Errors
/// [`AttentionError::TooLarge`] if one launch cannot cover `len x len` pairs.
pub fn time_bias_shape(len: u64) -> Result<(u32, u32), AttentionError> {
    let grid = checked_grid(len.div_ceil(BIAS_THREADS).saturating_mul(len))?;
    Ok((grid, BIAS_THREADS as u32))
}

/// Heads per thread block of a tile kernel: the number whose padded rows fill 128 bytes, at least 1.
fn heads_per_block(padded: usize) -> u64 {
    (64 / padded as u64).max(1)
}

fn checked_grid(blocks: u64) -> Result<u32, AttentionError> {
    let too_large = AttentionError::TooLarge {
        what: "number of blocks of a launch",
        got: usize::try_from(blocks).unwrap_or(usize::MAX),
        max: MAX_GRID as usize,
    };
    u32::try_from(blocks).ok().filter(|&b| u64::from(b) <= MAX_GRID).ok_or(too_large)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn turing_has_only_the_f16_entries_that_fit() {
        assert_eq!((entries(80).len(), entries(75).len()), (8 + 16 + 16 + 1, 4 + 6 + 6 + 1));
        assert!(entries(75).iter().all(|e| !e.contains("bf16")));
        assert!(entries(80).contains(&"block_sparse_attention_bf16_d128_fast".to_owned()));
    }

    #[test]
    fn a_grid_covers_every_row_and_head() {
        assert_eq!(Kernel::EdgeAttention.grid([4, 16], 5, 0), Ok(1));
        assert_eq!(Kernel::EdgeAttention.grid([4, 128], 5, 0), Ok(3));
        assert_eq!(Kernel::EdgeAttention.grid([3, 128], 5, 0), Ok(3));
        assert_eq!(Kernel::EdgeAttention.grid([9, 128], 5, 0), Ok(10));
        assert_eq!(Kernel::FlashAttention.grid([5, 16], 640, 10), Ok(20));
        assert_eq!(Kernel::BlockSparseAttention.grid([5, 128], 640, 10), Ok(50));
        assert!(Kernel::EdgeAttention.grid([usize::from(u16::MAX), 128], 1 << 31, 0).is_err());
        assert_eq!(time_bias_shape(257), Ok((514, 256)));
    }
}
