//! Weakly connected components.

use crate::dag::graph::Digraph;

/// The weakly connected components of a graph: the connected components of the graph without edge directions.
///
/// ```
/// use ironforge::dag::Digraph;
///
/// let components = Digraph::from_edges(4, [(1, 0), (2, 3)])?.weakly_connected_components();
/// assert_eq!((components.label, components.count), (vec![0, 0, 1, 1], 2));
/// # Ok::<(), ironforge::dag::DagError>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Components {
    /// Component of each node, in `0..count`; components are numbered by their smallest nodes.
    pub label: Vec<u32>,
    /// Number of components; an isolated node is a component.
    pub count: u32,
}

impl Components {
    /// The components of a graph on the nodes `0..nodes`, by its rows. Union-find with path halving: O((nodes +
    /// edges) log), in practice linear.
    pub(super) fn of<R: Iterator<Item = u32>>(nodes: usize, row: impl Fn(u32) -> R) -> Self {
        let mut parent: Vec<u32> = (0..nodes as u32).collect();
        for u in 0..nodes as u32 {
            let mut own = root(&mut parent, u);
            for v in row(u) {
                if parent[v as usize] != own {
                    let other = root(&mut parent, v);
                    // The smaller root wins: a root is then the smallest node of its component.
                    parent[own.max(other) as usize] = own.min(other);
                    own = own.min(other);
                }
            }
        }
        // Relabels in place: parents become component numbers.
        let mut label = parent;
        let mut count = 0;
        for u in 0..nodes {
            let up = label[u] as usize;
            if up == u {
                label[u] = count;
                count += 1;
            } else {
                // A parent has a smaller number than its child, so it already holds its label.
                label[u] = label[up];
            }
        }
        Self { label, count }
    }
}

/// Root of `u` in the union-find forest; halves the path to it.
fn root(parent: &mut [u32], mut u: u32) -> u32 {
    while parent[u as usize] != u {
        let up = parent[parent[u as usize] as usize];
        parent[u as usize] = up;
        u = up;
    }
    u
}

impl Digraph {
    /// The weakly connected components; the graph may have cycles. O(nodes + edges) in practice.
    pub fn weakly_connected_components(&self) -> Components {
        Components::of(self.nodes(), |u| self.row(u).iter().copied())
    }
}
