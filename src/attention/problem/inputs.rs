//! The unchecked parts of an attention problem, and its options.

use super::Tensor;
use crate::attention::{Keys, TimeBias};

/// Output of a row without keys.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum EmptyRow {
    /// Zeros; log-sum-exp -inf.
    #[default]
    Zero,
    /// The mean of all values of the row's graph; log-sum-exp -inf, as there is no logit.
    Uniform,
}

/// Rounding of the product of probabilities and values.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Accuracy {
    /// Probabilities keep f32 precision.
    #[default]
    Exact,
    /// Each probability is rounded once to the storage type before it is multiplied by its value, as an operand of a
    /// tensor core is. This adds at most `u·max|V|` to the error of `Exact`, u = 2^-11 for f16 and 2^-8 for bf16, and
    /// for f16 2^-25·max|V| for each key whose probability is below the normal range.
    Fast,
}

impl Accuracy {
    /// Both accuracies.
    pub const ALL: [Self; 2] = [Self::Exact, Self::Fast];

    /// Name, as in options and configuration.
    pub fn name(self) -> &'static str {
        match self {
            Self::Exact => "exact",
            Self::Fast => "fast",
        }
    }
}

/// Treatment of NaN and infinity in the input.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum NonFinite {
    /// An error, [`AttentionError::NonFinite`](crate::attention::AttentionError::NonFinite), which names the first.
    #[default]
    Error,
    /// They propagate to the rows that attend to them, and to no other. Infinity counts as NaN. In `q` of a row
    /// that has a key, or in `k` of a key of the row, it makes the row's output and log-sum-exp of that head NaN;
    /// in `v` of a key of the row, the row's output in that dimension.
    Propagate,
}

/// The parts of a problem, not yet checked.
#[derive(Debug, Clone)]
pub struct Inputs<'a> {
    /// Number of heads.
    pub heads: usize,
    /// True head dimension, 1..=128.
    pub head_dim: usize,
    /// Queries.
    pub q: Tensor<'a>,
    /// Keys.
    pub k: Tensor<'a>,
    /// Values.
    pub v: Tensor<'a>,
    /// First node of each graph, and the number of nodes last: `[graphs + 1]`.
    pub offsets: &'a [usize],
    /// Keys that each node may attend to.
    pub keys: Keys<'a>,
    /// Bias of the logits.
    pub bias: TimeBias,
    /// Times of the nodes, milliseconds; needed by every bias but `None`.
    pub t_ms: Option<&'a [i64]>,
    /// Factor of q·k; `None` is 1/sqrt(head_dim).
    pub scale: Option<f32>,
    /// Output of rows without keys.
    pub empty_row: EmptyRow,
    /// Rounding of the probabilities.
    pub accuracy: Accuracy,
    /// Treatment of NaN and infinity.
    pub non_finite: NonFinite,
}

impl<'a> Inputs<'a> {
    /// A problem without bias, and with the defaults of all other options.
    pub fn new(
        [heads, head_dim]: [usize; 2],
        [q, k, v]: [Tensor<'a>; 3],
        offsets: &'a [usize],
        keys: Keys<'a>,
    ) -> Self {
        Self {
            heads,
            head_dim,
            q,
            k,
            v,
            offsets,
            keys,
            bias: TimeBias::None,
            t_ms: None,
            scale: None,
            empty_row: EmptyRow::default(),
            accuracy: Accuracy::default(),
            non_finite: NonFinite::default(),
        }
    }
}
