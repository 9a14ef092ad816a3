//! The miner: counts the patterns of the graphs, tests them, and decides the verdicts.

use super::census::{Census, CensusBuilder, PatternCount, PatternIdx};
use super::enumerate::class_of;
use super::graph::{MotifGraph, Union};
use super::null::NullModel;
use super::test::{
    SignificanceTest, TestResult, benjamini_hochberg, benjamini_yekutieli, bonferroni, choose_held_out,
    lift_intervals,
};
use super::{MotifConfig, MotifError, MotifRow, Significance, Verdict};

/// Largest family-wise p, in the graphs that are not held out, of a pattern that is tested in the held-out graphs.
/// Such a pattern must still be confirmed there, so a lenient threshold costs only a few more candidates.
const FOUND_P: f64 = 0.5;
/// Largest number of rows whose lift gets an interval.
const MAX_INTERVALS: usize = 1000;
/// Largest number of counts, rows times graphs, that the intervals are computed from: more graphs mean fewer rows.
const MAX_INTERVAL_COUNTS: usize = 1 << 20;
/// Replicates that give the counts by graph under the null: the width of an interval needs no more.
const INTERVAL_REPLICATES: u32 = 100;

/// Result of mining.
#[derive(Debug, Clone, PartialEq)]
pub struct MiningResult {
    /// The patterns of the census: promoted, then parked, then discarded ones; inside each by corrected p (rising),
    /// count (falling), and pattern.
    pub rows: Vec<MotifRow>,
    /// The counts; the totals include the patterns rarer than `min_count`.
    pub census: Census,
    /// Number of events whose label or time the null can change. 0: every replicate equals the data, so every p is 1;
    /// wider blocks (`block_minutes`) or other labels may help.
    pub movable_events: u64,
    /// For each graph, whether it was held out; a single graph is not.
    pub held_out: Vec<bool>,
}

/// The labelled patterns of the graphs, each counted and tested against the null `config.null`.
///
/// `progress(done, total)` is called from any thread as replicates are done. Runs on the current rayon pool; the
/// result is bit-identical for any number of threads. Time: about 5 ns per occurrence and replicate, more if graphs
/// are few and small. Memory ([`memory_bytes`](super::memory_bytes)): a few million occurrences, the tested
/// patterns, and the drawn labels, 64 MB or those of eight replicates if that is more (a byte each, four with more
/// than 256 labels).
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
/// assert_eq!((row.count, row.support), (2, 2));
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
    let held_out = choose_held_out(graphs.len(), config.holdout, seed);
    let part = |out: bool| graphs.iter().zip(&held_out).filter(move |&(_, &o)| o == out).map(|(g, _)| *g);
    let ordered: Vec<MotifGraph<'_>> = part(false).chain(part(true)).collect();
    let union = Union::with_span_limit(&ordered, config.span_ms())?;
    let census = CensusBuilder::new(&union, config).build()?;
    let null = NullModel::new(&ordered, &union, config)?;
    let movable_events = null.movable();
    let mut rows: Vec<IndexedRow> =
        census.patterns.iter().enumerate().map(|(i, counted)| (PatternIdx(i), untested(counted))).collect();
    if config.iterations > 0 && (movable_events == 0 || rows.is_empty()) {
        rows.iter_mut().for_each(|(_, row)| set_untestable(row, part(true).next().is_some()));
        sort(&mut rows, config);
    } else if config.iterations > 0 {
        census.check_counters()?;
        let discovery_graphs = part(false).count();
        let test = SignificanceTest {
            union: &union,
            null: &null,
            sizes: config.sizes(),
            iterations: config.iterations,
            min_count: config.min_count,
            seed,
            first_held_out: union.offsets[discovery_graphs],
            progress,
        };
        test_rows(&mut rows, &test, &census, config)?;
    } else {
        sort(&mut rows, config);
    }
    let rows = rows.into_iter().map(|(_, row)| row).collect();
    Ok(MiningResult { rows, census, movable_events, held_out })
}

/// A row and the index of its pattern in the census.
type IndexedRow = (PatternIdx, MotifRow);

/// The row of a pattern before the test.
fn untested(counted: &PatternCount) -> MotifRow {
    let PatternCount { pattern, count, support, non_overlapping } = *counted;
    let class_id = class_of(usize::from(pattern.k()), pattern.mask()).unwrap_or(pattern.mask());
    let verdict = Verdict::Untested;
    MotifRow { pattern, class_id, count, support, non_overlapping, significance: None, verdict }
}

/// Sets the significance of a row when the null can change nothing: every replicate equals the data.
fn set_untestable(row: &mut MotifRow, held_out: bool) {
    row.significance = Some(Significance {
        null_mean: row.count as f64,
        null_sd: 0.0,
        lift: 1.0,
        lift_interval: None,
        p_value: 1.0,
        p_two_sided: 1.0,
        p_fwer: 1.0,
        p_bonferroni: 1.0,
        q_value: 1.0,
        q_by: 1.0,
        p_discovery: held_out.then_some(1.0),
        p_holdout: None,
    });
    row.verdict = Verdict::Discard;
}

/// Draws the replicates, and sets the significance and the verdict of every row. `rows` are in the order of the
/// census, and are then sorted as in [`MiningResult::rows`].
fn test_rows(
    rows: &mut [IndexedRow],
    test: &SignificanceTest<'_>,
    census: &Census,
    config: &MotifConfig,
) -> Result<(), MotifError> {
    let result = test.run(census)?;
    let any_held_out = test.first_held_out < test.union.nodes();
    let replicates = f64::from(config.iterations);
    let p_value = |hits: u32| (f64::from(hits) + 1.0) / (replicates + 1.0);
    let p_values: Vec<f64> = result.outcomes.iter().map(|o| p_value(o.count_ge)).collect();
    let p_bonferroni = bonferroni(&p_values);
    let q_values = benjamini_hochberg(&p_values);
    let q_by = benjamini_yekutieli(&p_values);
    for &mut (PatternIdx(i), ref mut row) in rows.iter_mut() {
        let outcome = &result.outcomes[i];
        row.significance = Some(Significance {
            null_mean: outcome.null_mean,
            null_sd: outcome.null_sd,
            lift: row.count as f64 / outcome.null_mean.max(1.0 / replicates),
            lift_interval: None,
            p_value: p_values[i],
            p_two_sided: (2.0 * p_value(outcome.count_ge.min(outcome.count_le))).min(1.0),
            p_fwer: result.p_fwer(outcome),
            p_bonferroni: p_bonferroni[i],
            q_value: q_values[i],
            q_by: q_by[i],
            p_discovery: any_held_out.then(|| result.p_discovery(outcome)),
            p_holdout: None,
        });
    }
    confirm(rows, test, census, &result)?;
    for (_, row) in rows.iter_mut() {
        row.verdict = row.significance.map_or(Verdict::Untested, |s| Verdict::of(&s, config));
    }
    sort(rows, config);
    set_intervals(rows, test, census)
}

/// Sets `p_holdout` of the patterns that were found ([`FOUND_P`]) in the graphs that are not held out.
fn confirm(
    rows: &mut [IndexedRow],
    test: &SignificanceTest<'_>,
    census: &Census,
    result: &TestResult,
) -> Result<(), MotifError> {
    let was_found = |s: &Significance| s.p_discovery.is_some_and(|p| p <= FOUND_P);
    let found = rows.iter_mut().filter(|(_, row)| row.significance.as_ref().is_some_and(was_found));
    let (candidates, found): (Vec<PatternIdx>, Vec<&mut MotifRow>) =
        found.map(|(index, row)| (*index, row)).unzip();
    for (row, p) in found.into_iter().zip(test.confirm(census, &result.outcomes, &candidates)?) {
        row.significance = row.significance.map(|s| Significance { p_holdout: Some(p), ..s });
    }
    Ok(())
}

/// Sets the interval of the lift of the first rows.
fn set_intervals(
    rows: &mut [IndexedRow],
    test: &SignificanceTest<'_>,
    census: &Census,
) -> Result<(), MotifError> {
    let first = rows.len().min(MAX_INTERVALS).min((MAX_INTERVAL_COUNTS / test.union.graphs()).max(1));
    let patterns: Vec<PatternIdx> = rows[..first].iter().map(|&(index, _)| index).collect();
    let iterations = test.iterations.min(INTERVAL_REPLICATES);
    let by_graph = test.by_graph(census, &patterns, iterations)?;
    let intervals = lift_intervals(&by_graph, iterations, test.seed);
    for ((_, row), lift_interval) in rows.iter_mut().zip(intervals) {
        row.significance = row.significance.map(|s| Significance { lift_interval, ..s });
    }
    Ok(())
}

/// Sorts the rows as in [`MiningResult::rows`].
fn sort(rows: &mut [IndexedRow], config: &MotifConfig) {
    let p = |row: &MotifRow| row.significance.map_or(1.0, |s| s.corrected(config.correction));
    rows.sort_unstable_by(|(_, a), (_, b)| {
        (a.verdict.cmp(&b.verdict))
            .then(p(a).total_cmp(&p(b)))
            .then(b.count.cmp(&a.count))
            .then(a.pattern.cmp(&b.pattern))
    });
}
