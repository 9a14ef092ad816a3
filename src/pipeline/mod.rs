//! The pipeline: reads event logs, builds graphs, runs attention, mines motifs and writes tables. One implementation
//! serves the command line, Rust callers and bindings.
//!
//! Each folder imports only from those above it in this list:
//!
//! - `error/`: [`Error`], the errors of single commands, and the exit code of each.
//! - `progress.rs`: [`Progress`], and the timer of the phases.
//! - `output_names.rs`: the files and folders that a run writes.
//! - `memory/`: the memory model, the limit, and the peak.
//! - `inputs/`: finds and reads the input files.
//! - `stages/`: the stages between input and report: graphs, features, the network, motifs, tables, staging.
//! - `report/`: `run.json`, the document that describes a run.
//! - `commands/`: one function for each command: [`discover`], [`build_graph`], [`motifs`], [`attend`],
//!   [`describe_edge_list`].

mod commands;
mod error;
mod inputs;
mod memory;
mod output_names;
mod progress;
mod report;
mod stages;

pub use commands::{
    AttendReport, BuildGraphReport, BuildGraphRequest, DiscoverReport, DiscoverRequest, EdgeListReport,
    EdgeListRequest, MotifReport, MotifRequest, NodeCount, NodeId, OrderReport, ReportedMotif,
    SessionGraphReport, WeightedPathReport, attend, build_graph, describe_edge_list, discover, motifs,
};
pub use error::{
    AttendError, EdgeListError, Error, KeysFault, MemoryTask, SkippedInput, TensorFileEntry, exit,
};
pub use inputs::Superseded;
pub use memory::MemoryReport;
pub use progress::{Progress, Silent};
pub use report::{
    DeviceReport, FeatureSetReport, MotifSummary, Note, OutputMeaning, PlanCacheReport, RunHeader,
    SCHEMA_VERSION, ScaleReport, SessionReport, StandardisationReport, TieReport, Versions, WindowReport,
    WindowSource,
};
pub use stages::abandon;
