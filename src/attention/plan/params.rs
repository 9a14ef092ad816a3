//! What a launch is given: the same bytes as `kernels/include/params.cuh`. Addresses are those of the machine that
//! runs the kernel, 0 where a table is not used.

use bytemuck::{Pod, Zeroable};

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
    /// Which 128 words hold its bits, or [`FULL_TILE`].
    pub bits: u32,
}

/// Marks a tile in which every row sees every column of its graph.
pub const FULL_TILE: u32 = u32::MAX;

/// Earliest and latest time in a block of 64 nodes, milliseconds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Pod, Zeroable)]
#[repr(C)]
pub struct TimeRange {
    /// Earliest.
    pub first: i64,
    /// Latest.
    pub last: i64,
}

/// Bias of a logit from the milliseconds between two nodes.
#[derive(Debug, Clone, Copy, PartialEq, Pod, Zeroable)]
#[repr(C)]
pub struct BiasParams {
    /// `[steps]` u64, strictly rising.
    pub steps_ms: u64,
    /// `[steps + 1]` f32.
    pub values: u64,
    /// 0 none, 1 sqrt, 2 steps.
    pub kind: u32,
    /// Number of steps.
    pub steps: u32,
    /// Of the root: 1 / (60000 (scale_minutes + 1e-6)).
    pub factor: f32,
    /// Turns a logit into the unit of q·k; 1 where logits themselves are wanted.
    pub inv_scale: f32,
}

/// One attention over a batch.
#[derive(Debug, Clone, Copy, PartialEq, Pod, Zeroable)]
#[repr(C)]
pub struct AttentionParams {
    /// `[nodes, heads, padded head_dim]`, 16 bits a value; `k` and `v` alike.
    pub q: u64,
    /// Keys.
    pub k: u64,
    /// Values.
    pub v: u64,
    /// `[nodes, heads, head_dim]`.
    pub out: u64,
    /// `[nodes, heads]` f32, or 0 if it is not wanted.
    pub lse: u64,
    /// `[nodes]` i64; 0 without bias.
    pub t_ms: u64,
    /// `[block rows]` [`TimeRange`]; 0 without bias.
    pub block_times: u64,
    /// [`WorkItem`]s, in the order in which they start.
    pub items: u64,
    /// `[nodes]` u32: first key of each node.
    pub lo: u64,
    /// `[nodes]` u32: one past its last key.
    pub hi: u64,
    /// u32: first entry of each node or block row, and their number.
    pub row_ptr: u64,
    /// u32: keys of all nodes.
    pub col_idx: u64,
    /// [`TileEntry`]s of all block rows.
    pub entries: u64,
    /// `[partial tiles][128]` u32.
    pub tiles: u64,
    /// Time bias.
    pub bias: BiasParams,
    /// Heads.
    pub heads: u32,
    /// True head dimension.
    pub head_dim: u32,
    /// Nodes of the batch.
    pub nodes: u32,
    /// 0 all, 1 causal, 2 intervals, 3 a list.
    pub keys: u32,
    /// Factor of q·k, above 0.
    pub scale: f32,
    /// `scale · log2(e)`.
    pub scale_log2e: f32,
    /// 0: `out` is f32. 1: it has the type of `q`.
    pub out_kind: u32,
    /// Fills the struct up.
    pub unused: u32,
}

/// The bias of nodes `first..first + len` against one another.
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
        && size_of::<BiasParams>() == 32
        && size_of::<AttentionParams>() == 176
        && size_of::<TimeBiasParams>() == 64
);
