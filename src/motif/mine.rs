//! The miner: counts the patterns of the graphs, tests them, and decides the verdicts.

use super::census::{Census, CensusBuilder, PatternCount, PatternIdx};
use super::enumerate::class_of;
use super::graph::{LabelRepeats, MotifGraph, Union, canonical_order};
use super::held_out::{HeldOut, confirm_patterns};
use super::null::NullModel;
use super::test::{PatternOutcome, SignificanceTest, TestResult, lift, lift_intervals};
use super::{MotifConfig, MotifError, MotifRow, Null, Significance, Verdict};
use crate::scale::TimeScale;

/// Largest number of rows whose lift gets an interval.
const MAX_INTERVALS: usize = 1000;
/// Largest number of counts, rows times graphs, that the intervals are computed from: more graphs mean fewer rows.
const MAX_INTERVAL_COUNTS: usize = 1 << 20;
/// Largest number of calibration replicates, which scales and mean counts are estimated from: a standard deviation is
/// then known to 7 %, for a tenth of the default work.
const CALIBRATION_REPLICATES: u32 = 100;
/// Largest number of replicates of the null `Pairs`: its p is compared with `park_p` alone, which is .05.
const PAIRS_REPLICATES: u32 = 199;
/// Largest number of calibration replicates of the null `Pairs`, and of the held-out graphs: their scales only weigh
/// patterns against each other.
const FURTHER_CALIBRATION: u32 = 50;

/// Result of mining.
#[derive(Debug, Clone, PartialEq)]
pub struct MiningResult {
    /// The patterns of the census: promoted, then parked, then discarded ones; inside each by corrected p (rising),
    /// score (falling), count (falling), and pattern.
    pub rows: Vec<MotifRow>,
    /// The counts; the totals include the patterns rarer than `min_count`.
    pub census: Census,
    /// Number of events whose label or time the null can change. 0: every replicate equals the data, so every p is 1;
    /// wider blocks (`block_minutes`) or other labels may help.
    pub movable_events: u64,
    /// What can be held out to confirm patterns; `None` if there is nothing to divide.
    pub held_out: Option<HeldOut>,
    /// How far successive events have the same label, and come in bursts.
    pub repeats: LabelRepeats,
}

/// The labelled patterns of the graphs, each counted and tested against the null `config.null`. A width that is `auto`
/// is that of the scale of the graphs' times ([`TimeScale::of_times`]). Without a positive gap each graph is one block,
/// whatever the width.
///
/// `progress(done, total)` is called from any thread as replicates are done. Runs on the current rayon pool; the
/// result is bit-identical for any number of threads and any order of the graphs. Time: about 20 ns per occurrence and
/// replicate (`benches/record/2026-12-01-motif.md`), more if graphs are few and small. Where patterns are significant
/// there are up to 249 more replicates of [`Null::Pairs`], and those of the held-out graphs. Memory
/// ([`memory_bytes`](super::memory_bytes)): a few million occurrences, the tested patterns, and the drawn labels, 64 MB
/// or those of eight replicates if that is more (a byte each, four with more than 256 labels).
///
/// ```
/// use ironforge::csr::CsrPattern;
/// use ironforge::motif::{MotifConfig, MotifGraph, mine};
///
/// // two graphs of four events a minute apart, labelled a b a c, each linked with the next
/// let chain = CsrPattern::new(&[0, 1, 2, 3, 3], &[1, 2, 3], 4)?;
/// let t_ms = [0, 60_000, 120_000, 180_000];
/// let graph = MotifGraph::new(chain, &[0, 1, 0, 2], &t_ms)?;
/// let config = MotifConfig { min_count: 2, iterations: 99, ..MotifConfig::default() };
/// let result = mine(&[graph, graph], &config, 42, &|_done, _total| {})?;
///
/// let names = ["a", "b", "c"].map(|name| Some(name.to_owned()));
/// let row = result.rows.iter().find(|row| row.pattern.labels() == [0, 1, 0]).unwrap();
/// assert_eq!(row.pattern.text(&names), "a#1 -> b; b -> a#2");
/// assert_eq!((row.count, row.disjoint, row.support), (2, 2, 2));
/// assert!(row.significance.unwrap().p_fwer > 0.05, "too few events to show anything");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// # Errors
/// [`MotifError`] for settings out of range, too many events, labels or occurrences, and graphs whose events the null
/// cannot relink.
pub fn mine(
    graphs: &[MotifGraph<'_>],
    config: &MotifConfig,
    seed: u64,
    progress: &(dyn Fn(u64, u64) + Sync),
) -> Result<MiningResult, MotifError> {
    config.validate()?;
    let config = &config.resolved(TimeScale::of_times(graphs.iter().map(MotifGraph::t_ms)));
    let order = canonical_order(graphs);
    let ordered: Vec<MotifGraph<'_>> = order.iter().map(|&index| graphs[index]).collect();
    mine_ordered(&ordered, config, seed, progress).map_err(|error| error.with_graphs(&order))
}

/// [`mine`](mine()) for graphs in canonical order.
fn mine_ordered(
    graphs: &[MotifGraph<'_>],
    config: &MotifConfig,
    seed: u64,
    progress: &(dyn Fn(u64, u64) + Sync),
) -> Result<MiningResult, MotifError> {
    let union = Union::with_span_limit(graphs, config.span_ms())?;
    let census = CensusBuilder::new(&union, config).build()?;
    let null = NullModel::new(config.null, graphs, &union, config)?;
    let movable_events = null.movable();
    let test = SignificanceTest {
        union: &union,
        null: &null,
        sizes: config.sizes(),
        iterations: config.iterations,
        calibration: config.iterations.min(CALIBRATION_REPLICATES),
        min_count: config.min_count,
        seed,
        progress,
    };
    let repeats = LabelRepeats::of(graphs, config.block_ms()?);
    let held_out = HeldOut::of(graphs, config)?;
    let mut rows: Vec<IndexedRow> =
        census.patterns.iter().enumerate().map(|(i, counted)| (PatternIdx(i), untested(counted))).collect();
    if config.iterations > 0 && movable_events > 0 && !rows.is_empty() {
        census.check_counters()?;
        test_rows(&mut rows, graphs, &test, &census, config)?;
    } else {
        for ((_, row), disjoint) in rows.iter_mut().zip(test.disjoint_counts(&census)) {
            row.disjoint = disjoint.into();
            if config.iterations > 0 {
                set_untestable(row);
            }
        }
        sort(&mut rows, config);
    }
    let rows = rows.into_iter().map(|(_, row)| row).collect();
    Ok(MiningResult { rows, census, movable_events, held_out, repeats })
}

/// A row and the index of its pattern in the census.
type IndexedRow = (PatternIdx, MotifRow);

/// The row of a pattern before the test.
fn untested(counted: &PatternCount) -> MotifRow {
    let PatternCount { pattern, count, support, non_overlapping } = *counted;
    let class_id = class_of(usize::from(pattern.k()), pattern.mask()).unwrap_or(pattern.mask());
    MotifRow {
        pattern,
        class_id,
        count,
        support,
        disjoint: 0,
        non_overlapping,
        significance: None,
        verdict: Verdict::Untested,
    }
}

/// Sets the significance of a row when the null can change nothing: every replicate equals the data.
fn set_untestable(row: &mut MotifRow) {
    row.significance = Some(Significance {
        null_mean: row.disjoint as f64,
        null_sd: 0.0,
        lift: 1.0,
        lift_interval: None,
        score: 0.0,
        p_fwer: 1.0,
        q_value: 1.0,
        p_pairs: None,
        explained_by_pairs: None,
        p_holdout: None,
        lots: None,
    });
    row.verdict = Verdict::Discard;
}

/// Draws the replicates, and sets the significance and the verdict of every row. `rows` are in the order of the
/// census, and are then sorted as in [`MiningResult::rows`].
fn test_rows(
    rows: &mut [IndexedRow],
    graphs: &[MotifGraph<'_>],
    test: &SignificanceTest<'_>,
    census: &Census,
    config: &MotifConfig,
) -> Result<(), MotifError> {
    let result = test.run(census)?;
    for &mut (PatternIdx(i), ref mut row) in rows.iter_mut() {
        row.disjoint = result.outcomes[i].disjoint.into();
        row.significance = Some(significance(&result, usize::from(row.pattern.k()), &result.outcomes[i]));
    }
    let is_significant =
        |significance: &Significance| significance.corrected(config.correction) <= config.park_p;
    let any = rows.iter().any(|(_, row)| row.significance.as_ref().is_some_and(is_significant));
    if any && config.null == Null::StratifiedPermutation {
        let by_pairs = test_pairs(graphs, test, census, config)?;
        let calibration = test.iterations.min(FURTHER_CALIBRATION);
        let of_lots = SignificanceTest { calibration, ..*test };
        let confirmations = confirm_patterns(graphs, &of_lots, census, &result, config)?;
        for &mut (PatternIdx(i), ref mut row) in rows.iter_mut() {
            let Some(significance) = row.significance.as_mut().filter(|s| is_significant(s)) else {
                continue;
            };
            let k = usize::from(row.pattern.k());
            let p_pairs = by_pairs.as_ref().map_or(1.0, |result| result.p_fwer(k, &result.outcomes[i]));
            significance.p_pairs = Some(p_pairs);
            significance.explained_by_pairs = Some(p_pairs > config.park_p);
            significance.p_holdout = confirmations.as_ref().map(|of_patterns| of_patterns[i].p);
            significance.lots = confirmations.as_ref().map(|of_patterns| of_patterns[i].lots);
        }
    }
    for (_, row) in rows.iter_mut() {
        row.verdict = row.significance.map_or(Verdict::Untested, |s| Verdict::of(&s, config));
    }
    sort(rows, config);
    set_intervals(rows, test, census)
}

/// The significance of a pattern of `k` events, before it is tested further.
fn significance(result: &TestResult, k: usize, outcome: &PatternOutcome) -> Significance {
    Significance {
        null_mean: outcome.null_mean,
        null_sd: outcome.null_sd,
        lift: lift(outcome.disjoint.into(), outcome.null_mean),
        lift_interval: None,
        score: outcome.score,
        p_fwer: result.p_fwer(k, outcome),
        q_value: result.q_value(k, outcome),
        p_pairs: None,
        explained_by_pairs: None,
        p_holdout: None,
        lots: None,
    }
}

/// The test against the null `Pairs`; `None` if this null can change nothing, so that it explains everything.
fn test_pairs(
    graphs: &[MotifGraph<'_>],
    test: &SignificanceTest<'_>,
    census: &Census,
    config: &MotifConfig,
) -> Result<Option<TestResult>, MotifError> {
    let null = NullModel::new(Null::Pairs, graphs, test.union, config)?;
    let iterations = test.iterations.min(PAIRS_REPLICATES);
    let calibration = iterations.min(FURTHER_CALIBRATION);
    let test = SignificanceTest { null: &null, iterations, calibration, progress: &|_, _| {}, ..*test };
    if null.movable() == 0 { Ok(None) } else { test.run(census).map(Some) }
}

/// Sets the interval of the lift of the first rows.
fn set_intervals(
    rows: &mut [IndexedRow],
    test: &SignificanceTest<'_>,
    census: &Census,
) -> Result<(), MotifError> {
    let first = rows.len().min(MAX_INTERVALS).min((MAX_INTERVAL_COUNTS / test.union.graphs()).max(1));
    let patterns: Vec<PatternIdx> = rows[..first].iter().map(|&(index, _)| index).collect();
    let by_graph = test.by_graph(census, &patterns)?;
    let intervals = lift_intervals(&by_graph, test.calibration, test.seed);
    for ((_, row), lift_interval) in rows.iter_mut().zip(intervals) {
        row.significance = row.significance.map(|s| Significance { lift_interval, ..s });
    }
    Ok(())
}

/// Sorts the rows as in [`MiningResult::rows`].
fn sort(rows: &mut [IndexedRow], config: &MotifConfig) {
    let p = |row: &MotifRow| row.significance.map_or(1.0, |s| s.corrected(config.correction));
    let score = |row: &MotifRow| row.significance.map_or(0.0, |s| s.score);
    rows.sort_unstable_by(|(_, a), (_, b)| {
        (a.verdict.cmp(&b.verdict))
            .then(p(a).total_cmp(&p(b)))
            .then(score(b).total_cmp(&score(a)))
            .then(b.count.cmp(&a.count))
            .then(a.pattern.cmp(&b.pattern))
    });
}
