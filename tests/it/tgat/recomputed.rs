//! A layer recomputed by its formula in f64: residual, layer norm and positions.

use super::*;
use crate::tensors::Tensors;

const WIDTH: usize = 8;
const NODES: usize = 3;

/// `x Wᵀ + b` with tensors of the saved model.
fn linear(file: &Tensors, name: &str, x: &[f64]) -> Vec<f64> {
    let (weight, bias) = (file.f64(&format!("{name}.weight")), file.f64(&format!("{name}.bias")));
    let inputs = weight.len() / bias.len();
    x.chunks(inputs)
        .flat_map(|row| {
            weight
                .chunks(inputs)
                .zip(&bias)
                .map(move |(w, b)| b + w.iter().zip(row).map(|(w, x)| w * x).sum::<f64>())
        })
        .collect()
}

/// Layer `index`, in which every node attends to every node of one graph.
fn layer(file: &Tensors, config: &TgatConfig, index: usize, x: &[f64]) -> Vec<f64> {
    let name = |part: &str| format!("attention_layers.{index}.{part}");
    let mut h = linear(file, &name("input_projection"), x);
    if config.positions == Positions::Learned {
        let positions = file.f64(&name("dag_positional_encoding"));
        h.iter_mut().zip(&positions).for_each(|(h, p)| *h += p);
    }
    let [q, k, v] = ["query", "key", "value"].map(|part| linear(file, &name(part), &h));
    let dim = WIDTH / config.num_heads;
    let mut attended = vec![0.0; NODES * WIDTH];
    for (i, head) in (0..NODES).flat_map(|i| (0..config.num_heads).map(move |head| (i, head))) {
        let at = |node: usize| node * WIDTH + head * dim..node * WIDTH + (head + 1) * dim;
        let weights: Vec<f64> = (0..NODES)
            .map(|j| {
                let dot: f64 = q[at(i)].iter().zip(&k[at(j)]).map(|(q, k)| q * k).sum();
                (dot / (dim as f64).sqrt()).exp()
            })
            .collect();
        let sum: f64 = weights.iter().sum();
        for j in 0..NODES {
            let value = v[at(j)].iter().map(|v| v * weights[j] / sum);
            attended[at(i)].iter_mut().zip(value).for_each(|(out, v)| *out += v);
        }
    }
    let mut out = linear(file, &name("output_projection"), &attended);
    if config.residual {
        out.iter_mut().zip(&h).for_each(|(out, h)| *out += h);
    }
    if config.layer_norm {
        let (weight, bias) = (file.f64(&name("layer_norm.weight")), file.f64(&name("layer_norm.bias")));
        for row in out.chunks_mut(WIDTH) {
            let mean = row.iter().sum::<f64>() / WIDTH as f64;
            let variance = row.iter().map(|v| (v - mean) * (v - mean)).sum::<f64>() / WIDTH as f64;
            for (i, value) in row.iter_mut().enumerate() {
                *value = (*value - mean) / (variance + 1e-5).sqrt() * weight[i] + bias[i];
            }
        }
    }
    out
}

#[test]
fn residual_layer_norm_and_positions_follow_their_formulas() {
    let x = features(NODES);
    let mut outputs = Vec::new();
    for case in 0..8 {
        let config = TgatConfig {
            num_layers: 1,
            positions: if case & 1 == 0 { Positions::None } else { Positions::Learned },
            residual: case & 2 != 0,
            layer_norm: case & 4 != 0,
            precision: Precision::F32,
            ..small()
        };
        // Seeded biases are 0 and norms 1: other values show that they are used.
        let bytes = weights::rewritten(&seeded(&config), |name, values| {
            if name.ends_with("bias") || name.contains("norm") {
                values.iter_mut().enumerate().for_each(|(i, v)| *v += 0.1 * i as f32 - 0.3);
            }
        });
        let model = Model::from_bytes(&bytes, &config, INPUT_DIM).unwrap();
        let out = model.forward(&Reference, &Batch::new(&x, &[0, NODES], Keys::All)).unwrap().embeddings;
        let wide: Vec<f64> = x.iter().map(|&v| f64::from(v)).collect();
        let want = layer(&weights::opened(&bytes), &config, 0, &wide);
        Tolerance::abs(1e-5).compare(out.iter().map(|&v| f64::from(v)), want.iter().copied()).unwrap();
        outputs.push(out);
    }
    for i in 0..outputs.len() {
        assert!(!outputs[..i].contains(&outputs[i]), "case {i} changes nothing");
    }
}

#[test]
fn layers_run_in_sequence() {
    let config = TgatConfig { num_layers: 5, residual: true, precision: Precision::F32, ..small() };
    let (model, x) = (seeded(&config), features(NODES));
    let out = model.forward(&Reference, &Batch::new(&x, &[0, NODES], Keys::All)).unwrap().embeddings;
    let file = weights::opened(&model.to_bytes().unwrap());
    let wide: Vec<f64> = x.iter().map(|&v| f64::from(v)).collect();
    let want = (0..5).fold(wide, |x, index| layer(&file, &config, index, &x));
    Tolerance::abs(1e-5).compare(out.iter().map(|&v| f64::from(v)), want.iter().copied()).unwrap();
}
