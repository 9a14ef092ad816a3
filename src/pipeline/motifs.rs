//! Motifs alone: events in, tested patterns out.

use std::path::{Path, PathBuf};

use serde::Serialize;
use serde_json::{Map, Value};

use super::memory::MemoryReport;
use super::report::{self, MotifSummary, SCHEMA_VERSION, Versions};
use super::{Clock, Progress, Skipped, Superseded, estimate, graphs, inputs, mine, on_threads, write};
use crate::config::{Config, Effective};
use crate::error::Error;
use crate::legacy::options::LegacySetting;
use crate::motif::{MotifRow, Significance};
use crate::store;

/// What `motifs` is asked to do.
#[derive(Debug, Clone, Copy)]
pub struct MotifRequest<'a> {
    /// Files and folders; none means the built-in sample.
    pub paths: &'a [PathBuf],
    /// File of the table, if one is wanted.
    pub out: Option<&'a Path>,
    /// Settings.
    pub effective: &'a Effective,
}

/// What was found.
#[derive(Debug, Clone, Serialize)]
pub struct MotifReport {
    /// Version of this document's form.
    pub schema_version: u32,
    /// Whether the input was the built-in sample.
    pub sample: bool,
    /// Sessions read.
    pub sessions: usize,
    /// Their events.
    pub events: usize,
    /// Files found in a folder that are no input.
    pub skipped: Vec<Skipped>,
    /// Inputs whose session another one holds in a richer form.
    pub superseded: Vec<Superseded>,
    /// The census and the test in short.
    pub summary: MotifSummary,
    /// The patterns: promoted before parked before discarded ones, `motif.max_rows` of them at most.
    pub motifs: Vec<Motif>,
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

/// One pattern: a row of `motifs.parquet`.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Motif {
    /// The pattern as text, the same in every run: `sweep -> reversal; reversal -> expansion`.
    pub pattern: String,
    /// Events.
    pub k: u8,
    /// Bit `i*k + j`: event i leads to event j, events in time order.
    pub mask: u32,
    /// Label of each event, in time order.
    pub labels: Vec<String>,
    /// Smallest mask over all orders of the events.
    pub class_id: u32,
    /// Occurrences.
    pub count: u64,
    /// Sessions in which it occurs.
    pub support: u32,
    /// Most occurrences no two of which overlap in the order of events.
    pub non_overlapping: u64,
    /// How the count stands to those under the null; `None` if no null was drawn.
    #[serde(flatten)]
    pub significance: Option<Significance>,
    /// `promote`, `park`, `discard` or `untested`.
    pub verdict: &'static str,
}

/// Counts and tests the motifs of logs of events, and writes them to the request's file, whole or not at all; the same
/// request gives the same motifs, whatever the threads.
///
/// # Errors
/// As [`super::discover`], for what it has in common with it.
pub fn motifs(request: &MotifRequest<'_>, progress: &dyn Progress) -> Result<MotifReport, Error> {
    on_threads(request.effective.config.limits.threads, || run(request, progress))
}

fn run(request: &MotifRequest<'_>, progress: &dyn Progress) -> Result<MotifReport, Error> {
    let config = &request.effective.config;
    let mut clock = Clock::new(progress);
    if let Some(out) = request.out {
        check_out(out, request.paths)?;
    }

    clock.phase("read");
    let inputs = inputs::read(request.paths, Path::new(""), config)?;
    let estimated = estimate::check_memory(&inputs.sessions, config)?;

    clock.phase("graphs");
    let graphs = graphs::build(&inputs.sessions, config)?;
    let estimated = mine::check(&inputs.sessions, &graphs, estimated, config)?;

    clock.phase("motifs");
    let mined = mine::run(&inputs.sessions, &graphs, config, progress)?;

    clock.phase("write");
    if let Some(out) = request.out {
        store::write_table(out, &write::motif_table(&mined), &config.store)?;
    }
    let name = |code: &u32| mined.vocabulary[*code as usize].clone();
    let motif = |row: &MotifRow| Motif {
        pattern: row.pattern.text(&mined.vocabulary),
        k: row.pattern.k(),
        mask: row.pattern.mask(),
        labels: row.pattern.labels().iter().map(name).collect(),
        class_id: row.class_id,
        count: row.count,
        support: row.support,
        non_overlapping: row.non_overlapping,
        significance: row.significance,
        verdict: row.verdict.name(),
    };
    Ok(MotifReport {
        schema_version: SCHEMA_VERSION,
        sample: inputs.sample,
        sessions: inputs.sessions.len(),
        events: inputs.sessions.iter().map(|s| s.events.len()).sum(),
        skipped: inputs.skipped,
        superseded: inputs.superseded,
        summary: report::motif_summary(&mined, config),
        motifs: mined.reported().iter().map(motif).collect(),
        preset: request.effective.preset.name(),
        config: config.clone(),
        original: request.effective.legacy_settings().to_vec(),
        memory: MemoryReport::new(estimated, config),
        threads: rayon::current_num_threads(),
        timings: report::timings(clock.finish()),
        versions: Versions::default(),
    })
}

/// Sees that the table does not take the place of what it is made from.
fn check_out(out: &Path, paths: &[PathBuf]) -> Result<(), Error> {
    let real = |path: &Path| path.canonicalize().ok();
    // A folder is read whole, so a file that stands in it is an input too.
    let same = real(out)
        .is_some_and(|out| paths.iter().filter_map(|path| real(path)).any(|path| out.starts_with(path)));
    if same || out.is_dir() {
        let why = if same { "it is an input of this run" } else { "it is a folder, name a file" };
        return Err(Error::output(out, std::io::Error::new(std::io::ErrorKind::InvalidInput, why)));
    }
    Ok(())
}
