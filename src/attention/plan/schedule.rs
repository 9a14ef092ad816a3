//! From graphs and keys to tables: which block row starts when, with which tiles.

use super::super::pattern::intervals;
use super::super::tile::Bits;
use super::super::{AttentionError, Block, BlockMask, Keys};
use super::params::{FULL_TILE, TileEntry, TimeRange, WorkItem};
use super::steps::BiasForm;
use super::tables::Tables;
use super::{Kernel, Layout};
use crate::geometry::{BLOCK, blocks};

/// How the kernels number the forms of keys.
const ALL: u32 = 0;
const CAUSAL: u32 = 1;
const INTERVALS: u32 = 2;
const LIST: u32 = 3;

/// The tables of a kernel, and the number of its form of keys.
pub(super) fn tables(
    kernel: Kernel,
    layout: &Layout<'_>,
    keys: Keys<'_>,
    bias: &BiasForm,
) -> Result<(Tables, u32), AttentionError> {
    let mut tables = Tables::default();
    if let (Some(t), false) = (layout.t_ms, *bias == BiasForm::None) {
        tables.t_ms = t.to_vec();
        if kernel != Kernel::EdgeAttention {
            tables.block_times = block_rows(layout.offsets)
                .map(|item| {
                    time_range(
                        &t[item.row_start as usize
                            ..(item.graph_end as usize).min(item.row_start as usize + BLOCK)],
                    )
                })
                .collect();
        }
    }
    if let BiasForm::Steps { steps_ms, values } = bias {
        (tables.steps_ms, tables.step_values) = (steps_ms.clone(), values.clone());
    }
    let kind = match (kernel, keys) {
        (Kernel::EdgeAttention, Keys::Edges(pattern)) => {
            (tables.row_ptr, tables.col_idx) = (pattern.row_ptr().to_vec(), pattern.col_idx().to_vec());
            LIST
        }
        (Kernel::EdgeAttention, Keys::Mask(mask)) => {
            (tables.row_ptr, tables.col_idx) = mask.to_csr()?.into_parts();
            LIST
        }
        (Kernel::EdgeAttention, Keys::All | Keys::Causal | Keys::Intervals { .. }) => {
            (tables.lo, tables.hi) = ranges(layout.offsets, keys);
            INTERVALS
        }
        (_, Keys::Mask(mask)) => {
            list_tiles(mask, &mut tables)?;
            LIST
        }
        (_, Keys::Causal) => CAUSAL,
        (_, Keys::Intervals { lo, hi }) => {
            (tables.lo, tables.hi) = (lo.to_vec(), hi.to_vec());
            INTERVALS
        }
        (_, Keys::All) => ALL,
        // A list is made a mask of before: see `mask_of`.
        (_, Keys::Edges(_)) => return Err(AttentionError::NoKernel { kernel: kernel.name() }),
    };
    if kernel != Kernel::EdgeAttention {
        tables.items = in_order(layout.offsets, |item| match keys {
            Keys::Mask(_) => {
                tables.row_ptr[item.block_row as usize + 1] - tables.row_ptr[item.block_row as usize]
            }
            Keys::Causal => (item.row_start - item.graph_start) / BLOCK as u32 + 1,
            Keys::Intervals { lo, hi } => reached(item, lo, hi),
            Keys::All | Keys::Edges(_) => blocks((item.graph_end - item.graph_start) as usize) as u32,
        });
    }
    Ok((tables, kind))
}

/// The mask of keys that come in another form.
pub(super) fn mask_of(offsets: &[usize], keys: Keys<'_>) -> Result<BlockMask, AttentionError> {
    match keys {
        Keys::Edges(pattern) => BlockMask::new(offsets, pattern),
        Keys::Mask(mask) => Ok(mask.clone()),
        Keys::All | Keys::Causal | Keys::Intervals { .. } => {
            let (lo, hi) = ranges(offsets, keys);
            BlockMask::new(offsets, intervals(offsets, &lo, &hi)?.as_pattern())
        }
    }
}

/// Earliest and latest of some times; of none, an empty range at 0.
pub(super) fn time_range(t_ms: &[i64]) -> TimeRange {
    TimeRange {
        first: t_ms.iter().copied().min().unwrap_or(0),
        last: t_ms.iter().copied().max().unwrap_or(0),
    }
}

/// The block rows of a batch, graph by graph.
pub(super) fn block_rows(offsets: &[usize]) -> impl Iterator<Item = WorkItem> + '_ {
    let rows = offsets.windows(2).flat_map(|w| (w[0]..w[1]).step_by(BLOCK).map(move |row| (w[0], w[1], row)));
    rows.enumerate().map(|(block_row, (start, end, row))| WorkItem {
        graph_start: start as u32,
        graph_end: end as u32,
        row_start: row as u32,
        block_row: block_row as u32,
    })
}

/// The block rows, those of most tiles first: a long one that starts last would keep the machine waiting.
fn in_order(offsets: &[usize], tiles: impl Fn(&WorkItem) -> u32) -> Vec<WorkItem> {
    let mut items: Vec<WorkItem> = block_rows(offsets).collect();
    items.sort_by_cached_key(|item| std::cmp::Reverse(tiles(item)));
    items
}

/// Column blocks from the first to the last that any row of a block row reaches.
fn reached(item: &WorkItem, lo: &[u32], hi: &[u32]) -> u32 {
    let rows = item.row_start as usize..(item.graph_end as usize).min(item.row_start as usize + BLOCK);
    let (mut first, mut end) = (u32::MAX, 0);
    for row in rows.filter(|&row| lo[row] < hi[row]) {
        (first, end) = (first.min(lo[row] - item.graph_start), end.max(hi[row] - item.graph_start));
    }
    if end == 0 { 0 } else { end.div_ceil(BLOCK as u32) - first / BLOCK as u32 }
}

/// All, causal or interval keys as one range a node.
fn ranges(offsets: &[usize], keys: Keys<'_>) -> (Vec<u32>, Vec<u32>) {
    if let Keys::Intervals { lo, hi } = keys {
        return (lo.to_vec(), hi.to_vec());
    }
    let causal = matches!(keys, Keys::Causal);
    let nodes = offsets.windows(2).flat_map(|w| (w[0]..w[1]).map(move |i| (w[0], w[1], i)));
    nodes.map(|(start, end, i)| (start as u32, if causal { i as u32 + 1 } else { end as u32 })).unzip()
}

/// The tiles of a mask, as the kernels read them.
fn list_tiles(mask: &BlockMask, tables: &mut Tables) -> Result<(), AttentionError> {
    let max = u32::MAX as usize - 1;
    if mask.blocks() > max {
        return Err(AttentionError::TooLarge { what: "number of tiles", got: mask.blocks(), max });
    }
    tables.row_ptr = vec![0];
    for g in 0..mask.offsets().len() - 1 {
        for block_row in mask.block_rows(g) {
            for (column, block) in mask.row(block_row) {
                let bits = match block {
                    Block::Full => FULL_TILE,
                    Block::Partial(bits) => {
                        tables.tiles.push(in_fragments(bits));
                        tables.tiles.len() as u32 - 1
                    }
                };
                tables.entries.push(TileEntry { column, bits });
            }
            tables.row_ptr.push(tables.entries.len() as u32);
        }
    }
    Ok(())
}

/// The bits of a tile in the order of the tensor cores' fragments: see [`super::Table::Tiles`].
pub(super) fn in_fragments(bits: &Bits) -> [u32; 128] {
    std::array::from_fn(|thread| {
        let (row, t) = (thread / 32 * 16 + thread % 32 / 4, thread % 4);
        let pick = |row: usize| {
            (0..8).fold(0, |word, j| word | (bits[row] >> (8 * j + 2 * t) & 3) << (2 * j)) as u32
        };
        pick(row) | pick(row + 8) << 16
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_bit_of_a_tile_has_one_place_in_the_fragments() {
        for (r, c) in (0..BLOCK).flat_map(|r| (0..BLOCK).map(move |c| (r, c))) {
            let mut bits = [0; BLOCK];
            bits[r] = 1 << c;
            let words = in_fragments(&bits);
            let thread = r / 16 * 32 + r % 8 * 4 + c % 8 / 2;
            let bit = r / 8 % 2 * 16 + c / 8 * 2 + c % 2;
            assert_eq!(words.iter().filter(|&&w| w != 0).count(), 1, "{r} {c}");
            assert_eq!(words[thread], 1 << bit, "{r} {c}");
        }
    }

    #[test]
    fn longest_block_rows_start_first() {
        let items = in_order(&[0, 130, 130, 190], |item| item.block_row);
        assert_eq!(items.iter().map(|i| i.block_row).collect::<Vec<_>>(), [3, 2, 1, 0]);
        assert_eq!(items[1], WorkItem { graph_start: 0, graph_end: 130, row_start: 128, block_row: 2 });
        let (lo, hi) = ([0, 5, 70, 9], [0, 70, 130, 9]);
        let item = WorkItem { graph_start: 0, graph_end: 4, row_start: 0, block_row: 0 };
        assert_eq!(reached(&item, &lo, &hi), 3);
        assert_eq!(reached(&item, &[9; 4], &[9; 4]), 0);
    }
}
