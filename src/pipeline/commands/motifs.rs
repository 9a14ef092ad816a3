//! The command `motifs`: reads event logs, and counts and tests their motifs.

use std::path::{Path, PathBuf};

use serde::Serialize;

use super::threads::on_threads;
use crate::config::Effective;
use crate::motif::{MotifRow, Significance};
use crate::pipeline::error::Error;
use crate::pipeline::inputs;
use crate::pipeline::progress::{PhaseTimer, Progress};
use crate::pipeline::report::{MotifSummary, RunHeader, draw_note, graph_notes, motif_notes, timings};
use crate::pipeline::stages::{
    RunWindows, build_graphs, check_memory, check_motifs, mine_motifs, motif_table,
};
use crate::store;

/// Request of [`motifs`].
///
/// ```
/// use ironforge::config::{Effective, Sources};
/// use ironforge::pipeline::{MotifRequest, Silent, motifs};
///
/// let sets = ["motif.iterations=20".to_owned(), "motif.max_nodes=3".to_owned()];
/// let effective = Effective::load(&Sources { sets: &sets, ..Sources::default() })?;
/// let request = MotifRequest { paths: &[], out: None, effective: &effective };
/// let report = motifs(&request, &Silent)?;
/// let motif = &report.motifs[0];
/// println!("{} {} times: {}", motif.verdict, motif.count, motif.pattern);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone, Copy)]
pub struct MotifRequest<'a> {
    /// Input files and folders; none means the built-in sample.
    pub paths: &'a [PathBuf],
    /// Parquet file for the table of motifs; `None` writes none.
    pub out: Option<&'a Path>,
    /// Settings.
    pub effective: &'a Effective,
}

/// Report of [`motifs`].
#[derive(Debug, Clone, Serialize)]
pub struct MotifReport {
    /// Inputs, configuration, cost and versions.
    #[serde(flatten)]
    pub run: RunHeader,
    /// Number of sessions read.
    pub sessions: usize,
    /// Number of events of these sessions.
    pub events: usize,
    /// Counts of the census and the test.
    pub summary: MotifSummary,
    /// The patterns: promoted before parked before discarded ones, at most `motif.max_rows`.
    pub motifs: Vec<ReportedMotif>,
}

/// One pattern: a row of `motifs.parquet`.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct ReportedMotif {
    /// The pattern as text, the same in every run: `sweep -> reversal; reversal -> expansion`.
    pub pattern: String,
    /// Number of events.
    pub k: u8,
    /// Adjacency bits: bit `i*k + j` is the edge from event i to event j, events in time order.
    pub mask: u32,
    /// Label of each event, in time order; `None` if it has none.
    pub labels: Vec<Option<String>>,
    /// Smallest mask over all orders of the events.
    pub class_id: u32,
    /// Number of occurrences.
    pub count: u64,
    /// Number of sessions in which it occurs.
    pub support: u32,
    /// Number of event-disjoint occurrences, which is tested.
    pub disjoint: u64,
    /// Largest number of occurrences that do not overlap pairwise in the order of events.
    pub non_overlapping: u64,
    /// The count against the counts under the null; `None` if no null was drawn. Its fields are fields of the motif.
    #[serde(flatten)]
    pub significance: Option<Significance>,
    /// `promote`, `park`, `discard` or `untested`.
    pub verdict: &'static str,
}

/// Counts and tests the motifs of event logs, and writes the table of the request, completely or not at all. The same
/// request gives the same motifs for any number of threads.
///
/// # Errors
/// As [`discover`](super::discover), for the stages that both have.
pub fn motifs(request: &MotifRequest<'_>, progress: &dyn Progress) -> Result<MotifReport, Error> {
    on_threads(request.effective.config.limits.threads, || run(request, progress))
}

fn run(request: &MotifRequest<'_>, progress: &dyn Progress) -> Result<MotifReport, Error> {
    let config = &request.effective.config;
    let mut timer = PhaseTimer::new(progress);
    if let Some(out) = request.out {
        check_out(out, request.paths)?;
    }

    timer.phase("read");
    let inputs = inputs::read(request.paths, Path::new(""), config)?;
    let sessions = &inputs.sessions;
    let estimated_bytes = check_memory(sessions, config)?;
    let windows = RunWindows::of(sessions, request.effective)?;

    timer.phase("graphs");
    let graphs = build_graphs(sessions, &config.dag, &windows.links, &config.limits)?;
    let estimated_bytes =
        check_motifs(sessions, &graphs, estimated_bytes, &windows.motif, config.seed, &config.limits)?;

    timer.phase("motifs");
    draw_note(&config.motif, progress);
    let motifs = mine_motifs(sessions, &graphs, &windows.links, &windows.motif, config.seed, progress)?;

    timer.phase("write");
    if let Some(out) = request.out {
        store::write_table(out, &motif_table(&motifs), &config.store)?;
    }
    let mut notes = graph_notes(sessions, &graphs, &windows);
    notes.extend(motif_notes(sessions, &motifs, config));
    Ok(MotifReport {
        run: RunHeader::new(
            request.effective,
            &inputs,
            &windows,
            notes,
            estimated_bytes,
            timings(timer.finish()),
        ),
        sessions: sessions.len(),
        events: sessions.iter().map(|s| s.events.len()).sum(),
        summary: MotifSummary::new(&motifs, &config.motif),
        motifs: motifs.reported().iter().map(|row| reported(row, &motifs.vocabulary)).collect(),
    })
}

fn reported(row: &MotifRow, vocabulary: &[Option<String>]) -> ReportedMotif {
    let name = |code: &u32| vocabulary[*code as usize].clone();
    ReportedMotif {
        pattern: row.pattern.text(vocabulary),
        k: row.pattern.k(),
        mask: row.pattern.mask(),
        labels: row.pattern.labels().iter().map(name).collect(),
        class_id: row.class_id,
        count: row.count,
        support: row.support,
        disjoint: row.disjoint,
        non_overlapping: row.non_overlapping,
        significance: row.significance,
        verdict: row.verdict.name(),
    }
}

/// Refuses an output path that is an input, is inside an input folder, or is a folder.
fn check_out(out: &Path, paths: &[PathBuf]) -> Result<(), Error> {
    let real = |path: &Path| path.canonicalize().ok();
    // An input folder is read completely: a file in it is an input too.
    let same = real(out)
        .is_some_and(|out| paths.iter().filter_map(|path| real(path)).any(|path| out.starts_with(path)));
    if same || out.is_dir() {
        let why = if same { "it is an input of this run" } else { "it is a folder, name a file" };
        return Err(Error::output(out, std::io::Error::new(std::io::ErrorKind::InvalidInput, why)));
    }
    Ok(())
}
