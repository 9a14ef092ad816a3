//! The test beside one that counts everything in maps, draw by draw.

use std::collections::BTreeMap;

use super::super::census::{Counter, PatternCount};
use super::super::config::MotifConfig;
use super::super::graph::MotifGraph;
use super::super::null::StratifiedPermutation;
use super::*;
use crate::csr::CsrPattern;
use crate::philox::Philox;

const ITERATIONS: u32 = 30;
/// Patterns that are tested: nearly all that occur twice; so few that many a draw has none among the open sessions.
const MIN_COUNTS: [u32; 2] = [2, 9];
const LABELS: u32 = 5;
const SEED: u64 = 11;

/// Slot of the shape, and labels in time order.
type Named = (usize, Vec<u32>);

/// Six sessions of 14 events, each linked with the next 2.
fn with_test(min_count: u32, check: impl FnOnce(&Test<'_>, &Census)) {
    let n = 14_u32;
    let row_ptr: Vec<u32> = (0..=n).map(|u| (0..u).map(|v| (n - 1 - v).min(2)).sum()).collect();
    let col_idx: Vec<u32> = (0..n).flat_map(|u| (u + 1..n.min(u + 3)).collect::<Vec<_>>()).collect();
    let pattern = CsrPattern::new(&row_ptr, &col_idx, n as usize).unwrap();
    let mut numbers = Philox::new(5).stream(0, 0);
    let mut label = || numbers.below(LABELS).min(numbers.below(LABELS));
    let labels: Vec<Vec<u32>> = (0..6).map(|_| (0..n).map(|_| label()).collect()).collect();
    let t_ms: Vec<i64> = (0..i64::from(n)).map(|at| at * 60_000).collect();
    let graphs: Vec<MotifGraph<'_>> =
        labels.iter().map(|labels| MotifGraph::new(pattern, labels, &t_ms).unwrap()).collect();
    let config = MotifConfig { min_count: min_count.into(), ..MotifConfig::default() };
    let union = Union::within(&graphs, None).unwrap();
    let census = Counter::of(&union, &config).count().unwrap();
    let null = Model::Labels(StratifiedPermutation::of(&graphs, &union, 300_000));
    check(
        &Test {
            union: &union,
            null: &null,
            sizes: config.sizes(),
            iterations: ITERATIONS,
            min_count: config.min_count,
            seed: SEED,
            held_out: union.offsets[3],
            progress: &|_, _| {},
        },
        &census,
    );
}

/// Counts of every pattern in all graphs, in those not held out, and in those held out, under some labels.
fn count(test: &Test<'_>, census: &Census, labels: &[u32]) -> BTreeMap<Named, [u32; 3]> {
    let mut counts: BTreeMap<Named, [u32; 3]> = BTreeMap::new();
    for group in &test.groups(census) {
        let occurrences = Occurrences::of(test.union, group);
        for (place, &slot) in group.slots.iter().enumerate() {
            for row in occurrences.kept(place).unwrap().chunks(slot_nodes(slot)) {
                let named = (slot, row.iter().map(|&node| labels[node as usize]).collect());
                let of = counts.entry(named).or_default();
                of[0] += 1;
                of[if row[0] < test.held_out { 1 } else { 2 }] += 1;
            }
        }
    }
    counts
}

fn draws(test: &Test<'_>, census: &Census, nulls: Nulls) -> Vec<BTreeMap<Named, [u32; 3]>> {
    let Model::Labels(null) = test.null else { panic!("labels are drawn here") };
    let draw = |iteration| {
        let mut labels = Vec::new();
        null.draw(nulls, iteration, &test.union.labels, &mut labels);
        count(test, census, &labels)
    };
    (0..ITERATIONS).map(draw).collect()
}

/// The scale of every pattern of the pilots that is common, and that of the others, by slot.
struct Reference {
    own: BTreeMap<Named, [Scale; 3]>,
    rare: BTreeMap<usize, [Scale; 3]>,
}

impl Reference {
    fn of(test: &Test<'_>, census: &Census) -> Self {
        let pilots = draws(test, census, Nulls::pilots(SEED));
        let mut often: BTreeMap<&Named, usize> = BTreeMap::new();
        for (named, _) in
            pilots[..SCOUTS as usize].iter().flatten().filter(|(_, n)| u64::from(n[0]) >= test.min_count)
        {
            *often.entry(named).or_default() += 1;
        }
        let mut common: BTreeMap<usize, Vec<&Named>> = BTreeMap::new();
        for slot in (0..census.shapes.len()).filter(|&slot| census.shapes[slot] > 0) {
            let of_slot = often.iter().filter(|(named, times)| named.0 == slot && **times >= OFTEN);
            common.insert(slot, of_slot.map(|(named, _)| *named).collect());
        }
        let mut this = Self { own: BTreeMap::new(), rare: BTreeMap::new() };
        for (slot, common) in common {
            let scales = [0, 1, 2].map(|part| {
                let moments = |named: &&Named| {
                    let counts = || pilots.iter().map(|d| f64::from(d.get(*named).map_or(0, |n| n[part])));
                    let n = f64::from(ITERATIONS);
                    let (sum, squares) = (counts().sum::<f64>(), counts().map(|c| c * c).sum::<f64>());
                    (sum / n, (n * squares - sum * sum) / (n * n))
                };
                Scales::of(&common.iter().map(moments).collect::<Vec<_>>())
            });
            this.rare.insert(slot, [0, 1, 2].map(|part: usize| scales[part].rare));
            for (at, named) in common.into_iter().enumerate() {
                this.own.insert(named.clone(), [0, 1, 2].map(|part: usize| scales[part].get(at)));
            }
        }
        this
    }

    fn score(&self, named: &Named, part: usize, count: u32) -> f64 {
        self.own.get(named).unwrap_or(&self.rare[&named.0])[part].score(count)
    }
}

fn named(test: &Test<'_>, pattern: &Pattern) -> Named {
    let place = |label: &u32| test.union.vocabulary.iter().position(|known| known == label).unwrap() as u32;
    let slot = slot_of_mask(usize::from(pattern.k()), pattern.mask()).unwrap();
    (slot, pattern.labels().iter().map(place).collect())
}

#[test]
fn maxima_and_outcomes_are_those_of_counting_everything() {
    let mut rare_in_one_half = 0;
    let mut untested_draws = 0;
    let mut compare = |test: &Test<'_>, census: &Census| {
        let tested = test.run(census).unwrap();
        let reference = Reference::of(test, census);
        let is_rare = |counted: &PatternCount| !reference.own.contains_key(&named(test, &counted.pattern));
        assert!(test.min_count > 2 || reference.own.len() > 20 && census.patterns.iter().any(is_rare));
        let drawn = draws(test, census, Nulls::tests(SEED));
        for (part, got) in [&tested.maxima, &tested.discovery_maxima].into_iter().enumerate() {
            let largest = |draw: &BTreeMap<Named, [u32; 3]>| {
                let reached = draw.iter().filter(|(_, n)| u64::from(n[part]) >= test.min_count);
                reached
                    .map(|(named, n)| reference.score(named, part, n[part]))
                    .fold(f64::NEG_INFINITY, f64::max)
            };
            let mut want: Vec<f64> = drawn.iter().map(largest).collect();
            want.sort_by(f64::total_cmp);
            assert_eq!(got, &want, "part {part}");
            untested_draws += want.iter().filter(|&&largest| largest == f64::NEG_INFINITY).count();
        }
        let observed = count(test, census, &test.union.labels);
        for (counted, outcome) in census.patterns.iter().zip(&tested.outcomes) {
            let named = named(test, &counted.pattern);
            let [all, found, held] = observed[&named];
            let counts = || drawn.iter().map(|draw| draw.get(&named).map_or(0, |n| n[0]));
            assert_eq!(u64::from(all), counted.count);
            assert_eq!(outcome.as_often as usize, counts().filter(|&n| n >= all).count());
            assert_eq!(outcome.at_most as usize, counts().filter(|&n| n <= all).count());
            assert_eq!(outcome.null_mean, f64::from(counts().sum::<u32>()) / f64::from(ITERATIONS));
            assert_eq!(outcome.score, reference.score(&named, 0, all));
            let discovery = (u64::from(found) >= test.min_count).then(|| reference.score(&named, 1, found));
            assert_eq!(outcome.discovery, discovery);
            assert_eq!((outcome.held_out, held_out_score(outcome)), (held, reference.score(&named, 2, held)));
            rare_in_one_half += u32::from(discovery.is_none());
        }
    };
    MIN_COUNTS.into_iter().for_each(|min_count| with_test(min_count, &mut compare));
    assert!(rare_in_one_half > 0 && untested_draws > 0);
}

#[test]
fn confirmation_takes_the_largest_score_of_the_candidates_among_held_out_graphs() {
    with_test(MIN_COUNTS[0], |test, census| {
        let tested = test.run(census).unwrap();
        let drawn = draws(test, census, Nulls::tests(SEED));
        let candidates: Vec<usize> = (0..census.patterns.len()).step_by(7).collect();
        let p_values = test.confirm(census, &tested.outcomes, &candidates).unwrap();
        let score = |at: usize, count: u32| tested.outcomes[at].held_out_scale.score(count);
        let largest = |draw: &BTreeMap<Named, [u32; 3]>| {
            let count = |at: usize| draw.get(&named(test, &census.patterns[at].pattern)).map_or(0, |n| n[2]);
            candidates.iter().map(|&at| score(at, count(at))).fold(f64::MIN, f64::max)
        };
        let maxima: Vec<f64> = drawn.iter().map(largest).collect();
        for (&at, p) in candidates.iter().zip(&p_values) {
            let above = maxima.iter().filter(|&&m| m >= score(at, tested.outcomes[at].held_out)).count();
            assert_eq!(*p, (above as f64 + 1.0) / f64::from(ITERATIONS + 1));
        }
        assert!(p_values.iter().any(|&p| p < 1.0));
    });
}

#[test]
fn counts_by_graph_add_up() {
    with_test(MIN_COUNTS[0], |test, census| {
        let patterns: Vec<usize> = (0..census.patterns.len()).rev().step_by(5).collect();
        let tested = test.run(census).unwrap();
        let by_graph = test.by_graph(census, &patterns, ITERATIONS).unwrap();
        for (&at, by_graph) in patterns.iter().zip(&by_graph) {
            assert_eq!(by_graph.observed.iter().sum::<u64>(), census.patterns[at].count);
            let held_out: u64 = by_graph.observed[3..].iter().sum();
            assert_eq!(held_out, u64::from(tested.outcomes[at].held_out));
            let mean = by_graph.drawn.iter().sum::<u64>() as f64 / f64::from(ITERATIONS);
            assert_eq!(mean, tested.outcomes[at].null_mean);
        }
    });
}
