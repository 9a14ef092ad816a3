//! Building and ordering graphs of a hundred thousand events.
#![allow(clippy::unwrap_used, missing_docs)]

use criterion::{BatchSize, Criterion, Throughput, criterion_group, criterion_main};
use ironforge::dag::{Dag, DagView, WindowKnn};
use ironforge::philox::Philox;

/// Rising times with gaps of 1 to 119 seconds.
fn times(n: usize) -> Vec<i64> {
    let philox = Philox::new(7);
    let gap = |i: usize| 1000 * i64::from(1 + philox.block([i as u32, 0, 0, 0])[0] % 119);
    (0..n).scan(0, |t, i| Some(std::mem::replace(t, *t + gap(i)))).collect()
}

fn dag(c: &mut Criterion) {
    let t_ms = times(100_000);
    let rule = WindowKnn { k: 4, dt_min_ms: 60_000, dt_max_ms: 7_200_000 };
    let graph = Dag::from_intervals(&rule.build(&t_ms).unwrap()).unwrap();
    let reversed: Vec<(u32, u32)> = graph.edge_iter().map(|(u, v)| (99_999 - u, 99_999 - v)).collect();
    let mut group = c.benchmark_group("dag");
    group.throughput(Throughput::Elements(graph.edges()));
    group.bench_function("window_knn/n100000", |b| b.iter(|| rule.build(&t_ms).unwrap().to_csr().unwrap()));
    group.bench_function("topological_generations/n100000", |b| b.iter(|| graph.topological_generations()));
    group.bench_function("longest_path/n100000", |b| b.iter(|| graph.longest_path()));
    group.bench_function("from_edges/n100000", |b| {
        b.iter_batched(|| &reversed, |edges| Dag::from_edges(100_000, edges).unwrap(), BatchSize::LargeInput);
    });
    group.finish();
}

criterion_group!(benches, dag);
criterion_main!(benches);
