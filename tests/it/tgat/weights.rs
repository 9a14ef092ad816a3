//! Weights: seeded, saved and loaded, and invalid files.

mod refused;

use std::collections::BTreeMap;
use std::io::Write;

use half::{bf16, f16};
use ironforge::tgat::{FeatureStats, Layer};
use safetensors::tensor::TensorView;
use safetensors::{Dtype, SafeTensors};

use super::*;
use crate::tensors::Tensors;

/// The tensors of a file: dtype, shape and bytes of each.
type Parts = BTreeMap<String, (Dtype, Vec<usize>, Vec<u8>)>;

fn parts(bytes: &[u8]) -> Parts {
    let file = SafeTensors::deserialize(bytes).unwrap();
    let part = |(name, view): (String, TensorView<'_>)| {
        (name, (view.dtype(), view.shape().to_vec(), view.data().to_vec()))
    };
    file.tensors().into_iter().map(part).collect()
}

/// A file without metadata, as other programs write it; its weights count as trained.
fn file(parts: &Parts) -> Vec<u8> {
    let views = parts.iter().map(|(n, (d, s, b))| (n.as_str(), TensorView::new(*d, s.clone(), b).unwrap()));
    safetensors::serialize(views, None).unwrap()
}

fn bytes_of(values: &[f32]) -> Vec<u8> {
    values.iter().flat_map(|v| v.to_le_bytes()).collect()
}

fn floats(bytes: &[u8]) -> Vec<f32> {
    bytes.chunks_exact(4).map(|b| f32::from_le_bytes(b.try_into().unwrap())).collect()
}

/// A file of trained weights: those of the model after `change`.
pub fn rewritten(model: &Model, change: impl Fn(&str, &mut [f32])) -> Vec<u8> {
    let mut parts = parts(&model.to_bytes().unwrap());
    for (name, (_, _, bytes)) in &mut parts {
        let mut values = floats(bytes);
        change(name, &mut values);
        *bytes = bytes_of(&values);
    }
    file(&parts)
}

pub fn trained_bytes(model: &Model) -> Vec<u8> {
    rewritten(model, |_, _| {})
}

pub fn opened(bytes: &[u8]) -> Tensors {
    let mut file = tempfile::NamedTempFile::new().unwrap();
    file.write_all(bytes).unwrap();
    Tensors::read(file.path())
}

fn load(parts: &Parts) -> Result<Model, TgatError> {
    Model::from_bytes(&file(parts), &small(), INPUT_DIM)
}

/// The model of a valid file after `change`.
fn changed(change: impl FnOnce(&mut Parts)) -> Result<Model, TgatError> {
    let mut parts = parts(&seeded(&small()).to_bytes().unwrap());
    change(&mut parts);
    load(&parts)
}

fn put(parts: &mut Parts, name: &str, shape: &[usize], values: &[f32]) {
    parts.insert(name.to_owned(), (Dtype::F32, shape.to_vec(), bytes_of(values)));
}

#[test]
fn a_seed_gives_the_same_bits_and_another_seed_others() {
    let bytes = |seed| Model::seeded(&small(), INPUT_DIM, seed).unwrap().to_bytes().unwrap();
    assert_eq!(bytes(42), bytes(42));
    assert_ne!(bytes(42), bytes(43));
    assert_ne!(bytes(42), bytes(42 << 32));
}

#[test]
fn a_tensor_does_not_depend_on_the_other_tensors() {
    let two = parts(&seeded(&small()).to_bytes().unwrap());
    let more = TgatConfig { num_layers: 3, positions: Positions::Learned, layer_norm: true, ..small() };
    let three = parts(&seeded(&more).to_bytes().unwrap());
    assert!(two.len() < three.len());
    assert!(two.iter().all(|(name, part)| three[name] == *part));
}

#[test]
fn seeded_weights_are_xavier_uniform_with_zero_biases() {
    let config = TgatConfig { hidden_dim: 64, num_heads: 4, positions: Positions::Learned, ..small() };
    let mut seen = Vec::new();
    for (name, (_, shape, bytes)) in parts(&seeded(&config).to_bytes().unwrap()) {
        let values = floats(&bytes);
        if name.ends_with("bias") {
            assert!(values.iter().all(|&v| v == 0.0), "{name}");
            continue;
        }
        let bound = if name.ends_with("encoding") {
            0.02 * 3.0_f64.sqrt()
        } else {
            (6.0 / (shape[0] + shape[1]) as f64).sqrt()
        };
        let largest = values.iter().fold(0.0_f64, |m, &v| m.max(f64::from(v).abs()));
        assert!(largest <= bound * 1.000_001, "{name}: {largest} beyond {bound}");
        if values.len() > 1000 {
            let n = values.len() as f64;
            let variance = values.iter().map(|&v| f64::from(v).powi(2)).sum::<f64>() / n;
            assert!((variance / (bound * bound / 3.0) - 1.0).abs() < 0.1, "{name}: {variance}");
        }
        assert!(!seen.contains(&values[..2].to_vec()), "{name} starts like another tensor");
        seen.push(values[..2].to_vec());
    }
}

#[test]
fn saved_weights_read_back_bit_for_bit_and_stay_untrained() {
    let config = TgatConfig { positions: Positions::Learned, layer_norm: true, residual: true, ..small() };
    let model = seeded(&config);
    let bytes = model.to_bytes().unwrap();
    let back = Model::from_bytes(&bytes, &config, INPUT_DIM).unwrap();
    assert_eq!(back.to_bytes().unwrap(), bytes);
    assert!(!model.trained() && !back.trained(), "saving does not train");
    let trained = Model::from_bytes(&trained_bytes(&model), &config, INPUT_DIM).unwrap();
    assert!(trained.trained());
    let again = Model::from_bytes(&trained.to_bytes().unwrap(), &config, INPUT_DIM).unwrap();
    assert!(again.trained());
    assert_eq!((back.config(), back.input_dim(), back.ignored().len()), (&config, INPUT_DIM, 0));
}

#[test]
fn names_may_have_the_prefix_w() {
    let plain = changed(|_| {}).unwrap().to_bytes().unwrap();
    let prefixed = changed(|parts| {
        *parts = std::mem::take(parts).into_iter().map(|(n, p)| (format!("w.{n}"), p)).collect();
    });
    assert_eq!(prefixed.unwrap().to_bytes().unwrap(), plain);
    let twice = changed(|parts| {
        let part = parts["range_head.0.bias"].clone();
        parts.insert("w.range_head.0.bias".to_owned(), part);
    });
    assert_eq!(twice.unwrap_err(), TgatError::Twice { name: "range_head.0.bias".to_owned() });
}

#[test]
fn half_precision_is_widened_and_other_types_are_refused() {
    let name = "attention_layers.1.key.weight";
    let store = |dtype, bytes: fn(f32) -> Vec<u8>| {
        changed(|parts| {
            let (d, _, b) = parts.get_mut(name).unwrap();
            *b = floats(b).into_iter().flat_map(bytes).collect();
            *d = dtype;
        })
    };
    let f32s = floats(&parts(&seeded(&small()).to_bytes().unwrap())[name].2);
    let read = |model: Model| floats(&parts(&model.to_bytes().unwrap())[name].2);
    let f16s = read(store(Dtype::F16, |v| f16::from_f32(v).to_le_bytes().to_vec()).unwrap());
    assert!(f16s.iter().zip(&f32s).all(|(got, v)| *got == f16::from_f32(*v).to_f32()));
    let bf16s = read(store(Dtype::BF16, |v| bf16::from_f32(v).to_le_bytes().to_vec()).unwrap());
    assert!(bf16s.iter().zip(&f32s).all(|(got, v)| *got == bf16::from_f32(*v).to_f32()));
    let error = store(Dtype::F64, |v| f64::from(v).to_le_bytes().to_vec()).unwrap_err();
    assert_eq!(error, TgatError::Dtype { name: name.to_owned(), dtype: "F64".to_owned() });
}

#[test]
fn tensors_known_to_be_unused_are_accepted_and_listed() {
    let names = [
        "attention_layers.0.temporal_bias_network.0.weight",
        "attention_layers.0.temporal_encoding.weight",
        "edge_processor.0.weight",
    ];
    let model = changed(|parts| names.iter().for_each(|name| put(parts, name, &[1], &[1.0]))).unwrap();
    assert_eq!(model.ignored(), names);
}

#[test]
fn statistics_of_the_features_come_as_both_or_neither() {
    assert_eq!(changed(|_| {}).unwrap().feature_stats(), None);
    let stats = FeatureStats { mean: vec![1.0, -2.0, 0.0, 4.5, 5.0], std: vec![0.0, 1.0, 2.0, 3.0, 4.0] };
    let both = changed(|parts| {
        put(parts, "feature_mean", &[5], &stats.mean);
        put(parts, "feature_std", &[5], &stats.std);
    })
    .unwrap();
    assert_eq!(both.feature_stats(), Some(&stats));
    let given = seeded(&small()).with_feature_stats(stats.clone()).unwrap();
    let back = Model::from_bytes(&given.to_bytes().unwrap(), &small(), INPUT_DIM).unwrap();
    assert_eq!(back.feature_stats(), Some(&stats));

    let half = changed(|parts| put(parts, "feature_std", &[5], &stats.std)).unwrap_err();
    assert_eq!(half, TgatError::HalfStatistics { has: "feature_std", lacks: "feature_mean" });
    let half = changed(|parts| put(parts, "feature_mean", &[5], &stats.mean)).unwrap_err();
    assert_eq!(half, TgatError::HalfStatistics { has: "feature_mean", lacks: "feature_std" });
    let wide = changed(|parts| {
        put(parts, "feature_mean", &[6], &[0.0; 6]);
        put(parts, "feature_std", &[6], &[1.0; 6]);
    });
    assert!(matches!(wide.unwrap_err(), TgatError::Shape { name, .. } if name == "feature_mean"));
    let negative = FeatureStats { std: vec![1.0, 1.0, -1.0, 1.0, 1.0], ..stats.clone() };
    let error = seeded(&small()).with_feature_stats(negative).unwrap_err();
    assert_eq!(error, TgatError::Deviation { column: 2, value: -1.0 });
    let short = FeatureStats { mean: vec![0.0], ..stats.clone() };
    assert!(matches!(seeded(&small()).with_feature_stats(short), Err(TgatError::Len { got: 1, .. })));
    let nan = FeatureStats { mean: vec![f32::NAN; 5], ..stats };
    assert!(matches!(seeded(&small()).with_feature_stats(nan), Err(TgatError::Weight { index: 0, .. })));
}

#[test]
fn a_single_layer_is_read_without_the_rest() {
    let prefix = "attention_layers.0.";
    let mut parts = parts(&seeded(&small()).to_bytes().unwrap());
    parts.retain(|name, _| name.starts_with(prefix));
    let parts = parts.into_iter().map(|(name, part)| (name[prefix.len()..].to_owned(), part)).collect();
    let layer = Layer::from_bytes(&file(&parts), &small(), INPUT_DIM).unwrap();
    let (x, one) = (features(6), seeded(&TgatConfig { num_layers: 1, ..small() }));
    let batch = Batch::new(&x, &[0, 6], Keys::Causal);
    let want = one.forward(&Reference, &batch).unwrap().embeddings;
    assert_eq!(layer.forward(&Reference, &batch).unwrap(), want);
    assert!(matches!(Layer::from_bytes(&file(&parts), &small(), 0), Err(TgatError::InputDim { got: 0, .. })));
}
