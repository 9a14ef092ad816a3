//! `ironforge attend`.

use ironforge::attention::Accuracy;
use ironforge::error::Error;
use ironforge::pipeline::attend::{self, AttendReport};

use crate::args::{AccuracyArg, AttendArgs, name_of};
use crate::output::{self, Failure};

/// Runs attention on a file of tensors.
pub fn run(args: &AttendArgs) -> Result<(), Failure> {
    let accuracy = match args.accuracy {
        AccuracyArg::Exact => Accuracy::Exact,
        AccuracyArg::Fast => Accuracy::Fast,
    };
    let report =
        attend::attend(&args.input, &args.out, &name_of(args.backend), accuracy).map_err(Error::from)?;
    output::note(&format!("ironforge: backend {}: {}", report.backend, report.reason));
    if args.json {
        return output::json(&Document { schema_version: 1, report: &report });
    }
    output::result(&format!(
        "backend  {}\ninput    {} nodes in {} graphs, {} heads of {}\nwrote    {}\n",
        report.backend,
        report.nodes,
        report.graphs,
        report.heads,
        report.head_dim,
        args.out.display()
    ))
}

/// The report as a document of its own.
#[derive(serde::Serialize)]
struct Document<'a> {
    schema_version: u32,
    #[serde(flatten)]
    report: &'a AttendReport,
}
