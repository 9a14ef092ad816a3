//! Transitive reduction and closure.

use std::hint::black_box;

use ironforge::dag::{Dag, DagView};
use petgraph::adj::UnweightedList;
use petgraph::algo::tred::{dag_to_toposorted_adjacency_list, dag_transitive_reduction_closure};
use petgraph::graph::NodeIndex;

use crate::graphs::{banded, layered, random, window};
use crate::{Bench, SIZES, group};

fn ours(c: &mut Bench, graph: &str, form: &str, dag: &impl DagView) {
    group(c, "transitive_reduction", dag.edges()).bench_function(format!("{form}/{graph}"), |b| {
        b.iter(|| black_box(dag).transitive_reduction().unwrap())
    });
}

/// petgraph computes reduction and closure together, and cannot do the one without the other.
fn against_petgraph(c: &mut Bench, graph: &str, dag: &Dag) {
    let order: Vec<_> = (0..dag.nodes()).map(NodeIndex::new).collect();
    let (list, _): (UnweightedList<u32>, _) = dag_to_toposorted_adjacency_list(&dag.to_petgraph(), &order);
    let (reduction, _) = dag_transitive_reduction_closure(&list);
    assert_eq!(reduction.edge_count() as u64, dag.transitive_reduction().unwrap().edges(), "{graph}");
    drop(reduction);
    group(c, "transitive_reduction", dag.edges()).bench_function(format!("petgraph/{graph}"), |b| {
        b.iter(|| dag_transitive_reduction_closure(black_box(&list)));
    });
    ours(c, graph, "rows", dag);
}

pub fn benches(c: &mut Bench) {
    for n in SIZES.into_iter().chain([10_000_000]) {
        ours(c, &format!("n{n}"), "intervals", &window(n));
    }
    ours(c, "n1000000", "rows", &Dag::from_intervals(&window(1_000_000)).unwrap());
    against_petgraph(c, "n10000", &Dag::from_intervals(&window(10_000)).unwrap());
    for (graph, dag) in [
        ("random2_n10000", random(10_000, 20_000)),
        ("random1_n100000", random(100_000, 100_000)),
        ("random8_n10000", random(10_000, 80_000)),
        ("dense_n2000", random(2000, 1_000_000)),
        ("layered_n10000", layered(10, 1000, 4)),
        ("banded1000_n20000", banded(20_000, 1000, 3)),
        ("banded4000_n20000", banded(20_000, 4000, 2)),
        ("banded4000_shallow", banded(20_000, 4000, 1)),
    ] {
        against_petgraph(c, graph, &dag);
    }
    let dag = window(10_000);
    group(c, "transitive_closure", dag.edges())
        .bench_function("intervals/n10000", |b| b.iter(|| dag.transitive_closure(1 << 30).unwrap()));
}
