//! The window-kNN rule and the graph it makes: the successors of a node are one contiguous range.

use std::ops::Range;

use super::{DagError, DagView};
use crate::csr::CsrPattern;

/// Each event links to the next `k` events `j > i` with `dt_min_ms <= t_j - t_i <= dt_max_ms`, both ends inclusive.
///
/// Events nearer than `dt_min_ms` are skipped and do not count towards `k`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct WindowKnn {
    /// Most successors of an event, at least 1.
    pub k: u32,
    /// Least time between the two events, milliseconds, not negative.
    pub dt_min_ms: i64,
    /// Most time between the two events, milliseconds.
    pub dt_max_ms: i64,
}

impl WindowKnn {
    /// Links sorted events. Two pointers: O(events) time, 8 bytes an event.
    ///
    /// # Errors
    /// [`DagError::Unsorted`] if a time falls, [`DagError::TooLarge`] above `u32::MAX` events.
    pub fn build(&self, t_ms: &[i64]) -> Result<IntervalDag, DagError> {
        let n = t_ms.len();
        if u32::try_from(n).is_err() {
            return Err(DagError::TooLarge { what: "events of one group", count: n as u64 });
        }
        let (mut lo, mut hi) = (vec![0; n], vec![0; n]);
        self.link(t_ms, 0..n, &mut lo, &mut hi)?;
        Ok(IntervalDag { lo, hi })
    }

    /// Links the events of a range among one another; `lo` and `hi` are theirs.
    pub(super) fn link(
        &self,
        t_ms: &[i64],
        events: Range<usize>,
        lo: &mut [u32],
        hi: &mut [u32],
    ) -> Result<(), DagError> {
        let (start, n) = (events.start, events.end);
        if let Some(i) = t_ms[events.clone()].windows(2).position(|w| w[1] < w[0]) {
            return Err(DagError::Unsorted { index: start + i + 1 });
        }
        let (mut first, mut end) = (start, start);
        for ((i, lo), hi) in events.zip(lo).zip(hi) {
            // Times rise, so the difference cannot be negative; it saturates where i64 could not hold it.
            let dt = |j: usize| t_ms[j].saturating_sub(t_ms[i]);
            first = first.max(i + 1);
            while first < n && dt(first) < self.dt_min_ms {
                first += 1;
            }
            end = end.max(first);
            let most = n.min(first.saturating_add(self.k as usize));
            // Where events are dense all k lie in the window: one look instead of k.
            if end < most && dt(most - 1) <= self.dt_max_ms {
                end = most;
            }
            while end < most && dt(end) <= self.dt_max_ms {
                end += 1;
            }
            (*lo, *hi) = (first as u32, end as u32);
        }
        Ok(())
    }
}

/// A DAG on events in time order in which the successors of `i` are `lo[i]..hi[i]`: 8 bytes a node.
///
/// Neither end ever falls and `i < lo[i]`, so every edge goes forward and predecessors are contiguous too.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct IntervalDag {
    lo: Vec<u32>,
    hi: Vec<u32>,
}

impl IntervalDag {
    /// First successor of each node, and one past its last: `[nodes]` each.
    pub fn bounds(&self) -> (&[u32], &[u32]) {
        (&self.lo, &self.hi)
    }

    pub(super) fn from_bounds(lo: Vec<u32>, hi: Vec<u32>) -> Self {
        Self { lo, hi }
    }

    #[inline]
    #[track_caller]
    pub(super) fn range(&self, u: u32) -> Range<u32> {
        self.lo[u as usize]..self.hi[u as usize]
    }

    /// The same edges as row bounds and columns, for [`CsrPattern::new`] or [`super::Dag::from_parts`].
    ///
    /// # Errors
    /// [`DagError::TooLarge`] above `u32::MAX` edges.
    pub fn to_csr(&self) -> Result<(Vec<u32>, Vec<u32>), DagError> {
        let edges = self.edges();
        if u32::try_from(edges).is_err() {
            return Err(DagError::TooLarge { what: "edges of one group", count: edges });
        }
        let mut row_ptr = Vec::with_capacity(self.nodes() + 1);
        let mut col_idx = Vec::with_capacity(edges as usize);
        row_ptr.push(0);
        for (&lo, &hi) in self.lo.iter().zip(&self.hi) {
            col_idx.extend(lo..hi);
            row_ptr.push(col_idx.len() as u32);
        }
        Ok((row_ptr, col_idx))
    }

    /// The interval form of a square pattern, if each of its rows is one contiguous range to the right of the
    /// diagonal, and neither end falls from row to row. An empty row stands behind the row before it.
    pub fn from_pattern(pattern: CsrPattern<'_>) -> Option<Self> {
        let nodes = u32::try_from(pattern.rows()).ok().filter(|_| pattern.cols() == pattern.rows())?;
        let mut dag = Self::default();
        let (mut least_lo, mut least_hi) = (0, 0);
        for i in 0..nodes {
            let (lo, hi) = match pattern.row(i as usize) {
                [] => (least_hi.max(i + 1), least_hi.max(i + 1)),
                // Columns rise strictly: as many as from the first to the last means none is left out.
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
