//! What the network takes and gives.

use super::error::TgatError;
use crate::attention::{Accuracy, EmptyRow, Keys, NonFinite, TimeBias};

/// Many graphs back to back, with the features of their nodes and who may see whom.
#[derive(Debug, Clone)]
pub struct Batch<'a> {
    /// Features `[nodes, input_dim]`, row-major.
    pub x: &'a [f32],
    /// First node of each graph, and the number of nodes behind the last: `[graphs + 1]`.
    pub offsets: &'a [usize],
    /// Who may see whom, in every layer.
    pub keys: Keys<'a>,
    /// Times of the nodes `[nodes]`, milliseconds; needed by every bias but `None`.
    pub t_ms: Option<&'a [i64]>,
    /// Bias of the logits, in every layer.
    pub bias: TimeBias,
    /// Rows without a key.
    pub empty_row: EmptyRow,
    /// Rounding of the attention probabilities.
    pub accuracy: Accuracy,
    /// NaN and infinity in the features.
    pub non_finite: NonFinite,
}

impl<'a> Batch<'a> {
    /// A batch without time: no bias, empty rows give zeros, exact, NaN is an error.
    pub fn new(x: &'a [f32], offsets: &'a [usize], keys: Keys<'a>) -> Self {
        Self {
            x,
            offsets,
            keys,
            t_ms: None,
            bias: TimeBias::default(),
            empty_row: EmptyRow::default(),
            accuracy: Accuracy::default(),
            non_finite: NonFinite::default(),
        }
    }

    /// Number of nodes.
    pub fn nodes(&self) -> usize {
        self.offsets.last().copied().unwrap_or(0)
    }

    /// Checks what attention does not see: offsets, the number of features and the features. O(nodes·input_dim).
    pub(super) fn check(&self, input_dim: usize) -> Result<(), TgatError> {
        let [first, ..] = self.offsets else {
            return Err(TgatError::Len { what: "offsets", got: 0, want: 1 });
        };
        if *first != 0 {
            return Err(TgatError::Offsets { index: 0, value: *first, min: 0 });
        }
        if let Some(i) = self.offsets.windows(2).position(|w| w[1] < w[0]) {
            return Err(TgatError::Offsets {
                index: i + 1,
                value: self.offsets[i + 1],
                min: self.offsets[i],
            });
        }
        let want = self.nodes().saturating_mul(input_dim);
        if self.x.len() != want {
            return Err(TgatError::Len { what: "x", got: self.x.len(), want });
        }
        if self.non_finite == NonFinite::Error
            && let Some(i) = self.x.iter().position(|v| !v.is_finite())
        {
            return Err(TgatError::Feature { node: i / input_dim, column: i % input_dim, value: self.x[i] });
        }
        Ok(())
    }
}

/// What the network says about the nodes of a batch.
#[derive(Debug, Clone, PartialEq)]
pub struct Scores {
    /// Output of the last layer `[nodes, hidden_dim]`, row-major.
    pub embeddings: Vec<f32>,
    /// Score of each pattern, 0 to 1: `[nodes, 16]`, row-major.
    pub pattern: Vec<f32>,
    /// Significance, 0 to 1: `[nodes]`.
    pub significance: Vec<f32>,
    /// Whether the weights were trained: without training the scores mean nothing.
    pub trained: bool,
}

/// The range of a session as predicted from its first nodes, in the units of what the weights were trained on.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Range {
    /// Nodes it was predicted from.
    pub k: usize,
    /// Middle of the range.
    pub center: f32,
    /// Half of its width, 0 or more: high and low are `center ± half`.
    pub half: f32,
    /// Weight of the node that counted most, `1/k` to 1.
    pub confidence: f32,
    /// Whether the weights were trained: without training the range means nothing.
    pub trained: bool,
}
