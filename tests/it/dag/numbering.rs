//! From edges to a topological numbering, and to other libraries.

use ironforge::dag::{Dag, DagError, DagView, Digraph};
use petgraph::algo::toposort;
use petgraph::graph::DiGraph;
use proptest::prelude::*;

use super::{acyclic, descending_chain, edges};

fn unique(pairs: &[(u32, u32)]) -> Vec<(u32, u32)> {
    let mut unique = pairs.to_vec();
    unique.sort_unstable();
    unique.dedup();
    unique
}

fn is_topological(order: &[u32], pairs: &[(u32, u32)]) -> bool {
    let mut position = vec![usize::MAX; order.len()];
    order.iter().enumerate().for_each(|(i, &u)| position[u as usize] = i);
    !position.contains(&usize::MAX) && pairs.iter().all(|&(u, v)| position[u as usize] < position[v as usize])
}

proptest! {
    #[test]
    fn any_edges_give_a_numbering_or_a_cycle(pairs in prop::collection::vec((0_u32..12, 0_u32..12), 0..30)) {
        let cyclic = toposort(&DiGraph::<(), ()>::from_edges(&pairs), None).is_err();
        match Dag::from_edges(12, &pairs) {
            Ok(dag) => {
                prop_assert!(!cyclic);
                prop_assert!(dag.edge_iter().all(|(u, v)| u < v));
                prop_assert_eq!(edges(&dag), unique(&pairs));
                prop_assert!((0..12).all(|id| dag.id(dag.number(id).unwrap()) == id));
                prop_assert_eq!(dag.number(12), None);
            }
            Err(DagError::Cycle { cycle }) => {
                prop_assert!(cyclic && !cycle.is_empty());
                for (i, &u) in cycle.iter().enumerate() {
                    prop_assert!(pairs.contains(&(u, cycle[(i + 1) % cycle.len()])), "{:?}", cycle);
                }
            }
            Err(other) => prop_assert!(false, "{}", other),
        }
    }

    #[test]
    fn both_sorts_are_topological_and_do_not_depend_on_the_order_of_the_edges(
        (nodes, pairs) in acyclic(30, 60), seed: u64,
    ) {
        let graph = Digraph::from_edges(nodes, pairs.iter().copied()).unwrap();
        let (stable, least) = (graph.topological_sort().unwrap(), graph.lexicographical_topological_sort().unwrap());
        prop_assert!(is_topological(&stable, &pairs) && is_topological(&least, &pairs));
        prop_assert!(least <= stable, "the lexicographical one is the least of all");
        let dag = graph.into_dag().unwrap();
        let numbered = dag.ids().map_or_else(|| (0..nodes as u32).collect(), <[u32]>::to_vec);
        prop_assert!(is_topological(&numbered, &pairs));
        let mut shuffled = pairs;
        for i in (1..shuffled.len()).rev() {
            shuffled.swap(i, (seed.rotate_left(i as u32) % (i as u64 + 1)) as usize);
        }
        prop_assert_eq!(Dag::from_edges(nodes, &shuffled).unwrap(), dag);
    }

    #[test]
    fn the_stable_sort_goes_generation_by_generation((nodes, pairs) in acyclic(30, 60)) {
        let graph = Digraph::from_edges(nodes, pairs.iter().copied()).unwrap();
        let order = graph.topological_sort().unwrap();
        let dag = graph.into_dag().unwrap();
        let level = dag.topological_generations().level;
        prop_assert!(order.is_sorted_by_key(|&id| level[dag.number(id).unwrap() as usize]));
    }

    #[test]
    fn sorted_and_shuffled_edges_give_the_same_rows(pairs in prop::collection::vec((0_u32..20, 0_u32..20), 0..60)) {
        let sorted = unique(&pairs);
        let columns: (Vec<u32>, Vec<u32>) = sorted.iter().copied().unzip();
        let zipped = columns.0.iter().copied().zip(columns.1.iter().copied());
        let want = Digraph::from_edges(20, zipped).unwrap();
        prop_assert_eq!(want.edges(), sorted.len() as u64);
        prop_assert_eq!(Digraph::from_edges(20, pairs.iter().copied()).unwrap(), want);
    }
}

#[cfg(all(feature = "petgraph", feature = "sprs"))]
proptest! {
    #[test]
    fn a_graph_converted_to_another_library_and_back_is_the_same((nodes, pairs) in acyclic(20, 40)) {
        let dag = Dag::from_edges(nodes, &pairs).unwrap();
        let graph = dag.to_petgraph();
        prop_assert!(!petgraph::algo::is_cyclic_directed(&graph));
        prop_assert!(graph.node_weights().copied().eq((0..20).map(|u| dag.id(u))));
        let again = Dag::from_petgraph(&graph).unwrap();
        prop_assert!(again.ids().is_none());
        prop_assert_eq!(again.pattern(), dag.pattern());
        let ones = vec![1.0_f32; dag.edges() as usize];
        let matrix = dag.as_sprs(&ones).to_owned();
        prop_assert_eq!(Dag::from_sprs(matrix.to_csc()).unwrap(), again.clone());
        prop_assert_eq!(Dag::from_sprs(matrix).unwrap(), again);
    }
}

#[test]
fn the_stable_sort_is_that_of_networkx() {
    // networkx 3: list(topological_sort(DiGraph([(3, 0), (3, 1), (2, 1), (1, 4), (0, 4)]))) with nodes 0..5 added
    // first
    let graph = Digraph::from_edges(5, [(3, 0), (3, 1), (2, 1), (1, 4), (0, 4)]).unwrap();
    assert_eq!(graph.topological_sort(), Ok(vec![2, 3, 0, 1, 4]));
    assert_eq!(graph.lexicographical_topological_sort(), Ok(vec![2, 3, 0, 1, 4]));
    let graph = Digraph::from_edges(4, [(3, 1), (0, 2)]).unwrap();
    assert_eq!(graph.topological_sort(), Ok(vec![0, 3, 2, 1]));
    assert_eq!(graph.lexicographical_topological_sort(), Ok(vec![0, 2, 3, 1]));
}

#[test]
fn a_self_loop_and_an_id_out_of_range_are_refused() {
    assert_eq!(Dag::from_edges(3, &[(1, 1)]), Err(DagError::Cycle { cycle: vec![1] }));
    assert_eq!(Dag::from_edges(3, &[(0, 3)]), Err(DagError::Node { edge: 0, node: 3, nodes: 3 }));
    assert_eq!(Dag::from_edges(3, &[(0, 1), (7, 9)]), Err(DagError::Node { edge: 1, node: 7, nodes: 3 }));
    let text = Dag::from_edges(3, &[(0, 1), (1, 2), (2, 0)]).unwrap_err().to_string();
    assert!(text.contains("closes a cycle of 3 nodes"), "{text}");
}

#[test]
fn more_than_32_bits_of_nodes_or_edges_are_refused_before_allocation() {
    let edges = std::iter::repeat_n((0, 1), 1 << 32);
    assert_eq!(Digraph::from_edges(2, edges), Err(DagError::TooLarge { what: "edges", count: 1 << 32 }));
    assert_eq!(Dag::from_edges(1 << 40, &[]), Err(DagError::TooLarge { what: "nodes", count: 1 << 40 }));
}

#[test]
fn a_cycle_still_has_components() {
    let graph = Digraph::from_edges(6, [(0, 1), (1, 0), (4, 2), (5, 5)]).unwrap();
    let components = graph.weakly_connected_components();
    assert_eq!((components.label, components.count), (vec![0, 0, 1, 2, 1, 3], 4));
    assert!(graph.into_dag().is_err());
}

#[test]
fn a_chain_of_a_million_is_numbered_from_its_start() {
    let dag = descending_chain(1_000_000);
    assert_eq!((dag.id(0), dag.number(0)), (999_999, Some(999_999)));
    let mut edges: Vec<_> = (1..1_000_000).map(|i| (i, i - 1)).collect();
    edges.push((0, 999_999));
    match Dag::from_edges(1_000_000, &edges) {
        Err(DagError::Cycle { cycle }) => assert_eq!(cycle.len(), 1_000_000),
        other => panic!("{other:?}"),
    }
}
