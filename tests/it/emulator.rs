//! The CUDA kernels in the emulator, which runs the same sources on the CPU and checks every memory access: every
//! kernel has the properties of a backend, and planted bugs are found.

mod backend;
mod extremes;
mod far;
mod mutants;
mod time_bias;

use std::collections::BTreeSet;

use ironforge::attention::lowering::{Kernel, PlanInputs, TIME_BIAS, entries};
use ironforge::attention::{
    Accuracy, AttentionBackend, AttentionConfig, Cpu, Direction, Keys, Plan, Reference, attention_pattern,
};
use ironforge::dag::{Dag, DagConfig};
use ironforge::scale::TimeScale;
use ironforge::tgat::{self, Model, Precision, TgatConfig};
use ironforge_emulator::{Order, require};
use proptest::prelude::*;
use proptest::test_runner::{Config, TestCaseError, TestRunner};

use crate::attention::strategies::{Batch, Bias, Dtype, Mask, Shape, Times, Values, shapes};
use crate::attention::suite::{self, Property, Verdict};
use backend::Emulated;

/// Number of problems per property and kernel.
const CASES: u32 = 12;

/// Problems in a 16-bit type that the kernels of an architecture support.
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

fn has_every_property(arch: u32, kernel: Kernel, cases: u32) {
    let Some(kernels) = require(arch) else { return };
    for property in Property::ALL {
        let order = std::cell::Cell::new(0);
        for_many(arch, cases, |batch| {
            order.set(order.get() + 1);
            let order =
                [Order::Forward, Order::Reverse, Order::Random(order.get())][order.get() as usize % 3];
            let backend = Emulated::new(kernels, arch, Some(kernel), order);
            property.check(&backend, batch).map_err(|e| format!("{kernel}: {property}: {e}"))
        });
    }
}

#[test]
fn edge_attention_has_every_property_of_a_backend() {
    has_every_property(80, Kernel::EdgeAttention, CASES);
}

#[test]
fn flash_attention_has_every_property_of_a_backend() {
    has_every_property(80, Kernel::FlashAttention, CASES);
}

#[test]
fn block_sparse_attention_has_every_property_of_a_backend() {
    has_every_property(80, Kernel::BlockSparseAttention, CASES);
}

#[test]
fn chosen_kernels_agree_on_a_graph_alone_and_in_a_batch() {
    let Some(kernels) = require(80) else { return };
    let backend = Emulated::new(kernels, 80, None, Order::Forward);
    for_many(80, CASES, |batch| suite::a_batch_is_close_to_its_graphs(&backend, batch));
}

#[test]
fn turing_has_every_property_of_a_backend() {
    for kernel in Kernel::ALL {
        has_every_property(75, kernel, CASES / 4);
    }
}

#[test]
fn fast_accuracy_is_within_its_documented_bound() {
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

/// Every entry that the host can launch exists, is launched, and gives correct results.
#[test]
fn every_entry_exists_and_agrees_with_the_reference() {
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
                    Accuracy::Exact => Property::FormsAgree
                        .check(&backend, &batch)
                        .and_then(|()| Property::MatchesReference.check(&backend, &batch)),
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

/// A launch with 16-bit output and without log-sum-exp gives the numbers of one with f32 output, rounded to nearest.
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
fn fast_accuracy_rounds_the_probabilities() {
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

#[test]
fn a_plan_serves_other_tensors_of_the_same_graphs() {
    let Some(kernels) = require(80) else { return };
    let backend = Emulated::new(kernels, 80, None, Order::Forward);
    let (batch, other) =
        (Batch::new(&dense(11)), Batch::new(&Shape { heads: 2, dtype: Dtype::Bf16, ..dense(40) }));
    let plan = batch.with_edges(|p| Plan::new(&PlanInputs::of(p)).unwrap());
    let other = Batch { t_ms: batch.t_ms.clone(), bias: batch.bias.clone(), ..other };
    for batch in [batch, other] {
        batch
            .with_edges(|p| {
                suite::compare(&batch, &backend.run(p, &plan).unwrap(), &Reference.forward(p).unwrap())
            })
            .unwrap();
    }
}

/// The tile kernels read shared memory without bank conflicts.
#[test]
fn no_matrix_read_has_a_bank_conflict() {
    let Some(kernels) = require(80) else { return };
    for dim in [16, 32, 64, 128] {
        let batch = Batch::new(&dense(dim));
        let backend = Emulated::new(kernels, 80, Some(Kernel::BlockSparseAttention), Order::Forward);
        batch.with_edges(|p| backend.forward(p).unwrap());
        let stats = backend.stats.lock().unwrap();
        assert!(stats.matrix_reads > 0 && stats.bank_conflicts == 0, "head_dim {dim}: {stats:?}");
    }
}

/// The computation of `discover`: the default network over the graphs of the built-in sample, layer by layer.
#[test]
fn the_cpu_and_the_kernels_agree_through_the_whole_network() {
    let Some(kernels) = require(80) else { return };
    let sessions = ironforge::events::sample(ironforge::events::TieOrder::Source);
    let config = TgatConfig::default();
    for precision in [Precision::F16, Precision::Bf16] {
        let model = Model::seeded(&TgatConfig { precision, ..config.clone() }, 5, 42).unwrap();
        for session in &sessions[..2] {
            let t_ms = &session.events.t_ms;
            let links = DagConfig::default().resolved(TimeScale::of_times([&t_ms[..]])).unwrap();
            let dag = Dag::from_events(&session.events, &links).unwrap();
            let pattern = attention_pattern(dag.pattern(), Direction::Predecessors, true).unwrap();
            let x: Vec<f32> = (0..t_ms.len() * 5).map(|i| (i * 37 % 101) as f32 / 25.0 - 2.0).collect();
            let offsets = [0, t_ms.len()];
            let batch = tgat::Batch {
                t_ms: Some(t_ms),
                bias: AttentionConfig::default().time_bias().unwrap(),
                ..tgat::Batch::new(&x, &offsets, Keys::Edges(pattern.as_pattern()))
            };
            let want = model.forward(&Cpu, &batch).unwrap();
            for kernel in [None, Some(Kernel::BlockSparseAttention)] {
                let backend = Emulated::new(kernels, 80, kernel, Order::Random(3));
                let got = model.forward(&backend, &batch).unwrap();
                for (what, got, want) in [
                    ("embeddings", &got.embeddings, &want.embeddings),
                    ("pattern", &got.pattern, &want.pattern),
                    ("significance", &got.significance, &want.significance),
                ] {
                    assert_eq!(got.len(), want.len());
                    let off = got.iter().zip(want).map(|(g, w)| (g - w).abs()).fold(0.0, f32::max);
                    println!("{what} {precision} {kernel:?}: {off:e}");
                    assert!(off <= 1e-4, "{what} {precision} {kernel:?}: {off:e}");
                }
            }
        }
    }
}
