//! `ironforge attend`.

use ironforge::pipeline::attend;

use crate::args::AttendArgs;
use crate::output::{self, Failure};

/// Runs attention on a file of tensors.
pub fn run(args: &AttendArgs) -> Result<(), Failure> {
    let report = attend(&args.input, &args.out, &args.backend, args.accuracy)?;
    output::note(&format!("ironforge: backend {}: {}", report.backend, report.reason));
    if args.json {
        return output::json_document(1, &report);
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
