//! Motifs: the census by size, labels and search method, the estimate, and the test.
//!
//! An id is `motif/census/<what>/k<sizes>/<graph>`; one element is one connected set of events. Times are CPU times
//! (`dag/clock.rs`): run with RAYON_NUM_THREADS=1.
//!
//! With IRONFORGE_BENCH_OUT=DIR the graphs are written to DIR, for benches/peers/motif_peers.py.
#![allow(clippy::unwrap_used, missing_docs, unreachable_pub)]

#[path = "dag/clock.rs"]
mod clock;
#[path = "motif/export.rs"]
mod export;
#[path = "motif/graphs.rs"]
mod graphs;

use std::hint::black_box;
use std::time::Duration;

use clock::CpuTime;
use criterion::{BenchmarkGroup, Criterion, Throughput, criterion_group, criterion_main};
use graphs::Window;
use ironforge::motif::{MotifConfig, count, estimate_instances, mine};

type Bench = Criterion<CpuTime>;

const SIZES: [usize; 2] = [10_000, 100_000];

fn config(min_nodes: usize, max_nodes: usize, iterations: u32) -> MotifConfig {
    MotifConfig { min_nodes, max_nodes, iterations, ..MotifConfig::default() }
}

fn group<'a>(c: &'a mut Bench, name: &str) -> BenchmarkGroup<'a, CpuTime> {
    let mut group = c.benchmark_group(name);
    group.sample_size(10).warm_up_time(Duration::from_millis(300)).measurement_time(Duration::from_secs(1));
    group
}

fn census(c: &mut Bench) {
    let mut group = group(c, "motif/census");
    let mut time = |id: String, window: &Window, config: &MotifConfig| {
        let graphs = [window.view()];
        group.throughput(Throughput::Elements(count(&graphs, config).unwrap().instances()));
        group.bench_function(id, |b| b.iter(|| count(black_box(&graphs), config).unwrap()));
    };
    for n in [&[60], &SIZES[..]].concat() {
        let window = Window::new(n, 1);
        for k in 3..=5 {
            time(format!("shapes/k{k}/n{n}"), &window, &config(k, k, 0));
        }
    }
    for labels in [1, 2, 4, 7, 150] {
        time(format!("labels{labels}/k3to5/n10000"), &Window::new(10_000, labels), &config(3, 5, 0));
    }
    let span = MotifConfig { span_minutes: 10.0, ..config(3, 5, 0) };
    time("within_10_minutes/k3to5/n10000".to_owned(), &Window::new(10_000, 1), &span);
    // 2: edges too long for 64-bit words; 8: too long for 128-bit words too
    for (path, ways) in [("words64", 1), ("words128", 2), ("lists", 8)] {
        time(format!("{path}/k5/n10000"), &Window::interleaved(10_000, ways, 1), &config(5, 5, 0));
    }
    group.finish();
}

fn estimate(c: &mut Bench) {
    let window = Window::new(100_000, 1);
    c.bench_function("motif/estimate/n100000", |b| {
        b.iter(|| estimate_instances(black_box(&[window.view()]), &config(3, 5, 0), 1).unwrap());
    });
}

/// One element is one occurrence in one replicate, calibration replicates included.
fn nulls(c: &mut Bench) {
    let mut group = group(c, "motif/nulls");
    for (events, vocabulary, iterations) in [(2_000, 7, 100), (2_000, 150, 100)] {
        let window = Window::new(events, vocabulary);
        let graphs = [window.view()];
        let config = config(3, 5, iterations);
        let instances = count(&graphs, &config).unwrap().instances();
        group.throughput(Throughput::Elements(instances * u64::from(2 * iterations + 8)));
        group.bench_function(format!("labels{vocabulary}/n{events}_r{iterations}"), |b| {
            b.iter(|| mine(black_box(&graphs), &config, 42, &|_, _| {}).unwrap());
        });
    }
    group.finish();
}

criterion_group! {
    name = benches;
    config = Criterion::default().with_measurement(CpuTime::new());
    targets = export::graphs, census, estimate, nulls
}
criterion_main!(benches);
