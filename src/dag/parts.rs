//! Parts of a graph: components, slices, induced subgraphs; and the graph turned round.

use std::ops::Range;

use super::digraph::Names;
use super::{Dag, DagError, DagView, Digraph, IntervalDag};

/// The weakly connected components of a graph: which nodes hang together when edges are followed both ways.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Components {
    /// Component of each node, `0..count`, numbered by their first nodes.
    pub label: Vec<u32>,
    /// Number of components; a node without an edge is one of its own.
    pub count: u32,
}

impl Components {
    /// Of any graph on the nodes `0..nodes`, by its rows. Union-find with path halving: O((nodes + edges) log), in
    /// practice linear.
    pub(super) fn of<R: Iterator<Item = u32>>(nodes: usize, row: impl Fn(u32) -> R) -> Self {
        let mut parent: Vec<u32> = (0..nodes as u32).collect();
        for u in 0..nodes as u32 {
            let mut own = root(&mut parent, u);
            for v in row(u) {
                if parent[v as usize] != own {
                    let other = root(&mut parent, v);
                    // The lower one becomes the root: a root is then the first node of its component.
                    parent[own.max(other) as usize] = own.min(other);
                    own = own.min(other);
                }
            }
        }
        let mut label = parent;
        let mut count = 0;
        for u in 0..nodes {
            let up = label[u] as usize;
            if up == u {
                label[u] = count;
                count += 1;
            } else {
                // A parent lies before its child, so it holds its label already.
                label[u] = label[up];
            }
        }
        Self { label, count }
    }
}

fn root(parent: &mut [u32], mut u: u32) -> u32 {
    while parent[u as usize] != u {
        let up = parent[parent[u as usize] as usize];
        parent[u as usize] = up;
        u = up;
    }
    u
}

impl Digraph {
    /// The weakly connected components; cycles do not matter. O(nodes + edges) in practice.
    pub fn weakly_connected_components(&self) -> Components {
        Components::of(self.nodes(), |u| self.row(u).iter().copied())
    }
}

/// As [`DagView::transpose`] has it.
pub(super) fn transpose<D: DagView>(dag: &D) -> Result<Dag, DagError> {
    let edges = dag.edges();
    let nodes = dag.nodes() as u32;
    if u32::try_from(edges).is_err() {
        return Err(DagError::TooLarge { what: "edges of a transposed graph", count: edges });
    }
    let turned = |u: u32| nodes - 1 - u;
    let mut row_ptr = vec![0_u32; dag.nodes() + 1];
    for u in 0..nodes {
        dag.successors(u).for_each(|v| row_ptr[turned(v) as usize + 1] += 1);
    }
    for u in 0..dag.nodes() {
        row_ptr[u + 1] += row_ptr[u];
    }
    let mut next = row_ptr.clone();
    let mut col_idx = vec![0; edges as usize];
    // Sources fall, so their turned numbers rise: each row is filled in order.
    for u in (0..nodes).rev() {
        for v in dag.successors(u) {
            let slot = &mut next[turned(v) as usize];
            col_idx[*slot as usize] = turned(u);
            *slot += 1;
        }
    }
    let ids = (0..nodes).rev().map(|u| dag.id(u)).collect();
    Ok(Dag { row_ptr, col_idx, names: Names::new(ids) })
}

/// As [`DagView::in_degrees`] has it.
pub(super) fn in_degrees<D: DagView>(dag: &D) -> Vec<u32> {
    let mut degrees = vec![0; dag.nodes()];
    for u in 0..dag.nodes() as u32 {
        dag.successors(u).for_each(|v| degrees[v as usize] += 1);
    }
    degrees
}

/// As [`DagView::induced_subgraph`] has it.
#[track_caller]
pub(super) fn induced<D: DagView>(dag: &D, nodes: &[u32]) -> Result<Dag, DagError> {
    const OUT: u32 = u32::MAX;
    let mut place = vec![OUT; dag.nodes()];
    for &u in nodes {
        place[u as usize] = 0;
    }
    let mut members: Vec<u32> = Vec::new();
    for (place, u) in place.iter_mut().zip(0..).filter(|(place, _)| **place != OUT) {
        *place = members.len() as u32;
        members.push(u);
    }
    let mut row_ptr = Vec::with_capacity(members.len() + 1);
    row_ptr.push(0);
    let mut col_idx = Vec::new();
    for &u in &members {
        col_idx.extend(dag.successors(u).map(|v| place[v as usize]).filter(|&v| v != OUT));
        let count = col_idx.len() as u64;
        let Ok(end) = u32::try_from(count) else {
            return Err(DagError::TooLarge { what: "edges of an induced subgraph", count });
        };
        row_ptr.push(end);
    }
    let ids = members.into_iter().map(|u| dag.id(u)).collect();
    Ok(Dag { row_ptr, col_idx, names: Names::new(ids) })
}

/// As [`DagView::time_slice`] has it.
#[track_caller]
pub(super) fn time_slice<D: DagView>(dag: &D, t_ms: &[i64], times: Range<i64>) -> Result<D, DagError> {
    assert_eq!(t_ms.len(), dag.nodes(), "one time a node");
    if let Some(i) = t_ms.windows(2).position(|w| w[1] < w[0]) {
        return Err(DagError::Unsorted { index: i + 1 });
    }
    let place = |t: i64| t_ms.partition_point(|&of_node| of_node < t) as u32;
    let start = place(times.start);
    Ok(dag.slice(start..place(times.end).max(start)))
}

impl IntervalDag {
    #[track_caller]
    pub(super) fn cut(&self, numbers: Range<u32>) -> Self {
        let range = numbers.start as usize..numbers.end as usize;
        let inside = |v: &u32| v.min(&numbers.end) - numbers.start;
        let (lo, hi) = self.bounds();
        Self::from_bounds(
            lo[range.clone()].iter().map(inside).collect(),
            hi[range].iter().map(inside).collect(),
        )
    }
}

impl Dag {
    #[track_caller]
    pub(super) fn cut(&self, numbers: Range<u32>) -> Self {
        let inside = |v: &&u32| **v < numbers.end;
        let mut row_ptr = Vec::with_capacity(numbers.len() + 1);
        row_ptr.push(0);
        let mut col_idx = Vec::new();
        for u in numbers.clone() {
            col_idx.extend(self.row(u).iter().take_while(inside).map(|v| v - numbers.start));
            row_ptr.push(col_idx.len() as u32);
        }
        let names = Names::new(numbers.map(|u| self.id(u)).collect());
        Self { row_ptr, col_idx, names }
    }
}
