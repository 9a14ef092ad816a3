//! Statistics of the features that the weights were trained on.

use super::error::TgatError;

/// Names of the tensors that hold the statistics in a weights file.
pub(super) const FEATURE_MEAN: &str = "feature_mean";
pub(super) const FEATURE_STD: &str = "feature_std";

/// Statistics of the features that the weights were trained on: features enter the network as
/// `(x - mean) / (std + 1e-6)`.
///
/// The network does not apply them: callers standardise the features of a [`Batch`](super::Batch).
#[derive(Debug, Clone, PartialEq)]
pub struct FeatureStats {
    /// Mean of each feature column, `[input_dim]`.
    pub mean: Vec<f32>,
    /// Population standard deviation of each feature column, `[input_dim]`, 0 or more.
    pub std: Vec<f32>,
}

impl FeatureStats {
    /// Checks that both have the length `input_dim` and are finite, and that no deviation is negative.
    pub(super) fn check(&self, input_dim: usize) -> Result<(), TgatError> {
        for (what, values) in [(FEATURE_MEAN, &self.mean), (FEATURE_STD, &self.std)] {
            if values.len() != input_dim {
                return Err(TgatError::Len { what, got: values.len(), want: input_dim });
            }
            check_finite(what, values)?;
        }
        match self.std.iter().position(|&v| v < 0.0) {
            Some(column) => Err(TgatError::Deviation { column, value: self.std[column] }),
            None => Ok(()),
        }
    }
}

/// Checks that all values of a tensor are finite.
///
/// # Errors
/// [`TgatError::Weight`] for the first that is not.
pub(super) fn check_finite(name: &str, values: &[f32]) -> Result<(), TgatError> {
    match values.iter().position(|v| !v.is_finite()) {
        Some(index) => Err(TgatError::Weight { name: name.to_owned(), index, value: values[index] }),
        None => Ok(()),
    }
}
