//! Draws of a null: whoever wants to see them sees each shape's occurrences under each drawn labelling.
//!
//! Shape by shape, not draw by draw: what belongs to a shape (its occurrences, its known patterns, its sums) stays in
//! the cache while the draws pass.

use std::ops::Range;
use std::sync::atomic::{AtomicU64, Ordering};

use rayon::prelude::*;

use super::code::{Code, CodeMap, digits, label_bits};
use super::desk::Desk;
use super::error::MotifError;
use super::graph::Union;
use super::known::{BATCH, Batch, Known};
use super::null::{Model, Nulls};
use super::occurrences::{Group, Occurrences};
use super::shape::slot_nodes;

/// Labels of drawn labellings that are kept at a time: 64 MB.
const LABELS: usize = 1 << 24;
/// Occurrences counted by one piece of parallel work, times draws: some ten milliseconds.
const PIECE: u64 = 4_000_000;
/// Draws of one piece at least: its sums have to be joined with those of the others.
const LEAST_DRAWS: u64 = 8;
/// Occurrences shown together.
const STRIDE: usize = 1 << 14;

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

/// Which labels the first and the last events of some patterns bear.
pub(super) struct Ends {
    first: Vec<bool>,
    last: Vec<bool>,
}

impl Ends {
    /// Those of some codes of `k` of so many labels.
    pub(super) fn of<C: Code>(codes: &[C], labels: usize, k: usize) -> Self {
        let radix = 1 << label_bits(labels);
        let mut ends = Self { first: vec![false; labels], last: vec![false; labels] };
        for &code in codes {
            let labels = digits(code, radix, k);
            ends.first[labels[0] as usize] = true;
            ends.last[labels[k - 1] as usize] = true;
        }
        ends
    }
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

/// The occurrences of a shape under one labelling.
pub(super) struct Drawn<'a> {
    occurrences: &'a Occurrences<'a>,
    place: usize,
    rows: usize,
    k: usize,
    labels: &'a [u32],
    bits: u32,
}

impl Drawn<'_> {
    /// Starts a count.
    pub(super) fn clear<C: Code>(&self, known: &Known<C>, desk: &mut Desk) {
        desk.clear(known, self.rows);
    }

    /// Counts the occurrences whose first event is one of `roots`.
    pub(super) fn count<C: Code>(&self, roots: Range<u32>, known: &Known<C>, desk: &mut Desk) {
        match self.k {
            3 => self.each(roots, |rows: &[[u32; 3]]| desk.add(known, rows, self.labels, self.bits)),
            4 => self.each(roots, |rows: &[[u32; 4]]| desk.add(known, rows, self.labels, self.bits)),
            _ => self.each(roots, |rows: &[[u32; 5]]| desk.add(known, rows, self.labels, self.bits)),
        }
    }

    /// The unknown codes that occur at least `count` times among `roots`, which have just been counted, and how often.
    /// The higher `count`, the fewer cells of the desk show it: what is asked for seldom costs little.
    pub(super) fn unknown<C: Code>(
        &self,
        roots: Range<u32>,
        known: &Known<C>,
        desk: &Desk,
        count: u32,
    ) -> Vec<(C, u32)> {
        if !desk.any_may_reach(count) {
            return Vec::new();
        }
        let mut counts: CodeMap<C, u32> = CodeMap::default();
        match self.k {
            3 => self.each(roots, |rows: &[[u32; 3]]| self.count_hot(rows, known, desk, count, &mut counts)),
            4 => self.each(roots, |rows: &[[u32; 4]]| self.count_hot(rows, known, desk, count, &mut counts)),
            _ => self.each(roots, |rows: &[[u32; 5]]| self.count_hot(rows, known, desk, count, &mut counts)),
        }
        counts.into_iter().filter(|&(_, n)| n >= count).collect()
    }

    fn count_hot<C: Code, const K: usize>(
        &self,
        rows: &[[u32; K]],
        known: &Known<C>,
        desk: &Desk,
        count: u32,
        counts: &mut CodeMap<C, u32>,
    ) {
        let mut batch = Batch::new();
        for rows in rows.chunks(BATCH) {
            known.look_up(rows, self.labels, self.bits, &mut batch);
            for ((&code, &hash), &place) in
                batch.codes[..rows.len()].iter().zip(&batch.hashes).zip(&batch.places)
            {
                if desk.may_reach(hash, count) && place as usize == known.places() {
                    *counts.entry(code).or_insert(0) += 1;
                }
            }
        }
    }

    /// Calls `visit` with the first event and the place of each known occurrence whose first event is one of `roots`;
    /// what begins or ends with another label than `known` does is passed over early.
    pub(super) fn places<C: Code>(
        &self,
        roots: Range<u32>,
        known: &Known<C>,
        ends: &Ends,
        mut visit: impl FnMut(u32, u32),
    ) {
        match self.k {
            3 => self.each(roots, |rows: &[[u32; 3]]| self.look_up(rows, known, ends, &mut visit)),
            4 => self.each(roots, |rows: &[[u32; 4]]| self.look_up(rows, known, ends, &mut visit)),
            _ => self.each(roots, |rows: &[[u32; 5]]| self.look_up(rows, known, ends, &mut visit)),
        }
    }

    fn look_up<C: Code, const K: usize>(
        &self,
        rows: &[[u32; K]],
        known: &Known<C>,
        Ends { first, last }: &Ends,
        visit: &mut impl FnMut(u32, u32),
    ) {
        let mut batch = Batch::new();
        let mut chosen = [[0; K]; BATCH];
        for rows in rows.chunks(BATCH) {
            let mut n = 0;
            for row in rows {
                chosen[n] = *row;
                let label = |node: u32| self.labels[node as usize] as usize;
                n += usize::from(first[label(row[0])] & last[label(row[K - 1])]);
            }
            let rows = &chosen[..n];
            known.look_up(rows, self.labels, self.bits, &mut batch);
            let places = rows.iter().zip(&batch.places).filter(|&(_, &at)| (at as usize) < known.places());
            places.for_each(|(row, &place)| visit(row[0], place));
        }
    }

    fn each<const K: usize>(&self, roots: Range<u32>, mut visit: impl FnMut(&[[u32; K]])) {
        if let Some(kept) = self.occurrences.kept(self.place) {
            let (rows, _) = kept.as_chunks::<K>();
            let at = |root: u32| rows.partition_point(|row| row[0] < root);
            return rows[at(roots.start)..at(roots.end)].chunks(STRIDE).for_each(visit);
        }
        let mut rows: Vec<[u32; K]> = Vec::with_capacity(STRIDE);
        self.occurrences.each(self.place, |nodes| {
            if roots.contains(&nodes[0]) {
                rows.extend(nodes.as_chunks::<K>().0);
                if rows.len() == STRIDE {
                    visit(&rows);
                    rows.clear();
                }
            }
        });
        visit(&rows);
    }
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

/// The largest value of each draw, raised by many threads in any order: the result is the same.
pub(super) struct Maxima(Vec<AtomicU64>);

impl Maxima {
    pub(super) fn new(draws: u32) -> Self {
        Self((0..draws).map(|_| AtomicU64::new(ordered(f64::NEG_INFINITY))).collect())
    }

    pub(super) fn raise(&self, draw: u32, value: f64) {
        self.0[draw as usize].fetch_max(ordered(value), Ordering::Relaxed);
    }

    /// The largest value so far.
    pub(super) fn get(&self, draw: u32) -> f64 {
        of_ordered(self.0[draw as usize].load(Ordering::Relaxed))
    }

    /// The values, rising; -infinity for a draw that was never raised.
    pub(super) fn sorted(&self) -> Vec<f64> {
        let mut values: Vec<u64> = self.0.iter().map(|value| value.load(Ordering::Relaxed)).collect();
        values.sort_unstable();
        values.into_iter().map(of_ordered).collect()
    }
}

const SIGN: u64 = 1 << 63;

/// A number that rises with the value, which is not NaN.
fn ordered(value: f64) -> u64 {
    let bits = value.to_bits();
    if bits & SIGN == 0 { bits | SIGN } else { !bits }
}

fn of_ordered(number: u64) -> f64 {
    f64::from_bits(if number & SIGN == 0 { !number } else { number & !SIGN })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn maxima_keep_the_order_of_numbers() {
        let maxima = Maxima::new(4);
        for (draw, values) in [[-1.5, -3.0], [0.0, 1e-300], [-0.25, 7.0]].iter().enumerate() {
            values.iter().for_each(|&value| maxima.raise(draw as u32, value));
        }
        assert_eq!(maxima.sorted(), [f64::NEG_INFINITY, -1.5, 1e-300, 7.0]);
    }
}
