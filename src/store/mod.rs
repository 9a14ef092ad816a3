//! Parquet in and out: plain [`Table`]s become files that never lie half-written, files of strangers become
//! tables or typed errors.
//!
//! This is the only room that names the `arrow` and `parquet` crates; their types stay inside. A file from
//! outside is hostile until shown otherwise: its length, its magic, its schema, every offset and every declared
//! size are checked before anything is decoded, and a fault inside the decoder comes back as
//! [`StoreError::Damaged`].

mod check;
mod checksum;
mod chunks;
mod config;
mod cuts;
mod dataset;
mod decode;
mod encode;
mod encoding;
mod error;
mod narrow;
mod orders;
mod partition;
mod pending;
mod place;
mod read;
mod row_groups;
mod shield;
mod source;
mod thrift;
mod write;
mod writer;

pub use checksum::verify as verify_checksum;
pub use config::{Encodings, StoreConfig};
pub use dataset::{Dataset, session_files, sessions};
pub use error::StoreError;
pub use partition::partition_dir;
pub use place::sync_tree;
pub use read::{Footer, Read, footer, read_table};
pub use write::{write_part, write_table};
pub use writer::{TableWriter, Written};

#[cfg(doc)]
use crate::table::Table;
