//! A sparsity pattern in 64x64 tiles with exact bits, for a batch of graphs.

mod build;

use std::ops::Range;

use super::AttentionError;
use super::keys::{check_offsets, check_pattern};
use super::pattern::{OwnedPattern, entries};
use super::tile::{Bits, low_bits};
use crate::csr::CsrPattern;
use crate::geometry::BLOCK;

/// What is kept in place of a tile's index when the tile is full.
const FULL: u32 = u32::MAX;

/// One tile of a [`BlockMask`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Block<'a> {
    /// Every row of the tile sees every column of it, up to the end of the graph.
    Full,
    /// Bit `c` of word `r` says whether row `r` sees column `c`; bits past the end of the graph are 0.
    Partial(&'a [u64; BLOCK]),
}

/// Who sees whom, in 64x64 tiles over the block grid of each graph: compressed rows of blocks, a partial block
/// with its bits, so that the mask is exact. 8 bytes a tile, and 512 for the bits of a partial one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BlockMask {
    offsets: Vec<usize>,
    /// First block row of each graph, and their number.
    first_row: Vec<usize>,
    /// First tile of each block row, and their number.
    row_ptr: Vec<usize>,
    /// Column block of each tile, inside its graph.
    col: Vec<u32>,
    /// Where the bits of each tile stand, or `FULL`.
    bits_at: Vec<u32>,
    bits: Vec<Bits>,
    nnz: usize,
}

impl BlockMask {
    /// The mask of a pattern: row `i` sees its columns, global node indices inside the row's own graph.
    /// O(entries), and O(t log t) for the t tiles of a block row.
    ///
    /// # Errors
    /// As [`super::Attention::new`] for offsets and edges.
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

    /// Each block of 64 nodes sees itself and the next block of its graph: the original's "block-sparse"
    /// pattern, with the L mod 64 nodes of the tail in a block of their own. O(blocks).
    ///
    /// # Errors
    /// As [`super::Attention::new`] for offsets.
    pub fn banded(offsets: &[usize]) -> Result<Self, AttentionError> {
        check_offsets(offsets)?;
        Self::build(offsets, |tiles, rows, graph| {
            let (lo, hi) = (rows.start - graph.start, graph.len().min(rows.start - graph.start + 2 * BLOCK));
            for r in 0..rows.len() {
                tiles.insert_range(r, lo, hi);
            }
        })
    }

    /// What either sees.
    ///
    /// # Errors
    /// [`AttentionError::MaskOffsets`] if the masks belong to different batches.
    pub fn union(&self, other: &Self) -> Result<Self, AttentionError> {
        self.combine(other, |a, b| a | b)
    }

    /// What both see.
    ///
    /// # Errors
    /// [`AttentionError::MaskOffsets`] if the masks belong to different batches.
    pub fn intersection(&self, other: &Self) -> Result<Self, AttentionError> {
        self.combine(other, |a, b| a & b)
    }

    /// First node of each graph, and the number of nodes: `[graphs + 1]`.
    pub fn offsets(&self) -> &[usize] {
        &self.offsets
    }

    /// Block rows of graph `g`, counted over the whole batch.
    ///
    /// # Panics
    /// If `g` is not a graph.
    #[track_caller]
    pub fn block_rows(&self, g: usize) -> Range<usize> {
        self.first_row[g]..self.first_row[g + 1]
    }

    /// The tiles of one block row, by rising column block (counted inside the graph).
    ///
    /// # Panics
    /// If `block_row` is not a block row of the batch.
    #[track_caller]
    pub fn row(&self, block_row: usize) -> impl ExactSizeIterator<Item = (u32, Block<'_>)> {
        let tiles = self.row_ptr[block_row]..self.row_ptr[block_row + 1];
        tiles.map(|tile| (self.col[tile], self.block(tile)))
    }

    /// Number of tiles that hold anything.
    pub fn blocks(&self) -> usize {
        self.col.len()
    }

    /// Number of tiles that carry bits: the others are full.
    pub fn partial_blocks(&self) -> usize {
        self.bits.len()
    }

    /// Number of pairs (row, column) that are seen.
    pub fn nnz(&self) -> usize {
        self.nnz
    }

    /// Seen pairs among all pairs of nodes of one graph, 0 for a batch without nodes.
    pub fn density(&self) -> f64 {
        let pairs: f64 = self.offsets.windows(2).map(|w| ((w[1] - w[0]) as f64).powi(2)).sum();
        if pairs == 0.0 { 0.0 } else { self.nnz as f64 / pairs }
    }

    /// Whether node `row` sees node `col`; never across graphs. O(log of graphs and of tiles in the row).
    pub fn contains(&self, row: usize, col: usize) -> bool {
        let Some((graph, block_row)) = self.find(row) else { return false };
        if !graph.contains(&col) {
            return false;
        }
        let (r, c) = ((row - graph.start) % BLOCK, col - graph.start);
        let tiles = self.row_ptr[block_row]..self.row_ptr[block_row + 1];
        match self.col[tiles.clone()].binary_search(&((c / BLOCK) as u32)) {
            Err(_) => false,
            Ok(at) => match self.block(tiles.start + at) {
                Block::Full => true,
                Block::Partial(bits) => bits[r] >> (c % BLOCK) & 1 == 1,
            },
        }
    }

    /// The pattern that the mask was built from, or could have been. O(entries).
    ///
    /// # Errors
    /// [`AttentionError::TooLarge`] above `u32::MAX` entries.
    pub fn to_csr(&self) -> Result<OwnedPattern, AttentionError> {
        let nodes = self.offsets[self.offsets.len() - 1];
        entries(self.nnz)?;
        let (mut row_ptr, mut col_idx) = (vec![0], Vec::with_capacity(self.nnz));
        for node in 0..nodes {
            self.row_columns(node, &mut col_idx);
            row_ptr.push(col_idx.len() as u32);
        }
        Ok(OwnedPattern::from_parts(row_ptr, col_idx))
    }

    /// Appends what node `row` sees, rising, global.
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

    /// Number of nodes that node `row` sees.
    pub(crate) fn row_len(&self, row: usize) -> usize {
        let Some((graph, block_row)) = self.find(row) else { return 0 };
        self.words(&graph, block_row, row).map(|(_, word)| word.count_ones() as usize).sum()
    }

    /// The words of one node's row: column block, and the columns of it that are seen.
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
                Block::Full => (col, low_bits(len - col * BLOCK)),
                Block::Partial(bits) => (col, bits[r]),
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

    fn block(&self, tile: usize) -> Block<'_> {
        match self.bits_at[tile] {
            FULL => Block::Full,
            at => Block::Partial(&self.bits[at as usize]),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn banded_is_the_diagonal_and_the_next_block_with_its_tail() {
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
    fn a_mask_gives_back_the_pattern_it_was_built_from() {
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
    fn masks_of_different_batches_do_not_mix() {
        let (a, b) = (BlockMask::banded(&[0, 3]).unwrap(), BlockMask::banded(&[0, 1, 3]).unwrap());
        assert_eq!(a.union(&b), Err(AttentionError::MaskOffsets));
        assert_eq!(BlockMask::banded(&[0]).unwrap().density(), 0.0);
    }
}
