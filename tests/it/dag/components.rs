//! Degrees, components, slices, subgraphs, the transposed graph.

use ironforge::dag::{Dag, DagError, DagView, WindowKnn};
use petgraph::Direction;
use petgraph::algo::connected_components;
use petgraph::graph::NodeIndex;
use petgraph::visit::EdgeRef;
use proptest::prelude::*;

use super::{acyclic, descending_chain, edges, in_petgraph, intervals};

fn check_against_petgraph(dag: &impl DagView) {
    let graph = in_petgraph(dag);
    let degree = |u, way| graph.neighbors_directed(NodeIndex::new(u), way).count() as u32;
    let degrees = |way| (0..dag.nodes()).map(|u| degree(u, way)).collect::<Vec<_>>();
    assert_eq!(dag.in_degrees(), degrees(Direction::Incoming));
    assert_eq!(dag.out_degrees(), degrees(Direction::Outgoing));
    let bare = |way| graph.externals(way).map(|u| u.index() as u32).collect::<Vec<_>>();
    assert_eq!((dag.roots(), dag.sinks()), (bare(Direction::Incoming), bare(Direction::Outgoing)));

    let components = dag.weakly_connected_components();
    assert_eq!(components.count as usize, connected_components(&graph));
    assert!(
        graph
            .edge_references()
            .all(|e| { components.label[e.source().index()] == components.label[e.target().index()] })
    );
    let mut first = 0;
    for &label in &components.label {
        assert!(label <= first, "labels are given in the order of first nodes");
        first += u32::from(label == first);
    }
    assert_eq!(first, components.count);
}

/// The edges among some nodes, in ids.
fn among(dag: &impl DagView, holds: impl Fn(u32) -> bool) -> Vec<(u32, u32)> {
    let inside = dag.edge_iter().filter(|&(u, v)| holds(u) && holds(v));
    let mut edges: Vec<_> = inside.map(|(u, v)| (dag.id(u), dag.id(v))).collect();
    edges.sort_unstable();
    edges
}

proptest! {
    #[test]
    fn degrees_and_components_are_those_of_petgraph((nodes, pairs) in acyclic(30, 40), events in intervals()) {
        check_against_petgraph(&Dag::from_edges(nodes, &pairs).unwrap());
        check_against_petgraph(&events);
    }

    #[test]
    fn a_transposed_graph_has_every_edge_reversed((nodes, pairs) in acyclic(30, 60)) {
        let dag = Dag::from_edges(nodes, &pairs).unwrap();
        let back = dag.transpose().unwrap();
        prop_assert!(back.edge_iter().all(|(u, v)| u < v));
        let mut reversed: Vec<_> = edges(&dag).into_iter().map(|(u, v)| (v, u)).collect();
        reversed.sort_unstable();
        prop_assert_eq!(edges(&back), reversed);
        prop_assert_eq!(back.transpose().unwrap(), dag);
    }

    #[test]
    fn a_subgraph_holds_the_edges_among_its_nodes_under_their_ids(
        (nodes, pairs) in acyclic(30, 60), chosen in prop::collection::vec(0_u32..30, 0..40),
    ) {
        let dag = Dag::from_edges(nodes, &pairs).unwrap();
        let part = dag.induced_subgraph(&chosen).unwrap();
        prop_assert_eq!(edges(&part), among(&dag, |u| chosen.contains(&u)));
        for id in 0..30 {
            let inside = chosen.contains(&dag.number(id).unwrap());
            prop_assert_eq!(part.number(id).map(|number| part.id(number)), inside.then_some(id));
        }
        let everything: Vec<u32> = (0..30).rev().collect();
        prop_assert_eq!(dag.induced_subgraph(&everything).unwrap(), dag);
    }

    #[test]
    fn a_slice_is_the_subgraph_of_its_numbers(dag in intervals(), a: prop::sample::Index, b: prop::sample::Index) {
        let (a, b) = (a.index(dag.nodes() + 1) as u32, b.index(dag.nodes() + 1) as u32);
        let numbers = a.min(b)..a.max(b);
        let slice = dag.slice(numbers.clone());
        let csr = Dag::from_intervals(&dag).unwrap();
        let part = csr.slice(numbers.clone());
        prop_assert_eq!(&part, &csr.induced_subgraph(&numbers.clone().collect::<Vec<_>>()).unwrap());
        let csr_of_slice = Dag::from_intervals(&slice).unwrap();
        prop_assert_eq!(csr_of_slice.pattern(), part.pattern());
        prop_assert_eq!(edges(&part), among(&dag, |u| numbers.contains(&u)));
    }

    #[test]
    fn a_time_slice_is_the_graph_of_its_events(
        mut t in prop::collection::vec(-30_i64..30, 0..50), from in -40_i64..40, span in 0_i64..40,
    ) {
        t.sort_unstable();
        let rule = WindowKnn { k: 3, dt_min_ms: 1, dt_max_ms: 9 };
        let whole = rule.build(&t).unwrap();
        let inside: Vec<i64> = t.iter().copied().filter(|t| (from..from + span).contains(t)).collect();
        let slice = whole.time_slice(&t, from..from + span).unwrap();
        prop_assert_eq!(edges(&slice), edges(&rule.build(&inside).unwrap()));
        prop_assert_eq!(slice.nodes(), inside.len());
    }
}

#[test]
fn unsorted_times_have_no_slice() {
    let dag = Dag::from_edges(3, &[(0, 1)]).unwrap();
    assert_eq!(dag.time_slice(&[5, 4, 6], 0..9), Err(DagError::Unsorted { index: 1 }));
    assert_eq!(dag.time_slice(&[5, 5, 5], 5..6), Ok(dag.clone()), "all at one time");
    #[expect(clippy::reversed_empty_ranges, reason = "what a caller may compute")]
    let reversed = dag.time_slice(&[1, 2, 3], 3..1).unwrap();
    assert_eq!(reversed.nodes(), 0);
}

#[test]
fn a_chain_of_a_million_is_one_component() {
    let n = 1_000_000;
    let dag = descending_chain(n);
    assert_eq!(
        (dag.weakly_connected_components().count, dag.roots(), dag.sinks()),
        (1, vec![0], vec![n - 1])
    );
    let back = dag.transpose().unwrap();
    assert_eq!((back.id(0), back.ids()), (0, None));
    assert_eq!(dag.induced_subgraph(&[3, 4, 6]).unwrap().weakly_connected_components().count, 2);
    assert_eq!(dag.slice(10..20).id(0), n - 11);
}

#[test]
fn csr_takes_4_bytes_per_edge_and_node_and_intervals_8_per_node() {
    let t_ms: Vec<i64> = (0..10_000).collect();
    let dag = WindowKnn { k: 4, dt_min_ms: 1, dt_max_ms: 100 }.build(&t_ms).unwrap();
    let csr = Dag::from_intervals(&dag).unwrap();
    assert_eq!(dag.edges(), 39_990);
    assert_eq!((dag.bytes(), csr.bytes()), (8 * 10_000, 4 * (39_990 + 10_001)));
    assert_eq!(descending_chain(100).bytes(), 4 * (99 + 101) + 8 * 100);
}
