//! The null `Pairs`: what the transitions from one label to the next explain.

use std::ops::Range;

use super::NullRng;
use crate::motif::graph::{LabelIdx, MotifGraph, Union};
use crate::philox::Stream;

/// The hypothesis that an event's label depends on the label before it alone.
///
/// In each connected component of a graph the events are a sequence in the order of their numbers: a whole session
/// where events are linked by time, one entity where they are linked by entity. The sequence is cut where
/// `floor((t - t_first) / width)` changes, `t_first` being the least time of the graph; two neighbouring segments
/// share the event after the cut. A replicate is, in each segment, a sequence of labels drawn uniformly from those
/// with the same first label, the same last label, and the same number of each transition. Times and edges stay. So
/// the number of transitions of each kind is that of the data, in the long run and within each segment.
///
/// A sequence with given transitions is an Eulerian path of the multigraph whose nodes are the labels of the segment
/// and whose edges are its transitions. A path is drawn in two steps: the last exit from each label but the last one,
/// as a random spanning tree into the last label; then the order of the other exits.
///
/// Sources: Altschul and Erickson, "Significance of nucleotide sequence alignments" (Mol Biol Evol 2:526, 1985);
/// Wilson, "Generating random spanning trees more quickly than the cover time" (STOC 1996); Kandel, Matias, Unger
/// and Winkler, "Shuffling biological sequences" (Discrete Appl Math 71:171, 1996).
pub(crate) struct TransitionShuffle {
    segments: Vec<Segment>,
    /// Offset in `segments` of each graph, and the end.
    graphs: Vec<u32>,
    /// The events of the segments.
    events: Vec<u32>,
    /// The labels that follow each label of a segment, by the segment's number for them: those of the label 0, of the
    /// label 1, and so on; for each first the other labels, then itself.
    exits: Vec<u32>,
    /// For each label of a segment, where its exits begin, where it follows itself, and where its exits end.
    bounds: Vec<[u32; 3]>,
    /// The labels of each segment, rising.
    labels: Vec<LabelIdx>,
}

/// A sequence of events between two cuts.
struct Segment {
    events: Range<u32>,
    /// Its labels, and their bounds.
    labels: Range<u32>,
    /// The segment's numbers of its first and its last label.
    first: u32,
    last: u32,
}

/// Fewest events of a segment with more than one sequence.
const MIN_EVENTS: usize = 4;

impl TransitionShuffle {
    /// The null over segments of `width_ms`.
    pub(crate) fn new(graphs: &[MotifGraph<'_>], union: &Union, width_ms: u64) -> Self {
        let mut this = Self {
            segments: Vec::new(),
            graphs: vec![0],
            events: Vec::new(),
            exits: Vec::new(),
            bounds: Vec::new(),
            labels: Vec::new(),
        };
        for (graph, &first) in graphs.iter().zip(&union.offsets) {
            let t_first = graph.t_ms().iter().copied().min().unwrap_or(0);
            // t_first is the smallest: the difference is not negative and fits u64, so wrapping is exact
            let cell =
                |event: u32| graph.t_ms()[(event - first) as usize].wrapping_sub(t_first) as u64 / width_ms;
            for sequence in sequences(graph, first) {
                let mut start = 0;
                for at in 1..=sequence.len() {
                    if at == sequence.len() {
                        this.push(&sequence[start..], union);
                    } else if cell(sequence[at]) != cell(sequence[at - 1]) {
                        this.push(&sequence[start..=at], union);
                        start = at;
                    }
                }
            }
            this.graphs.push(this.segments.len() as u32);
        }
        this
    }

    /// Adds a segment, unless its labels determine the sequence.
    fn push(&mut self, events: &[u32], union: &Union) {
        let sequence: Vec<LabelIdx> = events.iter().map(|&event| union.labels[event as usize]).collect();
        let mut labels = sequence.clone();
        labels.sort_unstable();
        labels.dedup();
        if events.len() < MIN_EVENTS || labels.len() < 2 {
            return;
        }
        let number = |label: LabelIdx| labels.partition_point(|&other| other < label) as u32;
        let numbers: Vec<u32> = sequence.iter().map(|&label| number(label)).collect();
        let first_label = self.labels.len() as u32;
        for label in 0..labels.len() as u32 {
            let start = self.exits.len() as u32;
            let exits = || numbers.windows(2).filter(|pair| pair[0] == label).map(|pair| pair[1]);
            self.exits.extend(exits().filter(|&to| to != label));
            let itself = self.exits.len() as u32;
            self.exits.extend(exits().filter(|&to| to == label));
            self.bounds.push([start, itself, self.exits.len() as u32]);
        }
        let first_event = self.events.len() as u32;
        self.events.extend_from_slice(events);
        self.labels.extend_from_slice(&labels);
        self.segments.push(Segment {
            events: first_event..self.events.len() as u32,
            labels: first_label..self.labels.len() as u32,
            first: numbers[0],
            last: numbers[numbers.len() - 1],
        });
    }

    /// Number of events whose label may change.
    pub(crate) fn movable(&self) -> u64 {
        self.segments.iter().map(|segment| segment.events.len() as u64 - 2).sum()
    }

    /// Writes the labels of replicate `iteration` to `labels`: a function of the arguments and the data, not of
    /// earlier replicates. O(events) but for the walks of the spanning trees, which take longer where some labels are
    /// left rarely.
    pub(crate) fn draw(
        &self,
        rng: NullRng,
        iteration: u32,
        observed: &[LabelIdx],
        labels: &mut Vec<LabelIdx>,
    ) {
        labels.clear();
        labels.extend_from_slice(observed);
        let mut exits = self.exits.clone();
        let mut next: Vec<u32> = Vec::new();
        for (graph, ends) in self.graphs.windows(2).enumerate() {
            let mut stream = rng.stream(iteration, graph as u32);
            for segment in &self.segments[ends[0] as usize..ends[1] as usize] {
                let bounds = &self.bounds[segment.labels.start as usize..segment.labels.end as usize];
                let last_exits = last_exits(&self.exits, bounds, segment.last, &mut stream);
                for (label, (&[start, _, end], last)) in bounds.iter().zip(last_exits).enumerate() {
                    let of_label = &mut exits[start as usize..end as usize];
                    let mut free = of_label.len();
                    if label as u32 != segment.last && free > 0 {
                        of_label.swap((last - start) as usize, free - 1);
                        free -= 1;
                    }
                    for at in (1..free).rev() {
                        of_label.swap(at, stream.below(at as u32 + 1) as usize);
                    }
                }
                next.clear();
                next.extend(bounds.iter().map(|&[start, ..]| start));
                let names = &self.labels[segment.labels.start as usize..segment.labels.end as usize];
                let mut label = segment.first as usize;
                let events = &self.events[segment.events.start as usize..segment.events.end as usize];
                for &event in &events[1..] {
                    let exit = &mut next[label];
                    label = exits[*exit as usize] as usize;
                    *exit += 1;
                    labels[event as usize] = names[label];
                }
            }
        }
    }
}

/// For each label of a segment but `root`, the index in `exits` of its last exit: together a spanning tree into
/// `root`, each as likely as its number of exits makes it. Wilson's algorithm: a random walk from each label to the
/// tree, its loops erased.
fn last_exits(exits: &[u32], bounds: &[[u32; 3]], root: u32, stream: &mut Stream) -> Vec<u32> {
    let mut chosen = vec![0; bounds.len()];
    let mut in_tree = vec![false; bounds.len()];
    in_tree[root as usize] = true;
    for from in 0..bounds.len() {
        let mut label = from;
        while !in_tree[label] {
            // a step to itself is a loop, which is erased: it need not be drawn
            let [start, itself, _] = bounds[label];
            let ways = itself - start;
            chosen[label] = start + if ways > 1 { stream.below(ways) } else { 0 };
            label = exits[chosen[label] as usize] as usize;
        }
        label = from;
        while !in_tree[label] {
            in_tree[label] = true;
            label = exits[chosen[label] as usize] as usize;
        }
    }
    chosen
}

/// The events of each connected component of a graph, rising, the component of the lowest event first; `first` is
/// the number of the graph's first event in the union.
fn sequences(graph: &MotifGraph<'_>, first: u32) -> Vec<Vec<u32>> {
    let n = graph.nodes();
    let mut parent: Vec<u32> = (0..n as u32).collect();
    fn root(parent: &mut [u32], mut node: u32) -> u32 {
        while parent[node as usize] != node {
            let above = parent[parent[node as usize] as usize];
            parent[node as usize] = above;
            node = above;
        }
        node
    }
    for u in 0..n {
        for &v in graph.successors().row(u) {
            let (a, b) = (root(&mut parent, u as u32), root(&mut parent, v));
            // the lower root stays, so that a root is the lowest event of its component
            parent[a.max(b) as usize] = a.min(b);
        }
    }
    let mut number = vec![u32::MAX; n];
    let mut sequences: Vec<Vec<u32>> = Vec::new();
    for node in 0..n as u32 {
        let root = root(&mut parent, node) as usize;
        if number[root] == u32::MAX {
            number[root] = sequences.len() as u32;
            sequences.push(Vec::new());
        }
        sequences[number[root] as usize].push(first + node);
    }
    sequences
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;
    use crate::csr::CsrPattern;

    /// A graph in which each event leads to the next.
    fn chain(n: usize) -> (Vec<u32>, Vec<u32>) {
        ((0..=n as u32).map(|u| u.min(n as u32 - 1)).collect(), (1..n as u32).collect())
    }

    fn transitions(labels: &[u32]) -> Vec<(u32, u32)> {
        let mut pairs: Vec<(u32, u32)> = labels.windows(2).map(|pair| (pair[0], pair[1])).collect();
        pairs.sort_unstable();
        pairs
    }

    fn draws(labels: &[u32], t_ms: &[i64], width_ms: u64, n: u32) -> (u64, Vec<Vec<u32>>) {
        let (row_ptr, col_idx) = chain(labels.len());
        let pattern = CsrPattern::new(&row_ptr, &col_idx, labels.len()).unwrap();
        let graph = MotifGraph::new(pattern, labels, t_ms).unwrap();
        let union = Union::new(&[graph]).unwrap();
        let null = TransitionShuffle::new(&[graph], &union, width_ms);
        let draw = |iteration| {
            let mut drawn = Vec::new();
            null.draw(NullRng::test(3), iteration, &union.labels, &mut drawn);
            drawn.into_iter().map(|label: LabelIdx| union.vocabulary[label.index()]).collect()
        };
        (null.movable(), (0..n).map(draw).collect())
    }

    #[test]
    fn every_sequence_with_the_same_transitions_and_ends_is_equally_likely() {
        let labels = [0, 1, 0, 2, 0, 0, 1, 2, 1, 0];
        let t_ms = [0; 10];
        // every sequence of the same labels with the same transitions and ends
        let mut all = std::collections::BTreeSet::new();
        for code in 0..3_u32.pow(10) {
            let other: Vec<u32> = (0..10).map(|i| code / 3_u32.pow(i) % 3).collect();
            if transitions(&other) == transitions(&labels) && (other[0], other[9]) == (0, 0) {
                all.insert(other);
            }
        }
        assert!(all.len() > 10, "{}", all.len());
        let per = 400;
        let (movable, drawn) = draws(&labels, &t_ms, 1000, per * all.len() as u32);
        assert_eq!(movable, 8);
        let mut often: BTreeMap<Vec<u32>, u32> = BTreeMap::new();
        drawn.into_iter().for_each(|labels| *often.entry(labels).or_default() += 1);
        assert!(often.keys().all(|labels| all.contains(labels)));
        // standard deviation 20
        assert_eq!(often.len(), all.len());
        assert!(often.values().all(|n| n.abs_diff(per) < 100), "{often:?}");
    }

    #[test]
    fn segments_keep_the_event_after_the_cut_and_components_are_shuffled_apart() {
        let labels: Vec<u32> = (0..40).map(|i| i * i % 7 % 3).collect();
        let t_ms: Vec<i64> = (0..40).map(|i| i * 10 - 5000).collect();
        for drawn in draws(&labels, &t_ms, 100, 30).1 {
            for cut in (0..40).step_by(10) {
                assert_eq!(drawn[cut], labels[cut]);
                let end = (cut + 11).min(40);
                assert_eq!(transitions(&drawn[cut..end]), transitions(&labels[cut..end]));
            }
        }
        // events 0, 2, 4, ... and 1, 3, 5, ... are two entities
        let n = 12;
        let row_ptr: Vec<u32> = (0..=n).map(|u: u32| u.min(n - 2)).collect();
        let col_idx: Vec<u32> = (2..n).collect();
        let labels: Vec<u32> = (0..n).map(|i| if i % 2 == 0 { i / 2 % 3 } else { 5 + i % 3 }).collect();
        let t_ms = vec![0; n as usize];
        let pattern = CsrPattern::new(&row_ptr, &col_idx, n as usize).unwrap();
        let graph = MotifGraph::new(pattern, &labels, &t_ms).unwrap();
        let union = Union::new(&[graph, graph]).unwrap();
        let null = TransitionShuffle::new(&[graph, graph], &union, 1000);
        let of_entity = |labels: &[u32], entity: usize| -> Vec<u32> {
            labels[entity..].iter().step_by(2).copied().collect()
        };
        let mut drawn = Vec::new();
        for iteration in 0..30 {
            null.draw(NullRng::test(1), iteration, &union.labels, &mut drawn);
            let drawn: Vec<u32> = drawn.iter().map(|label| union.vocabulary[label.index()]).collect();
            for graph in drawn.chunks(n as usize) {
                for entity in 0..2 {
                    let (got, want) = (of_entity(graph, entity), of_entity(&labels, entity));
                    assert_eq!(transitions(&got), transitions(&want));
                }
            }
        }
    }

    #[test]
    fn a_sequence_that_its_transitions_determine_has_nothing_to_shuffle() {
        assert_eq!(draws(&[4; 9], &[0; 9], 1000, 1).0, 0);
        assert_eq!(draws(&[1, 2, 1], &[0; 3], 1000, 1), (0, vec![vec![1, 2, 1]]));
        assert_eq!(draws(&[1, 2, 3, 4], &[0; 4], 1000, 9).1, vec![vec![1, 2, 3, 4]; 9]);
    }
}
