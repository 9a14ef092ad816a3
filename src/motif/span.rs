//! The longest time that a set of events may last.

use super::graph::MotifGraph;

/// Which sets are short enough.
pub(crate) struct Span {
    limit_ms: u64,
    t_ms: Vec<i64>,
    /// For each graph: times do not rise with the numbers.
    skewed: Vec<bool>,
}

impl Span {
    pub(crate) fn of(graphs: &[MotifGraph<'_>], limit_ms: u64) -> Self {
        Self {
            limit_ms,
            t_ms: graphs.iter().flat_map(|g| g.t_ms()).copied().collect(),
            skewed: graphs.iter().map(|g| !g.t_ms().is_sorted()).collect(),
        }
    }

    /// A set whose lowest event is `a` may hold `b`.
    #[inline]
    pub(crate) fn near(&self, a: u32, b: u32) -> bool {
        self.t_ms[a as usize].abs_diff(self.t_ms[b as usize]) <= self.limit_ms
    }

    /// The events that follow `root`, of at most `most`, that a set with this lowest event may not hold: each as its
    /// distance from it.
    pub(crate) fn too_far(&self, root: u32, most: u32) -> impl Iterator<Item = u32> {
        let end = self.t_ms.len().min(root as usize + 1 + most as usize);
        (1..(end - root as usize) as u32).filter(move |d| !self.near(root, root + d))
    }

    /// In this graph a set may last too long although each event is near the lowest.
    pub(crate) fn is_skewed(&self, graph: usize) -> bool {
        self.skewed[graph]
    }

    /// The set is short enough. So is each part of it.
    pub(crate) fn holds(&self, nodes: &[u32]) -> bool {
        let times = || nodes.iter().map(|&node| self.t_ms[node as usize]);
        let (first, last) = (times().min(), times().max());
        first.zip(last).is_none_or(|(first, last)| first.abs_diff(last) <= self.limit_ms)
    }
}
