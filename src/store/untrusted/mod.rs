//! Checks of untrusted input: what a Parquet file declares is held against the file and the memory allowed before
//! anything is decoded.
//!
//! - [`byte_source`]: bytes of a file, read in pieces or mapped into memory
//! - [`thrift`]: a bounded reader of the compact Thrift protocol
//! - [`footer_repair`]: footers with fields of another type than the format's
//! - [`validate_footer`]: declared offsets, sizes and counts against the file
//! - [`parquet_file`]: a file with a checked footer, its column chunks as pages
//! - [`page_header`], [`column_pages`]: page headers and pages, checked before they are decompressed
//! - [`codec`]: decompression with bounded output
//! - [`delta`]: the size of delta-encoded pages
//! - [`memory_budget`]: memory of one read, reserved before it is allocated
//! - [`catch_panic`]: panics of the decoder as errors

pub(crate) mod byte_source;
pub(crate) mod catch_panic;
pub(crate) mod codec;
pub(crate) mod column_pages;
pub(crate) mod delta;
pub(crate) mod footer_repair;
pub(crate) mod memory_budget;
pub(crate) mod page_header;
pub(crate) mod parquet_file;
pub(crate) mod thrift;
pub(crate) mod validate_footer;
