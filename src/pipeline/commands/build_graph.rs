//! The command `build-graph`: reads event logs and writes the DAG and the temporal view of each session.

use std::path::{Path, PathBuf};

use rayon::prelude::*;
use serde::Serialize;

use super::threads::on_threads;
use crate::config::Effective;
use crate::dag::{DagError, DagView};
use crate::events::FeatureInfo;
use crate::pipeline::error::Error;
use crate::pipeline::inputs;
use crate::pipeline::output_names::GRAPH_OUTPUTS;
use crate::pipeline::progress::{PhaseTimer, Progress};
use crate::pipeline::report::{FeatureSetReport, RunHeader, SessionReport, graph_notes, timings};
use crate::pipeline::stages::{
    FeatureSelection, RunWindows, RunWriter, SessionGraph, Staging, build_graphs, check_memory, graph_error,
};

/// Request of [`build_graph`].
///
/// ```
/// use ironforge::config::{Effective, Sources};
/// use ironforge::pipeline::{BuildGraphRequest, Silent, build_graph};
///
/// let effective = Effective::load(&Sources::default())?;
/// let folder = tempfile::tempdir()?;
/// let out = folder.path().join("out");
/// let request = BuildGraphRequest { paths: &[], out: &out, effective: &effective };
/// let report = build_graph(&request, &Silent)?;
/// assert!(report.run.sample && out.join("run.json").is_file());
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone, Copy)]
pub struct BuildGraphRequest<'a> {
    /// Input files and folders; none means the built-in sample.
    pub paths: &'a [PathBuf],
    /// Output folder.
    pub out: &'a Path,
    /// Settings.
    pub effective: &'a Effective,
}

/// Report of [`build_graph`], written as `run.json`.
#[derive(Debug, Clone, Serialize)]
pub struct BuildGraphReport {
    /// Inputs, configuration, cost and versions.
    #[serde(flatten)]
    pub run: RunHeader,
    /// Sessions, sorted by id.
    pub sessions: Vec<SessionGraphReport>,
    /// Names, units and formulas of the features in `nodes`.
    pub features: Vec<FeatureInfo>,
    /// The feature set, and the features of edges.
    pub feature_choice: FeatureSetReport,
}

/// One session, with statistics of its DAG.
#[derive(Debug, Clone, Serialize)]
pub struct SessionGraphReport {
    /// Source, anomalies and sizes.
    #[serde(flatten)]
    pub session: SessionReport,
    /// Number of nodes of the largest topological generation.
    pub widest_generation: usize,
    /// Number of edges of a longest path.
    pub longest_path_edges: usize,
    /// Number of weakly connected components.
    pub weakly_connected_components: u32,
    /// Number of events without an incoming edge.
    pub roots: usize,
    /// Number of events without an outgoing edge.
    pub sinks: usize,
    /// Largest in-degree.
    pub max_in_degree: u32,
    /// Largest out-degree.
    pub max_out_degree: u32,
    /// Number of edges of the transitive reduction.
    pub transitive_reduction_edges: u64,
}

/// Turns event logs into graphs and writes them to the output folder of the request: `nodes`, `temporal_edges` and
/// `dag_edges` as [`discover`](super::discover) writes them, and this report as `run.json`. The folder changes only
/// after everything has succeeded. The same request gives the same files for any number of threads.
///
/// # Errors
/// As [`discover`](super::discover), for the stages that both have.
pub fn build_graph(
    request: &BuildGraphRequest<'_>,
    progress: &dyn Progress,
) -> Result<BuildGraphReport, Error> {
    on_threads(request.effective.config.limits.threads, || run(request, progress))
}

fn run(request: &BuildGraphRequest<'_>, progress: &dyn Progress) -> Result<BuildGraphReport, Error> {
    let config = &request.effective.config;
    let mut timer = PhaseTimer::new(progress);
    let staging = Staging::beside(request.out, &GRAPH_OUTPUTS)?;

    timer.phase("read");
    let inputs = inputs::read(request.paths, request.out, config)?;
    let sessions = &inputs.sessions;
    let estimated_bytes = check_memory(sessions, config)?;
    let windows = RunWindows::of(sessions, request.effective)?;

    timer.phase("graphs");
    let graphs = build_graphs(sessions, &config.dag, &windows.links, &config.limits)?;
    let selection = FeatureSelection::new(sessions, config.session.features)?;
    let features = selection.nodes(sessions)?;
    let reports = graphs.par_iter().zip(sessions).map(|(graph, session)| {
        session_report(graph, SessionReport::new(session, graph)).map_err(|error| graph_error(session, error))
    });
    let reports = reports.collect::<Result<_, _>>()?;

    timer.phase("write");
    let writer = RunWriter { staging: &staging, sessions, store: &config.store, limits: &config.limits };
    writer.graphs(&graphs, &features, &selection)?;
    let notes = graph_notes(sessions, &graphs, &windows);
    let report = BuildGraphReport {
        run: RunHeader::new(
            request.effective,
            &inputs,
            &windows,
            notes,
            estimated_bytes,
            timings(timer.finish()),
        ),
        sessions: reports,
        features: features.first().map(|f| f.info.clone()).unwrap_or_default(),
        feature_choice: FeatureSetReport::new(&selection),
    };
    writer.report(&report)?;
    staging.commit()?;
    Ok(report)
}

fn session_report(graph: &SessionGraph, session: SessionReport) -> Result<SessionGraphReport, DagError> {
    let (dag, generations) = (&graph.dag, &graph.generations);
    let in_degrees = dag.in_degrees();
    Ok(SessionGraphReport {
        session,
        widest_generation: (0..generations.count()).map(|g| generations.nodes(g).len()).max().unwrap_or(0),
        // A longest path has one node in each generation.
        longest_path_edges: generations.count().saturating_sub(1),
        weakly_connected_components: dag.weakly_connected_components().count,
        roots: in_degrees.iter().filter(|&&degree| degree == 0).count(),
        sinks: dag.sinks().len(),
        max_in_degree: in_degrees.into_iter().max().unwrap_or(0),
        max_out_degree: dag.out_degrees().into_iter().max().unwrap_or(0),
        transitive_reduction_edges: dag.transitive_reduction()?.edges(),
    })
}
