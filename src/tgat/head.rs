//! Output heads.

use super::error::TgatError;
use super::linear::Linear;
use super::tensor_source::{Dim, FIXED, TensorSource, TensorVisitor};

/// An output head: two dense projections with a ReLU between them.
#[derive(Debug, Clone)]
pub(super) struct OutputHead {
    first: Linear,
    second: Linear,
}

impl OutputHead {
    /// The head whose projections are the tensors `name.0` and `name.{second}`: indices in PyTorch's
    /// `nn.Sequential`, where the activation and dropout, if any, count too.
    pub(super) fn build(
        name: &str,
        second: usize,
        [inputs, hidden, outputs]: [Dim; 3],
        source: &mut dyn TensorSource,
    ) -> Result<Self, TgatError> {
        Ok(Self {
            first: Linear::build(format!("{name}.0"), inputs, hidden, FIXED, source)?,
            second: Linear::build(format!("{name}.{second}"), hidden, outputs, FIXED, source)?,
        })
    }

    pub(super) fn visit<'m>(&'m self, visit: &mut TensorVisitor<'_, 'm>) {
        self.first.visit(visit);
        self.second.visit(visit);
    }

    /// Output `[rows, outputs]` for `x`, `[rows, inputs]`, without an activation after the second projection.
    pub(super) fn forward(&self, x: &[f32]) -> Result<Vec<f32>, TgatError> {
        let mut hidden = self.first.forward(x)?;
        for value in &mut hidden {
            // Not f32::max, which would turn NaN into 0.
            if *value < 0.0 {
                *value = 0.0;
            }
        }
        self.second.forward(&hidden)
    }

    /// As [`OutputHead::forward`], with a sigmoid on each output.
    pub(super) fn scores(&self, x: &[f32]) -> Result<Vec<f32>, TgatError> {
        let mut scores = self.forward(x)?;
        for score in &mut scores {
            *score = 1.0 / (1.0 + (-*score).exp());
        }
        Ok(scores)
    }
}
