//! The notes on the motifs of a run.

use super::Note;
use crate::config::Config;
use crate::motif::{MotifConfig, Null};
use crate::pipeline::progress::Progress;
use crate::pipeline::stages::LabelledMotifs;
use crate::table::Session;

/// Standard deviations above which successive events have the same label more often than a permutation gives.
const REPEATING_Z: f64 = 3.0;
/// Burstiness above which times within a block are far from random: gaps vary twice as much as random ones.
const BURSTY: f64 = 0.33;

/// What the draws asked for cannot show: known before they are drawn, and said then.
pub(crate) fn draw_note(config: &MotifConfig, progress: &dyn Progress) {
    if let Some(note) = few_draws(config) {
        progress.note(&note.text);
    }
}

/// The notes on the motifs of a run.
pub(crate) fn motif_notes(sessions: &[Session], motifs: &LabelledMotifs, config: &Config) -> Vec<Note> {
    let config = &config.motif;
    let notes = [
        few_draws(config),
        one_session(sessions, motifs, config),
        no_patterns(motifs, config),
        one_label(motifs, config),
        repeats(motifs, config),
        bursts(motifs, config),
    ];
    notes.into_iter().flatten().collect()
}

fn few_draws(config: &MotifConfig) -> Option<Note> {
    let smallest_p = 1.0 / (f64::from(config.iterations) + 1.0);
    let (verdict, limit) = match smallest_p {
        _ if config.iterations == 0 => return None,
        p if p > config.park_p => ("parked or promoted", config.park_p),
        p if p > config.promote_p => ("promoted", config.promote_p),
        _ => return None,
    };
    let needed = (1.0 / limit).ceil() - 1.0;
    let text = format!(
        "with {} draws no p is below {smallest_p:.3}, so no pattern can be {verdict}: draw at least {needed}",
        config.iterations
    );
    Some(Note { code: "few-draws", text, setting: Some("motif.iterations") })
}

/// Promotion needs something that was held out.
fn one_session(sessions: &[Session], motifs: &LabelledMotifs, config: &MotifConfig) -> Option<Note> {
    let tests = config.iterations > 0 && config.null == Null::StratifiedPermutation;
    if sessions.len() != 1 || !tests {
        return None;
    }
    let consequence = if motifs.mined.held_out.is_some() {
        "patterns are confirmed in slices of its time, and say nothing of other sessions"
    } else {
        "it is too short to hold a part of it out, and no pattern can be promoted: promotion needs two sessions"
    };
    let text = format!(
        "there is one session: {consequence}; name the column of the sessions with --group, or give several files"
    );
    Some(Note { code: "one-session", text, setting: Some("session.group") })
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

/// Runs of a label violate the stratified null; the null of pairs allows for them.
fn repeats(motifs: &LabelledMotifs, config: &MotifConfig) -> Option<Note> {
    let repeats = motifs.mined.repeats;
    let permutes = matches!(config.null, Null::StratifiedPermutation | Null::LabelPermutation);
    if config.iterations == 0 || !permutes || repeats.z <= REPEATING_Z {
        return None;
    }
    let allowance = match config.null {
        Null::StratifiedPermutation => "what pairs of labels explain is parked, not promoted",
        _ => "the null takes that for a pattern",
    };
    let text = format!(
        "labels come in runs: {:.0} % of successive events have the same label, {:.0} % would by chance; {allowance}",
        100.0 * repeats.same_label,
        100.0 * repeats.expected
    );
    Some(Note { code: "label-runs", text, setting: None })
}

fn bursts(motifs: &LabelledMotifs, config: &MotifConfig) -> Option<Note> {
    let burstiness = motifs.mined.repeats.burstiness;
    let is_tested = config.iterations > 0 && config.null == Null::IntervalJitter;
    (is_tested && burstiness > BURSTY).then(|| Note {
        code: "bursts",
        text: format!(
            "events come in bursts (burstiness {burstiness:.2}), which the null takes for a pattern"
        ),
        setting: Some("motif.null"),
    })
}
