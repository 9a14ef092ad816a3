//! A counter for every pattern there can be: the census of few labels, in one walk.

use std::ops::{ControlFlow, Range};

use rayon::prelude::*;

use super::graph::Union;
use super::overlap::Apart;
use super::shape::{MAX_NODES, SLOTS, slots_up_to};
use super::walk::{Found, Visit, Walker};

/// Counters for each event at most: to clear and to join them costs less than to walk the sets of five.
/// 32 bytes each, and at most 36 MB a thread: sets of five with four labels.
const PER_EVENT: usize = 128;
/// Roots walked by one piece of parallel work, at least.
const ROOTS: u32 = 256;

/// How often a pattern occurs in the sets below neighbouring roots, met from the last root to the first.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Counter {
    pub(crate) count: u64,
    pub(crate) apart: Apart,
    /// Graphs in which it occurs.
    pub(crate) support: u32,
    /// The first of them to be met and the last, where there is one.
    first: u32,
    last: u32,
}

impl Counter {
    #[inline]
    fn add(&mut self, graph: u32, root: u32, last: u32) {
        // the first set of a graph lies apart from those of the graphs behind it: only such sets can add to the support
        if self.apart.add(root, last) {
            self.meet(graph);
        }
        self.count += 1;
    }

    fn meet(&mut self, graph: u32) {
        if self.count == 0 {
            self.first = graph;
        }
        self.support += u32::from(self.count == 0 || self.last != graph);
        self.last = graph;
    }

    /// Joined with that of the roots before these, none of whose sets overlaps with one of these.
    fn append(&mut self, earlier: &Self) {
        if self.count == 0 {
            *self = *earlier;
        } else if earlier.count > 0 {
            // a graph cut between the two stands in both
            self.support += earlier.support - u32::from(self.last == earlier.first);
            self.last = earlier.last;
            self.count += earlier.count;
            self.apart.append(earlier.apart);
        }
    }
}

/// The counters of every pattern of every slot's shape.
pub(crate) struct Counts {
    counters: Vec<Counter>,
    fields: Fields,
}

/// How a counter is numbered: the slot, then one field of bits for each event's label, the earliest event's the lowest.
#[derive(Clone, Copy)]
struct Fields {
    /// Bits of a field: 0, 1 or 2.
    bits: u32,
    /// Bits of all fields.
    all: u32,
}

impl Counts {
    /// Counts all sets; `None` if there are too many patterns to have a counter each.
    pub(crate) fn of(union: &Union, sizes: (usize, usize)) -> Option<Self> {
        let bits = usize::BITS - union.vocabulary.len().saturating_sub(1).leading_zeros();
        if bits > 2 {
            return None;
        }
        let fields = Fields { bits, all: bits * sizes.1 as u32 };
        let needed = slots_up_to(sizes.1) << fields.all;
        let affordable = (union.nodes() as usize).saturating_mul(PER_EVENT).max(SLOTS);
        (needed <= affordable).then(|| Self { counters: walk(union, sizes, fields, needed), fields })
    }

    /// The patterns that occur: slot, place of each label in the vocabulary, and how often.
    pub(crate) fn patterns(&self) -> impl Iterator<Item = (usize, [usize; MAX_NODES], &Counter)> {
        let Fields { bits, all } = self.fields;
        let pattern = move |(at, counter)| {
            let labels = at & ((1 << all) - 1);
            let label = |i| labels >> (i * bits as usize) & ((1 << bits) - 1);
            (at >> all, std::array::from_fn(label), counter)
        };
        self.counters.iter().enumerate().filter(|(_, counter)| counter.count > 0).map(pattern)
    }
}

fn walk(union: &Union, sizes: (usize, usize), fields: Fields, needed: usize) -> Vec<Counter> {
    let nothing = || vec![Counter::default(); needed];
    let start = || (Walker::new(union, sizes), nothing());
    let pieces = union.pieces(ROOTS);
    let walked = pieces.into_par_iter().rev().fold(start, |(mut walker, mut counters), piece| {
        match fields.bits {
            0 => walk_roots::<0>(union, &mut walker, piece, fields, &mut counters),
            1 => walk_roots::<1>(union, &mut walker, piece, fields, &mut counters),
            _ => walk_roots::<2>(union, &mut walker, piece, fields, &mut counters),
        }
        (walker, counters)
    });
    // what a fold takes in, and what it is joined with, are neighbours in the order of the roots
    walked.map(|(_, counters)| counters).reduce(nothing, |mut counters, earlier| {
        counters.iter_mut().zip(&earlier).for_each(|(counter, earlier)| counter.append(earlier));
        counters
    })
}

/// Counts the sets below `roots`, the last root first.
fn walk_roots<const BITS: u32>(
    union: &Union,
    walker: &mut Walker<'_>,
    roots: Range<u32>,
    fields: Fields,
    counters: &mut [Counter],
) {
    let mut to = roots.end;
    while to > roots.start {
        let graph = union.graph_of(to - 1);
        let from = union.offsets[graph].max(roots.start);
        let mut sets =
            Sets::<BITS> { labels: &union.labels, fields: fields.all, graph: graph as u32, counters };
        let all = walker.walk((from..to).rev(), &mut sets);
        debug_assert!(all.is_continue());
        to = from;
    }
}

/// Counts the sets of one graph.
struct Sets<'a, const BITS: u32> {
    labels: &'a [u32],
    /// Bits of all fields of labels, `BITS` each.
    fields: u32,
    graph: u32,
    counters: &'a mut [Counter],
}

impl<const BITS: u32> Visit for Sets<'_, BITS> {
    #[inline(always)]
    fn visit(&mut self, found: &Found) -> ControlFlow<()> {
        let at = found.slot() << self.fields | found.in_time::<BITS>(self.labels);
        self.counters[at].add(self.graph, found.root(), found.last());
        ControlFlow::Continue(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_graph_that_is_cut_counts_once_in_the_support() {
        let met = |sets: &[(u32, u32, u32)]| {
            let mut counter = Counter::default();
            sets.iter().for_each(|&(graph, root, last)| counter.add(graph, root, last));
            counter
        };
        // the roots fall; graph 1 is cut between 30 and 20
        let mut later = met(&[(2, 50, 52), (1, 30, 33)]);
        later.append(&met(&[(1, 20, 22), (0, 5, 9), (0, 1, 3)]));
        assert_eq!((later.count, later.support, later.apart.count()), (5, 3, 5));
        later.append(&Counter::default());
        let mut none = Counter::default();
        none.append(&later);
        assert_eq!((none.count, none.support, none.apart.count()), (5, 3, 5));
    }
}
