//! Counts, order and files of a graph given as a list of edges.

use std::collections::BTreeMap;
use std::path::Path;

use super::read::{EdgeList, read};
use super::request::{EdgeListReport, EdgeListRequest, NodeCount, OrderReport};
use crate::dag::{Dag, DagError, DagView, Digraph};
use crate::pipeline::error::EdgeListError;
use crate::store::{StoreConfig, write_table};
use crate::table::{Column, Table, Values};

/// Reads a directed graph and describes it. The requested files are written after everything else has succeeded, each
/// completely or not at all.
///
/// The input is a table with integer columns `src` and `dst`; other columns are ignored. The ids are 0 to the largest
/// id of an edge. An id without an edge is an isolated node: a root and a sink in generation 0, and a component by
/// itself. A repeated edge counts once; an edge from a node to itself is a cycle of length 1. For a graph with a
/// cycle, the report contains the cycle, and no file is written.
///
/// ```
/// use ironforge::config::Config;
/// use ironforge::pipeline::{EdgeListRequest, describe_edge_list};
/// use ironforge::store::{StoreConfig, write_table};
/// use ironforge::table::{Column, Table, Values};
///
/// let folder = tempfile::tempdir()?;
/// let edges = folder.path().join("edges.parquet");
/// let columns = [("src", vec![0, 1, 0]), ("dst", vec![1, 2, 2])];
/// let columns = columns.map(|(name, ids)| Column::new(name, "", Values::U32(ids.into())));
/// write_table(&edges, &Table::new(columns.into()), &StoreConfig::default())?;
///
/// let config = Config::default();
/// let report = describe_edge_list(&EdgeListRequest {
///     edges: &edges,
///     nodes: None,
///     descendants: &[0],
///     ancestors: &[],
///     transitive_reduction: None,
///     levels: None,
///     limits: &config.limits,
///     store: &config.store,
/// })?;
/// assert_eq!((report.nodes, report.edges, report.is_dag), (3, 3, true));
/// assert_eq!(report.order.unwrap().descendants[&0], 2);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// # Errors
/// [`EdgeListError`] names the file, the row and the remedy. A cycle is not an error: the report contains it.
pub fn describe_edge_list(request: &EdgeListRequest<'_>) -> Result<EdgeListReport, EdgeListError> {
    check_files(request)?;
    let EdgeList { nodes, edges } = read(request)?;
    for (option, ids) in [("descendants", request.descendants), ("ancestors", request.ancestors)] {
        if let Some(&id) = ids.iter().find(|&&id| id as usize >= nodes) {
            return Err(EdgeListError::Id { option, id, nodes: nodes as u64 });
        }
    }
    let located = |error| EdgeListError::Graph { path: request.edges.to_owned(), error };
    let graph = Digraph::from_edges(nodes, edges.iter().copied()).map_err(located)?;
    drop(edges);
    let report = EdgeListReport {
        nodes: graph.nodes() as u64,
        edges: graph.edges(),
        weakly_connected_components: graph.weakly_connected_components().count.into(),
        ..EdgeListReport::default()
    };
    match graph.into_dag() {
        Ok(dag) => Ok(EdgeListReport { is_dag: true, order: Some(order(&dag, request)?), ..report }),
        Err(DagError::Cycle { cycle }) => Ok(EdgeListReport { cycle: Some(cycle), ..report }),
        Err(error) => Err(located(error)),
    }
}

/// Refuses an output file that is also an input or the other output.
fn check_files(request: &EdgeListRequest<'_>) -> Result<(), EdgeListError> {
    let real = |path: &Path| path.canonicalize().unwrap_or_else(|_| path.to_owned());
    let same = |a: Option<&Path>, b: Option<&Path>| a.zip(b).is_some_and(|(a, b)| real(a) == real(b));
    let nodes = match request.nodes {
        Some(NodeCount::File(path)) => Some(path.as_path()),
        _ => None,
    };
    let (levels, reduction) = (request.levels, request.transitive_reduction);
    for (option, file) in [("levels", levels), ("transitive-reduction", reduction)] {
        let others = [("the edges", Some(request.edges)), ("the nodes", nodes)];
        if let (Some((other, _)), Some(path)) = (others.into_iter().find(|(_, f)| same(file, *f)), file) {
            return Err(EdgeListError::SamePath { option, path: path.to_owned(), other });
        }
    }
    match levels {
        Some(path) if same(levels, reduction) => Err(EdgeListError::SamePath {
            option: "levels",
            path: path.to_owned(),
            other: "the transitive reduction",
        }),
        _ => Ok(()),
    }
}

/// The order of a DAG; writes the requested files.
fn order(dag: &Dag, request: &EdgeListRequest<'_>) -> Result<OrderReport, EdgeListError> {
    let generations = dag.topological_generations();
    let widths = (0..generations.count()).map(|g| generations.nodes(g).len());
    // Every requested id is a node: `describe_edge_list` has checked.
    let numbers = |ids: &[u32]| ids.iter().filter_map(|&id| dag.number(id)).collect::<Vec<u32>>();
    let counted = |ids: &[u32], counts: Vec<u32>| {
        ids.iter().copied().zip(counts.into_iter().map(u64::from)).collect::<BTreeMap<_, _>>()
    };
    let order = OrderReport {
        generations: generations.count() as u64,
        widest_generation: widths.max().unwrap_or(0) as u64,
        // A longest path has one node in each generation.
        longest_path_edges: generations.count().saturating_sub(1) as u64,
        roots: dag.roots().len() as u64,
        sinks: dag.sinks().len() as u64,
        descendants: counted(request.descendants, dag.descendant_counts(&numbers(request.descendants))),
        ancestors: counted(request.ancestors, dag.ancestor_counts(&numbers(request.ancestors))),
    };
    if let Some(path) = request.levels {
        let mut level = vec![0; dag.nodes()];
        for (number, &of) in generations.level.iter().enumerate() {
            level[dag.id(number as u32) as usize] = of;
        }
        let ids = (0..dag.nodes() as u32).collect();
        write_columns(path, [("id", ids), ("level", level)], request.store)?;
    }
    if let Some(path) = request.transitive_reduction {
        let reduced = dag
            .transitive_reduction()
            .map_err(|error| EdgeListError::Graph { path: request.edges.to_owned(), error })?;
        let mut kept: Vec<_> = reduced.edge_iter().map(|(u, v)| (dag.id(u), dag.id(v))).collect();
        kept.sort_unstable();
        let (src, dst) = kept.into_iter().unzip();
        write_columns(path, [("src", src), ("dst", dst)], request.store)?;
    }
    Ok(order)
}

fn write_columns(
    path: &Path,
    columns: [(&str, Vec<u32>); 2],
    config: &StoreConfig,
) -> Result<(), EdgeListError> {
    let columns = columns.map(|(name, values)| Column::new(name, "", Values::U32(values.into())));
    write_table(path, &Table::new(columns.into()), config)?;
    Ok(())
}
