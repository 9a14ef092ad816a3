//! Which kernel a layout is for.
//!
//! A model of one multiprocessor of a data-centre GPU, in its clock cycles. The numbers are fitted to the few times that
//! benches/record/2026-11-28-gpu.md has of an H200: they tell which kernel, not how long.

use super::super::tile::Bits;
use super::super::{AttentionError, Block, BlockMask, Keys};
use super::schedule::{block_rows, mask_of};
use super::{Kernel, Layout};
use crate::geometry::{BLOCK, blocks, padded_head_dim};

/// Bytes of device memory that a multiprocessor moves in a cycle: 4.3 TB/s over 132 of them at 1.9 GHz.
const BYTES: f64 = 17.0;
/// Cycles for one gathered key, for eight dimensions of one head.
const GATHER: f64 = 1.2;
/// Cycles for 16x16 scores in a tile: softmax, or else both products with split probabilities for each dimension.
const SCORES: f64 = 48.0;
const PRODUCT: f64 = 1.4;
/// Cycles for a tile besides its scores: copies, barriers, decoding the mask.
const TILE: f64 = 120.0;
/// Cycles for a block row, whatever it sees: queries, the first tile, the output, one waiting for the other.
const BLOCK_ROW: f64 = 4000.0;
/// Bytes of the bits of a partial tile.
const TILE_BYTES: f64 = 512.0;

/// What a kernel is expected to cost.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct KernelCost {
    /// Cycles of one multiprocessor for arithmetic.
    pub compute: f64,
    /// Cycles for device memory.
    pub memory: f64,
}

impl KernelCost {
    /// Cycles: arithmetic and memory overlap.
    pub fn cycles(self) -> f64 {
        self.compute.max(self.memory)
    }
}

/// The kernel, and the mask where one was built to find out.
pub(super) struct Choice {
    pub(super) kernel: Kernel,
    pub(super) mask: Option<BlockMask>,
}

pub(super) fn choose(layout: &Layout<'_>) -> Result<Choice, AttentionError> {
    let nnz: f64 = match layout.keys {
        Keys::All | Keys::Causal => return Ok(Choice { kernel: Kernel::FlashAttention, mask: None }),
        Keys::Intervals { lo, hi } => lo.iter().zip(hi).map(|(&lo, &hi)| f64::from(hi - lo)).sum(),
        Keys::Edges(pattern) => pattern.nnz() as f64,
        Keys::Mask(mask) => mask.nnz() as f64,
    };
    let gathered = gather_cost(layout, nnz);
    // Where every 16 rows saw one part alone, tiles would cost no less: no need to look at them.
    let nodes = layout.offsets[layout.offsets.len() - 1];
    let least = tile_cost(layout, 0, nodes / 16, 0.0);
    if gathered.cycles() <= least.cycles() && !matches!(layout.keys, Keys::Mask(_)) {
        return Ok(Choice { kernel: Kernel::EdgeAttention, mask: None });
    }
    if let Keys::Intervals { lo, hi } = layout.keys {
        let (tiles, parts) = interval_tiles(layout.offsets, lo, hi);
        let cost = tile_cost(layout, tiles, parts, 0.0);
        return Ok(Choice { kernel: cheaper(gathered, cost, Kernel::FlashAttention), mask: None });
    }
    let built = match layout.keys {
        Keys::Mask(_) => None,
        keys => Some(mask_of(layout.offsets, keys)?),
    };
    let mask = match (&built, layout.keys) {
        (Some(mask), _) | (None, Keys::Mask(mask)) => mask,
        (None, _) => return Ok(Choice { kernel: Kernel::EdgeAttention, mask: None }),
    };
    let graphs = 0..mask.offsets().len() - 1;
    let tiles = graphs.flat_map(|g| mask.block_rows(g)).flat_map(|row| mask.row(row));
    let parts: usize = tiles
        .map(|(_, block)| match block {
            Block::Full => 16,
            Block::Partial(bits) => live_parts(bits),
        })
        .sum();
    let cost = tile_cost(layout, mask.blocks(), parts, mask.partial_blocks() as f64 * TILE_BYTES);
    let kernel = cheaper(gathered, cost, Kernel::BlockSparseAttention);
    Ok(Choice { kernel, mask: built.filter(|_| kernel != Kernel::EdgeAttention) })
}

/// The gather, unless tiles are cheaper.
fn cheaper(gathered: KernelCost, tiled: KernelCost, tiles: Kernel) -> Kernel {
    if gathered.cycles() <= tiled.cycles() { Kernel::EdgeAttention } else { tiles }
}

/// Queries, keys and values once, the output once.
fn tensor_bytes(layout: &Layout<'_>) -> f64 {
    let nodes = layout.offsets[layout.offsets.len() - 1];
    (nodes * layout.heads) as f64 * (3.0 * 2.0 * padded(layout) + 4.0 * layout.head_dim as f64)
}

fn gather_cost(layout: &Layout<'_>, nnz: f64) -> KernelCost {
    let bytes = tensor_bytes(layout) + 4.0 * nnz;
    let eights = nnz * layout.heads as f64 * padded(layout) / 8.0;
    KernelCost { compute: eights * GATHER, memory: bytes / BYTES }
}

fn tile_cost(layout: &Layout<'_>, tiles: usize, parts: usize, mask_bytes: f64) -> KernelCost {
    let part = SCORES.max(PRODUCT * padded(layout));
    // Heads of up to 64 dimensions together share one visit of a tile.
    let visits = (layout.heads as f64 * padded(layout) / BLOCK as f64).max(1.0);
    let block_rows: usize = layout.offsets.windows(2).map(|w| blocks(w[1] - w[0])).sum();
    KernelCost {
        compute: parts as f64 * layout.heads as f64 * part
            + visits * (tiles as f64 * TILE + block_rows as f64 * BLOCK_ROW),
        memory: (tensor_bytes(layout) + mask_bytes) / BYTES,
    }
}

fn padded(layout: &Layout<'_>) -> f64 {
    padded_head_dim(layout.head_dim).unwrap_or(layout.head_dim) as f64
}

/// 16x16 parts of a tile that hold a bit.
fn live_parts(bits: &Bits) -> usize {
    let strips = bits.chunks(16).map(|rows| rows.iter().fold(0, |all, row| all | row));
    strips.map(|all| (0..4).filter(|part| all >> (16 * part) & 0xffff != 0).count()).sum()
}

/// Tiles that intervals reach, and 16x16 parts of them; where rows lie apart, what is between counts as well.
fn interval_tiles(offsets: &[usize], lo: &[u32], hi: &[u32]) -> (usize, usize) {
    let reach = |rows: std::ops::Range<usize>, start: u32, width: u32| {
        let seen = rows.filter(|&r| lo[r] < hi[r]);
        let ends = seen.fold((u32::MAX, 0), |(a, b), r| (a.min(lo[r] - start), b.max(hi[r] - start)));
        if ends.1 == 0 { 0 } else { (ends.1.div_ceil(width) - ends.0 / width) as usize }
    };
    let (mut tiles, mut parts) = (0, 0);
    for item in block_rows(offsets) {
        let (first, end) =
            (item.row_start as usize, (item.graph_end as usize).min(item.row_start as usize + BLOCK));
        tiles += reach(first..end, item.graph_start, BLOCK as u32);
        parts += (first..end)
            .step_by(16)
            .map(|row| reach(row..end.min(row + 16), item.graph_start, 16))
            .sum::<usize>();
    }
    debug_assert!(tiles <= blocks(offsets[offsets.len() - 1]).pow(2) + offsets.len());
    (tiles, parts)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::attention::{Plan, TimeBias};

    fn kernel(keys: Keys<'_>, offsets: &[usize]) -> Kernel {
        let layout = Layout { heads: 4, head_dim: 11, offsets, keys, bias: &TimeBias::None, t_ms: None };
        Plan::new(&layout).unwrap().kernel()
    }

    #[test]
    fn a_few_keys_are_gathered_and_many_are_tiled() {
        let n = 512_u32;
        let band = |width: u32| -> (Vec<u32>, Vec<u32>) {
            ((0..n).map(|i| i.saturating_sub(width)).collect(), (1..=n).collect())
        };
        let offsets = [0, n as usize];
        let (lo, hi) = band(4);
        let (wide_lo, wide_hi) = band(200);
        assert_eq!(kernel(Keys::Intervals { lo: &lo, hi: &hi }, &offsets), Kernel::EdgeAttention);
        assert_eq!(kernel(Keys::Intervals { lo: &wide_lo, hi: &wide_hi }, &offsets), Kernel::FlashAttention);
        let sparse = crate::attention::intervals(&offsets, &lo, &hi).unwrap();
        let dense = crate::attention::intervals(&offsets, &wide_lo, &wide_hi).unwrap();
        assert_eq!(kernel(Keys::Edges(sparse.as_pattern()), &offsets), Kernel::EdgeAttention);
        assert_eq!(kernel(Keys::Edges(dense.as_pattern()), &offsets), Kernel::BlockSparseAttention);
        assert_eq!(kernel(Keys::All, &[0]), Kernel::FlashAttention);
    }

    #[test]
    fn a_part_lives_where_it_holds_a_bit() {
        let mut bits = [0_u64; BLOCK];
        bits[15] = 1 << 15 | 1 << 16;
        bits[63] = 1 << 63;
        assert_eq!(live_parts(&bits), 3);
        assert_eq!(interval_tiles(&[0, 80], &[0; 80], &[80; 80]), (4, 25));
    }
}
