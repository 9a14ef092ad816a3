//! A run over event logs: the notes that commands print before and after it, and the handling of Ctrl-C.

use std::path::PathBuf;

use ironforge::pipeline::{self, MotifSummary, RunHeader, exit};

use crate::output::{self, Failure};

/// Installs a handler of Ctrl-C that removes the files of an unfinished run and exits.
pub fn remove_outputs_on_interrupt() -> Result<(), Failure> {
    let interrupted = ctrlc::set_handler(|| {
        pipeline::abandon();
        std::process::exit(exit::INTERRUPTED.into());
    });
    interrupted.map_err(|e| Failure { text: format!("cannot handle Ctrl-C: {e}"), code: exit::INTERNAL })
}

/// Prints that the built-in sample is the input, if no path was given.
pub fn note_sample(paths: &[PathBuf]) {
    if paths.is_empty() {
        output::note("ironforge: no PATH given, so this runs on the built-in sample");
    }
}

/// Prints the inputs that were not read. Superseded inputs are one line: a folder may hold several forms of each
/// session.
pub fn note_skipped(run: &RunHeader) {
    if let Some(first) = run.superseded.first() {
        let what = match run.superseded.len() {
            1 => "1 input holds a session that another holds".to_owned(),
            many => format!("{many} inputs hold sessions that others hold"),
        };
        let (session, by) = (&first.session, &first.by);
        output::note(&format!(
            "ironforge: {what} in a richer form, as {by} does {session}; the report lists them under `superseded`"
        ));
    }
    for skip in &run.skipped {
        output::note(&format!("ironforge: skipped {}: {}", skip.path, skip.reason));
    }
}

/// Prints the notes of the report.
pub fn note_notes(run: &RunHeader) {
    // the number of draws is remarked on before they are drawn
    for note in run.notes.iter().filter(|note| note.code != "few-draws") {
        output::note(&format!("ironforge: {}", note.text));
    }
}

/// The result of the motif test, for a summary.
pub fn motif_verdicts(motifs: &MotifSummary) -> String {
    if motifs.iterations == 0 {
        "not tested (motif.iterations = 0)".to_owned()
    } else if motifs.movable_events == 0 && motifs.patterns > 0 {
        "nothing to test: no event can move under the null".to_owned()
    } else {
        let explained = match motifs.explained_by_pairs {
            0 => String::new(),
            explained => format!(" ({explained} explained by pairs)"),
        };
        let MotifSummary { promote, park, null, iterations, .. } = motifs;
        format!("{promote} promote, {park} park{explained} ({null}, {iterations} nulls)")
    }
}
