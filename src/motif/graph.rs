//! A graph as the miner takes it, and all graphs of a run as one.

use std::ops::Range;

use super::band::Bands;
use super::error::MotifError;
use super::null::Relink;
use super::span::Span;
use crate::csr::CsrPattern;

/// One group of events as a labelled DAG, borrowed and known to be valid.
#[derive(Debug, Clone, Copy)]
pub struct MotifGraph<'a> {
    successors: CsrPattern<'a>,
    labels: &'a [u32],
    t_ms: &'a [i64],
    rule: Option<&'a dyn Relink>,
}

impl<'a> MotifGraph<'a> {
    /// Checks the parts and borrows them. O(events).
    ///
    /// `successors`: row `u` holds the events that `u` leads to, every one of them numbered above `u`. `labels`: a
    /// code for each event, of one vocabulary for all graphs of a run. `t_ms`: times in milliseconds; they need not
    /// rise with the numbers (clocks are skewed), they only say in which block of the null an event lies.
    ///
    /// # Errors
    /// [`MotifError::NotSquare`], [`MotifError::Len`], [`MotifError::Backward`].
    pub fn new(successors: CsrPattern<'a>, labels: &'a [u32], t_ms: &'a [i64]) -> Result<Self, MotifError> {
        let nodes = successors.rows();
        if successors.cols() != nodes {
            return Err(MotifError::NotSquare { rows: nodes, cols: successors.cols() });
        }
        for (column, got) in [("labels", labels.len()), ("t_ms", t_ms.len())] {
            if got != nodes {
                return Err(MotifError::Len { column, got, nodes });
            }
        }
        let backward = (0..nodes).find_map(|src| {
            // rows rise, so the first column is the lowest
            let dst = *successors.row(src).first()?;
            (dst as usize <= src).then_some(MotifError::Backward { src, dst })
        });
        backward.map_or(Ok(Self { successors, labels, t_ms, rule: None }), Err)
    }

    /// Says which rule the edges come from; [`super::Null::IntervalJitter`] links redrawn events by it.
    pub fn relinked_by(self, rule: &'a dyn Relink) -> Self {
        Self { rule: Some(rule), ..self }
    }

    /// Number of events.
    pub fn nodes(&self) -> usize {
        self.labels.len()
    }

    /// Number of edges.
    pub fn edges(&self) -> usize {
        self.successors.nnz()
    }

    /// Time of each event, in milliseconds.
    pub fn t_ms(&self) -> &'a [i64] {
        self.t_ms
    }

    pub(crate) fn labels(&self) -> &'a [u32] {
        self.labels
    }

    pub(crate) fn rule(&self) -> Option<&'a dyn Relink> {
        self.rule
    }

    pub(crate) fn has_edges_of(&self, other: &MotifGraph<'_>) -> bool {
        self.successors == other.successors
    }
}

/// All graphs of a run as one graph that is not connected: events numbered through, neighbours without direction.
///
/// An edge always leads from the lower number to the higher, so the direction need not be stored.
/// 8 bytes an edge and 12 an event, what the bands take, and 8 an event where the span is limited.
pub(crate) struct Union {
    /// First event of each graph, and the number of events at the end.
    pub(crate) offsets: Vec<u32>,
    row_ptr: Vec<usize>,
    neighbours: Vec<u32>,
    /// The same neighbours as bits, of graphs whose edges are short.
    pub(crate) bands: Bands,
    /// What the sets that count may span; `None`: no limit.
    pub(crate) span: Option<Span>,
    /// Label of each event as a place in `vocabulary`.
    pub(crate) labels: Vec<u32>,
    /// The codes that occur, rising.
    pub(crate) vocabulary: Vec<u32>,
}

impl Union {
    /// All sets count, however long they last.
    #[cfg(test)]
    pub(crate) fn of(graphs: &[MotifGraph<'_>]) -> Result<Self, MotifError> {
        Self::within(graphs, None)
    }

    /// Only sets count that last no longer than `span_ms`, if there is a limit.
    pub(crate) fn within(graphs: &[MotifGraph<'_>], span_ms: Option<u64>) -> Result<Self, MotifError> {
        let events: u64 = graphs.iter().map(|g| g.nodes() as u64).sum();
        // the highest number stands for "no event"
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
        let mut vocabulary: Vec<u32> = graphs.iter().flat_map(|g| g.labels).copied().collect();
        vocabulary.sort_unstable();
        vocabulary.dedup();
        let place = |code: &u32| vocabulary.partition_point(|known| known < code) as u32;
        let labels = graphs.iter().flat_map(|g| g.labels).map(place).collect();
        let span = span_ms.map(|limit_ms| Span::of(graphs, limit_ms));
        Ok(Self { offsets, row_ptr, neighbours, bands, span, labels, vocabulary })
    }

    pub(crate) fn nodes(&self) -> u32 {
        self.labels.len() as u32
    }

    /// Number of the graph that `node` belongs to.
    pub(crate) fn graph_of(&self, node: u32) -> usize {
        self.offsets.partition_point(|&first| first <= node) - 1
    }

    /// The events in pieces of at least `least`, where no edge leads from one to another: whatever is connected lies in
    /// one piece.
    pub(crate) fn pieces(&self, least: u32) -> Vec<Range<u32>> {
        let (mut pieces, mut start, mut farthest) = (Vec::new(), 0, 0);
        for node in 0..self.nodes() {
            farthest = self.neighbours(node).last().map_or(farthest, |&other| other.max(farthest));
            let (end, closed) = (node + 1, farthest <= node);
            if (closed && end - start >= least) || end == self.nodes() {
                pieces.push(start..end);
                start = end;
            }
        }
        pieces
    }

    /// The limit of the span, in a graph where a set may last too long although each of its events is near the lowest.
    pub(crate) fn skew(&self, graph: usize) -> Option<&Span> {
        self.span.as_ref().filter(|span| span.is_skewed(graph))
    }

    /// Events linked with `node`, rising.
    #[inline]
    pub(crate) fn neighbours(&self, node: u32) -> &[u32] {
        &self.neighbours[self.row_ptr[node as usize]..self.row_ptr[node as usize + 1]]
    }

    /// The neighbours numbered above `root`, rising.
    #[inline]
    pub(crate) fn neighbours_above(&self, node: u32, root: u32) -> &[u32] {
        let row = self.neighbours(node);
        &row[row.partition_point(|&other| other <= root)..]
    }
}

/// Rows of predecessors, then successors: both rise, and the former lie below the latter.
fn neighbours(graphs: &[MotifGraph<'_>], offsets: &[u32]) -> (Vec<usize>, Vec<u32>) {
    let nodes = offsets[offsets.len() - 1] as usize;
    let mut row_ptr = vec![0_usize; nodes + 1];
    for (graph, &first) in graphs.iter().zip(offsets) {
        for u in 0..graph.nodes() {
            let row = graph.successors.row(u);
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
            let (row, node) = (graph.successors.row(u), first as usize + u);
            let end = row_ptr[node + 1];
            for (to, &v) in neighbours[end - row.len()..end].iter_mut().zip(row) {
                *to = first + v;
            }
            // sources rise, so each row of predecessors does
            for &v in row {
                let at = &mut next[(first + v) as usize];
                neighbours[*at] = node as u32;
                *at += 1;
            }
        }
    }
    (row_ptr, neighbours)
}

fn bands(graphs: &[MotifGraph<'_>], offsets: &[u32]) -> Bands {
    let farthest = |graph: &MotifGraph<'_>| {
        // rows rise, so the last column is the farthest
        let reach = |u: usize| graph.successors.row(u).last().map_or(0, |&v| v - u as u32);
        (0..graph.nodes()).map(reach).max().unwrap_or(0)
    };
    let mut bands = Bands::new(graphs.iter().map(farthest).collect(), offsets[offsets.len() - 1] as usize);
    for (at, (graph, &first)) in graphs.iter().zip(offsets).enumerate() {
        bands.fill(at, first, graph.successors);
    }
    bands
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_no_forward_graph_is_refused() {
        let pattern = |row_ptr, col_idx, cols| CsrPattern::new(row_ptr, col_idx, cols).unwrap();
        let square = pattern(&[0, 1, 1], &[1], 2);
        let refuse = |p, labels, t| MotifGraph::new(p, labels, t).unwrap_err();
        assert_eq!(
            refuse(pattern(&[0, 1, 1], &[2], 3), &[0; 2], &[0; 2]),
            MotifError::NotSquare { rows: 2, cols: 3 }
        );
        assert_eq!(refuse(square, &[0; 3], &[0; 2]), MotifError::Len { column: "labels", got: 3, nodes: 2 });
        assert_eq!(refuse(square, &[0; 2], &[0]), MotifError::Len { column: "t_ms", got: 1, nodes: 2 });
        assert_eq!(
            refuse(pattern(&[0, 0, 1], &[1], 2), &[0; 2], &[0; 2]),
            MotifError::Backward { src: 1, dst: 1 }
        );
    }

    #[test]
    fn a_union_numbers_through_and_sorts_each_row() {
        let pattern = CsrPattern::new(&[0, 2, 3, 3], &[1, 2, 2], 3).unwrap();
        let graph = MotifGraph::new(pattern, &[9, 4, 9], &[0; 3]).unwrap();
        let union = Union::of(&[graph, graph]).unwrap();
        assert_eq!(union.neighbours(4), [3, 5]);
        assert_eq!(union.neighbours_above(5, 3), [4]);
        assert_eq!((union.labels, union.vocabulary), (vec![1, 0, 1, 1, 0, 1], vec![4, 9]));
    }
}
