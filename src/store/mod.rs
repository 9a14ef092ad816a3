//! Parquet in and out: plain [`Table`]s become files that never lie half-written, files of strangers become
//! tables or typed errors.
//!
//! This is the only room that names the `arrow` and `parquet` crates; their types stay inside. A file from
//! outside is hostile until shown otherwise: its length, its magic, its schema, every offset and every declared
//! size are checked before anything is decoded, and a fault inside the decoder comes back as
//! [`StoreError::Damaged`].

mod batches;
mod check;
mod checksum;
mod chunks;
mod codec;
mod config;
mod convert;
mod cuts;
mod dataset;
mod decode;
mod delta;
mod digest;
mod encode;
mod encoding;
mod error;
mod evolve;
mod exchange;
mod file;
mod foreign;
mod hive;
mod input;
mod inspect;
mod ipc;
mod leaf;
mod meter;
mod narrow;
mod orders;
mod page;
mod pages;
mod partition;
mod pending;
mod place;
mod predicate;
mod prune;
mod read;
mod row_groups;
mod scan;
mod shelf;
mod shield;
mod source;
mod thrift;
mod unfold;
mod write;
mod writer;

pub use checksum::verify as verify_checksum;
pub use config::{Encodings, StoreConfig};
pub use convert::{Converted, FileKind, convert};
pub use dataset::{Dataset, session_files, sessions};
pub use error::StoreError;
pub use exchange::{export_scan, export_table, import_table};
pub use hive::Parts;
pub use inspect::{Content, Depth, GroupReport, Inspection, LeafReport, inspect};
pub use partition::partition_dir;
pub use place::sync_tree;
pub use predicate::{Comparison, Predicate, Scalar};
pub use read::{Footer, Read, footer, read_table, read_table_mapped};
pub use scan::{Passed, Scan, ScanOptions, scan, scan_mapped};
pub use write::{write_part, write_table};
pub use writer::{TableWriter, Written};

#[cfg(doc)]
use crate::table::Table;
