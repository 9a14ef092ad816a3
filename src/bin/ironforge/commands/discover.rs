//! `ironforge discover`.

use ironforge::pipeline::{DiscoverReport, DiscoverRequest, SessionReport, discover};
use serde_json::Value;

use crate::args::DiscoverArgs;
use crate::output::{self, Failure};
use crate::scale_line::scale_line;
use crate::settings::{OptionSetting, effective, input_options};
use crate::{event_run, progress};

/// Runs the whole pipeline and prints the report or a summary.
pub fn run(args: &DiscoverArgs) -> Result<(), Failure> {
    let effective = effective(&args.input.configuration, options(args))?;
    event_run::remove_outputs_on_interrupt()?;
    event_run::note_sample(&args.input.paths);
    let request = DiscoverRequest {
        paths: &args.input.paths,
        out: &args.out,
        effective: &effective,
        weights: args.weights.as_deref(),
    };
    let report = {
        let progress = progress::for_stderr();
        discover(&request, progress.as_ref())?
    };
    output::note(&format!("ironforge: device {}: {}", report.device.used, report.device.reason));
    for name in &report.ignored_weights {
        output::note(&format!("ironforge: weight `{name}` is not used by any layer"));
    }
    event_run::note_skipped(&report.run);
    event_run::note_notes(&report.run);
    if args.json { output::json(&report) } else { output::result(&summary(&report, args)) }
}

/// The settings that the options of this command set.
fn options(args: &DiscoverArgs) -> Vec<OptionSetting> {
    let mut options = input_options(&args.input);
    if let Some(device) = args.device {
        options.push(("device", Value::from(device.name()), format!("--device {device}")));
    }
    if let Some(seed) = args.seed {
        options.push(("seed", Value::from(seed), format!("--seed {seed}")));
    }
    options
}

fn summary(report: &DiscoverReport, args: &DiscoverArgs) -> String {
    let sum = |of: fn(&SessionReport) -> usize| report.sessions.iter().map(of).sum::<usize>();
    let motifs = &report.motifs;
    let verdicts = event_run::motif_verdicts(motifs);
    let model = if report.trained {
        "trained"
    } else {
        "untrained: graphs and motifs describe the input, embeddings and scores need trained weights"
    };
    let input = if report.run.sample { "built-in sample, " } else { "" };
    let out = args.out.display();
    format!(
        "device   {}\n\
         input    {input}{} sessions, {} events, {} features\n\
         {}\
         graphs   {} temporal edges, {} DAG edges\n\
         model    {model}\n\
         motifs   {} instances, {} patterns, {verdicts}\n\
         wrote    {out}/run.json, {out}/motifs.parquet, {out}/{{nodes,temporal_edges,dag_edges,embeddings,scores}}\n",
        report.device.used,
        report.sessions.len(),
        sum(|s| s.events),
        report.feature_stats.features.len(),
        scale_line(&report.run),
        sum(|s| s.temporal_edges),
        sum(|s| s.dag_edges),
        motifs.instances,
        motifs.patterns,
    )
}
