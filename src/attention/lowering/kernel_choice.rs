//! The choice of the kernel for a batch, by the costs of [`KernelCost`](crate::attention::cost::KernelCost).

use super::PlanInputs;
use super::schedule::{block_mask, block_rows};
use crate::attention::cost::{BatchShape, KernelCost};
use crate::attention::kernel::Kernel;
use crate::attention::mask::TileBits;
use crate::attention::{AttentionError, BlockMask, Keys, MaskTile};
use crate::geometry::{BLOCK, blocks};

/// The chosen kernel, and the mask if one was built for the choice.
pub(super) struct KernelChoice {
    pub(super) kernel: Kernel,
    pub(super) mask: Option<BlockMask>,
}

impl KernelChoice {
    fn without_mask(kernel: Kernel) -> Self {
        Self { kernel, mask: None }
    }
}

/// The kernel that is expected to be fastest.
pub(super) fn choose(inputs: &PlanInputs<'_>) -> Result<KernelChoice, AttentionError> {
    let nnz: f64 = match inputs.keys {
        Keys::All | Keys::Causal => return Ok(KernelChoice::without_mask(Kernel::FlashAttention)),
        Keys::Intervals { lo, hi } => lo.iter().zip(hi).map(|(&lo, &hi)| f64::from(hi - lo)).sum(),
        Keys::Edges(pattern) => pattern.nnz() as f64,
        Keys::Mask(mask) => mask.nnz() as f64,
    };
    let shape = batch_shape(inputs);
    let gathered = shape.gather_cost(nnz);
    // A lower bound of the tiles' cost: every 16 rows touch a single 16x16 part. If gathering costs no more than
    // that, no mask needs to be built to compare the two.
    let least = shape.tile_cost(0, shape.nodes / 16, 0);
    if gathered.cycles() <= least.cycles() && !matches!(inputs.keys, Keys::Mask(_)) {
        return Ok(KernelChoice::without_mask(Kernel::EdgeAttention));
    }
    if let Keys::Intervals { lo, hi } = inputs.keys {
        let (tiles, parts) = interval_tiles(inputs.offsets, lo, hi);
        let cost = shape.tile_cost(tiles, parts, 0);
        return Ok(KernelChoice::without_mask(cheaper(gathered, cost, Kernel::FlashAttention)));
    }
    let built = match inputs.keys {
        Keys::Mask(_) => None,
        keys => Some(block_mask(inputs.offsets, keys)?),
    };
    let mask = match (&built, inputs.keys) {
        (Some(mask), _) | (None, Keys::Mask(mask)) => mask,
        (None, _) => return Ok(KernelChoice::without_mask(Kernel::EdgeAttention)),
    };
    let cost = shape.tile_cost(mask.blocks(), mask_parts(mask), mask.partial_blocks());
    let kernel = cheaper(gathered, cost, Kernel::BlockSparseAttention);
    Ok(KernelChoice { kernel, mask: built.filter(|_| kernel != Kernel::EdgeAttention) })
}

/// [`Kernel::EdgeAttention`], unless the kernel `tiles` is cheaper.
fn cheaper(gathered: KernelCost, tiled: KernelCost, tiles: Kernel) -> Kernel {
    if gathered.cycles() <= tiled.cycles() { Kernel::EdgeAttention } else { tiles }
}

fn batch_shape(inputs: &PlanInputs<'_>) -> BatchShape {
    BatchShape {
        nodes: inputs.offsets[inputs.offsets.len() - 1],
        block_rows: inputs.offsets.windows(2).map(|w| blocks(w[1] - w[0])).sum(),
        heads: inputs.heads,
        head_dim: inputs.head_dim,
    }
}

/// Number of 16x16 parts of the tiles of a mask that hold a key.
fn mask_parts(mask: &BlockMask) -> usize {
    let graphs = 0..mask.offsets().len() - 1;
    let tiles = graphs.flat_map(|g| mask.block_rows(g)).flat_map(|row| mask.row(row));
    tiles
        .map(|(_, tile)| match tile {
            MaskTile::Full => 16,
            MaskTile::Partial(bits) => live_parts(bits),
        })
        .sum()
}

/// Number of 16x16 parts of a tile that hold a bit.
fn live_parts(bits: &TileBits) -> usize {
    let strips = bits.chunks(16).map(|rows| rows.iter().fold(0, |all, row| all | row));
    strips.map(|all| (0..4).filter(|part| all >> (16 * part) & 0xffff != 0).count()).sum()
}

/// Number of 64x64 tiles and of 16x16 parts that intervals touch. A gap between the intervals of the rows of a tile
/// or part counts as touched.
fn interval_tiles(offsets: &[usize], lo: &[u32], hi: &[u32]) -> (usize, usize) {
    let touched = |rows: std::ops::Range<usize>, start: u32, width: u32| {
        let non_empty = rows.filter(|&r| lo[r] < hi[r]);
        let ends = non_empty.fold((u32::MAX, 0), |(a, b), r| (a.min(lo[r] - start), b.max(hi[r] - start)));
        if ends.1 == 0 { 0 } else { (ends.1.div_ceil(width) - ends.0 / width) as usize }
    };
    let (mut tiles, mut parts) = (0, 0);
    for item in block_rows(offsets) {
        let (first, end) =
            (item.row_start as usize, (item.graph_end as usize).min(item.row_start as usize + BLOCK));
        tiles += touched(first..end, item.graph_start, BLOCK as u32);
        parts += (first..end)
            .step_by(16)
            .map(|row| touched(row..end.min(row + 16), item.graph_start, 16))
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
        let inputs = PlanInputs { heads: 4, head_dim: 11, offsets, keys, bias: &TimeBias::None, t_ms: None };
        Plan::new(&inputs).unwrap().kernel()
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
    fn parts_with_a_bit_are_counted() {
        let mut bits = [0_u64; BLOCK];
        bits[15] = 1 << 15 | 1 << 16;
        bits[63] = 1 << 63;
        assert_eq!(live_parts(&bits), 3);
        assert_eq!(interval_tiles(&[0, 80], &[0; 80], &[80; 80]), (4, 25));
    }
}
