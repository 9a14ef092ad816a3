//! From graphs to tested patterns: the way through the room.

use super::bootstrap::lift_intervals;
use super::census::{Census, Counter, PatternCount};
use super::config::{MotifConfig, Null};
use super::correction;
use super::error::MotifError;
use super::follow::share_above;
use super::graph::{MotifGraph, Union};
use super::null::Model;
use super::outcome::Outcome;
use super::row::{MotifRow, Significance, Verdict};
use super::shape::class_of;
use super::significance::{Test, Tested};
use super::split::held_out;

/// Family-wise p up to which the graphs that are not held out count as having found a pattern: more than that is as
/// likely as not chance. What is found is still to be confirmed, so a low bar here costs nothing but a few candidates.
const FOUND_P: f64 = 0.5;
/// Rows at most whose lift is given an interval, ...
const INTERVALS: usize = 1000;
/// ... fewer if their counts by graph are more than this, ...
const INTERVAL_CELLS: usize = 1 << 20;
/// ... and the draws that say how the null's counts spread over the graphs: the interval's width takes no more.
const INTERVAL_DRAWS: u32 = 100;

/// What mining gave.
#[derive(Debug, Clone, PartialEq)]
pub struct Mined {
    /// The tested patterns: promoted before parked before discarded ones; then by the corrected p,
    /// count (falling), and pattern.
    pub rows: Vec<MotifRow>,
    /// What was counted, rarer patterns in its totals.
    pub census: Census,
    /// Events that the null may change. 0: it has one labelling only, nothing can be shown, and every p is 1; wider
    /// blocks (`block_minutes`) or other labels may help.
    pub movable_events: u64,
    /// Whether each graph was held out; none is where there is but one.
    pub held_out: Vec<bool>,
}

/// Counts labelled patterns and tests each against a null (`config.null`).
///
/// `progress(done, total)` is called from any thread as draws are done. Runs on the current rayon pool; the result is
/// the same to the bit for any number of threads. Some 5 ns for each occurrence and draw, more where graphs are few and
/// small; memory for a few million occurrences, the tested patterns, and drawn labels: 64 MB, or those of eight draws
/// where they need more (a byte each, four of more than 256 labels).
///
/// # Errors
/// [`MotifError`] for settings out of range, too many events, labels or occurrences, and graphs that the null cannot
/// build anew.
pub fn mine(
    graphs: &[MotifGraph<'_>],
    config: &MotifConfig,
    seed: u64,
    progress: &(dyn Fn(u64, u64) + Sync),
) -> Result<Mined, MotifError> {
    config.validate()?;
    let held_out = held_out(graphs.len(), config.holdout, seed);
    let part = |out: bool| graphs.iter().zip(&held_out).filter(move |&(_, &o)| o == out).map(|(g, _)| *g);
    let ordered: Vec<MotifGraph<'_>> = part(false).chain(part(true)).collect();
    let union = Union::within(&ordered, config.span_ms())?;
    let census = Counter::of(&union, config).count()?;
    let null = Model::of(&ordered, &union, config)?;
    let movable_events = null.movable();
    let mut rows: Vec<(usize, MotifRow)> = census.patterns.iter().map(untested).enumerate().collect();
    if config.iterations > 0 && (movable_events == 0 || rows.is_empty()) {
        rows.iter_mut().for_each(|(_, row)| certain(row, part(true).next().is_some()));
        sort(&mut rows, config);
    } else if config.iterations > 0 {
        census.fits_counters()?;
        let found = part(false).count();
        let test = Test {
            union: &union,
            null: &null,
            sizes: config.sizes(),
            iterations: config.iterations,
            min_count: config.min_count,
            seed,
            held_out: union.offsets[found],
            progress,
        };
        judge(&mut rows, &test, &census, config)?;
    } else {
        sort(&mut rows, config);
    }
    Ok(Mined { rows: rows.into_iter().map(|(_, row)| row).collect(), census, movable_events, held_out })
}

fn untested(counted: &PatternCount) -> MotifRow {
    let PatternCount { pattern, count, support, non_overlapping } = *counted;
    let class_id = class_of(usize::from(pattern.k()), pattern.mask()).unwrap_or(pattern.mask());
    let verdict = Verdict::Untested;
    MotifRow { pattern, class_id, count, support, non_overlapping, significance: None, verdict }
}

/// Every draw equals the data.
fn certain(row: &mut MotifRow, held_out: bool) {
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

/// Draws the null, and gives every row its significance and verdict. The rows stand in the order of the census and
/// end in that of [`Mined::rows`].
fn judge(
    rows: &mut [(usize, MotifRow)],
    test: &Test<'_>,
    census: &Census,
    config: &MotifConfig,
) -> Result<(), MotifError> {
    let tested = test.run(census)?;
    let any_held_out = test.held_out < test.union.nodes();
    let draws = f64::from(config.iterations);
    let share = |hits: u32| (f64::from(hits) + 1.0) / (draws + 1.0);
    let p_values: Vec<f64> = tested.outcomes.iter().map(|o| share(o.as_often)).collect();
    let bonferroni = correction::bonferroni(&p_values);
    let q_values = correction::benjamini_hochberg(&p_values);
    let q_by = correction::benjamini_yekutieli(&p_values);
    for (at, row) in rows.iter_mut() {
        let outcome = &tested.outcomes[*at];
        row.significance = Some(Significance {
            null_mean: outcome.null_mean,
            null_sd: outcome.null_sd,
            lift: row.count as f64 / outcome.null_mean.max(1.0 / draws),
            lift_interval: None,
            p_value: p_values[*at],
            p_two_sided: (2.0 * share(outcome.as_often.min(outcome.at_most))).min(1.0),
            p_fwer: share_above(&tested.maxima, outcome.score),
            p_bonferroni: bonferroni[*at],
            q_value: q_values[*at],
            q_by: q_by[*at],
            p_discovery: any_held_out.then(|| p_discovery(outcome, &tested)),
            p_holdout: None,
        });
    }

    let was_found = |s: &Significance| s.p_discovery.is_some_and(|p| p <= FOUND_P);
    let found = rows.iter_mut().filter(|(_, row)| row.significance.as_ref().is_some_and(was_found));
    let (places, found): (Vec<usize>, Vec<&mut MotifRow>) = found.map(|(at, row)| (*at, row)).unzip();
    for (row, p) in found.into_iter().zip(test.confirm(census, &tested.outcomes, &places)?) {
        row.significance = row.significance.map(|s| Significance { p_holdout: Some(p), ..s });
    }
    for (_, row) in rows.iter_mut() {
        row.verdict = row.significance.map_or(Verdict::Untested, |s| verdict(&s, config));
    }
    sort(rows, config);

    let graphs = test.union.offsets.len() - 1;
    let first = rows.len().min(INTERVALS).min((INTERVAL_CELLS / graphs).max(1));
    let places: Vec<usize> = rows[..first].iter().map(|&(at, _)| at).collect();
    let iterations = config.iterations.min(INTERVAL_DRAWS);
    let by_graph = test.by_graph(census, &places, iterations)?;
    let intervals = lift_intervals(&by_graph, iterations, test.seed);
    for ((_, row), lift_interval) in rows.iter_mut().zip(intervals) {
        row.significance = row.significance.map(|s| Significance { lift_interval, ..s });
    }
    Ok(())
}

/// Family-wise p among the graphs that are not held out: 1 for what is too rare there.
fn p_discovery(outcome: &Outcome, tested: &Tested) -> f64 {
    outcome.discovery.map_or(1.0, |score| share_above(&tested.discovery_maxima, score))
}

fn verdict(significance: &Significance, config: &MotifConfig) -> Verdict {
    let p = significance.corrected(config.correction);
    let confirmed = significance.p_holdout.is_some_and(|p| p <= config.park_p);
    let default_null = config.null == Null::StratifiedPermutation;
    if p <= config.promote_p && significance.lift >= config.promote_lift && default_null && confirmed {
        Verdict::Promote
    } else if p <= config.park_p && significance.lift >= config.park_lift {
        Verdict::Park
    } else {
        Verdict::Discard
    }
}

fn sort(rows: &mut [(usize, MotifRow)], config: &MotifConfig) {
    let p = |row: &MotifRow| row.significance.map_or(1.0, |s| s.corrected(config.correction));
    rows.sort_unstable_by(|(_, a), (_, b)| {
        (a.verdict.cmp(&b.verdict))
            .then(p(a).total_cmp(&p(b)))
            .then(b.count.cmp(&a.count))
            .then(a.pattern.cmp(&b.pattern))
    });
}

#[cfg(test)]
mod tests {
    use super::super::config::Correction;
    use super::*;

    /// A finding that is promoted.
    fn strong() -> Significance {
        Significance {
            null_mean: 1.0,
            null_sd: 1.0,
            lift: 2.0,
            lift_interval: None,
            p_value: 0.001,
            p_two_sided: 0.002,
            p_fwer: 0.01,
            p_bonferroni: 0.2,
            q_value: 0.01,
            q_by: 0.06,
            p_discovery: Some(0.05),
            p_holdout: Some(0.05),
        }
    }

    #[test]
    fn what_the_open_graphs_show_is_measured_by_their_own_draws() {
        let tested =
            Tested { outcomes: Vec::new(), maxima: vec![9.0; 3], discovery_maxima: vec![1.0, 2.0, 3.0] };
        let of = |discovery| p_discovery(&Outcome { discovery, ..Outcome::default() }, &tested);
        assert_eq!([of(Some(3.5)), of(Some(2.0)), of(Some(0.5)), of(None)], [0.25, 0.75, 1.0, 1.0]);
    }

    #[test]
    fn verdicts_need_lift_corrected_p_and_confirmation() {
        let config = MotifConfig::default();
        let judged = |change: fn(&mut Significance)| {
            let mut s = strong();
            change(&mut s);
            verdict(&s, &config)
        };
        assert_eq!(judged(|_| {}), Verdict::Promote);
        assert_eq!(judged(|s| s.lift = 1.9), Verdict::Park);
        assert_eq!(judged(|s| s.p_fwer = 0.05), Verdict::Park);
        assert_eq!(judged(|s| s.p_fwer = 0.06), Verdict::Discard);
        for weak in [None, Some(0.051)] {
            assert_eq!(verdict(&Significance { p_holdout: weak, ..strong() }, &config), Verdict::Park);
        }
    }

    #[test]
    fn the_correction_steers_the_verdict_and_only_the_default_null_promotes() {
        let judged = |change: fn(&mut MotifConfig)| {
            let mut config = MotifConfig::default();
            change(&mut config);
            verdict(&strong(), &config)
        };
        assert_eq!(judged(|c| c.correction = Correction::Bonferroni), Verdict::Discard);
        assert_eq!(judged(|c| c.correction = Correction::Bh), Verdict::Promote);
        assert_eq!(judged(|c| c.correction = Correction::By), Verdict::Discard);
        assert_eq!(judged(|c| c.null = Null::LabelPermutation), Verdict::Park);
        assert_eq!(judged(|c| c.null = Null::IntervalJitter), Verdict::Park);
    }
}
