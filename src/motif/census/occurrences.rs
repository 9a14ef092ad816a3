//! The occurrences of a group of shapes, held in memory where they fit.
//!
//! They are in the order in which event-disjoint ones are taken: by falling first event, and among those of one
//! first event by rising last event, then rising last but one, and so on. The order is that of the events alone; it
//! does not depend on the enumeration.

use std::cmp::Ordering;
use std::ops::{ControlFlow, Range};

use rayon::prelude::*;

use crate::motif::enumerate::{ConnectedSet, Enumerator, MAX_NODES, SHAPES, ShapeIdx};
use crate::motif::graph::Union;

/// Roots enumerated by one piece of parallel work.
const ROOTS_PER_PIECE: u32 = 256;
/// Largest number of occurrences of a group of shapes, 80 MB; a shape with more than this is a group by itself.
const MAX_GROUP_OCCURRENCES: u64 = 4_000_000;
/// Largest number of occurrences of a single shape that are kept in memory, 240 MB at most; if there are more, each
/// pass enumerates them again.
pub(crate) const MAX_KEPT_OCCURRENCES: u64 = 12_000_000;
/// Pieces enumerated before their sets are sorted by shape: about 40 MB.
const PIECES_AT_A_TIME: u32 = 16;

/// Number of occurrences of each shape, by [`ShapeIdx`]: one enumeration over all graphs.
pub(super) fn count_shapes(union: &Union, sizes: (usize, usize)) -> Vec<u64> {
    let counted = (0..pieces(union)).into_par_iter().fold(
        || (Enumerator::new(union, sizes), vec![0_u64; SHAPES]),
        |(mut enumerator, mut counts), piece| {
            let flow = enumerator.walk(roots(union, piece), &mut |set: &ConnectedSet| {
                counts[set.shape().0] += 1;
                ControlFlow::Continue(())
            });
            debug_assert!(flow.is_continue());
            (enumerator, counts)
        },
    );
    // sums of integers: the same in any order
    counted.map(|(_, counts)| counts).reduce(
        || vec![0; SHAPES],
        |mut sum, part| {
            sum.iter_mut().zip(part).for_each(|(s, p)| *s += p);
            sum
        },
    )
}

/// Number of pieces of an enumeration.
fn pieces(union: &Union) -> u32 {
    union.nodes().div_ceil(ROOTS_PER_PIECE)
}

/// The roots of a piece.
fn roots(union: &Union, piece: u32) -> Range<u32> {
    piece * ROOTS_PER_PIECE..union.nodes().min((piece + 1).saturating_mul(ROOTS_PER_PIECE))
}

/// Shapes whose occurrences are handled together.
pub(crate) struct ShapeGroup {
    /// The shapes, rising.
    pub(crate) shapes: Vec<ShapeIdx>,
    /// Number of occurrences of each shape.
    pub(crate) instances: Vec<u64>,
    /// Index in the group by [`ShapeIdx`]; `u16::MAX` for a shape that is not in it.
    indices: Vec<u16>,
}

impl ShapeGroup {
    /// Index of `shape` in the group; `None` if it is not in it.
    #[inline]
    pub(crate) fn index_of(&self, shape: ShapeIdx) -> Option<usize> {
        let index = self.indices[shape.0];
        (index != u16::MAX).then_some(index as usize)
    }

    /// Smallest and largest number of events among the shapes.
    fn sizes(&self) -> (usize, usize) {
        // shapes are indexed by rising size, and a group is never empty
        (self.shapes[0].nodes(), self.shapes[self.shapes.len() - 1].nodes())
    }
}

/// The shapes that occur, in groups of at most [`MAX_GROUP_OCCURRENCES`]; a shape with more is a group by itself.
pub(crate) fn shape_groups(shape_counts: &[u64]) -> Vec<ShapeGroup> {
    let mut groups: Vec<ShapeGroup> = Vec::new();
    let mut in_group = 0_u64;
    for (shape, &instances) in ShapeIdx::all().zip(shape_counts).filter(|&(_, &instances)| instances > 0) {
        in_group = in_group.saturating_add(instances);
        if groups.is_empty() || in_group > MAX_GROUP_OCCURRENCES {
            groups.push(ShapeGroup {
                shapes: Vec::new(),
                instances: Vec::new(),
                indices: vec![u16::MAX; shape_counts.len()],
            });
            in_group = instances;
        }
        if let Some(group) = groups.last_mut() {
            group.indices[shape.0] = group.shapes.len() as u16;
            group.shapes.push(shape);
            group.instances.push(instances);
        }
    }
    groups
}

/// The occurrences of a group of shapes.
pub(crate) struct Occurrences<'a> {
    union: &'a Union,
    group: &'a ShapeGroup,
    /// Events of the occurrences of each shape, `[n, k]`; `None` if there are too many to keep.
    kept: Option<Vec<Vec<u32>>>,
}

/// Compares two occurrences of one shape by the order of this module.
fn order(a: &[u32; MAX_NODES], b: &[u32; MAX_NODES]) -> Ordering {
    b[0].cmp(&a[0]).then_with(|| a.iter().rev().cmp(b.iter().rev()))
}

impl<'a> Occurrences<'a> {
    /// The occurrences of a group, enumerated now unless there are too many to keep.
    pub(crate) fn of(union: &'a Union, group: &'a ShapeGroup) -> Self {
        let fit = group.instances.iter().sum::<u64>() <= MAX_KEPT_OCCURRENCES;
        Self { union, group, kept: fit.then(|| enumerate(union, group)) }
    }

    /// Events of the occurrences of the `index`-th shape of the group, `[n, k]`, if they are kept.
    pub(crate) fn kept(&self, index: usize) -> Option<&[u32]> {
        self.kept.as_ref().map(|kept| &kept[index][..])
    }

    /// Largest distance in event numbers from the first event of an occurrence of `k` events to its last.
    pub(crate) fn span(&self, k: usize) -> u32 {
        self.union.bands.longest_edge().saturating_mul(k as u32 - 1)
    }

    /// Calls `visit` with the events of each occurrence of the `index`-th shape of the group.
    pub(crate) fn each(&self, index: usize, mut visit: impl FnMut(&[u32])) {
        let wanted = self.group.shapes[index];
        let k = wanted.nodes();
        if let Some(rows) = self.kept(index) {
            return rows.chunks_exact(k).for_each(visit);
        }
        // the occurrences of one first event
        let mut of_root: Vec<[u32; MAX_NODES]> = Vec::new();
        let mut flush = |of_root: &mut Vec<[u32; MAX_NODES]>| {
            of_root.sort_unstable_by(order);
            of_root.drain(..).for_each(|nodes| visit(&nodes[..k]));
        };
        let mut visit_wanted = |set: &ConnectedSet| {
            if set.shape() == wanted {
                if of_root.first().is_some_and(|first| first[0] != set.root()) {
                    flush(&mut of_root);
                }
                of_root.push(set.nodes());
            }
            ControlFlow::Continue(())
        };
        let flow = Enumerator::new(self.union, (k, k)).walk((0..self.union.nodes()).rev(), &mut visit_wanted);
        debug_assert!(flow.is_continue());
        flush(&mut of_root);
    }
}

/// Events of the occurrences of each shape of a group, `[n, k]`.
fn enumerate(union: &Union, group: &ShapeGroup) -> Vec<Vec<u32>> {
    let nodes: Vec<usize> = group.shapes.iter().map(|shape| shape.nodes()).collect();
    let mut rows: Vec<Vec<u32>> =
        nodes.iter().zip(&group.instances).map(|(k, &n)| Vec::with_capacity(k * n as usize)).collect();
    let in_piece = |enumerator: &mut Enumerator<'_>, piece| {
        let mut found: Vec<(u16, [u32; MAX_NODES])> = Vec::new();
        let flow = enumerator.walk(roots(union, piece), &mut |set: &ConnectedSet| {
            if let Some(index) = group.index_of(set.shape()) {
                found.push((index as u16, set.nodes()));
            }
            ControlFlow::Continue(())
        });
        debug_assert!(flow.is_continue());
        found.sort_unstable_by(|(_, a), (_, b)| order(a, b));
        found
    };
    let mut end = pieces(union);
    while end > 0 {
        let batch = end.saturating_sub(PIECES_AT_A_TIME)..end;
        end = batch.start;
        let enumerator = || Enumerator::new(union, group.sizes());
        let found: Vec<_> = batch.into_par_iter().rev().map_init(enumerator, in_piece).collect();
        for (index, set) in found.into_iter().flatten() {
            let index = usize::from(index);
            rows[index].extend_from_slice(&set[..nodes[index]]);
        }
    }
    rows
}
