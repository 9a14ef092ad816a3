//! Settings of the miner.

use super::MotifError;
use super::enumerate::{MAX_NODES, MIN_NODES};
use crate::scale::{TimeScale, WindowMinutes};

/// Default number of replicates: the smallest p is then 1/1001, a tenth of `promote_p`.
const ITERATIONS: u32 = 1000;
/// Largest number of replicates: p down to a millionth, at 16 bytes of scores per replicate.
const MAX_ITERATIONS: u32 = 1_000_000;
/// Occurrences a pattern needs to be tested: one or two are too few to tell from chance.
const MIN_COUNT: u64 = 3;
/// Share of the graphs that are held out: half find the patterns, half confirm them.
const HOLDOUT: f64 = 0.5;
/// Smallest lift of a promoted pattern: it occurs about twice as often as under the null.
const PROMOTE_LIFT: f64 = 2.0;
/// Largest family-wise p of a promoted pattern.
const PROMOTE_P: f64 = 0.01;
/// Largest family-wise p of a parked pattern.
const PARK_P: f64 = 0.05;

/// A null model: the part of the data that is assumed to be random. Each is a separate test; they are never pooled.
/// `benches/record` has the rates of false alarms that were measured.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Null {
    /// Labels are permuted inside short blocks of time. Assumes that labels are exchangeable inside a block: a block
    /// should be at most an eighth of the period in which the mix of labels changes. Only this null promotes, and
    /// only what [`Null::Pairs`] does not explain.
    #[default]
    StratifiedPermutation,
    /// Sequences of labels with the same number of transitions from each label to each, in segments of eight blocks.
    /// Assumes that a label depends on the label before it alone.
    Pairs,
    /// Labels are permuted inside their graph. Assumes that the mix of labels is constant over the graph.
    LabelPermutation,
    /// Times are redrawn inside fixed windows, and events relinked. Assumes that events of each label have a constant
    /// rate inside a window, which should be at most a tenth of the period in which the mix of labels changes.
    /// Bursts of events violate it, whatever their labels.
    IntervalJitter,
}

impl Null {
    /// Name in results: `StratifiedPermutation`, `Pairs`, `LabelPermutation`, `IntervalJitter`.
    pub fn name(self) -> &'static str {
        match self {
            Self::StratifiedPermutation => "StratifiedPermutation",
            Self::Pairs => "Pairs",
            Self::LabelPermutation => "LabelPermutation",
            Self::IntervalJitter => "IntervalJitter",
        }
    }

    /// Every null model.
    pub const ALL: [Self; 4] =
        [Self::StratifiedPermutation, Self::Pairs, Self::LabelPermutation, Self::IntervalJitter];
}

/// The error rate that decides the verdict.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Correction {
    /// The chance of any false pattern, by Westfall and Young's single-step max-T: `p_fwer`.
    #[default]
    MaxT,
    /// The expected share of false patterns among those found, from the replicates: `q_value`.
    Fdr,
}

impl Correction {
    /// Every correction.
    pub const ALL: [Self; 2] = [Self::MaxT, Self::Fdr];

    /// Name in the configuration.
    pub fn name(self) -> &'static str {
        match self {
            Self::MaxT => "max-t",
            Self::Fdr => "fdr",
        }
    }
}

/// The sessions that confirm the patterns found in the others.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum HoldoutBy {
    /// Random ones, in eleven lots.
    #[default]
    Lot,
    /// The latest ones.
    Time,
}

/// Settings of counting, testing and promoting motifs.
#[derive(Debug, Clone, PartialEq, serde::Serialize, serde::Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct MotifConfig {
    /// Events of the smallest pattern, 3 to 5.
    pub min_nodes: usize,
    /// Events of the largest pattern, 3 to 5. Work grows about fivefold with each.
    pub max_nodes: usize,
    /// Smallest number of occurrences, over all graphs, of a tested pattern.
    pub min_count: u64,
    /// Number of replicates drawn under the null, at most a million; 0: count only. The smallest p is
    /// 1/(iterations + 1), so fewer than 1/`promote_p` - 1 replicates promote nothing.
    pub iterations: u32,
    /// Source of an event's label: `kind`, `none` (shape alone), or the name of a column. Read by callers that build
    /// the graphs.
    pub labels: String,
    /// True if labels that differ only in case are one label. Read by callers that build the graphs.
    pub fold_case: bool,
    /// The null model.
    pub null: Null,
    /// Width of the blocks of time inside which `StratifiedPermutation` permutes labels.
    pub block_minutes: WindowMinutes,
    /// Width of the windows inside which `IntervalJitter` draws times.
    pub jitter_minutes: WindowMinutes,
    /// Correction whose p or q decides the verdict.
    pub correction: Correction,
    /// Share of the graphs that are held out to confirm the patterns found in the others; above 0 and below 1. A
    /// single graph is cut into slices of four blocks of time, which are held out in the same way.
    pub holdout: f64,
    /// The graphs that are held out.
    pub holdout_by: HoldoutBy,
    /// Longest time from the first to the last event of a pattern, in minutes, ends included; 0: no limit.
    pub span_minutes: f64,
    /// Smallest lift of a promoted pattern.
    pub promote_lift: f64,
    /// Largest corrected p of a promoted pattern.
    pub promote_p: f64,
    /// Largest corrected p of a parked pattern; also the largest `p_pairs` and `p_holdout` of a promoted one.
    pub park_p: f64,
    /// Smallest lift of a parked pattern; a pattern below it is discarded. 0: any.
    pub park_lift: f64,
    /// Largest number of rows in a report or a table, the most significant first; 0: all. The test does not depend on
    /// it. Read by callers that report.
    pub max_rows: usize,
}

impl Default for MotifConfig {
    fn default() -> Self {
        Self {
            min_nodes: MIN_NODES,
            max_nodes: MAX_NODES,
            min_count: MIN_COUNT,
            iterations: ITERATIONS,
            labels: "kind".to_owned(),
            fold_case: false,
            null: Null::default(),
            block_minutes: WindowMinutes::Auto,
            jitter_minutes: WindowMinutes::Auto,
            correction: Correction::default(),
            holdout: HOLDOUT,
            holdout_by: HoldoutBy::default(),
            span_minutes: 0.0,
            promote_lift: PROMOTE_LIFT,
            promote_p: PROMOTE_P,
            park_p: PARK_P,
            // A significant pattern occurs more often than by chance, whatever its lift.
            park_lift: 0.0,
            max_rows: 0,
        }
    }
}

impl MotifConfig {
    /// Checks every setting.
    ///
    /// # Errors
    /// A [`MotifError`] that names the first setting outside its range.
    pub fn validate(&self) -> Result<(), MotifError> {
        let (min, max) = (self.min_nodes, self.max_nodes);
        if min < MIN_NODES || max > MAX_NODES || min > max {
            let min_is_valid = (MIN_NODES..=MAX_NODES).contains(&min);
            let key = if min_is_valid { "motif.max_nodes" } else { "motif.min_nodes" };
            return Err(MotifError::Sizes { key, min, max });
        }
        if self.min_count == 0 {
            return Err(MotifError::MinCount { key: "motif.min_count" });
        }
        if self.iterations > MAX_ITERATIONS {
            let (key, iterations) = ("motif.iterations", self.iterations);
            return Err(MotifError::Iterations { key, iterations, max: MAX_ITERATIONS });
        }
        if self.labels.is_empty() {
            return Err(MotifError::NoLabels { key: "motif.labels" });
        }
        let on_any_scale = self.resolved(TimeScale::NoGap);
        on_any_scale.block_ms()?;
        on_any_scale.jitter_ms()?;
        let ranges = [
            ("motif.holdout", self.holdout, f64::MIN_POSITIVE..=1.0 - f64::EPSILON, "above 0 and below 1"),
            ("motif.span_minutes", self.span_minutes, 0.0..=f64::MAX, "0 (no limit) or more"),
            ("motif.promote_lift", self.promote_lift, 1.0..=f64::MAX, "1 or more"),
            (
                "motif.park_lift",
                self.park_lift,
                0.0..=self.promote_lift,
                "0 (any) or more, and at most motif.promote_lift",
            ),
            ("motif.park_p", self.park_p, f64::MIN_POSITIVE..=1.0, "above 0 and at most 1"),
            (
                "motif.promote_p",
                self.promote_p,
                f64::MIN_POSITIVE..=self.park_p,
                "above 0 and at most motif.park_p",
            ),
        ];
        match ranges.into_iter().find(|(_, value, allowed, _)| !allowed.contains(value)) {
            Some((key, value, _, range)) => Err(MotifError::Threshold { key, value, range }),
            None => Ok(()),
        }
    }

    /// The settings with the widths that are `auto` replaced by their number of minutes on this scale.
    /// [`mine`](super::mine()) does so with the scale of its graphs.
    pub fn resolved(&self, scale: TimeScale) -> Self {
        let widths = scale.widths();
        Self {
            block_minutes: self.block_minutes.resolved(widths.block_ms),
            jitter_minutes: self.jitter_minutes.resolved(widths.jitter_ms),
            ..self.clone()
        }
    }

    /// Width of a block in whole milliseconds.
    ///
    /// # Errors
    /// [`MotifError::BlockMinutes`] if it is below one millisecond or not finite, [`MotifError::AutoWidth`] if it is
    /// not resolved.
    pub(crate) fn block_ms(&self) -> Result<u64, MotifError> {
        let key = "motif.block_minutes";
        let block_minutes = self.block_minutes.minutes().ok_or(MotifError::AutoWidth { key })?;
        width_ms(block_minutes).ok_or(MotifError::BlockMinutes { key, block_minutes })
    }

    /// Width of a jitter window in whole milliseconds.
    ///
    /// # Errors
    /// [`MotifError::JitterMinutes`] if it is below one millisecond or not finite, [`MotifError::AutoWidth`] if it is
    /// not resolved.
    pub(crate) fn jitter_ms(&self) -> Result<u64, MotifError> {
        let key = "motif.jitter_minutes";
        let jitter_minutes = self.jitter_minutes.minutes().ok_or(MotifError::AutoWidth { key })?;
        width_ms(jitter_minutes).ok_or(MotifError::JitterMinutes { key, jitter_minutes })
    }

    /// Longest span in whole milliseconds; `None` without a limit.
    pub(crate) fn span_ms(&self) -> Option<u64> {
        // the cast saturates, which is longer than any span of i64 times
        (self.span_minutes > 0.0).then_some((self.span_minutes * 60_000.0) as u64)
    }

    /// Smallest and largest number of events of a pattern.
    pub(crate) fn sizes(&self) -> (usize, usize) {
        (self.min_nodes, self.max_nodes)
    }
}

/// Whole milliseconds of a width in minutes; `None` below one millisecond or if it is not finite.
fn width_ms(minutes: f64) -> Option<u64> {
    let ms = (minutes * 60_000.0).round();
    (ms >= 1.0 && ms.is_finite()).then_some(ms as u64)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refused(change: impl Fn(&mut MotifConfig)) -> MotifError {
        let mut config = MotifConfig::default();
        change(&mut config);
        config.validate().unwrap_err()
    }

    #[test]
    fn the_defaults_are_valid_and_each_setting_is_checked() {
        assert_eq!(MotifConfig::default().validate(), Ok(()));
        let sizes = |key, min, max| MotifError::Sizes { key, min, max };
        assert_eq!(refused(|c| c.max_nodes = 6), sizes("motif.max_nodes", 3, 6));
        assert_eq!(refused(|c| c.max_nodes = 2), sizes("motif.max_nodes", 3, 2));
        assert_eq!(refused(|c| c.min_nodes = 2), sizes("motif.min_nodes", 2, 5));
        assert_eq!(refused(|c| c.min_count = 0).setting(), Some("motif.min_count"));
        assert!(matches!(refused(|c| c.iterations = u32::MAX), MotifError::Iterations { .. }));
        assert_eq!(refused(|c| c.labels.clear()).setting(), Some("motif.labels"));
        for bad in [0.0, -1.0, f64::INFINITY, f64::NAN] {
            assert!(
                matches!(refused(|c| c.block_minutes = bad.into()), MotifError::BlockMinutes { .. }),
                "{bad}"
            );
            assert!(
                matches!(refused(|c| c.jitter_minutes = bad.into()), MotifError::JitterMinutes { .. }),
                "{bad}"
            );
        }
        for (change, key) in [
            ((|c| c.holdout = 0.0) as fn(&mut MotifConfig), "motif.holdout"),
            (|c| c.holdout = 1.0, "motif.holdout"),
            (|c| c.span_minutes = -1.0, "motif.span_minutes"),
            (|c| c.promote_lift = f64::NAN, "motif.promote_lift"),
            (|c| c.park_p = 1.5, "motif.park_p"),
            (|c| c.park_lift = 2.5, "motif.park_lift"),
            (|c| c.promote_p = 0.06, "motif.promote_p"),
        ] {
            let error = refused(change);
            assert!(matches!(error, MotifError::Threshold { .. }), "{error}");
            assert_eq!(error.setting(), Some(key));
        }
    }

    #[test]
    fn widths_are_those_of_the_scale_unless_they_are_set() {
        let scale = TimeScale::of_times([&[0, 7][..]]);
        let widths = |config: MotifConfig| (config.block_ms(), config.jitter_ms());
        let set = MotifConfig { block_minutes: 2.0.into(), ..MotifConfig::default() };
        assert_eq!(widths(MotifConfig::default().resolved(scale)), (Ok(70), Ok(112)));
        assert_eq!(widths(set.resolved(scale)), (Ok(120_000), Ok(112)));
        let unresolved = |key| Err(MotifError::AutoWidth { key });
        assert_eq!(widths(set), (Ok(120_000), unresolved("motif.jitter_minutes")));
    }

    #[test]
    fn an_error_about_a_setting_begins_with_its_key() {
        for change in [
            (|c| c.min_nodes = 9) as fn(&mut MotifConfig),
            |c| c.min_count = 0,
            |c| c.iterations = u32::MAX,
            |c| c.labels.clear(),
            |c| c.block_minutes = 0.0.into(),
            |c| c.jitter_minutes = 0.0.into(),
            |c| c.holdout = 2.0,
        ] {
            let error = refused(change);
            assert!(error.to_string().starts_with(error.setting().unwrap()), "{error}");
        }
        assert_eq!(MotifError::NoRule { graph: 0 }.setting(), None);
    }
}
