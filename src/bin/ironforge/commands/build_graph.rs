//! `ironforge build-graph`.

use ironforge::pipeline::{self, BuildReport, BuildRequest, BuiltSession};

use crate::args::BuildGraphArgs;
use crate::output::{self, Failure};
use crate::progress;

/// Builds graphs and prints what came out.
pub fn run(args: &BuildGraphArgs) -> Result<(), Failure> {
    let effective = super::effective(&args.input.configuration, super::event_options(&args.input))?;
    super::prepare()?;
    super::note_sample(&args.input.paths);
    let request = BuildRequest { paths: &args.input.paths, out: &args.out, effective: &effective };
    let report = {
        let progress = progress::for_stderr();
        pipeline::build_graph(&request, progress.as_ref())?
    };
    super::note_skipped(&report.skipped, &report.superseded);
    if args.json { output::json(&report) } else { output::result(&summary(&report, args)) }
}

fn summary(report: &BuildReport, args: &BuildGraphArgs) -> String {
    let sum = |of: fn(&BuiltSession) -> usize| report.sessions.iter().map(of).sum::<usize>();
    let longest = report.sessions.iter().map(|s| s.longest_path_edges).max().unwrap_or(0);
    let input = if report.sample { "built-in sample, " } else { "" };
    let out = args.out.display();
    format!(
        "input    {input}{} sessions, {} events, {} features\n\
         graphs   {} temporal edges, {} DAG edges\n\
         order    {} roots, {} sinks; longest path of {longest} edges\n\
         wrote    {out}/run.json, {out}/{{nodes,temporal_edges,dag_edges}}\n",
        report.sessions.len(),
        sum(|s| s.session.events),
        report.features.len(),
        sum(|s| s.session.temporal_edges),
        sum(|s| s.session.dag_edges),
        sum(|s| s.roots),
        sum(|s| s.sinks),
    )
}
