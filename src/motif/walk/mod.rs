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
mod tests {
    use super::*;
    use crate::csr::CsrPattern;
    use crate::motif::graph::MotifGraph;
    use crate::philox::Philox;

    /// Each set as its events and its slot, sorted.
    type Sets = Vec<([u32; MAX_NODES], usize)>;

    /// Rows of successors: each event with some of the next few and some `reach` later.
    fn rows(nodes: u32, reach: u32, seed: u32) -> (Vec<u32>, Vec<u32>) {
        let mut numbers = Philox::new(7).stream(seed, reach);
        let (mut row_ptr, mut col_idx) = (vec![0], Vec::new());
        for i in 0..nodes {
            let mut row = vec![i + reach, i + 1 + numbers.below(reach), i + 1 + numbers.below(3)];
            row.retain(|&j| j < nodes && j - i <= reach && numbers.below(4) > 0);
            row.sort_unstable();
            row.dedup();
            col_idx.extend(row);
            row_ptr.push(col_idx.len() as u32);
        }
        (row_ptr, col_idx)
    }

    /// Times that rise by one or two minutes, all but; with skew, some clocks are up to 20 minutes behind.
    fn times(skew: bool) -> Vec<i64> {
        let mut numbers = Philox::new(8).stream(0, 0);
        let late = |i: i64, late: u32| if skew && late < 2 { i - 10 - i64::from(late) * 10 } else { i };
        (0..200).map(|i| 90_000 * late(i, numbers.below(5))).collect()
    }

    /// All sets, by one way through the graphs.
    fn collected(union: &Union, mut walk: impl FnMut(u32, &mut dyn FnMut(&Found))) -> Sets {
        let mut sets = Vec::new();
        for root in 0..union.nodes() {
            walk(root, &mut |found| {
                assert_eq!(found.nodes()[0], root, "sets are found from their lowest event");
                sets.push((found.nodes(), found.slot()));
            });
        }
        sets.sort_unstable();
        sets
    }

    fn go_on(mut visit: impl FnMut(&Found)) -> impl FnMut(&Found) -> ControlFlow<()> {
        move |found| {
            visit(found);
            ControlFlow::Continue(())
        }
    }

    /// Two graphs: one that has the union hold wide words too, and one of this reach.
    fn with_union(reach: u32, t_ms: &[i64], span_ms: Option<u64>, check: impl FnOnce(&Union)) {
        let parts = [(40, 20), (reach + 60, reach)].map(|(n, reach)| rows(n, reach, n));
        let graphs = parts.each_ref().map(|(row_ptr, col_idx)| {
            let n = row_ptr.len() - 1;
            let pattern = CsrPattern::new(row_ptr, col_idx, n).unwrap();
            MotifGraph::new(pattern, &[0; 200][..n], &t_ms[..n]).unwrap()
        });
        check(&Union::within(&graphs, span_ms).unwrap());
    }

    fn by_lists(union: &Union, sizes: (usize, usize)) -> Sets {
        let mut lists = Lists::new(union, sizes);
        collected(union, |root, visit| {
            let skew = union.skew(union.graph_of(root));
            assert!(lists.walk(root, skew, &mut go_on(visit)).is_continue());
        })
    }

    fn by_walker(union: &Union, sizes: (usize, usize)) -> Sets {
        let mut walker = Walker::new(union, sizes);
        collected(union, |root, visit| assert!(walker.walk([root], &mut go_on(visit)).is_continue()))
    }

    /// Of the second graph, in words wider than it needs.
    fn by_wide_words(union: &Union, reach: u32, sizes: (usize, usize)) -> Sets {
        let centre = u128::BITS - 1 - reach;
        let window = Window { graph: union, words: &union.bands.wide, centre, sizes };
        collected(union, |root, visit| {
            if root >= union.offsets[1] {
                assert!(window.walk(root, &mut go_on(visit)).is_continue());
            }
        })
    }

    #[test]
    fn every_path_finds_the_same_sets() {
        let mut taken = [0; 3];
        for reach in [1, 3, 10, 15, 16, 21, 22, 31, 32, 42, 43, 63, 64, 90] {
            for sizes in [(3, 3), (3, 4), (3, 5), (5, 5)] {
                with_union(reach, &[0; 200], None, |union| {
                    let want = by_lists(union, sizes);
                    assert_eq!(by_walker(union, sizes), want, "reach {reach}, sizes {sizes:?}");
                    match union.bands.path(1, sizes.1) {
                        Path::Narrow { .. } => {
                            let want: Sets =
                                want.into_iter().filter(|s| s.0[0] >= union.offsets[1]).collect();
                            assert_eq!(
                                by_wide_words(union, reach, sizes),
                                want,
                                "reach {reach}, sizes {sizes:?}"
                            );
                            taken[0] += 1;
                        }
                        Path::Wide { .. } => taken[1] += 1,
                        Path::Lists => taken[2] += 1,
                    }
                });
            }
        }
        assert!(taken.iter().all(|&times| times > 5), "{taken:?}");
    }

    #[test]
    fn every_path_leaves_out_what_lasts_too_long() {
        let sizes = (3, 5);
        for (reach, skew) in [(3, false), (15, false), (15, true), (31, false), (31, true), (40, true)] {
            let t_ms = times(skew);
            let mut want = Sets::new();
            let limit_ms = 90_000 * u64::from(reach);
            with_union(reach, &t_ms, None, |union| {
                let of_union = [&t_ms[..union.offsets[1] as usize], &t_ms].concat();
                want = by_lists(union, sizes);
                let all = want.len();
                want.retain(|(nodes, _)| {
                    let held = || nodes.iter().filter(|&&n| n != u32::MAX).map(|&n| of_union[n as usize]);
                    held().max().unwrap().abs_diff(held().min().unwrap()) <= limit_ms
                });
                assert!(10 < want.len() && want.len() < all, "{} of {all}", want.len());
            });
            with_union(reach, &t_ms, Some(limit_ms), |union| {
                assert_eq!(by_lists(union, sizes), want, "reach {reach}, skew {skew}");
                assert_eq!(by_walker(union, sizes), want, "reach {reach}, skew {skew}");
                if reach <= 31 && !skew {
                    want.retain(|s| s.0[0] >= union.offsets[1]);
                    assert_eq!(by_wide_words(union, reach, sizes), want, "reach {reach}, skew {skew}");
                }
            });
        }
    }
}
