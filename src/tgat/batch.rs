//! Inputs and outputs of the network.

use super::error::TgatError;
use crate::attention::{Accuracy, EmptyRow, Keys, NonFinite, TimeBias};

/// Input of the network: graphs back to back, with the features of their nodes and the keys of each node.
#[derive(Debug, Clone)]
pub struct Batch<'a> {
    /// Features `[nodes, input_dim]`, row-major.
    pub x: &'a [f32],
    /// First node of each graph, and the number of nodes at the end: `[graphs + 1]`.
    pub offsets: &'a [usize],
    /// Keys that each node attends to, in every layer.
    pub keys: Keys<'a>,
    /// Times of the nodes `[nodes]`, milliseconds; required by every bias but [`TimeBias::None`].
    pub t_ms: Option<&'a [i64]>,
    /// Time bias of the attention logits, in every layer.
    pub bias: TimeBias,
    /// Attention output of a node without keys.
    pub empty_row: EmptyRow,
    /// Rounding of the attention probabilities.
    pub accuracy: Accuracy,
    /// Policy for NaN and infinity in the features.
    pub non_finite: NonFinite,
}

impl<'a> Batch<'a> {
    /// A batch without times: no bias, empty rows give zeros, exact probabilities, NaN is an error.
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

    /// Checks what attention does not: the offsets, and the number and finiteness of the features.
    /// O(nodes · input_dim).
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

/// Output of the network: embeddings and scores of the nodes of a batch.
#[derive(Debug, Clone, PartialEq)]
pub struct Scores {
    /// Output of the last layer `[nodes, hidden_dim]`, row-major.
    pub embeddings: Vec<f32>,
    /// Score of each pattern, 0 to 1: `[nodes, 16]`, row-major.
    pub pattern: Vec<f32>,
    /// Significance, 0 to 1: `[nodes]`.
    pub significance: Vec<f32>,
    /// True if the weights are trained; scores of untrained weights are meaningless.
    pub trained: bool,
}
