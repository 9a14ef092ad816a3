//! The rule by which events are linked again after new times were drawn for them.

use std::fmt::Debug;

use crate::dag::{DagError, Linker, WindowKnn};

/// The rule that a graph's edges come from, so that they can be built again when the times of its events change.
pub trait EdgeRule: Debug + Sync {
    /// Writes the successors of each event as row bounds and columns: row `p` holds the positions that position `p`
    /// leads to, rising and all above `p`. Earlier content of the buffers is overwritten.
    ///
    /// `order[p]` is the number in the graph of the event now at position `p`; other properties that the rule reads,
    /// such as keys, move with the event. `t_ms[p]` is its time now; times rise.
    ///
    /// # Errors
    /// [`DagError`] if the rule cannot link these events.
    fn successors(
        &self,
        order: &[u32],
        t_ms: &[i64],
        row_ptr: &mut Vec<u32>,
        col_idx: &mut Vec<u32>,
    ) -> Result<(), DagError>;
}

impl EdgeRule for WindowKnn {
    fn successors(
        &self,
        _: &[u32],
        t_ms: &[i64],
        row_ptr: &mut Vec<u32>,
        col_idx: &mut Vec<u32>,
    ) -> Result<(), DagError> {
        (*row_ptr, *col_idx) = self.build(t_ms)?.to_csr()?;
        Ok(())
    }
}

impl EdgeRule for Linker {
    fn successors(
        &self,
        order: &[u32],
        t_ms: &[i64],
        row_ptr: &mut Vec<u32>,
        col_idx: &mut Vec<u32>,
    ) -> Result<(), DagError> {
        (*row_ptr, *col_idx) = self.relink(order, t_ms)?;
        Ok(())
    }
}
