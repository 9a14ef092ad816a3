//! Every connected set of 3 to 5 events, each once.
//!
//! Source: Wernicke, "Efficient detection of network motifs" (2006), algorithm ESU. A set is found from its lowest
//! event, the root, and grows by neighbours above the root; what has once been passed over is not taken later.
//!
//! Two ways, the same sets: [`window`] where the edges of a graph are short, with a word of bits for what an event is
//! linked with; [`lists`] for any graph.

mod lists;
mod window;

use std::ops::ControlFlow;

use self::lists::Lists;
use self::window::Window;
use super::band::Path;
use super::graph::Union;
use super::shape::{GROWTH, MAX_NODES};

/// A connected induced subgraph: the event taken last, and the others.
#[derive(Clone, Copy)]
pub(crate) struct Found {
    /// The others, rising; `u32::MAX` behind them.
    others: [u32; MAX_NODES - 1],
    /// Links of the others (see `shape`).
    triangle: u16,
    /// Number of events.
    pub(crate) k: usize,
    node: u32,
    /// Where `node` stands among the others.
    place: usize,
    /// Bit i: `node` is linked with the i-th of the others.
    linked: u8,
}

impl Found {
    /// Its links (see `shape`).
    #[inline]
    fn triangle(&self) -> u16 {
        GROWTH.grow(self.k - 1, self.place, self.triangle, self.linked)
    }

    /// The slot of its shape.
    #[inline]
    pub(crate) fn slot(&self) -> usize {
        GROWTH.slot(self.k - 1, self.place, self.triangle, self.linked)
    }

    /// The `values` of its events, fields of `BITS` bits, the earliest event's the lowest.
    #[inline]
    pub(crate) fn in_time<const BITS: u32>(&self, values: &[u32]) -> usize {
        if BITS == 0 {
            return 0;
        }
        let of = |node: u32| values[node as usize] as usize;
        let others = (0..self.k - 1).map(|i| of(self.others[i]) << (i as u32 * BITS)).sum::<usize>();
        // those behind the place of the new event move up by a field
        let place = self.place as u32 * BITS;
        let earlier = others & ((1 << place) - 1);
        earlier | of(self.node) << place | (others ^ earlier) << BITS
    }

    /// The lowest event.
    #[inline]
    pub(crate) fn root(&self) -> u32 {
        self.others[0]
    }

    /// The highest event.
    #[inline]
    pub(crate) fn last(&self) -> u32 {
        self.node.max(self.others[self.k - 2])
    }

    /// The events, rising; `u32::MAX` behind the `k`-th.
    #[inline]
    pub(crate) fn nodes(&self) -> [u32; MAX_NODES] {
        let [a, b, c, d] = insert(self.others, self.place, self.node);
        // what insertion drops: the last of four others, or the new event behind them
        let last = if self.place == MAX_NODES - 1 { self.node } else { self.others[MAX_NODES - 2] };
        [a, b, c, d, last]
    }
}

/// `values` with `value` put in at `place`, the last dropped; as they are if `place` lies behind them.
#[inline]
fn insert<T: Copy>(values: [T; MAX_NODES - 1], place: usize, value: T) -> [T; MAX_NODES - 1] {
    std::array::from_fn(|i| match i.cmp(&place) {
        std::cmp::Ordering::Less => values[i],
        std::cmp::Ordering::Equal => value,
        std::cmp::Ordering::Greater => values[i - 1],
    })
}

/// What is done with each set.
pub(crate) trait Visit {
    /// Says whether the walk goes on.
    fn visit(&mut self, found: &Found) -> ControlFlow<()>;
}

impl<F: FnMut(&Found) -> ControlFlow<()>> Visit for F {
    #[inline]
    fn visit(&mut self, found: &Found) -> ControlFlow<()> {
        self(found)
    }
}

/// Walks through the connected sets of a union of graphs.
pub(crate) struct Walker<'g> {
    graph: &'g Union,
    sizes: (usize, usize),
    lists: Lists<'g>,
}

impl<'g> Walker<'g> {
    pub(crate) fn new(graph: &'g Union, sizes: (usize, usize)) -> Self {
        Self { graph, sizes, lists: Lists::new(graph, sizes) }
    }

    /// Visits every set whose lowest event is one of `roots`, root by root, in an order that depends on the graph and
    /// the sizes alone.
    pub(crate) fn walk(
        &mut self,
        roots: impl IntoIterator<Item = u32>,
        visitor: &mut impl Visit,
    ) -> ControlFlow<()> {
        let mut of = 0..0;
        let mut path = Path::Lists;
        let mut skew = None;
        for root in roots {
            if !of.contains(&root) {
                let graph = self.graph.graph_of(root);
                of = self.graph.offsets[graph]..self.graph.offsets[graph + 1];
                skew = self.graph.skew(graph);
                path = if skew.is_none() { self.graph.bands.path(graph, self.sizes.1) } else { Path::Lists };
            }
            match path {
                Path::Narrow { centre } => {
                    let words = &self.graph.bands.narrow;
                    Window { graph: self.graph, words, centre, sizes: self.sizes }.walk(root, visitor)?;
                }
                Path::Wide { centre } => {
                    let words = &self.graph.bands.wide;
                    Window { graph: self.graph, words, centre, sizes: self.sizes }.walk(root, visitor)?;
                }
                Path::Lists => self.lists.walk(root, skew, visitor)?,
            }
        }
        ControlFlow::Continue(())
    }

    /// One branch of the tree below `root`, chosen by `choose(n)` among n at each fork. Gives, for each size from 2 on,
    /// the product of the forks passed, an unbiased estimate of the number of sets of that size (Knuth 1975), and
    /// the number of links read.
    pub(crate) fn probe(&mut self, root: u32, choose: impl FnMut(u32) -> u32) -> ([f64; MAX_NODES + 1], u64) {
        self.lists.probe(root, choose)
    }
}

#[cfg(test)]
mod tests;
