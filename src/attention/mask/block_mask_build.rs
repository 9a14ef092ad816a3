//! Building a block mask block row by block row, from a pattern or from two masks.

use std::ops::Range;

use super::block_mask::{BlockMask, FULL, MaskTile};
use super::tile_row::{TileBits, TileRow, all_bits};
use crate::attention::AttentionError;
use crate::geometry::BLOCK;

impl BlockMask {
    /// Builds a mask block row by block row: `fill` gets the tiles to fill, the nodes of the block row and those of
    /// its graph.
    pub(super) fn build(
        offsets: &[usize],
        mut fill: impl FnMut(&mut TileRow, Range<usize>, Range<usize>),
    ) -> Result<Self, AttentionError> {
        let mut mask = Self::empty(offsets);
        let mut tiles = TileRow::default();
        for bounds in offsets.windows(2) {
            let graph = bounds[0]..bounds[1];
            for first in graph.clone().step_by(BLOCK) {
                let rows = first..graph.end.min(first + BLOCK);
                tiles.reset(graph.len());
                fill(&mut tiles, rows.clone(), graph.clone());
                tiles.sort();
                for (col, bits) in tiles.tiles() {
                    mask.push(col, *bits, &all_bits(rows.len(), graph.len() - col as usize * BLOCK))?;
                }
                mask.row_ptr.push(mask.col.len());
            }
            mask.first_row.push(mask.row_ptr.len() - 1);
        }
        Ok(mask)
    }

    /// The mask whose words are `op` of those of two masks.
    pub(super) fn combine(&self, other: &Self, op: fn(u64, u64) -> u64) -> Result<Self, AttentionError> {
        if self.offsets != other.offsets {
            return Err(AttentionError::MaskOffsets);
        }
        let mut mask = Self::empty(&self.offsets);
        for (g, bounds) in self.offsets.windows(2).enumerate() {
            let len = bounds[1] - bounds[0];
            for (r, block_row) in self.block_rows(g).enumerate() {
                let mut a = self.row(block_row).peekable();
                let mut b = other.row(block_row).peekable();
                while let Some(col) = a.peek().into_iter().chain(b.peek()).map(|&(col, _)| col).min() {
                    let all = all_bits(len - r * BLOCK, len - col as usize * BLOCK);
                    let a = bits_or_none(a.next_if(|&(c, _)| c == col), &all);
                    let b = bits_or_none(b.next_if(|&(c, _)| c == col), &all);
                    mask.push(col, std::array::from_fn(|i| op(a[i], b[i])), &all)?;
                }
                mask.row_ptr.push(mask.col.len());
            }
            mask.first_row.push(mask.row_ptr.len() - 1);
        }
        Ok(mask)
    }

    fn empty(offsets: &[usize]) -> Self {
        Self {
            offsets: offsets.to_vec(),
            first_row: vec![0],
            row_ptr: vec![0],
            col: Vec::new(),
            bits_at: Vec::new(),
            bits: Vec::new(),
            nnz: 0,
        }
    }

    /// Appends a tile to the current block row; one without a bit is dropped.
    fn push(&mut self, col: u32, bits: TileBits, all: &TileBits) -> Result<(), AttentionError> {
        let pairs: usize = bits.iter().map(|word| word.count_ones() as usize).sum();
        if pairs == 0 {
            return Ok(());
        }
        self.nnz += pairs;
        self.col.push(col);
        if bits == *all {
            self.bits_at.push(FULL);
            return Ok(());
        }
        let at =
            u32::try_from(self.bits.len()).ok().filter(|&at| at != FULL).ok_or(AttentionError::TooLarge {
                what: "number of partial tiles",
                got: self.bits.len(),
                max: FULL as usize - 1,
            })?;
        self.bits_at.push(at);
        self.bits.push(bits);
        Ok(())
    }
}

fn bits_or_none(tile: Option<(u32, MaskTile<'_>)>, all: &TileBits) -> TileBits {
    match tile {
        None => [0; BLOCK],
        Some((_, MaskTile::Full)) => *all,
        Some((_, MaskTile::Partial(bits))) => *bits,
    }
}
