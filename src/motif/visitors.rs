//! What is looked for in the draws of a test.

use std::ops::Range;

use super::code::Code;
use super::desk::Desk;
use super::drawn::Drawn;
use super::draws::{Shape, Visitor};
use super::maxima::Maxima;
use super::outcome::{Sums, add_all};
use super::score::Scales;

/// Lists the patterns that reach `min_count`.
pub(super) struct Scout<'a, C> {
    pub(super) shapes: &'a [Shape<C>],
    pub(super) min_count: u32,
}

impl<C: Code> Visitor<C> for Scout<'_, C> {
    type Kept = Vec<C>;

    fn start(&self, _: usize) -> Vec<C> {
        Vec::new()
    }

    fn see(&self, shape: usize, _: u32, drawn: &Drawn<'_>, desk: &mut Desk, kept: &mut Vec<C>) {
        let Shape { known, codes, targets, .. } = &self.shapes[shape];
        drawn.clear(known, desk);
        drawn.count(0..u32::MAX, known, desk);
        for lane in drawn.lanes.clone() {
            let counts = codes.iter().zip(desk.counts(lane, targets));
            kept.extend(counts.filter(|&(_, count)| count >= self.min_count).map(|(&code, _)| code));
            let unknown = drawn.unknown(lane, 0..u32::MAX, known, desk, self.min_count);
            kept.extend(unknown.into_iter().map(|(code, _)| code));
        }
    }

    fn join(&self, kept: &mut Vec<C>, mut later: Vec<C>) {
        kept.append(&mut later);
    }
}

/// Counts the targets among the graphs that are not held out.
pub(super) struct Halves<'a, C> {
    pub(super) shapes: &'a [Shape<C>],
    pub(super) held_out: u32,
}

impl<C: Code> Visitor<C> for Halves<'_, C> {
    type Kept = Vec<u32>;

    fn start(&self, shape: usize) -> Vec<u32> {
        vec![0; self.shapes[shape].targets.len()]
    }

    fn see(&self, shape: usize, _: u32, drawn: &Drawn<'_>, desk: &mut Desk, kept: &mut Vec<u32>) {
        let Shape { known, targets, .. } = &self.shapes[shape];
        drawn.clear(known, desk);
        drawn.count(0..self.held_out, known, desk);
        for lane in drawn.lanes.clone() {
            add_all(kept, &desk.counts(lane, targets));
        }
    }

    fn join(&self, kept: &mut Vec<u32>, later: Vec<u32>) {
        add_all(kept, &later);
    }
}

/// Sums the counts of the common patterns: in all graphs, in those not held out, and in those held out.
pub(super) struct Pilot<'a, C> {
    pub(super) shapes: &'a [Shape<C>],
    pub(super) held_out: u32,
}

impl<C: Code> Visitor<C> for Pilot<'_, C> {
    type Kept = [Sums; 3];

    fn start(&self, shape: usize) -> [Sums; 3] {
        [(); 3].map(|()| Sums::new(self.shapes[shape].common.len()))
    }

    fn see(&self, shape: usize, _: u32, drawn: &Drawn<'_>, desk: &mut Desk, kept: &mut [Sums; 3]) {
        let Shape { known, common, .. } = &self.shapes[shape];
        drawn.clear(known, desk);
        drawn.count(0..self.held_out, known, desk);
        let found: Vec<Vec<u32>> = drawn.lanes.clone().map(|lane| desk.counts(lane, common)).collect();
        drawn.count(self.held_out..u32::MAX, known, desk);
        for (lane, found) in drawn.lanes.clone().zip(&found) {
            let mut counts = desk.counts(lane, common);
            kept[0].add(&counts);
            kept[1].add(found);
            counts.iter_mut().zip(found).for_each(|(count, found)| *count -= found);
            kept[2].add(&counts);
        }
    }

    fn join(&self, kept: &mut [Sums; 3], later: [Sums; 3]) {
        kept.iter_mut().zip(&later).for_each(|(kept, later)| kept.merge(later));
    }
}

/// Compares the counts of the targets with those in the data, and takes each draw's largest score.
pub(super) struct Trial<'a, C> {
    pub(super) shapes: &'a [Shape<C>],
    /// Of the common patterns, in all graphs, in those not held out, and in those held out.
    pub(super) scales: &'a [[Scales; 3]],
    /// Count of each target in the data.
    pub(super) observed: &'a [Vec<u32>],
    /// First event of the held-out graphs, if there are any.
    pub(super) held_out: Option<u32>,
    pub(super) min_count: u32,
    pub(super) maxima: &'a Maxima,
    pub(super) discovery: &'a Maxima,
}

/// What a trial keeps of each target.
pub(super) struct Tried {
    pub(super) sums: Sums,
    /// Draws that hold the pattern at least as often as the data, and at most as often.
    pub(super) as_often: Vec<u32>,
    pub(super) at_most: Vec<u32>,
}

impl<C: Code> Visitor<C> for Trial<'_, C> {
    type Kept = Tried;

    fn start(&self, shape: usize) -> Tried {
        let targets = self.shapes[shape].targets.len();
        Tried { sums: Sums::new(targets), as_often: vec![0; targets], at_most: vec![0; targets] }
    }

    fn see(&self, shape: usize, first: u32, drawn: &Drawn<'_>, desk: &mut Desk, kept: &mut Tried) {
        let Shape { known: patterns, targets, common, rare, .. } = &self.shapes[shape];
        let [all, found, _] = &self.scales[shape];
        // other shapes may have set the bar already: what stays below it need not be looked for
        let raise = |maxima: &Maxima, scales: &Scales, desk: &Desk, lane: usize, roots: Range<u32>| {
            let iteration = first + lane as u32;
            let bar = scales.largest(&desk.counts(lane, common), self.min_count, maxima.get(iteration));
            let known = desk.counts(lane, rare).into_iter().max();
            let least = scales.rare.least_above(bar).max(self.min_count);
            let unknown = drawn.unknown(lane, roots, patterns, desk, least);
            let most = unknown.into_iter().map(|(_, count)| count).max().max(known);
            let of_rare = most.filter(|&count| count >= least).map(|count| scales.rare.score(count));
            maxima.raise(iteration, of_rare.unwrap_or(bar));
        };
        drawn.clear(patterns, desk);
        let mut from = 0;
        if let Some(held_out) = self.held_out {
            drawn.count(0..held_out, patterns, desk);
            for lane in drawn.lanes.clone() {
                raise(self.discovery, found, desk, lane, 0..held_out);
            }
            from = held_out;
        }
        drawn.count(from..u32::MAX, patterns, desk);
        for lane in drawn.lanes.clone() {
            raise(self.maxima, all, desk, lane, 0..u32::MAX);
            let counts = desk.counts(lane, targets);
            kept.sums.add(&counts);
            let observed = &self.observed[shape];
            for ((as_often, &observed), &count) in kept.as_often.iter_mut().zip(observed).zip(&counts) {
                *as_often += u32::from(count >= observed);
            }
            for ((at_most, &observed), &count) in kept.at_most.iter_mut().zip(observed).zip(&counts) {
                *at_most += u32::from(count <= observed);
            }
        }
    }

    fn join(&self, kept: &mut Tried, later: Tried) {
        kept.sums.merge(&later.sums);
        add_all(&mut kept.as_often, &later.as_often);
        add_all(&mut kept.at_most, &later.at_most);
    }
}
