//! The configured link rules with their time windows in milliseconds.

use super::{SharedKey, WindowKnn};
use crate::dag::{DagConfig, DagError, LinkRule};
use crate::scale::{TimeScale, WindowMinutes};

const MS_PER_MINUTE: f64 = 60_000.0;

/// The link rules of a configuration, with the time windows that they have on the scale of a run.
///
/// ```
/// use ironforge::dag::DagConfig;
/// use ironforge::scale::TimeScale;
///
/// // Events a second apart.
/// let t_ms = [0, 1000, 2000, 3000];
/// let links = DagConfig::default().resolved(TimeScale::of_times([&t_ms[..]]))?;
/// assert_eq!((links.window_knn.dt_min_ms, links.window_knn.dt_max_ms), (500, 64_000));
/// # Ok::<(), ironforge::dag::DagError>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ResolvedLinks {
    /// The rules that link the events.
    pub rules: Vec<LinkRule>,
    /// The window rule, if it is among them.
    pub window_knn: WindowKnn,
    /// The shared-key rule, if it is among them.
    pub shared_key: SharedKey,
}

impl ResolvedLinks {
    /// Longest time that an edge of any rule may span, milliseconds; the time term of a weight falls to 0 there.
    pub fn horizon_ms(&self) -> i64 {
        let of_rule = |rule: &LinkRule| match rule {
            LinkRule::Auto | LinkRule::WindowKnn => self.window_knn.dt_max_ms,
            LinkRule::SharedKey => self.shared_key.window_ms,
        };
        self.rules.iter().map(of_rule).max().unwrap_or(0)
    }
}

impl DagConfig {
    /// The link rules of events with or without key columns: none of them is `auto`.
    pub fn rules(&self, has_keys: bool) -> Vec<LinkRule> {
        let rule = |&rule: &LinkRule| match rule {
            LinkRule::Auto if has_keys => LinkRule::SharedKey,
            LinkRule::Auto => LinkRule::WindowKnn,
            rule => rule,
        };
        self.links.iter().map(rule).collect()
    }

    /// The link rules of events without key columns, with the windows that are `auto` as wide as on this scale.
    ///
    /// # Errors
    /// [`DagError::Setting`] if a window is out of range, or if the one of `dag.dt_min_minutes` and
    /// `dag.dt_max_minutes` that is `auto` contradicts the other on this scale.
    pub fn resolved(&self, scale: TimeScale) -> Result<ResolvedLinks, DagError> {
        self.check_windows()?;
        let widths = scale.widths();
        let ms = |setting: WindowMinutes, auto_ms| i64::try_from(setting.ms(auto_ms)).unwrap_or(i64::MAX);
        let dt_min_ms = ms(self.dt_min_minutes, widths.dt_min_ms);
        let dt_max_ms = ms(self.dt_max_minutes, widths.dt_max_ms);
        if dt_min_ms > dt_max_ms {
            return Err(self.contradiction(dt_min_ms, dt_max_ms));
        }
        Ok(ResolvedLinks {
            rules: self.rules(false),
            window_knn: WindowKnn { k: self.k, dt_min_ms, dt_max_ms },
            shared_key: SharedKey {
                k: self.k,
                window_ms: ms(self.key_window_minutes, widths.key_window_ms),
                scope: self.key_scope,
            },
        })
    }

    /// The error of a window whose minimum is above its maximum: names the setting that is `auto`.
    fn contradiction(&self, dt_min_ms: i64, dt_max_ms: i64) -> DagError {
        let minutes = |ms: i64| format!("auto, {} minutes for these events", ms as f64 / MS_PER_MINUTE);
        if self.dt_min_minutes == WindowMinutes::Auto {
            DagError::Setting {
                setting: "dag.dt_min_minutes",
                value: minutes(dt_min_ms),
                reason: "must not exceed dag.dt_max_minutes: set both",
            }
        } else {
            DagError::Setting {
                setting: "dag.dt_max_minutes",
                value: minutes(dt_max_ms),
                reason: "must not be below dag.dt_min_minutes: set both",
            }
        }
    }
}
