//! `ironforge dag`.

use ironforge::dag::DagError;
use ironforge::pipeline::{EdgeListReport, EdgeListRequest, describe_edge_list, exit};

use crate::args::DagArgs;
use crate::output::{self, Failure};
use crate::settings::effective;

/// Describes a graph. A graph with a cycle is described too, and the command fails.
pub fn run(args: &DagArgs) -> Result<(), Failure> {
    let effective = effective(&args.configuration, Vec::new())?;
    let request = EdgeListRequest {
        edges: &args.edges,
        nodes: args.nodes.as_ref(),
        descendants: &args.descendants,
        ancestors: &args.ancestors,
        transitive_reduction: args.transitive_reduction.as_deref(),
        levels: args.levels.as_deref(),
        limits: &effective.config.limits,
        store: &effective.config.store,
    };
    let report = describe_edge_list(&request)?;
    if args.json {
        output::json_document(&report)?;
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

fn summary(report: &EdgeListReport, args: &DagArgs) -> String {
    let mut text = format!(
        "graph        {} nodes, {} edges, {} weakly connected components\n",
        report.nodes, report.edges, report.weakly_connected_components
    );
    let Some(order) = &report.order else {
        return text + "order        none: the edges contain a cycle\n";
    };
    text += &format!(
        "order        {} generations, the widest of {} nodes; longest path of {} edges\n\
         ends         {} roots, {} sinks\n",
        order.generations, order.widest_generation, order.longest_path_edges, order.roots, order.sinks
    );
    for (what, counts) in [("descendants", &order.descendants), ("ancestors", &order.ancestors)] {
        for (id, count) in counts {
            text += &format!("{what:<12} {count} of {id}\n");
        }
    }
    for path in [&args.levels, &args.transitive_reduction].into_iter().flatten() {
        text += &format!("wrote        {}\n", path.display());
    }
    text
}
