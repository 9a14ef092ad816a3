//! The small networks on top of the embeddings: two projections with a ReLU between.

use super::error::TgatError;
use super::linear::Linear;
use super::tensors::{Dim, FIXED, TensorSource, Visit};

/// Two projections with a ReLU between.
#[derive(Debug, Clone)]
pub(super) struct Head {
    first: Linear,
    second: Linear,
}

impl Head {
    /// The head whose projections are `name.0` and `name.{second}`: the original numbers its dropout too.
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

    pub(super) fn visit<'m>(&'m self, visit: &mut Visit<'_, 'm>) {
        self.first.visit(visit);
        self.second.visit(visit);
    }

    /// `[rows, inputs]` to `[rows, outputs]`, no activation behind the second projection.
    pub(super) fn forward(&self, x: &[f32]) -> Result<Vec<f32>, TgatError> {
        let mut hidden = self.first.forward(x)?;
        for value in &mut hidden {
            // not f32::max, which would turn a NaN into 0
            if *value < 0.0 {
                *value = 0.0;
            }
        }
        self.second.forward(&hidden)
    }

    /// As [`Head::forward`], each output squeezed into 0 to 1.
    pub(super) fn scores(&self, x: &[f32]) -> Result<Vec<f32>, TgatError> {
        let mut scores = self.forward(x)?;
        for score in &mut scores {
            *score = 1.0 / (1.0 + (-*score).exp());
        }
        Ok(scores)
    }
}
