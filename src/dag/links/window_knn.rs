//! The window-kNN rule: each event and the next k events in a time window.

use std::ops::Range;

use super::rule::{PreparedRule, Rows};
use crate::dag::{DagError, IntervalDag};

/// Each event links to the next `k` events `j > i` with `dt_min_ms <= t_j - t_i <= dt_max_ms`, both ends inclusive.
///
/// Events nearer than `dt_min_ms` are skipped and do not count towards `k`.
///
/// ```
/// use ironforge::dag::WindowKnn;
///
/// let rule = WindowKnn { k: 2, dt_min_ms: 10, dt_max_ms: 100 };
/// let dag = rule.build(&[0, 5, 20, 90, 150])?;
/// // The successors of node i are lo[i]..hi[i]: event 0 skips event 1, which is only 5 ms later.
/// assert_eq!(dag.bounds(), (&[2, 2, 3, 4, 5][..], &[4, 4, 4, 5, 5][..]));
/// # Ok::<(), ironforge::dag::DagError>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct WindowKnn {
    /// Maximum number of successors of an event, at least 1.
    pub k: u32,
    /// Minimum time between the two events, milliseconds, not negative.
    pub dt_min_ms: i64,
    /// Maximum time between the two events, milliseconds.
    pub dt_max_ms: i64,
}

impl WindowKnn {
    /// The graph of sorted events. Two pointers: O(events) time, 8 bytes per event.
    ///
    /// # Errors
    /// [`DagError::Unsorted`] if the times are not sorted, [`DagError::TooLarge`] above `u32::MAX` events.
    pub fn build(&self, t_ms: &[i64]) -> Result<IntervalDag, DagError> {
        let n = t_ms.len();
        if u32::try_from(n).is_err() {
            return Err(DagError::TooLarge { what: "events of one group", count: n as u64 });
        }
        let (mut lo, mut hi) = (vec![0; n], vec![0; n]);
        self.link_range(t_ms, 0..n, &mut lo, &mut hi)?;
        Ok(IntervalDag::from_bounds(lo, hi))
    }

    /// Links the events of a range to each other; writes their bounds to `lo` and `hi`, `[events.len()]` each.
    pub(super) fn link_range(
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
            // Times rise, so the difference is not negative; it saturates where it does not fit an i64.
            let dt = |j: usize| t_ms[j].saturating_sub(t_ms[i]);
            first = first.max(i + 1);
            while first < n && dt(first) < self.dt_min_ms {
                first += 1;
            }
            end = end.max(first);
            let most = n.min(first.saturating_add(self.k as usize));
            // Fast path for dense events: if the k-th lies in the window, one comparison replaces k.
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

/// The rule needs no column beside the times.
impl PreparedRule for WindowKnn {
    fn link(&self, t_ms: &[i64], _: Option<&[u32]>) -> Result<Rows, DagError> {
        self.build(t_ms)?.to_csr()
    }
}
