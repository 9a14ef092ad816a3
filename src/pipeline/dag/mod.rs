//! What can be said of anybody's directed graph: a Parquet list of edges in, one document out.
//!
//! In: a table of edges with integer columns `src` and `dst`; every other column is passed over. Ids are
//! `0..=` the largest one named: an id without an edge is a node of its own, which is root, sink, of generation 0 and
//! alone in its component. An edge given twice counts once; an edge from a node to itself is a cycle of one.
//!
//! Out: [`DagReport`], and where asked for the transitive reduction (`src`, `dst`) and the generation of each id
//! (`id`, `level`) as Parquet. A graph with a cycle gives a report with the cycle in it, and no file.

mod error;
mod input;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

pub use error::DagRunError;

use crate::config::Config;
use crate::dag::{Dag, DagError, DagView, Digraph};
use crate::store::{StoreConfig, write_table};
use crate::table::{Column, Table, Values};

/// More nodes than the edges name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Nodes {
    /// So many.
    Count(u64),
    /// Up to the largest of column `id` of a Parquet file.
    File(PathBuf),
}

/// What is asked of a graph.
#[derive(Debug, Clone, Copy)]
pub struct DagRequest<'a> {
    /// Parquet file with columns `src` and `dst`.
    pub edges: &'a Path,
    /// More nodes than the edges name; fewer change nothing.
    pub nodes: Option<&'a Nodes>,
    /// Ids whose descendants are counted.
    pub descendants: &'a [u32],
    /// Ids whose ancestors are counted.
    pub ancestors: &'a [u32],
    /// Where the transitive reduction goes.
    pub transitive_reduction: Option<&'a Path>,
    /// Where the generation of each id goes.
    pub levels: Option<&'a Path>,
    /// Limits, and how files are written.
    pub config: &'a Config,
}

/// What a graph is. The fields of an order are there for a DAG alone.
#[derive(Debug, Clone, PartialEq, Eq, Default, serde::Serialize)]
pub struct DagReport {
    /// Nodes: one more than the largest id, or more where asked for.
    pub nodes: u64,
    /// Edges, each once.
    pub edges: u64,
    /// Whether no path leads back to its start.
    pub is_dag: bool,
    /// A cycle in edge order, the last id with an edge to the first, if there is any.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cycle: Option<Vec<u32>>,
    /// Sets of nodes that edges connect, whatever their direction.
    pub weakly_connected_components: u64,
    /// What an order tells.
    #[serde(flatten, skip_serializing_if = "Option::is_none")]
    pub ordered: Option<Ordered>,
}

/// What the order of a DAG tells.
#[derive(Debug, Clone, PartialEq, Eq, Default, serde::Serialize)]
pub struct Ordered {
    /// Topological generations.
    pub generations: u64,
    /// Nodes of the largest.
    pub widest_generation: u64,
    /// Edges of a longest path.
    pub longest_path_edges: u64,
    /// Nodes that no edge leads to.
    pub roots: u64,
    /// Nodes that no edge leaves.
    pub sinks: u64,
    /// How many nodes each id leads to, itself left out.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub descendants: BTreeMap<u32, u64>,
    /// How many nodes lead to each id, itself left out.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub ancestors: BTreeMap<u32, u64>,
}

/// Reads a graph and says what it is; files are written when all else is done, each whole or not at all.
///
/// # Errors
/// [`DagRunError`] names the file, the row and the remedy. A cycle is none: the report holds it.
pub fn analyse(request: &DagRequest<'_>) -> Result<DagReport, DagRunError> {
    check_files(request)?;
    let input::Graph { nodes, edges } = input::read(request)?;
    for (option, ids) in [("descendants", request.descendants), ("ancestors", request.ancestors)] {
        if let Some(&id) = ids.iter().find(|&&id| id as usize >= nodes) {
            return Err(DagRunError::Id { option, id, nodes: nodes as u64 });
        }
    }
    let located = |error| DagRunError::Graph { path: request.edges.to_owned(), error };
    let graph = Digraph::from_edges(nodes, edges.iter().copied()).map_err(located)?;
    drop(edges);
    let report = DagReport {
        nodes: graph.nodes() as u64,
        edges: graph.edges(),
        weakly_connected_components: graph.weakly_connected_components().count.into(),
        ..DagReport::default()
    };
    match graph.into_dag() {
        Ok(dag) => Ok(DagReport { is_dag: true, ordered: Some(ordered(&dag, request)?), ..report }),
        Err(DagError::Cycle { cycle }) => Ok(DagReport { cycle: Some(cycle), ..report }),
        Err(error) => Err(located(error)),
    }
}

/// Sees that no file written is one that is read, or the other one.
fn check_files(request: &DagRequest<'_>) -> Result<(), DagRunError> {
    let real = |path: &Path| path.canonicalize().unwrap_or_else(|_| path.to_owned());
    let same = |a: Option<&Path>, b: Option<&Path>| a.zip(b).is_some_and(|(a, b)| real(a) == real(b));
    let nodes = match request.nodes {
        Some(Nodes::File(path)) => Some(path.as_path()),
        _ => None,
    };
    let (levels, reduction) = (request.levels, request.transitive_reduction);
    for (option, file) in [("levels", levels), ("transitive-reduction", reduction)] {
        let others = [("the edges", Some(request.edges)), ("the nodes", nodes)];
        if let (Some((other, _)), Some(path)) = (others.into_iter().find(|(_, f)| same(file, *f)), file) {
            return Err(DagRunError::Same { option, path: path.to_owned(), other });
        }
    }
    match levels {
        Some(path) if same(levels, reduction) => Err(DagRunError::Same {
            option: "levels",
            path: path.to_owned(),
            other: "the transitive reduction",
        }),
        _ => Ok(()),
    }
}

fn ordered(dag: &Dag, request: &DagRequest<'_>) -> Result<Ordered, DagRunError> {
    let generations = dag.topological_generations();
    let widths = (0..generations.count()).map(|g| generations.nodes(g).len());
    // Every id asked for is a node: `analyse` has looked.
    let numbers = |ids: &[u32]| ids.iter().filter_map(|&id| dag.number(id)).collect::<Vec<u32>>();
    let counted = |ids: &[u32], counts: Vec<u32>| {
        ids.iter().copied().zip(counts.into_iter().map(u64::from)).collect::<BTreeMap<_, _>>()
    };
    let ordered = Ordered {
        generations: generations.count() as u64,
        widest_generation: widths.max().unwrap_or(0) as u64,
        // A path that visits every generation is a longest one.
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
        write(path, [("id", ids), ("level", level)], &request.config.store)?;
    }
    if let Some(path) = request.transitive_reduction {
        let reduced = dag
            .transitive_reduction()
            .map_err(|error| DagRunError::Graph { path: request.edges.to_owned(), error })?;
        let mut kept: Vec<_> = reduced.edge_iter().map(|(u, v)| (dag.id(u), dag.id(v))).collect();
        kept.sort_unstable();
        let (src, dst) = kept.into_iter().unzip();
        write(path, [("src", src), ("dst", dst)], &request.config.store)?;
    }
    Ok(ordered)
}

fn write(path: &Path, columns: [(&str, Vec<u32>); 2], config: &StoreConfig) -> Result<(), DagRunError> {
    let columns = columns.map(|(name, values)| Column::new(name, "", Values::U32(values.into())));
    write_table(path, &Table::new(columns.into()), config)?;
    Ok(())
}
