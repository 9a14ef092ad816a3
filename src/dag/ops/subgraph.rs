//! Slices, induced subgraphs, the transposed graph, and degrees.

use std::ops::Range;

use super::DagView;
use crate::dag::DagError;
use crate::dag::graph::{Dag, IdMap, IntervalDag};

/// Implements [`DagView::transpose`].
pub(super) fn transpose<D: DagView>(dag: &D) -> Result<Dag, DagError> {
    let edges = dag.edges();
    let nodes = dag.nodes() as u32;
    if u32::try_from(edges).is_err() {
        return Err(DagError::TooLarge { what: "edges of a transposed graph", count: edges });
    }
    let reversed = |u: u32| nodes - 1 - u;
    let mut row_ptr = vec![0_u32; dag.nodes() + 1];
    for u in 0..nodes {
        dag.successors(u).for_each(|v| row_ptr[reversed(v) as usize + 1] += 1);
    }
    for u in 0..dag.nodes() {
        row_ptr[u + 1] += row_ptr[u];
    }
    let mut next = row_ptr.clone();
    let mut col_idx = vec![0; edges as usize];
    // Sources fall, so their reversed numbers rise: each row is filled in order.
    for u in (0..nodes).rev() {
        for v in dag.successors(u) {
            let slot = &mut next[reversed(v) as usize];
            col_idx[*slot as usize] = reversed(u);
            *slot += 1;
        }
    }
    let ids = (0..nodes).rev().map(|u| dag.id(u)).collect();
    Ok(Dag::from_forward_rows(row_ptr, col_idx, IdMap::new(ids)))
}

/// Implements [`DagView::in_degrees`].
pub(super) fn in_degrees<D: DagView>(dag: &D) -> Vec<u32> {
    let mut degrees = vec![0; dag.nodes()];
    for u in 0..dag.nodes() as u32 {
        dag.successors(u).for_each(|v| degrees[v as usize] += 1);
    }
    degrees
}

/// Implements [`DagView::induced_subgraph`].
#[track_caller]
pub(super) fn induced<D: DagView>(dag: &D, nodes: &[u32]) -> Result<Dag, DagError> {
    const OUT: u32 = u32::MAX;
    let mut new_number = vec![OUT; dag.nodes()];
    for &u in nodes {
        new_number[u as usize] = 0;
    }
    let mut members: Vec<u32> = Vec::new();
    for (number, u) in new_number.iter_mut().zip(0..).filter(|(number, _)| **number != OUT) {
        *number = members.len() as u32;
        members.push(u);
    }
    let mut row_ptr = Vec::with_capacity(members.len() + 1);
    row_ptr.push(0);
    let mut col_idx = Vec::new();
    for &u in &members {
        col_idx.extend(dag.successors(u).map(|v| new_number[v as usize]).filter(|&v| v != OUT));
        let count = col_idx.len() as u64;
        let Ok(end) = u32::try_from(count) else {
            return Err(DagError::TooLarge { what: "edges of an induced subgraph", count });
        };
        row_ptr.push(end);
    }
    let ids = members.into_iter().map(|u| dag.id(u)).collect();
    Ok(Dag::from_forward_rows(row_ptr, col_idx, IdMap::new(ids)))
}

/// Implements [`DagView::time_slice`].
#[track_caller]
pub(super) fn time_slice<D: DagView>(dag: &D, t_ms: &[i64], times: Range<i64>) -> Result<D, DagError> {
    assert_eq!(t_ms.len(), dag.nodes(), "one time per node");
    if let Some(i) = t_ms.windows(2).position(|w| w[1] < w[0]) {
        return Err(DagError::Unsorted { index: i + 1 });
    }
    let first_at = |t: i64| t_ms.partition_point(|&of_node| of_node < t) as u32;
    let start = first_at(times.start);
    Ok(dag.slice(start..first_at(times.end).max(start)))
}

/// Implements [`DagView::slice`] for intervals.
#[track_caller]
pub(super) fn interval_slice(dag: &IntervalDag, numbers: Range<u32>) -> IntervalDag {
    let range = numbers.start as usize..numbers.end as usize;
    let inside = |v: &u32| v.min(&numbers.end) - numbers.start;
    let (lo, hi) = dag.bounds();
    IntervalDag::from_bounds(
        lo[range.clone()].iter().map(inside).collect(),
        hi[range].iter().map(inside).collect(),
    )
}

/// Implements [`DagView::slice`] for rows.
#[track_caller]
pub(super) fn row_slice(dag: &Dag, numbers: Range<u32>) -> Dag {
    let inside = |v: &&u32| **v < numbers.end;
    let mut row_ptr = Vec::with_capacity(numbers.len() + 1);
    row_ptr.push(0);
    let mut col_idx = Vec::new();
    for u in numbers.clone() {
        col_idx.extend(dag.row(u).iter().take_while(inside).map(|v| v - numbers.start));
        row_ptr.push(col_idx.len() as u32);
    }
    let id_map = IdMap::new(numbers.map(|u| dag.id(u)).collect());
    Dag::from_forward_rows(row_ptr, col_idx, id_map)
}
