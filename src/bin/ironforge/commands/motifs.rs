//! `ironforge motifs`.

use ironforge::pipeline::{self, Motif, MotifReport, MotifRequest};
use serde_json::Value;

use crate::args::{MotifsArgs, NullArg, name_of};
use crate::output::{self, Failure};
use crate::progress;

/// Patterns that a summary shows.
const SHOWN: usize = 10;

/// Mines motifs and prints them.
pub fn run(args: &MotifsArgs) -> Result<(), Failure> {
    let effective = super::effective(&args.input.configuration, options(args))?;
    super::prepare()?;
    super::note_sample(&args.input.paths);
    let request = MotifRequest { paths: &args.input.paths, out: args.out.as_deref(), effective: &effective };
    let report = {
        let progress = progress::for_stderr();
        pipeline::motifs(&request, progress.as_ref())?
    };
    super::note_skipped(&report.skipped, &report.superseded);
    if args.json { output::json(&report) } else { output::result(&summary(&report, args)) }
}

fn options(args: &MotifsArgs) -> Vec<(&'static str, Value, String)> {
    let mut options = super::event_options(&args.input);
    if let Some((min, max)) = args.k {
        options.push(("motif.min_nodes", min.into(), format!("--k {min}..{max}")));
        options.push(("motif.max_nodes", max.into(), format!("--k {min}..{max}")));
    }
    if let Some(iterations) = args.iterations {
        options.push(("motif.iterations", iterations.into(), format!("--iterations {iterations}")));
    }
    if let Some(null) = args.null {
        let name = match null {
            NullArg::Stratified => "stratified-permutation",
            NullArg::Label => "label-permutation",
            NullArg::Jitter => "interval-jitter",
        };
        options.push(("motif.null", name.into(), format!("--null {}", name_of(null))));
    }
    if let Some(correction) = args.correction.map(name_of) {
        options.push(("motif.correction", correction.clone().into(), format!("--correction {correction}")));
    }
    if let Some(seed) = args.seed {
        options.push(("seed", seed.into(), format!("--seed {seed}")));
    }
    options
}

fn summary(report: &MotifReport, args: &MotifsArgs) -> String {
    let input = if report.sample { "built-in sample, " } else { "" };
    let summary = &report.summary;
    let mut text = format!(
        "input    {input}{} sessions, {} events\nmotifs   {} instances, {} patterns, {}\n",
        report.sessions,
        report.events,
        summary.instances,
        summary.patterns,
        super::tested(summary)
    );
    for motif in report.motifs.iter().take(SHOWN) {
        text += &line(motif);
    }
    if report.motifs.len() > SHOWN {
        text += &format!("         and {} more\n", report.motifs.len() - SHOWN);
    }
    if let Some(out) = &args.out {
        text += &format!("wrote    {}\n", out.display());
    }
    text
}

/// A pattern and what was found of it.
fn line(motif: &Motif) -> String {
    let null = motif
        .significance
        .map_or(String::new(), |s| format!(", null {:.1}, p_fwer {:.3}", s.null_mean, s.p_fwer));
    format!("{:<8} {} times{null}: {}\n", motif.verdict, motif.count, motif.pattern)
}
