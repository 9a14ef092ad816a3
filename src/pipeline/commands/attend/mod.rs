//! Attention on the tensors of a file: reads a safetensors file and writes another. The input is untrusted.
//!
//! - `tensor_file.rs`: reads a safetensors file and checks its names, types and shapes.
//! - `problem.rs`: the attention problem of a file: defaults, keys, bias.
//! - `write.rs`: writes the result.
//! - `run.rs`: [`attend`], and the format of both files.

mod problem;
mod run;
mod tensor_file;
mod write;

pub use run::{AttendReport, attend};
