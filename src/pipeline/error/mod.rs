//! The errors of the pipeline, and the exit code of each.
//!
//! - `exit.rs`: the exit codes of the command.
//! - `skipped.rs`: files that were found and not read; part of some errors and of every report.
//! - `attend.rs`: errors of `attend`.
//! - `edge_list.rs`: errors of `dag`.
//! - `run_error.rs`: [`Error`], every error of the pipeline.

mod attend;
mod edge_list;
pub mod exit;
mod run_error;
mod skipped;

pub use attend::{AttendError, KeysFault, TensorFileEntry};
pub use edge_list::EdgeListError;
pub use run_error::{Error, MemoryTask};
pub use skipped::SkippedInput;
