//! One counter for every possible pattern: the census for few labels, in one enumeration.

use std::ops::{ControlFlow, Range};

use rayon::prelude::*;

use super::non_overlapping::NonOverlapping;
use crate::motif::enumerate::{ConnectedSet, Enumerator, MAX_NODES, SHAPES, SetVisitor, ShapeIdx};
use crate::motif::graph::{LabelIdx, Union};

/// Largest number of counters per event: clearing and merging them then costs less than enumerating the sets of five.
/// A counter is 32 bytes; a thread has at most 36 MB of them (sets of five with four labels).
const COUNTERS_PER_EVENT: usize = 128;
/// Smallest number of roots enumerated by one piece of parallel work.
const MIN_ROOTS: u32 = 256;

/// Counts of a pattern in the sets of a range of roots (lowest events), added from the last root to the first.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct PatternCounter {
    pub(super) count: u64,
    pub(super) non_overlapping: NonOverlapping,
    /// Number of graphs in which it occurs.
    pub(super) support: u32,
    /// The graphs added first and last; only valid if `count` is not 0.
    first_graph: u32,
    last_graph: u32,
}

impl PatternCounter {
    #[inline]
    fn add(&mut self, graph: u32, root: u32, last: u32) {
        // the first set added of a graph overlaps with no set of the later graphs, so it is chosen: only chosen
        // sets can add to the support
        if self.non_overlapping.add(root, last) {
            self.add_support(graph);
        }
        self.count += 1;
    }

    fn add_support(&mut self, graph: u32) {
        if self.count == 0 {
            self.first_graph = graph;
        }
        self.support += u32::from(self.count == 0 || self.last_graph != graph);
        self.last_graph = graph;
    }

    /// Adds the counts of earlier roots; none of their sets may overlap with a set counted here.
    fn append(&mut self, earlier: &Self) {
        if self.count == 0 {
            *self = *earlier;
        } else if earlier.count > 0 {
            // a graph whose roots are divided between the two is counted in both
            self.support += earlier.support - u32::from(self.last_graph == earlier.first_graph);
            self.last_graph = earlier.last_graph;
            self.count += earlier.count;
            self.non_overlapping.append(earlier.non_overlapping);
        }
    }
}

/// The counters of every pattern of every shape.
pub(super) struct DenseCounts {
    counters: Vec<PatternCounter>,
    fields: LabelFields,
}

/// Layout of a counter's index: the shape in the upper bits, below it a bit field for the label of each event, the
/// earliest event in the lowest bits.
#[derive(Clone, Copy)]
struct LabelFields {
    /// Bits per field: 0, 1 or 2.
    bits: u32,
    /// Bits of all fields together.
    total_bits: u32,
}

impl DenseCounts {
    /// The counts of all sets; `None` if there are too many possible patterns for a counter each.
    pub(super) fn of(union: &Union, sizes: (usize, usize)) -> Option<Self> {
        let bits = usize::BITS - union.vocabulary.len().saturating_sub(1).leading_zeros();
        if bits > 2 {
            return None;
        }
        let fields = LabelFields { bits, total_bits: bits * sizes.1 as u32 };
        let needed = ShapeIdx::up_to(sizes.1) << fields.total_bits;
        let affordable = (union.nodes() as usize).saturating_mul(COUNTERS_PER_EVENT).max(SHAPES);
        (needed <= affordable).then(|| Self { counters: count(union, sizes, fields, needed), fields })
    }

    /// The patterns that occur: shape, label of each event, counts.
    pub(super) fn patterns(
        &self,
    ) -> impl Iterator<Item = (ShapeIdx, [LabelIdx; MAX_NODES], &PatternCounter)> {
        let LabelFields { bits, total_bits } = self.fields;
        let pattern = move |(index, counter): (usize, _)| {
            let labels = index & ((1 << total_bits) - 1);
            let label = |i| LabelIdx((labels >> (i * bits as usize) & ((1 << bits) - 1)) as u32);
            (ShapeIdx(index >> total_bits), std::array::from_fn(label), counter)
        };
        self.counters.iter().enumerate().filter(|(_, counter)| counter.count > 0).map(pattern)
    }
}

fn count(union: &Union, sizes: (usize, usize), fields: LabelFields, needed: usize) -> Vec<PatternCounter> {
    let zeros = || vec![PatternCounter::default(); needed];
    let start = || (Enumerator::new(union, sizes), zeros());
    let pieces = union.pieces(MIN_ROOTS);
    let counted = pieces.into_par_iter().rev().fold(start, |(mut enumerator, mut counters), piece| {
        match fields.bits {
            0 => count_roots::<0>(union, &mut enumerator, piece, fields, &mut counters),
            1 => count_roots::<1>(union, &mut enumerator, piece, fields, &mut counters),
            _ => count_roots::<2>(union, &mut enumerator, piece, fields, &mut counters),
        }
        (enumerator, counters)
    });
    // rayon folds and reduces contiguous ranges in order, so `earlier` directly precedes `counters` in root order
    counted.map(|(_, counters)| counters).reduce(zeros, |mut counters, earlier| {
        counters.iter_mut().zip(&earlier).for_each(|(counter, earlier)| counter.append(earlier));
        counters
    })
}

/// Counts the sets whose lowest event is one of `roots`, the last root first.
fn count_roots<const BITS: u32>(
    union: &Union,
    enumerator: &mut Enumerator<'_>,
    roots: Range<u32>,
    fields: LabelFields,
    counters: &mut [PatternCounter],
) {
    let mut to = roots.end;
    while to > roots.start {
        let graph = union.graph_of(to - 1);
        let from = union.offsets[graph].max(roots.start);
        let mut visitor = GraphCounter::<BITS> {
            labels: &union.labels,
            label_bits: fields.total_bits,
            graph: graph as u32,
            counters,
        };
        let flow = enumerator.walk((from..to).rev(), &mut visitor);
        debug_assert!(flow.is_continue());
        to = from;
    }
}

/// Counts the sets of one graph.
struct GraphCounter<'a, const BITS: u32> {
    labels: &'a [LabelIdx],
    /// Bits of all label fields, `BITS` each.
    label_bits: u32,
    graph: u32,
    counters: &'a mut [PatternCounter],
}

impl<const BITS: u32> SetVisitor for GraphCounter<'_, BITS> {
    #[inline(always)]
    fn visit(&mut self, set: &ConnectedSet) -> ControlFlow<()> {
        let index = set.shape().0 << self.label_bits | set.packed_labels::<BITS>(self.labels);
        self.counters[index].add(self.graph, set.root(), set.last());
        ControlFlow::Continue(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_graph_divided_between_two_ranges_counts_once_in_the_support() {
        let counted = |sets: &[(u32, u32, u32)]| {
            let mut counter = PatternCounter::default();
            sets.iter().for_each(|&(graph, root, last)| counter.add(graph, root, last));
            counter
        };
        // roots are added in falling order; graph 1 is divided between 30 and 20
        let mut later = counted(&[(2, 50, 52), (1, 30, 33)]);
        later.append(&counted(&[(1, 20, 22), (0, 5, 9), (0, 1, 3)]));
        assert_eq!((later.count, later.support, later.non_overlapping.count()), (5, 3, 5));
        later.append(&PatternCounter::default());
        let mut none = PatternCounter::default();
        none.append(&later);
        assert_eq!((none.count, none.support, none.non_overlapping.count()), (5, 3, 5));
    }
}
