//! The test compared with a reference that counts every pattern of every replicate in maps.

use std::collections::BTreeMap;

use super::max_t::{MIN_SCREENED, SCREENING_REPLICATES};
use super::score::{Scale, ShapeScales};
use super::*;
use crate::csr::CsrPattern;
use crate::motif::MotifConfig;
use crate::motif::census::{Census, CensusBuilder, Occurrences, PatternCount, PatternIdx};
use crate::motif::enumerate::ShapeIdx;
use crate::motif::graph::{LabelIdx, MotifGraph, Union};
use crate::motif::null::{NullModel, NullRng, StratifiedPermutation};
use crate::motif::pattern::Pattern;
use crate::philox::Philox;

const ITERATIONS: u32 = 30;
/// With 2 nearly all patterns are tested; with 9 so few that in some replicates none is scored in the sessions not
/// held out.
const MIN_COUNTS: [u32; 2] = [2, 9];
const LABELS: u32 = 5;
const SEED: u64 = 11;

/// A pattern: its shape, and its labels in time order.
type PatternName = (ShapeIdx, Vec<LabelIdx>);

/// Counts in all graphs, in those not held out, and in those held out.
type Counts = BTreeMap<PatternName, [u32; 3]>;

/// Six sessions of 14 events, each linked with the next 2.
fn with_test(min_count: u32, check: impl FnOnce(&SignificanceTest<'_>, &Census)) {
    let n = 14_u32;
    let row_ptr: Vec<u32> = (0..=n).map(|u| (0..u).map(|v| (n - 1 - v).min(2)).sum()).collect();
    let col_idx: Vec<u32> = (0..n).flat_map(|u| (u + 1..n.min(u + 3)).collect::<Vec<_>>()).collect();
    let pattern = CsrPattern::new(&row_ptr, &col_idx, n as usize).unwrap();
    let mut stream = Philox::new(5).stream(0, 0);
    let mut label = || stream.below(LABELS).min(stream.below(LABELS));
    let labels: Vec<Vec<u32>> = (0..6).map(|_| (0..n).map(|_| label()).collect()).collect();
    let t_ms: Vec<i64> = (0..i64::from(n)).map(|at| at * 60_000).collect();
    let graphs: Vec<MotifGraph<'_>> =
        labels.iter().map(|labels| MotifGraph::new(pattern, labels, &t_ms).unwrap()).collect();
    let config = MotifConfig { min_count: min_count.into(), ..MotifConfig::default() };
    let union = Union::with_span_limit(&graphs, None).unwrap();
    let census = CensusBuilder::new(&union, &config).build().unwrap();
    let null = NullModel::Labels(StratifiedPermutation::of_blocks(&graphs, &union, 300_000));
    check(
        &SignificanceTest {
            union: &union,
            null: &null,
            sizes: config.sizes(),
            iterations: ITERATIONS,
            min_count: config.min_count,
            seed: SEED,
            first_held_out: union.offsets[3],
            progress: &|_, _| {},
        },
        &census,
    );
}

/// Counts of every pattern under a labelling.
fn count(test: &SignificanceTest<'_>, census: &Census, labels: &[LabelIdx]) -> Counts {
    let mut counts = Counts::new();
    for group in &test.groups(census) {
        let occurrences = Occurrences::of(test.union, group);
        for (index, &shape) in group.shapes.iter().enumerate() {
            for row in occurrences.kept(index).unwrap().chunks(shape.nodes()) {
                let named = (shape, row.iter().map(|&node| labels[node as usize]).collect());
                let of = counts.entry(named).or_default();
                of[0] += 1;
                of[if row[0] < test.first_held_out { 1 } else { 2 }] += 1;
            }
        }
    }
    counts
}

fn replicates(test: &SignificanceTest<'_>, census: &Census, rng: NullRng) -> Vec<Counts> {
    let NullModel::Labels(null) = test.null else { panic!("labels are drawn here") };
    let draw = |iteration| {
        let mut labels = Vec::new();
        null.draw(rng, iteration, &test.union.labels, &mut labels);
        count(test, census, &labels)
    };
    (0..ITERATIONS).map(draw).collect()
}

/// The scales of the common patterns, and those of the rare ones by shape: in all graphs, in those not held out,
/// and in those held out.
struct ReferenceScales {
    common: BTreeMap<PatternName, [Scale; 3]>,
    rare: BTreeMap<ShapeIdx, [Scale; 3]>,
}

impl ReferenceScales {
    fn new(test: &SignificanceTest<'_>, census: &Census) -> Self {
        let calibration = replicates(test, census, NullRng::calibration(SEED));
        let mut often: BTreeMap<&PatternName, usize> = BTreeMap::new();
        let screening = calibration[..SCREENING_REPLICATES as usize].iter().flatten();
        for (named, _) in screening.filter(|(_, n)| u64::from(n[0]) >= test.min_count) {
            *often.entry(named).or_default() += 1;
        }
        let mut common: BTreeMap<ShapeIdx, Vec<&PatternName>> = BTreeMap::new();
        for shape in ShapeIdx::all().filter(|shape| census.shape_counts[shape.0] > 0) {
            let of_shape = often.iter().filter(|(named, times)| named.0 == shape && **times >= MIN_SCREENED);
            common.insert(shape, of_shape.map(|(named, _)| *named).collect());
        }
        let mut this = Self { common: BTreeMap::new(), rare: BTreeMap::new() };
        for (shape, common) in common {
            let scales = [0, 1, 2].map(|part| {
                let moments = |named: &&PatternName| {
                    let count = |replicate: &Counts| f64::from(replicate.get(*named).map_or(0, |n| n[part]));
                    let counts = || calibration.iter().map(count);
                    let n = f64::from(ITERATIONS);
                    let (sum, squares) = (counts().sum::<f64>(), counts().map(|c| c * c).sum::<f64>());
                    (sum / n, (n * squares - sum * sum) / (n * n))
                };
                ShapeScales::of(&common.iter().map(moments).collect::<Vec<_>>())
            });
            this.rare.insert(shape, [0, 1, 2].map(|part: usize| scales[part].rare));
            for (i, named) in common.into_iter().enumerate() {
                this.common.insert(named.clone(), [0, 1, 2].map(|part: usize| scales[part].get(i)));
            }
        }
        this
    }

    fn score(&self, named: &PatternName, part: usize, count: u32) -> f64 {
        self.common.get(named).unwrap_or(&self.rare[&named.0])[part].score(count)
    }
}

fn named(test: &SignificanceTest<'_>, pattern: &Pattern) -> PatternName {
    let index = |code: &u32| test.union.vocabulary.iter().position(|known| known == code).unwrap() as u32;
    (pattern.shape().unwrap(), pattern.labels().iter().map(|code| LabelIdx(index(code))).collect())
}

#[test]
fn maxima_and_outcomes_equal_those_of_the_reference() {
    let mut rare_in_one_half = 0;
    let mut untested_replicates = 0;
    let mut compare = |test: &SignificanceTest<'_>, census: &Census| {
        let result = test.run(census).unwrap();
        let reference = ReferenceScales::new(test, census);
        let is_rare = |counted: &PatternCount| !reference.common.contains_key(&named(test, &counted.pattern));
        assert!(test.min_count > 2 || reference.common.len() > 20 && census.patterns.iter().any(is_rare));
        let drawn = replicates(test, census, NullRng::test(SEED));
        for (part, got) in [&result.maxima, &result.discovery_maxima].into_iter().enumerate() {
            let largest = |draw: &Counts| {
                let reached = draw.iter().filter(|(_, n)| u64::from(n[part]) >= test.min_count);
                reached
                    .map(|(named, n)| reference.score(named, part, n[part]))
                    .fold(f64::NEG_INFINITY, f64::max)
            };
            let mut want: Vec<f64> = drawn.iter().map(largest).collect();
            want.sort_by(f64::total_cmp);
            assert_eq!(got, &want, "part {part}");
            untested_replicates += want.iter().filter(|&&largest| largest == f64::NEG_INFINITY).count();
        }
        let observed = count(test, census, &test.union.labels);
        for (counted, outcome) in census.patterns.iter().zip(&result.outcomes) {
            let named = named(test, &counted.pattern);
            let [all, found, held_out] = observed[&named];
            let counts = || drawn.iter().map(|draw| draw.get(&named).map_or(0, |n| n[0]));
            assert_eq!(u64::from(all), counted.count);
            assert_eq!(outcome.count_ge as usize, counts().filter(|&n| n >= all).count());
            assert_eq!(outcome.count_le as usize, counts().filter(|&n| n <= all).count());
            assert_eq!(outcome.null_mean, f64::from(counts().sum::<u32>()) / f64::from(ITERATIONS));
            assert_eq!(outcome.score, reference.score(&named, 0, all));
            let discovery = (u64::from(found) >= test.min_count).then(|| reference.score(&named, 1, found));
            assert_eq!(outcome.discovery_score, discovery);
            assert_eq!(outcome.held_out_count, held_out);
            assert_eq!(outcome.held_out_score(), reference.score(&named, 2, held_out));
            rare_in_one_half += u32::from(discovery.is_none());
        }
    };
    MIN_COUNTS.into_iter().for_each(|min_count| with_test(min_count, &mut compare));
    assert!(rare_in_one_half > 0 && untested_replicates > 0);
}

#[test]
fn confirmation_takes_the_largest_score_of_the_candidates_among_held_out_graphs() {
    with_test(MIN_COUNTS[0], |test, census| {
        let result = test.run(census).unwrap();
        let drawn = replicates(test, census, NullRng::test(SEED));
        let candidates: Vec<PatternIdx> = (0..census.patterns.len()).step_by(7).map(PatternIdx).collect();
        let p_values = test.confirm(census, &result.outcomes, &candidates).unwrap();
        let score = |index: PatternIdx, count: u32| result.outcomes[index.0].held_out_scale.score(count);
        let largest = |draw: &Counts| {
            let count = |index| draw.get(&named(test, census.pattern(index))).map_or(0, |n| n[2]);
            candidates.iter().map(|&index| score(index, count(index))).fold(f64::MIN, f64::max)
        };
        let maxima: Vec<f64> = drawn.iter().map(largest).collect();
        for (&index, p) in candidates.iter().zip(&p_values) {
            let own = score(index, result.outcomes[index.0].held_out_count);
            let above = maxima.iter().filter(|&&m| m >= own).count();
            assert_eq!(*p, (above as f64 + 1.0) / f64::from(ITERATIONS + 1));
        }
        assert!(p_values.iter().any(|&p| p < 1.0));
    });
}

#[test]
fn counts_by_graph_add_up() {
    with_test(MIN_COUNTS[0], |test, census| {
        let patterns: Vec<PatternIdx> = (0..census.patterns.len()).rev().step_by(5).map(PatternIdx).collect();
        let result = test.run(census).unwrap();
        let by_graph = test.by_graph(census, &patterns, ITERATIONS).unwrap();
        for (&PatternIdx(i), by_graph) in patterns.iter().zip(&by_graph) {
            assert_eq!(by_graph.observed.iter().sum::<u64>(), census.patterns[i].count);
            let held_out: u64 = by_graph.observed[3..].iter().sum();
            assert_eq!(held_out, u64::from(result.outcomes[i].held_out_count));
            let mean = by_graph.replicated.iter().sum::<u64>() as f64 / f64::from(ITERATIONS);
            assert_eq!(mean, result.outcomes[i].null_mean);
        }
    });
}
