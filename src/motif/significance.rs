//! The significance of a pattern.

use serde::{Serialize, Serializer};

use super::Correction;

/// A pattern's count compared with its counts in R replicates of the null.
///
/// Serialises its fields in their order, `lift_interval` as `lift_low` and `lift_high`, `None` as null.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Significance {
    /// Mean count of the replicates.
    pub null_mean: f64,
    /// Standard deviation of the counts, over R - 1; 0 for a single replicate.
    pub null_sd: f64,
    /// Count over `null_mean`; if the pattern occurs in no replicate, count over 1/R, as if it occurred once in one.
    pub lift: f64,
    /// 95 % bootstrap interval of the lift, the graphs being resampled: shows how much the lift depends on the
    /// choice of graphs. `None` after the first 1000 rows (fewer if there are more than 1000 graphs), and for a
    /// single graph.
    #[serde(flatten, serialize_with = "interval_ends")]
    pub lift_interval: Option<(f64, f64)>,
    /// One-sided p of this pattern alone: (b + 1) / (R + 1), where b replicates have at least the count of the data.
    pub p_value: f64,
    /// Two-sided p of this pattern alone: twice the smaller one-sided p, at most 1.
    pub p_two_sided: f64,
    /// Family-wise p: the chance that under the null any pattern has a score as large (single-step max-T). Valid
    /// although the tested patterns are chosen by the data. Never below `p_value`.
    pub p_fwer: f64,
    /// Bonferroni over the `p_value`s of the tested patterns. Like the next two it ignores that the patterns
    /// were chosen by their counts, so it is too small for patterns that are rare under the null: use it to rank
    /// only.
    pub p_bonferroni: f64,
    /// Benjamini-Hochberg over the `p_value`s of the tested patterns.
    pub q_value: f64,
    /// Benjamini-Yekutieli over the `p_value`s of the tested patterns.
    pub q_by: f64,
    /// `p_fwer` computed from the graphs that are not held out; `None` if no graph is held out.
    pub p_discovery: Option<f64>,
    /// Family-wise p in the held-out graphs: max-T over the patterns found in the other graphs (`p_discovery` at most
    /// 0.5); `None` for a pattern that was not found there.
    pub p_holdout: Option<f64>,
}

impl Significance {
    /// The p-value or q-value of a correction.
    pub fn corrected(&self, correction: Correction) -> f64 {
        match correction {
            Correction::MaxT => self.p_fwer,
            Correction::Bonferroni => self.p_bonferroni,
            Correction::Bh => self.q_value,
            Correction::By => self.q_by,
        }
    }
}

/// Serialises the ends of an interval as two fields.
fn interval_ends<S: Serializer>(interval: &Option<(f64, f64)>, serializer: S) -> Result<S::Ok, S::Error> {
    #[derive(Serialize)]
    struct Ends {
        lift_low: Option<f64>,
        lift_high: Option<f64>,
    }
    let (lift_low, lift_high) = interval.unzip();
    Ends { lift_low, lift_high }.serialize(serializer)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Serialize)]
    struct Row {
        count: u64,
        #[serde(flatten)]
        significance: Option<Significance>,
        verdict: &'static str,
    }

    fn json(significance: Option<Significance>) -> String {
        serde_json::to_string(&Row { count: 7, significance, verdict: "park" }).unwrap()
    }

    #[test]
    fn a_flattened_significance_has_the_fields_of_a_row_in_their_order() {
        let mut significance = Significance {
            null_mean: 1.5,
            null_sd: 0.1,
            lift: 2.0,
            lift_interval: Some((1.25, 3.0)),
            p_value: 1e-3,
            p_two_sided: 2e-3,
            p_fwer: 0.25,
            p_bonferroni: 1.0,
            q_value: 0.5,
            q_by: 0.75,
            p_discovery: Some(0.0625),
            p_holdout: None,
        };
        assert_eq!(
            json(Some(significance)),
            "{\"count\":7,\"null_mean\":1.5,\"null_sd\":0.1,\"lift\":2.0,\"lift_low\":1.25,\"lift_high\":3.0,\
             \"p_value\":0.001,\"p_two_sided\":0.002,\"p_fwer\":0.25,\"p_bonferroni\":1.0,\"q_value\":0.5,\
             \"q_by\":0.75,\"p_discovery\":0.0625,\"p_holdout\":null,\"verdict\":\"park\"}"
        );
        significance.lift_interval = None;
        assert!(json(Some(significance)).contains("\"lift_low\":null,\"lift_high\":null,"));
        assert_eq!(json(None), "{\"count\":7,\"verdict\":\"park\"}");
    }
}
