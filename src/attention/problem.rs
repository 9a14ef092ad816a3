//! The attention problem: what goes in, and the proof that it is valid.

use std::ops::Range;
use std::sync::Arc;

use super::bias::minutes_between;
use super::keys::check_offsets;
use super::{AttentionError, Keys, Plan, Tensor, TimeBias};
use crate::geometry::MAX_HEAD_DIM;

/// What a row that may see no key gives.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum EmptyRow {
    /// Zeros, log-sum-exp -inf.
    #[default]
    Zero,
    /// The mean of all values of its graph, as the original has it; log-sum-exp -inf, as there is no logit.
    Uniform,
}

/// How the product of probabilities and values is rounded.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Accuracy {
    /// Probabilities keep f32 precision.
    #[default]
    Exact,
    /// Each probability is rounded once to the storage type before it meets its value, as a tensor core takes
    /// it. On top of the error of `Exact` that costs at most `u·max|V|`, u = 2^-11 for f16 and 2^-8 for bf16,
    /// and for f16 2^-25·max|V| for each key whose probability is below the normal range.
    Fast,
}

impl Accuracy {
    /// Both accuracies.
    pub const ALL: [Self; 2] = [Self::Exact, Self::Fast];

    /// Its name in the configuration.
    pub fn name(self) -> &'static str {
        match self {
            Self::Exact => "exact",
            Self::Fast => "fast",
        }
    }
}

/// What becomes of NaN and infinity in the input.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum NonFinite {
    /// [`AttentionError::NonFinite`] names the first.
    #[default]
    Error,
    /// They spread to the rows that see them, and to no other. Infinity counts as NaN. In `q` of a row that
    /// sees a key, or in `k` of a key that the row sees, it makes the row's output and log-sum-exp of that
    /// head NaN; in `v` of a key that the row sees, the row's output in that dimension.
    Propagate,
}

/// The parts of a problem, not yet checked.
#[derive(Debug, Clone)]
pub struct Inputs<'a> {
    /// Heads.
    pub heads: usize,
    /// True head dimension, 1..=128.
    pub head_dim: usize,
    /// Queries.
    pub q: Tensor<'a>,
    /// Keys.
    pub k: Tensor<'a>,
    /// Values.
    pub v: Tensor<'a>,
    /// First node of each graph, and the number of nodes behind the last: `[graphs + 1]`.
    pub offsets: &'a [usize],
    /// Who may see whom.
    pub keys: Keys<'a>,
    /// Bias of the logits.
    pub bias: TimeBias,
    /// Times of the nodes, milliseconds; needed by every bias but `None`.
    pub t_ms: Option<&'a [i64]>,
    /// Factor of q·k; `None` is 1/sqrt(head_dim).
    pub scale: Option<f32>,
    /// Rows without a key.
    pub empty_row: EmptyRow,
    /// Rounding of the probabilities.
    pub accuracy: Accuracy,
    /// NaN and infinity.
    pub non_finite: NonFinite,
}

impl<'a> Inputs<'a> {
    /// A problem without bias, and with the defaults of everything else.
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

/// A valid attention problem: holding one proves that a backend can run it.
#[derive(Debug, Clone)]
pub struct Attention<'a> {
    inputs: Inputs<'a>,
    nodes: usize,
}

impl<'a> Attention<'a> {
    /// Checks the parts. O(values), without allocation.
    ///
    /// # Errors
    /// [`AttentionError`] names the part that does not fit, and the remedy.
    pub fn new(inputs: Inputs<'a>) -> Result<Self, AttentionError> {
        let nodes = check_offsets(inputs.offsets)?;
        check_shape(&inputs, nodes)?;
        inputs.keys.check(inputs.offsets, nodes)?;
        check_bias(&inputs, nodes)?;
        if let Some(scale) = inputs.scale.filter(|s| !s.is_finite()) {
            return Err(AttentionError::Scale { got: scale.to_string() });
        }
        if inputs.accuracy == Accuracy::Fast && matches!(inputs.q, Tensor::F32(_)) {
            return Err(AttentionError::FastNeedsHalf);
        }
        if inputs.non_finite == NonFinite::Error {
            check_finite(&inputs)?;
        }
        Ok(Self { inputs, nodes })
    }

    /// The checked parts.
    pub fn inputs(&self) -> &Inputs<'a> {
        &self.inputs
    }

    /// Number of nodes, of all graphs together.
    pub fn nodes(&self) -> usize {
        self.nodes
    }

    /// Number of graphs.
    pub fn graphs(&self) -> usize {
        self.inputs.offsets.len() - 1
    }

    /// Nodes of graph `g`.
    ///
    /// # Panics
    /// If `g` is not a graph.
    #[track_caller]
    pub fn graph(&self, g: usize) -> Range<usize> {
        self.inputs.offsets[g]..self.inputs.offsets[g + 1]
    }

    /// Number of pairs of a node and a key that it sees. O(nodes); for a block mask, O(its rows of bits).
    pub fn pairs(&self) -> usize {
        let keys = |g| -> usize {
            let graph: Range<usize> = self.graph(g);
            match self.inputs.keys {
                Keys::All => graph.len() * graph.len(),
                Keys::Causal => graph.len() * (graph.len() + 1) / 2,
                keys => graph.clone().map(|i| keys.count(i, &graph)).sum(),
            }
        };
        (0..self.graphs()).map(keys).sum()
    }

    /// Factor of q·k: the one given, or 1/sqrt(head_dim).
    pub fn scale(&self) -> f32 {
        self.inputs.scale.unwrap_or_else(|| (1.0 / (self.inputs.head_dim as f64).sqrt()) as f32)
    }

    /// Bias of the logit of nodes `i` and `j`.
    ///
    /// # Panics
    /// If `i` or `j` is not a node.
    #[track_caller]
    pub fn bias(&self, i: usize, j: usize) -> f32 {
        self.inputs.t_ms.map_or(0.0, |t| self.inputs.bias.at(minutes_between(t[i], t[j])))
    }
}

/// What attention gives.
#[derive(Debug, Clone, PartialEq)]
pub struct Output {
    /// `[nodes, heads, head_dim]`, row-major.
    pub out: Vec<f32>,
    /// Log-sum-exp of the logits, natural log, scale and bias included: `[nodes, heads]`; -inf where a row
    /// sees no key.
    pub lse: Vec<f32>,
}

/// Something that runs attention.
///
/// For inputs with |scale·q·k + bias| <= 16 (<= 256), a backend lies within 1e-5 (1e-4) times max(1, max|V|)
/// of [`super::Reference`], and a row's output does not depend on what else is in the batch. Beyond, the f32
/// logits themselves cost more, as half a unit in their last place is a relative error of the probability: the
/// bound grows with them, 1e-4 times max|logit|/256 times max(1, max|V|).
///
/// Every call takes its tensors from the host and gives its result back to it. `cuda::DeviceAttention` (feature
/// `cuda`) keeps both on the GPU between calls.
pub trait AttentionBackend: Send + Sync {
    /// Name, as `--backend` takes it.
    fn name(&self) -> &'static str;

    /// Runs one problem.
    ///
    /// # Errors
    /// [`AttentionError`] if the backend cannot run it.
    fn forward(&self, problem: &Attention<'_>) -> Result<Output, AttentionError>;

    /// What is worth keeping for further problems of the same graphs, keys, bias, times and shape; `None` if that is
    /// nothing.
    ///
    /// # Errors
    /// As [`Plan::new`].
    fn plan(&self, problem: &Attention<'_>) -> Result<Option<Plan>, AttentionError> {
        let _ = problem;
        Ok(None)
    }

    /// Runs one problem by a plan that [`Self::plan`] gave. The output has the bits of [`Self::forward`].
    ///
    /// # Errors
    /// As [`Self::forward`], and [`AttentionError::OtherPlan`] for a plan that [`Plan::check`] refuses.
    fn forward_planned(&self, problem: &Attention<'_>, plan: &Arc<Plan>) -> Result<Output, AttentionError> {
        plan.check(problem)?;
        self.forward(problem)
    }
}

fn check_shape(inputs: &Inputs<'_>, nodes: usize) -> Result<(), AttentionError> {
    let (heads, head_dim) = (inputs.heads, inputs.head_dim);
    if heads == 0 {
        return Err(AttentionError::Heads);
    }
    if !(1..=MAX_HEAD_DIM).contains(&head_dim) {
        return Err(AttentionError::HeadDim { got: head_dim, max: MAX_HEAD_DIM });
    }
    // The output is f32, and no allocation may exceed isize::MAX bytes.
    let max = isize::MAX as usize / size_of::<f32>();
    let values = nodes.checked_mul(heads).and_then(|x| x.checked_mul(head_dim)).unwrap_or(usize::MAX);
    if values > max {
        return Err(AttentionError::TooLarge { what: "nodes x heads x head_dim", got: values, max });
    }
    for (what, tensor) in [("q", inputs.q), ("k", inputs.k), ("v", inputs.v)] {
        let (got, want) = (tensor.dtype(), inputs.q.dtype());
        if got != want {
            return Err(AttentionError::DtypesDiffer { what, got, want });
        }
        if tensor.len() != values {
            return Err(AttentionError::Len { what, got: tensor.len(), want: values });
        }
    }
    Ok(())
}

fn check_bias(inputs: &Inputs<'_>, nodes: usize) -> Result<(), AttentionError> {
    inputs.bias.check()?;
    match inputs.t_ms {
        Some(t) if t.len() != nodes => Err(AttentionError::Len { what: "t_ms", got: t.len(), want: nodes }),
        None if inputs.bias != TimeBias::None => Err(AttentionError::NoTimes { bias: inputs.bias.name() }),
        _ => Ok(()),
    }
}

fn check_finite(inputs: &Inputs<'_>) -> Result<(), AttentionError> {
    for (tensor, values) in [("q", inputs.q), ("k", inputs.k), ("v", inputs.v)] {
        if let Some(i) = values.first_non_finite() {
            let row = i / inputs.head_dim;
            return Err(AttentionError::NonFinite {
                tensor,
                value: values.at(i).to_string(),
                node: row / inputs.heads,
                head: row % inputs.heads,
                dim: i % inputs.head_dim,
            });
        }
    }
    Ok(())
}
