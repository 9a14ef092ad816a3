//! Writing Parquet files: a declared schema, complete row groups, and a file that appears complete or not at all.
//!
//! - [`atomic_file`]: temporary file, flush, rename
//! - [`write_table`], [`table_writer`]: one table, or a sequence of batches, as one file
//! - [`row_groups`], [`row_buffer`]: rows gathered into row groups
//! - [`content_defined_chunking`]: row group boundaries chosen by the content
//! - [`column_chunk_writer`]: column chunks of several row groups encoded in parallel
//! - [`encoding`]: the encoding of each column, chosen on a sample
//! - [`page_buffer_pool`]: reused buffers for encoded pages
//! - [`float_bounds`]: statistics of floats in the order that other readers know
//! - [`checksum`]: SHA-256 of the file, stored in its footer

pub(crate) mod atomic_file;
pub(crate) mod checksum;
pub(crate) mod column_chunk_writer;
pub(crate) mod content_defined_chunking;
pub(crate) mod encoding;
pub(crate) mod float_bounds;
pub(crate) mod page_buffer_pool;
pub(crate) mod row_buffer;
pub(crate) mod row_groups;
pub(crate) mod table_writer;
pub(crate) mod write_table;
