//! Arrow: exchange with other libraries of the process, and Arrow IPC files.
//!
//! - [`c_stream`]: the Arrow C stream interface
//! - [`ipc`]: Arrow IPC files, read in batches
//! - [`materialized_size`]: the memory arrays take once every row is written out
//! - [`convert`]: Parquet to Arrow IPC files and back

pub(crate) mod c_stream;
pub(crate) mod convert;
pub(crate) mod ipc;
pub(crate) mod materialized_size;
