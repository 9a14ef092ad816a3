//! Counts, order and tables of a graph given as a list of edges.

use std::collections::BTreeMap;
use std::path::Path;

use super::NodeId;
use super::numbering::NodeIds;
use super::output_files;
use super::read::{EdgeList, read};
use super::report::{EdgeListReport, OrderReport, WeightedPathReport};
use super::request::EdgeListRequest;
use super::weights::WeightColumn;
use crate::dag::{CriticalPath, Dag, DagError, DagView, Digraph};
use crate::pipeline::error::EdgeListError;
use crate::table::{Column, Table, Values};

/// Reads a directed graph and describes it. Files of an earlier run at the requested paths are removed first; the
/// requested files are written after everything else has succeeded, each completely or not at all.
///
/// The input is a table with columns `src` and `dst`, of integers from 0 or of text. The nodes are the ids that occur
/// in an edge; [`NodeCount`](super::NodeCount) adds others, each a root and a sink in generation 0 and a component by
/// itself. A repeated edge counts once, with the largest of its weights; an edge from a node to itself is a cycle of
/// length 1. The result does not depend on the order of the rows.
///
/// If the graph has a cycle, the report contains one, and all that does not need a topological order: the reach counts
/// too. The report names the fields that it lacks, and the files that were not written.
///
/// ```
/// use ironforge::config::Config;
/// use ironforge::pipeline::{EdgeListRequest, NodeId, describe_edge_list};
///
/// let folder = tempfile::tempdir()?;
/// let edges = folder.path().join("edges.csv");
/// std::fs::write(&edges, "src,dst,hours\ndig,pour,5\npour,build,2\ndig,build,6\n")?;
///
/// let config = Config::default();
/// let report = describe_edge_list(&EdgeListRequest {
///     edges: &edges,
///     nodes: None,
///     descendants: &["dig".to_owned()],
///     ancestors: &[],
///     weight: Some("hours"),
///     transitive_reduction: None,
///     levels: None,
///     node_map: None,
///     limits: &config.limits,
///     store: &config.store,
/// })?;
/// assert_eq!((report.nodes, report.edges, report.is_dag), (3, 3, true));
/// assert_eq!(report.descendants[&NodeId::from("dig")], 2);
/// let longest = report.order.and_then(|order| order.longest_path_weighted).unwrap();
/// assert_eq!((longest.length, longest.path), (7.0, ["dig", "pour", "build"].map(NodeId::from).to_vec()));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// # Errors
/// [`EdgeListError`] names the file, the row and the remedy. A cycle is not an error: the report contains it.
pub fn describe_edge_list(request: &EdgeListRequest<'_>) -> Result<EdgeListReport, EdgeListError> {
    output_files::check(request)?;
    output_files::remove_earlier(request)?;
    let EdgeList { ids, edges, weights } = read(request)?;
    let asked = AskedNodes {
        descendants: numbers(&ids, "descendants", request.descendants)?,
        ancestors: numbers(&ids, "ancestors", request.ancestors)?,
    };
    let located = |error| EdgeListError::Graph { path: request.edges.to_owned(), error };
    let graph = Digraph::from_edges(ids.len(), edges.iter().copied()).map_err(located)?;
    let roots = graph.roots();
    let isolated = roots.iter().filter(|&&u| graph.pattern().row(u as usize).is_empty()).count() as u64;
    let report = EdgeListReport {
        nodes: graph.nodes() as u64,
        ids_without_edge: ids.gaps() + isolated,
        edges: graph.edges(),
        weakly_connected_components: graph.weakly_connected_components().count.into(),
        roots: roots.len() as u64,
        sinks: graph.sinks().len() as u64,
        ..EdgeListReport::default()
    };
    drop(roots);
    let mut tables = Vec::new();
    let report = match graph.try_into_dag() {
        Ok(dag) => {
            let described = DescribedDag { dag, ids: &ids, request };
            let order = described.order(weights.map(|weights| (weights, edges)), &mut tables)?;
            described.with_reach(&asked, EdgeListReport { is_dag: true, order: Some(order), ..report })
        }
        Err((DagError::Cycle { cycle }, graph)) => {
            let cycle = cycle.into_iter().map(|node| ids.id(node)).collect();
            cyclic(&graph, &ids, &asked, request, EdgeListReport { cycle: Some(cycle), ..report })
        }
        Err((error, _)) => return Err(located(error)),
    };
    if let Some(path) = request.node_map {
        let nodes = || 0..ids.len() as u32;
        let columns = [("node", Values::U32(nodes().collect())), ("id", ids.column(nodes()))];
        tables.push((path, table(columns)));
    }
    output_files::write(&tables, request.store)?;
    Ok(report)
}

/// The nodes whose reach is counted.
struct AskedNodes {
    descendants: Vec<u32>,
    ancestors: Vec<u32>,
}

/// The numbers of the ids that an option names.
fn numbers(ids: &NodeIds, option: &'static str, texts: &[String]) -> Result<Vec<u32>, EdgeListError> {
    let number = |text: &String| {
        let unknown = || EdgeListError::Id { option, id: text.clone(), nodes: ids.len() as u64 };
        ids.find(text).ok_or_else(unknown)
    };
    texts.iter().map(number).collect()
}

/// The counts of nodes, by id.
fn by_id(ids: &NodeIds, nodes: &[u32], counts: Vec<u32>) -> BTreeMap<NodeId, u64> {
    nodes.iter().map(|&node| ids.id(node)).zip(counts.into_iter().map(u64::from)).collect()
}

fn table<const N: usize>(columns: [(&str, Values); N]) -> Table {
    Table::new(columns.map(|(name, values)| Column::new(name, "", values)).into())
}

/// The report of a graph with a cycle.
fn cyclic(
    graph: &Digraph,
    ids: &NodeIds,
    asked: &AskedNodes,
    request: &EdgeListRequest<'_>,
    report: EdgeListReport,
) -> EdgeListReport {
    let condensation = graph.condensation();
    let mut undefined = OrderReport::FIELDS.to_vec();
    undefined.extend(request.weight.map(|_| OrderReport::WEIGHTED_FIELD));
    EdgeListReport {
        strongly_connected_components: condensation.sizes().len() as u64,
        nodes_on_cycles: condensation.nodes_on_cycles().into(),
        descendants: by_id(ids, &asked.descendants, condensation.descendant_counts(&asked.descendants)),
        ancestors: by_id(ids, &asked.ancestors, condensation.ancestor_counts(&asked.ancestors)),
        undefined,
        not_written: output_files::of_an_order(request).map(|path| path.display().to_string()).collect(),
        ..report
    }
}

/// A DAG that a request is about.
struct DescribedDag<'a> {
    dag: Dag,
    /// The ids of the nodes, which are the ids of `dag`.
    ids: &'a NodeIds,
    request: &'a EdgeListRequest<'a>,
}

impl<'a> DescribedDag<'a> {
    fn with_reach(&self, asked: &AskedNodes, report: EdgeListReport) -> EdgeListReport {
        // Every node of the edge list is one of the DAG.
        let numbers =
            |nodes: &[u32]| nodes.iter().filter_map(|&node| self.dag.number(node)).collect::<Vec<_>>();
        let descendants = self.dag.descendant_counts(&numbers(&asked.descendants));
        let ancestors = self.dag.ancestor_counts(&numbers(&asked.ancestors));
        EdgeListReport {
            strongly_connected_components: report.nodes,
            descendants: by_id(self.ids, &asked.descendants, descendants),
            ancestors: by_id(self.ids, &asked.ancestors, ancestors),
            ..report
        }
    }

    /// The order; appends the requested tables to `tables`.
    fn order(
        &self,
        weights: Option<(WeightColumn, Vec<(u32, u32)>)>,
        tables: &mut Vec<(&'a Path, Table)>,
    ) -> Result<OrderReport, EdgeListError> {
        let Self { dag, ids, request } = self;
        let generations = dag.topological_generations();
        let weighted = weights.map(|(column, edges)| {
            let plan = self.critical_path(&column, &edges)?;
            Ok::<_, EdgeListError>((column, plan))
        });
        let weighted = weighted.transpose()?;
        if let Some(path) = request.levels {
            let mut columns = vec![
                Column::new("id", "", ids.column(0..dag.nodes() as u32)),
                Column::new("level", "", Values::U32(self.by_node(&generations.level).into())),
            ];
            if let Some((WeightColumn { unit, .. }, plan)) = &weighted {
                let times = [("earliest", &plan.earliest), ("latest", &plan.latest), ("slack", &plan.slack)];
                columns.extend(
                    times.map(|(name, t)| Column::new(name, unit, Values::F64(self.by_node(t).into()))),
                );
            }
            tables.push((path, Table::new(columns)));
        }
        if let Some(path) = request.transitive_reduction {
            let reduced = dag
                .transitive_reduction()
                .map_err(|error| EdgeListError::Graph { path: request.edges.to_owned(), error })?;
            let mut kept: Vec<_> = reduced.edge_iter().map(|(u, v)| (dag.id(u), dag.id(v))).collect();
            kept.sort_unstable();
            let column = |node: fn(&(u32, u32)) -> u32| ids.column(kept.iter().map(node));
            tables.push((path, table([("src", column(|edge| edge.0)), ("dst", column(|edge| edge.1))])));
        }
        Ok(OrderReport {
            generations: generations.count() as u64,
            widest_generation: generations.widest() as u64,
            // A longest path has one node in each generation.
            longest_path_edges: generations.count().saturating_sub(1) as u64,
            longest_path_weighted: weighted.map(|(column, plan)| self.longest_path(&column, &plan)),
        })
    }

    fn critical_path(
        &self,
        column: &WeightColumn,
        edges: &[(u32, u32)],
    ) -> Result<CriticalPath, EdgeListError> {
        let path = || self.request.edges.to_owned();
        self.dag.critical_path(&column.in_edge_order(&self.dag, edges)).map_err(|error| match error {
            DagError::Overflow { node, .. } => EdgeListError::PathLength {
                path: path(),
                column: column.name.clone(),
                id: self.ids.id(self.dag.id(node)).to_string(),
            },
            error => EdgeListError::Graph { path: path(), error },
        })
    }

    fn longest_path(&self, column: &WeightColumn, plan: &CriticalPath) -> WeightedPathReport {
        let unit = match column.unit.as_str() {
            "" => format!("that of column {}", column.name),
            unit => unit.to_owned(),
        };
        let path = plan.path.iter().map(|&number| self.ids.id(self.dag.id(number))).collect();
        WeightedPathReport { column: column.name.clone(), unit, length: plan.length, path }
    }

    /// Values of the numbers of the DAG, by the nodes of the edge list.
    fn by_node<T: Copy + Default>(&self, values: &[T]) -> Vec<T> {
        let mut by_node = vec![T::default(); values.len()];
        for (&value, number) in values.iter().zip(0..) {
            by_node[self.dag.id(number) as usize] = value;
        }
        by_node
    }
}
