//! The flow: events in, graphs, attention, motifs, tables out.

pub mod attend;
mod build;
pub mod dag;
mod embed;
mod estimate;
mod features;
mod graphs;
mod inputs;
mod memory;
mod mine;
mod motifs;
mod report;
mod seen;
mod staging;
mod write;

use std::path::{Path, PathBuf};
use std::time::Instant;

pub use build::{BuildReport, BuildRequest, BuiltSession, build_graph};
pub use features::FeatureChoice;
pub use inputs::{Inputs, Skipped, Superseded};
pub use memory::MemoryReport;
pub use motifs::{Motif, MotifReport, MotifRequest, motifs};
pub use report::{
    DeviceReport, FeatureStats, Meaning, MotifSummary, PlanCacheReport, RunReport, SCHEMA_VERSION,
    SessionReport, Versions,
};
pub use staging::abandon;

use crate::backend::DeviceOptions;
use crate::config::Effective;
use crate::error::Error;

/// What `discover` is asked to do.
#[derive(Debug, Clone, Copy)]
pub struct Request<'a> {
    /// Files and folders; none means the built-in sample.
    pub paths: &'a [PathBuf],
    /// Folder of the results.
    pub out: &'a Path,
    /// Settings.
    pub effective: &'a Effective,
    /// Weights of a trained model; without, they are seeded and the run is marked untrained.
    pub weights: Option<&'a Path>,
}

/// Hears how a run gets on.
pub trait Progress: Sync {
    /// A phase begins.
    fn phase(&self, name: &str);
    /// So much of the phase is done.
    fn step(&self, done: u64, total: u64);
}

/// Hears nothing.
#[derive(Debug, Clone, Copy)]
pub struct Silent;

impl Progress for Silent {
    fn phase(&self, _: &str) {}
    fn step(&self, _: u64, _: u64) {}
}

/// Turns logs of events into graphs, embeddings, scores and motifs, and writes them to the request's folder.
/// The folder changes only when everything is done; the same request gives the same files, whatever the threads.
///
/// # Errors
/// [`Error`] says what is wrong with which input, setting or folder; its `exit_code` is the command's.
pub fn discover(request: &Request<'_>, progress: &dyn Progress) -> Result<RunReport, Error> {
    on_threads(request.effective.config.limits.threads, || run(request, progress))
}

fn run(request: &Request<'_>, progress: &dyn Progress) -> Result<RunReport, Error> {
    let config = &request.effective.config;
    let mut clock = Clock::new(progress);
    // What needs no input is known to be right before any is read.
    let candidates = DeviceOptions::of(config.device, config.limits.gpu_memory_fraction)?;
    let staging = staging::Staging::beside(request.out, &staging::OUTPUTS)?;

    clock.phase("read");
    let inputs = inputs::read(request.paths, request.out, config)?;
    let estimated = estimate::check_memory(&inputs.sessions, config)?;

    clock.phase("graphs");
    let graphs = graphs::build(&inputs.sessions, config)?;
    let estimated = mine::check(&inputs.sessions, &graphs, estimated, config)?;

    clock.phase("attention");
    let chosen = candidates.choose(&embed::work(&inputs.sessions, &graphs, config));
    let embedded = embed::run(&inputs.sessions, &graphs, config, request.weights, chosen, progress)?;

    clock.phase("motifs");
    let mined = mine::run(&inputs.sessions, &graphs, config, progress)?;

    clock.phase("write");
    write::graphs(&staging, &inputs.sessions, &graphs, &embedded.features, &embedded.set, config)?;
    write::scores(&staging, &inputs.sessions, &embedded.scores, config)?;
    write::motifs(&staging, &mined, &config.store)?;
    let report =
        report::assemble(request.effective, inputs, &graphs, embedded, &mined, estimated, clock.finish());
    write::report(&staging, &report)?;
    staging.commit()?;
    Ok(report)
}

/// Runs `work` on so many threads; 0: on those of the pool that the caller is in.
fn on_threads<T: Send>(threads: u16, work: impl FnOnce() -> Result<T, Error> + Send) -> Result<T, Error> {
    if threads == 0 {
        return work();
    }
    let pool = rayon::ThreadPoolBuilder::new().num_threads(threads.into()).build();
    pool.map_err(|e| Error::Threads { threads, reason: e.to_string() })?.install(work)
}

/// Names the phases and times them.
struct Clock<'a> {
    progress: &'a dyn Progress,
    seconds: Vec<(&'static str, f64)>,
    since: Instant,
}

impl<'a> Clock<'a> {
    fn new(progress: &'a dyn Progress) -> Self {
        Self { progress, seconds: Vec::new(), since: Instant::now() }
    }

    fn phase(&mut self, name: &'static str) {
        self.stop();
        self.seconds.push((name, 0.0));
        self.progress.phase(name);
    }

    fn stop(&mut self) {
        let now = Instant::now();
        if let Some((_, seconds)) = self.seconds.last_mut() {
            *seconds = (now - self.since).as_secs_f64();
        }
        self.since = now;
    }

    fn finish(mut self) -> Vec<(&'static str, f64)> {
        self.stop();
        self.seconds
    }
}
