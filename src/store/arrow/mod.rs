//! Arrow: the C stream interface to other libraries in the process, and Arrow IPC files.
//!
//! - [`c_stream`]: tables to and from other libraries through the Arrow C stream interface
//! - [`ipc`]: Arrow IPC, read batch by batch
//! - [`stream`]: the blocks of an Arrow IPC stream
//! - [`read_arrow`]: Arrow IPC as plain tables
//! - [`materialized_size`]: the memory of Arrow arrays once every row is materialized
//! - [`convert`]: Parquet files to Arrow IPC files and back
//! - [`parquet_types`]: Arrow types as Parquet has them

pub(crate) mod c_stream;
pub(crate) mod convert;
pub(crate) mod ipc;
pub(crate) mod materialized_size;
mod parquet_types;
pub(crate) mod read_arrow;
mod stream;
