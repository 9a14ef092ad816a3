//! The generations of a DAG, and parallel work generation by generation.

use rayon::prelude::*;

use super::DagView;

/// The topological generations of a DAG: generation 0 is the roots; the generation of any other node is one more than
/// the highest of its predecessors.
///
/// ```
/// use ironforge::dag::{Dag, DagView};
///
/// let dag = Dag::from_edges(4, &[(0, 2), (1, 2), (2, 3)])?;
/// let generations = dag.topological_generations();
/// assert_eq!(generations.level, [0, 0, 1, 2]);
/// assert_eq!(generations.nodes(0), [0, 1]);
/// # Ok::<(), ironforge::dag::DagError>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Generations {
    /// Generation of each node, `[nodes]`.
    pub level: Vec<u32>,
    /// Nodes sorted by generation, then by number: `[nodes]`.
    pub order: Vec<u32>,
    /// Generation `g` is `order[offsets[g]..offsets[g + 1]]`: `[generations + 1]`.
    pub offsets: Vec<u32>,
}

impl Generations {
    pub(super) fn of<D: DagView>(dag: &D) -> Self {
        let nodes = dag.nodes();
        let mut level = vec![0_u32; nodes];
        let mut count = 0;
        for u in 0..nodes {
            let next = level[u] + 1;
            count = count.max(next as usize);
            for v in dag.successors(u as u32) {
                let at = &mut level[v as usize];
                *at = (*at).max(next);
            }
        }
        // Counting sort with one array: generation g is counted at g + 2, so after the prefix sum `offsets[g + 1]`
        // is its start; filling the generation advances that to its end.
        let mut offsets = vec![0_u32; count + 2];
        level.iter().for_each(|&g| offsets[g as usize + 2] += 1);
        for g in 0..count {
            offsets[g + 2] += offsets[g + 1];
        }
        let mut order = vec![0; nodes];
        for (&g, node) in level.iter().zip(0..) {
            let slot = &mut offsets[g as usize + 1];
            order[*slot as usize] = node;
            *slot += 1;
        }
        offsets.truncate(count + 1);
        Self { level, order, offsets }
    }

    /// Number of generations.
    pub fn count(&self) -> usize {
        self.offsets.len() - 1
    }

    /// Number of nodes of the largest generation, 0 without nodes.
    pub fn widest(&self) -> usize {
        self.offsets.windows(2).map(|w| (w[1] - w[0]) as usize).max().unwrap_or(0)
    }

    /// The nodes of generation `g`.
    ///
    /// # Panics
    /// If there is no such generation.
    #[track_caller]
    pub fn nodes(&self, g: usize) -> &[u32] {
        &self.order[self.offsets[g] as usize..self.offsets[g + 1] as usize]
    }

    /// Calls `f` with each node; a generation starts when the one before it is done, so `f` may read what it wrote
    /// for a node's predecessors. A generation of at least `parallel_width` nodes is split over rayon's threads; a
    /// narrower one runs on the calling thread, because passing work to another thread costs some microseconds. The
    /// graph of a single session has very many generations of one or two nodes: process sessions in parallel
    /// instead ([`DagBatch`](crate::dag::DagBatch)).
    pub fn par_for_each(&self, parallel_width: usize, f: impl Fn(u32) + Sync) {
        for g in 0..self.count() {
            let nodes = self.nodes(g);
            if nodes.len() >= parallel_width {
                nodes.par_iter().for_each(|&u| f(u));
            } else {
                nodes.iter().for_each(|&u| f(u));
            }
        }
    }
}
