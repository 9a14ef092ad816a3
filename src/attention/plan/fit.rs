//! Whether a plan is the plan of a problem.

use super::super::{Attention, AttentionError, Keys, TimeBias};
use super::steps::BiasForm;
use super::{Kernel, Plan};

/// The form of keys that a plan was built from, with their number where the form does not tell it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) enum Source {
    All,
    Causal,
    Intervals,
    Edges { keys: usize },
    Mask { keys: usize },
}

impl Source {
    pub(super) fn of(keys: &Keys<'_>) -> Self {
        match keys {
            Keys::All => Self::All,
            Keys::Causal => Self::Causal,
            Keys::Intervals { .. } => Self::Intervals,
            Keys::Edges(pattern) => Self::Edges { keys: pattern.nnz() },
            Keys::Mask(mask) => Self::Mask { keys: mask.nnz() },
        }
    }
}

impl Plan {
    /// Checks that the plan is one of this problem's graphs, keys, bias and times. Far below the cost of attention:
    /// slices are compared, O(nodes + keys), and nothing is built. Of keys that the plan holds as tiles only the form
    /// and the number are compared: that they are the same ones is the caller's word.
    ///
    /// # Errors
    /// [`AttentionError::OtherPlan`] names the first part that differs.
    pub fn check(&self, problem: &Attention<'_>) -> Result<(), AttentionError> {
        let inputs = problem.inputs();
        let other = |what| Err(AttentionError::OtherPlan { what });
        if self.offsets != inputs.offsets {
            return other("offsets");
        }
        if self.source != Source::of(&inputs.keys) || !self.holds(&inputs.keys) {
            return other("keys");
        }
        if self.bias != BiasForm::new(&inputs.bias) {
            return other("bias");
        }
        if inputs.bias != TimeBias::None && Some(self.tables.t_ms.as_slice()) != inputs.t_ms {
            return other("t_ms");
        }
        Ok(())
    }

    /// Whether the keys are those of the tables, where these hold them as they came.
    fn holds(&self, keys: &Keys<'_>) -> bool {
        let tables = &self.tables;
        match (keys, self.kernel) {
            (Keys::Intervals { lo, hi }, Kernel::EdgeAttention | Kernel::FlashAttention) => {
                tables.lo == *lo && tables.hi == *hi
            }
            (Keys::Edges(pattern), Kernel::EdgeAttention) => {
                tables.row_ptr == pattern.row_ptr() && tables.col_idx == pattern.col_idx()
            }
            _ => true,
        }
    }
}
