//! Many sessions in one graph.

use std::ops::Range;

use rayon::prelude::*;

use super::WindowKnn;
use crate::dag::{Dag, DagError, DagView, IntervalDag};

/// Number of nodes up to which splitting the work between two threads costs more than it saves.
const PARALLEL_NODES: usize = 1 << 14;

/// The graphs of many sessions as one graph, nodes numbered session after session. No edge leaves a session, so one
/// sweep of [`DagBatch::graph`] covers all of them, and its generations have a node of every session: wide enough
/// for threads, which those of a single session are not. 4 bytes per session besides the graph.
///
/// ```
/// use ironforge::dag::{DagView, WindowKnn};
///
/// let rule = WindowKnn { k: 4, dt_min_ms: 1, dt_max_ms: 10 };
/// // Two sessions: events 0..2 and events 2..5.
/// let batch = rule.build_batch(&[0, 5, 0, 1, 2], &[0, 2, 5])?;
/// assert_eq!(batch.session(1).edge_iter().collect::<Vec<_>>(), [(0, 1), (0, 2), (1, 2)]);
/// # Ok::<(), ironforge::dag::DagError>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DagBatch<D = IntervalDag> {
    graph: D,
    offsets: Vec<u32>,
}

impl WindowKnn {
    /// The graphs of the sorted events of many sessions, built in parallel: session `s` is
    /// `t_ms[offsets[s]..offsets[s + 1]]`. 8 bytes per event.
    ///
    /// # Errors
    /// [`DagError::Unsorted`] if the times of a session are not sorted, [`DagError::TooLarge`] above `u32::MAX`
    /// events, before anything is allocated.
    ///
    /// # Panics
    /// If `offsets` does not rise from 0 to the number of events.
    #[track_caller]
    pub fn build_batch(&self, t_ms: &[i64], offsets: &[u32]) -> Result<DagBatch, DagError> {
        if u32::try_from(t_ms.len()).is_err() {
            return Err(DagError::TooLarge { what: "events of a batch", count: t_ms.len() as u64 });
        }
        let complete =
            offsets.first() == Some(&0) && offsets.last().map(|&end| end as usize) == Some(t_ms.len());
        assert!(complete && offsets.is_sorted(), "offsets must rise from 0 to {}", t_ms.len());
        let (mut lo, mut hi) = (vec![0; t_ms.len()], vec![0; t_ms.len()]);
        self.link_sessions(t_ms, offsets, &mut lo, &mut hi)?;
        Ok(DagBatch { graph: IntervalDag::from_bounds(lo, hi), offsets: offsets.to_vec() })
    }

    /// Links the sessions of `offsets`; `t_ms` holds the times of the whole batch, `lo` and `hi` the bounds of these
    /// sessions only.
    fn link_sessions(
        &self,
        t_ms: &[i64],
        offsets: &[u32],
        lo: &mut [u32],
        hi: &mut [u32],
    ) -> Result<(), DagError> {
        let sessions = offsets.len() - 1;
        if sessions > 1 && lo.len() > PARALLEL_NODES {
            let middle = sessions / 2;
            let nodes = (offsets[middle] - offsets[0]) as usize;
            let (lo, hi) = (lo.split_at_mut(nodes), hi.split_at_mut(nodes));
            let (first, second) = rayon::join(
                || self.link_sessions(t_ms, &offsets[..=middle], lo.0, hi.0),
                || self.link_sessions(t_ms, &offsets[middle..], lo.1, hi.1),
            );
            return first.and(second);
        }
        for session in offsets.windows(2) {
            let events = session[0] as usize..session[1] as usize;
            let in_bounds = events.start - offsets[0] as usize..events.end - offsets[0] as usize;
            self.link_range(t_ms, events, &mut lo[in_bounds.clone()], &mut hi[in_bounds])?;
        }
        Ok(())
    }
}

impl<D: DagView + Send> DagBatch<D> {
    /// All sessions as one graph.
    pub fn graph(&self) -> &D {
        &self.graph
    }

    /// Number of sessions.
    pub fn sessions(&self) -> usize {
        self.offsets.len() - 1
    }

    /// Numbers of a session's nodes in [`DagBatch::graph`].
    ///
    /// # Panics
    /// If there is no such session.
    #[track_caller]
    pub fn numbers(&self, session: usize) -> Range<u32> {
        self.offsets[session]..self.offsets[session + 1]
    }

    /// One session as a separate graph, its nodes numbered from 0.
    ///
    /// # Panics
    /// If there is no such session.
    #[track_caller]
    pub fn session(&self, session: usize) -> D {
        self.graph.slice(self.numbers(session))
    }

    /// The results of `f(session, graph)` for all sessions, in session order; computed in parallel.
    pub fn par_map<R: Send>(&self, f: impl Fn(usize, D) -> R + Sync) -> Vec<R> {
        (0..self.sessions()).into_par_iter().map(|s| f(s, self.session(s))).collect()
    }

    /// Allocated memory, bytes.
    pub fn bytes(&self) -> usize {
        self.graph.bytes() + size_of_val(&self.offsets[..])
    }
}

impl DagBatch {
    /// The same graphs in CSR form.
    ///
    /// # Errors
    /// [`DagError::TooLarge`] above `u32::MAX` edges.
    pub fn to_csr(&self) -> Result<DagBatch<Dag>, DagError> {
        Ok(DagBatch { graph: Dag::from_intervals(&self.graph)?, offsets: self.offsets.clone() })
    }
}
