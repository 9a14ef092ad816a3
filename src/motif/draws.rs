//! Draws of a null: whoever wants to see them sees each shape's occurrences under each drawn labelling.
//!
//! Shape by shape, not draw by draw: what belongs to a shape (its occurrences, its known patterns, its sums) stays in
//! the cache while the draws pass.

use std::ops::Range;
use std::sync::atomic::{AtomicU64, Ordering};

use rayon::prelude::*;

use super::code::{Code, label_bits};
use super::desk::Desk;
use super::drawn::Drawn;
use super::error::MotifError;
use super::graph::Union;
use super::known::Known;
use super::lanes::{LANES, Lanes, in_groups};
use super::null::{Model, Nulls};
use super::occurrences::{Group, Occurrences};
use super::shape::slot_nodes;

/// Bytes of drawn labellings that are kept at a time, unless a few need more.
pub(super) const LABEL_BYTES: usize = 1 << 26;
/// Occurrences counted by one piece of parallel work, times draws: some ten milliseconds.
const PIECE: u64 = 4_000_000;

/// A shape and the patterns of it that are followed.
pub(super) struct Shape<C> {
    /// Place in the group.
    pub(super) place: usize,
    pub(super) known: Known<C>,
    /// The known codes.
    pub(super) codes: Vec<C>,
    /// Known places of the patterns that are tested, in the order of the census.
    pub(super) targets: Vec<u32>,
    /// Known places of the patterns that are common under the null.
    pub(super) common: Vec<u32>,
    /// The other known places.
    pub(super) rare: Vec<u32>,
}

/// Sees draws of a shape, and keeps what it wants to know of them.
pub(super) trait Visitor<C>: Sync {
    type Kept: Send;
    fn start(&self, shape: usize) -> Self::Kept;
    /// Sees some draws: the labels of lane l are those of draw `first + l`.
    fn see(&self, shape: usize, first: u32, drawn: &Drawn<'_>, desk: &mut Desk, kept: &mut Self::Kept);
    /// Joins with what was kept of later draws.
    fn join(&self, kept: &mut Self::Kept, later: Self::Kept);
}

/// The draws of one null over one group of shapes.
pub(super) struct Draws<'a> {
    pub(super) union: &'a Union,
    pub(super) null: &'a Model<'a>,
    pub(super) group: &'a Group,
    pub(super) occurrences: &'a Occurrences<'a>,
    pub(super) clock: &'a Clock<'a>,
}

impl Draws<'_> {
    /// Shows the labels of the data.
    pub(super) fn observe<C: Code, V: Visitor<C>>(&self, shapes: &[Shape<C>], visitor: &V) -> Vec<V::Kept> {
        let labels = Lanes::of(&self.union.labels, self.union.vocabulary.len());
        let one = |desk: &mut Desk, (at, shape): (usize, &Shape<C>)| {
            let mut kept = visitor.start(at);
            let drawn = self.drawn(self.occurrences, shape.place, &labels, 0..1);
            visitor.see(at, 0, &drawn, desk, &mut kept);
            kept
        };
        shapes.par_iter().enumerate().map_init(Desk::new, one).collect()
    }

    /// Shows `iterations` of a family of draws.
    ///
    /// # Errors
    /// Those of a draw that builds graphs anew.
    pub(super) fn run<C: Code, V: Visitor<C>>(
        &self,
        nulls: Nulls,
        iterations: Range<u32>,
        shapes: &[Shape<C>],
        visitor: &V,
    ) -> Result<Vec<V::Kept>, MotifError> {
        let mut kept: Vec<V::Kept> = (0..shapes.len()).map(|at| visitor.start(at)).collect();
        match self.null {
            Model::Labels(null) => {
                let (observed, vocabulary) = (&self.union.labels, self.union.vocabulary.len());
                let of_lanes = observed.len() * Lanes::bytes(vocabulary);
                let together = (LABEL_BYTES / of_lanes.max(1)).clamp(1, u32::MAX as usize / LANES) * LANES;
                let some = |first: u32, n: usize| first..iterations.end.min(first.saturating_add(n as u32));
                for first in iterations.clone().step_by(together) {
                    let draw = |labelling: &mut Vec<u32>, first: u32| {
                        let draws = some(first, LANES);
                        let mut lanes = Lanes::new(observed.len(), vocabulary);
                        for (lane, iteration) in draws.clone().enumerate() {
                            null.draw(nulls, iteration, observed, labelling);
                            lanes.set(lane, labelling);
                        }
                        (draws, lanes)
                    };
                    let firsts: Vec<u32> = some(first, together).step_by(LANES).collect();
                    let labels: Vec<(Range<u32>, Lanes)> =
                        firsts.into_par_iter().map_init(Vec::new, draw).collect();
                    self.permuted(&labels, shapes, visitor, &mut kept);
                }
            }
            Model::Times(null) => {
                let threads = rayon::current_num_threads() as u32;
                let together = (iterations.len() as u32).div_ceil(threads.saturating_mul(4)).max(1);
                let pieces: Vec<u32> = iterations.clone().step_by(together as usize).collect();
                let one = |&first: &u32| {
                    let piece = first..iterations.end.min(first.saturating_add(together));
                    self.redrawn(null, nulls, piece, shapes, visitor)
                };
                for later in pieces.par_iter().map(one).collect::<Result<Vec<_>, _>>()? {
                    kept.iter_mut().zip(later).for_each(|(kept, later)| visitor.join(kept, later));
                }
            }
        }
        Ok(kept)
    }

    /// Shows a block of drawn labellings of the same graphs.
    fn permuted<C: Code, V: Visitor<C>>(
        &self,
        labels: &[(Range<u32>, Lanes)],
        shapes: &[Shape<C>],
        visitor: &V,
        kept: &mut [V::Kept],
    ) {
        type Piece<'p> = (usize, &'p [(Range<u32>, Lanes)]);
        let pieces: Vec<Piece<'_>> = shapes
            .iter()
            .enumerate()
            .flat_map(|(at, shape)| {
                let draws = PIECE / self.group.instances[shape.place].max(1);
                let lanes = usize::try_from(draws).unwrap_or(usize::MAX) / LANES;
                labels.chunks(lanes.max(1)).map(move |piece| (at, piece))
            })
            .collect();
        let one = |desk: &mut Desk, &(at, piece): &Piece<'_>| {
            let mut kept = visitor.start(at);
            let place = shapes[at].place;
            let together = Desk::together(&shapes[at].known, self.group.instances[place] as usize);
            for (draws, labels) in piece {
                for lanes in in_groups(draws.len(), together) {
                    let drawn = self.drawn(self.occurrences, place, labels, lanes);
                    visitor.see(at, draws.start, &drawn, desk, &mut kept);
                }
                self.clock.tick(draws.len() as u64);
            }
            kept
        };
        let seen: Vec<V::Kept> = pieces.par_iter().map_init(Desk::new, one).collect();
        for ((at, _), later) in pieces.iter().zip(seen) {
            visitor.join(&mut kept[*at], later);
        }
    }

    /// Shows draws that link the events anew.
    fn redrawn<C: Code, V: Visitor<C>>(
        &self,
        null: &super::null::IntervalJitter<'_>,
        nulls: Nulls,
        piece: Range<u32>,
        shapes: &[Shape<C>],
        visitor: &V,
    ) -> Result<Vec<V::Kept>, MotifError> {
        let mut desk = Desk::new();
        let mut kept: Vec<V::Kept> = (0..shapes.len()).map(|at| visitor.start(at)).collect();
        for iteration in piece {
            let union = null.draw(nulls, iteration)?;
            let occurrences = Occurrences::of(&union, self.group);
            let labels = Lanes::of(&union.labels, self.union.vocabulary.len());
            for (at, (shape, kept)) in shapes.iter().zip(&mut kept).enumerate() {
                let drawn = self.drawn(&occurrences, shape.place, &labels, 0..1);
                if drawn.rows > 0 || !shape.targets.is_empty() {
                    visitor.see(at, iteration, &drawn, &mut desk, kept);
                }
            }
            self.clock.tick(shapes.len() as u64);
        }
        Ok(kept)
    }

    fn drawn<'b>(
        &self,
        occurrences: &'b Occurrences<'b>,
        place: usize,
        labels: &'b Lanes,
        lanes: Range<usize>,
    ) -> Drawn<'b> {
        let k = slot_nodes(self.group.slots[place]);
        let kept = occurrences.kept(place).map(|kept| kept.len() / k);
        Drawn {
            occurrences,
            place,
            rows: kept.unwrap_or(self.group.instances[place] as usize),
            k,
            labels,
            lanes,
            bits: label_bits(self.union.vocabulary.len()),
        }
    }
}

/// How far the draws are.
pub(super) struct Clock<'a> {
    done: AtomicU64,
    total: u64,
    report: &'a (dyn Fn(u64, u64) + Sync),
}

impl<'a> Clock<'a> {
    /// `total`: draws, times shapes.
    pub(super) fn new(total: u64, report: &'a (dyn Fn(u64, u64) + Sync)) -> Self {
        Self { done: AtomicU64::new(0), total, report }
    }

    fn tick(&self, draws: u64) {
        let done = self.done.fetch_add(draws, Ordering::Relaxed) + draws;
        (self.report)(done.min(self.total), self.total);
    }
}
