//! Parquet in and out: plain [`Table`]s become files that are written whole or not at all, and files of any writer
//! become tables or typed errors.
//!
//! Only this module names the `arrow` and `parquet` crates; their types stay inside. Input is untrusted: length,
//! magic, schema, offsets and declared sizes are checked before anything is decoded, and a fault inside the decoder
//! is returned as [`StoreError::Damaged`].
//!
//! - [`config`](StoreConfig), [`error`](StoreError): settings and errors
//! - `untrusted`: checks before decoding
//! - `columns`: columns to Arrow arrays and back
//! - `read`: files to tables
//! - `write`: tables to files
//! - `dataset`: folders of files
//! - `arrow`: C stream interface, Arrow IPC
//! - `inspect`: the description of a file

mod arrow;
mod columns;
mod config;
mod dataset;
mod error;
mod inspect;
mod read;
mod untrusted;
mod write;

pub use arrow::c_stream::{export_scan, export_table, import_table};
pub use arrow::convert::{Converted, FileKind, convert};
pub use config::{Encodings, StoreConfig};
pub use dataset::hive_dataset::HiveDataset;
pub use dataset::partition::partition_dir;
pub use dataset::session_dataset::{Dataset, session_files, sessions};
pub use error::StoreError;
pub use inspect::report::{Content, Depth, GroupReport, Inspection, LeafReport, inspect};
pub use read::predicate::{Comparison, Predicate, Scalar};
pub use read::read_table::{Footer, Read, footer, read_table, read_table_mapped};
pub use read::scan::{PruneStats, Scan, ScanOptions, scan, scan_mapped};
pub use write::atomic_file::sync_tree;
pub use write::checksum::verify as verify_checksum;
pub use write::table_writer::{TableWriter, Written};
pub use write::write_table::{write_part, write_table};

#[cfg(doc)]
use crate::table::Table;
