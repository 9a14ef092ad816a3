//! The network: the bits of a graph do not depend on its batch, settings have their documented effect, and results
//! carry the `trained` flag.

use ironforge::attention::lowering::{GraphView, PlanCache};
use ironforge::attention::{
    AttentionBackend, CachedPlans, Cpu, Direction, EmptyRow, Keys, NonFinite, Reference, TimeBias,
    attention_pattern,
};
use ironforge::csr::CsrPattern;
use ironforge::tgat::{Batch, MAX_POSITIONS, Model, PATTERNS, Positions, Precision, TgatConfig, TgatError};

use crate::close::Tolerance;
use crate::plans::Planning;

mod range;
mod recomputed;
mod weights;

const INPUT_DIM: usize = 5;
const BACKENDS: [&dyn AttentionBackend; 2] = [&Reference, &Cpu];

fn small() -> TgatConfig {
    TgatConfig { hidden_dim: 8, num_heads: 2, ..TgatConfig::default() }
}

fn seeded(config: &TgatConfig) -> Model {
    Model::seeded(config, INPUT_DIM, 42).unwrap()
}

fn features(nodes: usize) -> Vec<f32> {
    (0..nodes * INPUT_DIM).map(|i| ((i * 37 % 101) as f32 - 50.0) / 25.0).collect()
}

fn close(got: &[f32], want: &[f32], bound: f64) {
    let f64s = |v: &[f32]| v.iter().map(|&x| f64::from(x)).collect::<Vec<_>>();
    Tolerance::abs(bound).compare(f64s(got).into_iter(), f64s(want).into_iter()).unwrap();
}

/// A chain with a skip: node i has edges to i + 1 and i + 3 of its own graph.
fn edges(offsets: &[usize]) -> (Vec<u32>, Vec<u32>) {
    let (mut row_ptr, mut col_idx) = (vec![0], Vec::new());
    for graph in offsets.windows(2) {
        for node in graph[0]..graph[1] {
            col_idx.extend([node + 1, node + 3].iter().filter(|&&to| to < graph[1]).map(|&to| to as u32));
            row_ptr.push(col_idx.len() as u32);
        }
    }
    (row_ptr, col_idx)
}

#[test]
fn all_layers_share_one_plan_and_a_range_prediction_has_its_own() {
    let config = TgatConfig { num_layers: 3, ..small() };
    let (model, x) = (seeded(&config), features(20));
    let (row_ptr, col_idx) = edges(&[0, 20]);
    let keys = Keys::Edges(CsrPattern::new(&row_ptr, &col_idx, 20).unwrap());
    let t_ms: Vec<i64> = (0..20).map(|i| i * 61_000).collect();
    let bias = TimeBias::Sqrt { scale_minutes: 0.1 };
    let batch = Batch { t_ms: Some(&t_ms), bias, ..Batch::new(&x, &[0, 20], keys) };

    let planning = Planning::default();
    assert_eq!(model.forward(&planning, &batch).unwrap(), model.forward(&Cpu, &batch).unwrap());
    assert_eq!(planning.counts(), [1, 3]);
    let range = |backend: &dyn AttentionBackend| model.predict_range(backend, &batch, 0.5).unwrap();
    assert_eq!(range(&planning), range(&Cpu));
    assert_eq!(planning.counts(), [2, 6]);

    // The same through a cache, where the whole graph and its first nodes have the same id.
    let (cache, planning) = (PlanCache::new(1 << 20), Planning::default());
    let view = GraphView { graph: "a".into(), direction: Direction::Successors, self_loops: false };
    let cached = CachedPlans::new(&planning, &cache, view);
    for _ in 0..2 {
        assert_eq!(model.forward(&cached, &batch).unwrap(), model.forward(&Cpu, &batch).unwrap());
        assert_eq!(range(&cached), range(&Cpu));
    }
    let counts = cache.counts();
    assert_eq!((counts.misses, counts.hits, planning.counts()), (2, 10, [2, 12]));
}

#[test]
fn a_batch_gives_the_same_bits_as_its_graphs_one_by_one() {
    let config = TgatConfig { positions: Positions::Learned, residual: true, layer_norm: true, ..small() };
    let (model, offsets) = (seeded(&config), [0, 1, 8, 8, 300]);
    let x = features(300);
    let t_ms: Vec<i64> = (0..300).map(|i| 1_753_372_800_000 + i * i * 700).collect();
    let run = |backend: &dyn AttentionBackend, offsets: &[usize], from: usize| {
        let nodes = offsets[offsets.len() - 1];
        let (row_ptr, col_idx) = edges(offsets);
        let successors = CsrPattern::new(&row_ptr, &col_idx, nodes).unwrap();
        let keys = attention_pattern(successors, Direction::Predecessors, true).unwrap();
        let batch = Batch {
            t_ms: Some(&t_ms[from..from + nodes]),
            bias: TimeBias::Sqrt { scale_minutes: 0.1 },
            ..Batch::new(
                &x[from * INPUT_DIM..(from + nodes) * INPUT_DIM],
                offsets,
                Keys::Edges(keys.as_pattern()),
            )
        };
        model.forward(backend, &batch).unwrap()
    };
    let mut of_backends = Vec::new();
    for backend in BACKENDS {
        let whole = run(backend, &offsets, 0);
        let mut alone = [Vec::new(), Vec::new(), Vec::new()];
        for graph in offsets.windows(2) {
            let scores = run(backend, &[0, graph[1] - graph[0]], graph[0]);
            alone[0].extend(scores.embeddings);
            alone[1].extend(scores.pattern);
            alone[2].extend(scores.significance);
        }
        assert_eq!([&whole.embeddings, &whole.pattern, &whole.significance], alone.each_ref());
        of_backends.push(whole.embeddings);
    }
    close(&of_backends[1], &of_backends[0], 1e-4);
}

#[test]
fn the_number_of_threads_changes_no_bit() {
    let (model, x, offsets) = (seeded(&small()), features(600), [0, 600]);
    let run = |backend: &dyn AttentionBackend, threads| {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
        pool.install(|| model.forward_with_weights(backend, &Batch::new(&x, &offsets, Keys::Causal)).unwrap())
    };
    for backend in BACKENDS {
        assert_eq!(run(backend, 1), run(backend, 2), "{}", backend.name());
    }
}

#[test]
fn no_nodes_and_one_node_are_valid() {
    let model = seeded(&small());
    for offsets in [&[0][..], &[0, 0, 0]] {
        let batch = Batch::new(&[], offsets, Keys::All);
        let (scores, weights) = model.forward_with_weights(&Reference, &batch).unwrap();
        assert!(scores.embeddings.is_empty() && scores.pattern.is_empty() && weights.values.is_empty());
    }
    let x = features(1);
    let (scores, weights) =
        model.forward_with_weights(&Reference, &Batch::new(&x, &[0, 1], Keys::All)).unwrap();
    assert_eq!((scores.embeddings.len(), scores.pattern.len(), scores.significance.len()), (8, PATTERNS, 1));
    assert_eq!(weights.head_mean(), [1.0], "a single node gives itself all its attention");
}

#[test]
fn scores_are_between_zero_and_one_and_carry_the_trained_flag() {
    let (model, x) = (seeded(&small()), features(20));
    let scores = model.forward(&Reference, &Batch::new(&x, &[0, 20], Keys::All)).unwrap();
    assert!(!scores.trained);
    assert!(scores.pattern.iter().chain(&scores.significance).all(|&s| s > 0.0 && s < 1.0));
    let trained = Model::from_bytes(&weights::trained_bytes(&model), &small(), INPUT_DIM).unwrap();
    assert!(trained.forward(&Reference, &Batch::new(&x, &[0, 20], Keys::All)).unwrap().trained);
}

#[test]
fn attention_weights_have_the_pattern_of_the_keys() {
    let (model, x, offsets) = (seeded(&small()), features(9), [0, 9]);
    let (row_ptr, col_idx) = edges(&offsets);
    let keys = Keys::Edges(CsrPattern::new(&row_ptr, &col_idx, 9).unwrap());
    let (_, weights) = model.forward_with_weights(&Reference, &Batch::new(&x, &offsets, keys)).unwrap();
    assert_eq!(weights.col_idx, col_idx);
    let mean = weights.head_mean();
    for row in 0..9 {
        let bounds = row_ptr[row] as usize..row_ptr[row + 1] as usize;
        let want = if bounds.is_empty() { 0.0 } else { 1.0 };
        assert!((mean[bounds].iter().sum::<f32>() - want).abs() < 1e-5, "row {row}");
    }
}

#[test]
fn a_row_without_a_key_gives_the_output_bias_alone_or_the_mean() {
    let (model, x) = (seeded(&TgatConfig { num_layers: 1, ..small() }), features(4));
    let no_edges = CsrPattern::new(&[0; 5], &[], 4).unwrap();
    let batch = Batch::new(&x, &[0, 4], Keys::Edges(no_edges));
    let zero = model.forward(&Reference, &batch).unwrap();
    assert!(zero.embeddings.iter().all(|&v| v == 0.0), "seeded biases are 0");
    let uniform = Batch { empty_row: EmptyRow::Uniform, ..batch };
    let mean = model.forward(&Reference, &uniform).unwrap().embeddings;
    assert!(mean[..8].iter().any(|&v| v != 0.0));
    assert_eq!(mean[..8], mean[8..16], "every row has the mean of all values");
}

#[test]
fn precision_changes_the_output_a_little() {
    let (x, offsets) = (features(50), [0, 50]);
    let run = |precision| {
        let model = seeded(&TgatConfig { precision, ..small() });
        model.forward(&Reference, &Batch::new(&x, &offsets, Keys::All)).unwrap().embeddings
    };
    let (f32, f16, bf16) = (run(Precision::F32), run(Precision::F16), run(Precision::Bf16));
    assert!(f16 != f32 && bf16 != f32 && f16 != bf16);
    close(&f16, &f32, 1e-3);
    close(&bf16, &f32, 1e-2);
}

#[test]
fn a_value_too_large_for_f16_is_an_error_with_its_remedy() {
    let mut x = features(3);
    x[INPUT_DIM..2 * INPUT_DIM].fill(1e6);
    let run = |precision| {
        let model = seeded(&TgatConfig { precision, ..small() });
        model.forward(&Reference, &Batch::new(&x, &[0, 3], Keys::All))
    };
    let error = run(Precision::F16).unwrap_err();
    assert!(matches!(error, TgatError::Overflow { layer: 0, tensor: "query", node: 1, .. }), "{error:?}");
    assert!(error.to_string().contains("tgat.precision to bf16 or f32"), "{error}");
    assert!(run(Precision::Bf16).is_ok() && run(Precision::F32).is_ok());
}

#[test]
fn a_value_beyond_f32_is_an_error() {
    let (model, x) = (seeded(&TgatConfig { precision: Precision::F32, ..small() }), [f32::MAX; INPUT_DIM]);
    let error = model.forward(&Reference, &Batch::new(&x, &[0, 1], Keys::All)).unwrap_err();
    assert!(matches!(error, TgatError::NonFinite { node: 0, .. }), "{error:?}");
}

#[test]
fn nan_is_an_error_or_reaches_only_the_rows_that_attend_to_it() {
    let (model, mut x) = (seeded(&small()), features(4));
    x[INPUT_DIM + 3] = f32::NAN;
    let self_loops_only = CsrPattern::new(&[0, 1, 2, 3, 4], &[0, 1, 2, 3], 4).unwrap();
    let batch = Batch::new(&x, &[0, 4], Keys::Edges(self_loops_only));
    let error = model.forward(&Reference, &batch).unwrap_err();
    assert!(matches!(error, TgatError::Feature { node: 1, column: 3, .. }), "{error:?}");

    let spread = Batch { non_finite: NonFinite::Propagate, ..batch };
    let scores = model.forward(&Reference, &spread).unwrap();
    for node in 0..4 {
        let row = &scores.embeddings[node * 8..][..8];
        assert!(row.iter().all(|v| v.is_nan() == (node == 1)), "node {node}: {row:?}");
        assert_eq!(scores.significance[node].is_nan(), node == 1, "a ReLU must not hide NaN");
    }
}

#[test]
fn learned_positions_restart_in_every_graph_and_a_longer_graph_is_refused() {
    let learned = seeded(&TgatConfig { positions: Positions::Learned, ..small() });
    let row = features(1);
    let x: Vec<f32> = row.repeat(4);
    let self_loops_only = CsrPattern::new(&[0, 1, 2, 3, 4], &[0, 1, 2, 3], 4).unwrap();
    let out = learned
        .forward(&Reference, &Batch::new(&x, &[0, 2, 4], Keys::Edges(self_loops_only)))
        .unwrap()
        .embeddings;
    assert_eq!(out[..16], out[16..], "two graphs of the same nodes");
    assert_ne!(out[..8], out[8..16], "two positions of one graph");

    let x = features(MAX_POSITIONS + 3);
    let lone: Vec<u32> = (0..=MAX_POSITIONS as u32 + 3).collect();
    let keys = Keys::Edges(CsrPattern::new(&lone, &lone[..MAX_POSITIONS + 3], MAX_POSITIONS + 3).unwrap());
    let error = learned.forward(&Reference, &Batch::new(&x, &[0, 2, MAX_POSITIONS + 3], keys)).unwrap_err();
    assert_eq!(error, TgatError::Positions { graph: 1, nodes: MAX_POSITIONS + 1, max: MAX_POSITIONS });
    assert!(error.to_string().contains("tgat.positions = \"none\""), "{error}");
    assert!(learned.forward(&Reference, &Batch::new(&x, &[0, 3, MAX_POSITIONS + 3], keys)).is_ok());
}

#[test]
fn a_batch_that_does_not_fit_is_refused_with_the_index() {
    let (model, x) = (seeded(&small()), features(3));
    let run = |x: &[f32], offsets: &[usize]| {
        model.forward(&Reference, &Batch::new(x, offsets, Keys::All)).unwrap_err()
    };
    assert_eq!(run(&x, &[]), TgatError::Len { what: "offsets", got: 0, want: 1 });
    assert_eq!(run(&x, &[1, 3]), TgatError::Offsets { index: 0, value: 1, min: 0 });
    assert_eq!(run(&x, &[0, 3, 2]), TgatError::Offsets { index: 2, value: 2, min: 3 });
    assert_eq!(run(&x, &[0, 4]), TgatError::Len { what: "x", got: 15, want: 20 });
    assert!(matches!(run(&x, &[0, usize::MAX]), TgatError::Len { what: "x", .. }));
    let no_times =
        Batch { bias: TimeBias::Sqrt { scale_minutes: 1.0 }, ..Batch::new(&x, &[0, 3], Keys::All) };
    let error = model.forward(&Reference, &no_times).unwrap_err();
    assert!(matches!(error, TgatError::Attention { layer: 0, .. }), "{error:?}");
}

#[test]
fn settings_read_back_as_written_and_unknown_keys_are_refused() {
    let config = TgatConfig { positions: Positions::Learned, precision: Precision::Bf16, ..small() };
    let text = serde_json::to_string(&config).unwrap();
    let want = concat!(
        r#"{"hidden_dim":8,"num_heads":2,"num_layers":2,"positions":"learned","#,
        r#""residual":false,"layer_norm":false,"precision":"bf16"}"#,
    );
    assert_eq!(text, want);
    assert_eq!(serde_json::from_str::<TgatConfig>(&text).unwrap(), config);
    assert_eq!(serde_json::from_str::<TgatConfig>("{}").unwrap(), TgatConfig::default());
    assert!(serde_json::from_str::<TgatConfig>(r#"{"hiden_dim":8}"#).is_err());
}
