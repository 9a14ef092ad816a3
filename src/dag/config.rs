//! Settings of the graph room.

use super::{Causality, DagError, SharedKey, WindowKnn};
use serde::{Deserialize, Serialize};

const MS_PER_MINUTE: f64 = 60_000.0;
/// Longest window, minutes: 10,000 years, so that milliseconds fit an i64 with room to spare.
const MAX_MINUTES: f64 = 5.3e9;
/// Beyond, every weight but that of an event on a zone is the least there is.
const MAX_ZONE_EXPONENT: f64 = 100.0;
/// More zones than this leave no room between them.
const MAX_ZONES: usize = 64;

/// How events become edges.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Link {
    /// The next k events in a time window.
    #[default]
    WindowKnn,
    /// The next k events that share an entity.
    SharedKey,
    /// The union of both.
    Both,
}

impl Link {
    /// The name that configuration uses.
    pub fn name(self) -> &'static str {
        match self {
            Self::WindowKnn => "window-knn",
            Self::SharedKey => "shared-key",
            Self::Both => "both",
        }
    }

    /// Every link rule.
    pub const ALL: [Self; 3] = [Self::WindowKnn, Self::SharedKey, Self::Both];
}

/// When two events hold the same entity.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum KeyScope {
    /// Equal values are one entity, whichever key column holds them: sender and receiver of messages.
    #[default]
    Any,
    /// Equal values are one entity only within one key column: a user and a page of the same number differ.
    Column,
}

/// Settings of `dag.*`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct DagConfig {
    /// Link rule.
    pub link: Link,
    /// Most successors of an event under each rule.
    pub k: u32,
    /// Least time between linked events of the window rule, minutes.
    pub dt_min_minutes: f64,
    /// Most time between linked events of the window rule, minutes.
    pub dt_max_minutes: f64,
    /// Most time between linked events of the shared-key rule, minutes.
    pub key_window_minutes: f64,
    /// When two events hold the same entity.
    pub key_scope: KeyScope,
    /// Neighbours that follow each event in the undirected temporal view.
    pub temporal_neighbours: u32,
    /// Causality table: source kind, target kind, value in 0..=1.
    pub causality: Vec<(String, String, f64)>,
    /// Exponent of the weight by price zones: 0 is no such weight, 0.85 the original's.
    pub zone_exponent: f64,
    /// The zones, shares of a session's price range.
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
            link: Link::default(),
            k: 4,
            dt_min_minutes: 1.0,
            dt_max_minutes: 120.0,
            // A day: replies and repeat visits come within hours, not within the two of the window rule.
            key_window_minutes: 1440.0,
            key_scope: KeyScope::default(),
            temporal_neighbours: 4,
            causality: causality.map(|(s, d, c)| (s.to_owned(), d.to_owned(), c)).to_vec(),
            zone_exponent: 0.0,
            // The original's.
            zones: vec![0.236, 0.382, 0.40, 0.618],
        }
    }
}

impl DagConfig {
    /// Checks every range.
    ///
    /// # Errors
    /// [`DagError::Setting`] names the setting.
    pub fn check(&self) -> Result<(), DagError> {
        let fail = |key, value: String, reason| Err(DagError::Setting { key, value, reason });
        for (key, value) in [("k", self.k), ("temporal_neighbours", self.temporal_neighbours)] {
            if !(1..=4096).contains(&value) {
                return fail(key, value.to_string(), "must lie in 1..=4096");
            }
        }
        for (key, minutes) in [
            ("dt_min_minutes", self.dt_min_minutes),
            ("dt_max_minutes", self.dt_max_minutes),
            ("key_window_minutes", self.key_window_minutes),
        ] {
            if !(0.0..=MAX_MINUTES).contains(&minutes) {
                return fail(key, minutes.to_string(), "must be a number of minutes from 0 to 5.3e9");
            }
        }
        if self.dt_min_minutes > self.dt_max_minutes {
            return fail(
                "dt_min_minutes",
                self.dt_min_minutes.to_string(),
                "must not exceed dag.dt_max_minutes",
            );
        }
        if let Some((s, d, c)) = self.causality.iter().find(|(_, _, c)| !(0.0..=1.0).contains(c)) {
            return fail("causality", format!("[{s:?}, {d:?}, {c}]"), "a value must lie in 0..=1");
        }
        if let Some((s, d, c)) = self.causality.iter().find(|(s, d, _)| s.is_empty() || d.is_empty()) {
            return fail("causality", format!("[{s:?}, {d:?}, {c}]"), "both kinds must be named");
        }
        if !(0.0..=MAX_ZONE_EXPONENT).contains(&self.zone_exponent) {
            return fail("zone_exponent", self.zone_exponent.to_string(), "must lie in 0..=100; 0 is off");
        }
        if !(1..=MAX_ZONES).contains(&self.zones.len()) || self.zones.iter().any(|z| !(0.0..=1.0).contains(z))
        {
            return fail(
                "zones",
                format!("{:?}", self.zones),
                "must be 1 to 64 shares of the range, 0 to 1 each",
            );
        }
        Ok(())
    }

    /// The window rule.
    pub fn window_knn(&self) -> WindowKnn {
        WindowKnn { k: self.k, dt_min_ms: ms(self.dt_min_minutes), dt_max_ms: ms(self.dt_max_minutes) }
    }

    /// The shared-key rule.
    pub fn shared_key(&self) -> SharedKey {
        SharedKey { k: self.k, window_ms: ms(self.key_window_minutes), scope: self.key_scope }
    }

    /// The longest time an edge of the link rule may span, minutes: where the time term of a weight reaches 0.
    pub fn horizon_minutes(&self) -> f64 {
        match self.link {
            Link::WindowKnn => self.dt_max_minutes,
            Link::SharedKey => self.key_window_minutes,
            Link::Both => self.dt_max_minutes.max(self.key_window_minutes),
        }
    }

    /// The causality table.
    pub fn causality(&self) -> Causality {
        Causality::new(self.causality.iter().cloned())
    }
}

fn ms(minutes: f64) -> i64 {
    (minutes * MS_PER_MINUTE).round() as i64
}
