//! The width of each time window under `auto`.

const MS_PER_MINUTE: u64 = 60_000;

/// The widths of the time windows whose settings are `auto`, milliseconds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Widths {
    /// Minimum time between linked events: `dag.dt_min_minutes`.
    pub dt_min_ms: u64,
    /// Maximum time between linked events: `dag.dt_max_minutes`.
    pub dt_max_ms: u64,
    /// Maximum time between events linked by a shared key: `dag.key_window_minutes`.
    pub key_window_ms: u64,
    /// Width of the blocks inside which labels are permuted: `motif.block_minutes`.
    pub block_ms: u64,
    /// Width of the windows inside which times are redrawn: `motif.jitter_minutes`.
    pub jitter_ms: u64,
}

impl Widths {
    /// The widths where there is no scale: 1 to 120 minutes, a day, 15 and 30 minutes. They suit events two minutes
    /// apart.
    pub const FIXED: Self = Self {
        dt_min_ms: MS_PER_MINUTE,
        dt_max_ms: 120 * MS_PER_MINUTE,
        key_window_ms: 1440 * MS_PER_MINUTE,
        block_ms: 15 * MS_PER_MINUTE,
        jitter_ms: 30 * MS_PER_MINUTE,
    };

    /// The widths for events that are typically `gap_ms` apart. They have about the proportions of
    /// [`Widths::FIXED`] to a gap of two minutes.
    ///
    /// Integers make them exact: for times multiplied by any integer, whole times are inside the same windows.
    pub(super) fn of_gap(gap_ms: u64) -> Self {
        Self {
            // Half a gap is what a minute is to the gap of the fixed widths. Nearer events would take places among the
            // dag.k next ones, and chance makes many pairs that near: patterns whose steps take gaps would be found
            // less often. A half rounded up keeps whole times on the same side when all are multiplied.
            dt_min_ms: gap_ms.div_ceil(2),
            // Far above dag.k gaps, so that k, not the window, ends the links of an event outside long pauses.
            dt_max_ms: gap_ms.saturating_mul(64),
            // Twelve times that: replies and repeat visits take longer.
            key_window_ms: gap_ms.saturating_mul(768),
            // Labels must be exchangeable inside a block, which asks for short ones, and a block must hold several
            // events, or its labels cannot move.
            block_ms: gap_ms.saturating_mul(10),
            // A quarter of the longest link.
            jitter_ms: gap_ms.saturating_mul(16),
        }
    }
}
