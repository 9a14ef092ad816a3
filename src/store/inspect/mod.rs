//! The contents of a Parquet file, described for people and for programs.
//!
//! - [`value_digest`]: SHA-256 of a column's values, independent of the writer
//! - [`column_digest`]: every page of a column decoded and digested
//! - [`report`]: the description of a file

pub(crate) mod column_digest;
pub(crate) mod report;
pub(crate) mod value_digest;
