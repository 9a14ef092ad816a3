//! From graphs and keys to tables: the tiles of each block row, and the order in which block rows start.

use super::PlanInputs;
use super::device_table::DeviceTables;
use super::params::{FULL_TILE, KeyForm, TileEntry, TimeRange, WorkItem};
use crate::attention::bias::DeviceBias;
use crate::attention::kernel::Kernel;
use crate::attention::mask::TileBits;
use crate::attention::{AttentionError, BlockMask, Keys, MaskTile, intervals};
use crate::geometry::{BLOCK, blocks};

/// The tables of a kernel, and the form of its keys.
pub(super) fn tables(
    kernel: Kernel,
    inputs: &PlanInputs<'_>,
    keys: Keys<'_>,
    bias: &DeviceBias,
) -> Result<(DeviceTables, KeyForm), AttentionError> {
    let mut tables = DeviceTables::default();
    if let (Some(t), true) = (inputs.t_ms, bias.needs_times()) {
        tables.t_ms = t.to_vec();
        if kernel != Kernel::EdgeAttention {
            tables.block_times = block_rows(inputs.offsets).map(|item| time_range(&t[rows(&item)])).collect();
        }
    }
    let (steps_ms, step_values) = bias.tables();
    (tables.steps_ms, tables.step_values) = (steps_ms.to_vec(), step_values.to_vec());
    let form = match (kernel, keys) {
        (Kernel::EdgeAttention, Keys::Edges(pattern)) => {
            (tables.row_ptr, tables.col_idx) = (pattern.row_ptr().to_vec(), pattern.col_idx().to_vec());
            KeyForm::List
        }
        (Kernel::EdgeAttention, Keys::Mask(mask)) => {
            (tables.row_ptr, tables.col_idx) = mask.to_csr()?.into_parts();
            KeyForm::List
        }
        (Kernel::EdgeAttention, Keys::All | Keys::Causal | Keys::Intervals { .. }) => {
            (tables.lo, tables.hi) = ranges(inputs.offsets, keys);
            KeyForm::Intervals
        }
        (_, Keys::Mask(mask)) => {
            list_tiles(mask, &mut tables)?;
            KeyForm::List
        }
        (_, Keys::Causal) => KeyForm::Causal,
        (_, Keys::Intervals { lo, hi }) => {
            (tables.lo, tables.hi) = (lo.to_vec(), hi.to_vec());
            KeyForm::Intervals
        }
        (_, Keys::All) => KeyForm::All,
        // Callers convert edges with `block_mask` first.
        (_, Keys::Edges(_)) => return Err(AttentionError::NoKernel { kernel: kernel.name() }),
    };
    if kernel != Kernel::EdgeAttention {
        tables.items = longest_first(inputs.offsets, |item| match keys {
            Keys::Mask(_) => {
                tables.row_ptr[item.block_row as usize + 1] - tables.row_ptr[item.block_row as usize]
            }
            Keys::Causal => (item.row_start - item.graph_start) / BLOCK as u32 + 1,
            Keys::Intervals { lo, hi } => touched_columns(item, lo, hi),
            Keys::All | Keys::Edges(_) => blocks((item.graph_end - item.graph_start) as usize) as u32,
        });
    }
    Ok((tables, form))
}

/// Keys of any form as a block mask.
pub(super) fn block_mask(offsets: &[usize], keys: Keys<'_>) -> Result<BlockMask, AttentionError> {
    match keys {
        Keys::Edges(pattern) => BlockMask::new(offsets, pattern),
        Keys::Mask(mask) => Ok(mask.clone()),
        Keys::All | Keys::Causal | Keys::Intervals { .. } => {
            let (lo, hi) = ranges(offsets, keys);
            BlockMask::new(offsets, intervals(offsets, &lo, &hi)?.as_pattern())
        }
    }
}

/// Earliest and latest of `t_ms`; 0 and 0 if it is empty.
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

/// Rows of a block row, up to the end of its graph.
fn rows(item: &WorkItem) -> std::ops::Range<usize> {
    item.row_start as usize..(item.graph_end as usize).min(item.row_start as usize + BLOCK)
}

/// The block rows, those with the most tiles first: a long one that starts last would leave the rest of the device
/// idle.
fn longest_first(offsets: &[usize], tiles: impl Fn(&WorkItem) -> u32) -> Vec<WorkItem> {
    let mut items: Vec<WorkItem> = block_rows(offsets).collect();
    items.sort_by_cached_key(|item| std::cmp::Reverse(tiles(item)));
    items
}

/// Number of column blocks from the first to the last that any row of a block row touches.
fn touched_columns(item: &WorkItem, lo: &[u32], hi: &[u32]) -> u32 {
    let rows = rows(item);
    let (mut first, mut end) = (u32::MAX, 0);
    for row in rows.filter(|&row| lo[row] < hi[row]) {
        (first, end) = (first.min(lo[row] - item.graph_start), end.max(hi[row] - item.graph_start));
    }
    if end == 0 { 0 } else { end.div_ceil(BLOCK as u32) - first / BLOCK as u32 }
}

/// All, causal or interval keys as one range for each node.
fn ranges(offsets: &[usize], keys: Keys<'_>) -> (Vec<u32>, Vec<u32>) {
    if let Keys::Intervals { lo, hi } = keys {
        return (lo.to_vec(), hi.to_vec());
    }
    let causal = matches!(keys, Keys::Causal);
    let nodes = offsets.windows(2).flat_map(|w| (w[0]..w[1]).map(move |i| (w[0], w[1], i)));
    nodes.map(|(start, end, i)| (start as u32, if causal { i as u32 + 1 } else { end as u32 })).unzip()
}

/// Adds the tiles of a mask to the tables.
fn list_tiles(mask: &BlockMask, tables: &mut DeviceTables) -> Result<(), AttentionError> {
    let max = u32::MAX as usize - 1;
    if mask.blocks() > max {
        return Err(AttentionError::TooLarge { what: "number of tiles", got: mask.blocks(), max });
    }
    tables.row_ptr = vec![0];
    for g in 0..mask.offsets().len() - 1 {
        for block_row in mask.block_rows(g) {
            for (column, block) in mask.row(block_row) {
                let bits = match block {
                    MaskTile::Full => FULL_TILE,
                    MaskTile::Partial(bits) => {
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

/// Bits of a tile in the order of the tensor cores' fragments: see [`super::DeviceTable::Tiles`].
pub(super) fn in_fragments(bits: &TileBits) -> [u32; 128] {
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
    fn every_bit_of_a_tile_has_one_position_in_the_fragments() {
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
        let items = longest_first(&[0, 130, 130, 190], |item| item.block_row);
        assert_eq!(items.iter().map(|i| i.block_row).collect::<Vec<_>>(), [3, 2, 1, 0]);
        assert_eq!(items[1], WorkItem { graph_start: 0, graph_end: 130, row_start: 128, block_row: 2 });
        let (lo, hi) = ([0, 5, 70, 9], [0, 70, 130, 9]);
        let item = WorkItem { graph_start: 0, graph_end: 4, row_start: 0, block_row: 0 };
        assert_eq!(touched_columns(&item, &lo, &hi), 3);
        assert_eq!(touched_columns(&item, &[9; 4], &[9; 4]), 0);
    }
}
