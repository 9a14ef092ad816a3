//! Settings of attention.

use super::{Accuracy, AttentionError, Direction, EmptyRow, NonFinite, TimeBias};

/// Scale of the `sqrt` bias, minutes.
const SCALE_MINUTES: f64 = 0.1;

/// Buckets, `[lo, hi, weight]`, bounds in minutes. Adjacent ones share a bound, so dt = 5 gets 0.2 + 0.1.
const BUCKETS: [[f64; 3]; 4] = [[0.0, 5.0, 0.2], [5.0, 15.0, 0.1], [15.0, 60.0, 0.0], [60.0, 240.0, -0.1]];

/// Size of the plan cache, MB: the plans of 2 million events at k = 4, 32 bytes per event.
const PLAN_CACHE_MB: u32 = 64;

/// Kind of the time bias added to the logits.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum BiasKind {
    /// No bias.
    None,
    /// `-sqrt(dt / (scale_minutes + 1e-6))`.
    Sqrt,
    /// The sum of the weights of the buckets that contain dt.
    #[default]
    Buckets,
}

/// Events that an event may attend to, before [`Direction`] selects the earlier ones, the later ones or both.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum KeySet {
    /// Its neighbours in the graph.
    #[default]
    Edges,
    /// Every event of its graph. The cost grows with the square of the graph's size.
    All,
    /// Its neighbours in the graph, and the events of its own block of 64 and of the adjacent blocks; wider than the
    /// graph.
    Banded,
}

impl KeySet {
    /// Name in the configuration.
    pub fn name(self) -> &'static str {
        match self {
            Self::Edges => "edges",
            Self::All => "all",
            Self::Banded => "banded",
        }
    }
}

/// Settings of attention. Every key has a default; an unknown key is an error.
#[derive(Debug, Clone, PartialEq, serde::Serialize, serde::Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct AttentionConfig {
    /// Events that an event may attend to.
    pub keys: KeySet,
    /// Direction of attention along an edge, and so in time.
    pub direction: Direction,
    /// True if each node attends to itself.
    pub self_loops: bool,
    /// Kind of the time bias.
    pub bias: BiasKind,
    /// Scale of the `sqrt` bias, minutes.
    pub scale_minutes: f64,
    /// Buckets of the `buckets` bias: `[lo, hi, weight]`, closed intervals in minutes; the weights of all that
    /// contain dt are added.
    pub buckets: Vec<[f64; 3]>,
    /// Rounding of the probabilities.
    pub accuracy: Accuracy,
    /// Output of rows without keys.
    pub empty_row: EmptyRow,
    /// Treatment of NaN and infinity in the input.
    pub non_finite: NonFinite,
    /// Capacity of the cache of plans (mask tiles, bias and schedule of a graph), MB (10^6 bytes). A layer reuses the
    /// plan of the layer before it; with 0 no plan is cached, and each layer builds its own.
    pub plan_cache_mb: u32,
}

impl Default for AttentionConfig {
    fn default() -> Self {
        Self {
            keys: KeySet::default(),
            direction: Direction::default(),
            self_loops: true,
            bias: BiasKind::default(),
            scale_minutes: SCALE_MINUTES,
            buckets: BUCKETS.to_vec(),
            accuracy: Accuracy::default(),
            empty_row: EmptyRow::default(),
            non_finite: NonFinite::default(),
            plan_cache_mb: PLAN_CACHE_MB,
        }
    }
}

impl AttentionConfig {
    /// Capacity of the cache of plans, bytes.
    pub fn plan_cache_bytes(&self) -> usize {
        usize::try_from(u64::from(self.plan_cache_mb) * 1_000_000).unwrap_or(usize::MAX)
    }

    /// The time bias of these settings, in f32.
    ///
    /// # Errors
    /// [`AttentionError::BiasScale`] or [`AttentionError::Bucket`] for invalid parameters.
    pub fn time_bias(&self) -> Result<TimeBias, AttentionError> {
        let bias = match self.bias {
            BiasKind::None => TimeBias::None,
            BiasKind::Sqrt => TimeBias::Sqrt { scale_minutes: self.scale_minutes as f32 },
            BiasKind::Buckets => TimeBias::Buckets(
                self.buckets.iter().map(|b| (b[0] as f32, b[1] as f32, b[2] as f32)).collect(),
            ),
        };
        bias.check()?;
        Ok(bias)
    }
}
