//! The significance of a pattern.

use serde::{Serialize, Serializer};

use super::Correction;

/// A pattern's event-disjoint count compared with the null.
///
/// Serialises its fields in their order, `lift_interval` as `lift_low` and `lift_high`, `None` as null.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Significance {
    /// Mean event-disjoint count of the calibration replicates (100, or `iterations` if that is less).
    pub null_mean: f64,
    /// Standard deviation of these counts, over n - 1; 0 for a single replicate.
    pub null_sd: f64,
    /// (event-disjoint count + 1/2) / (`null_mean` + 1/2): finite for a pattern that no replicate has.
    pub lift: f64,
    /// 95 % bootstrap interval of the lift, the graphs being resampled: shows how much the lift depends on the
    /// choice of graphs. `None` after the first 1000 rows (fewer if there are more than 1000 graphs), and for a
    /// single graph.
    #[serde(flatten, serialize_with = "interval_ends")]
    pub lift_interval: Option<(f64, f64)>,
    /// Excess over the null, comparable between patterns: about the number of standard deviations.
    pub score: f64,
    /// Family-wise p: the chance that under the null any pattern has a score as large for its size (single-step
    /// max-T). Valid although the tested patterns are chosen by the data.
    pub p_fwer: f64,
    /// False discovery rate among the patterns with a score as large, estimated from the replicates.
    pub q_value: f64,
    /// Family-wise p under [`Null::Pairs`](crate::motif::Null); `None` where the pattern is not significant under the
    /// null of the run, or this is not [`Null::StratifiedPermutation`](crate::motif::Null).
    pub p_pairs: Option<f64>,
    /// Whether pairs of successive labels explain the pattern: `p_pairs` is above `park_p`. `None` as `p_pairs`.
    pub explained_by_pairs: Option<bool>,
    /// Family-wise p in the held-out graphs, combined over all lots; `None` as `p_pairs`, and where nothing can be
    /// held out.
    pub p_holdout: Option<f64>,
    /// Number of lots in which the graphs that are not held out show the pattern; `None` as `p_holdout`.
    pub lots: Option<u32>,
}

impl Significance {
    /// The p-value or q-value of a correction.
    pub fn corrected(&self, correction: Correction) -> f64 {
        match correction {
            Correction::MaxT => self.p_fwer,
            Correction::Fdr => self.q_value,
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
            score: 4.5,
            p_fwer: 0.25,
            q_value: 0.5,
            p_pairs: Some(0.0625),
            explained_by_pairs: Some(true),
            p_holdout: None,
            lots: None,
        };
        assert_eq!(
            json(Some(significance)),
            "{\"count\":7,\"null_mean\":1.5,\"null_sd\":0.1,\"lift\":2.0,\"lift_low\":1.25,\"lift_high\":3.0,\
             \"score\":4.5,\"p_fwer\":0.25,\"q_value\":0.5,\"p_pairs\":0.0625,\"explained_by_pairs\":true,\
             \"p_holdout\":null,\"lots\":null,\"verdict\":\"park\"}"
        );
        significance.lift_interval = None;
        assert!(json(Some(significance)).contains("\"lift_low\":null,\"lift_high\":null,"));
        assert_eq!(json(None), "{\"count\":7,\"verdict\":\"park\"}");
    }
}
