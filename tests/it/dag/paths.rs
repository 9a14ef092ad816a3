//! Paths by weight: longest and critical; counts of paths.

use ironforge::dag::{Dag, DagError, DagView};
use proptest::prelude::*;

use super::{acyclic, descending_chain, distances, intervals};

/// Whole numbers, so that sums are exact.
fn weighted() -> impl Strategy<Value = (Dag, Vec<f64>)> {
    (acyclic(16, 40), prop::collection::vec(-5_i8..10, 40)).prop_map(|((nodes, pairs), weights)| {
        let dag = Dag::from_edges(nodes, &pairs).unwrap();
        let weights = weights[..dag.edges() as usize].iter().map(|&w| f64::from(w)).collect();
        (dag, weights)
    })
}

/// As [`weighted`], with so few edges that every path can be walked; most weights are negative.
fn sparse_weighted() -> impl Strategy<Value = (Dag, Vec<f64>)> {
    (acyclic(12, 20), prop::collection::vec(-9_i8..6, 20)).prop_map(|((nodes, pairs), weights)| {
        let dag = Dag::from_edges(nodes, &pairs).unwrap();
        let weights = weights[..dag.edges() as usize].iter().map(|&w| f64::from(w)).collect();
        (dag, weights)
    })
}

fn sum(dag: &Dag, weights: &[f64], path: &[u32]) -> Option<f64> {
    let weight = |u, v| Some(weights[dag.edge_iter().position(|edge| edge == (u, v))?]);
    path.windows(2).map(|w| weight(w[0], w[1])).sum()
}

proptest! {
    #[test]
    fn intervals_and_rows_have_the_same_paths(dag in intervals()) {
        let csr = Dag::from_intervals(&dag).unwrap();
        let weights: Vec<f32> = dag.edge_iter().map(|(u, v)| (u * 7 % 5 + v % 3) as f32).collect();
        prop_assert_eq!(dag.longest_path_weighted(&weights), csr.longest_path_weighted(&weights));
        prop_assert_eq!(dag.critical_path(&weights), csr.critical_path(&weights));
        prop_assert_eq!(dag.path_counts(&dag.roots()), csr.path_counts(&csr.roots()));
    }

    #[test]
    fn a_critical_path_is_the_longest_and_slack_is_the_delay_it_allows((dag, weights) in weighted()) {
        let plan = dag.critical_path(&weights).unwrap();
        let earliest = distances(&dag, &weights);
        prop_assert_eq!(&plan.earliest, &earliest);
        prop_assert_eq!(plan.length, earliest.iter().copied().fold(0.0, f64::max));
        prop_assert_eq!(sum(&dag, &weights, &plan.path), Some(plan.length));
        let heaviest = dag.longest_path_weighted(&weights).unwrap();
        prop_assert_eq!((&heaviest.nodes, heaviest.length), (&plan.path, plan.length));
        for u in 0..dag.nodes() {
            prop_assert_eq!(plan.slack[u], plan.latest[u] - plan.earliest[u]);
            // A delay by its slack does not lengthen the schedule; a longer delay does.
            let finish = |late: f64| {
                let mut at = vec![0.0_f64; dag.nodes()];
                for v in 0..dag.nodes() {
                    at[v] += if v == u { late } else { 0.0 };
                    let first = dag.edge_iter().zip(&weights).filter(|((from, _), _)| *from as usize == v);
                    let there: Vec<_> = first.map(|((_, to), w)| (to as usize, at[v] + w)).collect();
                    there.into_iter().for_each(|(to, t)| at[to] = at[to].max(t));
                }
                at.into_iter().fold(0.0, f64::max)
            };
            prop_assert_eq!(finish(plan.slack[u]), plan.length);
            prop_assert!(finish(plan.slack[u] + 1.0) > plan.length);
        }
        for &u in &plan.path {
            prop_assert_eq!(plan.slack[u as usize], 0.0);
        }
    }

    #[test]
    fn the_longest_path_is_the_longest_of_all_paths((dag, weights) in sparse_weighted()) {
        // Every path from every node, one by one.
        let mut open: Vec<(u32, f64)> = (0..dag.nodes() as u32).map(|u| (u, 0.0)).collect();
        let mut longest = 0.0_f64;
        while let Some((at, length)) = open.pop() {
            longest = longest.max(length);
            let edges = dag.edge_iter().zip(&weights).filter(|((u, _), _)| *u == at);
            open.extend(edges.map(|((_, v), w)| (v, length + w)));
        }
        let found = dag.longest_path_weighted(&weights).unwrap();
        prop_assert_eq!(found.length, longest);
        prop_assert_eq!(sum(&dag, &weights, &found.nodes), Some(longest));
    }

    #[test]
    fn numbers_of_paths_are_those_of_a_walk(
        (nodes, pairs) in acyclic(10, 25), from in prop::collection::vec(0_u32..10, 0..4),
    ) {
        let dag = Dag::from_edges(nodes, &pairs).unwrap();
        let mut walked = vec![0_u64; nodes];
        let mut open = from.clone();
        open.sort_unstable();
        open.dedup();
        while let Some(u) = open.pop() {
            walked[u as usize] += 1;
            open.extend(dag.successors(u));
        }
        prop_assert_eq!(dag.path_counts_f64(&from), walked.iter().map(|&n| n as f64).collect::<Vec<_>>());
        prop_assert_eq!(dag.path_counts(&from), Ok(walked));
    }
}

#[test]
fn without_nodes_there_is_no_path() {
    let empty = Dag::from_edges(0, &[]).unwrap();
    let plan = empty.critical_path::<f32>(&[]).unwrap();
    assert_eq!((plan.length, plan.path, plan.slack), (0.0, vec![], vec![]));
    assert_eq!(empty.path_counts(&[]), Ok(vec![]));
}

#[test]
fn weights_that_are_not_finite_are_refused_by_their_index() {
    let dag = Dag::from_edges(4, &[(0, 1), (1, 2), (2, 3)]).unwrap();
    for bad in [f64::NAN, f64::INFINITY, f64::NEG_INFINITY] {
        let error = dag.critical_path(&[1.0, bad, 1.0]).unwrap_err();
        assert!(matches!(error, DagError::Weight { edge: 1, .. }), "{error}");
    }
    let error = dag.longest_path_weighted(&[f64::MAX; 3]).unwrap_err();
    assert!(matches!(error, DagError::Overflow { .. }), "{error}");
    let short = std::panic::catch_unwind(|| dag.critical_path(&[1.0_f32]));
    assert!(short.is_err(), "one weight per edge is the caller's promise");
}

#[test]
fn a_path_count_above_64_bits_is_refused_with_its_node() {
    // Each of the 64 diamonds doubles the paths.
    let diamond =
        |i: u32| [(3 * i, 3 * i + 1), (3 * i, 3 * i + 2), (3 * i + 1, 3 * i + 3), (3 * i + 2, 3 * i + 3)];
    let edges: Vec<_> = (0..64).flat_map(diamond).collect();
    let dag = Dag::from_edges(193, &edges).unwrap();
    assert_eq!(dag.path_counts(&[3]).unwrap()[192], 1 << 63);
    assert!(matches!(dag.path_counts(&[0]), Err(DagError::Overflow { node: 192, .. })));
    assert_eq!(dag.path_counts_f64(&[0])[192], 2_f64.powi(64));
}

#[test]
fn a_chain_of_a_million_is_planned_without_recursion() {
    let dag = descending_chain(1_000_000);
    let plan = dag.critical_path(&vec![0.5_f32; 999_999]).unwrap();
    assert_eq!((plan.length, plan.path.len()), (499_999.5, 1_000_000));
    assert_eq!(dag.path_counts(&dag.roots()).unwrap()[999_999], 1);
}
