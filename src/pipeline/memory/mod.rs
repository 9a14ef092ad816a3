//! Memory of a run: what it is estimated to need, what it may use, and what it used.
//!
//! - `model.rs`: the memory model: bytes of a run from its sizes and settings.
//! - `limit.rs`: refuses work above `limits.memory_gb`, files before they are read included.
//! - `usage.rs`: [`MemoryReport`], estimate and peak as reports hold them.

mod limit;
mod model;
mod usage;

pub(crate) use limit::{check_csv, check_rows, within};
pub(crate) use model::{BAND_BLOCKS, BAND_COLUMNS, CHUNK_NODES, RunSize};
pub use usage::MemoryReport;
