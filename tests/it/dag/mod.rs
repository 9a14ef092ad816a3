//! Properties of graphs, link rules and edge weights.

mod batch;
mod components;
mod cyclic;
mod generations;
mod numbering;
mod paths;
mod reach;
mod reduction;
mod rules;

use ironforge::dag::{Dag, DagView, IntervalDag, WindowKnn};
use petgraph::graph::DiGraph;
use proptest::prelude::*;

/// Edges between up to `nodes` nodes; the ids are not a topological numbering in general, and edges repeat.
fn acyclic(nodes: u32, edges: usize) -> impl Strategy<Value = (usize, Vec<(u32, u32)>)> {
    let ids = Just((0..nodes).collect::<Vec<u32>>()).prop_shuffle();
    (ids, prop::collection::vec((0..nodes, 0..nodes), 0..edges)).prop_map(move |(ids, pairs)| {
        let forward = pairs.into_iter().filter(|(u, v)| u != v).map(|(u, v)| (u.min(v), u.max(v)));
        let named = forward.map(|(u, v)| (ids[u as usize], ids[v as usize]));
        (nodes as usize, named.collect())
    })
}

/// Graphs of events by window rules.
fn intervals() -> impl Strategy<Value = IntervalDag> {
    let times = prop::collection::vec(-200_i64..200, 0..120);
    (times, 1_u32..6, 0_i64..10, 0_i64..40).prop_map(|(mut t, k, dt_min, span)| {
        t.sort_unstable();
        WindowKnn { k, dt_min_ms: dt_min, dt_max_ms: dt_min + span }.build(&t).unwrap()
    })
}

/// The edges in the caller's ids, sorted.
fn edges(dag: &impl DagView) -> Vec<(u32, u32)> {
    let mut edges: Vec<_> = dag.edge_iter().map(|(u, v)| (dag.id(u), dag.id(v))).collect();
    edges.sort_unstable();
    edges
}

/// Reachability between all pairs of nodes, by Warshall's algorithm: the oracle for small graphs.
fn leads_to(dag: &impl DagView) -> Vec<Vec<bool>> {
    let mut leads = vec![vec![false; dag.nodes()]; dag.nodes()];
    dag.edge_iter().for_each(|(u, v)| leads[u as usize][v as usize] = true);
    for by in 0..dag.nodes() {
        for u in 0..dag.nodes() {
            if leads[u][by] {
                (0..dag.nodes()).for_each(|v| leads[u][v] |= leads[by][v]);
            }
        }
    }
    leads
}

/// Length of the longest path to each node, by the Bellman-Ford algorithm.
fn distances(dag: &impl DagView, weights: &[f64]) -> Vec<f64> {
    let mut distance = vec![0.0_f64; dag.nodes()];
    for _ in 0..dag.nodes() {
        for ((u, v), w) in dag.edge_iter().zip(weights) {
            distance[v as usize] = distance[v as usize].max(distance[u as usize] + w);
        }
    }
    distance
}

/// A path of `nodes` nodes whose ids descend along it.
fn descending_chain(nodes: u32) -> Dag {
    Dag::from_edges(nodes as usize, &(1..nodes).map(|i| (i, i - 1)).collect::<Vec<_>>()).unwrap()
}

/// The same graph in petgraph; node indices are the topological numbers.
fn in_petgraph(dag: &impl DagView) -> DiGraph<(), (), u32> {
    let mut graph = DiGraph::from_edges(dag.edge_iter());
    while graph.node_count() < dag.nodes() {
        graph.add_node(());
    }
    graph
}
