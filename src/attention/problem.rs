//! The attention problem: what goes in, and the proof that it is valid.

use half::{bf16, f16};

use crate::csr::CsrPattern;

/// Values `[nodes, heads, head_dim]`, row-major, in the precision they are stored in.
#[derive(Debug, Clone, Copy)]
pub enum Tensor<'a> {
    /// 32-bit floats; for the reference and the CPU only.
    F32(&'a [f32]),
    /// IEEE half precision.
    F16(&'a [f16]),
    /// bfloat16.
    Bf16(&'a [bf16]),
}

/// Which keys a node may see.
#[derive(Debug, Clone, Copy)]
pub enum Keys<'a> {
    /// Every node of its graph.
    All,
    /// Itself and the nodes of its graph before it.
    Causal,
    /// One contiguous range `lo[i]..hi[i]` a node, in global node indices inside the node's own graph.
    Intervals {
        /// First key of each node.
        lo: &'a [u32],
        /// One past the last key of each node.
        hi: &'a [u32],
    },
    /// The columns of row `i`, in global node indices inside the node's own graph.
    Edges(CsrPattern<'a>),
}

/// Who reads whom along an edge u -> v.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Direction {
    /// v reads u: the past.
    #[default]
    Predecessors,
    /// u reads v: the original's direction.
    Successors,
    /// Each reads the other.
    Both,
}

/// Bias added to a logit, from the time between two nodes in minutes.
#[derive(Debug, Clone, PartialEq, Default)]
pub enum TimeBias {
    /// No bias.
    #[default]
    None,
    /// `-sqrt(dt / (scale_minutes + 1e-6))`.
    Sqrt {
        /// Scale, minutes, positive.
        scale_minutes: f32,
    },
    /// The sum of the weights of all closed intervals `[lo, hi]` (minutes) that hold dt.
    Buckets(Vec<(f32, f32, f32)>),
}

/// What a row that may see no key gives.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum EmptyRow {
    /// Zeros, log-sum-exp -inf.
    #[default]
    Zero,
    /// The mean of all values of its graph, as the original has it.
    Uniform,
}

/// How the product of probabilities and values is rounded.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Accuracy {
    /// Probabilities keep f32 precision.
    #[default]
    Exact,
    /// Probabilities are rounded once to the storage type.
    Fast,
}

/// What becomes of NaN and infinity in the input.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum NonFinite {
    /// [`AttentionError`] names the first.
    #[default]
    Error,
    /// They spread to the rows that see them, and to no other.
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

/// A valid attention problem: holding one proves that a backend can run it.
#[derive(Debug, Clone)]
pub struct Attention<'a> {
    inputs: Inputs<'a>,
}

impl<'a> Attention<'a> {
    /// Checks the parts.
    ///
    /// # Errors
    /// [`AttentionError`] names the part that does not fit.
    pub fn new(inputs: Inputs<'a>) -> Result<Self, AttentionError> {
        Ok(Self { inputs })
    }

    /// The checked parts.
    pub fn inputs(&self) -> &Inputs<'a> {
        &self.inputs
    }
}

/// What attention gives.
#[derive(Debug, Clone, PartialEq)]
pub struct Output {
    /// `[nodes, heads, head_dim]`, row-major.
    pub out: Vec<f32>,
    /// Log-sum-exp of the logits, natural log, scale and bias included: `[nodes, heads]`.
    pub lse: Vec<f32>,
}

/// Something that runs attention.
pub trait AttentionBackend: Send + Sync {
    /// Name, as `--backend` takes it.
    fn name(&self) -> &'static str;

    /// Runs one problem.
    ///
    /// # Errors
    /// [`AttentionError`] if the backend cannot run it.
    fn forward(&self, problem: &Attention<'_>) -> Result<Output, AttentionError>;
}

/// Why attention cannot run.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum AttentionError {
    /// A slice does not fit the shape.
    #[error("{what} holds {got} values, the shape needs {want}")]
    Len {
        /// The slice.
        what: &'static str,
        /// Its length.
        got: usize,
        /// The length the shape asks for.
        want: usize,
    },
}
