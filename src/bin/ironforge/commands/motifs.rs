//! `ironforge motifs`.

use ironforge::motif::Correction;
use ironforge::pipeline::{MotifReport, MotifRequest, ReportedMotif, motifs};

use crate::args::{MotifsArgs, null_name};
use crate::output::{self, Failure};
use crate::scale_line::scale_line;
use crate::settings::{OptionSetting, effective, input_options};
use crate::{event_run, progress};

/// Patterns that a summary shows.
const SHOWN: usize = 10;

/// Mines motifs and prints them.
pub fn run(args: &MotifsArgs) -> Result<(), Failure> {
    let effective = effective(&args.input.configuration, options(args))?;
    event_run::remove_outputs_on_interrupt()?;
    event_run::note_sample(&args.input.paths);
    let request = MotifRequest { paths: &args.input.paths, out: args.out.as_deref(), effective: &effective };
    let report = {
        let progress = progress::for_stderr();
        motifs(&request, progress.as_ref())?
    };
    event_run::note_skipped(&report.run);
    event_run::note_notes(&report.run);
    if args.json { output::json(&report) } else { output::result(&summary(&report, args)) }
}

/// The settings that the options of this command set.
fn options(args: &MotifsArgs) -> Vec<OptionSetting> {
    let mut options = input_options(&args.input);
    if let Some((min, max)) = args.k {
        options.push(("motif.min_nodes", min.into(), format!("--k {min}..{max}")));
        options.push(("motif.max_nodes", max.into(), format!("--k {min}..{max}")));
    }
    if let Some(iterations) = args.iterations {
        options.push(("motif.iterations", iterations.into(), format!("--iterations {iterations}")));
    }
    if let Some(null) = args.null {
        // Its name in the configuration is longer than on the command line.
        let value = serde_json::to_value(null).unwrap_or_default();
        options.push(("motif.null", value, format!("--null {}", null_name(null))));
    }
    if let Some(correction) = args.correction.map(Correction::name) {
        options.push(("motif.correction", correction.into(), format!("--correction {correction}")));
    }
    if let Some(seed) = args.seed {
        options.push(("seed", seed.into(), format!("--seed {seed}")));
    }
    options
}

fn summary(report: &MotifReport, args: &MotifsArgs) -> String {
    let input = if report.run.sample { "built-in sample, " } else { "" };
    let summary = &report.summary;
    let mut text = format!(
        "input    {input}{} sessions, {} events\n{}motifs   {} instances, {} patterns, {}\n",
        report.sessions,
        report.events,
        scale_line(&report.run),
        summary.instances,
        summary.patterns,
        event_run::motif_verdicts(summary)
    );
    for motif in report.motifs.iter().take(SHOWN) {
        text += &line(motif, summary.correction);
    }
    if report.motifs.len() > SHOWN {
        text += &format!("         and {} more\n", report.motifs.len() - SHOWN);
    }
    if let Some(out) = &args.out {
        text += &format!("wrote    {}\n", out.display());
    }
    text
}

/// A line of the summary: verdict, counts, the p-value or q-value that decided, and the pattern.
fn line(motif: &ReportedMotif, correction: Correction) -> String {
    let null = motif.significance.map_or(String::new(), |s| {
        let name = match correction {
            Correction::MaxT => "p_fwer",
            Correction::Fdr => "q",
        };
        let pairs = if s.explained_by_pairs == Some(true) { ", explained by pairs" } else { "" };
        format!(", null {:.1}, lift {:.1}, {name} {:.3}{pairs}", s.null_mean, s.lift, s.corrected(correction))
    });
    format!(
        "{:<8} {} apart ({} in all){null}: {}\n",
        motif.verdict, motif.disjoint, motif.count, motif.pattern
    )
}
