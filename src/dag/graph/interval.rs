//! The interval form: the successors of a node are one contiguous range.

use std::ops::Range;

use crate::csr::CsrPattern;
use crate::dag::DagError;

/// A DAG on events in time order in which the successors of `i` are `lo[i]..hi[i]`: 8 bytes per node.
///
/// Both bounds are non-decreasing and `i < lo[i]`, so every edge goes forward and predecessors are contiguous too.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct IntervalDag {
    lo: Vec<u32>,
    hi: Vec<u32>,
}

impl IntervalDag {
    /// First successor of each node, and one past the last: `[nodes]` each. An empty row has two equal bounds.
    pub fn bounds(&self) -> (&[u32], &[u32]) {
        (&self.lo, &self.hi)
    }

    /// The DAG of valid bounds.
    pub(in crate::dag) fn from_bounds(lo: Vec<u32>, hi: Vec<u32>) -> Self {
        Self { lo, hi }
    }

    #[inline]
    #[track_caller]
    pub(in crate::dag) fn range(&self, u: u32) -> Range<u32> {
        self.lo[u as usize]..self.hi[u as usize]
    }

    /// Number of edges. O(nodes).
    pub(in crate::dag) fn edge_count(&self) -> u64 {
        self.lo.iter().zip(&self.hi).map(|(lo, hi)| u64::from(hi - lo)).sum()
    }

    /// The edges as row bounds and columns, for [`CsrPattern::new`] or
    /// [`Dag::from_parts`](super::Dag::from_parts).
    ///
    /// # Errors
    /// [`DagError::TooLarge`] above `u32::MAX` edges.
    pub fn to_csr(&self) -> Result<(Vec<u32>, Vec<u32>), DagError> {
        let edges = self.edge_count();
        if u32::try_from(edges).is_err() {
            return Err(DagError::TooLarge { what: "edges of one group", count: edges });
        }
        let mut row_ptr = Vec::with_capacity(self.lo.len() + 1);
        let mut col_idx = Vec::with_capacity(edges as usize);
        row_ptr.push(0);
        for (&lo, &hi) in self.lo.iter().zip(&self.hi) {
            col_idx.extend(lo..hi);
            row_ptr.push(col_idx.len() as u32);
        }
        Ok((row_ptr, col_idx))
    }

    /// The interval form of a square pattern; `None` unless each row is one contiguous range right of the diagonal
    /// and both bounds are non-decreasing. An empty row becomes the empty range at the end of the row before it.
    pub fn from_pattern(pattern: CsrPattern<'_>) -> Option<Self> {
        let nodes = u32::try_from(pattern.rows()).ok().filter(|_| pattern.cols() == pattern.rows())?;
        let mut dag = Self::default();
        let (mut least_lo, mut least_hi) = (0, 0);
        for i in 0..nodes {
            let (lo, hi) = match pattern.row(i as usize) {
                [] => (least_hi.max(i + 1), least_hi.max(i + 1)),
                // Columns are strictly rising, so a row as long as its span has no gap.
                row @ ([first, .., last] | [first @ last]) if (last - first) as usize + 1 == row.len() => {
                    (*first, last + 1)
                }
                _ => return None,
            };
            if lo <= i || lo < least_lo || hi < least_hi {
                return None;
            }
            (least_lo, least_hi) = (lo, hi);
            dag.lo.push(lo);
            dag.hi.push(hi);
        }
        Some(dag)
    }
}
