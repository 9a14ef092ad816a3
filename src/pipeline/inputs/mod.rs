//! Finds and reads the input files of a run. Input is untrusted: every error names the file.
//!
//! - `find.rs`: lists the files and shards below the input paths.
//! - `spool.rs`: the bytes of a file, a pipe or standard input, without compression.
//! - `format.rs`: the format of a file, by its first bytes.
//! - `column_map.rs`: the column map of `session.*`, and the refusal of settings that no input uses.
//! - `read_file.rs`: reads one session file, shard or table.
//! - `supersede.rs`: keeps one of several forms of a session.
//! - `read.rs`: reads all inputs: [`LoadedInputs`].

mod column_map;
mod find;
mod format;
mod read;
mod read_file;
mod spool;
mod supersede;

pub(crate) use read::{LoadedInputs, read};
pub use supersede::Superseded;
