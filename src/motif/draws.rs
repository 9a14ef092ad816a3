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
use super::null::{Model, Nulls};
use super::occurrences::{Group, Occurrences};
use super::shape::slot_nodes;

/// Labels of drawn labellings that are kept at a time: 64 MB.
const LABELS: usize = 1 << 24;
/// Occurrences counted by one piece of parallel work, times draws: some ten milliseconds.
const PIECE: u64 = 4_000_000;
/// Draws of one piece at least: its sums have to be joined with those of the others.
const LEAST_DRAWS: u64 = 8;

/// A shape and the patterns of it that are followed.
pub(super) struct Shape<C> {
    /// Place in the group.
    pub(super) place: usize,
    pub(super) known: Known<C>,
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
    /// Sees draw `iteration`.
    fn see(&self, shape: usize, iteration: u32, drawn: &Drawn<'_>, desk: &mut Desk, kept: &mut Self::Kept);
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
        let one = |desk: &mut Desk, (at, shape): (usize, &Shape<C>)| {
            let mut kept = visitor.start(at);
            let drawn = self.drawn(self.occurrences, shape.place, &self.union.labels);
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
                let together = (LABELS / (self.union.labels.len() + 1)).max(1) as u32;
                for first in iterations.clone().step_by(together as usize) {
                    let block = first..iterations.end.min(first.saturating_add(together));
                    let draw = |iteration| {
                        let mut labels = Vec::new();
                        null.draw(nulls, iteration, &self.union.labels, &mut labels);
                        labels
                    };
                    let labels: Vec<Vec<u32>> = block.clone().into_par_iter().map(draw).collect();
                    self.permuted(block, &labels, shapes, visitor, &mut kept);
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
        block: Range<u32>,
        labels: &[Vec<u32>],
        shapes: &[Shape<C>],
        visitor: &V,
        kept: &mut [V::Kept],
    ) {
        let pieces: Vec<(usize, Range<u32>)> = shapes
            .iter()
            .enumerate()
            .flat_map(|(at, shape)| {
                let draws = (PIECE / self.group.instances[shape.place].max(1)).max(LEAST_DRAWS);
                let step = u32::try_from(draws).unwrap_or(u32::MAX);
                let end = block.end;
                let pieces = block.clone().step_by(step as usize);
                pieces.map(move |first| (at, first..end.min(first.saturating_add(step))))
            })
            .collect();
        let one = |desk: &mut Desk, (at, piece): &(usize, Range<u32>)| {
            let mut kept = visitor.start(*at);
            for iteration in piece.clone() {
                let labels = &labels[(iteration - block.start) as usize];
                let drawn = self.drawn(self.occurrences, shapes[*at].place, labels);
                visitor.see(*at, iteration, &drawn, desk, &mut kept);
            }
            self.clock.tick(piece.len() as u64);
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
            for (at, (shape, kept)) in shapes.iter().zip(&mut kept).enumerate() {
                let drawn = self.drawn(&occurrences, shape.place, &union.labels);
                if drawn.rows > 0 || !shape.targets.is_empty() {
                    visitor.see(at, iteration, &drawn, &mut desk, kept);
                }
            }
            self.clock.tick(shapes.len() as u64);
        }
        Ok(kept)
    }

    fn drawn<'b>(&self, occurrences: &'b Occurrences<'b>, place: usize, labels: &'b [u32]) -> Drawn<'b> {
        let k = slot_nodes(self.group.slots[place]);
        let kept = occurrences.kept(place).map(|kept| kept.len() / k);
        Drawn {
            occurrences,
            place,
            rows: kept.unwrap_or(self.group.instances[place] as usize),
            k,
            labels,
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
