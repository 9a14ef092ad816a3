//! Reads all inputs of a run.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use rayon::prelude::*;

use super::column_map::{check_used, column_map};
use super::find::{InputPath, find};
use super::format::stem;
use super::read_file::{FileReader, ReadOutcome};
use super::supersede::{Superseded, keep_richest};
use crate::config::Config;
use crate::events::{self, EventsError, TableEvents, TableReport, TieOrder};
use crate::legacy::session_id_from_stem;
use crate::pipeline::error::{Error, SkippedInput};
use crate::store;
use crate::table::Session;

/// Key of the folders in which a run writes a session, which is the id of the session when they are read.
const SESSION_KEY: &str = "session_id";

/// Everything that a run reads.
#[derive(Debug, Clone, Default)]
pub(crate) struct LoadedInputs {
    /// Sessions, sorted by id.
    pub(crate) sessions: Vec<Session>,
    /// Files found in a folder and not read.
    pub(crate) skipped: Vec<SkippedInput>,
    /// Inputs whose session another input holds in a richer form.
    pub(crate) superseded: Vec<Superseded>,
    /// How each table was read, in the order of their paths.
    pub(crate) tables: Vec<TableReport>,
    /// True for the built-in sample.
    pub(crate) sample: bool,
}

/// Reads the files in `paths`, and every session file, shard and table in the folders of `paths`; without paths, the
/// built-in sample. A session that is present in several forms is read once. Events
/// of equal time are ordered by a hash of the seed and their content, whatever the form. `out`, the output folder of the run, is
/// not read.
pub(crate) fn read(paths: &[PathBuf], out: &Path, config: &Config) -> Result<LoadedInputs, Error> {
    let ties = TieOrder::Hash { seed: config.seed, fold_case: config.motif.fold_case };
    if paths.is_empty() {
        let sessions = sorted_by_id(events::sample(ties))?;
        check_used(&config.session, &sessions, &[])?;
        return Ok(LoadedInputs { sessions, sample: true, ..LoadedInputs::default() });
    }
    let text = config.session.text_options().map_err(|(setting, reason)| setting_error(setting, reason))?;
    let reader = FileReader { map: column_map(&config.session)?, text, ties, config };
    let (inputs, mut skipped) = find(paths, out)?;
    let mut outcomes = Vec::with_capacity(inputs.len());
    for together in inputs.chunks(config.limits.sessions_at_once(inputs.len())) {
        outcomes.extend(together.par_iter().map(|input| reader.read(input)).collect::<Vec<_>>());
    }
    let mut sessions = Vec::new();
    let mut found = Vec::new();
    for (outcome, input) in outcomes.into_iter().zip(&inputs) {
        match outcome? {
            ReadOutcome::Sessions(found) => sessions.extend(found),
            ReadOutcome::Table(events) => found.push((*events, input)),
            ReadOutcome::Skipped(skip) => skipped.push(skip),
        }
    }
    let tables = found.iter().map(|(events, _)| events.report.clone()).collect();
    sessions.extend(events::sessions(named(found), ties)?);
    if sessions.is_empty() {
        let paths = paths.iter().map(|p| p.display().to_string()).collect::<Vec<_>>().join(", ");
        return Err(Error::NoSessions { paths, skipped });
    }
    skipped.sort_by(|a, b| a.path.cmp(&b.path));
    check_used(&config.session, &sessions, &skipped)?;
    let (sessions, superseded) = keep_richest(sessions);
    Ok(LoadedInputs { sessions: sorted_by_id(sessions)?, skipped, superseded, tables, sample: false })
}

/// The tables with the ids of their sessions: the stem of the file, or the whole path where several files have it.
fn named(tables: Vec<(TableEvents, &InputPath)>) -> Vec<(TableEvents, String)> {
    let id = |input: &InputPath| match input.partition.iter().find(|(key, _)| key == SESSION_KEY) {
        Some((_, Some(id))) => id.clone(),
        _ => session_id_from_stem(stem(&file_name(&input.relative))),
    };
    let mut files: BTreeMap<String, usize> = BTreeMap::new();
    for (_, input) in &tables {
        *files.entry(id(input)).or_default() += 1;
    }
    let whole = |input: &InputPath| {
        let name = file_name(&input.relative);
        input.relative.with_file_name(stem(&name)).display().to_string()
    };
    let unique = |input: &InputPath| Some(id(input)).filter(|id| files.get(id) == Some(&1));
    tables
        .into_iter()
        .map(|(events, input)| (events, unique(input).unwrap_or_else(|| whole(input))))
        .collect()
}

fn file_name(path: &Path) -> String {
    path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default()
}

fn setting_error(key: &'static str, reason: String) -> Error {
    EventsError::Setting { key, value: String::new(), remedy: reason }.into()
}

/// The sessions, sorted by id; two sessions with the same id are an error.
fn sorted_by_id(mut sessions: Vec<Session>) -> Result<Vec<Session>, Error> {
    // An id that cannot name a folder is refused here, before any work.
    sessions.iter().try_for_each(|session| store::partition_dir("session_id", &session.id).map(|_| ()))?;
    sessions.sort_by(|a, b| a.id.cmp(&b.id).then_with(|| a.source.cmp(&b.source)));
    if let Some(pair) = sessions.windows(2).find(|pair| pair[0].id == pair[1].id) {
        return Err(Error::DuplicateSession {
            id: pair[0].id.clone(),
            first: pair[0].source.clone(),
            second: pair[1].source.clone(),
        });
    }
    Ok(sessions)
}
