//! The tables of a plan, as bytes for a device.

use bytemuck::cast_slice;

use super::params::{TileEntry, TimeRange, WorkItem};

/// Number of tables.
pub const TABLES: usize = 11;

/// One table of a plan.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DeviceTable {
    /// Block rows in the order in which they start, [`WorkItem`].
    Items,
    /// First key of each node, u32.
    Lo,
    /// One past the last key of each node, u32.
    Hi,
    /// First entry of each node or block row, and the number of entries last, u32.
    RowPtr,
    /// Keys of all nodes, u32.
    ColIdx,
    /// Tiles of all block rows, [`TileEntry`].
    Entries,
    /// Bits of the partial tiles, 128 u32 each: thread `32 w + 4 g + t` has bit `2j + c` for row `16 w + g`, column
    /// `8 j + 2 t + c`, and bit `16 + 2j + c` for row `16 w + g + 8`.
    Tiles,
    /// Times of the nodes, i64.
    TimesMs,
    /// Earliest and latest time of each block row's nodes, [`TimeRange`].
    BlockTimes,
    /// Milliseconds at which the bias changes, u64.
    StepsMs,
    /// Value of the bias before the first step and from each step on, f32.
    StepValues,
}

impl DeviceTable {
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

/// The tables of a plan; those that its kernel and form of keys do not need are empty.
#[derive(Debug, Clone, PartialEq, Default)]
pub(super) struct DeviceTables {
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

impl DeviceTables {
    /// Every table as bytes, in the order of [`DeviceTable`].
    pub(super) fn bytes(&self) -> [(DeviceTable, &[u8]); TABLES] {
        [
            (DeviceTable::Items, cast_slice(&self.items)),
            (DeviceTable::Lo, cast_slice(&self.lo)),
            (DeviceTable::Hi, cast_slice(&self.hi)),
            (DeviceTable::RowPtr, cast_slice(&self.row_ptr)),
            (DeviceTable::ColIdx, cast_slice(&self.col_idx)),
            (DeviceTable::Entries, cast_slice(&self.entries)),
            (DeviceTable::Tiles, cast_slice(&self.tiles)),
            (DeviceTable::TimesMs, cast_slice(&self.t_ms)),
            (DeviceTable::BlockTimes, cast_slice(&self.block_times)),
            (DeviceTable::StepsMs, cast_slice(&self.steps_ms)),
            (DeviceTable::StepValues, cast_slice(&self.step_values)),
        ]
    }
}

#[test]
fn tables_are_in_the_order_of_their_numbers() {
    for (i, (table, _)) in DeviceTables::default().bytes().into_iter().enumerate() {
        assert_eq!(table as usize, i, "{}", table.name());
    }
}
