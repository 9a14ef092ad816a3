//! The occurrences of some shapes, as many as memory allows at a time.

use std::ops::{ControlFlow, Range};

use rayon::prelude::*;

use crate::motif::enumerate::{ConnectedSet, Enumerator, MAX_NODES, SHAPES, ShapeIdx};
use crate::motif::graph::Union;

/// Roots enumerated by one piece of parallel work.
const ROOTS: u32 = 256;
/// Occurrences handled together at most (a shape with more forms a group alone): 80 MB.
const GROUP: u64 = 4_000_000;
/// Occurrences of a single shape that are kept, 240 MB at most; of more, each pass enumerates them again.
pub(crate) const KEPT: u64 = 12_000_000;
/// Pieces of the enumeration whose sets wait to be sorted by shape: about 40 MB.
const WAVE: u32 = 16;

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
    union.nodes().div_ceil(ROOTS)
}

/// The roots of a piece; they follow those of the piece before.
fn roots(union: &Union, piece: u32) -> Range<u32> {
    piece * ROOTS..union.nodes().min((piece + 1).saturating_mul(ROOTS))
}

/// Shapes whose occurrences are handled together.
pub(crate) struct ShapeGroup {
    /// Rising.
    pub(crate) shapes: Vec<ShapeIdx>,
    /// Number of occurrences of each.
    pub(crate) instances: Vec<u64>,
    /// Index in the group of each of all shapes.
    indices: Vec<u16>,
}

impl ShapeGroup {
    /// Index of `shape` in the group, if it is in it.
    #[inline]
    pub(crate) fn index_of(&self, shape: ShapeIdx) -> Option<usize> {
        let index = self.indices[shape.0];
        (index != u16::MAX).then_some(index as usize)
    }

    /// Smallest and largest number of events among the shapes.
    fn sizes(&self) -> (usize, usize) {
        // indices of shapes rise with the size, and a group is never empty
        (self.shapes[0].nodes(), self.shapes[self.shapes.len() - 1].nodes())
    }
}

/// Cuts the shapes that occur into groups that fit into memory; a shape that does not fit forms a group alone.
pub(crate) fn shape_groups(shape_counts: &[u64]) -> Vec<ShapeGroup> {
    let mut groups: Vec<ShapeGroup> = Vec::new();
    let mut in_group = 0_u64;
    for (shape, &instances) in ShapeIdx::all().zip(shape_counts).filter(|&(_, &instances)| instances > 0) {
        in_group = in_group.saturating_add(instances);
        if groups.is_empty() || in_group > GROUP {
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
    /// Events of the occurrences of each shape, `[n, k]`, in the order of the enumeration; `None` if there are too
    /// many.
    kept: Option<Vec<Vec<u32>>>,
}

impl<'a> Occurrences<'a> {
    /// Enumerates them, unless there are too many to keep.
    pub(crate) fn of(union: &'a Union, group: &'a ShapeGroup) -> Self {
        let few = group.instances.iter().sum::<u64>() <= KEPT;
        Self { union, group, kept: few.then(|| find(union, group)) }
    }

    /// Events of the occurrences of the `index`-th shape of the group, `[n, k]`, if they are kept.
    pub(crate) fn kept(&self, index: usize) -> Option<&[u32]> {
        self.kept.as_ref().map(|kept| &kept[index][..])
    }

    /// Calls `visit` with the events of each occurrence of the `index`-th shape of the group; lowest events fall.
    pub(crate) fn each(&self, index: usize, mut visit: impl FnMut(&[u32])) {
        let wanted = self.group.shapes[index];
        let k = wanted.nodes();
        if let Some(rows) = self.kept(index) {
            return rows.chunks_exact(k).rev().for_each(visit);
        }
        let mut visit_wanted = |set: &ConnectedSet| {
            if set.shape() == wanted {
                visit(&set.nodes()[..k]);
            }
            ControlFlow::Continue(())
        };
        let flow = Enumerator::new(self.union, (k, k)).walk((0..self.union.nodes()).rev(), &mut visit_wanted);
        debug_assert!(flow.is_continue());
    }
}

fn find(union: &Union, group: &ShapeGroup) -> Vec<Vec<u32>> {
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
        found
    };
    let pieces = pieces(union);
    for first in (0..pieces).step_by(WAVE as usize) {
        let wave = first..pieces.min(first + WAVE);
        let enumerator = || Enumerator::new(union, group.sizes());
        let found: Vec<_> = wave.into_par_iter().map_init(enumerator, in_piece).collect();
        for (index, set) in found.into_iter().flatten() {
            let index = usize::from(index);
            rows[index].extend_from_slice(&set[..nodes[index]]);
        }
    }
    rows
}
