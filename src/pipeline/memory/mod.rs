//! Memory of a run: the estimate, the limit, and the peak.
//!
//! - `model.rs`: the memory model: bytes of a run from its sizes and settings.
//! - `limit.rs`: refuses work above `limits.memory_gb`, including files before they are read.
//! - `usage.rs`: [`MemoryReport`], estimate, limit and peak in reports.

mod limit;
mod model;
mod usage;

pub(crate) use limit::{check_csv, check_rows, csv_estimate, within};
pub(crate) use model::{BAND_BLOCKS, BAND_COLUMNS, CHUNK_NODES, RunSize};
pub use usage::MemoryReport;
