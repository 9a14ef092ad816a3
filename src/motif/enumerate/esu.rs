//! Every connected set of 3 to 5 events, each once.
//!
//! Source: Wernicke, "Efficient detection of network motifs" (2006), algorithm ESU. A set is found from its lowest
//! event, the root, and is extended by neighbours above the root; an event skipped once is not added later.
//! So each set is found exactly once.
//!
//! Two searches give the same sets: `window` for graphs with short edges, where one bit word holds the neighbours
//! of an event; `lists` for any graph.

use std::ops::ControlFlow;

use super::SetVisitor;
use super::lists::ListSearch;
use super::shape::MAX_NODES;
use super::window::WindowSearch;
use crate::motif::graph::{Union, WalkMethod};

/// Enumerates the connected sets of a union of graphs.
pub(crate) struct Enumerator<'g> {
    union: &'g Union,
    sizes: (usize, usize),
    lists: ListSearch<'g>,
}

impl<'g> Enumerator<'g> {
    /// `sizes`: the smallest and the largest number of events of a set.
    pub(crate) fn new(union: &'g Union, sizes: (usize, usize)) -> Self {
        Self { union, sizes, lists: ListSearch::new(union, sizes) }
    }

    /// Visits every set whose lowest event is one of `roots`, root by root, in an order that depends on the graph and
    /// the sizes alone.
    pub(crate) fn walk(
        &mut self,
        roots: impl IntoIterator<Item = u32>,
        visitor: &mut impl SetVisitor,
    ) -> ControlFlow<()> {
        let mut graph_events = 0..0;
        let mut method = WalkMethod::Lists;
        let mut skewed_span = None;
        for root in roots {
            if !graph_events.contains(&root) {
                let graph = self.union.graph_of(root);
                graph_events = self.union.offsets[graph]..self.union.offsets[graph + 1];
                skewed_span = self.union.skewed_span(graph);
                method = if skewed_span.is_none() {
                    self.union.bands.method(graph, self.sizes.1)
                } else {
                    WalkMethod::Lists
                };
            }
            match method {
                WalkMethod::Narrow { centre } => {
                    let words = &self.union.bands.narrow;
                    WindowSearch { union: self.union, words, centre, sizes: self.sizes }
                        .walk(root, visitor)?;
                }
                WalkMethod::Wide { centre } => {
                    let words = &self.union.bands.wide;
                    WindowSearch { union: self.union, words, centre, sizes: self.sizes }
                        .walk(root, visitor)?;
                }
                WalkMethod::Lists => self.lists.walk(root, skewed_span, visitor)?,
            }
        }
        ControlFlow::Continue(())
    }

    /// Follows one random branch of the search tree below `root`; `choose(n)` picks one of n children. Returns, for
    /// each size from 2 on, the product of the numbers of children, an unbiased estimate of the number of sets of
    /// that size (Knuth 1975), and the number of adjacency entries read.
    pub(crate) fn probe(&mut self, root: u32, choose: impl FnMut(u32) -> u32) -> ([f64; MAX_NODES + 1], u64) {
        self.lists.probe(root, choose)
    }
}
