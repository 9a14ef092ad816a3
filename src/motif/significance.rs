//! Which patterns occur more often than under the null, and how sure that is when many are looked at.
//!
//! # The score
//! A pattern's score is `(count - centre) / scale`. Centre and scale are mean and `sqrt(variance + 1)` of its count in
//! pilot draws of the null, which are used for nothing else; for a pattern that is rare under the null (not listed by the
//! first few pilots) they are 0 and 1. Adding 1 keeps a rare pattern's three chance occurrences from looking extreme.
//!
//! # Why the family-wise p is exact
//! Given what is permuted (the labels of each block), data and draws are exchangeable under the null. The pilots are
//! drawn from the same labels by independent permutations, so given them the score is a fixed function of a labelling:
//! it is not fitted to the data. What is tested is chosen by the data (patterns with `min_count` occurrences), and that choice is
//! repeated in every draw: the largest score of a draw is taken over the patterns that reach `min_count` *in that draw*,
//! tested in the data or not. Hence the largest score of the data and those of the draws are exchangeable too, and
//! `(1 + draws whose largest score is at least the pattern's) / (1 + draws)` bounds the chance of a single false discovery
//! (Westfall and Young 1993, single step). To look only at patterns tested in the data would not: among very many rare
//! patterns some reach `min_count` by chance, and hardly ever the same ones again.

use std::ops::ControlFlow;
use std::sync::atomic::{AtomicU64, Ordering};

use rayon::prelude::*;

use super::census::{Census, GROUP, Group, Pattern, groups, pieces, roots};
use super::code::{Code, CodeMap, label_limit};
use super::error::MotifError;
use super::graph::Union;
use super::null::{Nulls, StratifiedPermutation};
use super::shape::{MAX_NODES, slot, slot_nodes, slot_of_mask};
use super::tally::Tally;
use super::walk::Walker;

/// Pilot draws: the scale is then known to 7 %, for a tenth of the default work.
const PILOTS: u32 = 100;
/// Pilots that say which patterns get a centre and a scale of their own: a pattern seen by none of them is rare.
const SCOUTS: u32 = 8;
/// Pieces into which the draws are cut for each thread, so that no thread waits long at the end.
const PIECES_PER_THREAD: u32 = 4;

/// Occurrences of a single shape that are kept, 240 MB at most; of more, each draw finds them anew.
const KEPT: u64 = 12_000_000;
/// Pieces of the walk whose findings wait to be sorted by shape: some 40 MB.
const WAVE: u32 = 16;

/// What a test needs to know.
pub(crate) struct Test<'a> {
    pub(crate) union: &'a Union,
    pub(crate) null: &'a StratifiedPermutation,
    pub(crate) iterations: u32,
    pub(crate) min_count: u64,
    pub(crate) seed: u64,
    pub(crate) progress: &'a (dyn Fn(u64, u64) + Sync),
}

/// A pattern's counts under the null, and its score in the data.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Outcome {
    /// Draws in which it occurs at least as often as in the data.
    pub(crate) as_often: u32,
    /// Sum of its counts.
    pub(crate) sum: u128,
    /// Sum of their squares.
    pub(crate) sum_squares: u128,
    /// Its score in the data.
    pub(crate) score: f64,
}

impl Outcome {
    fn add(&mut self, count: u32, observed: u64) {
        let count = u64::from(count);
        self.as_often += u32::from(count >= observed);
        self.sum += u128::from(count);
        self.sum_squares += u128::from(count) * u128::from(count);
    }

    fn merge(&mut self, other: &Self) {
        self.as_often += other.as_often;
        self.sum += other.sum;
        self.sum_squares += other.sum_squares;
    }

    /// Mean and variance (over n) of `n` counts.
    fn moments(&self, n: u32) -> (f64, f64) {
        let n = u128::from(n);
        // in integers: exact, and the same for any order of summation
        let spread = n * self.sum_squares - self.sum * self.sum;
        (self.sum as f64 / n as f64, spread as f64 / (n * n) as f64)
    }

    /// Mean of the counts, and their standard deviation with n - 1 (0 for a single count).
    pub(crate) fn mean_and_sd(&self, n: u32) -> (f64, f64) {
        let (mean, variance) = self.moments(n);
        let unbiased = if n > 1 { variance * f64::from(n) / f64::from(n - 1) } else { 0.0 };
        (mean, unbiased.sqrt())
    }
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
    pub(crate) fn run(&self, census: &Census) -> Result<Tested, MotifError> {
        for (slot, &instances) in census.shapes.iter().enumerate() {
            if instances > u64::from(u32::MAX) {
                return Err(MotifError::TooManyInstances { instances, k: slot_nodes(slot) });
            }
        }
        let largest =
            census.shapes.iter().rposition(|&instances| instances > 0).map_or(MAX_NODES, slot_nodes);
        // the census has refused what does not fit the wider code
        if self.union.vocabulary.len() <= label_limit::<u64>(largest) {
            Ok(self.run_as::<u64>(census))
        } else {
            Ok(self.run_as::<u128>(census))
        }
    }

    fn run_as<C: Code>(&self, census: &Census) -> Tested {
        let mut tested = Tested {
            outcomes: vec![Outcome::default(); census.patterns.len()],
            maxima: vec![f64::NEG_INFINITY; self.iterations as usize],
        };
        let groups = groups(&census.shapes, GROUP);
        let pilots = self.iterations.min(PILOTS);
        let total = groups.len() as u64 * (SCOUTS.min(pilots) + pilots + self.iterations) as u64;
        let clock = Clock { done: AtomicU64::new(0), total, report: self.progress };
        for group in &groups {
            let round = Round::<C>::of(self, group, &clock);
            let (known, scales) = round.scales(pilots);
            let targets = round.targets(census);
            let drawn =
                round.draws(Nulls::tests(self.seed), self.iterations, &targets, Some((&known, &scales)));
            for (target, outcome) in targets.iter().flatten().zip(drawn.outcomes) {
                let scale = known[target.place].get(&target.code).map_or(Scale::RARE, |&at| scales[at]);
                let score = scale.score(target.observed);
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

/// What fixes a pattern's score.
#[derive(Clone, Copy)]
struct Scale {
    centre: f64,
    width: f64,
}

impl Scale {
    const RARE: Self = Self { centre: 0.0, width: 1.0 };

    fn score(self, count: u64) -> f64 {
        (count as f64 - self.centre) / self.width
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

/// For each shape of a group, where the scale of a code is found.
type Known<C> = Vec<CodeMap<C, usize>>;

/// What a share of the draws gave: outcomes of the targets, and the largest score of each draw.
struct Drawn {
    outcomes: Vec<Outcome>,
    maxima: Vec<f64>,
}

/// One group of shapes: where its occurrences are, and the draws over them.
struct Round<'a, C> {
    test: &'a Test<'a>,
    group: &'a Group,
    clock: &'a Clock<'a>,
    /// Events of the occurrences of each shape, `[n, k]`; `None` for a shape with too many to be kept.
    rows: Option<Vec<Vec<u32>>>,
    code: std::marker::PhantomData<C>,
}

/// What a thread needs for its draws.
struct Desk<'g, C> {
    labels: Vec<u32>,
    tally: Tally<C>,
    walker: Option<Walker<'g>>,
}

impl<'a, C: Code> Round<'a, C> {
    fn of(test: &'a Test<'a>, group: &'a Group, clock: &'a Clock<'a>) -> Self {
        let kept = group.instances.iter().sum::<u64>() <= KEPT;
        let rows = kept.then(|| rows(test.union, group));
        Self { test, group, clock, rows, code: std::marker::PhantomData }
    }

    fn desk(&self) -> Desk<'a, C> {
        let union = self.test.union;
        // no count of a null reaches what 32 bits do not hold
        let reached_at = u32::try_from(self.test.min_count).unwrap_or(u32::MAX);
        Desk {
            labels: Vec::new(),
            tally: Tally::new(union.vocabulary.len() as u32, reached_at),
            walker: self.rows.is_none().then(|| Walker::new(union, self.group.sizes())),
        }
    }

    /// One draw: calls `visit` with each shape's place and counts.
    fn draw(
        &self,
        desk: &mut Desk<'a, C>,
        nulls: Nulls,
        iteration: u32,
        mut visit: impl FnMut(usize, &Tally<C>),
    ) {
        let union = self.test.union;
        let Desk { labels, tally, walker } = desk;
        self.test.null.draw(nulls, iteration, &union.labels, labels);
        for (place, (&slot_here, &instances)) in
            self.group.slots.iter().zip(&self.group.instances).enumerate()
        {
            let k = slot_nodes(slot_here);
            tally.clear(k, instances);
            match (&self.rows, walker.as_mut()) {
                (Some(rows), _) => match k {
                    3 => tally.add_rows::<3>(&rows[place], labels),
                    4 => tally.add_rows::<4>(&rows[place], labels),
                    _ => tally.add_rows::<5>(&rows[place], labels),
                },
                (None, Some(walker)) => {
                    let radix = union.vocabulary.len() as u32;
                    let all = walker.walk(0..union.nodes(), |found| {
                        if slot(found.k, found.triangle) == slot_here {
                            let digits = found.nodes[..k].iter().map(|&node| labels[node as usize]);
                            tally.add(digits.fold(C::ZERO, |code, digit| code.push(radix, digit)));
                        }
                        ControlFlow::Continue(())
                    });
                    debug_assert!(all.is_continue());
                }
                (None, None) => {}
            }
            visit(place, tally);
        }
        self.clock.tick();
    }

    /// Centre and scale of every pattern that is not rare under the null.
    fn scales(&self, pilots: u32) -> (Known<C>, Vec<Scale>) {
        let nulls = Nulls::pilots(self.test.seed);
        let mut seen: Vec<(usize, C)> = (0..SCOUTS.min(pilots))
            .into_par_iter()
            .map_init(
                || self.desk(),
                |desk, iteration| {
                    let mut seen = Vec::new();
                    self.draw(desk, nulls, iteration, |place, tally| {
                        seen.extend(tally.reached().iter().map(|&code| (place, code)));
                    });
                    seen
                },
            )
            .flatten_iter()
            .collect();
        seen.par_sort_unstable();
        seen.dedup();
        let mut known: Known<C> = self.group.slots.iter().map(|_| CodeMap::default()).collect();
        let mut targets: Vec<Vec<Target<C>>> = vec![Vec::new(); self.group.slots.len()];
        for (at, &(place, code)) in seen.iter().enumerate() {
            known[place].insert(code, at);
            targets[place].push(Target { place, code, observed: 0, pattern: at });
        }
        let drawn = self.draws(nulls, pilots, &targets, None);
        let scale = |outcome: &Outcome| {
            let (centre, variance) = outcome.moments(pilots);
            Scale { centre, width: (variance + 1.0).sqrt() }
        };
        (known, drawn.outcomes.iter().map(scale).collect())
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
        scales: Option<(&Known<C>, &[Scale])>,
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
        scales: Option<(&Known<C>, &[Scale])>,
    ) -> Drawn {
        let mut desk = self.desk();
        let mut outcomes = vec![Outcome::default(); targets.iter().map(Vec::len).sum()];
        let mut maxima = Vec::new();
        for iteration in iterations {
            let mut max = f64::NEG_INFINITY;
            let mut next = 0;
            self.draw(&mut desk, nulls, iteration, |place, tally| {
                for target in &targets[place] {
                    outcomes[next].add(tally.get(target.code), target.observed);
                    next += 1;
                }
                if let Some((known, scales)) = scales {
                    max = max.max(largest(tally, &known[place], scales, max));
                }
            });
            maxima.push(max);
        }
        Drawn { outcomes, maxima }
    }
}

/// The largest score among a shape's patterns, if it is above `bar`.
fn largest<C: Code>(tally: &Tally<C>, known: &CodeMap<C, usize>, scales: &[Scale], bar: f64) -> f64 {
    tally.reached().iter().fold(bar, |max, &code| {
        let count = u64::from(tally.get(code));
        // a centre is at least 0 and a width at least 1: the score cannot be above the count
        if count as f64 <= max {
            return max;
        }
        max.max(known.get(&code).map_or(Scale::RARE, |&at| scales[at]).score(count))
    })
}

/// The occurrences of each shape of a group, in the order of the walk.
fn rows(union: &Union, group: &Group) -> Vec<Vec<u32>> {
    let nodes: Vec<usize> = group.slots.iter().map(|&slot| slot_nodes(slot)).collect();
    let mut rows: Vec<Vec<u32>> =
        nodes.iter().zip(&group.instances).map(|(k, &n)| Vec::with_capacity(k * n as usize)).collect();
    let find = |walker: &mut Walker<'_>, piece| {
        let mut found: Vec<(u16, [u32; MAX_NODES])> = Vec::new();
        let all = walker.walk(roots(union, piece), |set| {
            if let Some(place) = group.place(slot(set.k, set.triangle)) {
                found.push((place as u16, set.nodes));
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
        let found: Vec<_> = wave.into_par_iter().map_init(walker, find).collect();
        for (place, set) in found.into_iter().flatten() {
            let place = usize::from(place);
            rows[place].extend_from_slice(&set[..nodes[place]]);
        }
    }
    rows
}
