//! Arrow: the C stream interface to other libraries in the process, and Arrow IPC files.
//!
//! - [`c_stream`]: tables to and from other libraries through the Arrow C stream interface
//! - [`ipc`]: Arrow IPC files, read batch by batch
//! - [`materialized_size`]: the memory of Arrow arrays once every row is materialized
//! - [`convert`]: Parquet files to Arrow IPC files and back

pub(crate) mod c_stream;
pub(crate) mod convert;
pub(crate) mod ipc;
pub(crate) mod materialized_size;
