//! `ironforge discover`.

use ironforge::pipeline::{self, Request, RunReport};
use serde_json::Value;

use crate::args::{DiscoverArgs, name_of};
use crate::output::{self, Failure};
use crate::progress;

/// Runs the flow and prints what came out.
pub fn run(args: &DiscoverArgs) -> Result<(), Failure> {
    let effective = super::effective(&args.input.configuration, options(args))?;
    super::prepare()?;
    super::note_sample(&args.input.paths);
    let request = Request {
        paths: &args.input.paths,
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
    super::note_skipped(&report.skipped, &report.superseded);
    if args.json { output::json(&report) } else { output::result(&summary(&report, args)) }
}

/// The settings that options of their own spell.
fn options(args: &DiscoverArgs) -> Vec<(&'static str, Value, String)> {
    let mut options = super::event_options(&args.input);
    if let Some(device) = args.device.map(name_of) {
        options.push(("device", Value::from(device.as_str()), format!("--device {device}")));
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
    let tested = super::tested(motifs);
    let model = if report.trained {
        "trained"
    } else {
        "untrained: graphs and motifs describe the input, embeddings and scores need trained weights"
    };
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
