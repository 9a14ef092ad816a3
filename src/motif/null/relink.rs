//! How events whose times were drawn anew are linked.

use std::fmt::Debug;

use crate::dag::{DagError, Linker, WindowKnn};

/// The rule that a graph's edges come from, so that they can be made anew when its events change their times.
pub trait Relink: Debug + Sync {
    /// Writes the successors of each event as row bounds and columns: row `p` holds the events that the `p`-th leads
    /// to, rising and all above `p`. What the buffers held is overwritten.
    ///
    /// `order[p]` is the event, by its number in the graph, that now stands at place `p`: what else the rule looks at,
    /// as keys, goes with it. `t_ms[p]` is its time now; times rise.
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

impl Relink for WindowKnn {
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

impl Relink for Linker {
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
