//! Counts of patterns in each graph, for the bootstrap.

use super::SignificanceTest;
use super::moments::add_all;
use super::track::TrackedGroup;
use crate::motif::MotifError;
use crate::motif::census::{Census, PatternIdx};
use crate::motif::null::NullRng;
use crate::motif::pattern::{KeyMap, LabelKey};
use crate::motif::replicate::{
    LabelMask, LabelledOccurrences, ReplicateVisitor, SketchCounter, TrackedShape,
};

/// Counts of one pattern by graph, `[graphs]` each.
#[derive(Debug, Clone)]
pub(in crate::motif) struct CountsByGraph {
    /// Counts in the data.
    pub(super) observed: Vec<u64>,
    /// Counts summed over the replicates.
    pub(super) replicated: Vec<u64>,
}

impl SignificanceTest<'_> {
    /// Counts of `patterns` in each graph, in the data and in the first `iterations` replicates.
    ///
    /// # Errors
    /// Those of [`IntervalJitter::draw`](crate::motif::null::IntervalJitter::draw).
    pub(in crate::motif) fn by_graph(
        &self,
        census: &Census,
        patterns: &[PatternIdx],
        iterations: u32,
    ) -> Result<Vec<CountsByGraph>, MotifError> {
        let graphs = self.union.graphs();
        let zeros = CountsByGraph { observed: vec![0; graphs], replicated: vec![0; graphs] };
        let mut counted = vec![zeros; patterns.len()];
        if self.keys_fit_64_bits() {
            self.by_graph_as::<u64>(census, patterns, iterations, &mut counted)?;
        } else {
            self.by_graph_as::<u128>(census, patterns, iterations, &mut counted)?;
        }
        Ok(counted)
    }

    fn by_graph_as<L: LabelKey>(
        &self,
        census: &Census,
        patterns: &[PatternIdx],
        iterations: u32,
        counted: &mut [CountsByGraph],
    ) -> Result<(), MotifError> {
        let graphs = self.union.graphs();
        let offsets = self.union.offsets.windows(2).enumerate();
        let graph_of: Vec<u32> = offsets
            .flat_map(|(graph, ends)| std::iter::repeat_n(graph as u32, (ends[1] - ends[0]) as usize))
            .collect();
        let output: KeyMap<PatternIdx, usize> = patterns.iter().enumerate().map(|(i, &p)| (p, i)).collect();
        self.track::<L>(census, patterns, &mut |replicates, TrackedGroup { shapes, masks, patterns }| {
            let visitor = GraphCounts { shapes, masks, graph_of: &graph_of, graphs };
            let observed = replicates.visit_observed(shapes, &visitor);
            let replicated = replicates.visit(NullRng::test(self.seed), 0..iterations, shapes, &visitor)?;
            for ((observed, replicated), patterns) in observed.iter().zip(&replicated).zip(patterns) {
                let rows = patterns.iter().zip(observed.chunks(graphs).zip(replicated.chunks(graphs)));
                for (pattern, (observed, replicated)) in rows {
                    if let Some(&i) = pattern.as_ref().and_then(|pattern| output.get(pattern)) {
                        let (observed, replicated) = (observed.to_vec(), replicated.to_vec());
                        counted[i] = CountsByGraph { observed, replicated };
                    }
                }
            }
            Ok(())
        })
    }
}

/// Sums the counts of the patterns by graph; the result is `[slots, graphs]`.
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
        _: &mut SketchCounter,
        sums: &mut Vec<u64>,
    ) {
        let hash = &self.shapes[shape].hash;
        occurrences.each_known(0..u32::MAX, hash, &self.masks[shape], |_, first, slot| {
            sums[slot.index() * self.graphs + self.graph_of[first as usize] as usize] += 1;
        });
    }

    fn merge(&self, sums: &mut Vec<u64>, later: Vec<u64>) {
        add_all(sums, &later);
    }
}
