//! The limit on the time that a set of events may span.

use super::MotifGraph;

/// Tells which sets are short enough.
pub(crate) struct Span {
    limit_ms: u64,
    t_ms: Vec<i64>,
    /// For each graph, whether its times fall somewhere although the event numbers rise.
    skewed: Vec<bool>,
}

impl Span {
    pub(crate) fn new(graphs: &[MotifGraph<'_>], limit_ms: u64) -> Self {
        Self {
            limit_ms,
            t_ms: graphs.iter().flat_map(|g| g.t_ms()).copied().collect(),
            skewed: graphs.iter().map(|g| !g.t_ms().is_sorted()).collect(),
        }
    }

    /// Returns whether a set whose lowest event is `a` may hold `b`.
    #[inline]
    pub(crate) fn near(&self, a: u32, b: u32) -> bool {
        self.t_ms[a as usize].abs_diff(self.t_ms[b as usize]) <= self.limit_ms
    }

    /// Distances from `root` of those of the next `most` events that a set with this lowest event may not hold.
    pub(crate) fn too_far(&self, root: u32, most: u32) -> impl Iterator<Item = u32> {
        let end = self.t_ms.len().min(root as usize + 1 + most as usize);
        (1..(end - root as usize) as u32).filter(move |d| !self.near(root, root + d))
    }

    /// Returns whether a set of this graph may span too long although each of its events is near the lowest.
    pub(crate) fn is_skewed(&self, graph: usize) -> bool {
        self.skewed[graph]
    }

    /// Returns whether the set, and so each part of it, is short enough.
    pub(crate) fn holds(&self, nodes: &[u32]) -> bool {
        let times = || nodes.iter().map(|&node| self.t_ms[node as usize]);
        let (first, last) = (times().min(), times().max());
        first.zip(last).is_none_or(|(first, last)| first.abs_diff(last) <= self.limit_ms)
    }
}
