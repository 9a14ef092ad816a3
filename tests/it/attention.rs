//! Attention: what every backend promises, what the CPU promises beyond it, and what is refused.

#[cfg(feature = "store")]
mod attend;
pub mod strategies;
pub mod suite;

use ironforge::attention::{
    Accuracy, Attention, AttentionBackend, AttentionConfig, AttentionError, BlockMask, Cpu, Inputs, Keys,
    NonFinite, Output, Reference, Tensor, TimeBias, attention_weights, intervals, minutes_between,
};
use ironforge::csr::CsrPattern;
use proptest::prelude::*;
use proptest::test_runner::{Config, TestCaseError, TestRunner};

use strategies::{Batch, Bias, Dtype, Mask, Shape, Times, Values, shapes};
use suite::{PROPERTIES, Verdict};

/// Problems that each property is tried on.
const CASES: u32 = 48;

fn for_many(property: impl Fn(&Batch) -> Verdict) -> Verdict {
    let config = Config { cases: CASES, failure_persistence: None, ..Config::default() };
    TestRunner::new(config)
        .run(&shapes(), |shape| property(&Batch::new(&shape)).map_err(TestCaseError::fail))
        .map_err(|e| e.to_string())
}

#[test]
fn the_cpu_keeps_every_promise_of_a_backend() {
    for property in PROPERTIES {
        for_many(|batch| (property.holds)(&Cpu, batch)).unwrap_or_else(|e| panic!("{}: {e}", property.name));
    }
}

#[test]
fn the_reference_keeps_every_promise_of_a_backend() {
    // It is its own measure, so a few cases show that the suite asks nothing it cannot give.
    let config = Config { cases: 8, failure_persistence: None, ..Config::default() };
    for property in PROPERTIES {
        TestRunner::new(config.clone())
            .run(&shapes(), |shape| {
                (property.holds)(&Reference, &Batch::new(&shape)).map_err(TestCaseError::fail)
            })
            .unwrap_or_else(|e| panic!("{}: {e}", property.name));
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
fn fast_accuracy_keeps_its_documented_bound() {
    for_many(|batch| suite::fast_keeps_its_bound(&Cpu, batch)).unwrap();
}

#[test]
fn fast_accuracy_does_round() {
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
fn many_heads_are_each_their_own() {
    let batch = Batch::new(&Shape { heads: 19, ..dense() });
    for property in PROPERTIES {
        (property.holds)(&Cpu, &batch).unwrap_or_else(|e| panic!("{}: {e}", property.name));
    }
}

#[test]
fn a_nan_in_a_later_tile_leaves_what_the_tiles_before_gave() {
    let shape = Shape { lengths: vec![190], mask: Mask::Percent(90), dtype: Dtype::F32, ..dense() };
    let mut batch = Batch::new(&shape);
    let (node, at) = (100, 3);
    let mut want = batch.with_edges(|p| Cpu.forward(p).unwrap());
    let width = batch.heads * batch.dim;
    for (i, row) in batch.rows.iter().enumerate().filter(|(_, row)| row.contains(&(node as u32))) {
        assert!(row.iter().any(|&j| j < 64), "row {i} sees nothing of the tile before");
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

/// A backend with a fault planted in it.
struct Faulty(fn(&Attention<'_>) -> Output);

impl AttentionBackend for Faulty {
    fn name(&self) -> &'static str {
        "faulty"
    }

    fn forward(&self, problem: &Attention<'_>) -> Result<Output, AttentionError> {
        Ok((self.0)(problem))
    }
}

fn right(problem: &Attention<'_>) -> Output {
    Cpu.forward(problem).unwrap()
}

fn changed<'a>(problem: &Attention<'a>, change: impl FnOnce(&mut Inputs<'a>)) -> Output {
    let mut inputs = problem.inputs().clone();
    change(&mut inputs);
    right(&Attention::new(inputs).unwrap())
}

fn one_value_off(problem: &Attention<'_>) -> Output {
    let mut output = right(problem);
    output.out[17] += 1e-4;
    output
}

fn one_log_sum_exp_off(problem: &Attention<'_>) -> Output {
    let mut output = right(problem);
    output.lse[9] += 1e-4;
    output
}

fn one_key_dropped(problem: &Attention<'_>) -> Output {
    let Keys::Edges(pattern) = problem.inputs().keys else { return right(problem) };
    let (row_ptr, col_idx) = (pattern.row_ptr().to_vec(), pattern.col_idx().to_vec());
    let at = row_ptr[2] as usize;
    let shorter: Vec<u32> = row_ptr.iter().map(|&p| if p as usize > at { p - 1 } else { p }).collect();
    let columns = [&col_idx[..at], &col_idx[at + 1..]].concat();
    let pattern = CsrPattern::new(&shorter, &columns, problem.nodes()).unwrap();
    let mut inputs = problem.inputs().clone();
    inputs.keys = Keys::Edges(pattern);
    right(&Attention::new(inputs).unwrap())
}

fn bias_of_other_times(problem: &Attention<'_>) -> Output {
    let times: Vec<i64> =
        problem.inputs().t_ms.unwrap().iter().enumerate().map(|(i, t)| t + 600 * i as i64).collect();
    let mut inputs = problem.inputs().clone();
    inputs.t_ms = Some(&times);
    right(&Attention::new(inputs).unwrap())
}

fn scale_of_the_padded_head(problem: &Attention<'_>) -> Output {
    let scale = problem.scale() * (11.0_f32 / 16.0).sqrt();
    changed(problem, |inputs| inputs.scale = Some(scale))
}

fn no_bias(problem: &Attention<'_>) -> Output {
    changed(problem, |inputs| inputs.bias = TimeBias::None)
}

#[test]
fn a_planted_fault_is_found() {
    type Fault = (&'static str, fn(&Attention<'_>) -> Output);
    let faults: [Fault; 6] = [
        ("one value", one_value_off),
        ("one log-sum-exp", one_log_sum_exp_off),
        ("one key", one_key_dropped),
        ("other times", bias_of_other_times),
        ("padded scale", scale_of_the_padded_head),
        ("no bias", no_bias),
    ];
    let batch = Batch::new(&dense());
    (PROPERTIES[0].holds)(&Faulty(right), &batch).unwrap();
    for (name, fault) in faults {
        assert!((PROPERTIES[0].holds)(&Faulty(fault), &batch).is_err(), "{name} goes unnoticed");
    }
}

#[test]
fn leaks_leftovers_and_neighbours_are_found() {
    let holds = |name: &str, backend: &dyn AttentionBackend, batch: &Batch| {
        let property = PROPERTIES.iter().find(|p| p.name.contains(name)).unwrap();
        (property.holds)(backend, batch)
    };
    // An output that came out once and is handed out again.
    static LEFT_OVER: std::sync::OnceLock<Output> = std::sync::OnceLock::new();
    let stale = Faulty(|p| LEFT_OVER.get_or_init(|| right(p)).clone());
    let batch = Batch::new(&dense());
    assert!(holds("left over", &stale, &batch).is_err());
    // Zeros for rows without a key where the mean was asked for.
    let zeros = Faulty(|p| changed(p, |inputs| inputs.empty_row = ironforge::attention::EmptyRow::Zero));
    let empty = Batch::new(&Shape { mask: Mask::Nothing, uniform: true, ..dense() });
    assert!(holds("without keys", &zeros, &empty).is_err());
    // A row that hears of its neighbour in the batch.
    let neighbour = Faulty(|p| {
        let mut output = right(p);
        let last = output.out.len() - 1;
        output.out[0] += output.out[last] * 1e-7;
        output
    });
    assert!(holds("alone and in a batch", &neighbour, &batch).is_err());
    // NaN that reaches every row of its graph.
    let leaky = Faulty(|p| {
        let mut output = right(p);
        let nan = output.out.iter().any(|x| x.is_nan());
        output.lse.iter_mut().filter(|_| nan).for_each(|x| *x = f32::NAN);
        output
    });
    let few = Batch::new(&Shape { mask: Mask::Band(2), ..dense() });
    assert!(holds("NaN spreads", &leaky, &few).is_err());
}

#[test]
fn the_true_head_dimension_sets_the_scale() {
    let x = [0.0; 11];
    let problem = Attention::new(Inputs::new([1, 11], [Tensor::F32(&x); 3], &[0, 1], Keys::All)).unwrap();
    assert_eq!(problem.scale(), (1.0 / 11.0_f64.sqrt()) as f32);
}

#[test]
fn a_batch_of_no_graph_and_graphs_of_no_and_one_node_are_valid() {
    for backend in [&Reference as &dyn AttentionBackend, &Cpu] {
        let none = Attention::new(Inputs::new([2, 3], [Tensor::F32(&[]); 3], &[0], Keys::All)).unwrap();
        assert_eq!(backend.forward(&none).unwrap(), Output { out: vec![], lse: vec![] });
        let x = [1.0, 2.0, 3.0, 4.0];
        let offsets = [0, 0, 1, 1, 2, 2];
        let ones = Attention::new(Inputs::new([1, 2], [Tensor::F32(&x); 3], &offsets, Keys::Causal)).unwrap();
        assert_eq!(backend.forward(&ones).unwrap().out, x);
    }
}

/// Three nodes of two heads of two, in graphs of one and two nodes.
fn small(change: impl FnOnce(&mut Inputs<'static>)) -> Result<(), AttentionError> {
    static X: [f32; 12] = [0.5; 12];
    let mut inputs = Inputs::new([2, 2], [Tensor::F32(&X); 3], &[0, 1, 3], Keys::All);
    change(&mut inputs);
    Attention::new(inputs).map(|_| ())
}

#[test]
fn what_does_not_fit_is_refused_by_name() {
    static NAN: [f32; 12] = {
        let mut x = [0.0; 12];
        x[7] = f32::NAN;
        x
    };
    static HALF: [half::f16; 12] = [half::f16::ONE; 12];
    type Case = (fn(&mut Inputs<'static>), &'static str);
    let cases: &[Case] = &[
        (|i| i.heads = 0, "heads is 0"),
        (|i| i.head_dim = 0, "head_dim is 0"),
        (|i| i.head_dim = 129, "head_dim is 129"),
        (|i| i.heads = usize::MAX, "too large"),
        (|i| i.heads = 3, "q holds 12 values, the shape needs 18"),
        (|i| i.v = Tensor::F32(&NAN[..4]), "v holds 4 values"),
        (|i| i.k = Tensor::F16(&HALF), "k is stored as f16, but q as f32"),
        (|i| i.offsets = &[], "offsets is empty"),
        (|i| i.offsets = &[1, 3], "starts at 1"),
        (|i| i.offsets = &[0, 4, 3], "falls from 4 to 3 at graph 1"),
        (|i| i.offsets = &[0, usize::MAX], "number of nodes is too large"),
        (|i| i.offsets = &[0, 2], "q holds 12 values, the shape needs 8"),
        (|i| i.keys = Keys::Intervals { lo: &[0, 1], hi: &[1, 2, 3] }, "lo holds 2"),
        (|i| i.keys = Keys::Intervals { lo: &[0, 2, 1], hi: &[1, 1, 3] }, "key range 2..1"),
        (|i| i.keys = Keys::Intervals { lo: &[0, 0, 1], hi: &[1, 2, 3] }, "node 1 names key 0"),
        (|i| i.keys = Keys::Intervals { lo: &[0, 1, 1], hi: &[1, 2, 9] }, "node 2 names key 8"),
        (|i| i.keys = Keys::Edges(CsrPattern::new(&[0, 1, 1, 1], &[2], 3).unwrap()), "node 0 names key 2"),
        (|i| i.keys = Keys::Edges(CsrPattern::new(&[0, 0], &[], 3).unwrap()), "the pattern is 1 x 3"),
        (|i| i.bias = TimeBias::Sqrt { scale_minutes: 0.1 }, "needs t_ms"),
        (|i| i.t_ms = Some(&[1, 2]), "t_ms holds 2 values, the shape needs 3"),
        (|i| i.bias = TimeBias::Sqrt { scale_minutes: -1.0 }, "scale_minutes is -1"),
        (|i| i.bias = TimeBias::Buckets(vec![(1.0, 0.0, 0.0)]), "bucket 0 is [1, 0]"),
        (|i| i.scale = Some(f32::INFINITY), "scale is inf"),
        (|i| i.k = Tensor::F32(&NAN), "k holds NaN at node 1, head 1, dim 1"),
        (|i| i.accuracy = Accuracy::Fast, "store q, k, v as f16 or bf16"),
    ];
    small(|_| {}).unwrap();
    for (change, want) in cases {
        let error = small(change).expect_err(want).to_string();
        assert!(error.contains(want), "`{error}` does not say `{want}`");
    }
}

#[test]
fn a_mask_of_another_batch_is_refused() {
    let mask = BlockMask::banded(&[0, 3]).unwrap();
    let x = [0.5; 12];
    let inputs = Inputs::new([2, 2], [Tensor::F32(&x); 3], &[0, 1, 3], Keys::Mask(&mask));
    assert_eq!(Attention::new(inputs).unwrap_err(), AttentionError::MaskOffsets);
}

#[test]
fn the_reference_has_one_accuracy() {
    let batch = Batch { accuracy: Accuracy::Fast, ..Batch::new(&dense()) };
    let error = batch.with_edges(|p| Reference.forward(p)).unwrap_err();
    assert_eq!(error, AttentionError::NoFast { backend: "reference" });
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
fn weights_are_those_of_the_output() {
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
fn intervals_written_out_are_the_same_keys() {
    let batch = Batch::new(&Shape { mask: Mask::Ranges, ..dense() });
    let lo: Vec<u32> = batch.rows.iter().map(|r| r.first().copied().unwrap_or(0)).collect();
    let hi: Vec<u32> = batch.rows.iter().map(|r| r.last().map_or(0, |j| j + 1)).collect();
    let written = intervals(&batch.offsets, &lo, &hi).unwrap();
    assert_eq!(written.into_parts(), batch.csr());
}

#[test]
fn settings_have_every_key_and_refuse_others() {
    let settings = serde_json::to_value(AttentionConfig::default()).unwrap();
    let want = serde_json::json!({
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
    fn a_bias_is_the_sum_of_what_holds_it(dt in 0.0_f32..500.0) {
        let bias = AttentionConfig::default().time_bias().unwrap();
        let TimeBias::Buckets(buckets) = &bias else { panic!("buckets are the default") };
        let mut want = 0.0_f32;
        for (lo, hi, weight) in buckets {
            if *lo <= dt && dt <= *hi { want += weight; }
        }
        prop_assert_eq!(bias.at(dt).to_bits(), want.to_bits());
    }
}
