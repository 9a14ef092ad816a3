//! The input of the miner: one group of events as a labelled DAG.

use super::EdgeRule;
use crate::csr::CsrPattern;
use crate::motif::MotifError;

/// One group of events as a labelled DAG, borrowed and validated.
#[derive(Debug, Clone, Copy)]
pub struct MotifGraph<'a> {
    successors: CsrPattern<'a>,
    labels: &'a [u32],
    t_ms: &'a [i64],
    rule: Option<&'a dyn EdgeRule>,
}

impl<'a> MotifGraph<'a> {
    /// The graph of these parts, validated. O(events).
    ///
    /// `successors`: row `u` holds the events that `u` leads to, each numbered above `u`. `labels`: the label code of
    /// each event, from one vocabulary for all graphs of a run. `t_ms`: times in milliseconds, not necessarily rising
    /// with the event numbers (clocks are skewed); they determine the blocks or windows of the null, and the span
    /// of a set of events if it is limited.
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

    /// The graph with the rule that gave its edges; required by [`Null::IntervalJitter`](crate::motif::Null), which
    /// relinks events by it.
    pub fn with_edge_rule(self, rule: &'a dyn EdgeRule) -> Self {
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

    pub(crate) fn edge_rule(&self) -> Option<&'a dyn EdgeRule> {
        self.rule
    }

    pub(crate) fn successors(&self) -> CsrPattern<'a> {
        self.successors
    }

    pub(crate) fn has_edges_of(&self, other: &MotifGraph<'_>) -> bool {
        self.successors == other.successors
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_graph_that_is_not_square_complete_and_forward_is_refused() {
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
}
