//! All graphs of a run as one graph.

use std::ops::Range;

use super::bands::Bands;
use super::{MotifGraph, SpanLimit};
use crate::motif::MotifError;

/// Index of a label in [`Union::vocabulary`]; not the caller's label code.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct LabelIdx(pub(crate) u32);

impl LabelIdx {
    #[inline]
    pub(crate) fn index(self) -> usize {
        self.0 as usize
    }
}

/// All graphs of a run as one disconnected graph: events numbered consecutively, neighbours without direction.
///
/// An edge always leads from the lower number to the higher, so the direction need not be stored. 8 bytes per edge,
/// 12 per event, the bands, and 8 per event if the span is limited.
pub(crate) struct Union {
    /// First event of each graph, and the number of events at the end.
    pub(crate) offsets: Vec<u32>,
    row_ptr: Vec<usize>,
    neighbours: Vec<u32>,
    /// The same neighbours as bits, for graphs with short edges.
    pub(crate) bands: Bands,
    /// Limit on the span of a counted set; `None`: no limit.
    pub(crate) span: Option<SpanLimit>,
    /// Label of each event.
    pub(crate) labels: Vec<LabelIdx>,
    /// The label codes that occur, rising.
    pub(crate) vocabulary: Vec<u32>,
}

impl Union {
    /// The union without a limit on the span of a set.
    #[cfg(test)]
    pub(crate) fn new(graphs: &[MotifGraph<'_>]) -> Result<Self, MotifError> {
        Self::with_span_limit(graphs, None)
    }

    /// The union; only sets that span at most `span_ms` are enumerated, all if it is `None`.
    ///
    /// # Errors
    /// [`MotifError::TooManyEvents`].
    pub(crate) fn with_span_limit(
        graphs: &[MotifGraph<'_>],
        span_ms: Option<u64>,
    ) -> Result<Self, MotifError> {
        let events: u64 = graphs.iter().map(|g| g.nodes() as u64).sum();
        // u32::MAX marks unused entries of a set
        if events >= u64::from(u32::MAX) {
            return Err(MotifError::TooManyEvents { events });
        }
        let mut offsets = vec![0_u32];
        let mut end = 0;
        for graph in graphs {
            end += graph.nodes() as u32;
            offsets.push(end);
        }
        let (row_ptr, neighbours) = neighbours(graphs, &offsets);
        let bands = bands(graphs, &offsets);
        let mut vocabulary: Vec<u32> = graphs.iter().flat_map(|g| g.labels()).copied().collect();
        vocabulary.sort_unstable();
        vocabulary.dedup();
        let labels =
            graphs.iter().flat_map(|g| g.labels()).map(|&code| label_index(&vocabulary, code)).collect();
        let span = span_ms.map(|limit_ms| SpanLimit::new(graphs, limit_ms));
        Ok(Self { offsets, row_ptr, neighbours, bands, span, labels, vocabulary })
    }

    /// Number of events.
    pub(crate) fn nodes(&self) -> u32 {
        self.labels.len() as u32
    }

    /// Number of graphs.
    pub(crate) fn graphs(&self) -> usize {
        self.offsets.len() - 1
    }

    /// Index of a label code that occurs.
    pub(crate) fn label_index(&self, code: u32) -> LabelIdx {
        label_index(&self.vocabulary, code)
    }

    /// Index of the graph that `node` belongs to.
    pub(crate) fn graph_of(&self, node: u32) -> usize {
        self.offsets.partition_point(|&first| first <= node) - 1
    }

    /// Consecutive ranges of events, each of at least `min_nodes` but the last, with no edge between two ranges: a
    /// connected set lies in one range.
    pub(crate) fn pieces(&self, min_nodes: u32) -> Vec<Range<u32>> {
        let (mut pieces, mut start, mut farthest) = (Vec::new(), 0, 0);
        for node in 0..self.nodes() {
            farthest = self.neighbours(node).last().map_or(farthest, |&other| other.max(farthest));
            let (end, closed) = (node + 1, farthest <= node);
            if (closed && end - start >= min_nodes) || end == self.nodes() {
                pieces.push(start..end);
                start = end;
            }
        }
        pieces
    }

    /// The limit on the span, if there is one and the times of `graph` do not rise with the event numbers
    /// ([`SpanLimit::is_skewed`]).
    pub(crate) fn skewed_span(&self, graph: usize) -> Option<&SpanLimit> {
        self.span.as_ref().filter(|span| span.is_skewed(graph))
    }

    /// Neighbours of `node`, rising.
    #[inline]
    pub(crate) fn neighbours(&self, node: u32) -> &[u32] {
        &self.neighbours[self.row_ptr[node as usize]..self.row_ptr[node as usize + 1]]
    }

    /// Neighbours of `node` above `root`, rising.
    #[inline]
    pub(crate) fn neighbours_above(&self, node: u32, root: u32) -> &[u32] {
        let row = self.neighbours(node);
        &row[row.partition_point(|&other| other <= root)..]
    }
}

/// The index of a code in a rising vocabulary that holds it.
fn label_index(vocabulary: &[u32], code: u32) -> LabelIdx {
    LabelIdx(vocabulary.partition_point(|&known| known < code) as u32)
}

/// Undirected adjacency in CSR form. A row is the predecessors, then the successors, so it is sorted.
fn neighbours(graphs: &[MotifGraph<'_>], offsets: &[u32]) -> (Vec<usize>, Vec<u32>) {
    let nodes = offsets[offsets.len() - 1] as usize;
    let mut row_ptr = vec![0_usize; nodes + 1];
    for (graph, &first) in graphs.iter().zip(offsets) {
        for u in 0..graph.nodes() {
            let row = graph.successors().row(u);
            row_ptr[first as usize + u + 1] += row.len();
            for &v in row {
                row_ptr[(first + v) as usize + 1] += 1;
            }
        }
    }
    for i in 0..nodes {
        row_ptr[i + 1] += row_ptr[i];
    }
    let mut next = row_ptr.clone();
    let mut neighbours = vec![0; row_ptr[nodes]];
    for (graph, &first) in graphs.iter().zip(offsets) {
        for u in 0..graph.nodes() {
            let (row, node) = (graph.successors().row(u), first as usize + u);
            let end = row_ptr[node + 1];
            for (to, &v) in neighbours[end - row.len()..end].iter_mut().zip(row) {
                *to = first + v;
            }
            // sources are visited in rising order, so each row of predecessors is sorted
            for &v in row {
                let end = &mut next[(first + v) as usize];
                neighbours[*end] = node as u32;
                *end += 1;
            }
        }
    }
    (row_ptr, neighbours)
}

fn bands(graphs: &[MotifGraph<'_>], offsets: &[u32]) -> Bands {
    let farthest = |graph: &MotifGraph<'_>| {
        // rows rise, so the last column is the farthest
        let reach = |u: usize| graph.successors().row(u).last().map_or(0, |&v| v - u as u32);
        (0..graph.nodes()).map(reach).max().unwrap_or(0)
    };
    let mut bands = Bands::new(graphs.iter().map(farthest).collect(), offsets[offsets.len() - 1] as usize);
    for (index, (graph, &first)) in graphs.iter().zip(offsets).enumerate() {
        bands.fill(index, first, graph.successors());
    }
    bands
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::csr::CsrPattern;

    #[test]
    fn a_union_numbers_events_consecutively_and_sorts_each_row() {
        let pattern = CsrPattern::new(&[0, 2, 3, 3], &[1, 2, 2], 3).unwrap();
        let graph = MotifGraph::new(pattern, &[9, 4, 9], &[0; 3]).unwrap();
        let union = Union::new(&[graph, graph]).unwrap();
        assert_eq!(union.neighbours(4), [3, 5]);
        assert_eq!(union.neighbours_above(5, 3), [4]);
        assert_eq!(union.labels, [1, 0, 1, 1, 0, 1].map(LabelIdx));
        assert_eq!(union.vocabulary, [4, 9]);
    }
}
