//! The CUDA kernels, run on the CPU from the very sources that a GPU gets: what every backend promises, on every
//! kernel, with every access watched; and planted bugs, which must be found.

mod backend;
mod far;
mod mutants;

use std::collections::BTreeSet;

use ironforge::attention::plan::{Kernel, Layout, TIME_BIAS, entries, time_bias_shape};
use ironforge::attention::{
    Accuracy, Attention, AttentionBackend, AttentionError, Cpu, Inputs, Keys, Plan, Reference, Tensor,
    TimeBias, minutes_between,
};
use ironforge_emulator::{Kernels, Launch, Memory, Order, require};
use proptest::prelude::*;
use proptest::test_runner::{Config, TestCaseError, TestRunner};

use crate::attention::strategies::{Batch, Bias, Dtype, Mask, Shape, Times, Values, shapes};
use crate::attention::suite::{self, PROPERTIES, Verdict};
use backend::Emulated;

/// Problems that each property is tried on, for each kernel.
const CASES: u32 = 12;

/// Problems in 16 bits: what the kernels of an architecture take.
pub fn half_shapes(arch: u32) -> impl Strategy<Value = Shape> {
    shapes().prop_map(move |shape| match shape.dtype {
        Dtype::Bf16 if arch >= 80 => shape,
        _ => Shape { dtype: Dtype::F16, ..shape },
    })
}

pub fn for_many(arch: u32, cases: u32, property: impl Fn(&Batch) -> Verdict) {
    let config = Config { cases, failure_persistence: None, max_shrink_iters: 64, ..Config::default() };
    TestRunner::new(config)
        .run(&half_shapes(arch), |shape| property(&Batch::new(&shape)).map_err(TestCaseError::fail))
        .unwrap_or_else(|e| panic!("{e}"));
}

fn keeps_every_promise(arch: u32, kernel: Kernel, cases: u32) {
    let Some(kernels) = require(arch) else { return };
    for property in PROPERTIES {
        let order = std::cell::Cell::new(0);
        for_many(arch, cases, |batch| {
            order.set(order.get() + 1);
            let order =
                [Order::Forward, Order::Reverse, Order::Random(order.get())][order.get() as usize % 3];
            let backend = Emulated::new(kernels, arch, Some(kernel), order);
            (property.holds)(&backend, batch).map_err(|e| format!("{kernel}: {}: {e}", property.name))
        });
    }
}

#[test]
fn edge_attention_keeps_every_promise_of_a_backend() {
    keeps_every_promise(80, Kernel::EdgeAttention, CASES);
}

#[test]
fn flash_attention_keeps_every_promise_of_a_backend() {
    keeps_every_promise(80, Kernel::FlashAttention, CASES);
}

#[test]
fn block_sparse_attention_keeps_every_promise_of_a_backend() {
    keeps_every_promise(80, Kernel::BlockSparseAttention, CASES);
}

#[test]
fn turing_keeps_every_promise_of_a_backend() {
    for kernel in Kernel::ALL {
        keeps_every_promise(75, kernel, CASES / 4);
    }
}

#[test]
fn fast_accuracy_keeps_its_documented_bound() {
    let Some(kernels) = require(80) else { return };
    for kernel in Kernel::ALL {
        let backend = Emulated::new(kernels, 80, Some(kernel), Order::Forward);
        for_many(80, CASES, |batch| suite::fast_keeps_its_bound(&backend, batch));
    }
}

pub fn dense(dim: usize) -> Shape {
    Shape {
        lengths: vec![65, 0, 130],
        heads: 3,
        dim,
        dtype: Dtype::F16,
        mask: Mask::Causal,
        bias: Bias::Sqrt,
        times: Times::Random,
        uniform: false,
        logits: 16.0,
        seed: 7,
    }
}

/// Every entry that the host can ask for exists, is reached, and is right.
#[test]
fn every_entry_is_there_and_agrees_with_the_reference() {
    for arch in [80, 75] {
        let Some(kernels) = require(arch) else { return };
        assert_eq!(kernels.entries().collect::<Vec<_>>(), entries(arch), "sm_{arch}");
        let mut reached = BTreeSet::new();
        let dims = [16, 32, 64, 128].into_iter();
        for (dim, dtype) in dims.flat_map(|dim| [(dim, Dtype::F16), (dim, Dtype::Bf16)]) {
            let batch = Batch::new(&Shape { dtype, ..dense(dim) });
            for (kernel, accuracy) in
                Kernel::ALL.into_iter().flat_map(|k| [(k, Accuracy::Exact), (k, Accuracy::Fast)])
            {
                let backend = Emulated::new(kernels, arch, Some(kernel), Order::Forward);
                if !backend.is_built(&batch, kernel) {
                    continue;
                }
                let verdict = match accuracy {
                    Accuracy::Exact => (PROPERTIES[1].holds)(&backend, &batch),
                    Accuracy::Fast => suite::fast_keeps_its_bound(&backend, &batch),
                };
                verdict.unwrap_or_else(|e| panic!("sm_{arch} {kernel} {dtype:?} {dim} {accuracy:?}: {e}"));
                reached.append(&mut backend.launched.lock().unwrap());
            }
        }
        reached.insert(TIME_BIAS.to_owned());
        assert_eq!(reached.into_iter().collect::<Vec<_>>(), entries(arch), "sm_{arch}");
    }
}

/// Both types of output, with and without the log-sum-exp: the same numbers, rounded to nearest.
#[test]
fn an_output_of_16_bits_is_that_of_32_rounded() {
    let Some(kernels) = require(80) else { return };
    for kernel in Kernel::ALL {
        let (wide, narrow) = (
            Emulated::new(kernels, 80, Some(kernel), Order::Forward),
            Emulated::in_16_bits(kernels, 80, kernel),
        );
        for (dim, dtype) in
            [1, 11, 16, 63, 64, 128].into_iter().flat_map(|d| [(d, Dtype::F16), (d, Dtype::Bf16)])
        {
            let batch = Batch::new(&Shape { dtype, mask: Mask::Percent(40), ..dense(dim) });
            let [want, got] = [&wide, &narrow].map(|b| batch.with_edges(|p| b.forward(p).unwrap()));
            assert_eq!((want.lse.len(), got.lse.len()), (195 * 3, 0));
            assert_eq!(Values::store(dtype, &want.out).widened(), got.out, "{kernel} {dtype:?} {dim}");
            assert_ne!(want.out, got.out, "{kernel} {dtype:?} {dim}");
        }
    }
}

#[test]
fn fast_accuracy_does_round() {
    let Some(kernels) = require(80) else { return };
    for dtype in [Dtype::F16, Dtype::Bf16] {
        let backend = Emulated::new(kernels, 80, Some(Kernel::BlockSparseAttention), Order::Forward);
        let batch = Batch::new(&Shape { dtype, ..dense(11) });
        let exact = batch.with_edges(|p| backend.forward(p).unwrap());
        let fast = Batch { accuracy: Accuracy::Fast, ..batch }.with_edges(|p| backend.forward(p).unwrap());
        assert_ne!(exact.out, fast.out, "{dtype:?}");
        assert_eq!(exact.lse, fast.lse, "{dtype:?}");
    }
}

/// Many equal, tiny probabilities: each would be subnormal in f16, and their errors would all point one way.
#[test]
fn a_crowd_of_tiny_probabilities_is_not_lost() {
    let Some(kernels) = require(80) else { return };
    let n = 1024;
    let offsets = [0, n];
    // Key 0 weighs 1, every other 2^-15.3.
    let half = |x: f32| half::f16::from_f32(x);
    let k: Vec<half::f16> = (0..n).map(|j| half(if j == 0 { 10.605 } else { 0.0 })).collect();
    let (q, v) =
        (vec![half(1.0); n], (0..n).map(|j| half(if j == 0 { 0.0 } else { 1.0 })).collect::<Vec<_>>());
    let mut inputs =
        Inputs::new([1, 1], [Tensor::F16(&q), Tensor::F16(&k), Tensor::F16(&v)], &offsets, Keys::All);
    inputs.scale = Some(1.0);
    let problem = Attention::new(inputs).unwrap();
    let backend = Emulated::new(kernels, 80, Some(Kernel::FlashAttention), Order::Forward);
    let (got, want) = (backend.forward(&problem).unwrap(), Reference.forward(&problem).unwrap());
    for (got, want) in got.out.iter().zip(&want.out) {
        assert!((got - want).abs() < 1e-6, "{got} for {want}");
    }
}

#[test]
fn any_scale_is_taken_or_refused() {
    let Some(kernels) = require(80) else { return };
    let backend = Emulated::new(kernels, 80, Some(Kernel::FlashAttention), Order::Forward);
    for (scale, mask) in [-0.3, 0.0, 1e-3, 1e-20, -1e-30, 1e-38]
        .into_iter()
        .flat_map(|s| [(s, Mask::Mixed), (s, Mask::Causal)])
    {
        let batch = Batch { scale, ..Batch::new(&Shape { mask, ..dense(11) }) };
        suite::each_form(&batch, |form, keys| {
            batch.with_keys(keys, |p| {
                suite::compare(&batch, &backend.forward(p).unwrap(), &Reference.forward(p).unwrap())
                    .map_err(|e| format!("{form}: {e}"))
            })
        })
        .unwrap_or_else(|e| panic!("scale {scale} {mask:?}: {e}"));
    }
    // Logits that would pass for those of hidden pairs.
    let mut batch = Batch::new(&Shape { dtype: Dtype::Bf16, ..dense(11) });
    batch.q = Values::store(Dtype::Bf16, &batch.q.widened().iter().map(|x| x * 1e15).collect::<Vec<f32>>());
    let error = batch.with_keys(Keys::Causal, |p| backend.forward(p)).unwrap_err();
    assert!(matches!(error, AttentionError::Range { .. }), "{error}");
    let batch = Batch::new(&Shape { dtype: Dtype::F32, ..dense(11) });
    let error = batch.with_keys(Keys::Causal, |p| backend.forward(p)).unwrap_err();
    assert_eq!(error, AttentionError::NeedsHalf);
}

/// Where one unit in the last place of a logit is more than 1, the largest probability is still 1.
#[test]
fn logits_of_millions_give_no_nan() {
    let Some(kernels) = require(80) else { return };
    for kernel in Kernel::ALL {
        let backend = Emulated::new(kernels, 80, Some(kernel), Order::Forward);
        for (size, scale) in [(4000.0, 1.0), (20_000.0, 0.3), (2.0, 1e9)] {
            let mut batch = Batch::new(&Shape { mask: Mask::Causal, bias: Bias::None, ..dense(1) });
            let alike = |x: &Values| x.widened().iter().map(|x| x.signum() * size).collect::<Vec<f32>>();
            (batch.q, batch.k) =
                (Values::store(Dtype::F16, &alike(&batch.q)), Values::store(Dtype::F16, &alike(&batch.k)));
            batch.scale = scale;
            batch
                .with_keys(Keys::Causal, |p| {
                    suite::compare(&batch, &backend.forward(p).unwrap(), &Reference.forward(p).unwrap())
                })
                .unwrap_or_else(|e| panic!("{kernel} {size} {scale}: {e}"));
        }
    }
}

/// Times up to the ends of i64, where the low words of two times say nothing about their distance.
#[test]
fn times_far_apart_keep_their_bias() {
    let Some(kernels) = require(80) else { return };
    let far = [i64::MIN, -(1 << 40), -1, 0, 1 << 31, (1 << 31) - 1, 1 << 32, (1 << 32) + 5, i64::MAX];
    for (bias, kernel) in [
        TimeBias::Sqrt { scale_minutes: 1e12 },
        TimeBias::Buckets(vec![(0.0, 1e6, 1.0), (35_791.395, 71_582.79, -2.0), (1e9, 1e30, 3.0)]),
    ]
    .into_iter()
    .flat_map(|bias| Kernel::ALL.map(|kernel| (bias.clone(), kernel)))
    {
        let mut batch = Batch::new(&Shape { mask: Mask::All, lengths: vec![70, 9], ..dense(11) });
        batch.t_ms = (0..79).map(|i| far[i * 5 % far.len()] / if i % 2 == 0 { 1 } else { 3 }).collect();
        batch.bias = bias;
        let backend = Emulated::new(kernels, 80, Some(kernel), Order::Forward);
        batch
            .with_keys(Keys::All, |p| {
                suite::compare(&batch, &backend.forward(p).unwrap(), &Reference.forward(p).unwrap())
            })
            .unwrap_or_else(|e| panic!("{kernel} {:?}: {e}", batch.bias));
    }
}

#[test]
fn a_plan_serves_other_tensors_of_the_same_graphs() {
    let Some(kernels) = require(80) else { return };
    let backend = Emulated::new(kernels, 80, None, Order::Forward);
    let (batch, other) =
        (Batch::new(&dense(11)), Batch::new(&Shape { heads: 2, dtype: Dtype::Bf16, ..dense(40) }));
    let plan = batch.with_edges(|p| Plan::new(&Layout::of(p)).unwrap());
    let other = Batch { t_ms: batch.t_ms.clone(), bias: batch.bias.clone(), ..other };
    for batch in [batch, other] {
        batch
            .with_edges(|p| {
                suite::compare(&batch, &backend.run(p, &plan).unwrap(), &Reference.forward(p).unwrap())
            })
            .unwrap();
    }
}

/// The bias written out: buckets to the bit, the root within one unit in the last place of what its f32 steps allow.
#[test]
fn the_time_bias_written_out_is_that_of_the_host() {
    for arch in [75, 80] {
        let Some(kernels) = require(arch) else { return };
        let t_ms: Vec<i64> = (0..300).map(|i| 1_785_000_000_000 + i * i * 977 % 15_000_000).collect();
        let buckets = vec![(0.0, 5.0, 0.2), (5.0, 15.0, 0.1), (15.0, 60.0, 0.0), (60.0, 240.0, -0.1)];
        for bias in [TimeBias::None, TimeBias::Sqrt { scale_minutes: 0.1 }, TimeBias::Buckets(buckets)] {
            let (first, len) = (7, 270);
            let got = time_bias(kernels, &t_ms, &bias, first, len);
            for (n, got) in got.iter().enumerate() {
                let (i, j) = (first + n / len, first + n % len);
                let want = bias.at(minutes_between(t_ms[i], t_ms[j]));
                let ulps = got.to_bits().abs_diff(want.to_bits());
                let allowed = if matches!(bias, TimeBias::Sqrt { .. }) { 2 } else { 0 };
                assert!(ulps <= allowed, "sm_{arch} {bias:?} {i} {j}: {got} for {want}");
            }
        }
    }
}

fn time_bias(kernels: &Kernels, t_ms: &[i64], bias: &TimeBias, first: usize, len: usize) -> Vec<f32> {
    let offsets = [0, t_ms.len()];
    let layout = Layout { heads: 1, head_dim: 1, offsets: &offsets, keys: Keys::All, bias, t_ms: Some(t_ms) };
    let plan = Plan::new(&layout).unwrap();
    let mut memory = Memory::new();
    let tables = plan.tables().map(|(table, bytes)| memory.input(table.name(), bytes).address());
    let times = memory.input("times", bytemuck::cast_slice(t_ms));
    let out = memory.output("out", 4 * len * len);
    let params = plan.time_bias_params(times.address(), out.address(), [first as u64, len as u64], &tables);
    let (grid, block) = time_bias_shape(len as u64).unwrap();
    let params = bytemuck::bytes_of(&params);
    let launch = Launch { entry: TIME_BIAS, grid, block, shared_bytes: 0, params, order: Order::Forward };
    kernels.launch(&launch, &mut memory).clean();
    bytemuck::cast_slice(memory.bytes(out)).to_vec()
}

/// The tile kernels read shared memory without conflicts of banks.
#[test]
fn no_matrix_read_meets_a_bank_conflict() {
    let Some(kernels) = require(80) else { return };
    for dim in [16, 32, 64, 128] {
        let batch = Batch::new(&dense(dim));
        let backend = Emulated::new(kernels, 80, Some(Kernel::BlockSparseAttention), Order::Forward);
        batch.with_edges(|p| backend.forward(p).unwrap());
        let stats = backend.stats.lock().unwrap();
        assert!(stats.matrix_reads > 0 && stats.bank_conflicts == 0, "head_dim {dim}: {stats:?}");
    }
}

#[test]
fn the_cpu_and_the_kernels_agree_through_the_whole_of_a_layer() {
    let Some(kernels) = require(80) else { return };
    let backend = Emulated::new(kernels, 80, None, Order::Random(3));
    for mask in [Mask::Band(4), Mask::Percent(40)] {
        let batch = Batch::new(&Shape { mask, bias: Bias::Buckets, logits: 1.0, ..dense(11) });
        batch
            .with_edges(|p| suite::compare(&batch, &backend.forward(p).unwrap(), &Cpu.forward(p).unwrap()))
            .unwrap();
    }
}
