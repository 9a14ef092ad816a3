//! Goldens of the network: one layer with mask, time bias and positions, and the whole model.
//!
//! `raw` features saturate the network: values near 1e4, with f32 errors of that size. They are compared relative
//! to the largest value. The files of this repository are made from seeded numbers by `tests/goldens/make_tgat.py`,
//! which evaluates the formulas in f64.

use std::collections::BTreeMap;
use std::path::Path;

use ironforge::attention::{
    AttentionBackend, Cpu, Direction, Keys, Reference, SparseWeights, TimeBias, attention_pattern,
};
use ironforge::csr::CsrPattern;
use ironforge::tgat::{Batch, Layer, Model, Positions, Precision, TgatConfig};
use safetensors::Dtype;
use safetensors::tensor::TensorView;

use super::{Run, Tally};
use crate::close::Tolerance;
use crate::tensors::Tensors;

const LAYER: f64 = 1e-5;
const MODEL: f64 = 1e-4;
/// Tolerance relative to the largest value, for features that saturate the network.
const RAW: f64 = 1e-6;

const BACKENDS: [&dyn AttentionBackend; 2] = [&Reference, &Cpu];

/// Buckets (minutes, minutes, weight) and scale (minutes) of the files.
const BUCKETS: [(f32, f32, f32); 4] =
    [(0.0, 5.0, 0.2), (5.0, 15.0, 0.1), (15.0, 60.0, 0.0), (60.0, 240.0, -0.1)];
const SCALE_MINUTES: f32 = 0.1;
const HEADS: usize = 4;
const EARLY_FRACTION: f64 = 0.2;

pub fn compare(run: &mut Run) {
    run.each("tgat_layer", ".safetensors", layer_file);
    run.each("discovery_model", ".safetensors", model_file);
}

fn layer_file(path: &Path, tally: &mut Tally) {
    let file = Tensors::read(path);
    let names = file.names();
    let sessions = stems(&names, ".edge_index");
    let masked = layer(&file, "w.", Positions::Learned);
    for session in &sessions {
        let graph = Graph::read(&file, session);
        let keys = attention_pattern(graph.successors(), Direction::Successors, true).unwrap();
        let outputs = stems(&names, ".out64").into_iter().filter(|n| n.starts_with(&format!("{session}.")));
        for case in outputs {
            let parts: Vec<&str> = case[session.len() + 1..].split('.').collect();
            let [features, bias, times] = parts[..] else { panic!("{case} is not features.bias.times") };
            if times == "scatter" {
                graph.check_scatter(&file.f64(&format!("{session}.dt_edge_scatter")));
            }
            let x = file.f32(&format!("{session}.x_{features}"));
            let offsets = [0, graph.nodes];
            let batch = Batch {
                t_ms: Some(&graph.t_ms),
                bias: time_bias(bias),
                ..Batch::new(&x, &offsets, Keys::Edges(keys.as_pattern()))
            };
            let bound =
                if features == "raw" { ErrorBound::OfLargest(RAW) } else { ErrorBound::Absolute(LAYER) };
            for backend in BACKENDS {
                let (out, weights) = masked.forward_with_weights(backend, &batch).unwrap();
                let name = format!("{case} {}", backend.name());
                tally.case(&name, bound.compare(&out, &file.f64(&format!("{case}.out64"))));
                let attention = format!("{case}.attn32");
                if names.contains(&attention) {
                    let dense = dense_mean(&weights, graph.nodes);
                    tally
                        .case(&attention, ErrorBound::Absolute(LAYER).compare(&dense, &file.f64(&attention)));
                }
            }
        }
    }
    if !names.iter().any(|name| name.starts_with("std.")) {
        return;
    }
    let unmasked = layer(&file, "std.", Positions::None);
    for session in &sessions {
        let (x, offsets) = (file.f32(&format!("{session}.x_z")), [0, Graph::read(&file, session).nodes]);
        let case = format!("{session}.std.out32");
        for backend in BACKENDS {
            let out = unmasked.forward(backend, &Batch::new(&x, &offsets, Keys::All)).unwrap();
            tally.case(&case, ErrorBound::Absolute(MODEL).compare(&out, &file.f64(&case)));
        }
    }
}

fn model_file(path: &Path, tally: &mut Tally) {
    let file = Tensors::read(path);
    let names = file.names();
    let layers = names.iter().filter(|n| n.ends_with(".query.weight")).count();
    let hidden = file.shape("w.attention_layers.0.query.weight")[0];
    let input_dim = file.shape("w.attention_layers.0.input_projection.weight")[1];
    let config = TgatConfig { num_layers: layers, ..config(hidden, Positions::None) };
    let model = Model::from_bytes(&subset(&file, "w."), &config, input_dim).unwrap();
    assert!(model.trained());
    let never_used: Vec<_> =
        names.iter().filter(|n| n.contains("temporal_encoding") || n.contains("edge_processor")).collect();
    assert_eq!(model.ignored().len(), never_used.len(), "{:?}", model.ignored());
    for case in stems(&names, ".x") {
        for backend in BACKENDS {
            model_case(&model, backend, &file, &case, tally);
        }
    }
}

fn model_case(model: &Model, backend: &dyn AttentionBackend, file: &Tensors, case: &str, tally: &mut Tally) {
    let x = file.f32(&format!("{case}.x"));
    let nodes = x.len() / model.input_dim();
    let offsets = [0, nodes];
    let batch = Batch::new(&x, &offsets, Keys::All);
    let (scores, weights) = model.forward_with_weights(backend, &batch).unwrap();
    let saturated = case.ends_with(".raw");
    let bound = ErrorBound::Absolute(MODEL);
    // Unbounded outputs grow with the features.
    let unbounded = if saturated { ErrorBound::OfLargest(RAW) } else { bound };
    let mut check = |part: &str, bound: ErrorBound, got: &[f32]| {
        let name = format!("{case}.{part}");
        tally.case(&name, bound.compare(got, &file.f64(&name)));
    };
    check("node_embeddings", unbounded, &scores.embeddings);
    check("pattern_scores", bound, &scores.pattern);
    check("significance_scores", bound, &scores.significance);
    check("attention_weights", bound, &dense_mean(&weights, nodes));
    let range = model.predict_range(backend, &batch, EARLY_FRACTION).unwrap();
    let parts = [range.k as f32, range.center, range.half, range.confidence];
    check("range_k_center_half_conf", unbounded, &parts);
}

/// Largest error of a value.
#[derive(Clone, Copy)]
enum ErrorBound {
    Absolute(f64),
    /// A fraction of the largest expected value; errors are reported as such fractions.
    OfLargest(f64),
}

impl ErrorBound {
    fn compare(self, got: &[f32], want: &[f64]) -> Result<f64, String> {
        let (bound, unit) = match self {
            Self::Absolute(bound) => (bound, 1.0),
            Self::OfLargest(bound) => (bound, want.iter().fold(1.0, |m: f64, v| m.max(v.abs()))),
        };
        let scaled = got.iter().map(|&v| f64::from(v) / unit);
        Tolerance::abs(bound).compare(scaled, want.iter().map(|v| v / unit))
    }
}

/// A graph of a layer file: edges u -> v with u before v, and times.
struct Graph {
    nodes: usize,
    row_ptr: Vec<u32>,
    col_idx: Vec<u32>,
    t_ms: Vec<i64>,
}

impl Graph {
    fn read(file: &Tensors, session: &str) -> Self {
        let dt = file.f64(&format!("{session}.dt_dense"));
        let nodes = file.shape(&format!("{session}.dt_dense"))[0];
        // Nodes rise in time, so the first row holds the times since the first node.
        let minutes = &dt[..nodes];
        for i in 0..nodes {
            for j in 0..nodes {
                assert_eq!(dt[i * nodes + j], (minutes[i] - minutes[j]).abs(), "{session}: dt of {i}, {j}");
            }
        }
        let edges = file.i64(&format!("{session}.edge_index"));
        let (sources, targets) = edges.split_at(edges.len() / 2);
        let mut rows: Vec<Vec<u32>> = vec![Vec::new(); nodes];
        for (&u, &v) in sources.iter().zip(targets) {
            rows[u as usize].push(v as u32);
        }
        rows.iter_mut().for_each(|row| row.sort_unstable());
        let mut row_ptr = vec![0];
        row_ptr.extend(rows.iter().scan(0, |end, row| {
            *end += row.len() as u32;
            Some(*end)
        }));
        let t_ms = minutes.iter().map(|m| (m * 60_000.0).round() as i64).collect();
        Self { nodes, row_ptr, col_idx: rows.concat(), t_ms }
    }

    fn successors(&self) -> CsrPattern<'_> {
        CsrPattern::new(&self.row_ptr, &self.col_idx, self.nodes).unwrap()
    }

    /// Checks that the time differences stored on edges are those of the node times, so that one bias from the
    /// times serves both forms.
    fn check_scatter(&self, dt: &[f64]) {
        for i in 0..self.nodes {
            assert_eq!(dt[i * self.nodes + i], 0.0, "node {i}");
            for &j in self.successors().row(i) {
                let minutes = (self.t_ms[j as usize] - self.t_ms[i]).abs() as f64 / 60_000.0;
                assert!((dt[i * self.nodes + j as usize] - minutes).abs() < 1e-4, "edge {i} -> {j}");
            }
        }
    }
}

fn time_bias(name: &str) -> TimeBias {
    match name {
        "none" => TimeBias::None,
        "bucket" => TimeBias::Buckets(BUCKETS.to_vec()),
        // The file's name for the square root.
        "rbf" => TimeBias::Sqrt { scale_minutes: SCALE_MINUTES },
        other => panic!("{other} is not a bias"),
    }
}

fn config(hidden_dim: usize, positions: Positions) -> TgatConfig {
    TgatConfig { hidden_dim, num_heads: HEADS, positions, precision: Precision::F32, ..TgatConfig::default() }
}

fn layer(file: &Tensors, prefix: &str, positions: Positions) -> Layer {
    let hidden = file.shape(&format!("{prefix}query.weight"))[0];
    let input_dim = file.shape(&format!("{prefix}input_projection.weight"))[1];
    Layer::from_bytes(&subset(file, prefix), &config(hidden, positions), input_dim).unwrap()
}

/// The tensors with this prefix, as a separate file. The prefix `w.` stays, others are removed.
fn subset(file: &Tensors, prefix: &str) -> Vec<u8> {
    let tensors: BTreeMap<String, (Vec<usize>, Vec<u8>)> = file
        .names()
        .into_iter()
        .filter(|name| name.starts_with(prefix))
        .map(|name| {
            let bytes = file.f32(&name).iter().flat_map(|v| v.to_le_bytes()).collect();
            let shape = file.shape(&name);
            (if prefix == "w." { name } else { name[prefix.len()..].to_owned() }, (shape, bytes))
        })
        .collect();
    let views =
        tensors.iter().map(|(n, (s, b))| (n.as_str(), TensorView::new(Dtype::F32, s.clone(), b).unwrap()));
    safetensors::serialize(views, None).unwrap()
}

/// The names with this suffix, without it, in order.
fn stems(names: &[String], end: &str) -> Vec<String> {
    let mut stems: Vec<String> =
        names.iter().filter_map(|name| name.strip_suffix(end)).map(str::to_owned).collect();
    stems.sort();
    stems
}

/// Mean of the heads, `[nodes, nodes]`, 0 for pairs that are not keys.
fn dense_mean(weights: &SparseWeights, nodes: usize) -> Vec<f32> {
    let (mean, mut dense) = (weights.head_mean(), vec![0.0; nodes * nodes]);
    for row in 0..nodes {
        for at in weights.row_ptr[row]..weights.row_ptr[row + 1] {
            dense[row * nodes + weights.col_idx[at] as usize] = mean[at];
        }
    }
    dense
}
