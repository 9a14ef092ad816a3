//! Transitive reduction of any DAG.

use std::ops::Range;

use super::view::ids_of;
use super::{DagView, Generations, interval_reduction};
use crate::dag::DagError;
use crate::dag::graph::Dag;

/// Longest edge for which reachability is stored as a band of bits per node; the bands of all nodes within reach
/// then take 8 MiB.
const MAX_BAND: u32 = 4096;
/// Bytes of reachability bits, of all nodes together, that are held at a time if edges are longer.
const CACHE_BYTES: usize = 16 << 20;
/// Cost of a step of the search in words of the column method: a step takes as long as joining about ten words, and
/// on average the column method skips half of the words of a node.
const WORDS_A_STEP: u64 = 20;

/// Implements [`DagView::transitive_reduction`].
///
/// An edge u -> x is redundant if another successor of u, before x, leads to x. If rows are ranges, two of them
/// decide that; the other methods sweep backwards and differ in how they store the nodes that a node reaches.
pub(super) fn reduce<D: DagView>(dag: &D) -> Result<Dag, DagError> {
    if let Some(reduced) = interval_reduction::reduce(dag) {
        return reduced;
    }
    match dag.reach() {
        0..=64 => one_word(dag).into_graph(dag),
        reach @ 65..=MAX_BAND => band(dag, reach).into_graph(dag),
        _ => match search(dag) {
            Some(reduced) => reduced,
            None => columns(dag).into_graph(dag),
        },
    }
}

/// The edges of the reduction, one bit per edge of the graph, in edge order.
struct KeptEdges {
    bits: Vec<u64>,
}

impl KeptEdges {
    fn none(edges: u64) -> Self {
        // One word more, so that 64 bits can be written across any word boundary.
        Self { bits: vec![0; (edges / 64) as usize + 2] }
    }

    /// Adds the edges `start + i` for the bits i of `bits`.
    #[inline]
    fn insert(&mut self, start: u64, bits: u64) {
        let (word, shift) = ((start / 64) as usize, start % 64);
        self.bits[word] |= bits << shift;
        self.bits[word + 1] |= bits >> 1 >> (63 - shift);
    }

    #[inline]
    fn contains(&self, edge: u64) -> bool {
        self.bits[(edge / 64) as usize] >> (edge % 64) & 1 != 0
    }

    fn into_graph<D: DagView>(self, dag: &D) -> Result<Dag, DagError> {
        let count = self.bits.iter().map(|bits| u64::from(bits.count_ones())).sum();
        if u32::try_from(count).is_err() {
            return Err(too_large(count));
        }
        // Branch-free: every edge is written at the end, and the end advances only if the edge is kept. Hence one
        // entry more than edges kept.
        let mut col_idx = vec![0; count as usize + 1];
        let mut row_ptr = Vec::with_capacity(dag.nodes() + 1);
        row_ptr.push(0);
        let (mut edge, mut end) = (0, 0);
        for u in 0..dag.nodes() as u32 {
            for v in dag.successors(u) {
                col_idx[end] = v;
                end += usize::from(self.contains(edge));
                edge += 1;
            }
            row_ptr.push(end as u32);
        }
        col_idx.truncate(end);
        Ok(Dag::from_forward_rows(row_ptr, col_idx, ids_of(dag)))
    }
}

/// The reduction for edges of length 64 at most: one word holds the nodes reached among the 64 nodes after a node.
fn one_word<D: DagView>(dag: &D) -> KeptEdges {
    let mut kept = KeptEdges::none(dag.edges());
    let mut start = dag.edges();
    // Bit d of the word at u modulo 64: u reaches u + 1 + d.
    let mut reachable = [0_u64; 64];
    for u in (0..dag.nodes() as u32).rev() {
        let (mut reached, mut stays, mut bit) = (0_u64, 0_u64, 1_u64);
        let row = dag.successors(u);
        start -= row.len() as u64;
        for v in row {
            let distance = v - u - 1;
            let new = reached >> distance & 1 == 0;
            // If v is already reached, so is all that v reaches: joining it again changes nothing and avoids a
            // branch.
            reached |= 1 << distance | reachable[v as usize % 64] << distance << 1;
            stays |= if new { bit } else { 0 };
            bit <<= 1;
        }
        kept.insert(start, stays);
        reachable[u as usize % 64] = reached;
    }
    kept
}

/// As [`one_word`], with as many words per node as the longest edge needs. Node v is bit v modulo the ring length
/// in every row, so rows are joined without shifts.
fn band<D: DagView>(dag: &D, reach: u32) -> KeptEdges {
    let mut kept = KeptEdges::none(dag.edges());
    let mut start = dag.edges();
    // 64 more than the longest edge: a whole word that is joined has no bit of a node that wrapped around.
    let len = (reach as usize + 64).next_power_of_two();
    let words = len / 64;
    let mut reachable = vec![0_u64; len * words];
    let mut reached = vec![0_u64; words];
    let row_of = |v: u32| Range { start: (v as usize % len) * words, end: (v as usize % len + 1) * words };
    for u in (0..dag.nodes() as u32).rev() {
        let row = dag.successors(u);
        start -= row.len() as u64;
        reached.fill(0);
        let horizon = u.saturating_add(reach).min(dag.nodes() as u32 - 1);
        for (v, edge) in row.zip(start..) {
            let (word, bit) = (v as usize % len / 64, 1_u64 << (v % 64));
            if reached[word] & bit == 0 {
                kept.insert(edge, 1);
                join(&mut reached, &reachable[row_of(v)], v, horizon);
                reached[word] |= bit;
            }
        }
        reachable[row_of(u)].copy_from_slice(&reached);
    }
    kept
}

/// Adds the nodes `of_v` that `v` reaches, up to `horizon`, to those reached.
fn join(reached: &mut [u64], of_v: &[u64], v: u32, horizon: u32) {
    let words = reached.len();
    let (first, last) = (v as usize / 64 % words, horizon as usize / 64 % words);
    let mut whole = |range: Range<usize>| {
        reached[range.clone()].iter_mut().zip(&of_v[range]).for_each(|(to, from)| *to |= from);
    };
    if first <= last {
        whole(first..last);
    } else {
        whole(first..words);
        whole(0..last);
    }
    reached[last] |= of_v[last] & (u64::MAX >> (63 - horizon % 64));
}

/// The reduction for edges of any length, by a depth-first search from the successors of each node in the part
/// already reduced, up to the last successor that can be redundant. An edge from one generation to the next is
/// never redundant. Fast if few nodes are reached; gives up with `None` once [`columns`] is expected to be faster.
fn search<D: DagView>(dag: &D) -> Option<Result<Dag, DagError>> {
    let mut steps = dag.edges() + dag.edges().saturating_mul(dag.nodes() as u64) / 64 / WORDS_A_STEP;
    let level = Generations::of(dag).level;
    let nodes = dag.nodes();
    // Rows from the last node to the first; that of `u` is `reduced[ends[u + 1]..ends[u]]`.
    let mut reduced: Vec<u32> = Vec::new();
    let mut ends = vec![0_usize; nodes + 1];
    let mut seen = vec![u32::MAX; nodes];
    let mut open: Vec<u32> = Vec::new();
    for u in (0..nodes as u32).rev() {
        let next = level[u as usize] + 1;
        let far = dag.successors(u).filter(|&v| level[v as usize] > next);
        let bound = far.map(|v| (v, level[v as usize])).reduce(|a, b| (a.0.max(b.0), a.1.max(b.1)));
        for v in dag.successors(u) {
            if std::mem::replace(&mut seen[v as usize], u) == u && level[v as usize] > next {
                continue;
            }
            reduced.push(v);
            let Some((last, highest)) = bound else { continue };
            open.push(v);
            while let Some(at) = open.pop() {
                let at = at as usize;
                if level[at] >= highest {
                    continue;
                }
                let row = &reduced[ends[at + 1]..ends[at]];
                steps = steps.checked_sub(row.len() as u64)?;
                for &w in row.iter().take_while(|&&w| w <= last) {
                    if std::mem::replace(&mut seen[w as usize], u) != u {
                        open.push(w);
                    }
                }
            }
        }
        ends[u as usize] = reduced.len();
    }
    if u32::try_from(reduced.len()).is_err() {
        return Some(Err(too_large(reduced.len() as u64)));
    }
    let mut col_idx = Vec::with_capacity(reduced.len());
    let mut row_ptr = Vec::with_capacity(nodes + 1);
    row_ptr.push(0);
    for u in 0..nodes {
        col_idx.extend_from_slice(&reduced[ends[u + 1]..ends[u]]);
        row_ptr.push(col_idx.len() as u32);
    }
    Some(Ok(Dag::from_forward_rows(row_ptr, col_idx, ids_of(dag))))
}

/// The reduction for edges of any length, however many nodes are reached: bits as in [`band`], for as many columns
/// at a time as fit the cache for all nodes. O(nodes · edges / 64) time.
fn columns<D: DagView>(dag: &D) -> KeptEdges {
    let nodes = dag.nodes();
    let mut kept = KeptEdges::none(dag.edges());
    let words = (CACHE_BYTES / (8 * nodes)).clamp(1, nodes.div_ceil(64));
    let mut reachable = vec![0_u64; nodes * words];
    let mut edges_before = 0;
    for first in (0..nodes).step_by(64 * words) {
        let end = nodes.min(first + 64 * words);
        edges_before += (first..end).map(|u| dag.successors(u as u32).len() as u64).sum::<u64>();
        let mut start = edges_before;
        for u in (0..end).rev() {
            let row = dag.successors(u as u32);
            start -= row.len() as u64;
            let (before, behind) = reachable.split_at_mut((u + 1) * words);
            let reached = &mut before[u * words..];
            reached.fill(0);
            for (v, edge) in
                row.zip(start..).map(|(v, edge)| (v as usize, edge)).take_while(|&(v, _)| v < end)
            {
                let stays = if v < first {
                    // Decided with the columns of v; if it is redundant, other successors reach all that v reaches.
                    kept.contains(edge)
                } else {
                    let (word, bit) = ((v - first) / 64, 1 << ((v - first) % 64));
                    let new = reached[word] & bit == 0;
                    reached[word] |= bit;
                    kept.insert(edge, u64::from(new));
                    new
                };
                if stays {
                    let of_v = &behind[(v - u - 1) * words..][..words];
                    reached.iter_mut().zip(of_v).for_each(|(to, from)| *to |= from);
                }
            }
        }
    }
    kept
}

/// The error for a reduction of `count` edges.
pub(super) fn too_large(count: u64) -> DagError {
    DagError::TooLarge { what: "edges of a transitive reduction", count }
}
