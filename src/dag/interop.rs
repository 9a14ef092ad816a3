//! To and from the graphs of petgraph and the matrices of sprs.

use petgraph::graph::{DiGraph, NodeIndex};
use petgraph::visit::EdgeRef;
use sprs::{CsMatI, CsMatViewI};

use super::{Dag, DagError};

impl Dag {
    /// A petgraph graph with the caller's ids as node indices. O(nodes + edges).
    pub fn to_petgraph(&self) -> DiGraph<(), (), u32> {
        let mut graph = DiGraph::with_capacity(self.nodes(), self.edges());
        for _ in 0..self.nodes() {
            graph.add_node(());
        }
        for (u, v) in self.edge_iter() {
            graph.add_edge(NodeIndex::new(self.id(u) as usize), NodeIndex::new(self.id(v) as usize), ());
        }
        graph
    }

    /// The DAG of a petgraph graph, its node indices as ids; parallel edges count once.
    ///
    /// # Errors
    /// [`DagError::Cycle`] if it is not acyclic.
    pub fn from_petgraph<N, E>(graph: &DiGraph<N, E, u32>) -> Result<Self, DagError> {
        let edges: Vec<_> =
            graph.edge_references().map(|e| (e.source().index() as u32, e.target().index() as u32)).collect();
        Self::from_edges(graph.node_count(), &edges)
    }

    /// The adjacency matrix as a view of this graph and of one value an edge, in topological numbers:
    /// nothing is copied.
    ///
    /// # Panics
    /// If `values` does not hold one value an edge.
    #[track_caller]
    pub fn as_sprs<'a, N>(&'a self, values: &'a [N]) -> CsMatViewI<'a, N, u32, u32> {
        let pattern = self.pattern();
        CsMatViewI::new((self.nodes(), self.nodes()), pattern.row_ptr(), pattern.col_idx(), values)
    }

    /// The DAG of a square matrix: entry (i, j) is the edge i -> j, whatever its value.
    ///
    /// # Errors
    /// [`DagError::Cycle`] if it is not acyclic.
    ///
    /// # Panics
    /// If the matrix is not square.
    #[track_caller]
    pub fn from_sprs<N>(matrix: &CsMatI<N, u32, u32>) -> Result<Self, DagError> {
        assert_eq!(matrix.rows(), matrix.cols(), "an adjacency matrix is square");
        let edges: Vec<_> = matrix.iter().map(|(_, (i, j))| (i, j)).collect();
        Self::from_edges(matrix.rows(), &edges)
    }
}
