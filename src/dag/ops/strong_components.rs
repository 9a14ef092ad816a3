//! Strongly connected components, by Tarjan's algorithm without recursion.

use crate::dag::graph::Digraph;

/// A node that has not been visited, or that has no component yet.
const NONE: u32 = u32::MAX;

/// The strongly connected components of a graph.
pub(super) struct StrongComponents {
    /// Component of each node, `[nodes]`. Components are numbered topologically: an edge between two of them goes from
    /// the lower to the higher number.
    pub(super) component: Vec<u32>,
    /// Number of components.
    pub(super) count: u32,
}

/// A node on the path of the depth-first search.
struct Visit {
    node: u32,
    /// Successors of `node` that have been followed.
    followed: usize,
    /// The earliest visit that the nodes below `node` lead back to.
    low: u32,
}

impl StrongComponents {
    /// O(nodes + edges) time, 28 bytes per node at most.
    /// Source: Tarjan 1972, Depth-first search and linear graph algorithms.
    pub(super) fn of(graph: &Digraph) -> Self {
        let nodes = graph.nodes();
        let mut visited_at = vec![NONE; nodes];
        let mut component = vec![NONE; nodes];
        let (mut visits, mut count) = (0, 0);
        // Nodes whose component is not complete, in order of visits.
        let mut open: Vec<u32> = Vec::new();
        let mut path: Vec<Visit> = Vec::new();
        for root in 0..nodes as u32 {
            let mut next = (visited_at[root as usize] == NONE).then_some(root);
            loop {
                if let Some(node) = next.take() {
                    visited_at[node as usize] = visits;
                    open.push(node);
                    path.push(Visit { node, followed: 0, low: visits });
                    visits += 1;
                }
                let Some(at) = path.last_mut() else { break };
                if let Some(&v) = graph.row(at.node).get(at.followed) {
                    at.followed += 1;
                    if visited_at[v as usize] == NONE {
                        next = Some(v);
                    } else if component[v as usize] == NONE {
                        at.low = at.low.min(visited_at[v as usize]);
                    }
                    continue;
                }
                let (node, low) = (at.node, at.low);
                path.pop();
                if low == visited_at[node as usize] {
                    let first = open.iter().rposition(|&u| u == node).unwrap_or(0);
                    open.drain(first..).for_each(|u| component[u as usize] = count);
                    count += 1;
                }
                if let Some(above) = path.last_mut() {
                    above.low = above.low.min(low);
                }
            }
        }
        // A component is complete after all that it leads to: the reverse of a topological order.
        component.iter_mut().for_each(|of_node| *of_node = count - 1 - *of_node);
        Self { component, count }
    }
}
