//! Generations, and the longest path by edges.

use std::sync::atomic::{AtomicU32, Ordering::Relaxed};

use ironforge::dag::{Dag, DagView};
use proptest::prelude::*;

use super::{acyclic, descending_chain, distances, intervals};

proptest! {
    #[test]
    fn the_generation_of_a_node_is_its_longest_distance_from_a_root((nodes, pairs) in acyclic(30, 70)) {
        let dag = Dag::from_edges(nodes, &pairs).unwrap();
        let generations = dag.topological_generations();
        let ones = vec![1.0; dag.edges() as usize];
        let want: Vec<u32> = distances(&dag, &ones).into_iter().map(|d| d as u32).collect();
        prop_assert_eq!(&generations.level, &want);
        for g in 0..generations.count() {
            let of_g: Vec<u32> = (0..nodes as u32).filter(|&u| want[u as usize] == g as u32).collect();
            prop_assert_eq!(generations.nodes(g), of_g);
        }
        let path = dag.longest_path();
        prop_assert!(path.windows(2).all(|w| dag.has_edge(w[0], w[1])));
        prop_assert_eq!(path.len(), generations.count());
    }

    #[test]
    fn a_generation_waits_for_the_one_before_on_any_number_of_threads(
        (nodes, pairs) in acyclic(60, 120), width in 0_usize..8,
    ) {
        let dag = Dag::from_edges(nodes, &pairs).unwrap();
        let before = dag.transpose().unwrap();
        let generations = dag.topological_generations();
        let height: Vec<AtomicU32> = (0..nodes).map(|_| AtomicU32::new(0)).collect();
        generations.par_for_each(width, |u| {
            let sources = before.successors(nodes as u32 - 1 - u).map(|p| nodes as u32 - 1 - p);
            let deepest = sources.map(|p| height[p as usize].load(Relaxed) + 1).max();
            height[u as usize].store(deepest.unwrap_or(0), Relaxed);
        });
        prop_assert_eq!(height.into_iter().map(AtomicU32::into_inner).collect::<Vec<_>>(), generations.level);
    }

    #[test]
    fn intervals_and_rows_have_the_same_generations(dag in intervals()) {
        let csr = Dag::from_intervals(&dag).unwrap();
        prop_assert_eq!(dag.topological_generations(), csr.topological_generations());
        prop_assert_eq!(dag.longest_path(), csr.longest_path());
    }
}

#[test]
fn ties_between_longest_paths_go_to_the_lowest_nodes() {
    let path = |edges: &[(u32, u32)]| Dag::from_edges(6, edges).unwrap().longest_path();
    assert_eq!(path(&[(0, 1), (0, 2), (1, 3), (2, 3)]), [0, 1, 3]);
    assert_eq!(path(&[(0, 4), (1, 2), (3, 5)]), [1, 2]);
    assert_eq!(path(&[]), [0]);
}

#[test]
fn without_nodes_there_is_no_generation() {
    let empty = Dag::from_edges(0, &[]).unwrap();
    let generations = empty.topological_generations();
    assert_eq!((generations.count(), generations.widest(), empty.longest_path()), (0, 0, vec![]));
}

#[test]
fn a_chain_of_a_million_needs_no_recursion() {
    let dag = descending_chain(1_000_000);
    let generations = dag.topological_generations();
    assert_eq!(
        (generations.count(), generations.widest(), dag.longest_path().len()),
        (1_000_000, 1, 1_000_000)
    );
}
