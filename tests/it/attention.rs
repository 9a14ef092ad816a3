//! Attention: the properties of every backend, those of the CPU, and invalid problems.

#[cfg(feature = "store")]
mod attend;
mod faults;
mod refused;
pub mod strategies;
pub mod suite;

use ironforge::attention::{
    Accuracy, Attention, AttentionBackend, AttentionConfig, Cpu, Inputs, Keys, NonFinite, Output, Reference,
    Tensor, TimeBias, attention_weights, intervals, minutes_between,
};
use proptest::prelude::*;
use proptest::test_runner::{Config, TestCaseError, TestRunner};

use strategies::{Batch, Bias, Dtype, Mask, Shape, Times, Values, shapes};
use suite::{Property, Verdict};

/// Number of problems per property.
const CASES: u32 = 48;

fn for_many(property: impl Fn(&Batch) -> Verdict) -> Verdict {
    let config = Config { cases: CASES, failure_persistence: None, ..Config::default() };
    TestRunner::new(config)
        .run(&shapes(), |shape| property(&Batch::new(&shape)).map_err(TestCaseError::fail))
        .map_err(|e| e.to_string())
}

#[test]
fn the_cpu_has_every_property_of_a_backend() {
    for property in Property::ALL {
        for_many(|batch| property.check(&Cpu, batch)).unwrap_or_else(|e| panic!("{property}: {e}"));
    }
}

#[test]
fn the_reference_has_every_property_of_a_backend() {
    // It is compared with itself, so a few cases suffice to show that the suite can pass.
    let config = Config { cases: 8, failure_persistence: None, ..Config::default() };
    for property in Property::ALL {
        TestRunner::new(config.clone())
            .run(&shapes(), |shape| {
                property.check(&Reference, &Batch::new(&shape)).map_err(TestCaseError::fail)
            })
            .unwrap_or_else(|e| panic!("{property}: {e}"));
    }
}

#[test]
fn on_the_cpu_every_form_of_the_same_edges_gives_the_same_bits() {
    for_many(|batch| {
        let want = batch.with_edges(|p| Cpu.forward(p).unwrap());
        suite::each_form(batch, |form, keys| {
            let got = batch.with_keys(keys, |p| Cpu.forward(p).unwrap());
            suite::same_bits(&got, &want).map_err(|e| format!("{form}: {e}"))
        })
    })
    .unwrap();
}

#[test]
fn fast_accuracy_is_within_its_documented_bound() {
    for_many(|batch| suite::fast_keeps_its_bound(&Cpu, batch)).unwrap();
}

#[test]
fn fast_accuracy_rounds_the_probabilities() {
    // whole tiles, and gathered rows
    for (mask, dtype) in
        [Mask::All, Mask::Band(3)].into_iter().flat_map(|m| [(m, Dtype::F16), (m, Dtype::Bf16)])
    {
        let batch = Batch::new(&Shape { lengths: vec![128], mask, dtype, ..dense() });
        let exact = batch.with_edges(|p| Cpu.forward(p).unwrap());
        let fast = Batch { accuracy: Accuracy::Fast, ..batch }.with_edges(|p| Cpu.forward(p).unwrap());
        assert_ne!(exact.out, fast.out, "{mask:?} {dtype:?}");
        assert_eq!(exact.lse, fast.lse, "{mask:?} {dtype:?}");
    }
}

#[test]
fn many_heads_are_independent() {
    let batch = Batch::new(&Shape { heads: 19, ..dense() });
    for property in Property::ALL {
        property.check(&Cpu, &batch).unwrap_or_else(|e| panic!("{property}: {e}"));
    }
}

#[test]
fn a_nan_in_a_later_tile_leaves_the_results_of_earlier_tiles() {
    let shape = Shape { lengths: vec![190], mask: Mask::Percent(90), dtype: Dtype::F32, ..dense() };
    let mut batch = Batch::new(&shape);
    let (node, at) = (100, 3);
    let mut want = batch.with_edges(|p| Cpu.forward(p).unwrap());
    let width = batch.heads * batch.dim;
    for (i, row) in batch.rows.iter().enumerate().filter(|(_, row)| row.contains(&(node as u32))) {
        assert!(row.iter().any(|&j| j < 64), "row {i} has no key in the earlier tile");
        want.out[i * width + at] = f32::NAN;
    }
    let mut values = batch.v.widened();
    values[node * width + at] = f32::NAN;
    batch.v = Values::store(Dtype::F32, &values);
    batch.non_finite = NonFinite::Propagate;
    suite::compare(&batch, &batch.with_edges(|p| Cpu.forward(p).unwrap()), &want).unwrap();
}

fn dense() -> Shape {
    Shape {
        lengths: vec![65, 130],
        heads: 2,
        dim: 11,
        dtype: Dtype::F16,
        mask: Mask::Causal,
        bias: Bias::Sqrt,
        times: Times::Random,
        uniform: false,
        logits: 16.0,
        seed: 5,
    }
}

#[test]
fn the_true_head_dimension_sets_the_scale() {
    let x = [0.0; 11];
    let problem = Attention::new(Inputs::new([1, 11], [Tensor::F32(&x); 3], &[0, 1], Keys::All)).unwrap();
    assert_eq!(problem.scale(), (1.0 / 11.0_f64.sqrt()) as f32);
}

#[test]
fn a_batch_without_graphs_and_graphs_of_zero_and_one_node_are_valid() {
    for backend in [&Reference as &dyn AttentionBackend, &Cpu] {
        let none = Attention::new(Inputs::new([2, 3], [Tensor::F32(&[]); 3], &[0], Keys::All)).unwrap();
        assert_eq!(backend.forward(&none).unwrap(), Output { out: vec![], lse: vec![] });
        let x = [1.0, 2.0, 3.0, 4.0];
        let offsets = [0, 0, 1, 1, 2, 2];
        let ones = Attention::new(Inputs::new([1, 2], [Tensor::F32(&x); 3], &offsets, Keys::Causal)).unwrap();
        assert_eq!(backend.forward(&ones).unwrap().out, x);
    }
}

#[test]
fn times_far_apart_do_not_overflow() {
    let x = [0.5; 4];
    let mut inputs = Inputs::new([1, 2], [Tensor::F32(&x); 3], &[0, 2], Keys::All);
    inputs.bias = TimeBias::Sqrt { scale_minutes: 0.1 };
    inputs.t_ms = Some(&[i64::MIN, i64::MAX]);
    let problem = Attention::new(inputs).unwrap();
    assert_eq!(Cpu.forward(&problem).unwrap().out, x);
    assert!(minutes_between(i64::MIN, i64::MAX) > 3e14);
}

#[test]
fn weights_reproduce_the_output() {
    for_many(|batch| {
        batch.with_edges(|problem| {
            let output = Cpu.forward(problem).unwrap();
            let weights = attention_weights(problem).map_err(|e| e.to_string())?;
            let (v, heads, dim) = (batch.v.widened(), batch.heads, batch.dim);
            for (i, row) in batch.rows.iter().enumerate().filter(|(_, row)| !row.is_empty()) {
                let entries = weights.row_ptr[i]..weights.row_ptr[i + 1];
                if weights.col_idx[entries.clone()] != row[..] {
                    return Err(format!("row {i} has other columns"));
                }
                for (h, d) in (0..heads).flat_map(|h| (0..dim).map(move |d| (h, d))) {
                    let value = |j: u32| f64::from(v[(j as usize * heads + h) * dim + d]);
                    let weight = |e: usize| f64::from(weights.values[e * heads + h]);
                    let got: f64 = entries.clone().map(|e| weight(e) * value(weights.col_idx[e])).sum();
                    let want = f64::from(output.out[(i * heads + h) * dim + d]);
                    if (got - want).abs() > 1e-3 {
                        return Err(format!("row {i}, head {h}, dim {d}: {got} for {want}"));
                    }
                }
            }
            Ok(())
        })
    })
    .unwrap();
}

#[test]
fn intervals_as_rows_are_the_same_keys() {
    let batch = Batch::new(&Shape { mask: Mask::Ranges, ..dense() });
    let lo: Vec<u32> = batch.rows.iter().map(|r| r.first().copied().unwrap_or(0)).collect();
    let hi: Vec<u32> = batch.rows.iter().map(|r| r.last().map_or(0, |j| j + 1)).collect();
    let written = intervals(&batch.offsets, &lo, &hi).unwrap();
    assert_eq!(written.into_parts(), batch.csr());
}

#[test]
fn settings_have_every_key_and_refuse_unknown_ones() {
    let settings = serde_json::to_value(AttentionConfig::default()).unwrap();
    let want = serde_json::json!({
        "keys": "edges",
        "direction": "predecessors", "self_loops": true, "bias": "buckets", "scale_minutes": 0.1,
        "buckets": [[0.0, 5.0, 0.2], [5.0, 15.0, 0.1], [15.0, 60.0, 0.0], [60.0, 240.0, -0.1]],
        "accuracy": "exact", "empty_row": "zero", "non_finite": "error", "plan_cache_mb": 64,
    });
    assert_eq!(settings, want);
    let read = |text: &str| serde_json::from_str::<AttentionConfig>(text);
    assert_eq!(read("{}").unwrap(), AttentionConfig::default());
    assert!(read(r#"{"self_loop": true}"#).unwrap_err().to_string().contains("self_loop"));
    let sqrt = read(r#"{"bias": "sqrt", "scale_minutes": 2}"#).unwrap();
    assert_eq!(sqrt.time_bias(), Ok(TimeBias::Sqrt { scale_minutes: 2.0 }));
    assert!(read(r#"{"buckets": [[5, 0, 1]]}"#).unwrap().time_bias().is_err());
    assert!(read(r#"{"bias": "sqrt", "scale_minutes": 1e300}"#).unwrap().time_bias().is_err());
}

proptest! {
    #[test]
    fn a_bias_is_the_sum_of_the_buckets_that_contain_dt(dt in 0.0_f32..500.0) {
        let bias = AttentionConfig::default().time_bias().unwrap();
        let TimeBias::Buckets(buckets) = &bias else { panic!("buckets are the default") };
        let mut want = 0.0_f32;
        for (lo, hi, weight) in buckets {
            if *lo <= dt && dt <= *hi { want += weight; }
        }
        prop_assert_eq!(bias.at(dt).to_bits(), want.to_bits());
    }
}
