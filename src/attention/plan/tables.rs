//! The tables of a plan, as bytes for a machine.

use bytemuck::cast_slice;

use super::params::{TileEntry, TimeRange, WorkItem};

/// Number of tables.
pub const TABLES: usize = 11;

/// One table of a plan.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Table {
    /// Block rows in the order in which they start: [`WorkItem`].
    Items,
    /// First key of each node, u32.
    Lo,
    /// One past the last key of each node, u32.
    Hi,
    /// First entry of each node or block row, and their number, u32.
    RowPtr,
    /// Keys of all nodes, u32.
    ColIdx,
    /// Tiles of all block rows: [`TileEntry`].
    Entries,
    /// Bits of the partial tiles, 128 u32 each: thread `32 w + 4 g + t` has bit `2j + c` for row `16 w + g`, column
    /// `8 j + 2 t + c`, and bit `16 + 2j + c` for row `16 w + g + 8`.
    Tiles,
    /// Times of the nodes, i64.
    TimesMs,
    /// Earliest and latest time of each block row's nodes: [`TimeRange`].
    BlockTimes,
    /// Milliseconds at which the bias changes, u64.
    StepsMs,
    /// Its value before the first step and from each on, f32.
    StepValues,
}

impl Table {
    /// Name, for reports.
    pub fn name(self) -> &'static str {
        match self {
            Self::Items => "items",
            Self::Lo => "lo",
            Self::Hi => "hi",
            Self::RowPtr => "row_ptr",
            Self::ColIdx => "col_idx",
            Self::Entries => "entries",
            Self::Tiles => "tiles",
            Self::TimesMs => "t_ms",
            Self::BlockTimes => "block_times",
            Self::StepsMs => "steps_ms",
            Self::StepValues => "step_values",
        }
    }
}

/// The tables that one kernel and form of keys need; the others stay empty.
#[derive(Debug, Clone, PartialEq, Default)]
pub(super) struct Tables {
    pub(super) items: Vec<WorkItem>,
    pub(super) lo: Vec<u32>,
    pub(super) hi: Vec<u32>,
    pub(super) row_ptr: Vec<u32>,
    pub(super) col_idx: Vec<u32>,
    pub(super) entries: Vec<TileEntry>,
    pub(super) tiles: Vec<[u32; 128]>,
    pub(super) t_ms: Vec<i64>,
    pub(super) block_times: Vec<TimeRange>,
    pub(super) steps_ms: Vec<u64>,
    pub(super) step_values: Vec<f32>,
}

impl Tables {
    pub(super) fn bytes(&self) -> [(Table, &[u8]); TABLES] {
        [
            (Table::Items, cast_slice(&self.items)),
            (Table::Lo, cast_slice(&self.lo)),
            (Table::Hi, cast_slice(&self.hi)),
            (Table::RowPtr, cast_slice(&self.row_ptr)),
            (Table::ColIdx, cast_slice(&self.col_idx)),
            (Table::Entries, cast_slice(&self.entries)),
            (Table::Tiles, cast_slice(&self.tiles)),
            (Table::TimesMs, cast_slice(&self.t_ms)),
            (Table::BlockTimes, cast_slice(&self.block_times)),
            (Table::StepsMs, cast_slice(&self.steps_ms)),
            (Table::StepValues, cast_slice(&self.step_values)),
        ]
    }
}

#[test]
fn tables_stand_in_the_order_of_their_numbers() {
    for (i, (table, _)) in Tables::default().bytes().into_iter().enumerate() {
        assert_eq!(table as usize, i, "{}", table.name());
    }
}
