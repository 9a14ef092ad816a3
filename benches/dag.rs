//! Graphs: building, ordering, paths, reachability, reduction; and petgraph on the same graphs.
//!
//! An id is `dag/<operation>/<form or peer>/<graph>`; one element is one edge. The graphs are those of events in a
//! window (`n10000` to `n1000000`) and shapes that events do not have (`layered`, `random`, `banded`, `dense`). Times
//! are CPU times (`dag/clock.rs`): run with RAYON_NUM_THREADS=1. The results of both are compared before either is
//! timed.
//!
//! With IRONFORGE_BENCH_OUT=DIR the graphs are written to DIR, for benches/peers/dag_peers.py.
#![allow(clippy::unwrap_used, missing_docs, unreachable_pub)]

#[path = "dag/build.rs"]
mod build;
#[path = "dag/clock.rs"]
mod clock;
#[path = "dag/export.rs"]
mod export;
#[path = "dag/graphs.rs"]
mod graphs;
#[path = "dag/reach.rs"]
mod reach;
#[path = "dag/reduction.rs"]
mod reduction;
#[path = "dag/sweeps.rs"]
mod sweeps;

use std::time::Duration;

use clock::CpuTime;
use criterion::{BenchmarkGroup, Criterion, Throughput, criterion_group, criterion_main};

type Bench = Criterion<CpuTime>;

const SIZES: [usize; 3] = [10_000, 100_000, 1_000_000];

/// The group of one operation.
fn group<'a>(c: &'a mut Bench, operation: &str, edges: u64) -> BenchmarkGroup<'a, CpuTime> {
    let mut group = c.benchmark_group(format!("dag/{operation}"));
    group.sample_size(10).warm_up_time(Duration::from_millis(300)).measurement_time(Duration::from_secs(1));
    group.throughput(Throughput::Elements(edges));
    group
}

criterion_group! {
    name = benches;
    config = Criterion::default().with_measurement(CpuTime::new());
    targets = export::graphs, build::benches, sweeps::benches, reach::benches, reduction::benches
}
criterion_main!(benches);
