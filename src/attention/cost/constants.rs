//! The constants of every cost estimate.

// Gather or tiles on the CPU.

/// Mean number of keys per row up to which rows are gathered without counting their tiles.
pub(super) const CPU_FEW_KEYS: usize = 16;
/// Cost of a gathered logit relative to one in a tile; measured at head dimensions of 16 to 64.
pub(super) const CPU_GATHER_COST: usize = 4;

// Seconds on the CPU.

/// Nanoseconds of one thread for a pair of nodes in one head; like the next constant, measured on dense and banded
/// masks at head dimensions of 16 to 128.
pub(super) const CPU_PAIR_NS: f64 = 25.0;
/// Nanoseconds of one thread for each dimension of such a pair.
pub(super) const CPU_PAIR_VALUE_NS: f64 = 0.9;
/// Nanoseconds of one thread for a value of q whose row has hardly any keys; measured on five keys per row.
pub(super) const CPU_VALUE_NS: f64 = 25.0;

// The kernels: one multiprocessor of a data-centre GPU, in its clock cycles. Fitted to the times of an H200 in
// benches/record/2026-11-28-gpu.md, to rank kernels.

/// Bytes of device memory that a multiprocessor moves in a cycle: 4.3 TB/s over 132 of them at 1.9 GHz.
pub(super) const SM_BYTES: f64 = 17.0;
/// Cycles for one gathered key, for eight dimensions of one head.
pub(super) const SM_GATHER: f64 = 1.2;
/// Cycles for the softmax of a 16x16 part of a tile.
pub(super) const SM_LOGITS: f64 = 48.0;
/// Cycles for both matrix products of a 16x16 part with split probabilities, per head dimension; they overlap with
/// the softmax.
pub(super) const SM_PRODUCT: f64 = 1.4;
/// Cycles for a tile besides its logits: copies, barriers, decoding the mask.
pub(super) const SM_TILE: f64 = 120.0;
/// Cycles for a block row independent of its keys: queries, the first tile, the output, and their latency.
pub(super) const SM_BLOCK_ROW: f64 = 4000.0;
/// Bytes of the mask bits of a partial tile.
pub(super) const PARTIAL_TILE_BYTES: f64 = 512.0;

// Seconds on a GPU.

/// Seconds until the first result of a process, including context and compilation of the kernels: 0.39 on an H200
/// (benches/record/2026-11-28-gpu.md).
pub(super) const GPU_START_SECONDS: f64 = 0.4;
/// Seconds of a call besides its bytes and pairs: plan, allocations, launch; not measured.
pub(super) const GPU_CALL_SECONDS: f64 = 5e-4;
/// Bytes per second from and to pageable host memory: 8 to 12 GB/s in, 4 GB/s out (benches/record/2026-11-28-gpu.md).
pub(super) const BUS_BYTES: f64 = 6e9;
/// Products of a pair and a head dimension per second: 1e12 for a few keys per row, 4e13 for dense tiles of 64
/// dimensions (benches/record/2026-11-28-gpu.md).
pub(super) const GPU_PAIR_VALUES: f64 = 1e13;

// Bytes of a plan on a GPU, at most.

/// Bytes of a mask tile with its bits.
pub(super) const TILE_BYTES: f64 = 520.0;
/// Bytes of a key in a list.
pub(super) const KEY_BYTES: f64 = 4.0;
/// Fewest keys in a tile: with the costs above, tiles with fewer keys are gathered from a list.
pub(super) const FEWEST_IN_TILE: f64 = 20.0;
/// Most keys listed per tile: with the costs above, tiles with more keys are not gathered.
pub(super) const MOST_IN_LIST: f64 = 2048.0;
/// Bytes of any plan per node: its time, its keys, its share of the schedule.
pub(super) const NODE_BYTES: f64 = 40.0;
/// Bytes per bucket of the time bias: two steps, each with its value.
pub(super) const BUCKET_BYTES: f64 = 24.0;
/// Bytes of alignment between the parts of a plan, of tensors and of results.
pub(super) const GAPS_BYTES: f64 = 16.0 * 256.0;
