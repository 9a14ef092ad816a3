//! Layer normalisation.

use super::error::TgatError;
use super::tensor_source::{Dim, InitialValues, TensorSource, TensorSpec, TensorVisitor};

/// Added to the variance, so that a constant row stays finite: PyTorch's default.
const EPSILON: f64 = 1e-5;

/// The setting that needs these tensors.
const SETTING: &str = "tgat.layer_norm = true";

/// Layer normalisation: `(x - mean) / sqrt(population variance + 1e-5) · weight + bias`, row by row.
#[derive(Debug, Clone)]
pub(super) struct LayerNorm {
    name: String,
    /// `[width]`.
    weight: Vec<f32>,
    /// `[width]`.
    bias: Vec<f32>,
}

impl LayerNorm {
    /// The normalisation whose tensors are `name.weight` and `name.bias`.
    pub(super) fn build(name: String, width: Dim, source: &mut dyn TensorSource) -> Result<Self, TgatError> {
        let mut take = |part: &str, initial| {
            source.take(&TensorSpec {
                name: format!("{name}.{part}"),
                dims: vec![width],
                initial,
                setting: SETTING,
            })
        };
        let (weight, bias) = (take("weight", InitialValues::One)?, take("bias", InitialValues::Zero)?);
        Ok(Self { name, weight, bias })
    }

    pub(super) fn visit<'m>(&'m self, visit: &mut TensorVisitor<'_, 'm>) {
        visit(format!("{}.weight", self.name), vec![self.weight.len()], &self.weight);
        visit(format!("{}.bias", self.name), vec![self.bias.len()], &self.bias);
    }

    /// Normalises `rows`, `[rows, width]`, in place; computes in f64.
    pub(super) fn forward(&self, rows: &mut [f32]) {
        let width = self.weight.len();
        for row in rows.chunks_exact_mut(width) {
            let mean = row.iter().map(|&v| f64::from(v)).sum::<f64>() / width as f64;
            let variance = row.iter().map(|&v| (f64::from(v) - mean).powi(2)).sum::<f64>() / width as f64;
            let factor = 1.0 / (variance + EPSILON).sqrt();
            for ((value, weight), bias) in row.iter_mut().zip(&self.weight).zip(&self.bias) {
                let normal = (f64::from(*value) - mean) * factor;
                *value = (normal * f64::from(*weight) + f64::from(*bias)) as f32;
            }
        }
    }
}
