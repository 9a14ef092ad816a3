//! Which patterns occur more often than under the null, and how sure that is when many are looked at.
//!
//! # Why the family-wise p is exact
//! Given what is permuted (the labels of each block), data and draws are exchangeable under the null. The pilots are
//! drawn from the same labels by independent permutations, so given them the score is a fixed function of a labelling:
//! it is not fitted to the data. What is tested is chosen by the data (patterns with `min_count` occurrences), and
//! that choice is repeated in every draw: the largest score of a draw is taken over the patterns that reach
//! `min_count` *in that draw*, tested in the data or not. Hence the largest score of the data and those of the draws
//! are exchangeable too, and `(1 + draws whose largest score is at least the pattern's) / (1 + draws)` bounds the
//! chance of a single false discovery (Westfall and Young 1993, single step). To look only at patterns tested in the
//! data would not: among very many rare patterns some reach `min_count` by chance, and
//! hardly ever the same ones again.
//!
//! The same holds of the graphs that are not held out, taken alone. The held-out ones choose nothing.

use super::census::{Census, Pattern};
use rayon::prelude::*;

use super::code::{Code, CodeMap, label_bits, label_limit};
use super::draws::{Clock, Draws, Shape};
use super::error::MotifError;
use super::graph::Union;
use super::known::Known;
use super::maxima::Maxima;
use super::null::{Model, Nulls};
use super::occurrences::{Group, Occurrences, groups};
use super::outcome::{Outcome, Sums};
use super::score::{Scale, Scales};
use super::shape::{slot_nodes, slot_of_mask};
use super::visitors::{Halves, Pilot, Scout, Trial};

/// Pilot draws: the scale is then known to 7 %, for a tenth of the default work.
const PILOTS: u32 = 100;
/// Pilots that say which patterns get a centre and a scale of their own, ...
const SCOUTS: u32 = 8;
/// ... those which this many of them hold `min_count` times: the others are rare, with a mean of about 1 or less.
const OFTEN: usize = 2;

/// What a test needs to know.
pub(super) struct Test<'a> {
    pub(super) union: &'a Union,
    pub(super) null: &'a Model<'a>,
    /// Smallest and largest number of events.
    pub(super) sizes: (usize, usize),
    pub(super) iterations: u32,
    pub(super) min_count: u64,
    pub(super) seed: u64,
    /// First event of the held-out graphs; the number of events if none is held out.
    pub(super) held_out: u32,
    pub(super) progress: &'a (dyn Fn(u64, u64) + Sync),
}

/// What the draws gave.
pub(super) struct Tested {
    /// For each pattern of the census, in its order.
    pub(super) outcomes: Vec<Outcome>,
    /// Largest score of each draw, rising; -infinity if no pattern reached `min_count`.
    pub(super) maxima: Vec<f64>,
    /// The same over the graphs that are not held out.
    pub(super) discovery_maxima: Vec<f64>,
}

/// A pattern whose count is followed through the draws.
#[derive(Clone, Copy)]
struct Target<C> {
    code: C,
    /// Place in the census.
    pattern: usize,
}

impl<'a> Test<'a> {
    /// Draws the nulls and compares.
    ///
    /// # Errors
    /// Those of a null that builds graphs anew.
    pub(super) fn run(&self, census: &Census) -> Result<Tested, MotifError> {
        if self.narrow() { self.run_as::<u64>(census) } else { self.run_as::<u128>(census) }
    }

    /// Whether the labels of a pattern fit into 64 bits; the census has refused what does not fit into 128.
    pub(super) fn narrow(&self) -> bool {
        self.union.vocabulary.len() <= label_limit::<u64>(self.sizes.1)
    }

    /// The shapes that draws may hold, as many as memory allows at a time.
    pub(super) fn groups(&self, census: &Census) -> Vec<Group> {
        match self.null {
            Model::Labels(_) => groups(&census.shapes),
            // other times, other shapes, but of the same sizes
            Model::Times(_) => {
                let (min, max) = self.sizes;
                let may_occur = |slot| (min..=max).contains(&slot_nodes(slot));
                let instances = census.shapes.iter().enumerate();
                groups(&instances.map(|(slot, &n)| n.max(u64::from(may_occur(slot)))).collect::<Vec<_>>())
            }
        }
    }

    fn run_as<C: Code>(&self, census: &Census) -> Result<Tested, MotifError> {
        let (maxima, discovery) = (Maxima::new(self.iterations), Maxima::new(self.iterations));
        let mut outcomes = vec![Outcome::default(); census.patterns.len()];
        let groups = self.groups(census);
        let pilots = self.iterations.min(PILOTS);
        let shapes: usize = groups.iter().map(|group| group.slots.len()).sum();
        let draws = SCOUTS.min(pilots) + pilots + self.iterations;
        let clock = Clock::new(shapes as u64 * u64::from(draws), self.progress);
        for group in &groups {
            let occurrences = Occurrences::of(self.union, group);
            let draws = self.draws(group, &occurrences, &clock);
            self.test_group::<C>(&draws, census, pilots, (&maxima, &discovery), &mut outcomes)?;
        }
        Ok(Tested { outcomes, maxima: maxima.sorted(), discovery_maxima: discovery.sorted() })
    }

    pub(super) fn draws<'b>(
        &'b self,
        group: &'b Group,
        occurrences: &'b Occurrences<'b>,
        clock: &'b Clock<'b>,
    ) -> Draws<'b> {
        let Self { union, null, .. } = *self;
        Draws { union, null, group, occurrences, clock }
    }

    fn test_group<C: Code>(
        &self,
        draws: &Draws<'_>,
        census: &Census,
        pilots: u32,
        (maxima, discovery): (&Maxima, &Maxima),
        outcomes: &mut [Outcome],
    ) -> Result<(), MotifError> {
        let of_shape = self.targets::<C>(draws.group, census);
        let held_out = self.held_out;
        let min_count = u32::try_from(self.min_count).unwrap_or(u32::MAX);
        let pilot = Nulls::pilots(self.seed);

        // which patterns are common under the null, and on what scale each is measured
        let targeted = self.shapes(draws.group, &of_shape, &[]);
        let scout = Scout { shapes: &targeted, min_count };
        let seen = draws.run(pilot, 0..SCOUTS.min(pilots), &targeted, &scout)?;
        let often = |mut codes: Vec<C>| -> Vec<C> {
            codes.sort_unstable();
            codes.chunk_by(|a, b| a == b).filter(|same| same.len() >= OFTEN).map(|same| same[0]).collect()
        };
        let common: Vec<Vec<C>> = seen.into_par_iter().map(often).collect();
        let shapes = self.shapes(draws.group, &of_shape, &common);
        let halves = draws.observe(&shapes, &Halves { shapes: &shapes, held_out });
        let sums = draws.run(pilot, 0..pilots, &shapes, &Pilot { shapes: &shapes, held_out })?;
        let scale = |sums: &[Sums; 3]| {
            [0, 1, 2].map(|part| Scales::of(&sums[part].all_moments(pilots).collect::<Vec<_>>()))
        };
        let scales: Vec<[Scales; 3]> = sums.iter().map(scale).collect();
        // no shape occurs so often that its count does not fit 32 bits
        let count = |target: &Target<C>| census.patterns[target.pattern].count as u32;
        let observed: Vec<Vec<u32>> =
            of_shape.iter().map(|targets| targets.iter().map(count).collect()).collect();
        let trial = Trial {
            shapes: &shapes,
            scales: &scales,
            observed: &observed,
            held_out: (held_out < self.union.nodes()).then_some(held_out),
            min_count,
            maxima,
            discovery,
        };
        let tried = draws.run(Nulls::tests(self.seed), 0..self.iterations, &shapes, &trial)?;
        for (at, (targets, tried)) in of_shape.iter().zip(&tried).enumerate() {
            let own: CodeMap<u32, usize> =
                shapes[at].common.iter().enumerate().map(|(i, &place)| (place, i)).collect();
            for (i, (target, place)) in targets.iter().zip(&shapes[at].targets).enumerate() {
                let scale = |part: usize| {
                    let scales = &scales[at][part];
                    own.get(place).map_or(scales.rare, |&own| scales.get(own))
                };
                let (count, found) = (observed[at][i], halves[at][i]);
                let (null_mean, null_sd) = tried.sums.mean_and_sd(i, self.iterations);
                outcomes[target.pattern] = Outcome {
                    as_often: tried.as_often[i],
                    at_most: tried.at_most[i],
                    null_mean,
                    null_sd,
                    score: scale(0).score(count),
                    discovery: (found >= min_count).then(|| scale(1).score(found)),
                    held_out: count - found,
                    held_out_scale: scale(2),
                };
            }
        }
        Ok(())
    }

    /// Each shape of a group with its targets and the patterns of it that are common.
    fn shapes<C: Code>(&self, group: &Group, targets: &[Vec<Target<C>>], common: &[Vec<C>]) -> Vec<Shape<C>> {
        let label_bits = label_bits(self.union.vocabulary.len());
        let shape = |(place, targets): (usize, &Vec<Target<C>>)| {
            let common = common.get(place).map_or(&[][..], |codes| codes);
            let targets: Vec<C> = targets.iter().map(|target| target.code).collect();
            let mut codes = [&targets, common].concat();
            codes.sort_unstable();
            codes.dedup();
            let known = Known::of(&codes, slot_nodes(group.slots[place]) as u32 * label_bits);
            let rare = codes.iter().filter(|code| common.binary_search(code).is_err());
            let rare: Vec<u32> = rare.map(|&code| known.place(code) as u32).collect();
            let places = |codes: &[C]| codes.iter().map(|&code| known.place(code) as u32).collect();
            let (targets, common) = (places(&targets), places(common));
            Shape { place, known, codes, targets, common, rare }
        };
        targets.par_iter().enumerate().map(shape).collect()
    }

    /// The census' patterns of a group, by shape.
    fn targets<C: Code>(&self, group: &Group, census: &Census) -> Vec<Vec<Target<C>>> {
        let mut targets: Vec<Vec<Target<C>>> = vec![Vec::new(); group.slots.len()];
        for (pattern, counted) in census.patterns.iter().enumerate() {
            if let Some(place) = self.place_of(group, &counted.pattern) {
                targets[place].push(Target { code: self.code(&counted.pattern), pattern });
            }
        }
        targets
    }

    /// Place of a pattern's shape in a group.
    pub(super) fn place_of(&self, group: &Group, pattern: &Pattern) -> Option<usize> {
        slot_of_mask(usize::from(pattern.k()), pattern.mask()).and_then(|slot| group.place(slot))
    }

    /// A pattern's labels as a code.
    pub(super) fn code<C: Code>(&self, pattern: &Pattern) -> C {
        let vocabulary = &self.union.vocabulary;
        let digits = pattern.labels().iter().map(|l| vocabulary.partition_point(|known| known < l));
        let bits = label_bits(vocabulary.len());
        digits.fold(C::ZERO, |code, digit| code.append(bits, digit as u32))
    }
}

/// What a pattern's place among held-out graphs is measured with.
pub(super) fn held_out_score(outcome: &Outcome) -> f64 {
    Scale::score(outcome.held_out_scale, outcome.held_out)
}

#[cfg(test)]
mod tests;
