//! The limit on the time that a set of events may span.

use super::MotifGraph;

/// The limit on the time that a set of events may span, and the times that it is checked with.
pub(crate) struct SpanLimit {
    limit_ms: u64,
    t_ms: Vec<i64>,
    /// For each graph, whether its times do not rise with the event numbers.
    skewed: Vec<bool>,
}

impl SpanLimit {
    pub(crate) fn new(graphs: &[MotifGraph<'_>], limit_ms: u64) -> Self {
        Self {
            limit_ms,
            t_ms: graphs.iter().flat_map(|g| g.t_ms()).copied().collect(),
            skewed: graphs.iter().map(|g| !g.t_ms().is_sorted()).collect(),
        }
    }

    /// Returns whether the times of `a` and `b` are within the limit.
    #[inline]
    pub(crate) fn allows_pair(&self, a: u32, b: u32) -> bool {
        self.t_ms[a as usize].abs_diff(self.t_ms[b as usize]) <= self.limit_ms
    }

    /// Distances (in event numbers) from `root` of those among the next `most` events that are beyond the limit.
    pub(crate) fn too_far(&self, root: u32, most: u32) -> impl Iterator<Item = u32> {
        let end = self.t_ms.len().min(root as usize + 1 + most as usize);
        (1..(end - root as usize) as u32).filter(move |d| !self.allows_pair(root, root + d))
    }

    /// Returns whether the times of this graph do not rise with the event numbers: a set may then exceed the limit
    /// although each of its events is within the limit of the lowest one.
    pub(crate) fn is_skewed(&self, graph: usize) -> bool {
        self.skewed[graph]
    }

    /// Returns whether a set, and so each subset, is within the limit.
    pub(crate) fn allows(&self, nodes: &[u32]) -> bool {
        let times = || nodes.iter().map(|&node| self.t_ms[node as usize]);
        let (first, last) = (times().min(), times().max());
        first.zip(last).is_none_or(|(first, last)| first.abs_diff(last) <= self.limit_ms)
    }
}
