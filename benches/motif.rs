//! Motifs: the census by size, and the nulls on few and on many labels.
#![allow(clippy::unwrap_used, missing_docs)]

use std::hint::black_box;

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use ironforge::csr::CsrPattern;
use ironforge::motif::{MotifConfig, MotifGraph, count, estimate_instances, mine};
use ironforge::philox::Philox;

/// Events 1 to 119 s apart, each linked with the next 4 that are 1 to 120 minutes away.
struct Window {
    row_ptr: Vec<u32>,
    col_idx: Vec<u32>,
    labels: Vec<u32>,
    t_ms: Vec<i64>,
}

impl Window {
    fn new(events: usize, vocabulary: u32) -> Self {
        let mut numbers = Philox::new(7).stream(0, 0);
        let mut t = 0;
        let t_ms: Vec<i64> = (0..events)
            .map(|_| {
                t += 1000 * i64::from(1 + numbers.below(119));
                t
            })
            .collect();
        let (mut row_ptr, mut col_idx) = (vec![0], Vec::new());
        for i in 0..events {
            let near = |&j: &usize| (60_000..=7_200_000).contains(&(t_ms[j] - t_ms[i]));
            col_idx.extend((i + 1..events.min(i + 64)).filter(near).take(4).map(|j| j as u32));
            row_ptr.push(col_idx.len() as u32);
        }
        let labels = (0..events).map(|_| numbers.below(vocabulary)).collect();
        Self { row_ptr, col_idx, labels, t_ms }
    }

    fn lend(&self) -> MotifGraph<'_> {
        let pattern = CsrPattern::new(&self.row_ptr, &self.col_idx, self.labels.len()).unwrap();
        MotifGraph::new(pattern, &self.labels, &self.t_ms).unwrap()
    }
}

fn config(min_nodes: usize, max_nodes: usize, iterations: u32) -> MotifConfig {
    MotifConfig { min_nodes, max_nodes, iterations, ..MotifConfig::default() }
}

fn census(c: &mut Criterion) {
    let window = Window::new(10_000, 7);
    let graphs = [window.lend()];
    let mut group = c.benchmark_group("motif/census");
    group.sample_size(10);
    for k in 3..=5 {
        let config = config(k, k, 0);
        group.throughput(Throughput::Elements(count(&graphs, &config).unwrap().instances()));
        group.bench_function(format!("k{k}/n10000"), |b| {
            b.iter(|| count(black_box(&graphs), &config).unwrap());
        });
    }
    let alike = Window::new(10_000, 1);
    let (graphs, config) = ([alike.lend()], config(3, 5, 0));
    group.throughput(Throughput::Elements(count(&graphs, &config).unwrap().instances()));
    group
        .bench_function("one_label/k3to5/n10000", |b| b.iter(|| count(black_box(&graphs), &config).unwrap()));
    group.finish();
    c.bench_function("motif/estimate/n100000", |b| {
        let window = Window::new(100_000, 1);
        b.iter(|| estimate_instances(black_box(&[window.lend()]), &config, 1).unwrap());
    });
}

/// One null and one occurrence is one element; the pilots count as nulls.
fn nulls(c: &mut Criterion) {
    let mut group = c.benchmark_group("motif/nulls");
    group.sample_size(10);
    for (events, vocabulary, iterations) in [(2_000, 7, 100), (2_000, 150, 100)] {
        let window = Window::new(events, vocabulary);
        let graphs = [window.lend()];
        let config = config(3, 5, iterations);
        let instances = count(&graphs, &config).unwrap().instances();
        group.throughput(Throughput::Elements(instances * u64::from(2 * iterations + 8)));
        group.bench_function(format!("labels{vocabulary}/n{events}_r{iterations}"), |b| {
            b.iter(|| mine(black_box(&graphs), &config, 42, &|_, _| {}).unwrap());
        });
    }
    group.finish();
}

criterion_group!(benches, census, nulls);
criterion_main!(benches);
