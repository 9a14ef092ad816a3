//! Settings of the graphs, `dag.*`.

use serde::{Deserialize, Serialize};

use super::DagError;
use crate::scale::WindowMinutes;

/// Longest window, minutes: 10,000 years, so that milliseconds fit an i64 by a wide margin.
const MAX_MINUTES: f64 = 5.3e9;
/// Largest zone exponent: above it, every edge has the minimum weight unless both its events are at a zone.
const MAX_ZONE_EXPONENT: f64 = 100.0;
/// Largest number of zones: more of them, with a radius of 5 % of the range, would overlap everywhere.
const MAX_ZONES: usize = 64;
/// Default zones, as shares of the price range.
const ZONES: [f64; 4] = [0.236, 0.382, 0.40, 0.618];

/// A rule that links events by edges. A graph has the union of the edges of its configured rules.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum LinkRule {
    /// [`Self::SharedKey`] if the events have key columns, else [`Self::WindowKnn`].
    Auto,
    /// The next k events in a time window: [`WindowKnn`](crate::dag::WindowKnn).
    WindowKnn,
    /// The next k events that share an entity: [`SharedKey`](crate::dag::SharedKey).
    SharedKey,
}

/// Condition under which equal values of key columns are the same entity.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum KeyScope {
    /// Equal values are one entity in any key columns, as for sender and receiver of messages.
    #[default]
    Any,
    /// Equal values are one entity only in the same key column, as for a user and a page with the same id.
    Column,
}

/// Settings of the graphs, `dag.*`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct DagConfig {
    /// Link rules, each at most once; the graph has the union of their edges. `auto` stands alone.
    pub links: Vec<LinkRule>,
    /// Maximum number of successors of an event under each rule, 1 to 4096.
    pub k: u32,
    /// Minimum time between linked events of the window rule.
    pub dt_min_minutes: WindowMinutes,
    /// Maximum time between linked events of the window rule.
    pub dt_max_minutes: WindowMinutes,
    /// Maximum time between linked events of the shared-key rule.
    pub key_window_minutes: WindowMinutes,
    /// Condition under which equal values of key columns are the same entity.
    pub key_scope: KeyScope,
    /// Number of next events that each event is linked with in the undirected temporal view, 1 to 4096.
    pub temporal_neighbours: u32,
    /// Entries of the causality table ([`Causality`](crate::dag::Causality)): source kind, target kind, value in
    /// 0..=1.
    pub causality: Vec<(String, String, f64)>,
    /// Exponent of the factor by price zones in an edge's weight, 0 to 100; 0: no such factor.
    pub zone_exponent: f64,
    /// Price zones, as shares of a session's price range in 0..=1; 1 to 64 of them.
    pub zones: Vec<f64>,
}

impl Default for DagConfig {
    fn default() -> Self {
        let causality = [
            ("fvg_formation", "fvg_redelivery", 0.9),
            ("liquidity_sweep", "reversal", 0.8),
            ("expansion", "retracement", 0.7),
            ("retracement", "continuation", 0.6),
            ("premium", "discount", 0.5),
            ("discount", "premium", 0.5),
            ("consolidation", "expansion", 0.6),
        ];
        Self {
            links: vec![LinkRule::Auto],
            k: 4,
            dt_min_minutes: WindowMinutes::Auto,
            dt_max_minutes: WindowMinutes::Auto,
            key_window_minutes: WindowMinutes::Auto,
            key_scope: KeyScope::default(),
            temporal_neighbours: 4,
            causality: causality.map(|(s, d, c)| (s.to_owned(), d.to_owned(), c)).to_vec(),
            zone_exponent: 0.0,
            zones: ZONES.to_vec(),
        }
    }
}

impl DagConfig {
    /// Checks every setting.
    ///
    /// # Errors
    /// [`DagError::Setting`] with the first setting out of range.
    pub fn check(&self) -> Result<(), DagError> {
        let fail = |setting, value: String, reason| Err(DagError::Setting { setting, value, reason });
        let repeated = |i: usize| self.links[..i].contains(&self.links[i]);
        if self.links.is_empty() || (0..self.links.len()).any(repeated) {
            let names: Vec<&str> = self.links.iter().map(|rule| rule.name()).collect();
            return fail("dag.links", format!("{names:?}"), "must name at least one rule, each of them once");
        }
        if self.links.len() > 1 && self.links.contains(&LinkRule::Auto) {
            let names: Vec<&str> = self.links.iter().map(|rule| rule.name()).collect();
            return fail("dag.links", format!("{names:?}"), "auto chooses the rule: it stands alone");
        }
        for (setting, value) in [("dag.k", self.k), ("dag.temporal_neighbours", self.temporal_neighbours)] {
            if !(1..=4096).contains(&value) {
                return fail(setting, value.to_string(), "must lie in 1..=4096");
            }
        }
        self.check_windows()?;
        if let Some((s, d, c)) = self.causality.iter().find(|(_, _, c)| !(0.0..=1.0).contains(c)) {
            return fail("dag.causality", format!("[{s:?}, {d:?}, {c}]"), "a value must lie in 0..=1");
        }
        if let Some((s, d, c)) = self.causality.iter().find(|(s, d, _)| s.is_empty() || d.is_empty()) {
            return fail("dag.causality", format!("[{s:?}, {d:?}, {c}]"), "both kinds must be named");
        }
        if !(0.0..=MAX_ZONE_EXPONENT).contains(&self.zone_exponent) {
            return fail(
                "dag.zone_exponent",
                self.zone_exponent.to_string(),
                "must lie in 0..=100; 0 is off",
            );
        }
        if !(1..=MAX_ZONES).contains(&self.zones.len()) || self.zones.iter().any(|z| !(0.0..=1.0).contains(z))
        {
            return fail(
                "dag.zones",
                format!("{:?}", self.zones),
                "must be 1 to 64 shares of the range, 0 to 1 each",
            );
        }
        Ok(())
    }

    /// Checks the time windows that are numbers; those that are `auto` are in range on any scale.
    pub(super) fn check_windows(&self) -> Result<(), DagError> {
        let fail = |setting, minutes: WindowMinutes, reason| {
            Err(DagError::Setting { setting, value: minutes.to_string(), reason })
        };
        for (setting, width) in [
            ("dag.dt_min_minutes", self.dt_min_minutes),
            ("dag.dt_max_minutes", self.dt_max_minutes),
            ("dag.key_window_minutes", self.key_window_minutes),
        ] {
            if width.minutes().is_some_and(|minutes| !(0.0..=MAX_MINUTES).contains(&minutes)) {
                return fail(setting, width, "must be auto, or a number of minutes from 0 to 5.3e9");
            }
        }
        match (self.dt_min_minutes, self.dt_max_minutes) {
            (WindowMinutes::Set(min), WindowMinutes::Set(max)) if min > max => {
                fail("dag.dt_min_minutes", self.dt_min_minutes, "must not exceed dag.dt_max_minutes")
            }
            _ => Ok(()),
        }
    }
}
