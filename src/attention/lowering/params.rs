//! Parameters of a launch, with the layout of `kernels/include/params.cuh`. Addresses are those of the device that
//! runs the kernel, 0 for a table that is not used.

use bytemuck::{Pod, Zeroable};

use crate::attention::bias::BiasParams;

/// The queries of one block row, against keys of the same graph.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Pod, Zeroable)]
#[repr(C)]
pub struct WorkItem {
    /// First node of the graph.
    pub graph_start: u32,
    /// One past its last node.
    pub graph_end: u32,
    /// First row of the block row.
    pub row_start: u32,
    /// The block row, counted over the batch.
    pub block_row: u32,
}

/// One stored tile of a block row.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Pod, Zeroable)]
#[repr(C)]
pub struct TileEntry {
    /// Column block, counted inside the graph.
    pub column: u32,
    /// Index of the 128 words that hold its bits, or [`FULL_TILE`].
    pub bits: u32,
}

/// Marks a tile in which every row attends to every column of its graph.
pub const FULL_TILE: u32 = u32::MAX;

/// Earliest and latest time in a block of 64 nodes, milliseconds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Pod, Zeroable)]
#[repr(C)]
pub struct TimeRange {
    /// Earliest time.
    pub first: i64,
    /// Latest time.
    pub last: i64,
}

/// Code of the form of keys; `KeyForm` in `kernels/include/params.cuh`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u32)]
pub enum KeyForm {
    /// Every node of the graph.
    All = 0,
    /// The node itself and the nodes of its graph before it.
    Causal = 1,
    /// One range for each node.
    Intervals = 2,
    /// Lists: of keys for each node, or of tiles for each block row.
    List = 3,
}

/// Parameters of an attention kernel, over one batch.
#[derive(Debug, Clone, Copy, PartialEq, Pod, Zeroable)]
#[repr(C)]
pub struct AttentionParams {
    /// Queries, `[nodes, heads, padded head_dim]`, 16 bits per value; `k` and `v` alike.
    pub q: u64,
    /// Keys.
    pub k: u64,
    /// Values.
    pub v: u64,
    /// Output, `[nodes, heads, head_dim]`.
    pub out: u64,
    /// Log-sum-exp, `[nodes, heads]` f32, or 0 if it is not wanted.
    pub lse: u64,
    /// Times, `[nodes]` i64; 0 without bias.
    pub t_ms: u64,
    /// `[block rows]` [`TimeRange`]; 0 without bias.
    pub block_times: u64,
    /// [`WorkItem`]s, in the order in which they start.
    pub items: u64,
    /// `[nodes]` u32: first key of each node.
    pub lo: u64,
    /// `[nodes]` u32: one past the last key of each node.
    pub hi: u64,
    /// u32: first entry of each node or block row, and the number of entries last.
    pub row_ptr: u64,
    /// u32: keys of all nodes.
    pub col_idx: u64,
    /// [`TileEntry`]s of all block rows.
    pub entries: u64,
    /// `[partial tiles][128]` u32.
    pub tiles: u64,
    /// Time bias.
    pub bias: BiasParams,
    /// Number of heads.
    pub heads: u32,
    /// True head dimension.
    pub head_dim: u32,
    /// Number of nodes of the batch.
    pub nodes: u32,
    /// A [`KeyForm`].
    pub keys: u32,
    /// Factor of q·k, above 0.
    pub scale: f32,
    /// `scale · log2(e)`.
    pub scale_log2e: f32,
    /// An [`OutputType`](super::OutputType): that of `out`.
    pub out_kind: u32,
    /// Padding.
    pub unused: u32,
}

/// Parameters of `time_bias`: the bias of every pair of the nodes `first..first + len`.
#[derive(Debug, Clone, Copy, PartialEq, Pod, Zeroable)]
#[repr(C)]
pub struct TimeBiasParams {
    /// `[nodes]` i64.
    pub t_ms: u64,
    /// `[len, len]` f32.
    pub out: u64,
    /// Time bias.
    pub bias: BiasParams,
    /// First node.
    pub first: u64,
    /// Number of nodes.
    pub len: u64,
}

const _: () = assert!(
    size_of::<WorkItem>() == 16
        && size_of::<TileEntry>() == 8
        && size_of::<TimeRange>() == 16
        && size_of::<AttentionParams>() == 176
        && size_of::<TimeBiasParams>() == 64
);
