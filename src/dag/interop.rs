//! To and from the graphs of petgraph and the matrices of sprs.

use petgraph::graph::{DiGraph, NodeIndex};
use sprs::{CsMatI, CsMatViewI};

use super::{Dag, DagError, DagView, Digraph};

impl Dag {
    /// A petgraph graph; node indices are the topological numbers, the weight of a node is the caller's id.
    /// O(nodes + edges).
    pub fn to_petgraph(&self) -> DiGraph<u32, (), u32> {
        let mut graph = DiGraph::with_capacity(self.nodes(), self.col_idx.len());
        for u in 0..self.nodes() as u32 {
            graph.add_node(self.id(u));
        }
        for (u, v) in self.edge_iter() {
            graph.add_edge(NodeIndex::new(u as usize), NodeIndex::new(v as usize), ());
        }
        graph
    }

    /// The adjacency matrix as a view of this graph and of one value an edge, in topological numbers: nothing is
    /// copied.
    ///
    /// # Panics
    /// If `values` does not hold one value an edge.
    #[track_caller]
    pub fn as_sprs<'a, N>(&'a self, values: &'a [N]) -> CsMatViewI<'a, N, u32, u32> {
        CsMatViewI::new((self.nodes(), self.nodes()), &self.row_ptr, &self.col_idx, values)
    }

    /// The DAG of a petgraph graph, its node indices as ids; parallel edges count once.
    ///
    /// # Errors
    /// [`DagError::Cycle`] if it is not acyclic.
    pub fn from_petgraph<N, E>(graph: &DiGraph<N, E, u32>) -> Result<Self, DagError> {
        let ends = graph.raw_edges().iter().map(|e| (e.source().index() as u32, e.target().index() as u32));
        Digraph::from_edges(graph.node_count(), ends)?.into_dag()
    }

    /// The DAG of a square matrix: entry (i, j) is the edge i -> j, whatever its value. Where the matrix is stored by
    /// rows and its edges go forward its indices are taken over, not copied.
    ///
    /// # Errors
    /// [`DagError::Cycle`] if it is not acyclic.
    ///
    /// # Panics
    /// If the matrix is not square.
    #[track_caller]
    pub fn from_sprs<N>(matrix: CsMatI<N, u32, u32>) -> Result<Self, DagError> {
        assert_eq!(matrix.rows(), matrix.cols(), "an adjacency matrix is square");
        if matrix.is_csr() {
            let (row_ptr, col_idx, _) = matrix.into_raw_storage();
            return Self::from_parts(row_ptr, col_idx);
        }
        let edges: Vec<_> = matrix.iter().map(|(_, (i, j))| (i, j)).collect();
        Self::from_edges(matrix.rows(), &edges)
    }
}
