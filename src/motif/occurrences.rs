//! The occurrences of some shapes, as many as memory allows at a time.

use std::ops::{ControlFlow, Range};

use rayon::prelude::*;

use super::graph::Union;
use super::shape::{MAX_NODES, SLOTS, slot_nodes};
use super::walk::{Found, Walker};

/// Roots walked by one piece of parallel work.
const ROOTS: u32 = 256;
/// Occurrences handled together at most (a shape with more stands alone): 80 MB.
const GROUP: u64 = 4_000_000;
/// Occurrences of a single shape that are kept, 240 MB at most; of more, each pass finds them anew.
pub(super) const KEPT: u64 = 12_000_000;
/// Pieces of the walk whose findings wait to be sorted by shape: some 40 MB.
const WAVE: u32 = 16;

/// Occurrences of each slot's shape: one walk over all graphs.
pub(crate) fn count_shapes(union: &Union, sizes: (usize, usize)) -> Vec<u64> {
    let walked = (0..pieces(union)).into_par_iter().fold(
        || (Walker::new(union, sizes), vec![0_u64; SLOTS]),
        |(mut walker, mut shapes), piece| {
            let all = walker.walk(roots(union, piece), &mut |found: &Found| {
                shapes[found.slot()] += 1;
                ControlFlow::Continue(())
            });
            debug_assert!(all.is_continue());
            (walker, shapes)
        },
    );
    // sums of integers: the same in any order
    walked.map(|(_, shapes)| shapes).reduce(
        || vec![0; SLOTS],
        |mut sum, part| {
            sum.iter_mut().zip(part).for_each(|(s, p)| *s += p);
            sum
        },
    )
}

/// Number of the pieces of a walk.
fn pieces(union: &Union) -> u32 {
    union.nodes().div_ceil(ROOTS)
}

/// The roots of a piece; they follow those of the piece before.
fn roots(union: &Union, piece: u32) -> Range<u32> {
    piece * ROOTS..union.nodes().min((piece + 1).saturating_mul(ROOTS))
}

/// Shapes whose occurrences are handled together.
pub(crate) struct Group {
    /// Their slots, rising.
    pub(crate) slots: Vec<usize>,
    /// Occurrences of each.
    pub(crate) instances: Vec<u64>,
    place: Vec<u16>,
}

impl Group {
    /// Where `slot` stands in the group, if it does.
    #[inline]
    pub(crate) fn place(&self, slot: usize) -> Option<usize> {
        let place = self.place[slot];
        (place != u16::MAX).then_some(place as usize)
    }

    /// Smallest and largest number of events among the shapes.
    fn sizes(&self) -> (usize, usize) {
        // slots rise with the size, and a group is never empty
        (slot_nodes(self.slots[0]), slot_nodes(self.slots[self.slots.len() - 1]))
    }
}

/// Cuts the shapes that occur into groups that fit into memory; a shape that does not stands alone.
pub(crate) fn groups(shapes: &[u64]) -> Vec<Group> {
    let mut groups: Vec<Group> = Vec::new();
    let mut in_group = 0_u64;
    for (slot, &instances) in shapes.iter().enumerate().filter(|&(_, &instances)| instances > 0) {
        in_group = in_group.saturating_add(instances);
        if groups.is_empty() || in_group > GROUP {
            groups.push(Group {
                slots: Vec::new(),
                instances: Vec::new(),
                place: vec![u16::MAX; shapes.len()],
            });
            in_group = instances;
        }
        if let Some(group) = groups.last_mut() {
            group.place[slot] = group.slots.len() as u16;
            group.slots.push(slot);
            group.instances.push(instances);
        }
    }
    groups
}

/// Where the occurrences of a group are.
pub(crate) struct Occurrences<'a> {
    union: &'a Union,
    group: &'a Group,
    /// Events of the occurrences of each shape, `[n, k]`, in the order of the walk; `None` if they are too many.
    kept: Option<Vec<Vec<u32>>>,
}

impl<'a> Occurrences<'a> {
    /// Finds them, unless they are too many to be kept.
    pub(crate) fn of(union: &'a Union, group: &'a Group) -> Self {
        let few = group.instances.iter().sum::<u64>() <= KEPT;
        Self { union, group, kept: few.then(|| find(union, group)) }
    }

    /// Those of the shape at `place`, if they are kept: `[n, k]` events.
    pub(crate) fn kept(&self, place: usize) -> Option<&[u32]> {
        self.kept.as_ref().map(|kept| &kept[place][..])
    }

    /// Calls `visit` with the events of each occurrence of the shape at `place`; lowest events fall.
    pub(crate) fn each(&self, place: usize, mut visit: impl FnMut(&[u32])) {
        let wanted = self.group.slots[place];
        let k = slot_nodes(wanted);
        if let Some(rows) = self.kept(place) {
            return rows.chunks_exact(k).rev().for_each(visit);
        }
        let all =
            Walker::new(self.union, (k, k)).walk((0..self.union.nodes()).rev(), &mut |found: &Found| {
                if found.slot() == wanted {
                    visit(&found.nodes()[..k]);
                }
                ControlFlow::Continue(())
            });
        debug_assert!(all.is_continue());
    }
}

fn find(union: &Union, group: &Group) -> Vec<Vec<u32>> {
    let nodes: Vec<usize> = group.slots.iter().map(|&slot| slot_nodes(slot)).collect();
    let mut rows: Vec<Vec<u32>> =
        nodes.iter().zip(&group.instances).map(|(k, &n)| Vec::with_capacity(k * n as usize)).collect();
    let in_piece = |walker: &mut Walker<'_>, piece| {
        let mut found: Vec<(u16, [u32; MAX_NODES])> = Vec::new();
        let all = walker.walk(roots(union, piece), &mut |set: &Found| {
            if let Some(place) = group.place(set.slot()) {
                found.push((place as u16, set.nodes()));
            }
            ControlFlow::Continue(())
        });
        debug_assert!(all.is_continue());
        found
    };
    let pieces = pieces(union);
    for first in (0..pieces).step_by(WAVE as usize) {
        let wave = first..pieces.min(first + WAVE);
        let walker = || Walker::new(union, group.sizes());
        let found: Vec<_> = wave.into_par_iter().map_init(walker, in_piece).collect();
        for (place, set) in found.into_iter().flatten() {
            let place = usize::from(place);
            rows[place].extend_from_slice(&set[..nodes[place]]);
        }
    }
    rows
}
