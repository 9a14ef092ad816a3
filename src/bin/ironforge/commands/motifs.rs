//! `ironforge motifs`.

use ironforge::pipeline::{self, Motif, MotifReport, MotifRequest};
use serde_json::Value;

use crate::args::MotifsArgs;
use crate::output::{self, Failure};
use crate::progress;

/// Patterns that a summary shows.
const SHOWN: usize = 10;

/// Mines motifs and prints them.
pub fn run(args: &MotifsArgs) -> Result<(), Failure> {
    let effective = super::effective(&args.configuration, options(args))?;
    super::prepare(args.threads)?;
    super::note_sample(&args.paths);
    let request = MotifRequest { paths: &args.paths, out: args.out.as_deref(), effective: &effective };
    let report = {
        let progress = progress::for_stderr();
        pipeline::motifs(&request, progress.as_ref())?
    };
    super::note_skipped(&report.skipped);
    if args.json { output::json(&report) } else { output::result(&summary(&report, args)) }
}

fn options(args: &MotifsArgs) -> Vec<(&'static str, Value, String)> {
    let mut options = super::event_options(&args.columns, args.link);
    if let Some((min, max)) = args.k {
        options.push(("motif.min_nodes", min.into(), format!("--k {min}..{max}")));
        options.push(("motif.max_nodes", max.into(), format!("--k {min}..{max}")));
    }
    if let Some(iterations) = args.iterations {
        options.push(("motif.iterations", iterations.into(), format!("--iterations {iterations}")));
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

/// A pattern, its edges by place in time.
fn line(motif: &Motif) -> String {
    let k = usize::from(motif.k);
    let edges =
        (0..k * k).filter(|bit| motif.mask >> bit & 1 == 1).map(|bit| format!("{}->{}", bit / k, bit % k));
    let null = motif
        .significance
        .map_or(String::new(), |s| format!(", null {:.1}, p_fwer {:.3}", s.null_mean, s.p_fwer));
    let (labels, edges) = (motif.labels.join(" "), edges.collect::<Vec<_>>().join(" "));
    format!("{:<8} {} times{null}: {labels} ({edges})\n", motif.verdict, motif.count)
}
