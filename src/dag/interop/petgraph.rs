//! Conversion to and from petgraph's graphs.

use petgraph::graph::{DiGraph, NodeIndex};

use crate::dag::{Dag, DagError, DagView, Digraph};

impl Dag {
    /// The same graph in petgraph; node indices are the topological numbers, the weight of a node is the caller's id.
    /// O(nodes + edges).
    ///
    /// ```
    /// use ironforge::dag::Dag;
    ///
    /// let graph = Dag::from_edges(3, &[(2, 0), (0, 1)])?.to_petgraph();
    /// assert_eq!(graph.node_weights().copied().collect::<Vec<_>>(), [2, 0, 1]);
    /// assert_eq!(Dag::from_petgraph(&graph)?.pattern().row(0), [1]);
    /// # Ok::<(), ironforge::dag::DagError>(())
    /// ```
    pub fn to_petgraph(&self) -> DiGraph<u32, (), u32> {
        let mut graph = DiGraph::with_capacity(self.nodes(), self.edges() as usize);
        for u in 0..self.nodes() as u32 {
            graph.add_node(self.id(u));
        }
        for (u, v) in self.edge_iter() {
            graph.add_edge(NodeIndex::new(u as usize), NodeIndex::new(v as usize), ());
        }
        graph
    }

    /// The DAG of a petgraph graph, its node indices as ids; parallel edges count once.
    ///
    /// # Errors
    /// [`DagError::Cycle`] if it is not acyclic.
    pub fn from_petgraph<N, E>(graph: &DiGraph<N, E, u32>) -> Result<Self, DagError> {
        let ends = graph.raw_edges().iter().map(|e| (e.source().index() as u32, e.target().index() as u32));
        Digraph::from_edges(graph.node_count(), ends)?.into_dag()
    }
}
