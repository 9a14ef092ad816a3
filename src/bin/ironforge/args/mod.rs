//! The command line.
//!
//! - `cli.rs`: the commands.
//! - `shared.rs`: options that several commands have: configuration, column map, inputs.
//! - `runs.rs`: `discover`, `build-graph` and `motifs`.
//! - `files.rs`: `attend`, `dag`, `inspect` and `convert`.
//! - `values.rs`: value parsers: the library's types by name, sizes, node counts.

mod cli;
mod files;
mod runs;
mod shared;
mod values;

pub use cli::{CheckArgs, Cli, Command, ConfigCommand, InfoArgs, ShowArgs};
pub use files::{AttendArgs, ConvertArgs, DagArgs, InspectArgs};
pub use runs::{BuildGraphArgs, DiscoverArgs, MotifsArgs};
pub use shared::{ConfigArgs, InputArgs};
pub use values::null_name;
