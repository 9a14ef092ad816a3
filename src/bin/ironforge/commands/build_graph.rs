//! `ironforge build-graph`.

use ironforge::pipeline::{BuildGraphReport, BuildGraphRequest, SessionGraphReport, build_graph};

use crate::args::BuildGraphArgs;
use crate::output::{self, Failure};
use crate::settings::{effective, input_options};
use crate::{event_run, progress};

/// Builds graphs and prints the report or a summary.
pub fn run(args: &BuildGraphArgs) -> Result<(), Failure> {
    let effective = effective(&args.input.configuration, input_options(&args.input))?;
    event_run::remove_outputs_on_interrupt()?;
    event_run::note_sample(&args.input.paths);
    let request = BuildGraphRequest { paths: &args.input.paths, out: &args.out, effective: &effective };
    let report = {
        let progress = progress::for_stderr();
        build_graph(&request, progress.as_ref())?
    };
    event_run::note_skipped(&report.run);
    event_run::note_notes(&report.run);
    if args.json { output::json(&report) } else { output::result(&summary(&report, args)) }
}

fn summary(report: &BuildGraphReport, args: &BuildGraphArgs) -> String {
    let sum = |of: fn(&SessionGraphReport) -> usize| report.sessions.iter().map(of).sum::<usize>();
    let longest = report.sessions.iter().map(|s| s.longest_path_edges).max().unwrap_or(0);
    let input = if report.run.sample { "built-in sample, " } else { "" };
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
