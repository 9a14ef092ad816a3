//! Reads all inputs of a run.

use std::path::{Path, PathBuf};

use rayon::prelude::*;

use super::column_map::{check_used, column_map};
use super::find::find;
use super::read_file::{FileReader, ReadOutcome};
use super::supersede::{Superseded, keep_richest};
use crate::config::Config;
use crate::events::{self, TieOrder};
use crate::pipeline::error::{Error, SkippedInput};
use crate::store;
use crate::table::Session;

/// Everything that a run reads.
#[derive(Debug, Clone, Default)]
pub(crate) struct LoadedInputs {
    /// Sessions, sorted by id.
    pub(crate) sessions: Vec<Session>,
    /// Files found in a folder and not read.
    pub(crate) skipped: Vec<SkippedInput>,
    /// Inputs whose session another input holds in a richer form.
    pub(crate) superseded: Vec<Superseded>,
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
    let reader = FileReader { map: column_map(&config.session)?, ties, config };
    let (inputs, mut skipped) = find(paths, out)?;
    let mut outcomes = Vec::with_capacity(inputs.len());
    for together in inputs.chunks(config.limits.sessions_at_once(inputs.len())) {
        outcomes.extend(together.par_iter().map(|input| reader.read(input)).collect::<Vec<_>>());
    }
    let mut sessions = Vec::new();
    for outcome in outcomes {
        match outcome? {
            ReadOutcome::Sessions(found) => sessions.extend(found),
            ReadOutcome::Skipped(skip) => skipped.push(skip),
        }
    }
    if sessions.is_empty() {
        let paths = paths.iter().map(|p| p.display().to_string()).collect::<Vec<_>>().join(", ");
        return Err(Error::NoSessions { paths, skipped });
    }
    skipped.sort_by(|a, b| a.path.cmp(&b.path));
    check_used(&config.session, &sessions, &skipped)?;
    let (sessions, superseded) = keep_richest(sessions);
    Ok(LoadedInputs { sessions: sorted_by_id(sessions)?, skipped, superseded, sample: false })
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
