//! Graphs alone: events in, both views and what can be said of them out.

use std::path::{Path, PathBuf};

use rayon::prelude::*;
use serde::Serialize;
use serde_json::{Map, Value};

use super::features::{self, FeatureChoice};
use super::graphs::SessionGraph;
use super::memory::MemoryReport;
use super::report::{self, SCHEMA_VERSION, SessionReport, Versions};
use super::staging::{GRAPH_OUTPUTS, Staging};
use super::{Clock, Progress, Skipped, Superseded, estimate, graphs, inputs, on_threads, write};
use crate::config::{Config, Effective};
use crate::dag::DagView;
use crate::error::Error;
use crate::events::FeatureInfo;
use crate::legacy::options::LegacySetting;

/// What `build-graph` is asked to do.
#[derive(Debug, Clone, Copy)]
pub struct BuildRequest<'a> {
    /// Files and folders; none means the built-in sample.
    pub paths: &'a [PathBuf],
    /// Folder of the results.
    pub out: &'a Path,
    /// Settings.
    pub effective: &'a Effective,
}

/// What was built.
#[derive(Debug, Clone, Serialize)]
pub struct BuildReport {
    /// Version of this document's form.
    pub schema_version: u32,
    /// Whether the input was the built-in sample.
    pub sample: bool,
    /// Sessions by id.
    pub sessions: Vec<BuiltSession>,
    /// Files found in a folder that are no input.
    pub skipped: Vec<Skipped>,
    /// Inputs whose session another one holds in a richer form.
    pub superseded: Vec<Superseded>,
    /// Names, units and formulas of the features in `nodes`.
    pub features: Vec<FeatureInfo>,
    /// Which features these are and why, and those of edges.
    pub feature_choice: FeatureChoice,
    /// The preset the configuration starts from.
    pub preset: &'static str,
    /// The effective configuration.
    pub config: Config,
    /// Options of the original that were set, and the keys that they set.
    pub original: Vec<LegacySetting>,
    /// What the run took, and what it was estimated to take.
    pub memory: MemoryReport,
    /// Worker threads.
    pub threads: usize,
    /// Seconds by phase.
    pub timings: Map<String, Value>,
    /// Versions.
    pub versions: Versions,
}

/// One session and its DAG.
#[derive(Debug, Clone, Serialize)]
pub struct BuiltSession {
    /// Its events and edges.
    #[serde(flatten)]
    pub session: SessionReport,
    /// Nodes of the largest topological generation.
    pub widest_generation: usize,
    /// Edges of a longest path.
    pub longest_path_edges: usize,
    /// Sets of events that edges connect, whatever their direction.
    pub weakly_connected_components: u32,
    /// Events that no edge leads to.
    pub roots: usize,
    /// Events that no edge leaves.
    pub sinks: usize,
    /// Most edges that lead to one event.
    pub max_in_degree: u32,
    /// Most edges that leave one event.
    pub max_out_degree: u32,
    /// Edges that stay in the transitive reduction.
    pub transitive_reduction_edges: u64,
}

/// Turns logs of events into graphs and writes them to the request's folder: `nodes`, `temporal_edges` and
/// `dag_edges` as [`super::discover`] writes them, and this report as `run.json`. The folder changes only when
/// everything is done; the same request gives the same files, whatever the threads.
///
/// # Errors
/// As [`super::discover`], for what it has in common with it.
pub fn build_graph(request: &BuildRequest<'_>, progress: &dyn Progress) -> Result<BuildReport, Error> {
    on_threads(request.effective.config.limits.threads, || run(request, progress))
}

fn run(request: &BuildRequest<'_>, progress: &dyn Progress) -> Result<BuildReport, Error> {
    let config = &request.effective.config;
    let mut clock = Clock::new(progress);
    let staging = Staging::beside(request.out, &GRAPH_OUTPUTS)?;

    clock.phase("read");
    let inputs = inputs::read(request.paths, request.out, config)?;
    let estimated = estimate::check_memory(&inputs.sessions, config)?;

    clock.phase("graphs");
    let graphs = graphs::build(&inputs.sessions, config)?;
    let set = features::Chosen::of(&inputs.sessions, config)?;
    let node_features = set.nodes(&inputs.sessions)?;
    let described = graphs.par_iter().zip(&inputs.sessions).map(|(graph, session)| {
        let located = |error| graphs::located(session, error);
        describe(graph, report::session(session, graph)).map_err(located)
    });
    let sessions = described.collect::<Result<_, _>>()?;

    clock.phase("write");
    write::graphs(&staging, &inputs.sessions, &graphs, &node_features, &set, config)?;
    let report = BuildReport {
        schema_version: SCHEMA_VERSION,
        sample: inputs.sample,
        sessions,
        skipped: inputs.skipped,
        superseded: inputs.superseded,
        features: node_features.first().map(|f| f.info.clone()).unwrap_or_default(),
        feature_choice: set.report(),
        preset: request.effective.preset.name(),
        config: config.clone(),
        original: request.effective.legacy_settings().to_vec(),
        memory: MemoryReport::new(estimated, config),
        threads: rayon::current_num_threads(),
        timings: report::timings(clock.finish()),
        versions: Versions::default(),
    };
    write::report(&staging, &report)?;
    staging.commit()?;
    Ok(report)
}

fn describe(graph: &SessionGraph, session: SessionReport) -> Result<BuiltSession, crate::dag::DagError> {
    let (dag, generations) = (&graph.dag, &graph.generations);
    let in_degrees = dag.in_degrees();
    Ok(BuiltSession {
        session,
        widest_generation: (0..generations.count()).map(|g| generations.nodes(g).len()).max().unwrap_or(0),
        // A longest path visits every generation.
        longest_path_edges: generations.count().saturating_sub(1),
        weakly_connected_components: dag.weakly_connected_components().count,
        roots: in_degrees.iter().filter(|&&degree| degree == 0).count(),
        sinks: dag.sinks().len(),
        max_in_degree: in_degrees.into_iter().max().unwrap_or(0),
        max_out_degree: dag.out_degrees().into_iter().max().unwrap_or(0),
        transitive_reduction_edges: dag.transitive_reduction()?.edges(),
    })
}
