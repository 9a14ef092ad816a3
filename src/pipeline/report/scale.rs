//! The scale of a run's times, and the time windows that it had.

use serde::Serialize;

use crate::config::Config;
use crate::pipeline::stages::RunWindows;
use crate::scale::{TimeScale, WindowMinutes};

/// The scale of a run's times, and the time windows that it had. `config` holds what was set.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ScaleReport {
    /// Lower median of the positive gaps between consecutive events of the sessions, milliseconds; `None` without
    /// such a gap, and if all inputs are session files of the Python system.
    pub median_gap_ms: Option<u64>,
    /// True if session files of the Python system were read together with tables: their windows are then those of
    /// the scale of all sessions.
    pub mixed: bool,
    /// Names of the rules that link the events: those of `dag.links`, without `auto`.
    pub links: Vec<&'static str>,
    /// Minimum time between events linked by `window-knn`.
    pub dt_min: WindowReport,
    /// Maximum time between events linked by `window-knn`.
    pub dt_max: WindowReport,
    /// Maximum time between events linked by `shared-key`.
    pub key_window: WindowReport,
    /// Width of the blocks of `stratified-permutation`.
    pub block: WindowReport,
    /// Width of the windows of `interval-jitter`.
    pub jitter: WindowReport,
}

/// A time window of a run.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct WindowReport {
    /// Its width, milliseconds.
    pub ms: u64,
    /// The source of the width.
    pub source: WindowSource,
}

/// The source of the width of a time window.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum WindowSource {
    /// A multiple of the median gap.
    Auto,
    /// The setting.
    Set,
    /// The width of the Python system, for its session files.
    Session,
    /// A fixed width, as the sessions have no gap.
    Fallback,
}

impl ScaleReport {
    pub(crate) fn new(windows: &RunWindows, config: &Config) -> Self {
        let widths = windows.scale.widths();
        let of_scale = match windows.scale {
            TimeScale::MedianGap(_) => WindowSource::Auto,
            TimeScale::NoGap => WindowSource::Fallback,
            TimeScale::SessionFiles => WindowSource::Session,
        };
        let window = |setting: WindowMinutes, auto_ms| WindowReport {
            ms: setting.ms(auto_ms),
            source: if setting == WindowMinutes::Auto { of_scale } else { WindowSource::Set },
        };
        let (dag, motif) = (&config.dag, &config.motif);
        Self {
            median_gap_ms: windows.scale.median_gap_ms(),
            mixed: windows.mixed,
            links: windows.links.rules.iter().map(|rule| rule.name()).collect(),
            dt_min: window(dag.dt_min_minutes, widths.dt_min_ms),
            dt_max: window(dag.dt_max_minutes, widths.dt_max_ms),
            key_window: window(dag.key_window_minutes, widths.key_window_ms),
            block: window(motif.block_minutes, widths.block_ms),
            jitter: window(motif.jitter_minutes, widths.jitter_ms),
        }
    }

    /// Returns whether a window has a fixed width because the sessions have no gap.
    pub fn is_fallback(&self) -> bool {
        self.windows().iter().any(|window| window.source == WindowSource::Fallback)
    }

    fn windows(&self) -> [WindowReport; 5] {
        [self.dt_min, self.dt_max, self.key_window, self.block, self.jitter]
    }
}
