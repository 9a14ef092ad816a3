//! `ironforge dag`.

use std::path::Path;

use ironforge::pipeline::{
    EdgeListReport, EdgeListRequest, NodeId, SCHEMA_VERSION, WeightedPathReport, describe_edge_list, exit,
};

use crate::args::DagArgs;
use crate::output::{self, Failure};
use crate::settings::effective;

/// Ids of a path that a message shows; of a longer one, half of them at each end.
const SHOWN: usize = 16;

/// Describes a graph. A graph with a cycle is described too, and the command fails.
pub fn run(args: &DagArgs) -> Result<(), Failure> {
    let effective =
        effective(&args.configuration, Vec::new()).map_err(|failure| with_earlier(failure, args))?;
    let request = EdgeListRequest {
        edges: &args.edges,
        nodes: args.nodes.as_ref(),
        descendants: &args.descendants,
        ancestors: &args.ancestors,
        weight: args.weight.as_deref(),
        transitive_reduction: args.transitive_reduction.as_deref(),
        levels: args.levels.as_deref(),
        node_map: args.node_map.as_deref(),
        limits: &effective.config.limits,
        store: &effective.config.store,
    };
    let report = describe_edge_list(&request)?;
    if args.json {
        output::json_document(SCHEMA_VERSION, &report)?;
    } else {
        output::result(&summary(&report, args))?;
    }
    match &report.cycle {
        None => Ok(()),
        Some(cycle) => Err(Failure { text: cycle_text(&args.edges, cycle, &report), code: exit::DATA }),
    }
}

/// The failure of a run that has not begun: it names the requested files that are there, since it has not removed them.
fn with_earlier(mut failure: Failure, args: &DagArgs) -> Failure {
    for path in [&args.levels, &args.transitive_reduction, &args.node_map].into_iter().flatten() {
        if path.exists() {
            failure.text += &format!("; {} is not of this run", path.display());
        }
    }
    failure
}

fn cycle_text(edges: &Path, cycle: &[NodeId], report: &EdgeListReport) -> String {
    let first = cycle.first().map(NodeId::to_string).unwrap_or_default();
    let mut text = format!(
        "{}: the edges are not acyclic: {} -> {first} closes a cycle of {} nodes; remove one of its edges",
        edges.display(),
        path_text(cycle),
        cycle.len()
    );
    if !report.not_written.is_empty() {
        text += &format!("; not written: {}", report.not_written.join(", "));
    }
    text
}

/// The ids of a path, abbreviated if it is long.
fn path_text(path: &[NodeId]) -> String {
    let join = |ids: &[NodeId]| ids.iter().map(NodeId::to_string).collect::<Vec<_>>().join(" -> ");
    match path.len() {
        0..=SHOWN => join(path),
        n => format!("{} -> ... -> {}", join(&path[..SHOWN / 2]), join(&path[n - SHOWN / 2..])),
    }
}

/// A number with its digits in groups of three.
fn grouped(number: u64) -> String {
    let digits = number.to_string();
    let mut text = String::new();
    for (i, digit) in digits.chars().enumerate() {
        if i > 0 && (digits.len() - i).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

fn summary(report: &EdgeListReport, args: &DagArgs) -> String {
    let mut text = format!(
        "graph        {} nodes, {} edges, {} weakly connected components\n",
        grouped(report.nodes),
        grouped(report.edges),
        grouped(report.weakly_connected_components)
    );
    if report.ids_without_edge > 0 {
        let are_nodes = if args.nodes.is_some() { "they are nodes" } else { "they are not nodes" };
        text += &format!("ids          {} ids have no edge: {are_nodes}\n", grouped(report.ids_without_edge));
    }
    text += &order(report);
    text += &format!("ends         {} roots, {} sinks\n", grouped(report.roots), grouped(report.sinks));
    for (what, counts) in [("descendants", &report.descendants), ("ancestors", &report.ancestors)] {
        for (id, count) in counts {
            text += &format!("{what:<12} {} of {id}\n", grouped(*count));
        }
    }
    let of_an_order = [&args.levels, &args.transitive_reduction].into_iter().flatten();
    for path in of_an_order.filter(|_| report.is_dag).chain(&args.node_map) {
        text += &format!("wrote        {}\n", path.display());
    }
    for path in &report.not_written {
        text += &format!("not written  {path}: a graph with a cycle has no order\n");
    }
    text
}

/// The lines of the order, or of the cycles that exclude one.
fn order(report: &EdgeListReport) -> String {
    let Some(order) = &report.order else {
        return format!(
            "cycles       {} nodes are on cycles; {} strongly connected components\n\
             order        none, because of the cycle: no {}\n",
            grouped(report.nodes_on_cycles),
            grouped(report.strongly_connected_components),
            report.undefined.join(", ")
        );
    };
    let mut text = format!(
        "order        {} generations, the widest of {} nodes; longest path of {} edges\n",
        grouped(order.generations),
        grouped(order.widest_generation),
        grouped(order.longest_path_edges)
    );
    if let Some(WeightedPathReport { column, unit, length, path }) = &order.longest_path_weighted {
        text += &format!("by {column:<9} longest path {length} (unit: {unit}): {}\n", path_text(path));
    }
    text
}
