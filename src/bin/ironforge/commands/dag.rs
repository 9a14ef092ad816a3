//! `ironforge dag`.

use ironforge::dag::DagError;
use ironforge::error::{Error, exit};
use ironforge::pipeline::dag::{self, DagReport, DagRequest};

use crate::args::DagArgs;
use crate::output::{self, Failure};

/// Describes a graph. One with a cycle is described as far as it can be, and fails.
pub fn run(args: &DagArgs) -> Result<(), Failure> {
    let effective = super::effective(&args.configuration, Vec::new())?;
    let request = DagRequest {
        edges: &args.edges,
        nodes: args.nodes.as_ref(),
        descendants: &args.descendants,
        ancestors: &args.ancestors,
        transitive_reduction: args.transitive_reduction.as_deref(),
        levels: args.levels.as_deref(),
        config: &effective.config,
    };
    let report = dag::analyse(&request).map_err(Error::from)?;
    if args.json {
        output::json(&Document { schema_version: 1, report: &report })?;
    } else {
        output::result(&summary(&report, args))?;
    }
    match report.cycle {
        None => Ok(()),
        Some(cycle) => {
            let error = DagError::Cycle { cycle };
            Err(Failure { text: format!("{}: {error}", args.edges.display()), code: exit::DATA })
        }
    }
}

fn summary(report: &DagReport, args: &DagArgs) -> String {
    let mut text = format!(
        "graph        {} nodes, {} edges, {} weakly connected components\n",
        report.nodes, report.edges, report.weakly_connected_components
    );
    let Some(ordered) = &report.ordered else {
        return text + "order        none: the edges hold a cycle\n";
    };
    text += &format!(
        "order        {} generations, the widest of {} nodes; longest path of {} edges\n\
         ends         {} roots, {} sinks\n",
        ordered.generations,
        ordered.widest_generation,
        ordered.longest_path_edges,
        ordered.roots,
        ordered.sinks
    );
    for (what, counts) in [("descendants", &ordered.descendants), ("ancestors", &ordered.ancestors)] {
        for (id, count) in counts {
            text += &format!("{what:<12} {count} of {id}\n");
        }
    }
    for path in [&args.levels, &args.transitive_reduction].into_iter().flatten() {
        text += &format!("wrote        {}\n", path.display());
    }
    text
}

/// The report as a document of its own.
#[derive(serde::Serialize)]
struct Document<'a> {
    schema_version: u32,
    #[serde(flatten)]
    report: &'a DagReport,
}
