//! Paths: the longest by edges and by weight, the critical path with slack, and path counts.

use super::DagView;
use crate::dag::DagError;

/// Predecessor of the first node of a path.
const NONE: u32 = u32::MAX;

/// A path and the sum of its weights.
#[derive(Debug, Clone, PartialEq)]
pub struct WeightedPath {
    /// Sum of the weights along the path.
    pub length: f64,
    /// Nodes of the path, in order.
    pub nodes: Vec<u32>,
}

/// A schedule by the critical path method: each node gets a time of at least 0, an edge u -> v of weight w means
/// that v is at least w after u, and the latest time of all is as small as possible.
///
/// ```
/// use ironforge::dag::{Dag, DagView};
///
/// // Weights in edge order: 0 -> 1, 0 -> 2, 1 -> 3, 2 -> 3.
/// let dag = Dag::from_edges(4, &[(0, 1), (0, 2), (1, 3), (2, 3)])?;
/// let plan = dag.critical_path(&[2.0, 1.0, 3.0, 1.0])?;
/// assert_eq!((plan.length, plan.path), (5.0, vec![0, 1, 3]));
/// assert_eq!(plan.slack, [0.0, 0.0, 3.0, 0.0]);
/// # Ok::<(), ironforge::dag::DagError>(())
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct CriticalPath {
    /// Length of the schedule: that of the longest path.
    pub length: f64,
    /// The nodes of a longest path, in order: none of them can be delayed.
    pub path: Vec<u32>,
    /// Earliest time of each node, `[nodes]`.
    pub earliest: Vec<f64>,
    /// Latest time of each node that keeps the schedule at `length`, `[nodes]`.
    pub latest: Vec<f64>,
    /// `latest - earliest`, the delay that each node allows, `[nodes]`. Exactly 0 on `path`; elsewhere with the
    /// rounding errors of f64 sums.
    pub slack: Vec<f64>,
}

/// Implements [`DagView::longest_path`].
pub(super) fn longest<D: DagView>(dag: &D) -> Vec<u32> {
    let mut length = vec![0_u32; dag.nodes()];
    let mut from = vec![NONE; dag.nodes()];
    let (mut end, mut longest) = (0, 0);
    for u in 0..dag.nodes() {
        let here = length[u];
        if here > longest {
            (end, longest) = (u, here);
        }
        for v in dag.successors(u as u32) {
            if here + 1 > length[v as usize] {
                length[v as usize] = here + 1;
                from[v as usize] = u as u32;
            }
        }
    }
    walk_back(&from, end)
}

/// Implements [`DagView::longest_path_weighted`].
#[track_caller]
pub(super) fn heaviest<D: DagView, W: Copy + Into<f64>>(
    dag: &D,
    weights: &[W],
) -> Result<WeightedPath, DagError> {
    let LongestPaths { earliest, from, end, .. } = longest_paths(dag, weights)?;
    Ok(WeightedPath { length: earliest.get(end).copied().unwrap_or(0.0), nodes: walk_back(&from, end) })
}

/// Implements [`DagView::critical_path`].
#[track_caller]
pub(super) fn critical<D: DagView, W: Copy + Into<f64>>(
    dag: &D,
    weights: &[W],
) -> Result<CriticalPath, DagError> {
    let LongestPaths { earliest, from, end } = longest_paths(dag, weights)?;
    let path = walk_back(&from, end);
    drop(from);
    let length = earliest.get(end).copied().unwrap_or(0.0);
    let mut latest = vec![length; dag.nodes()];
    let mut slack = vec![0.0; dag.nodes()];
    let mut behind = weights.len();
    for u in (0..dag.nodes()).rev() {
        let row = dag.successors(u as u32);
        let start = behind - row.len();
        let mut here = length;
        for (v, &w) in row.zip(&weights[start..behind]) {
            here = here.min(latest[v as usize] - w.into());
        }
        // Rounding could make it smaller than the earliest time.
        here = here.max(earliest[u]);
        (latest[u], slack[u]) = (here, here - earliest[u]);
        behind = start;
    }
    for &u in &path {
        (latest[u as usize], slack[u as usize]) = (earliest[u as usize], 0.0);
    }
    Ok(CriticalPath { length, path, earliest, latest, slack })
}

/// The longest path to each node, by a forward sweep.
struct LongestPaths {
    /// Length of the longest path to each node; 0, that of the node alone, if no path to it is positive.
    earliest: Vec<f64>,
    /// The predecessor of each node on that path.
    from: Vec<u32>,
    /// Last node of the longest path of the graph.
    end: usize,
}

#[track_caller]
fn longest_paths<D: DagView, W: Copy + Into<f64>>(dag: &D, weights: &[W]) -> Result<LongestPaths, DagError> {
    assert_eq!(weights.len() as u64, dag.edges(), "one weight per edge");
    if let Some(edge) = weights.iter().position(|&w| !w.into().is_finite()) {
        return Err(DagError::Weight { edge, value: weights[edge].into() });
    }
    let mut earliest = vec![0.0_f64; dag.nodes()];
    let mut from = vec![NONE; dag.nodes()];
    let (mut end, mut longest) = (0, 0.0);
    let mut rest = weights;
    for u in 0..dag.nodes() {
        let here = earliest[u];
        if here > longest {
            (end, longest) = (u, here);
        }
        let row = dag.successors(u as u32);
        let (of_row, behind) = rest.split_at(row.len());
        rest = behind;
        for (v, &w) in row.zip(of_row) {
            let there = here + w.into();
            if there > earliest[v as usize] {
                earliest[v as usize] = there;
                from[v as usize] = u as u32;
            }
        }
    }
    if longest.is_infinite() {
        return Err(DagError::Overflow { what: "the length of a path", node: end as u32, of: "f64" });
    }
    Ok(LongestPaths { earliest, from, end })
}

/// The path that ends at `end`, along the predecessors `from`; empty without nodes.
fn walk_back(from: &[u32], end: usize) -> Vec<u32> {
    let steps = std::iter::successors(Some(end as u32), |&v| Some(from[v as usize]).filter(|&u| u != NONE));
    let mut path: Vec<u32> = if from.is_empty() { Vec::new() } else { steps.collect() };
    path.reverse();
    path
}

/// Number of paths to each node from any of the nodes `from`; `sum` returns `None` if a sum overflows.
#[track_caller]
pub(super) fn path_counts<D: DagView, N: Copy + Default + PartialEq>(
    dag: &D,
    from: &[u32],
    one: N,
    sum: impl Fn(N, N) -> Option<N>,
) -> Result<Vec<N>, DagError> {
    let mut paths = vec![N::default(); dag.nodes()];
    for &u in from {
        paths[u as usize] = one;
    }
    let first = from.iter().min().map_or(dag.nodes(), |&u| u as usize);
    for u in first..dag.nodes() {
        let here = paths[u];
        if here == N::default() {
            continue;
        }
        for v in dag.successors(u as u32) {
            let overflow = DagError::Overflow { what: "the number of paths", node: v, of: "u64" };
            paths[v as usize] = sum(paths[v as usize], here).ok_or(overflow)?;
        }
    }
    Ok(paths)
}
