//! The condensation of a directed graph: what can be said of reachability if there are cycles.

use super::reach_counts::{ReachDirection, reach_sizes};
use super::strong_components::StrongComponents;
use crate::dag::graph::{Dag, Digraph};

/// The DAG of the strongly connected components of a directed graph: nodes that lead to each other are one node.
/// Reachability in the graph is that of this DAG.
///
/// ```
/// use ironforge::dag::{DagView, Digraph};
///
/// // A ring of 0 and 1, which leads to 2.
/// let condensed = Digraph::from_edges(3, [(0, 1), (1, 0), (1, 2)])?.condensation();
/// assert_eq!((condensed.component(), condensed.sizes()), (&[0, 0, 1][..], &[2, 1][..]));
/// assert_eq!(condensed.dag().edges(), 1);
/// // A node is not its own descendant, not even on a cycle.
/// assert_eq!(condensed.descendant_counts(&[0, 1, 2]), [2, 2, 0]);
/// assert_eq!(condensed.ancestor_counts(&[0, 1, 2]), [1, 1, 2]);
/// # Ok::<(), ironforge::dag::DagError>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Condensation {
    component: Vec<u32>,
    sizes: Vec<u32>,
    dag: Dag,
    nodes_on_cycles: u32,
}

impl Digraph {
    /// The condensation of this graph, as networkx's `condensation`. O(nodes + edges), and the sorting of each row.
    pub fn condensation(&self) -> Condensation {
        let StrongComponents { component, count } = StrongComponents::of(self);
        let mut sizes = vec![0_u32; count as usize];
        component.iter().for_each(|&of_node| sizes[of_node as usize] += 1);
        let mut row_ptr = Vec::with_capacity(count as usize + 1);
        row_ptr.push(0);
        let mut col_idx: Vec<u32> = Vec::new();
        let mut row: Vec<u32> = Vec::new();
        let mut nodes_on_cycles = 0;
        let nodes = by_component(&component, &sizes);
        let mut rest = &nodes[..];
        for (&size, own) in sizes.iter().zip(0..) {
            let (members, behind) = rest.split_at(size as usize);
            rest = behind;
            row.clear();
            for &u in members {
                row.extend(self.row(u).iter().map(|&v| component[v as usize]).filter(|&v| v != own));
            }
            row.sort_unstable();
            row.dedup();
            col_idx.extend_from_slice(&row);
            row_ptr.push(col_idx.len() as u32);
            if size > 1 || members.iter().any(|&u| self.row(u).binary_search(&u).is_ok()) {
                nodes_on_cycles += size;
            }
        }
        let dag = Dag::from_forward_rows(row_ptr, col_idx, None);
        Condensation { component, sizes, dag, nodes_on_cycles }
    }
}

/// The nodes, sorted by component and then by number.
fn by_component(component: &[u32], sizes: &[u32]) -> Vec<u32> {
    let mut next: Vec<u32> = Vec::with_capacity(sizes.len());
    let mut start = 0;
    for &size in sizes {
        next.push(start);
        start += size;
    }
    let mut nodes = vec![0; component.len()];
    for (&of_node, u) in component.iter().zip(0..) {
        let slot = &mut next[of_node as usize];
        nodes[*slot as usize] = u;
        *slot += 1;
    }
    nodes
}

impl Condensation {
    /// Component of each node of the graph, `[nodes]`.
    pub fn component(&self) -> &[u32] {
        &self.component
    }

    /// Number of nodes of each component, `[components]`.
    pub fn sizes(&self) -> &[u32] {
        &self.sizes
    }

    /// The DAG of the components.
    pub fn dag(&self) -> &Dag {
        &self.dag
    }

    /// Number of nodes that are on a cycle; a self loop is one.
    pub fn nodes_on_cycles(&self) -> u32 {
        self.nodes_on_cycles
    }

    /// Number of descendants of each of `nodes`, in the order given: the nodes that it leads to, as networkx's
    /// `descendants`, which never contain the node itself. Cost as
    /// [`DagView::descendant_counts`](crate::dag::DagView::descendant_counts).
    ///
    /// # Panics
    /// At a number that is not a node.
    #[track_caller]
    pub fn descendant_counts(&self, nodes: &[u32]) -> Vec<u32> {
        self.counts(nodes, ReachDirection::Descendants)
    }

    /// Number of ancestors of each of `nodes`, in the order given: the nodes that lead to it, without itself.
    ///
    /// # Panics
    /// At a number that is not a node.
    #[track_caller]
    pub fn ancestor_counts(&self, nodes: &[u32]) -> Vec<u32> {
        self.counts(nodes, ReachDirection::Ancestors)
    }

    #[track_caller]
    fn counts(&self, nodes: &[u32], direction: ReachDirection) -> Vec<u32> {
        let components: Vec<u32> = nodes.iter().map(|&u| self.component[u as usize]).collect();
        let mut counts = reach_sizes(&self.dag, &components, direction, |c| self.sizes[c as usize]);
        for (count, &c) in counts.iter_mut().zip(&components) {
            // The other nodes of its own component lead to it and from it.
            *count += self.sizes[c as usize] - 1;
        }
        counts
    }
}
