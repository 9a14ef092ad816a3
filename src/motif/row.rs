//! A tested pattern: how its count stands to chance, and what follows from it.

use super::census::Pattern;
use super::config::Correction;
use super::quote::quote;

/// What is to be done with a pattern.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Verdict {
    /// The corrected p is at most `promote_p`, the lift at least `promote_lift`, the null is
    /// [`Null::StratifiedPermutation`](super::Null), and graphs that had no part in finding the pattern confirm it:
    /// `p_holdout` is at most `park_p`.
    Promote,
    /// The corrected p is at most `park_p` and the lift at least `park_lift`, but the pattern is not promoted.
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
///
/// Serialised with the ends of the interval as `lift_low` and `lift_high`, the columns of `motifs.parquet`.
#[derive(Debug, Clone, Copy, PartialEq, serde::Serialize)]
pub struct Significance {
    /// Mean count of the R draws.
    pub null_mean: f64,
    /// Standard deviation of the counts, over R - 1; 0 for a single draw.
    pub null_sd: f64,
    /// Count over `null_mean`; where no draw held the pattern, count over 1/R, as if one draw had held it once.
    pub lift: f64,
    /// 95 % interval of the lift by resampled graphs: how far it depends on which graphs were seen. Given for the first
    /// 1000 rows (fewer of more than 1000 graphs), and not for a single graph.
    #[serde(flatten, serialize_with = "interval_ends")]
    pub lift_interval: Option<(f64, f64)>,
    /// (b + 1) / (R + 1), b of the R draws holding the pattern at least as often as the data. Of one pattern alone.
    pub p_value: f64,
    /// Of one pattern alone, for counts too high or too low: twice the smaller of the one-sided p, at most 1.
    pub p_two_sided: f64,
    /// Chance that data without structure show any score as large: max-T, single step, the choice of the tested
    /// patterns included. Never below `p_value`.
    pub p_fwer: f64,
    /// Bonferroni over the `p_value`s of the tested patterns. Like the two below it takes them as they are: they were
    /// chosen by their counts, so for patterns that are rare under the null it is optimistic: a rank, not a proof.
    pub p_bonferroni: f64,
    /// Benjamini-Hochberg over the `p_value`s of the tested patterns.
    pub q_value: f64,
    /// Benjamini-Yekutieli over the `p_value`s of the tested patterns.
    pub q_by: f64,
    /// As `p_fwer`, of the graphs that are not held out alone; `None` if no graph is held out.
    pub p_discovery: Option<f64>,
    /// Chance that the held-out graphs, without structure, show the score of any of the patterns that were found among
    /// the others (`p_discovery` at most 0.5) as large: max-T over these; `None` for what was not found there.
    pub p_holdout: Option<f64>,
}

fn interval_ends<S: serde::Serializer>(
    interval: &Option<(f64, f64)>,
    serializer: S,
) -> Result<S::Ok, S::Error> {
    #[derive(serde::Serialize)]
    struct IntervalEnds {
        lift_low: Option<f64>,
        lift_high: Option<f64>,
    }
    let (lift_low, lift_high) = interval.unzip();
    serde::Serialize::serialize(&IntervalEnds { lift_low, lift_high }, serializer)
}

impl Significance {
    /// The p or q that a correction gives.
    pub fn corrected(&self, correction: Correction) -> f64 {
        match correction {
            Correction::MaxT => self.p_fwer,
            Correction::Bonferroni => self.p_bonferroni,
            Correction::Bh => self.q_value,
            Correction::By => self.q_by,
        }
    }
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
    /// Most of its occurrences no two of which overlap in the order of events.
    pub non_overlapping: u64,
    /// `None` if no null was drawn.
    pub significance: Option<Significance>,
    /// What follows from it.
    pub verdict: Verdict,
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
