//! The 64x64 tiles of one block row while they are filled: 64 queries against the keys that any of them may attend
//! to.

use crate::geometry::{BLOCK, blocks};

/// Bits of one tile: bit `c` of word `r` is set if row `r` may attend to column `c`.
pub(crate) type TileBits = [u64; BLOCK];

/// Marks a block that no row has touched yet.
const UNTOUCHED: u32 = u32::MAX;

/// A word whose low `cols` bits, at most 64, are set.
pub(crate) fn low_bits(cols: usize) -> u64 {
    if cols >= BLOCK { u64::MAX } else { (1 << cols) - 1 }
}

/// The bits that a tile of `rows` x `cols` nodes may hold.
pub(crate) fn all_bits(rows: usize, cols: usize) -> TileBits {
    std::array::from_fn(|r| if r < rows { low_bits(cols) } else { 0 })
}

/// The tiles that up to 64 rows touch. Reused from one block row to the next, so that filling it costs O(entries),
/// not O(columns).
#[derive(Debug, Default)]
pub(crate) struct TileRow {
    /// Index in `bits` of each column block, or `UNTOUCHED`.
    slot: Vec<u32>,
    /// Column blocks that were touched.
    touched: Vec<u32>,
    bits: Vec<TileBits>,
}

impl TileRow {
    /// Removes all tiles, for a graph of `len` nodes.
    pub(crate) fn reset(&mut self, len: usize) {
        for block in self.touched.drain(..) {
            self.slot[block as usize] = UNTOUCHED;
        }
        self.bits.clear();
        self.slot.resize(blocks(len).max(self.slot.len()), UNTOUCHED);
    }

    /// Lets row `row` (0..64) attend to node `col` of its graph.
    pub(crate) fn insert(&mut self, row: usize, col: usize) {
        self.tile(col / BLOCK)[row] |= 1 << (col % BLOCK);
    }

    /// Lets row `row` (0..64) attend to nodes `lo..hi` of its graph.
    pub(crate) fn insert_range(&mut self, row: usize, lo: usize, hi: usize) {
        if lo >= hi {
            return;
        }
        for block in lo / BLOCK..=(hi - 1) / BLOCK {
            let start = block * BLOCK;
            let below = low_bits(lo.saturating_sub(start));
            self.tile(block)[row] |= low_bits(hi - start) & !below;
        }
    }

    /// Adds the bits of a tile.
    pub(crate) fn insert_tile(&mut self, block: u32, bits: &TileBits) {
        self.tile(block as usize).iter_mut().zip(bits).for_each(|(word, more)| *word |= more);
    }

    /// Sorts the tiles by column block; to be called before [`Self::tiles`].
    pub(crate) fn sort(&mut self) {
        self.touched.sort_unstable();
    }

    /// The tiles: column block and bits.
    pub(crate) fn tiles(&self) -> impl Iterator<Item = (u32, &TileBits)> {
        self.touched.iter().map(|&block| (block, &self.bits[self.slot[block as usize] as usize]))
    }

    fn tile(&mut self, block: usize) -> &mut TileBits {
        if self.slot[block] == UNTOUCHED {
            self.slot[block] = self.bits.len() as u32;
            self.touched.push(block as u32);
            self.bits.push([0; BLOCK]);
        }
        &mut self.bits[self.slot[block] as usize]
    }
}
