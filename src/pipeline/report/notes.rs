//! Notes of a run: what its reader should know before using the results.

use serde::Serialize;

use super::ties::tie_notes;
use crate::config::Config;
use crate::dag::{DagConfig, LinkRule};
use crate::motif::{MotifConfig, Null};
use crate::pipeline::stages::{LabelledMotifs, SessionGraph};
use crate::table::Session;

/// What a reader should know about the results of a run: in `run.json`, and a line on stderr.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Note {
    /// Name of the note, the same in every version: `ties`, `coarse-times`, `no-edges`, `one-session`,
    /// `no-patterns`, `one-label`.
    pub code: &'static str,
    /// The note in one line.
    pub text: String,
    /// Key of a setting that helps; `None` if none does.
    pub setting: Option<&'static str>,
}

/// The notes on the events and the graphs of a run.
pub(crate) fn graph_notes(sessions: &[Session], graphs: &[SessionGraph], config: &DagConfig) -> Vec<Note> {
    let mut notes = tie_notes(sessions);
    notes.extend(no_edges(sessions, graphs, config));
    notes
}

/// The notes on the motifs of a run.
pub(crate) fn motif_notes(sessions: &[Session], motifs: &LabelledMotifs, config: &Config) -> Vec<Note> {
    let config = &config.motif;
    let notes = [one_session(sessions, config), no_patterns(motifs, config), one_label(motifs, config)];
    notes.into_iter().flatten().collect()
}

fn no_edges(sessions: &[Session], graphs: &[SessionGraph], config: &DagConfig) -> Option<Note> {
    if graphs.iter().any(|graph| graph.dag.pattern().nnz() > 0) {
        return None;
    }
    let (why, setting) = if sessions.iter().all(|session| session.events.len() < 2) {
        ("no session has two events".to_owned(), Some("session.group"))
    } else if config.links.contains(&LinkRule::WindowKnn) {
        let (min, max) = (config.dt_min_minutes, config.dt_max_minutes);
        (format!("no event follows another after {min} to {max} minutes"), Some("dag.dt_max_minutes"))
    } else {
        let why = format!("no two events within {} minutes share a key", config.key_window_minutes);
        (why, Some("dag.key_window_minutes"))
    };
    Some(Note { code: "no-edges", text: format!("the graphs have no edges: {why}"), setting })
}

/// Promotion needs sessions that were held out.
fn one_session(sessions: &[Session], config: &MotifConfig) -> Option<Note> {
    (sessions.len() == 1 && config.iterations > 0).then(|| Note {
        code: "one-session",
        text: "there is one session, so none can be held out and no pattern can be promoted: name the column of \
               the sessions with --group, or give several files"
            .to_owned(),
        setting: Some("session.group"),
    })
}

fn no_patterns(motifs: &LabelledMotifs, config: &MotifConfig) -> Option<Note> {
    if !motifs.mined.rows.is_empty() {
        return None;
    }
    let (text, setting) = match motifs.mined.census.instances() {
        0 => (format!("no pattern occurs: no {} events are connected", config.min_nodes), None),
        instances => (
            format!(
                "no pattern occurs often enough to be listed: {instances} occurrences of {} patterns, none of \
                 which has motif.min_count = {}",
                motifs.mined.census.distinct, config.min_count
            ),
            Some("motif.min_count"),
        ),
    };
    Some(Note { code: "no-patterns", text, setting })
}

fn one_label(motifs: &LabelledMotifs, config: &MotifConfig) -> Option<Note> {
    let permutes_labels = config.null != Null::IntervalJitter;
    let chosen = config.labels == "none";
    if motifs.vocabulary.len() != 1 || (chosen && !permutes_labels) {
        return None;
    }
    let effect = if permutes_labels { ", and a null that permutes labels changes nothing" } else { "" };
    let text = format!("all events have one label: patterns differ in their shape alone{effect}");
    let setting = match config.labels.as_str() {
        "none" => "motif.null",
        "kind" => "session.kind",
        _ => "motif.labels",
    };
    Some(Note { code: "one-label", text, setting: Some(setting) })
}
