//! The test compared with a reference that counts every pattern of every replicate in maps, and follows the
//! definitions.

use std::collections::{BTreeMap, BTreeSet};

use super::max_t::{MIN_SCREENED, SCREENING_REPLICATES};
use super::*;
use crate::csr::CsrPattern;
use crate::motif::census::{Census, CensusBuilder, Occurrences, PatternIdx};
use crate::motif::enumerate::ShapeIdx;
use crate::motif::graph::{LabelIdx, MotifGraph, Union};
use crate::motif::null::{LabelNull, NullModel, NullRng, StratifiedPermutation};
use crate::motif::pattern::Pattern;
use crate::motif::{HoldoutBy, MotifConfig};
use crate::philox::Philox;

const ITERATIONS: u32 = 30;
/// With 2 nearly all patterns are tested; with 9 few.
const MIN_COUNTS: [u32; 2] = [2, 9];
const LABELS: u32 = 5;
const SEED: u64 = 11;

/// A pattern: its shape, and its labels in time order.
type PatternName = (ShapeIdx, Vec<LabelIdx>);

/// Count of a pattern, and event-disjoint count in each graph.
#[derive(Debug, Clone, Default)]
struct Counts {
    count: u32,
    disjoint: Vec<u32>,
}

impl Counts {
    fn all(&self) -> u32 {
        self.disjoint.iter().sum()
    }
}

type CountsByName = BTreeMap<PatternName, Counts>;

/// Six sessions of `n` events, each linked with the next `links`; the labels 1, 2, 3 are planted.
fn with_test(min_count: u32, (n, links): (u32, u32), check: impl FnOnce(&SignificanceTest<'_>, &Census)) {
    let row_ptr: Vec<u32> = (0..=n).map(|u| (0..u).map(|v| (n - 1 - v).min(links)).sum()).collect();
    let col_idx: Vec<u32> = (0..n).flat_map(|u| (u + 1..n.min(u + links + 1)).collect::<Vec<_>>()).collect();
    let pattern = CsrPattern::new(&row_ptr, &col_idx, n as usize).unwrap();
    let mut stream = Philox::new(5).stream(0, 0);
    let mut label =
        |at: u32| if at % 7 < 3 { at % 7 + 1 } else { stream.below(LABELS).min(stream.below(LABELS)) };
    let labels: Vec<Vec<u32>> = (0..6).map(|_| (0..n).map(&mut label).collect()).collect();
    let t_ms: Vec<i64> = (0..i64::from(n)).map(|at| at * 60_000).collect();
    let graphs: Vec<MotifGraph<'_>> =
        labels.iter().map(|labels| MotifGraph::new(pattern, labels, &t_ms).unwrap()).collect();
    let config = MotifConfig { min_count: min_count.into(), ..MotifConfig::default() };
    let union = Union::with_span_limit(&graphs, None).unwrap();
    let census = CensusBuilder::new(&union, &config).build().unwrap();
    let permutation = StratifiedPermutation::of_blocks(&graphs, &union, 300_000);
    let null = NullModel::Labels(LabelNull::Permutation(permutation));
    check(
        &SignificanceTest {
            union: &union,
            null: &null,
            sizes: config.sizes(),
            iterations: ITERATIONS,
            calibration: ITERATIONS,
            min_count: config.min_count,
            seed: SEED,
            progress: &|_, _| {},
        },
        &census,
    );
}

/// Counts of every pattern under a labelling.
fn count(test: &SignificanceTest<'_>, census: &Census, labels: &[LabelIdx]) -> CountsByName {
    let graphs = test.union.graphs();
    let mut counts = CountsByName::new();
    for group in &test.groups(census) {
        let occurrences = Occurrences::of(test.union, group);
        for (index, &shape) in group.shapes.iter().enumerate() {
            let mut rows: Vec<&[u32]> = occurrences.kept(index).unwrap().chunks(shape.nodes()).collect();
            // the last first event, then the earliest last event, last but one, and so on
            rows.sort_by_key(|row| {
                (std::cmp::Reverse(row[0]), row.iter().rev().copied().collect::<Vec<_>>())
            });
            let mut used: BTreeMap<PatternName, BTreeSet<u32>> = BTreeMap::new();
            for row in rows {
                let named: PatternName = (shape, row.iter().map(|&event| labels[event as usize]).collect());
                let of = counts.entry(named.clone()).or_default();
                of.disjoint.resize(graphs, 0);
                of.count += 1;
                let used = used.entry(named).or_default();
                if row.iter().all(|event| !used.contains(event)) {
                    used.extend(row);
                    of.disjoint[test.union.graph_of(row[0])] += 1;
                }
            }
        }
    }
    counts
}

fn replicates(test: &SignificanceTest<'_>, census: &Census, rng: NullRng) -> Vec<CountsByName> {
    let NullModel::Labels(null) = test.null else { panic!("labels are drawn here") };
    let draw = |iteration| {
        let mut labels = Vec::new();
        null.draw(rng, iteration, &test.union.labels, &mut labels);
        count(test, census, &labels)
    };
    (0..ITERATIONS).map(draw).collect()
}

/// Mean and dispersion of each pattern by the definitions in `score`.
struct Reference<'a> {
    test: &'a SignificanceTest<'a>,
    census: &'a Census,
    calibration: Vec<CountsByName>,
    shares: Vec<f64>,
}

impl<'a> Reference<'a> {
    fn new(test: &'a SignificanceTest<'a>, census: &'a Census) -> Self {
        let calibration = replicates(test, census, NullRng::calibration(SEED));
        let of_label = |label| test.union.labels.iter().filter(|l| l.index() == label).count() as f64;
        let events = test.union.labels.len() as f64;
        let shares = (0..test.union.vocabulary.len()).map(|label| of_label(label) / events).collect();
        Self { test, census, calibration, shares }
    }

    fn is_common(&self, named: &PatternName) -> bool {
        let reached =
            |draw: &&CountsByName| draw.get(named).is_some_and(|n| u64::from(n.count) >= self.test.min_count);
        self.calibration[..SCREENING_REPLICATES as usize].iter().filter(reached).count() >= MIN_SCREENED
    }

    /// Mean and population variance of a count in the calibration.
    fn moments(&self, named: &PatternName, of: impl Fn(&Counts) -> u32) -> (f64, f64) {
        let counts: Vec<u64> = self.calibration.iter().map(|d| d.get(named).map_or(0, &of).into()).collect();
        let (sum, squares) = (counts.iter().sum::<u64>(), counts.iter().map(|n| n * n).sum::<u64>());
        let n = u64::from(ITERATIONS);
        (sum as f64 / n as f64, (n * squares - sum * sum) as f64 / (n * n) as f64)
    }

    fn mean_and_dispersion(&self, named: &PatternName) -> (f64, f64) {
        if self.is_common(named) {
            let (mean, variance) = self.moments(named, Counts::all);
            return (mean, ((variance + 5.0) / (mean + 5.0)).min(1.0));
        }
        let instances = self.census.shape_counts[named.0.0] as f64;
        let mean = named.1.iter().fold(instances, |mean, label| mean * self.shares[label.index()]);
        (mean.min(self.test.min_count as f64 - 1.0), 1.0)
    }

    fn score(&self, named: &PatternName, disjoint: u32) -> f64 {
        let (mean, dispersion) = self.mean_and_dispersion(named);
        score(disjoint, mean, dispersion)
    }
}

fn score(disjoint: u32, mean: f64, dispersion: f64) -> f64 {
    let inverse = 1.0 / dispersion;
    let roots = (f64::from(disjoint) * inverse + 0.375).sqrt() - (mean * inverse + 0.375).sqrt();
    (128.0 * roots).floor() / 64.0
}

fn named(test: &SignificanceTest<'_>, pattern: &Pattern) -> PatternName {
    let index = |code: &u32| test.union.vocabulary.iter().position(|known| known == code).unwrap() as u32;
    (pattern.shape().unwrap(), pattern.labels().iter().map(|code| LabelIdx(index(code))).collect())
}

/// Scores of the patterns with `min_count` in a replicate, with their sizes.
fn scores(reference: &Reference<'_>, draw: &CountsByName) -> Vec<(usize, f64)> {
    let reached = draw.iter().filter(|(_, n)| u64::from(n.count) >= reference.test.min_count);
    reached.map(|(named, n)| (named.0.nodes(), reference.score(named, n.all()))).collect()
}

#[test]
fn p_and_q_values_and_outcomes_equal_those_of_the_reference() {
    let compare = |test: &SignificanceTest<'_>, census: &Census| {
        let result = test.run(census).unwrap();
        let reference = Reference::new(test, census);
        let observed = count(test, census, &test.union.labels);
        let drawn = replicates(test, census, NullRng::test(SEED));
        let all: Vec<Vec<(usize, f64)>> =
            std::iter::once(&observed).chain(&drawn).map(|draw| scores(&reference, draw)).collect();
        let floor = super::score::floor(&census.shape_counts, test.union.vocabulary.len(), test.min_count);
        let largest = |scores: &[(usize, f64)], k: usize| {
            scores.iter().filter(|(size, _)| *size == k).map(|&(_, score)| score).fold(floor, f64::max)
        };
        let scales: Vec<(f64, f64)> = (3..=5)
            .map(|k| {
                let mut maxima: Vec<f64> = all.iter().map(|scores| largest(scores, k)).collect();
                maxima.sort_by(f64::total_cmp);
                // 31 values: the 16th is the median, the 30th the 95 % quantile
                (maxima[15], (maxima[29] - maxima[15]).max(0.5))
            })
            .collect();
        let standardised = |k: usize, score: f64| (score - scales[k - 3].0) / scales[k - 3].1;
        let joint: Vec<f64> = all
            .iter()
            .map(|scores| (3..=5).map(|k| standardised(k, largest(scores, k))).fold(f64::MIN, f64::max))
            .collect();
        let lowest = (3..=5).map(|k| standardised(k, floor)).fold(f64::INFINITY, f64::min);
        let thresholds: Vec<f64> = (0..2000).map(|at| lowest + f64::from(at) / 16.0).collect();
        let above = |scores: &[(usize, f64)], z: f64| {
            scores.iter().filter(|&&(k, score)| score >= floor && standardised(k, score) >= z).count() as f64
        };
        let mean = |z: f64| all.iter().map(|scores| above(scores, z)).sum::<f64>() / all.len() as f64;
        let means: Vec<f64> = thresholds.iter().map(|&z| mean(z)).collect();
        let rate = |scores: &[(usize, f64)], at: usize| {
            let found = above(scores, thresholds[at]);
            if found > 0.0 { means[at] / found } else { 1.0 }
        };
        let least =
            |scores: &Vec<(usize, f64)>| (0..thresholds.len()).map(|at| rate(scores, at)).fold(1.0, f64::min);
        let least_of_draws: Vec<f64> = all[1..].iter().map(least).collect();
        let mut seen = BTreeSet::new();
        for (counted, outcome) in census.patterns.iter().zip(&result.outcomes) {
            let named = named(test, &counted.pattern);
            let k = named.0.nodes();
            assert_eq!(u64::from(observed[&named].count), counted.count);
            assert_eq!(outcome.disjoint, observed[&named].all());
            let (mean, variance) = reference.moments(&named, Counts::all);
            assert_eq!(outcome.null_mean, mean);
            let sd = (variance * f64::from(ITERATIONS) / f64::from(ITERATIONS - 1)).sqrt();
            assert!((outcome.null_sd - sd).abs() < 1e-12);
            assert_eq!(outcome.score, reference.score(&named, outcome.disjoint));
            let z = standardised(k, outcome.score);
            let larger = joint[1..].iter().filter(|&&other| other >= z).count();
            let p = if outcome.score < floor { 1.0 } else { (larger as f64 + 1.0) / 31.0 };
            assert_eq!(result.p_fwer(k, outcome), p, "{counted:?}");
            let q = if outcome.score < floor {
                1.0
            } else {
                let up_to = (0..thresholds.len()).filter(|&at| thresholds[at] <= z);
                let q = up_to.map(|at| rate(&all[0], at)).fold(1.0, f64::min);
                let below = least_of_draws.iter().filter(|&&least| least <= q).count();
                q.max((below as f64 + 1.0) / 31.0)
            };
            assert!((result.q_value(k, outcome) - q).abs() < 1e-12, "{counted:?}: {q}");
            seen.insert((reference.is_common(&named), (p * 31.0).round() as u32, outcome.score < floor));
        }
        assert!(test.min_count > 2 || seen.len() > 6, "{seen:?}");
    };
    for min_count in MIN_COUNTS {
        with_test(min_count, (14, 2), compare);
    }
    // edges so long that sets of five do not fit a window of 64 events
    with_test(5, (17, 16), compare);
}

#[test]
fn confirmation_is_the_largest_score_of_the_candidates_of_each_lot_in_its_held_out_graphs() {
    with_test(MIN_COUNTS[0], (14, 2), |test, census| {
        let result = test.run(census).unwrap();
        let reference = Reference::new(test, census);
        let observed = count(test, census, &test.union.labels);
        let drawn = replicates(test, census, NullRng::confirmation(SEED));
        let mut often = BTreeSet::new();
        for by in [HoldoutBy::Lot, HoldoutBy::Time] {
            let lots = Lots::new(6, 0.5, by, SEED);
            let got = test.confirm(census, &result, &lots).unwrap();
            let mut p_values = vec![Vec::new(); got.len()];
            for held_out in &lots.held_out {
                let part = |out: bool, counts: &Counts| -> u32 {
                    let of_part = counts.disjoint.iter().zip(held_out).filter(|&(_, &held)| held == out);
                    of_part.map(|(n, _)| n).sum()
                };
                let score_in = |out: bool, named: &PatternName, counts: Option<&Counts>| {
                    let (mean, _) = reference.moments(named, |counts| part(out, counts));
                    let (_, dispersion) = reference.mean_and_dispersion(named);
                    score(counts.map_or(0, |counts| part(out, counts)), mean, dispersion)
                };
                let is_candidate = |counted: &&crate::motif::census::PatternCount| {
                    let named = named(test, &counted.pattern);
                    score_in(false, &named, observed.get(&named)) >= result.median(named.0.nodes())
                };
                let candidates: BTreeSet<PatternName> = census
                    .patterns
                    .iter()
                    .filter(is_candidate)
                    .map(|counted| named(test, &counted.pattern))
                    .collect();
                let largest = |draw: &CountsByName| {
                    let scores = candidates.iter().map(|named| score_in(true, named, draw.get(named)));
                    scores.fold(0.0, f64::max)
                };
                let maxima: Vec<f64> = drawn.iter().map(largest).collect();
                for (counted, p_values) in census.patterns.iter().zip(&mut p_values) {
                    let named = named(test, &counted.pattern);
                    let own = score_in(true, &named, observed.get(&named));
                    let larger = maxima.iter().filter(|&&other| other >= own).count() as f64;
                    let is_confirmed = candidates.contains(&named) && own > 0.0;
                    p_values.push((
                        if is_confirmed { (larger + 1.0) / 31.0 } else { 1.0 },
                        candidates.contains(&named),
                    ));
                }
            }
            for (got, lots) in got.iter().zip(&mut p_values) {
                lots.sort_by(|a, b| a.0.total_cmp(&b.0));
                let middle = lots[lots.len() / 2].0;
                let want = if lots.len() == 1 { middle } else { (2.0 * middle).min(1.0) };
                assert_eq!(got.p, want);
                assert_eq!(got.lots as usize, lots.iter().filter(|lot| lot.1).count());
                often.insert((by == HoldoutBy::Lot, got.lots, got.p < 0.2));
            }
        }
        assert!(often.len() > 6 && often.iter().any(|&(.., confirmed)| confirmed), "{often:?}");
    });
}

#[test]
fn counts_by_graph_add_up() {
    with_test(MIN_COUNTS[0], (14, 2), |test, census| {
        let patterns: Vec<PatternIdx> = (0..census.patterns.len()).rev().step_by(5).map(PatternIdx).collect();
        let result = test.run(census).unwrap();
        assert_eq!(
            test.disjoint_counts(census),
            result.outcomes.iter().map(|outcome| outcome.disjoint).collect::<Vec<_>>()
        );
        let observed = count(test, census, &test.union.labels);
        for (&index, by_graph) in patterns.iter().zip(&test.by_graph(census, &patterns).unwrap()) {
            let want = &observed[&named(test, census.pattern(index))].disjoint;
            assert!(by_graph.observed.iter().zip(want).all(|(&got, &want)| got == u64::from(want)));
            let mean = by_graph.replicated.iter().sum::<u64>() as f64 / f64::from(ITERATIONS);
            assert_eq!(mean, result.outcomes[index.0].null_mean);
        }
    });
}
