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

use std::sync::atomic::{AtomicU64, Ordering};

use rayon::prelude::*;

use super::census::{Census, Pattern};
use super::code::{Code, label_limit};
use super::graph::Union;
use super::null::{Nulls, StratifiedPermutation};
use super::occurrences::{Group, Occurrences, groups};
use super::outcome::Outcome;
use super::score::Scales;
use super::shape::{MAX_NODES, slot_nodes, slot_of_mask};
use super::tally::{TOGETHER, Tally};

/// Pilot draws: the scale is then known to 7 %, for a tenth of the default work.
const PILOTS: u32 = 100;
/// Pilots that say which patterns get a centre and a scale of their own: a pattern seen by none of them is rare.
const SCOUTS: u32 = 8;
/// Pieces into which the draws are cut for each thread, so that no thread waits long at the end.
const PIECES_PER_THREAD: u32 = 4;

/// What a test needs to know.
pub(crate) struct Test<'a> {
    pub(crate) union: &'a Union,
    pub(crate) null: &'a StratifiedPermutation,
    pub(crate) iterations: u32,
    pub(crate) min_count: u64,
    pub(crate) seed: u64,
    pub(crate) progress: &'a (dyn Fn(u64, u64) + Sync),
}

/// What the draws gave.
pub(crate) struct Tested {
    /// For each pattern of the census, in its order.
    pub(crate) outcomes: Vec<Outcome>,
    /// Largest score of each draw; -infinity if no pattern reached `min_count`.
    pub(crate) maxima: Vec<f64>,
}

impl Test<'_> {
    /// Draws the nulls and compares.
    pub(crate) fn run(&self, census: &Census) -> Tested {
        let largest =
            census.shapes.iter().rposition(|&instances| instances > 0).map_or(MAX_NODES, slot_nodes);
        // the census has refused what does not fit the wider code
        if self.union.vocabulary.len() <= label_limit::<u64>(largest) {
            self.run_as::<u64>(census)
        } else {
            self.run_as::<u128>(census)
        }
    }

    fn run_as<C: Code>(&self, census: &Census) -> Tested {
        let mut tested = Tested {
            outcomes: vec![Outcome::default(); census.patterns.len()],
            maxima: vec![f64::NEG_INFINITY; self.iterations as usize],
        };
        let groups = groups(&census.shapes);
        let pilots = self.iterations.min(PILOTS);
        let total = groups.len() as u64 * (SCOUTS.min(pilots) + pilots + self.iterations) as u64;
        let clock = Clock { done: AtomicU64::new(0), total, report: self.progress };
        for group in &groups {
            let round = Round::<C>::of(self, group, &clock);
            let scales = round.scales(pilots);
            let targets = round.targets(census);
            let drawn = round.draws(Nulls::tests(self.seed), self.iterations, &targets, Some(&scales));
            for (target, outcome) in targets.iter().flatten().zip(drawn.outcomes) {
                let score = scales[target.place].get(target.code).score(target.observed);
                tested.outcomes[target.pattern] = Outcome { score, ..outcome };
            }
            for (max, of_group) in tested.maxima.iter_mut().zip(drawn.maxima) {
                *max = max.max(of_group);
            }
        }
        tested
    }
}

struct Clock<'a> {
    done: AtomicU64,
    total: u64,
    report: &'a (dyn Fn(u64, u64) + Sync),
}

impl Clock<'_> {
    fn tick(&self) {
        (self.report)(self.done.fetch_add(1, Ordering::Relaxed) + 1, self.total);
    }
}

/// A pattern whose count is followed through the draws.
#[derive(Clone, Copy)]
struct Target<C> {
    /// Place of its shape in the group.
    place: usize,
    code: C,
    observed: u64,
    /// Place in the census.
    pattern: usize,
}

/// What a share of the draws gave: outcomes of the targets, and the largest score of each draw.
struct Drawn {
    outcomes: Vec<Outcome>,
    maxima: Vec<f64>,
}

/// One group of shapes, and the draws over them.
struct Round<'a, C> {
    test: &'a Test<'a>,
    group: &'a Group,
    occurrences: Occurrences<'a>,
    clock: &'a Clock<'a>,
    code: std::marker::PhantomData<C>,
}

/// What a thread needs for its draws.
struct Desk<C> {
    labels: Vec<u32>,
    tally: Tally<C>,
}

impl<'a, C: Code> Round<'a, C> {
    fn of(test: &'a Test<'a>, group: &'a Group, clock: &'a Clock<'a>) -> Self {
        let occurrences = Occurrences::of(test.union, group);
        Self { test, group, occurrences, clock, code: std::marker::PhantomData }
    }

    fn desk(&self) -> Desk<C> {
        let tally = Tally::new(self.test.union.vocabulary.len() as u32, self.test.min_count);
        Desk { labels: Vec::new(), tally }
    }

    /// One draw: calls `visit` with each shape's place and counts.
    fn draw(
        &self,
        desk: &mut Desk<C>,
        nulls: Nulls,
        iteration: u32,
        mut visit: impl FnMut(usize, &Tally<C>),
    ) {
        let Desk { labels, tally } = desk;
        self.test.null.draw(nulls, iteration, &self.test.union.labels, labels);
        for place in 0..self.group.slots.len() {
            tally.count(self.group, place, &self.occurrences, labels);
            visit(place, tally);
        }
        self.clock.tick();
    }

    /// Mean and dispersion of every pattern that is not rare under the null, by shape.
    fn scales(&self, pilots: u32) -> Vec<Scales<C>> {
        let nulls = Nulls::pilots(self.test.seed);
        let scout = |desk: &mut Desk<C>, iteration| {
            let mut seen = Vec::new();
            self.draw(desk, nulls, iteration, |place, tally| {
                seen.extend(tally.reached().iter().map(|&code| (place, code)));
            });
            seen
        };
        let mut seen: Vec<(usize, C)> =
            (0..SCOUTS.min(pilots)).into_par_iter().map_init(|| self.desk(), scout).flatten_iter().collect();
        seen.par_sort_unstable();
        seen.dedup();
        let mut targets: Vec<Vec<Target<C>>> = vec![Vec::new(); self.group.slots.len()];
        for (pattern, (place, code)) in seen.into_iter().enumerate() {
            targets[place].push(Target { place, code, observed: 0, pattern });
        }
        let mut outcomes = self.draws(nulls, pilots, &targets, None).outcomes.into_iter();
        let of_shape = |targets: &Vec<Target<C>>| {
            // zip asks the targets first: none of the next shape's outcomes is lost
            let patterns = targets.iter().zip(outcomes.by_ref());
            Scales::of(&patterns.map(|(target, o)| (target.code, o.moments(pilots))).collect::<Vec<_>>())
        };
        targets.iter().map(of_shape).collect()
    }

    /// The census' patterns of this group, by shape.
    fn targets(&self, census: &Census) -> Vec<Vec<Target<C>>> {
        let mut targets: Vec<Vec<Target<C>>> = vec![Vec::new(); self.group.slots.len()];
        let vocabulary = &self.test.union.vocabulary;
        let code = |pattern: &Pattern| {
            let digits = pattern.labels().iter().map(|l| vocabulary.partition_point(|known| known < l));
            digits.fold(C::ZERO, |code, digit| code.push(vocabulary.len() as u32, digit as u32))
        };
        for (pattern, counted) in census.patterns.iter().enumerate() {
            let of = &counted.pattern;
            let slot = slot_of_mask(usize::from(of.k()), of.mask());
            if let Some(place) = slot.and_then(|slot| self.group.place(slot)) {
                targets[place].push(Target { place, code: code(of), observed: counted.count, pattern });
            }
        }
        targets
    }

    /// Draws `iterations` labellings, follows the targets and, where scales are given, takes each draw's largest score.
    fn draws(
        &self,
        nulls: Nulls,
        iterations: u32,
        targets: &[Vec<Target<C>>],
        scales: Option<&[Scales<C>]>,
    ) -> Drawn {
        let threads = rayon::current_num_threads() as u32;
        let share = iterations.div_ceil(threads.saturating_mul(PIECES_PER_THREAD)).max(1);
        let one = |piece: u32| {
            let first = piece * share;
            self.share(nulls, first..iterations.min(first.saturating_add(share)), targets, scales)
        };
        let nothing = || Drawn { outcomes: Vec::new(), maxima: Vec::new() };
        (0..iterations.div_ceil(share)).into_par_iter().map(one).reduce(nothing, |mut left, mut right| {
            // integers add up to the same in any order, and the maxima are kept in theirs
            if left.outcomes.is_empty() {
                std::mem::swap(&mut left.outcomes, &mut right.outcomes);
            } else if !right.outcomes.is_empty() {
                left.outcomes.iter_mut().zip(&right.outcomes).for_each(|(l, r)| l.merge(r));
            }
            left.maxima.append(&mut right.maxima);
            left
        })
    }

    fn share(
        &self,
        nulls: Nulls,
        iterations: std::ops::Range<u32>,
        targets: &[Vec<Target<C>>],
        scales: Option<&[Scales<C>]>,
    ) -> Drawn {
        let mut desk = self.desk();
        let mut outcomes = vec![Outcome::default(); targets.iter().map(Vec::len).sum()];
        let mut maxima = Vec::new();
        for iteration in iterations {
            let mut max = f64::NEG_INFINITY;
            let mut next = 0;
            self.draw(&mut desk, nulls, iteration, |place, tally| {
                for targets in targets[place].chunks(TOGETHER) {
                    tally.warm(targets.iter().map(|target| target.code));
                    for target in targets {
                        outcomes[next].add(tally.get(target.code), target.observed);
                        next += 1;
                    }
                }
                if let Some(scales) = scales {
                    max = scales[place].largest(tally, max);
                }
            });
            maxima.push(max);
        }
        Drawn { outcomes, maxima }
    }
}
