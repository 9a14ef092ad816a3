//! Attention, each backend on the same work: checked against the reference, then timed.
//!
//! The scalar loop over a pattern is the baseline that a backend must beat to be worth its lines.
#![allow(clippy::unwrap_used, missing_docs)]

use std::sync::Arc;

use criterion::{BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};
use half::f16;
use half::slice::HalfFloatSliceExt;
use ironforge::attention::plan::{GraphView, Layout, PlanCache, PlanKey};
use ironforge::attention::{
    Attention, AttentionBackend, BlockMask, Cpu, Direction, Inputs, Keys, Output, Plan, Reference, Tensor,
    TimeBias,
};
use ironforge::csr::CsrPattern;

/// What every output must meet before it is timed.
const BAR: f32 = 1e-5;

/// Milliseconds between two events.
const STEP_MS: i64 = 90_000;

/// One kind of work.
struct Work {
    name: &'static str,
    graphs: usize,
    len: usize,
    heads: usize,
    dim: usize,
    /// Predecessors that each node sees beside itself; `None` for every one.
    reach: Option<usize>,
    causal: bool,
    bias: TimeBias,
}

/// Its tensors.
struct Data {
    q: Vec<f16>,
    k: Vec<f16>,
    v: Vec<f16>,
    offsets: Vec<usize>,
    t_ms: Vec<i64>,
    row_ptr: Vec<u32>,
    col_idx: Vec<u32>,
}

impl Work {
    /// Graphs of the main job: windows of 4 neighbours, buckets.
    fn edges() -> Self {
        let buckets = vec![(0.0, 5.0, 0.2), (5.0, 15.0, 0.1), (15.0, 60.0, 0.0), (60.0, 240.0, -0.1)];
        let bias = TimeBias::Buckets(buckets);
        Self { name: "edges", graphs: 32, len: 512, heads: 4, dim: 16, reach: Some(4), causal: false, bias }
    }

    fn causal() -> Self {
        let bias = TimeBias::Sqrt { scale_minutes: 0.1 };
        Self { name: "causal", graphs: 1, len: 512, heads: 4, dim: 16, reach: None, causal: true, bias }
    }

    fn dense() -> Self {
        let (len, dim) = (1024, 64);
        Self {
            name: "dense",
            graphs: 1,
            len,
            heads: 4,
            dim,
            reach: None,
            causal: false,
            bias: TimeBias::None,
        }
    }

    fn data(&self) -> Data {
        let nodes = self.graphs * self.len;
        let mut seed = 1_u64;
        let mut values = || -> Vec<f16> {
            let mut next = || {
                seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
                f16::from_f32((seed >> 40) as f32 / (1 << 22) as f32 - 2.0)
            };
            (0..nodes * self.heads * self.dim).map(|_| next()).collect()
        };
        let [q, k, v] = [values(), values(), values()];
        let (mut row_ptr, mut col_idx) = (vec![0], Vec::new());
        for i in 0..nodes {
            let start = i - i % self.len;
            let row = match (self.reach, self.causal) {
                (Some(reach), _) => start.max(i.saturating_sub(reach))..i + 1,
                (None, true) => start..i + 1,
                (None, false) => start..start + self.len,
            };
            col_idx.extend(row.map(|j| j as u32));
            row_ptr.push(col_idx.len() as u32);
        }
        let offsets = (0..=self.graphs).map(|g| g * self.len).collect();
        let t_ms = (0..nodes as i64).map(|i| i * STEP_MS).collect();
        Data { q, k, v, offsets, t_ms, row_ptr, col_idx }
    }

    fn problem<'a>(&self, data: &'a Data) -> Attention<'a> {
        let keys = match (self.reach, self.causal) {
            (Some(_), _) => {
                Keys::Edges(CsrPattern::new(&data.row_ptr, &data.col_idx, data.t_ms.len()).unwrap())
            }
            (None, true) => Keys::Causal,
            (None, false) => Keys::All,
        };
        let tensors = [&data.q, &data.k, &data.v].map(|x| Tensor::F16(x));
        let mut inputs = Inputs::new([self.heads, self.dim], tensors, &data.offsets, keys);
        inputs.bias = self.bias.clone();
        inputs.t_ms = Some(&data.t_ms);
        Attention::new(inputs).unwrap()
    }
}

/// The plain loop: values widened once, then one thread, one value after the other, over the pattern.
fn scalar(problem: &Attention<'_>, data: &Data) -> Output {
    let (heads, dim, scale) = (problem.inputs().heads, problem.inputs().head_dim, problem.scale());
    let [q, k, v] = [&data.q, &data.k, &data.v].map(|x| x.to_f32_vec());
    let mut out = vec![0.0_f32; problem.nodes() * heads * dim];
    let mut lse = vec![f32::NEG_INFINITY; problem.nodes() * heads];
    let mut logits = Vec::new();
    for i in 0..problem.nodes() {
        let keys = &data.col_idx[data.row_ptr[i] as usize..data.row_ptr[i + 1] as usize];
        for h in 0..heads {
            let row = (i * heads + h) * dim;
            logits.clear();
            for &j in keys {
                let key = (j as usize * heads + h) * dim;
                let mut dot = 0.0;
                for d in 0..dim {
                    dot += q[row + d] * k[key + d];
                }
                logits.push(scale * dot + problem.bias(i, j as usize));
            }
            let max = logits.iter().copied().fold(f32::NEG_INFINITY, f32::max);
            let sum: f32 = logits.iter().map(|s| (s - max).exp()).sum();
            for (&j, s) in keys.iter().zip(&logits) {
                let p = (s - max).exp() / sum;
                let key = (j as usize * heads + h) * dim;
                for d in 0..dim {
                    out[row + d] += p * v[key + d];
                }
            }
            lse[i * heads + h] = max + sum.ln();
        }
    }
    Output { out, lse }
}

fn check(name: &str, got: &Output, want: &Output) {
    for (got, want) in [(&got.out, &want.out), (&got.lse, &want.lse)] {
        assert_eq!(got.len(), want.len(), "{name}");
        let close = got.iter().zip(want).all(|(a, b)| (a - b).abs() <= 2.0 * BAR);
        assert!(close, "{name} does not agree with the reference: not timed");
    }
}

fn attention(criterion: &mut Criterion) {
    for work in [Work::edges(), Work::causal(), Work::dense()] {
        let data = work.data();
        let problem = work.problem(&data);
        let want = Reference.forward(&problem).unwrap();
        let mut group = criterion.benchmark_group(format!("attention/{}", work.name));
        group.sample_size(20).throughput(Throughput::Elements((data.col_idx.len() * work.heads) as u64));
        let shape = format!("l{}_h{}_d{}", work.len, work.heads, work.dim);

        check("scalar", &scalar(&problem, &data), &want);
        group.bench_function(BenchmarkId::new("scalar", &shape), |b| b.iter(|| scalar(&problem, &data)));
        let backends: [&dyn AttentionBackend; 1] = [&Cpu];
        for backend in backends {
            check(backend.name(), &backend.forward(&problem).unwrap(), &want);
            group.bench_function(BenchmarkId::new(backend.name(), &shape), |b| {
                b.iter(|| backend.forward(&problem).unwrap());
            });
        }
        group.finish();
    }
}

/// A plan built anew, found in a cache by its name, and compared with the problem before it is used.
fn plans(criterion: &mut Criterion) {
    let edges = Work { graphs: 256, ..Work::edges() };
    let data = edges.data();
    time_plan(criterion, "g256_l512_k4", &edges.problem(&data));

    // Every other pair of nodes, in a pattern without whole tiles.
    let dense = Work { name: "mask", graphs: 32, reach: None, ..Work::edges() };
    let data = dense.data();
    let (mut row_ptr, mut col_idx) = (vec![0], Vec::new());
    for i in 0..data.t_ms.len() {
        let start = i - i % dense.len;
        let seen = |j: &usize| (i * 31 + j * 17) % 7 % 2 == 0;
        col_idx.extend((start..start + dense.len).filter(seen).map(|j| j as u32));
        row_ptr.push(col_idx.len() as u32);
    }
    let pattern = CsrPattern::new(&row_ptr, &col_idx, data.t_ms.len()).unwrap();
    let mask = BlockMask::new(&data.offsets, pattern).unwrap();
    for (form, keys) in [("edges", Keys::Edges(pattern)), ("mask", Keys::Mask(&mask))] {
        let inputs = Inputs { keys, ..dense.problem(&data).inputs().clone() };
        time_plan(criterion, &format!("g32_l512_dense_{form}"), &Attention::new(inputs).unwrap());
    }
}

fn time_plan(criterion: &mut Criterion, shape: &str, problem: &Attention<'_>) {
    let build = || Plan::new(&Layout::of(problem));
    let view = GraphView { graph: shape.into(), direction: Direction::Predecessors, self_loops: true };
    let cache = PlanCache::new(1 << 30);
    let find = || cache.get_or_build(&PlanKey::new(&view, problem), build).unwrap();
    let plan = find();
    assert!(Arc::ptr_eq(&plan, &find()) && *plan == build().unwrap(), "{shape}");

    let mut group = criterion.benchmark_group("plan");
    group.sample_size(20).throughput(Throughput::Bytes(plan.bytes() as u64));
    group.bench_function(BenchmarkId::new("build", shape), |b| b.iter(|| build().unwrap()));
    group.bench_function(BenchmarkId::new("hit", shape), |b| b.iter(find));
    group.bench_function(BenchmarkId::new("check", shape), |b| b.iter(|| plan.check(problem).unwrap()));
    group.finish();
}

criterion_group!(benches, attention, plans);
criterion_main!(benches);
