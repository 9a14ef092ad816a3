//! The general form: CSR, topologically numbered by construction.

use super::{DagError, IntervalDag, order};
use crate::csr::CsrPattern;

/// A DAG in compressed-sparse-row form whose numbering is topological: every edge goes from a lower to a higher
/// number. 4 bytes an edge and 4 a node; 8 a node more if the caller's ids differ from the numbers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Dag {
    row_ptr: Vec<u32>,
    col_idx: Vec<u32>,
    /// `ids[number]` is the caller's id; `None` where both agree.
    ids: Option<Vec<u32>>,
}

impl Dag {
    /// Builds from edges between the ids `0..nodes`, in any order; an edge given twice counts once.
    /// Where the ids are a topological numbering they are kept; else nodes are renumbered, the smallest id that is
    /// ready always next. O((nodes + edges) log).
    ///
    /// # Errors
    /// [`DagError::Cycle`] with one cycle, [`DagError::Node`] for an id outside, [`DagError::TooLarge`].
    pub fn from_edges(nodes: usize, edges: &[(u32, u32)]) -> Result<Self, DagError> {
        let (row_ptr, col_idx) = rows(nodes, edges)?;
        if edges.iter().all(|(u, v)| u < v) {
            return Ok(Self { row_ptr, col_idx, ids: None });
        }
        let ids = order::lexicographical(&row_ptr, &col_idx)?;
        let mut number = vec![0; nodes];
        for (i, &id) in ids.iter().enumerate() {
            number[id as usize] = i as u32;
        }
        let renumbered: Vec<_> =
            edges.iter().map(|&(u, v)| (number[u as usize], number[v as usize])).collect();
        let (row_ptr, col_idx) = rows(nodes, &renumbered)?;
        Ok(Self { row_ptr, col_idx, ids: Some(ids) })
    }

    /// Takes the parts of a CSR pattern whose edges all go forward.
    ///
    /// # Errors
    /// [`DagError::Cycle`] for an edge that does not go forward and closes a cycle; otherwise the nodes are renumbered.
    /// [`DagError::TooLarge`] above `u32::MAX` nodes.
    ///
    /// # Panics
    /// If the parts are not a square pattern ([`CsrPattern::new`]).
    #[track_caller]
    pub fn from_parts(row_ptr: Vec<u32>, col_idx: Vec<u32>) -> Result<Self, DagError> {
        let nodes = row_ptr.len().saturating_sub(1);
        let pattern = match CsrPattern::new(&row_ptr, &col_idx, nodes) {
            Ok(pattern) => pattern,
            Err(e) => panic!("not a square pattern: {e}"),
        };
        if (0..nodes).all(|u| pattern.row(u).first().is_none_or(|&v| v as usize > u)) {
            return Ok(Self { row_ptr, col_idx, ids: None });
        }
        let edges: Vec<_> =
            (0..nodes).flat_map(|u| pattern.row(u).iter().map(move |&v| (u as u32, v))).collect();
        Self::from_edges(nodes, &edges)
    }

    /// The CSR form of an interval DAG.
    ///
    /// # Errors
    /// [`DagError::TooLarge`] above `u32::MAX` edges.
    pub fn from_intervals(dag: &IntervalDag) -> Result<Self, DagError> {
        let (row_ptr, col_idx) = dag.to_csr()?;
        Ok(Self { row_ptr, col_idx, ids: None })
    }

    /// Number of nodes.
    pub fn nodes(&self) -> usize {
        self.row_ptr.len() - 1
    }

    /// Number of edges.
    pub fn edges(&self) -> usize {
        self.col_idx.len()
    }

    /// The successors of each node, in topological numbers: what other rooms borrow.
    pub fn pattern(&self) -> CsrPattern<'_> {
        CsrPattern::trusted(&self.row_ptr, &self.col_idx, self.nodes())
    }

    /// Successors of a topological number, rising.
    ///
    /// # Panics
    /// If `u` is not a node.
    #[track_caller]
    pub fn successors(&self, u: u32) -> &[u32] {
        let u = u as usize;
        &self.col_idx[self.row_ptr[u] as usize..self.row_ptr[u + 1] as usize]
    }

    /// The caller's id of a topological number.
    ///
    /// # Panics
    /// If `number` is not a node.
    #[track_caller]
    pub fn id(&self, number: u32) -> u32 {
        self.ids.as_ref().map_or(number, |ids| ids[number as usize])
    }

    /// Whether topological numbers and the caller's ids agree.
    pub fn ids_are_numbers(&self) -> bool {
        self.ids.is_none()
    }

    /// All edges (source, target) in topological numbers, by source and then target.
    pub fn edge_iter(&self) -> impl Iterator<Item = (u32, u32)> {
        (0..self.nodes() as u32).flat_map(|u| self.successors(u).iter().map(move |&v| (u, v)))
    }
}

/// Counting sort of edges into rows, columns rising, repeats dropped.
fn rows(nodes: usize, edges: &[(u32, u32)]) -> Result<(Vec<u32>, Vec<u32>), DagError> {
    for (what, count) in [("nodes", nodes), ("edges", edges.len())] {
        if u32::try_from(count).is_err() {
            return Err(DagError::TooLarge { what, count: count as u64 });
        }
    }
    for (edge, &(u, v)) in edges.iter().enumerate() {
        if let Some(node) = [u, v].into_iter().find(|&id| id as usize >= nodes) {
            return Err(DagError::Node { edge, node, nodes });
        }
    }
    let mut sorted = edges.to_vec();
    sorted.sort_unstable();
    sorted.dedup();
    let mut row_ptr = vec![0_u32; nodes + 1];
    for &(u, _) in &sorted {
        row_ptr[u as usize + 1] += 1;
    }
    for u in 0..nodes {
        row_ptr[u + 1] += row_ptr[u];
    }
    Ok((row_ptr, sorted.into_iter().map(|(_, v)| v).collect()))
}
