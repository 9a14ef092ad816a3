//! A sparsity pattern in 64x64 tiles with exact bits, for a batch of graphs.

use std::ops::Range;

use super::bounds::{check_offsets, check_pattern};
use super::pattern::{OwnedPattern, row_bound};
use super::tile_row::{TileBits, low_bits};
use crate::attention::AttentionError;
use crate::csr::CsrPattern;
use crate::geometry::BLOCK;

/// Stored instead of the index of a tile's bits if the tile is full.
pub(super) const FULL: u32 = u32::MAX;

/// One tile of a [`BlockMask`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MaskTile<'a> {
    /// Every row of the tile may attend to every column of it, up to the end of the graph.
    Full,
    /// Bit `c` of word `r` is set if row `r` may attend to column `c`; bits past the end of the graph are 0.
    Partial(&'a [u64; BLOCK]),
}

/// An attention pattern in 64x64 tiles over the block grid of each graph: block rows in compressed form, each partial
/// tile with its bits, so that the mask is exact. 8 bytes per tile, and 512 for the bits of a partial one.
///
/// ```
/// use ironforge::attention::{BlockMask, intervals};
///
/// let (lo, hi) = (vec![0; 100], (1..=100).collect::<Vec<u32>>()); // causal
/// let mask = BlockMask::new(&[0, 100], intervals(&[0, 100], &lo, &hi).unwrap().as_pattern()).unwrap();
/// assert_eq!((mask.blocks(), mask.partial_blocks(), mask.nnz()), (3, 2, 5050));
/// assert!(mask.contains(70, 70) && !mask.contains(70, 71));
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BlockMask {
    pub(super) offsets: Vec<usize>,
    /// First block row of each graph, and the number of block rows last.
    pub(super) first_row: Vec<usize>,
    /// First tile of each block row, and the number of tiles last.
    pub(super) row_ptr: Vec<usize>,
    /// Column block of each tile, inside its graph.
    pub(super) col: Vec<u32>,
    /// Index of the bits of each tile, or `FULL`.
    pub(super) bits_at: Vec<u32>,
    pub(super) bits: Vec<TileBits>,
    pub(super) nnz: usize,
}

impl BlockMask {
    /// The mask of a pattern: row `i` holds the keys of node `i`, global node indices inside the node's own graph.
    /// O(entries), and O(t log t) for the t tiles of a block row.
    ///
    /// # Errors
    /// As [`Attention::new`](crate::attention::Attention::new) for offsets and edges.
    pub fn new(offsets: &[usize], pattern: CsrPattern<'_>) -> Result<Self, AttentionError> {
        let nodes = check_offsets(offsets)?;
        check_pattern(&pattern, offsets, nodes)?;
        Self::build(offsets, |tiles, rows, graph| {
            for (r, node) in rows.enumerate() {
                for &col in pattern.row(node) {
                    tiles.insert(r, col as usize - graph.start);
                }
            }
        })
    }

    /// The mask in which each block of 64 nodes attends to itself and to the next block of its graph; the last
    /// L mod 64 nodes form a block too. O(blocks).
    ///
    /// # Errors
    /// As [`Attention::new`](crate::attention::Attention::new) for offsets.
    pub fn banded(offsets: &[usize]) -> Result<Self, AttentionError> {
        check_offsets(offsets)?;
        Self::build(offsets, |tiles, rows, graph| {
            let (lo, hi) = (rows.start - graph.start, graph.len().min(rows.start - graph.start + 2 * BLOCK));
            for r in 0..rows.len() {
                tiles.insert_range(r, lo, hi);
            }
        })
    }

    /// Pairs that either mask holds.
    ///
    /// # Errors
    /// [`AttentionError::MaskOffsets`] if the masks belong to different batches.
    pub fn union(&self, other: &Self) -> Result<Self, AttentionError> {
        self.combine(other, |a, b| a | b)
    }

    /// Pairs that both masks hold.
    ///
    /// # Errors
    /// [`AttentionError::MaskOffsets`] if the masks belong to different batches.
    pub fn intersection(&self, other: &Self) -> Result<Self, AttentionError> {
        self.combine(other, |a, b| a & b)
    }

    /// First node of each graph, and the number of nodes last: `[graphs + 1]`.
    pub fn offsets(&self) -> &[usize] {
        &self.offsets
    }

    /// Indices of the block rows of graph `g`, counted over the whole batch.
    ///
    /// # Panics
    /// If there is no graph `g`.
    #[track_caller]
    pub fn block_rows(&self, g: usize) -> Range<usize> {
        self.first_row[g]..self.first_row[g + 1]
    }

    /// The tiles of one block row, by rising column block (counted inside the graph).
    ///
    /// # Panics
    /// If the batch has no block row `block_row`.
    #[track_caller]
    pub fn row(&self, block_row: usize) -> impl ExactSizeIterator<Item = (u32, MaskTile<'_>)> {
        let tiles = self.row_ptr[block_row]..self.row_ptr[block_row + 1];
        tiles.map(|tile| (self.col[tile], self.tile(tile)))
    }

    /// Number of tiles that hold a pair.
    pub fn blocks(&self) -> usize {
        self.col.len()
    }

    /// Number of tiles that are stored with bits; the others are full.
    pub fn partial_blocks(&self) -> usize {
        self.bits.len()
    }

    /// Number of pairs (row, column).
    pub fn nnz(&self) -> usize {
        self.nnz
    }

    /// Fraction of the pairs of nodes within a graph that the mask holds, over all graphs; 0 for a batch without
    /// nodes.
    pub fn density(&self) -> f64 {
        let pairs: f64 = self.offsets.windows(2).map(|w| ((w[1] - w[0]) as f64).powi(2)).sum();
        if pairs == 0.0 { 0.0 } else { self.nnz as f64 / pairs }
    }

    /// True if node `row` may attend to node `col`; never across graphs. O(log of graphs and of tiles in the row).
    pub fn contains(&self, row: usize, col: usize) -> bool {
        let Some((graph, block_row)) = self.find(row) else { return false };
        if !graph.contains(&col) {
            return false;
        }
        let (r, c) = ((row - graph.start) % BLOCK, col - graph.start);
        let tiles = self.row_ptr[block_row]..self.row_ptr[block_row + 1];
        match self.col[tiles.clone()].binary_search(&((c / BLOCK) as u32)) {
            Err(_) => false,
            Ok(at) => match self.tile(tiles.start + at) {
                MaskTile::Full => true,
                MaskTile::Partial(bits) => bits[r] >> (c % BLOCK) & 1 == 1,
            },
        }
    }

    /// The mask as a pattern. O(entries).
    ///
    /// # Errors
    /// [`AttentionError::TooLarge`] above `u32::MAX` entries.
    pub fn to_csr(&self) -> Result<OwnedPattern, AttentionError> {
        let nodes = self.offsets[self.offsets.len() - 1];
        row_bound(self.nnz)?;
        let (mut row_ptr, mut col_idx) = (vec![0], Vec::with_capacity(self.nnz));
        for node in 0..nodes {
            self.row_columns(node, &mut col_idx);
            row_ptr.push(col_idx.len() as u32);
        }
        Ok(OwnedPattern::from_parts(row_ptr, col_idx))
    }

    /// Appends the keys of node `row`: global node indices, rising.
    pub(crate) fn row_columns(&self, row: usize, columns: &mut Vec<u32>) {
        let Some((graph, block_row)) = self.find(row) else { return };
        for (block, word) in self.words(&graph, block_row, row) {
            let start = graph.start + block * BLOCK;
            let mut left = word;
            while left != 0 {
                columns.push((start + left.trailing_zeros() as usize) as u32);
                left &= left - 1;
            }
        }
    }

    /// Number of keys of node `row`.
    pub(crate) fn row_len(&self, row: usize) -> usize {
        let Some((graph, block_row)) = self.find(row) else { return 0 };
        self.words(&graph, block_row, row).map(|(_, word)| word.count_ones() as usize).sum()
    }

    /// The non-empty tiles of one node's row: column block, and the bits of the row in it.
    fn words(
        &self,
        graph: &Range<usize>,
        block_row: usize,
        row: usize,
    ) -> impl Iterator<Item = (usize, u64)> {
        let (r, len) = ((row - graph.start) % BLOCK, graph.len());
        self.row(block_row).map(move |(col, block)| {
            let col = col as usize;
            match block {
                MaskTile::Full => (col, low_bits(len - col * BLOCK)),
                MaskTile::Partial(bits) => (col, bits[r]),
            }
        })
    }

    /// Graph and block row of a node.
    fn find(&self, node: usize) -> Option<(Range<usize>, usize)> {
        let g = self.offsets.partition_point(|&o| o <= node).checked_sub(1)?;
        let graph = self.offsets[g]..*self.offsets.get(g + 1)?;
        let block_row = self.first_row[g] + (node - graph.start) / BLOCK;
        Some((graph, block_row))
    }

    fn tile(&self, tile: usize) -> MaskTile<'_> {
        match self.bits_at[tile] {
            FULL => MaskTile::Full,
            at => MaskTile::Partial(&self.bits[at as usize]),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn banded_is_the_diagonal_and_the_next_block_including_the_tail() {
        let mask = BlockMask::banded(&[0, 130, 130, 131]).unwrap();
        let want = |i: usize, j: usize| (j / 64 == i / 64 || j / 64 == i / 64 + 1) && j < 130;
        for (i, j) in (0..130).flat_map(|i| (0..131).map(move |j| (i, j))) {
            assert_eq!(mask.contains(i, j), want(i, j), "{i} {j}");
        }
        assert!(mask.contains(130, 130) && !mask.contains(131, 131) && !mask.contains(130, 129));
        assert_eq!((mask.blocks(), mask.partial_blocks()), (6, 0));
        assert_eq!(mask.nnz(), 64 * 128 + 64 * 66 + 4 + 1);
    }

    #[test]
    fn a_mask_gives_back_its_pattern() {
        let offsets = [0, 65, 65, 195];
        let (mut row_ptr, mut col_idx) = (vec![0], Vec::new());
        for bounds in offsets.windows(2) {
            for i in bounds[0]..bounds[1] {
                col_idx
                    .extend((bounds[0]..bounds[1]).filter(|j| (i * 7 + j * 13) % 11 < 2).map(|j| j as u32));
                row_ptr.push(col_idx.len() as u32);
            }
        }
        let pattern = CsrPattern::new(&row_ptr, &col_idx, 195).unwrap();
        let mask = BlockMask::new(&offsets, pattern).unwrap();
        assert_eq!(mask.to_csr().unwrap().as_pattern(), pattern);
        assert_eq!(mask.nnz(), pattern.nnz());

        let band = BlockMask::banded(&offsets).unwrap();
        let (union, both) = (mask.union(&band).unwrap(), mask.intersection(&band).unwrap());
        for (i, j) in (0..195).flat_map(|i| (0..195).map(move |j| (i, j))) {
            assert_eq!(union.contains(i, j), mask.contains(i, j) || band.contains(i, j));
            assert_eq!(both.contains(i, j), mask.contains(i, j) && band.contains(i, j));
        }
        assert_eq!(union.nnz() + both.nnz(), mask.nnz() + band.nnz());
        assert_eq!(band.union(&band).unwrap(), band);
        let pairs = (65 * 65 + 130 * 130) as f64;
        assert_eq!(mask.density(), mask.nnz() as f64 / pairs);
    }

    #[test]
    fn masks_of_different_batches_cannot_be_combined() {
        let (a, b) = (BlockMask::banded(&[0, 3]).unwrap(), BlockMask::banded(&[0, 1, 3]).unwrap());
        assert_eq!(a.union(&b), Err(AttentionError::MaskOffsets));
        assert_eq!(BlockMask::banded(&[0]).unwrap().density(), 0.0);
    }
}
