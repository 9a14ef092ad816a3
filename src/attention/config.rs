//! Settings of attention.

use super::{Accuracy, AttentionError, Direction, EmptyRow, NonFinite, TimeBias};

/// The original's scale of the root bias, minutes.
const SCALE_MINUTES: f64 = 0.1;

/// The original's buckets, `[lo, hi, weight]` in minutes. They touch, so dt = 5 gets 0.3.
const BUCKETS: [[f64; 3]; 4] = [[0.0, 5.0, 0.2], [5.0, 15.0, 0.1], [15.0, 60.0, 0.0], [60.0, 240.0, -0.1]];

/// Room for plans, MB: those of 2 million events at k = 4, 32 bytes an event.
const PLAN_CACHE_MB: u32 = 64;

/// Which time bias is added to the logits.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum BiasKind {
    /// None.
    None,
    /// `-sqrt(dt / (scale_minutes + 1e-6))`.
    Sqrt,
    /// The sum of the weights of the buckets that hold dt.
    #[default]
    Buckets,
}

/// Which events an event may see, before [`Direction`] takes the earlier ones, the later ones or both.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum KeySet {
    /// Its neighbours in the graph.
    #[default]
    Edges,
    /// Every event of its graph. Work grows with the square of a graph's size.
    All,
    /// Its neighbours in the graph, and what lies in its own block of 64 events and in the blocks beside it: the
    /// original's "block-sparse" pattern, wider than the graph.
    Banded,
}

impl KeySet {
    /// The name that configuration uses.
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
    /// Which events an event may see.
    pub keys: KeySet,
    /// Who reads whom along an edge, and in time.
    pub direction: Direction,
    /// Whether each node sees itself.
    pub self_loops: bool,
    /// Which time bias.
    pub bias: BiasKind,
    /// Scale of the root bias, minutes.
    pub scale_minutes: f64,
    /// Buckets of the bucket bias: `[lo, hi, weight]`, minutes, closed intervals whose weights add up.
    pub buckets: Vec<[f64; 3]>,
    /// Rounding of the probabilities.
    pub accuracy: Accuracy,
    /// Rows without a key.
    pub empty_row: EmptyRow,
    /// NaN and infinity in the input.
    pub non_finite: NonFinite,
    /// Room for the plans that a backend runs by (mask tiles, bias and schedule of a graph), MB (10^6 bytes). A layer
    /// takes the plan of the one before it from there; 0 keeps none, and each layer has its own built.
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
    /// Room for plans, bytes.
    pub fn plan_cache_bytes(&self) -> usize {
        usize::try_from(u64::from(self.plan_cache_mb) * 1_000_000).unwrap_or(usize::MAX)
    }

    /// The time bias these settings ask for, in f32.
    ///
    /// # Errors
    /// [`AttentionError::BiasScale`] or [`AttentionError::Bucket`] for parameters that are none.
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
