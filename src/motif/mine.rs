//! From graphs to tested patterns: the way through the room.

use super::census::{Census, Counter, Pattern, PatternCount};
use super::config::MotifConfig;
use super::error::MotifError;
use super::graph::{MotifGraph, Union};
use super::null::StratifiedPermutation;
use super::outcome::Outcome;
use super::shape::class_of;
use super::significance::{Test, Tested};

/// What is to be done with a pattern.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Verdict {
    /// Family-wise p at most `promote_p`, and a lift of at least `promote_lift`.
    Promote,
    /// Family-wise p at most `park_p`, but not promoted.
    Park,
    /// The rest.
    Discard,
    /// No null was drawn.
    Untested,
}

impl Verdict {
    /// Its name in tables: `promote`, `park`, `discard`, `untested`.
    pub fn name(self) -> &'static str {
        match self {
            Self::Promote => "promote",
            Self::Park => "park",
            Self::Discard => "discard",
            Self::Untested => "untested",
        }
    }
}

/// How a pattern's count stands to its counts under the null.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Significance {
    /// Mean count of the R draws.
    pub null_mean: f64,
    /// Standard deviation of the counts, over R - 1; 0 for a single draw.
    pub null_sd: f64,
    /// Count over `null_mean`; where no draw held the pattern, count over 1/R, as if one draw had held it once.
    pub lift: f64,
    /// (b + 1) / (R + 1), b of the R draws holding the pattern at least as often as the data. Of one pattern alone.
    pub p_value: f64,
    /// Chance that data without structure show any score as large: max-T, single step, the choice of the tested
    /// patterns included. Never below `p_value`.
    pub p_fwer: f64,
    /// Benjamini-Hochberg over the `p_value`s of the tested patterns. They were chosen by their counts, so for
    /// patterns that are rare under the null it is optimistic: a rank, not a verdict.
    pub q_value: f64,
}

/// A tested pattern.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct MotifRow {
    /// The pattern.
    pub pattern: Pattern,
    /// Isomorphism class of its shape: the smallest mask among all numberings of the events.
    pub class_id: u32,
    /// Occurrences in all graphs.
    pub count: u64,
    /// Graphs in which it occurs.
    pub support: u32,
    /// `None` if no null was drawn.
    pub significance: Option<Significance>,
    /// What follows from it.
    pub verdict: Verdict,
}

/// What mining gave.
#[derive(Debug, Clone, PartialEq)]
pub struct Mined {
    /// The tested patterns: promoted before parked before discarded ones; then by `p_fwer`,
    /// count (falling), and pattern.
    pub rows: Vec<MotifRow>,
    /// What was counted, rarer patterns in its totals.
    pub census: Census,
    /// Events that share their block with another label. 0: the null has one labelling only, nothing can be
    /// shown, and every p is 1; wider blocks (`block_minutes`) or other labels may help.
    pub movable_events: u64,
}

/// Counts labelled patterns and tests each against labels permuted within blocks of time
/// (the null: event `e` of a graph lies in block `floor((t_e - t_first) / block_minutes)`, and labels are
/// exchangeable inside a block; times, edges and each block's labels stay).
///
/// `progress(done, total)` is called from any thread after each draw. Runs on the current rayon pool; the result is
/// the same to the bit for any number of threads. A few nanoseconds for each occurrence and draw; memory for a few
/// million occurrences, the tested patterns, and a table of distinct labellings for each thread.
///
/// # Errors
/// [`MotifError`] for settings out of range, too many events, labels or occurrences.
pub fn mine(
    graphs: &[MotifGraph<'_>],
    config: &MotifConfig,
    seed: u64,
    progress: &(dyn Fn(u64, u64) + Sync),
) -> Result<Mined, MotifError> {
    config.validate()?;
    let union = Union::within(graphs, config.span_ms())?;
    let census = Counter::of(&union, config).count()?;
    let width_ms =
        config.block_ms().ok_or(MotifError::BlockMinutes { block_minutes: config.block_minutes })?;
    let null = StratifiedPermutation::of(graphs, &union, width_ms);
    let movable_events = null.movable();
    let significances = if config.iterations == 0 {
        vec![None; census.patterns.len()]
    } else if movable_events == 0 || census.patterns.is_empty() {
        census.patterns.iter().map(|counted| Some(certain(counted))).collect()
    } else {
        census.fits_counters()?;
        let test = Test {
            union: &union,
            null: &null,
            iterations: config.iterations,
            min_count: config.min_count,
            seed,
            progress,
        };
        significances(&census, &test.run(&census)).into_iter().map(Some).collect()
    };
    let mut rows: Vec<MotifRow> = census
        .patterns
        .iter()
        .zip(significances)
        .map(|(counted, significance)| row(counted, significance, config))
        .collect();
    sort(&mut rows);
    Ok(Mined { rows, census, movable_events })
}

/// Every draw equals the data.
fn certain(counted: &PatternCount) -> Significance {
    let null_mean = counted.count as f64;
    Significance { null_mean, null_sd: 0.0, lift: 1.0, p_value: 1.0, p_fwer: 1.0, q_value: 1.0 }
}

fn significances(census: &Census, tested: &Tested) -> Vec<Significance> {
    let draws = tested.maxima.len() as u32;
    let mut maxima = tested.maxima.clone();
    maxima.sort_unstable_by(f64::total_cmp);
    let share = |hits: usize| (hits as f64 + 1.0) / (f64::from(draws) + 1.0);
    let p_values: Vec<f64> = tested.outcomes.iter().map(|o| share(o.as_often as usize)).collect();
    let q_values = benjamini_hochberg(&p_values);
    let one = |(counted, outcome, p_value, q_value): (&PatternCount, &Outcome, f64, f64)| {
        let (null_mean, null_sd) = outcome.mean_and_sd(draws);
        let lift = counted.count as f64 / null_mean.max(1.0 / f64::from(draws));
        let above = maxima.len() - maxima.partition_point(|&max| max < outcome.score);
        Significance { null_mean, null_sd, lift, p_value, p_fwer: share(above), q_value }
    };
    let patterns = census.patterns.iter().zip(&tested.outcomes);
    patterns.zip(p_values.into_iter().zip(q_values)).map(|((c, o), (p, q))| one((c, o, p, q))).collect()
}

/// Benjamini-Hochberg: the least rate of false discoveries at which each would be among them.
fn benjamini_hochberg(p_values: &[f64]) -> Vec<f64> {
    let mut order: Vec<usize> = (0..p_values.len()).collect();
    order.sort_by(|&a, &b| p_values[a].total_cmp(&p_values[b]));
    let mut q_values = vec![1.0; p_values.len()];
    let mut least = 1.0_f64;
    for (rank, &at) in order.iter().enumerate().rev() {
        least = least.min(p_values[at] * p_values.len() as f64 / (rank + 1) as f64);
        q_values[at] = least;
    }
    q_values
}

fn row(counted: &PatternCount, significance: Option<Significance>, config: &MotifConfig) -> MotifRow {
    let PatternCount { pattern, count, support, .. } = *counted;
    let class_id = class_of(usize::from(pattern.k()), pattern.mask()).unwrap_or(pattern.mask());
    let verdict = significance.map_or(Verdict::Untested, |s| verdict(&s, config));
    MotifRow { pattern, class_id, count, support, significance, verdict }
}

fn verdict(significance: &Significance, config: &MotifConfig) -> Verdict {
    let Significance { lift, p_fwer, .. } = *significance;
    if p_fwer <= config.promote_p && lift >= config.promote_lift {
        Verdict::Promote
    } else if p_fwer <= config.park_p {
        Verdict::Park
    } else {
        Verdict::Discard
    }
}

fn sort(rows: &mut [MotifRow]) {
    rows.sort_unstable_by(|a, b| {
        let p_fwer = |row: &MotifRow| row.significance.map_or(1.0, |s| s.p_fwer);
        a.verdict
            .cmp(&b.verdict)
            .then(p_fwer(a).total_cmp(&p_fwer(b)))
            .then(b.count.cmp(&a.count))
            .then(a.pattern.cmp(&b.pattern))
    });
}

impl MotifRow {
    /// The labels by name, as a JSON array of strings (`["sweep","reversal","sweep"]`): whatever a name holds, it can
    /// be taken apart again. `names[code]` is the name of a label's code.
    ///
    /// # Panics
    /// If a code has no name.
    #[track_caller]
    pub fn labels_json(&self, names: &[String]) -> String {
        let quoted: Vec<String> =
            self.pattern.labels().iter().map(|&code| quote(&names[code as usize])).collect();
        format!("[{}]", quoted.join(","))
    }
}

/// A JSON string.
fn quote(text: &str) -> String {
    let mut quoted = String::from("\"");
    for c in text.chars() {
        match c {
            '"' | '\\' => quoted.extend(['\\', c]),
            c if c < ' ' => quoted.push_str(&format!("\\u{:04x}", u32::from(c))),
            c => quoted.push(c),
        }
    }
    quoted.push('"');
    quoted
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn q_values_are_those_of_benjamini_and_hochberg() {
        // scipy.stats.false_discovery_control([0.01, 0.04, 0.03, 0.2])
        let q = benjamini_hochberg(&[0.01, 0.04, 0.03, 0.2]);
        let want = [0.04, 0.16 / 3.0, 0.16 / 3.0, 0.2];
        assert!(q.iter().zip(want).all(|(q, w)| (q - w).abs() < 1e-15), "{q:?}");
        assert!(benjamini_hochberg(&[]).is_empty());
    }

    #[test]
    fn verdicts_need_both_lift_and_family_wise_p() {
        let judged = |lift, p_fwer| {
            let s =
                Significance { null_mean: 1.0, null_sd: 1.0, lift, p_value: 0.001, p_fwer, q_value: 0.001 };
            verdict(&s, &MotifConfig::default())
        };
        assert_eq!(judged(2.0, 0.01), Verdict::Promote);
        assert_eq!(judged(1.9, 0.01), Verdict::Park);
        assert_eq!(judged(9.0, 0.05), Verdict::Park);
        assert_eq!(judged(9.0, 0.06), Verdict::Discard);
    }

    #[test]
    fn names_are_quoted_so_that_json_gives_them_back() {
        let name = "a\"b\\c|d,\n\u{1}é";
        assert_eq!(serde_json::from_str::<String>(&quote(name)).unwrap(), name);
    }
}
