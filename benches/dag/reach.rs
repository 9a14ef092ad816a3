//! Descendants and ancestors, one node and a thousand.

use std::hint::black_box;

use criterion::{BenchmarkId, Throughput};
use ironforge::dag::{Dag, DagView};
use petgraph::graph::NodeIndex;
use petgraph::visit::Bfs;

use crate::graphs::{layered, shuffled, window};
use crate::{Bench, SIZES, group};

/// One element is one source.
fn many(c: &mut Bench, graph: &str, dag: &impl DagView) {
    let sources: Vec<u32> = shuffled(dag.nodes())[..1000].to_vec();
    let csr = Dag::from_edges(dag.nodes(), &dag.edge_iter().collect::<Vec<_>>()).unwrap().to_petgraph();
    let walk = |source: u32| {
        let mut bfs = Bfs::new(&csr, NodeIndex::new(source as usize));
        std::iter::from_fn(|| bfs.next(&csr)).count() as u32 - 1
    };
    let few = &sources[..10];
    assert_eq!(dag.descendant_counts(few), few.iter().map(|&u| walk(u)).collect::<Vec<_>>());
    let mut group = group(c, "descendants", 1000);
    group.bench_function(BenchmarkId::new("counts", graph), |b| {
        b.iter(|| dag.descendant_counts(black_box(&sources)))
    });
    group.bench_function(BenchmarkId::new("ancestor_counts", graph), |b| {
        b.iter(|| dag.ancestor_counts(black_box(&sources)));
    });
    group.throughput(Throughput::Elements(10));
    group.bench_function(BenchmarkId::new("one_by_one", graph), |b| {
        b.iter(|| few.iter().map(|&u| dag.descendants(u).len()).sum::<usize>());
    });
    group.bench_function(BenchmarkId::new("petgraph", graph), |b| {
        b.iter(|| few.iter().map(|&u| walk(u)).sum::<u32>());
    });
    let pairs = || few.iter().flat_map(|&u| few.iter().map(move |&v| (u, v)));
    group.throughput(Throughput::Elements(100));
    group.bench_function(BenchmarkId::new("reaches", graph), |b| {
        b.iter(|| pairs().filter(|&(u, v)| dag.reaches(u, v)).count());
    });
}

pub fn benches(c: &mut Bench) {
    for n in SIZES {
        many(c, &format!("n{n}"), &window(n));
    }
    many(c, "layered", &layered(100, 1000, 4));
}
