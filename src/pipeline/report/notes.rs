//! Notes of a run: what its reader should know before using the results.

use serde::Serialize;

use super::ties::tie_notes;
use crate::dag::{LinkRule, ResolvedLinks};
use crate::pipeline::stages::{RunWindows, SessionGraph};
use crate::scale::TimeScale;
use crate::table::Session;

/// What a reader should know about the results of a run: in `run.json`, and a line on stderr.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Note {
    /// Name of the note, the same in every version: `read-as`, `unit-in-doubt`, `left-out-rows`, `missing-words`, `mixed-columns`,
    /// `rounded-numbers`, `doubled-names`, `unused-columns`, `ties`, `coarse-times`, `no-gaps`, `quick-steps`, `no-edges`,
    /// `few-draws`, `one-session`, `no-patterns`, `one-label`, `label-runs`, `bursts`.
    pub code: &'static str,
    /// The note in one line.
    pub text: String,
    /// Key of a setting that helps; `None` if none does.
    pub setting: Option<&'static str>,
}

/// The notes on the events and the graphs of a run.
pub(crate) fn graph_notes(sessions: &[Session], graphs: &[SessionGraph], windows: &RunWindows) -> Vec<Note> {
    let mut notes = tie_notes(sessions);
    notes.extend(no_gaps(windows));
    notes.extend(quick_steps(sessions, windows));
    notes.extend(no_edges(sessions, graphs, &windows.links));
    notes
}

/// Without a gap the widths of time windows cannot follow the data.
fn no_gaps(windows: &RunWindows) -> Option<Note> {
    (windows.scale == TimeScale::NoGap).then(|| Note {
        code: "no-gaps",
        text: "no session has events of different times, so time windows that are `auto` have fixed widths"
            .to_owned(),
        setting: None,
    })
}

/// Share of the steps from an event to the next that are too short for a link under `auto`, above which there is a note:
/// of events at a constant rate it is 1 - 1/sqrt(2) = .29.
const MANY_QUICK_STEPS: f64 = 1.0 / 3.0;

/// Events that follow another far sooner than is typical are not linked under `auto`.
fn quick_steps(sessions: &[Session], windows: &RunWindows) -> Option<Note> {
    let dt_min_ms = windows.links.window_knn.dt_min_ms;
    let is_auto = windows.scale.median_gap_ms().is_some()
        && i64::try_from(windows.scale.widths().dt_min_ms) == Ok(dt_min_ms);
    if !is_auto || !windows.links.rules.contains(&LinkRule::WindowKnn) {
        return None;
    }
    let gaps = sessions.iter().flat_map(|session| session.events.t_ms.windows(2));
    let gaps = gaps.map(|t| t[1].saturating_sub(t[0])).filter(|&gap| gap > 0);
    let (steps, quick) = gaps
        .fold((0_usize, 0_usize), |(steps, quick), gap| (steps + 1, quick + usize::from(gap < dt_min_ms)));
    (quick as f64 > MANY_QUICK_STEPS * steps as f64).then(|| Note {
        code: "quick-steps",
        text: format!(
            "{quick} of {steps} steps from an event to the next take less than {dt_min_ms} ms, half the typical gap: \
             events that near are not linked; if quick steps are what is looked for, set a shorter dag.dt_min_minutes"
        ),
        setting: Some("dag.dt_min_minutes"),
    })
}

fn no_edges(sessions: &[Session], graphs: &[SessionGraph], links: &ResolvedLinks) -> Option<Note> {
    if graphs.iter().any(|graph| graph.dag.pattern().nnz() > 0) {
        return None;
    }
    let (why, setting) = if sessions.iter().all(|session| session.events.len() < 2) {
        ("no session has two events".to_owned(), Some("session.group"))
    } else if links.rules.contains(&LinkRule::WindowKnn) {
        let minutes = |ms: i64| ms as f64 / 60_000.0;
        let (min, max) = (minutes(links.window_knn.dt_min_ms), minutes(links.window_knn.dt_max_ms));
        (format!("no event follows another after {min} to {max} minutes"), Some("dag.dt_max_minutes"))
    } else {
        let why =
            format!("no two events within {} minutes share a key", links.horizon_ms() as f64 / 60_000.0);
        (why, Some("dag.key_window_minutes"))
    };
    Some(Note { code: "no-edges", text: format!("the graphs have no edges: {why}"), setting })
}
