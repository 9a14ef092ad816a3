//! The rule by which events are relinked after their times were redrawn.

use std::fmt::Debug;

use crate::dag::{DagError, Linker, WindowKnn};

/// A rule that gives the edges of a graph, so that they can be rebuilt when the times of its events change.
pub trait EdgeRule: Debug + Sync {
    /// Writes the successors of each event as row bounds and columns: row `p` holds the positions that position `p`
    /// leads to, rising and all above `p`. Earlier content of the buffers is overwritten.
    ///
    /// `order[p]` is the event now at position `p`, by its number in the graph; `t_ms[p]` is its new time,
    /// milliseconds, rising. Other columns that the rule reads, such as keys, are looked up by `order`.
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
