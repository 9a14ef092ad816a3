//! Description of a Parquet file and its content, for people and programs.
//!
//! - [`value_digest`]: SHA-256 of values, independent of the writer
//! - [`column_digest`]: every page of a leaf column, decoded and digested
//! - [`report`]: the description of a file

pub(crate) mod column_digest;
pub(crate) mod report;
pub(crate) mod value_digest;
