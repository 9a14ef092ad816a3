//! The parts of a problem that a plan is built from.

use crate::attention::mask::check_offsets;
use crate::attention::{Attention, AttentionError, Keys, TimeBias};

/// Graphs, keys, bias and shape of a batch: a problem without its tensors.
#[derive(Debug, Clone, Copy)]
pub struct PlanInputs<'a> {
    /// Number of heads.
    pub heads: usize,
    /// True head dimension.
    pub head_dim: usize,
    /// First node of each graph, and the number of nodes last: `[graphs + 1]`.
    pub offsets: &'a [usize],
    /// Keys that each node may attend to.
    pub keys: Keys<'a>,
    /// Bias of the logits.
    pub bias: &'a TimeBias,
    /// Times of the nodes, milliseconds; needed by every bias but `None`.
    pub t_ms: Option<&'a [i64]>,
}

impl<'a> PlanInputs<'a> {
    /// The plan inputs of a problem.
    pub fn of(problem: &'a Attention<'_>) -> Self {
        let inputs = problem.inputs();
        Self {
            heads: inputs.heads,
            head_dim: inputs.head_dim,
            offsets: inputs.offsets,
            keys: inputs.keys,
            bias: &inputs.bias,
            t_ms: inputs.t_ms,
        }
    }

    /// Checks the parts as [`Attention::new`] does. O(nodes).
    pub(super) fn check(&self) -> Result<(), AttentionError> {
        let nodes = check_offsets(self.offsets)?;
        self.keys.check(self.offsets, nodes)?;
        self.bias.check()?;
        self.bias.check_times(self.t_ms, nodes)
    }
}
