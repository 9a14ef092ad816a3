//! The nulls that permute labels: inside short blocks of time, or inside a whole graph.

use super::NullRng;
use crate::motif::graph::{LabelIdx, MotifGraph, Union};

/// The hypothesis that labels are exchangeable inside a block of time.
///
/// Graph by graph, event `e` lies in block `floor((t_e - t_first) / width)`, `t_first` being the least time of the
/// graph. A replicate permutes the labels inside each block, every permutation equally likely; times, edges and the
/// number of each label in each block stay. `LabelPermutation` is the same with one block per graph.
pub(crate) struct StratifiedPermutation {
    /// Events of the blocks with more than one label, block after block, graph after graph.
    events: Vec<u32>,
    /// Offset in `events` of each block, and the end.
    blocks: Vec<u32>,
    /// Offset in `blocks` of each graph, and the end.
    graphs: Vec<u32>,
}

impl StratifiedPermutation {
    /// The null `StratifiedPermutation`, over blocks of `width_ms`.
    pub(crate) fn of_blocks(graphs: &[MotifGraph<'_>], union: &Union, width_ms: u64) -> Self {
        Self::stratified(graphs, union, |offset_ms| offset_ms / width_ms)
    }

    /// The null `LabelPermutation`: each graph is one block.
    pub(crate) fn of_graphs(graphs: &[MotifGraph<'_>], union: &Union) -> Self {
        Self::stratified(graphs, union, |_| 0)
    }

    fn stratified(graphs: &[MotifGraph<'_>], union: &Union, block_of: impl Fn(u64) -> u64) -> Self {
        let mut this = Self { events: Vec::new(), blocks: vec![0], graphs: vec![0] };
        let mut order: Vec<(u64, u32)> = Vec::new();
        for (graph, &first) in graphs.iter().zip(&union.offsets) {
            let t_first = graph.t_ms().iter().copied().min().unwrap_or(0);
            order.clear();
            order.extend(graph.t_ms().iter().zip(first..).map(|(&t, event)| {
                // t_first is the smallest: the difference is not negative and fits u64, so wrapping is exact
                (block_of(t.wrapping_sub(t_first) as u64), event)
            }));
            order.sort_unstable();
            for block in order.chunk_by(|a, b| a.0 == b.0) {
                let label = |&(_, event): &(u64, u32)| union.labels[event as usize];
                if block.iter().any(|event| label(event) != label(&block[0])) {
                    this.events.extend(block.iter().map(|&(_, event)| event));
                    this.blocks.push(this.events.len() as u32);
                }
            }
            this.graphs.push(this.blocks.len() as u32 - 1);
        }
        this
    }

    /// Number of events whose label may change.
    pub(crate) fn movable(&self) -> u64 {
        self.events.len() as u64
    }

    /// Writes the labels of replicate `iteration` to `labels`: a function of the arguments and the data, not of
    /// earlier replicates. Fisher-Yates shuffles, O(events).
    pub(crate) fn draw(
        &self,
        rng: NullRng,
        iteration: u32,
        observed: &[LabelIdx],
        labels: &mut Vec<LabelIdx>,
    ) {
        labels.clear();
        labels.extend_from_slice(observed);
        for (graph, ends) in self.graphs.windows(2).enumerate() {
            let mut stream = rng.stream(iteration, graph as u32);
            for block in self.blocks[ends[0] as usize..=ends[1] as usize].windows(2) {
                let events = &self.events[block[0] as usize..block[1] as usize];
                for last in (1..events.len()).rev() {
                    let other = stream.below(last as u32 + 1) as usize;
                    labels.swap(events[last] as usize, events[other] as usize);
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::csr::CsrPattern;

    /// Two graphs without edges; blocks of 10 ms: {0, 1, 2, 5}, {3}, {4} and {6, 7}.
    fn drawn(iteration: u32) -> (u64, Vec<u32>) {
        let row_ptr = [0; 7];
        let graph = |n: usize, labels, t_ms| {
            MotifGraph::new(CsrPattern::new(&row_ptr[..=n], &[], n).unwrap(), labels, t_ms).unwrap()
        };
        let graphs = [
            graph(6, &[0, 1, 2, 3, 4, 5], &[i64::MIN, i64::MIN + 9, i64::MIN + 3, 0, i64::MAX, i64::MIN + 1]),
            graph(2, &[6, 7], &[-5, 4]),
        ];
        let union = Union::new(&graphs).unwrap();
        let null = StratifiedPermutation::of_blocks(&graphs, &union, 10);
        let mut labels = Vec::new();
        null.draw(NullRng::test(1), iteration, &union.labels, &mut labels);
        (null.movable(), labels.into_iter().map(|label| label.0).collect())
    }

    #[test]
    fn labels_stay_in_their_block_and_every_permutation_is_equally_likely() {
        let mut firsts = [0; 8];
        let mut swapped = 0;
        for iteration in 0..4000 {
            let (movable, labels) = drawn(iteration);
            assert_eq!((movable, labels[3], labels[4]), (6, 3, 4));
            let mut block = [labels[0], labels[1], labels[2], labels[5]];
            firsts[labels[0] as usize] += 1;
            swapped += u32::from(labels[6] == 7);
            block.sort_unstable();
            assert_eq!(block, [0, 1, 2, 5]);
        }
        // standard deviations 27 and 32
        assert!([0, 1, 2, 5].iter().all(|&l| 1000_i32.abs_diff(firsts[l]) < 130), "{firsts:?}");
        assert!(swapped.abs_diff(2000) < 150, "{swapped}");
    }

    #[test]
    fn blocks_begin_at_the_smallest_time_at_any_index() {
        let pattern = CsrPattern::new(&[0; 5], &[], 4).unwrap();
        let graph = MotifGraph::new(pattern, &[0, 1, 2, 3], &[5, -5, 4, 14]).unwrap();
        let union = Union::new(&[graph]).unwrap();
        let null = StratifiedPermutation::of_blocks(&[graph], &union, 10);
        assert_eq!(null.movable(), 4);
        let mut labels = Vec::new();
        for iteration in 0..50 {
            null.draw(NullRng::test(1), iteration, &union.labels, &mut labels);
            let [a, b, c, d] = [0, 1, 2, 3].map(|event: usize| labels[event].0);
            assert_eq!((a + d, b + c), (3, 3));
            assert!(a % 3 == 0 && b % 3 != 0, "{labels:?}");
        }
    }

    #[test]
    fn equal_graphs_are_permuted_independently() {
        let row_ptr = [0; 5];
        let pattern = CsrPattern::new(&row_ptr, &[], 4).unwrap();
        let graphs = [MotifGraph::new(pattern, &[0, 1, 2, 3], &[0; 4]).unwrap(); 2];
        let union = Union::new(&graphs).unwrap();
        let null = StratifiedPermutation::of_blocks(&graphs, &union, 10);
        let mut labels = Vec::new();
        let equal = (0..2400).filter(|&iteration| {
            null.draw(NullRng::test(1), iteration, &union.labels, &mut labels);
            labels[..4] == labels[4..]
        });
        // one of 24 permutations: 100, standard deviation 10
        let equal = equal.count();
        assert!(equal.abs_diff(100) < 50, "{equal}");
    }

    #[test]
    fn one_block_per_graph_permutes_the_whole_graph_and_no_other() {
        let row_ptr = [0; 4];
        let pattern = CsrPattern::new(&row_ptr, &[], 3).unwrap();
        let graph = |labels| MotifGraph::new(pattern, labels, &[i64::MIN, 0, i64::MAX]).unwrap();
        let graphs = [graph(&[0, 1, 2]), graph(&[3, 3, 4])];
        let union = Union::new(&graphs).unwrap();
        let null = StratifiedPermutation::of_graphs(&graphs, &union);
        assert_eq!(null.movable(), 6);
        let mut labels = Vec::new();
        let mut lasts = [0; 3];
        for iteration in 0..3000 {
            null.draw(NullRng::test(1), iteration, &union.labels, &mut labels);
            lasts[labels[2].index()] += 1;
            assert_eq!(labels[3..].iter().map(|label| label.0).sum::<u32>(), 10);
        }
        // standard deviation 26
        assert!(lasts.iter().all(|&n: &u32| n.abs_diff(1000) < 130), "{lasts:?}");
    }

    #[test]
    fn a_block_of_one_label_has_nothing_to_permute() {
        let graph = MotifGraph::new(CsrPattern::new(&[0, 0, 0, 0], &[], 3).unwrap(), &[4, 4, 8], &[0, 1, 60])
            .unwrap();
        let union = Union::new(&[graph]).unwrap();
        assert_eq!(StratifiedPermutation::of_blocks(&[graph], &union, 10).movable(), 0);
    }
}
