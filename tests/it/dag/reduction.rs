//! Transitive reduction and closure, by each method.

use ironforge::dag::{Dag, DagError, DagView};
use petgraph::algo::toposort;
use petgraph::algo::tred::{dag_to_toposorted_adjacency_list, dag_transitive_reduction_closure};
use petgraph::graph::NodeIndex;
use petgraph::visit::{IntoNeighbors, NodeIndexable};
use proptest::prelude::*;

use super::{acyclic, descending_chain, edges, in_petgraph, intervals, leads_to};

/// Reduction and closure by petgraph, sorted, in numbers.
fn by_petgraph(dag: &impl DagView) -> [Vec<(u32, u32)>; 2] {
    let graph = in_petgraph(dag);
    let order = toposort(&graph, None).unwrap();
    let (list, _) = dag_to_toposorted_adjacency_list::<_, NodeIndex>(&graph, &order);
    let (reduction, closure) = dag_transitive_reduction_closure(&list);
    [reduction, closure].map(|graph| {
        let mut edges = Vec::new();
        for u in 0..graph.node_bound() {
            let to = graph.neighbors(NodeIndex::new(u)).map(|v| order[v.index()].index() as u32);
            edges.extend(to.map(|v| (order[u].index() as u32, v)));
        }
        edges.sort_unstable();
        edges
    })
}

fn check_against_petgraph(dag: &impl DagView) {
    let [reduction, closure] = by_petgraph(dag);
    let reduced = dag.transitive_reduction().unwrap();
    assert_eq!(reduced.edge_iter().collect::<Vec<_>>(), reduction);
    assert_eq!(reduced.ids(), dag.ids());
    let closed = dag.transitive_closure(u64::MAX).unwrap();
    assert_eq!(closed.edge_iter().collect::<Vec<_>>(), closure);
    assert_eq!(closed.ids(), dag.ids());
    assert_eq!(closed.transitive_reduction().unwrap(), reduced);
}

/// The graph with `stretch - 1` isolated nodes between consecutive nodes: the same edges, `stretch` times as long.
fn stretched(dag: &Dag, stretch: u32) -> Dag {
    let edges: Vec<_> = dag.edge_iter().map(|(u, v)| (u * stretch, v * stretch)).collect();
    Dag::from_edges(dag.nodes() * stretch as usize, &edges).unwrap()
}

proptest! {
    #[test]
    fn small_graphs_are_reduced_and_closed_as_petgraph_does((nodes, pairs) in acyclic(40, 120)) {
        check_against_petgraph(&Dag::from_edges(nodes, &pairs).unwrap());
    }

    #[test]
    fn graphs_wider_than_a_word_are_reduced_and_closed_as_petgraph_does((nodes, pairs) in acyclic(300, 600)) {
        check_against_petgraph(&Dag::from_edges(nodes, &pairs).unwrap());
    }

    #[test]
    fn graphs_of_events_are_reduced_and_closed_as_petgraph_does(dag in intervals()) {
        check_against_petgraph(&dag);
        assert_eq!(dag.transitive_reduction(), Dag::from_intervals(&dag).unwrap().transitive_reduction());
    }

    #[test]
    fn the_length_of_edges_does_not_matter((nodes, pairs) in acyclic(30, 90)) {
        let dag = Dag::from_edges(nodes, &pairs).unwrap();
        let numbered = Dag::from_edges(nodes, &dag.edge_iter().collect::<Vec<_>>()).unwrap();
        let short = numbered.transitive_reduction().unwrap();
        // Words, bands of a few words and of many, and the search.
        for stretch in [2, 3, 11, 64, 139, 700] {
            let long = stretched(&numbered, stretch).transitive_reduction().unwrap();
            assert_eq!(long, stretched(&short, stretch), "{stretch}");
        }
    }

    #[test]
    fn a_reduction_leads_where_the_graph_leads((nodes, pairs) in acyclic(30, 200)) {
        let dag = Dag::from_edges(nodes, &pairs).unwrap();
        let reduced = dag.transitive_reduction().unwrap();
        prop_assert_eq!(leads_to(&reduced), leads_to(&dag));
        prop_assert!(edges(&reduced).iter().all(|edge| pairs.contains(edge)));
    }
}

#[test]
fn edges_at_the_limits_of_each_method_are_reduced_correctly() {
    for reach in [63, 64, 65, 127, 128, 129, 4095, 4096, 4097] {
        let edges = [(0, 1), (1, reach), (0, reach), (2, 2 + reach), (2, 3), (3, 4)];
        let reduced = Dag::from_edges(2 * reach as usize, &edges).unwrap().transitive_reduction().unwrap();
        let want = [(0, 1), (1, reach), (2, 3), (2, 2 + reach), (3, 4)];
        assert_eq!(super::edges(&reduced), want, "{reach}");
    }
}

#[test]
fn a_graph_too_dense_to_search_is_reduced_the_same() {
    // 60 layers of 20 nodes, each joined with all of the next; from every node an edge to the node of the same
    // index in the last layer.
    let (width, last) = (20, 59 * 20);
    let edges = (0..last).flat_map(|u| {
        let next = (u / width + 1) * width;
        (next..next + width).chain([last + u % width]).map(move |v| (u, v))
    });
    let dag = Dag::from_edges(1200, &edges.collect::<Vec<_>>()).unwrap();
    let reduced = dag.transitive_reduction().unwrap();
    assert_eq!(reduced.edges(), u64::from(last * width));
    assert_eq!(stretched(&dag, 4).transitive_reduction().unwrap(), stretched(&reduced, 4));
}

#[test]
fn a_chain_of_a_million_with_every_shortcut_of_two_is_reduced_to_the_chain() {
    let n = 1_000_000_u32;
    let edges: Vec<_> = (1..n).map(|i| (i - 1, i)).chain((2..n).map(|i| (i - 2, i))).collect();
    let chain = descending_chain(n).transitive_reduction().unwrap();
    assert_eq!(
        Dag::from_edges(n as usize, &edges).unwrap().transitive_reduction().unwrap().pattern(),
        chain.pattern()
    );
    let spanned: Vec<_> = edges.into_iter().chain([(0, n - 1)]).collect();
    let dag = Dag::from_edges(n as usize, &spanned).unwrap();
    assert_eq!(
        dag.transitive_reduction().unwrap().pattern(),
        chain.pattern(),
        "one edge as long as the chain"
    );
}

#[test]
fn a_closure_above_the_limit_is_refused_with_both_numbers() {
    let chain = descending_chain(1000);
    assert_eq!(chain.transitive_closure(499_500).unwrap().edges(), 499_500);
    let refused = chain.transitive_closure(499_499).unwrap_err();
    assert!(matches!(refused, DagError::Limit { least: 499_500, limit: 499_499, .. }), "{refused}");
    // 5 · 10^11 edges: refused after the first of them are counted.
    let error = descending_chain(1_000_000).transitive_closure(u64::MAX).unwrap_err();
    assert!(matches!(error, DagError::Limit { limit: 0xffff_ffff, .. }), "{error}");
}

#[test]
fn graphs_without_nodes_or_edges_are_their_own_reduction_and_closure() {
    for nodes in [0, 1, 5] {
        let dag = Dag::from_edges(nodes, &[]).unwrap();
        assert_eq!(dag.transitive_reduction(), Ok(dag.clone()));
        assert_eq!(dag.transitive_closure(0), Ok(dag));
    }
}
