//! The check that a plan belongs to a problem.

use super::plan::Plan;
use crate::attention::bias::DeviceBias;
use crate::attention::kernel::Kernel;
use crate::attention::{Attention, AttentionError, Keys};

/// Form of the keys that a plan was built from, with their number if the form does not determine it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) enum KeySource {
    All,
    Causal,
    Intervals,
    Edges { keys: usize },
    Mask { keys: usize },
}

impl KeySource {
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
    /// Checks that the plan was built for this problem's graphs, keys, bias and times. O(nodes + keys): slices are
    /// compared and nothing is built, far below the cost of attention. Keys that the plan stores as tiles are
    /// compared by form and number only: the caller guarantees that they are the same.
    ///
    /// # Errors
    /// [`AttentionError::PlanMismatch`] names the first part that differs.
    pub fn check(&self, problem: &Attention<'_>) -> Result<(), AttentionError> {
        let inputs = problem.inputs();
        let other = |what| Err(AttentionError::PlanMismatch { what });
        if self.offsets != inputs.offsets {
            return other("offsets");
        }
        if self.key_source != KeySource::of(&inputs.keys) || !self.holds(&inputs.keys) {
            return other("keys");
        }
        if self.bias != DeviceBias::new(&inputs.bias) {
            return other("bias");
        }
        if inputs.bias.needs_times() && Some(self.tables.t_ms.as_slice()) != inputs.t_ms {
            return other("t_ms");
        }
        Ok(())
    }

    /// True if the keys equal those of the tables; true without comparison if the tables store them in another form.
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
