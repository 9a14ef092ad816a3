//! `ironforge discover`.

use ironforge::error::exit;
use ironforge::pipeline::{self, Request, RunReport};
use serde_json::Value;

use crate::args::{DiscoverArgs, name_of};
use crate::output::{self, Failure};
use crate::progress;

/// Runs the flow and prints what came out.
pub fn run(args: &DiscoverArgs) -> Result<(), Failure> {
    let effective = super::effective(&args.configuration, options(args))?;
    if let Some(threads) = args.threads {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads.into()).build_global();
        pool.map_err(|e| Failure {
            text: format!("cannot start {threads} threads: {e}"),
            code: exit::INTERNAL,
        })?;
    }
    if args.paths.is_empty() {
        output::note("ironforge: no PATH given, so this runs on the built-in sample");
    }
    let request = Request {
        paths: &args.paths,
        out: &args.out,
        effective: &effective,
        weights: args.weights.as_deref(),
    };
    let report = {
        let progress = progress::for_stderr();
        pipeline::discover(&request, progress.as_ref())?
    };
    output::note(&format!("ironforge: device {}: {}", report.device.used, report.device.reason));
    for name in &report.ignored_weights {
        output::note(&format!("ironforge: weight `{name}` is not used by any layer"));
    }
    for skip in &report.skipped {
        output::note(&format!("ironforge: skipped {}: {}", skip.path, skip.reason));
    }
    if args.json { output::json(&report) } else { output::result(&summary(&report, args)) }
}

/// The settings that options of their own spell.
fn options(args: &DiscoverArgs) -> Vec<(&'static str, Value, String)> {
    let columns = &args.columns;
    let mut options = Vec::new();
    let mut text = |key, option: &str, value: &Option<String>| {
        if let Some(value) = value {
            options.push((key, Value::from(value.as_str()), format!("{option} {value}")));
        }
    };
    text("session.time", "--time", &columns.time);
    text("session.seq", "--seq", &columns.seq);
    text("session.zone", "--zone", &columns.zone);
    text("session.kind", "--kind", &columns.kind);
    text("session.group", "--group", &columns.group);
    text("session.price", "--price", &columns.price);
    text("dag.link", "--link", &args.link.map(name_of));
    text("device", "--device", &args.device.map(name_of));
    for (key, option, names) in
        [("session.keys", "--key", &columns.keys), ("session.numeric", "--num", &columns.numeric)]
    {
        if !names.is_empty() {
            options.push((key, Value::from(names.clone()), format!("{option} {}", names.join(" "))));
        }
    }
    if let Some(seed) = args.seed {
        options.push(("seed", Value::from(seed), format!("--seed {seed}")));
    }
    options
}

fn summary(report: &RunReport, args: &DiscoverArgs) -> String {
    let sum =
        |of: fn(&ironforge::pipeline::SessionReport) -> usize| report.sessions.iter().map(of).sum::<usize>();
    let motifs = &report.motifs;
    let tested = if motifs.iterations == 0 {
        "not tested (motif.iterations = 0)".to_owned()
    } else if motifs.movable_events == 0 && motifs.patterns > 0 {
        "nothing to test: labels within a block of time are all alike".to_owned()
    } else {
        format!(
            "{} promote, {} park ({}, {} nulls)",
            motifs.promote, motifs.park, motifs.null, motifs.iterations
        )
    };
    let model = if report.trained { "trained" } else { "untrained: embeddings and scores are not findings" };
    let input = if report.sample { "built-in sample, " } else { "" };
    let out = args.out.display();
    format!(
        "device   {}\n\
         input    {input}{} sessions, {} events, {} features\n\
         graphs   {} temporal edges, {} DAG edges\n\
         model    {model}\n\
         motifs   {} instances, {} patterns, {tested}\n\
         wrote    {out}/run.json, {out}/motifs.parquet, {out}/{{nodes,temporal_edges,dag_edges,embeddings,scores}}\n",
        report.device.used,
        report.sessions.len(),
        sum(|s| s.events),
        report.feature_stats.features.len(),
        sum(|s| s.temporal_edges),
        sum(|s| s.dag_edges),
        motifs.instances,
        motifs.patterns,
    )
}
