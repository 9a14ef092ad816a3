//! Parquet files: [`Table`]s are written as files that appear complete or not at all, and files of any writer are
//! read as tables or give typed errors.
//!
//! Only this module uses the `arrow` and `parquet` crates; their types stay inside. Input is untrusted: length,
//! magic, schema, offsets and declared sizes are checked before anything is decoded, and a panic of the decoder is
//! returned as [`StoreError::Damaged`].
//!
//! Read a file with [`read_table`], or in batches with [`scan`]; write one with [`write_table`], or in batches with
//! [`TableWriter`]. [`Dataset`] writes a folder of sessions, [`HiveDataset`] reads one. [`inspect`](fn@inspect)
//! describes a file, [`convert`] converts to and from Arrow IPC, [`export_table`] and [`import_table`] exchange
//! tables with other libraries in the process.
//!
//! - `config`, `error`: settings and errors
//! - `untrusted`: checks before decoding, down to the single page
//! - `columns`: columns to Arrow arrays and back
//! - `read`: files to tables
//! - `write`: tables to files
//! - `dataset`: folders of files
//! - `arrow`: the Arrow C stream interface, and Arrow IPC files
//! - `inspect`: description of a file

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
pub use arrow::convert::{ConversionSummary, FileFormat, convert};
pub use arrow::read_arrow::read_arrow;
pub use config::{EncodingPolicy, StoreConfig};
pub use dataset::hive_dataset::HiveDataset;
pub use dataset::partition::{hive_segment, partition_dir};
pub use dataset::session_dataset::{Dataset, session_files, sessions};
pub use error::{IoAction, StoreError};
pub use inspect::report::{ColumnContent, ColumnReport, InspectOptions, Inspection, RowGroupReport, inspect};
pub use read::predicate::{Comparison, Predicate, Scalar};
pub use read::read_table::{Footer, ReadResult, footer, read_table, read_table_mapped};
pub use read::scan::{PruneStats, Scan, ScanOptions, scan, scan_mapped};
pub use untrusted::whole_file::FileCompression;
pub use write::atomic_file::sync_tree;
pub use write::checksum::verify_checksum;
pub use write::table_writer::{TableWriter, WriteSummary};
pub use write::write_table::{write_table, write_table_unsynced};

#[cfg(doc)]
use crate::table::Table;
