//! Settings of the network.

use super::error::TgatError;
use crate::geometry::MAX_HEAD_DIM;

/// Default width of the hidden state: 11 values per head.
const HIDDEN_DIM: usize = 44;
/// Default number of attention heads.
const NUM_HEADS: usize = 4;
/// Default number of layers.
const NUM_LAYERS: usize = 2;

/// Smallest width of the hidden state: that of the significance head, a quarter of it, must not be 0.
const MIN_HIDDEN_DIM: usize = 4;
/// Bounds that keep the weights below 1 GiB, so that a mistyped setting does not exhaust memory.
const MAX_HIDDEN_DIM: usize = 1024;
const MAX_HEADS: usize = 64;
const MAX_LAYERS: usize = 32;

/// Settings of the network, `tgat.*` in a configuration.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct TgatConfig {
    /// Width of the hidden state and of the embeddings; 4 to 1024, a multiple of `num_heads`. Default 44.
    pub hidden_dim: usize,
    /// Number of attention heads, 1 to 64; the head dimension is at most 128. Default 4.
    pub num_heads: usize,
    /// Number of attention layers, 1 to 32. Default 2.
    pub num_layers: usize,
    /// Positional encoding. Default none.
    pub positions: Positions,
    /// Adds a layer's projected input to its output. Default false.
    pub residual: bool,
    /// Applies layer normalisation to a layer's output. Default false.
    pub layer_norm: bool,
    /// Precision to which queries, keys and values are rounded before attention. Default f16.
    pub precision: Precision,
}

/// Encoding of a node's position in its graph, counted from 0.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Positions {
    /// No encoding.
    #[default]
    None,
    /// A learned vector for each of the first [`MAX_POSITIONS`](super::MAX_POSITIONS) positions is added; longer
    /// graphs are an error.
    Learned,
}

/// Precision to which queries, keys and values are rounded, the same on every backend, so that backends agree.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Precision {
    /// IEEE half precision: 11 bits of significand, up to 65504.
    #[default]
    F16,
    /// bfloat16: 8 bits of significand, the range of f32.
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
    /// Head dimension.
    pub(super) fn head_dim(&self) -> usize {
        self.hidden_dim / self.num_heads
    }

    /// Checks the ranges, and that `hidden_dim` is a multiple of `num_heads`.
    ///
    /// # Errors
    /// [`TgatError::Setting`] names the first setting that is out of range, and the values allowed.
    pub fn validate(&self) -> Result<(), TgatError> {
        let refuse = |setting, value: usize, want: String| Err(TgatError::Setting { setting, value, want });
        let ranges = [
            ("tgat.hidden_dim", self.hidden_dim, MIN_HIDDEN_DIM, MAX_HIDDEN_DIM),
            ("tgat.num_heads", self.num_heads, 1, MAX_HEADS),
            ("tgat.num_layers", self.num_layers, 1, MAX_LAYERS),
        ];
        for (name, value, min, max) in ranges {
            if !(min..=max).contains(&value) {
                return refuse(name, value, format!("{min} to {max}"));
            }
        }
        if !self.hidden_dim.is_multiple_of(self.num_heads) {
            let want = format!("a multiple of tgat.num_heads = {}", self.num_heads);
            return refuse("tgat.hidden_dim", self.hidden_dim, want);
        }
        if self.head_dim() > MAX_HEAD_DIM {
            let want = format!("{} or more: a head holds at most {MAX_HEAD_DIM} values", {
                self.hidden_dim.div_ceil(MAX_HEAD_DIM)
            });
            return refuse("tgat.num_heads", self.num_heads, want);
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_setting_out_of_range_is_named_with_the_values_allowed() {
        let base = TgatConfig::default();
        base.validate().unwrap();
        let cases = [
            (TgatConfig { hidden_dim: 0, ..base.clone() }, "tgat.hidden_dim = 0", "4 to 1024"),
            (TgatConfig { hidden_dim: 45, ..base.clone() }, "tgat.hidden_dim = 45", "tgat.num_heads = 4"),
            (TgatConfig { num_heads: 0, ..base.clone() }, "tgat.num_heads = 0", "1 to 64"),
            (TgatConfig { num_layers: 33, ..base.clone() }, "tgat.num_layers = 33", "1 to 32"),
            (TgatConfig { hidden_dim: 1024, num_heads: 4, ..base }, "tgat.num_heads = 4", "8 or more"),
        ];
        for (config, setting, remedy) in cases {
            let error = config.validate().unwrap_err();
            assert!(setting.starts_with(error.setting().unwrap()), "{error}");
            let text = error.to_string();
            assert!(text.contains(setting) && text.contains(remedy), "{text}");
        }
    }
}
