//! Settings of the network.

use super::error::TgatError;

/// Width of the hidden state: the original's.
const HIDDEN_DIM: usize = 44;
/// Heads: the original's, 11 values each at the default width.
const NUM_HEADS: usize = 4;
/// Layers: the original's.
const NUM_LAYERS: usize = 2;

/// Widest head that attention takes.
const MAX_HEAD_DIM: usize = 128;
/// The heads on top are a quarter as wide, and must not be empty.
const MIN_HIDDEN_DIM: usize = 4;
/// Bounds that keep the weights below 1 GB, so that a mistyped setting is an error and not a full memory.
const MAX_HIDDEN_DIM: usize = 1024;
const MAX_HEADS: usize = 64;
const MAX_LAYERS: usize = 32;

/// Settings of the network, `tgat.*` in a configuration.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct TgatConfig {
    /// Width of the hidden state and of the embeddings; 4 to 1024, a multiple of `num_heads`. Default 44.
    pub hidden_dim: usize,
    /// Attention heads, 1 to 64; a head may be at most 128 wide. Default 4.
    pub num_heads: usize,
    /// Attention layers, 1 to 32. Default 2.
    pub num_layers: usize,
    /// Whether a node's place in its graph enters. Default none.
    pub positions: Positions,
    /// Whether a layer adds its projected input to its output. Default false, as the original's layers.
    pub residual: bool,
    /// Whether a layer normalises its output, row by row. Default false, as the original's layers.
    pub layer_norm: bool,
    /// What queries, keys and values are rounded to before they meet attention. Default f16.
    pub precision: Precision,
}

/// Whether a node's place in its graph enters.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Positions {
    /// It does not.
    #[default]
    None,
    /// A learned vector for each of the first [`MAX_POSITIONS`](super::MAX_POSITIONS) places is added; longer graphs
    /// are an error.
    Learned,
}

/// What queries, keys and values are rounded to, alike on every backend, so that backends agree.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Precision {
    /// IEEE half precision: 11 bits, up to 65504.
    #[default]
    F16,
    /// bfloat16: 8 bits, the range of f32.
    Bf16,
    /// No rounding; for the reference and the CPU only.
    F32,
}

impl std::fmt::Display for Precision {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::F16 => "f16",
            Self::Bf16 => "bf16",
            Self::F32 => "f32",
        })
    }
}

impl Default for TgatConfig {
    fn default() -> Self {
        Self {
            hidden_dim: HIDDEN_DIM,
            num_heads: NUM_HEADS,
            num_layers: NUM_LAYERS,
            positions: Positions::None,
            residual: false,
            layer_norm: false,
            precision: Precision::F16,
        }
    }
}

impl TgatConfig {
    /// Width of one head.
    pub(super) fn head_dim(&self) -> usize {
        self.hidden_dim / self.num_heads
    }

    /// Checks the ranges, and that the heads share the width evenly.
    ///
    /// # Errors
    /// [`TgatError::Setting`] names the first setting that cannot be, and what it may be.
    pub fn validate(&self) -> Result<(), TgatError> {
        let setting = |setting, value: usize, want: String| Err(TgatError::Setting { setting, value, want });
        let ranges = [
            ("tgat.hidden_dim", self.hidden_dim, MIN_HIDDEN_DIM, MAX_HIDDEN_DIM),
            ("tgat.num_heads", self.num_heads, 1, MAX_HEADS),
            ("tgat.num_layers", self.num_layers, 1, MAX_LAYERS),
        ];
        for (name, value, min, max) in ranges {
            if !(min..=max).contains(&value) {
                return setting(name, value, format!("{min} to {max}"));
            }
        }
        if !self.hidden_dim.is_multiple_of(self.num_heads) {
            let want = format!("a multiple of tgat.num_heads = {}", self.num_heads);
            return setting("tgat.hidden_dim", self.hidden_dim, want);
        }
        if self.head_dim() > MAX_HEAD_DIM {
            let want = format!("{} or more: a head holds at most {MAX_HEAD_DIM} values", {
                self.hidden_dim.div_ceil(MAX_HEAD_DIM)
            });
            return setting("tgat.num_heads", self.num_heads, want);
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_setting_that_cannot_be_is_named_with_what_it_may_be() {
        let base = TgatConfig::default();
        base.validate().unwrap();
        let cases = [
            (TgatConfig { hidden_dim: 0, ..base.clone() }, "tgat.hidden_dim = 0", "4 to 1024"),
            (TgatConfig { hidden_dim: 45, ..base.clone() }, "tgat.hidden_dim = 45", "tgat.num_heads = 4"),
            (TgatConfig { num_heads: 0, ..base.clone() }, "tgat.num_heads = 0", "1 to 64"),
            (TgatConfig { num_layers: 33, ..base.clone() }, "tgat.num_layers = 33", "1 to 32"),
            (TgatConfig { hidden_dim: 1024, num_heads: 4, ..base }, "tgat.num_heads = 4", "8 or more"),
        ];
        for (config, place, remedy) in cases {
            let text = config.validate().unwrap_err().to_string();
            assert!(text.contains(place) && text.contains(remedy), "{text}");
        }
    }
}
