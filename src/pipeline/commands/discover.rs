//! The command `discover`, the whole pipeline: reads event logs and writes graphs, embeddings, scores and motifs.

use std::path::{Path, PathBuf};

use serde::Serialize;

use super::threads::on_threads;
use crate::backend::DeviceOptions;
use crate::config::Effective;
use crate::motif::MotifConfig;
use crate::pipeline::error::Error;
use crate::pipeline::inputs::{self, LoadedInputs};
use crate::pipeline::output_names::OUTPUTS;
use crate::pipeline::progress::{PhaseTimer, Progress};
use crate::pipeline::report::{
    DeviceReport, FeatureSetReport, MotifSummary, OutputMeaning, PlanCacheReport, RunHeader, SessionReport,
    StandardisationReport, draw_note, graph_notes, motif_notes, timings,
};
use crate::pipeline::stages::{
    LabelledMotifs, NetworkOutput, RunWindows, RunWriter, SessionGraph, Staging, attention_work,
    build_graphs, check_memory, check_motifs, mine_motifs, run_network,
};

/// Request of [`discover`].
///
/// ```no_run
/// use std::path::{Path, PathBuf};
///
/// use ironforge::config::{Effective, Sources};
/// use ironforge::pipeline::{DiscoverRequest, Silent, discover};
///
/// let sets = ["session.time=when:s".to_owned(), "dag.k=6".to_owned()];
/// let effective = Effective::load(&Sources { sets: &sets, ..Sources::default() })?;
/// let paths = [PathBuf::from("payments.csv")];
/// let request =
///     DiscoverRequest { paths: &paths, out: Path::new("out"), effective: &effective, weights: None };
/// let report = discover(&request, &Silent)?;
/// println!("{} patterns, {} to promote", report.motifs.patterns, report.motifs.promote);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone, Copy)]
pub struct DiscoverRequest<'a> {
    /// Input files and folders; none means the built-in sample.
    pub paths: &'a [PathBuf],
    /// Output folder.
    pub out: &'a Path,
    /// Settings.
    pub effective: &'a Effective,
    /// Weights of a trained model (safetensors). `None`: random weights from `seed`, and the run is marked untrained.
    pub weights: Option<&'a Path>,
}

/// Report of [`discover`], written as `run.json`.
#[derive(Debug, Clone, Serialize)]
pub struct DiscoverReport {
    /// Inputs, configuration, cost and versions.
    #[serde(flatten)]
    pub run: RunHeader,
    /// True for trained weights; without them, scores and embeddings have no meaning.
    pub trained: bool,
    /// Sessions, sorted by id.
    pub sessions: Vec<SessionReport>,
    /// Summary of the motifs.
    pub motifs: MotifSummary,
    /// The backend that ran attention.
    pub device: DeviceReport,
    /// Counters of the plans kept between layers.
    pub plan_cache: PlanCacheReport,
    /// Results, by whether they depend on trained weights.
    pub meaning: OutputMeaning,
    /// The feature set, and the features of edges.
    pub feature_choice: FeatureSetReport,
    /// The features of events, and the moments that they were standardised with.
    pub feature_stats: StandardisationReport,
    /// Tensors of the weights file that no layer uses.
    pub ignored_weights: Vec<String>,
}

/// Turns event logs into graphs, embeddings, scores and motifs, and writes them to the output folder of the request.
/// The folder changes only after everything has succeeded. The same request gives the same files for any number of
/// threads.
///
/// # Errors
/// [`Error`] names the input, setting or folder; its `exit_code` is that of the command.
pub fn discover(request: &DiscoverRequest<'_>, progress: &dyn Progress) -> Result<DiscoverReport, Error> {
    on_threads(request.effective.config.limits.threads, || run(request, progress))
}

fn run(request: &DiscoverRequest<'_>, progress: &dyn Progress) -> Result<DiscoverReport, Error> {
    let config = &request.effective.config;
    let mut timer = PhaseTimer::new(progress);
    // Checked before any input is read, so that an unusable device or output folder is reported at once.
    let candidates = DeviceOptions::of(config.device, config.limits.gpu_memory_fraction)?;
    let staging = Staging::beside(request.out, &OUTPUTS)?;

    timer.phase("read");
    let inputs = inputs::read(request.paths, request.out, config)?;
    let sessions = &inputs.sessions;
    let estimated_bytes = check_memory(sessions, config)?;
    let windows = RunWindows::of(sessions, request.effective)?;

    timer.phase("graphs");
    let graphs = build_graphs(sessions, &config.dag, &windows.links, &config.limits)?;
    let estimated_bytes =
        check_motifs(sessions, &graphs, estimated_bytes, &windows.motif, config.seed, &config.limits)?;

    timer.phase("attention");
    let chosen = candidates.choose(&attention_work(sessions, &graphs, config));
    let network = run_network(sessions, &graphs, config, request.weights, chosen, progress)?;

    timer.phase("motifs");
    draw_note(&config.motif, progress);
    let motifs = mine_motifs(sessions, &graphs, &windows.links, &windows.motif, config.seed, progress)?;

    timer.phase("write");
    let writer = RunWriter { staging: &staging, sessions, store: &config.store, limits: &config.limits };
    writer.graphs(&graphs, &network.features, &network.selection)?;
    writer.scores(&network.scores)?;
    writer.motifs(&motifs)?;
    let mut timings = timings(timer.finish());
    for (name, time) in [("plan_build_s", network.plans.building), ("plan_saved_s", network.plans.saved)] {
        timings.insert(name.to_owned(), time.as_secs_f64().into());
    }
    let mut notes = graph_notes(sessions, &graphs, &windows);
    notes.extend(motif_notes(sessions, &motifs, config));
    let header = RunHeader::new(request.effective, &inputs, &windows, notes, estimated_bytes, timings);
    let report = assemble(header, &inputs, &graphs, network, &motifs, &config.motif);
    writer.report(&report)?;
    staging.commit()?;
    Ok(report)
}

fn assemble(
    run: RunHeader,
    inputs: &LoadedInputs,
    graphs: &[SessionGraph],
    network: NetworkOutput,
    motifs: &LabelledMotifs,
    motif_config: &MotifConfig,
) -> DiscoverReport {
    let sessions = &inputs.sessions;
    DiscoverReport {
        run,
        trained: network.trained,
        sessions: sessions.iter().zip(graphs).map(|(s, g)| SessionReport::new(s, g)).collect(),
        motifs: MotifSummary::new(motifs, motif_config),
        device: DeviceReport { used: network.backend, reason: network.backend_reason },
        plan_cache: PlanCacheReport::new(&network.plans),
        meaning: OutputMeaning::new(network.trained),
        feature_choice: FeatureSetReport::new(&network.selection),
        feature_stats: StandardisationReport::new(
            network.info,
            sessions,
            &network.moments,
            network.moments_of_weights,
        ),
        ignored_weights: network.ignored_weights,
    }
}
