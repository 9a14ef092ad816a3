//! Writing Parquet files: a declared schema, whole row groups, and a file that appears complete or not at all.
//!
//! - [`atomic_file`]: temporary file, fsync, rename
//! - [`write_table`], [`table_writer`]: one table, or a stream of tables, as one file
//! - [`row_buffer`], [`row_groups`]: rows gathered into row groups
//! - [`content_defined_chunking`]: row group boundaries from the content
//! - [`encoding`]: the encoding of each column, chosen on a sample
//! - [`column_chunk_writer`], [`page_buffer_pool`]: columns of several row groups encoded in parallel
//! - [`float_bounds`]: statistics of floats in the order other readers expect
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
