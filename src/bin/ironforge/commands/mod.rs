//! One file a command.

pub mod attend;
pub mod build_graph;
pub mod config;
pub mod convert;
pub mod dag;
pub mod discover;
pub mod info;
pub mod inspect;
pub mod motifs;

use ironforge::config::{Effective, Sources};
use std::path::PathBuf;

use ironforge::error::{Error, exit};
use ironforge::pipeline::{self, MotifSummary, Skipped, Superseded};
use serde_json::Value;

use crate::args::{ConfigArgs, InputArgs, name_of};
use crate::output::{self, Failure};

/// The settings that the options of the column map, of the link rule and of the threads spell.
fn event_options(input: &InputArgs) -> Vec<(&'static str, Value, String)> {
    let columns = &input.columns;
    let mut options = Vec::new();
    for (key, option, value) in [
        ("session.time", "--time", &columns.time),
        ("session.seq", "--seq", &columns.seq),
        ("session.zone", "--zone", &columns.zone),
        ("session.kind", "--kind", &columns.kind),
        ("session.group", "--group", &columns.group),
        ("session.price", "--price", &columns.price),
    ] {
        if let Some(value) = value {
            options.push((key, Value::from(value.as_str()), format!("{option} {value}")));
        }
    }
    for (key, option, names) in
        [("session.keys", "--key", &columns.keys), ("session.numeric", "--num", &columns.numeric)]
    {
        if !names.is_empty() {
            options.push((key, Value::from(names.clone()), format!("{option} {}", names.join(" "))));
        }
    }
    if !input.link.is_empty() {
        let mut rules: Vec<&str> = Vec::new();
        for &rule in input.link.iter().flat_map(|link| link.rules()) {
            if !rules.contains(&rule) {
                rules.push(rule);
            }
        }
        let typed: Vec<String> = input.link.iter().map(|&link| format!("--link {}", name_of(link))).collect();
        options.push(("dag.links", Value::from(rules), typed.join(" ")));
    }
    if let Some(threads) = input.threads {
        options.push(("limits.threads", Value::from(threads), format!("--threads {threads}")));
    }
    options
}

/// What the test of the motifs gave, in words.
fn tested(motifs: &MotifSummary) -> String {
    if motifs.iterations == 0 {
        "not tested (motif.iterations = 0)".to_owned()
    } else if motifs.movable_events == 0 && motifs.patterns > 0 {
        "nothing to test: no event can move under the null".to_owned()
    } else {
        format!(
            "{} promote, {} park ({}, {} nulls)",
            motifs.promote, motifs.park, motifs.null, motifs.iterations
        )
    }
}

/// Makes Ctrl-C leave nothing behind.
fn prepare() -> Result<(), Failure> {
    let interrupted = ctrlc::set_handler(|| {
        pipeline::abandon();
        std::process::exit(exit::INTERRUPTED.into());
    });
    interrupted.map_err(|e| Failure { text: format!("cannot listen for Ctrl-C: {e}"), code: exit::INTERNAL })
}

/// Says what a run is about to read, where nothing was named.
fn note_sample(paths: &[PathBuf]) {
    if paths.is_empty() {
        output::note("ironforge: no PATH given, so this runs on the built-in sample");
    }
}

/// Says what was passed over. Superseded inputs are as many as files that come in several forms: one line for all.
fn note_skipped(skipped: &[Skipped], superseded: &[Superseded]) {
    if let Some(first) = superseded.first() {
        let what = match superseded.len() {
            1 => "1 input holds a session that another holds".to_owned(),
            many => format!("{many} inputs hold sessions that others hold"),
        };
        let (session, by) = (&first.session, &first.by);
        output::note(&format!(
            "ironforge: {what} in a richer form, as {by} does {session}; the report lists them under `superseded`"
        ));
    }
    for skip in skipped {
        output::note(&format!("ironforge: skipped {}: {}", skip.path, skip.reason));
    }
}

/// The effective configuration of a command; `options` are settings that options of their own spell.
fn effective(args: &ConfigArgs, options: Vec<(&'static str, Value, String)>) -> Result<Effective, Failure> {
    let sources = Sources {
        preset: args.preset.as_deref(),
        file: args.config.as_deref(),
        env: std::env::vars_os()
            .filter_map(|(k, v)| Some((k.into_string().ok()?, v.into_string().ok()?)))
            .collect(),
        sets: &args.sets,
        options,
    };
    Effective::load(&sources).map_err(|e| Error::from(e).into())
}
