//! Ancestors, descendants and their numbers.

use ironforge::dag::{Dag, DagView};
use proptest::prelude::*;

use super::{acyclic, descending_chain, intervals, leads_to};

fn check_against_warshall(dag: &impl DagView) {
    let leads = leads_to(dag);
    let nodes = 0..dag.nodes() as u32;
    let all: Vec<u32> = nodes.clone().collect();
    let (down, up) = (dag.descendant_counts(&all), dag.ancestor_counts(&all));
    for u in nodes.clone() {
        let below: Vec<u32> = nodes.clone().filter(|&v| leads[u as usize][v as usize]).collect();
        let above: Vec<u32> = nodes.clone().filter(|&v| leads[v as usize][u as usize]).collect();
        assert_eq!((down[u as usize], up[u as usize]), (below.len() as u32, above.len() as u32), "{u}");
        assert_eq!((dag.descendants(u), dag.ancestors(u)), (below, above), "{u}");
        for v in nodes.clone() {
            assert_eq!(dag.reaches(u, v), u == v || leads[u as usize][v as usize], "{u} {v}");
        }
    }
}

proptest! {
    #[test]
    fn reachability_is_that_of_warshall((nodes, pairs) in acyclic(40, 80)) {
        check_against_warshall(&Dag::from_edges(nodes, &pairs).unwrap());
    }

    #[test]
    fn reachability_of_ranges_is_that_of_warshall(dag in intervals()) {
        check_against_warshall(&dag);
        check_against_warshall(&Dag::from_intervals(&dag).unwrap());
    }

    #[test]
    fn counts_are_in_the_order_of_the_nodes_given(
        dag in intervals(), asked in prop::collection::vec(0_usize..1000, 0..900),
    ) {
        let asked: Vec<u32> = asked.into_iter().filter_map(|i| i.checked_rem(dag.nodes())).map(|u| u as u32).collect();
        let down: Vec<u32> = asked.iter().map(|&u| dag.descendants(u).len() as u32).collect();
        let up: Vec<u32> = asked.iter().map(|&u| dag.ancestors(u).len() as u32).collect();
        prop_assert_eq!((dag.descendant_counts(&asked), dag.ancestor_counts(&asked)), (down, up));
    }
}

#[test]
fn counts_are_right_if_the_masks_exceed_the_cache() {
    // An edge that skips two million nodes: the masks of all of them must be stored.
    let n = 2_100_000_u32;
    let dag = Dag::from_edges(n as usize, &[(0, 1), (1, n - 1), (5, n - 2), (5, n - 1)]).unwrap();
    assert_eq!(dag.descendant_counts(&[5, 0, 1, n - 1, 7]), [2, 2, 1, 0, 0]);
    assert_eq!(dag.ancestor_counts(&[n - 1, n - 2, 1, 0]), [3, 1, 1, 0]);
    assert_eq!((dag.descendants(0), dag.ancestors(n - 1)), (vec![1, n - 1], vec![0, 1, 5]));
}

#[test]
fn a_chain_of_a_million_is_walked_without_recursion() {
    let n = 1_000_000;
    let dag = descending_chain(n);
    assert_eq!((dag.descendants(0).len(), dag.ancestors(n - 1).len()), (999_999, 999_999));
    assert!(dag.reaches(0, n - 1) && !dag.reaches(n - 1, 0));
    let some: Vec<u32> = (0..n).step_by(2500).collect();
    assert_eq!(dag.descendant_counts(&some), some.iter().map(|u| n - 1 - u).collect::<Vec<_>>());
    assert_eq!(dag.ancestor_counts(&some), some);
}

#[test]
fn a_number_that_is_not_a_node_panics() {
    let dag = Dag::from_edges(3, &[(0, 1)]).unwrap();
    let panics = |ask: &(dyn Fn() + std::panic::RefUnwindSafe)| std::panic::catch_unwind(ask).is_err();
    assert!(panics(&|| drop(dag.descendants(3))));
    assert!(panics(&|| drop(dag.ancestors(3))));
    assert!(panics(&|| drop(dag.descendant_counts(&[0, 3]))));
    assert!(panics(&|| drop(dag.ancestor_counts(&[3]))));
    assert!(panics(&|| assert!(!dag.reaches(0, 3))));
}
