//! The commands, one file each: options in, one call of the library, its result printed.
//!
//! - `discover.rs`, `build_graph.rs`, `motifs.rs`: runs over event logs.
//! - `attend.rs`, `dag.rs`: one file of tensors, or of edges.
//! - `inspect.rs`, `convert.rs`: Parquet and Arrow files.
//! - `config.rs`: the effective configuration.
//! - `info.rs`: this build and this machine.

pub mod attend;
pub mod build_graph;
pub mod config;
pub mod convert;
pub mod dag;
pub mod discover;
pub mod info;
pub mod inspect;
pub mod motifs;
