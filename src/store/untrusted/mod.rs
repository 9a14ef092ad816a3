//! Checks of untrusted input: the offsets, sizes and counts that a Parquet file declares are compared with the file
//! and the memory limit before anything is decoded.
//!
//! - [`byte_source`]: the bytes of a file, read range by range or mapped into memory
//! - [`byte_reader`]: bounded reads of integers from bytes
//! - [`thrift`]: a bounded reader of the compact Thrift protocol
//! - [`footer_repair`]: removal of footer fields whose type differs from the format
//! - [`validate_footer`]: declared offsets, sizes and counts, compared with the file
//! - [`whole_file`]: compression of whole files
//! - [`parquet_file`]: a file with a validated footer, and page readers of its column chunks
//! - [`page_header`], [`column_pages`]: page headers and pages, checked before they are decompressed
//! - [`codec`]: decompression with bounded output
//! - [`delta`]: the decoded size of delta-encoded pages
//! - [`memory_budget`]: memory of one read, reserved before it is allocated
//! - [`catch_panic`]: panics of the decoder as errors

pub(crate) mod byte_reader;
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
pub(crate) mod whole_file;
