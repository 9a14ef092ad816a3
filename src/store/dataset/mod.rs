//! Hive datasets: folders `key=value` with Parquet files in them.
//!
//! - [`partition`]: folder names
//! - [`session_dataset`]: datasets of this crate, written atomically
//! - [`hive_dataset`]: datasets of any writer, read as one table

pub(crate) mod hive_dataset;
pub(crate) mod partition;
pub(crate) mod session_dataset;
