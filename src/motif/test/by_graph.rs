//! Counts of patterns in each graph, for the bootstrap and for the confirmation.

use super::SignificanceTest;
use super::track::TrackedGroup;
use crate::motif::MotifError;
use crate::motif::census::{Census, PatternIdx};
use crate::motif::null::NullRng;
use crate::motif::pattern::LabelKey;
use crate::motif::replicate::{
    KnownVisitor, LANES, LabelMask, LabelledOccurrences, ReplicateVisitor, Scratch, Slot, TrackedShape,
};

/// Event-disjoint counts of one pattern by graph, `[graphs]` each.
#[derive(Debug, Clone)]
pub(in crate::motif) struct CountsByGraph {
    /// Counts in the data.
    pub(super) observed: Vec<u64>,
    /// Counts summed over the calibration replicates.
    pub(super) replicated: Vec<u64>,
}

impl SignificanceTest<'_> {
    /// Event-disjoint counts of `patterns` in each graph, in the data and in the calibration replicates.
    ///
    /// # Errors
    /// Those of [`IntervalJitter::draw`](crate::motif::null::IntervalJitter::draw).
    pub(in crate::motif) fn by_graph(
        &self,
        census: &Census,
        patterns: &[PatternIdx],
    ) -> Result<Vec<CountsByGraph>, MotifError> {
        let graphs = self.union.graphs();
        let zeros = CountsByGraph { observed: vec![0; graphs], replicated: vec![0; graphs] };
        let mut counted = vec![zeros; patterns.len()];
        if self.keys_fit_64_bits() {
            self.by_graph_as::<u64>(census, patterns, &mut counted)?;
        } else {
            self.by_graph_as::<u128>(census, patterns, &mut counted)?;
        }
        Ok(counted)
    }

    fn by_graph_as<L: LabelKey>(
        &self,
        census: &Census,
        patterns: &[PatternIdx],
        counted: &mut [CountsByGraph],
    ) -> Result<(), MotifError> {
        let graphs = self.union.graphs();
        let graph_of = graph_of_events(self.union);
        self.track::<L>(census, patterns, &mut |replicates, TrackedGroup { shapes, masks, chosen }| {
            let visitor = GraphCounts { shapes, masks, graph_of: &graph_of, graphs };
            let observed = replicates.visit_observed(shapes, &visitor);
            let rng = NullRng::calibration(self.seed);
            let replicated = replicates.visit(rng, 0..self.calibration, shapes, &visitor)?;
            for ((observed, replicated), chosen) in observed.iter().zip(&replicated).zip(chosen) {
                let rows = chosen.iter().zip(observed.chunks(graphs).zip(replicated.chunks(graphs)));
                for (position, (observed, replicated)) in rows {
                    if let &Some(position) = position {
                        let (observed, replicated) = (observed.to_vec(), replicated.to_vec());
                        counted[position] = CountsByGraph { observed, replicated };
                    }
                }
            }
            Ok(())
        })
    }
}

/// The graph of each event.
pub(super) fn graph_of_events(union: &crate::motif::graph::Union) -> Vec<u32> {
    let graphs = union.offsets.windows(2).enumerate();
    graphs.flat_map(|(graph, ends)| std::iter::repeat_n(graph as u32, (ends[1] - ends[0]) as usize)).collect()
}

/// Sums the event-disjoint counts of the patterns by graph; the result is `[slots, graphs]`.
struct GraphCounts<'a, L> {
    shapes: &'a [TrackedShape<L>],
    masks: &'a [LabelMask],
    /// Graph of each event.
    graph_of: &'a [u32],
    graphs: usize,
}

impl<L: LabelKey> ReplicateVisitor<L> for GraphCounts<'_, L> {
    type Acc = Vec<u64>;

    fn init(&self, shape: usize) -> Vec<u64> {
        vec![0; self.shapes[shape].hash.slots() * self.graphs]
    }

    fn visit(
        &self,
        shape: usize,
        _: u32,
        occurrences: &LabelledOccurrences<'_>,
        scratch: &mut Scratch,
        sums: &mut Vec<u64>,
    ) {
        let hash = &self.shapes[shape].hash;
        scratch.disjoint.clear(LANES * hash.slots(), occurrences.span());
        let mut taken = Taken {
            scratch,
            slots: hash.slots(),
            on_taken: |_, slot: Slot, first: u32| {
                sums[slot.index() * self.graphs + self.graph_of[first as usize] as usize] += 1;
            },
        };
        occurrences.each_known(hash, &self.masks[shape], &mut taken);
    }

    fn merge(&self, sums: &mut Vec<u64>, later: Vec<u64>) {
        sums.iter_mut().zip(later).for_each(|(sum, later)| *sum += later);
    }
}

/// Takes event-disjoint occurrences of known patterns in all lanes, and passes on lane, slot and first event of each.
pub(super) struct Taken<'a, F> {
    pub(super) scratch: &'a mut Scratch,
    /// Slots of a lane.
    pub(super) slots: usize,
    pub(super) on_taken: F,
}

impl<F: FnMut(usize, Slot, u32)> KnownVisitor for Taken<'_, F> {
    fn visit<const K: usize>(&mut self, lane: usize, events: &[u32; K], slot: Slot) {
        if self.scratch.disjoint.add(lane * self.slots + slot.index(), events) {
            (self.on_taken)(lane, slot, events[0]);
        }
    }
}
