//! Graphs with cycles: strongly connected components, and reachability against a search from each node.

use std::collections::BTreeSet;

use ironforge::dag::{DagError, DagView, Digraph};
use petgraph::algo::tarjan_scc;
use petgraph::graph::DiGraph;
use proptest::prelude::*;

/// The nodes that `from` leads to, without itself, by a search along `pairs`: networkx's `descendants`.
fn search(pairs: &[(u32, u32)], from: u32) -> BTreeSet<u32> {
    let (mut found, mut open) = (BTreeSet::from([from]), vec![from]);
    while let Some(at) = open.pop() {
        let next = pairs.iter().filter(|(u, _)| *u == at).map(|(_, v)| *v);
        open.extend(next.filter(|&v| found.insert(v)));
    }
    found.remove(&from);
    found
}

/// Edges between 14 nodes: most of these graphs have cycles, some have none.
fn any_edges() -> impl Strategy<Value = Vec<(u32, u32)>> {
    prop::collection::vec((0_u32..14, 0_u32..14), 0..30)
}

proptest! {
    #[test]
    fn reach_counts_are_those_of_a_search(pairs in any_edges()) {
        let condensed = Digraph::from_edges(14, pairs.iter().copied()).unwrap().condensation();
        let backwards: Vec<_> = pairs.iter().map(|&(u, v)| (v, u)).collect();
        // Twice and in another order: the counts are in the order of the nodes given.
        let asked: Vec<u32> = (0..14).rev().chain(0..14).collect();
        let want = |pairs: &[_]| asked.iter().map(|&u| search(pairs, u).len() as u32).collect::<Vec<_>>();
        prop_assert_eq!(condensed.descendant_counts(&asked), want(&pairs));
        prop_assert_eq!(condensed.ancestor_counts(&asked), want(&backwards));
        let on_cycle = |u: u32| pairs.contains(&(u, u)) || search(&pairs, u).iter().any(|&v| search(&pairs, v).contains(&u));
        prop_assert_eq!(condensed.nodes_on_cycles() as usize, (0..14).filter(|&u| on_cycle(u)).count());
    }

    #[test]
    fn components_are_those_of_petgraph_and_their_graph_is_acyclic(pairs in any_edges()) {
        let condensed = Digraph::from_edges(14, pairs.iter().copied()).unwrap().condensation();
        let mut graph = DiGraph::<(), ()>::from_edges(&pairs);
        while graph.node_count() < 14 {
            graph.add_node(());
        }
        let theirs: BTreeSet<BTreeSet<u32>> =
            tarjan_scc(&graph).iter().map(|c| c.iter().map(|u| u.index() as u32).collect()).collect();
        let of = |c| (0..14).filter(|&u: &u32| condensed.component()[u as usize] == c).collect();
        let ours: BTreeSet<BTreeSet<u32>> = (0..condensed.sizes().len() as u32).map(of).collect();
        prop_assert_eq!(&ours, &theirs);
        let sizes: Vec<u32> = (0..condensed.sizes().len() as u32).map(|c| of(c).len() as u32).collect();
        prop_assert_eq!(condensed.sizes(), sizes);
        let number = |u: u32| condensed.component()[u as usize];
        let between: BTreeSet<_> =
            pairs.iter().map(|&(u, v)| (number(u), number(v))).filter(|(a, b)| a != b).collect();
        prop_assert!(between.iter().all(|(a, b)| a < b), "{:?}", between);
        prop_assert!(condensed.dag().edge_iter().eq(between));
    }

    #[test]
    fn roots_and_sinks_have_no_edge_in_or_out(pairs in any_edges()) {
        let graph = Digraph::from_edges(14, pairs.iter().copied()).unwrap();
        let bare = |holds: &dyn Fn(u32) -> bool| (0..14).filter(|&u| !holds(u)).collect::<Vec<u32>>();
        prop_assert_eq!(graph.roots(), bare(&|u| pairs.iter().any(|e| e.1 == u)));
        prop_assert_eq!(graph.sinks(), bare(&|u| pairs.iter().any(|e| e.0 == u)));
    }
}

#[test]
fn descendants_on_a_cycle_are_those_of_networkx() {
    // networkx 3: [len(descendants(G, n)) for n in range(5)] of DiGraph([(0, 1), (1, 2), (2, 1), (2, 3), (4, 4)])
    let graph = Digraph::from_edges(5, [(0, 1), (1, 2), (2, 1), (2, 3), (4, 4)]).unwrap();
    let condensed = graph.condensation();
    assert_eq!(condensed.descendant_counts(&[0, 1, 2, 3, 4]), [3, 2, 2, 0, 0]);
    assert_eq!(condensed.ancestor_counts(&[0, 1, 2, 3, 4]), [0, 2, 2, 3, 0]);
    assert_eq!(condensed.nodes_on_cycles(), 3, "1, 2 and the self loop");
}

#[test]
fn a_graph_that_is_not_a_dag_is_returned_with_its_cycle() {
    let graph = Digraph::from_edges(3, [(0, 1), (2, 1), (1, 2)]).unwrap();
    let (error, same) = graph.clone().try_into_dag().unwrap_err();
    assert_eq!((error, same), (DagError::Cycle { cycle: vec![1, 2] }, graph));
}

#[test]
fn large_components_are_counted_without_recursion() {
    // A ring of a million nodes that a chain leads to and from.
    let n = 1_000_000_u32;
    let ring = (0..n).map(|i| (i, (i + 1) % n));
    let chain = [(n, n + 1), (n + 1, 7), (9, n + 2), (n + 2, n + 3)];
    let edges: Vec<_> = ring.chain(chain).collect();
    let condensed = Digraph::from_edges(n as usize + 4, edges).unwrap().condensation();
    assert_eq!((condensed.sizes().len(), condensed.nodes_on_cycles()), (5, n));
    let asked = [5, n, n + 1, n + 2, n + 3];
    assert_eq!(condensed.descendant_counts(&asked), [n + 1, n + 3, n + 2, 1, 0]);
    assert_eq!(condensed.ancestor_counts(&asked), [n + 1, 0, 1, n + 2, n + 3]);
    let empty = Digraph::from_edges(0, []).unwrap().condensation();
    assert_eq!((empty.sizes(), empty.descendant_counts(&[])), (&[][..], vec![]));
}
