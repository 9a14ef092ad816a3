//! The verdict on a pattern.

use super::{MotifConfig, Null, Significance};

/// The verdict on a pattern; sorts from best to worst.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Verdict {
    /// The corrected p is at most `promote_p`, the lift at least `promote_lift`, the null is
    /// [`Null::StratifiedPermutation`], pairs of labels do not explain the pattern (`p_pairs` is at most `park_p`),
    /// and the held-out graphs confirm it (`p_holdout` is at most `park_p`).
    Promote,
    /// The corrected p is at most `park_p` and the lift at least `park_lift`, but the pattern is not promoted.
    Park,
    /// Neither promoted nor parked.
    Discard,
    /// Not tested: no replicates were drawn.
    Untested,
}

impl Verdict {
    /// The verdict on a tested pattern.
    pub(super) fn of(significance: &Significance, config: &MotifConfig) -> Self {
        let p = significance.corrected(config.correction);
        let [beyond_pairs, confirmed] =
            [significance.p_pairs, significance.p_holdout].map(|p| p.is_some_and(|p| p <= config.park_p));
        let promotes = config.null == Null::StratifiedPermutation && beyond_pairs && confirmed;
        if promotes && p <= config.promote_p && significance.lift >= config.promote_lift {
            Self::Promote
        } else if p <= config.park_p && significance.lift >= config.park_lift {
            Self::Park
        } else {
            Self::Discard
        }
    }

    /// Name in tables: `promote`, `park`, `discard`, `untested`.
    pub fn name(self) -> &'static str {
        match self {
            Self::Promote => "promote",
            Self::Park => "park",
            Self::Discard => "discard",
            Self::Untested => "untested",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::motif::Correction;

    /// The significance of a promoted pattern: each value at its threshold.
    fn strong() -> Significance {
        Significance {
            null_mean: 1.0,
            null_sd: 1.0,
            lift: 2.0,
            lift_interval: None,
            score: 4.0,
            p_fwer: 0.01,
            q_value: 0.02,
            p_pairs: Some(0.05),
            explained_by_pairs: Some(false),
            p_holdout: Some(0.05),
            lots: Some(7),
        }
    }

    #[test]
    fn verdicts_need_lift_corrected_p_and_confirmation() {
        let config = MotifConfig::default();
        let verdict = |change: fn(&mut Significance)| {
            let mut s = strong();
            change(&mut s);
            Verdict::of(&s, &config)
        };
        assert_eq!(verdict(|_| {}), Verdict::Promote);
        assert_eq!(verdict(|s| s.lift = 1.9), Verdict::Park);
        assert_eq!(verdict(|s| s.p_fwer = 0.05), Verdict::Park);
        assert_eq!(verdict(|s| s.p_fwer = 0.06), Verdict::Discard);
        for weak in [None, Some(0.051)] {
            assert_eq!(Verdict::of(&Significance { p_holdout: weak, ..strong() }, &config), Verdict::Park);
            assert_eq!(Verdict::of(&Significance { p_pairs: weak, ..strong() }, &config), Verdict::Park);
        }
    }

    #[test]
    fn the_correction_decides_the_verdict_and_only_the_default_null_promotes() {
        let verdict = |change: fn(&mut MotifConfig)| {
            let mut config = MotifConfig::default();
            change(&mut config);
            Verdict::of(&strong(), &config)
        };
        assert_eq!(verdict(|c| c.correction = Correction::Fdr), Verdict::Park);
        assert_eq!(verdict(|c| c.null = Null::Pairs), Verdict::Park);
        assert_eq!(verdict(|c| c.null = Null::LabelPermutation), Verdict::Park);
        assert_eq!(verdict(|c| c.null = Null::IntervalJitter), Verdict::Park);
    }
}
