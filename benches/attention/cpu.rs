//! The CPU backend, compared with a scalar loop.

use criterion::{BenchmarkId, Criterion, Throughput};
use half::slice::HalfFloatSliceExt;
use ironforge::attention::{Accuracy, Attention, AttentionBackend, Cpu, Output, TimeBias};

use super::cases::{Case, Data, Pattern, buckets, sqrt};
use super::check::Wanted;

/// Name and case: a batch of the typical workload, one causal graph, one dense graph.
fn cases() -> [(&'static str, Case); 3] {
    [
        ("edges", Case::new(32, 512, [4, 16], Pattern::Last(4), buckets())),
        ("causal", Case::new(1, 512, [4, 16], Pattern::Causal, sqrt())),
        ("dense", Case::new(1, 1024, [4, 64], Pattern::All, TimeBias::None)),
    ]
}

pub fn benches(criterion: &mut Criterion) {
    for (name, case) in cases() {
        let data = case.data();
        let problem = data.problem(&case, data.keys(case.pattern), Accuracy::Exact);
        let want = Wanted::new(&case, &data);
        let rows: Vec<Vec<u32>> = (0..case.nodes()).map(|i| data.row(case.pattern, i)).collect();
        let mut group = criterion.benchmark_group(format!("attention/{name}"));
        let scores = (data.pairs(case.pattern) * case.heads) as u64;
        group.sample_size(20).throughput(Throughput::Elements(scores));

        want.check(&scalar(&problem, &data, &rows), Accuracy::Exact).unwrap();
        group.bench_function(BenchmarkId::new("scalar", case.shape()), |b| {
            b.iter(|| scalar(&problem, &data, &rows));
        });
        want.check(&Cpu.forward(&problem).unwrap(), Accuracy::Exact).unwrap();
        group.bench_function(BenchmarkId::new(Cpu.name(), case.shape()), |b| {
            b.iter(|| Cpu.forward(&problem).unwrap());
        });
        group.finish();
    }
}

/// The scalar loop over the pattern, on one thread, with values widened once.
fn scalar(problem: &Attention<'_>, data: &Data, rows: &[Vec<u32>]) -> Output {
    let (heads, dim, scale) = (problem.inputs().heads, problem.inputs().head_dim, problem.scale());
    let [q, k, v] = [&data.q, &data.k, &data.v].map(|x| x.to_f32_vec());
    let mut out = vec![0.0_f32; problem.nodes() * heads * dim];
    let mut lse = vec![f32::NEG_INFINITY; problem.nodes() * heads];
    let mut logits = Vec::new();
    for (i, keys) in rows.iter().enumerate() {
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
