//! The stages of a run between reading and reporting.
//!
//! - `windows.rs`: the time windows of a run, on the scale of its events.
//! - `graphs.rs`: the DAG and the temporal view of each session.
//! - `features.rs`: the feature set, and the values of the features.
//! - `estimate.rs`: the memory that a run needs, from its sessions.
//! - `attention_keys.rs`: the attention keys of a batch of concatenated sessions.
//! - `session_batch.rs`: sessions as batches of the network, and the size of their attention.
//! - `embed.rs`: runs the network: embeddings and scores.
//! - `motif_stage.rs`: labels events, estimates, counts and tests motifs.
//! - `staging.rs`: the folder in which a run prepares its outputs until it commits them.
//! - `tables.rs`: the tables of a session: nodes, edges, embeddings, scores.
//! - `motif_table.rs`: the table of motifs.
//! - `write.rs`: writes tables and `run.json` into the staging folder.

mod attention_keys;
mod embed;
mod estimate;
mod features;
mod graphs;
mod motif_stage;
mod motif_table;
mod session_batch;
mod staging;
mod tables;
mod windows;
mod write;

pub(crate) use embed::{FeatureMoments, NetworkOutput, run_network};
pub(crate) use estimate::check_memory;
pub(crate) use features::FeatureSelection;
pub(crate) use graphs::{SessionGraph, build_graphs, graph_error};
pub(crate) use motif_stage::{LabelledMotifs, check_motifs, mine_motifs};
pub(crate) use motif_table::motif_table;
pub(crate) use session_batch::attention_work;
pub(crate) use staging::Staging;
pub use staging::abandon;
pub(crate) use windows::RunWindows;
pub(crate) use write::RunWriter;
