//! Errors of building, loading and running the network.

use super::config::Precision;
use crate::attention::AttentionError;

/// Errors of building, loading and running the network.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum TgatError {
    /// A setting is out of its range.
    #[error("{setting} = {value} is invalid: it must be {want}")]
    Setting {
        /// Full name of the setting, `tgat.*`.
        setting: &'static str,
        /// Its value.
        value: usize,
        /// The values allowed.
        want: String,
    },
    /// The number of feature columns is 0 or too large.
    #[error(
        "the nodes have {got} feature columns, the network takes 1 to {max}: choose other columns as features"
    )]
    InputDim {
        /// Number of columns given.
        got: usize,
        /// Largest number of columns.
        max: usize,
    },
    /// A slice does not fit the batch.
    #[error("{what} holds {got} values, the batch needs {want}")]
    Len {
        /// The slice.
        what: &'static str,
        /// Its length.
        got: usize,
        /// The length that fits.
        want: usize,
    },
    /// The offsets of a batch do not rise from 0 to the number of nodes.
    #[error("offsets[{index}] is {value}, but it must be at least {min}, and the first must be 0")]
    Offsets {
        /// Index in `offsets`.
        index: usize,
        /// The value there.
        value: usize,
        /// The smallest value allowed.
        min: usize,
    },
    /// A feature is NaN or infinite.
    #[error(
        "feature column {column} of node {node} is {value}: give a number, or let NaN propagate (NonFinite::Propagate)"
    )]
    Feature {
        /// Node in the batch.
        node: usize,
        /// Feature column.
        column: usize,
        /// NaN or an infinity.
        value: f32,
    },
    /// A value of a layer is not finite in f32.
    #[error(
        "the {tensor} of node {node} in layer {layer} is {value}: the features or weights are too large; \
         standardise the features"
    )]
    NonFinite {
        /// Layer, from 0.
        layer: usize,
        /// `query`, `key`, `value` or `output`.
        tensor: &'static str,
        /// Node in the batch.
        node: usize,
        /// NaN or an infinity.
        value: f32,
    },
    /// A value is too large for the precision of attention.
    #[error(
        "the {tensor} of node {node} in layer {layer} holds {value:e}, too large for {precision}: \
         standardise the features, or set tgat.precision to {}",
        if *.precision == Precision::F16 { "bf16 or f32" } else { "f32" }
    )]
    Overflow {
        /// Layer, from 0.
        layer: usize,
        /// `query`, `key` or `value`.
        tensor: &'static str,
        /// Node in the batch.
        node: usize,
        /// The value.
        value: f32,
        /// The precision.
        precision: Precision,
    },
    /// A graph has more nodes than there are learned positions.
    #[error(
        "graph {graph} has {nodes} nodes, but learned positions end at {max}: \
         set tgat.positions = \"none\" or split the graph"
    )]
    Positions {
        /// Graph in the batch.
        graph: usize,
        /// Its number of nodes.
        nodes: usize,
        /// Number of learned positions.
        max: usize,
    },
    /// Attention refuses the problem or fails.
    #[error("layer {layer}: {source}")]
    Attention {
        /// Layer, from 0.
        layer: usize,
        /// The error of attention.
        source: AttentionError,
    },
    /// The early fraction is outside (0, 0.5].
    #[error("the early fraction is {got}: it must lie above 0 and be at most 0.5")]
    EarlyFraction {
        /// The fraction given.
        got: f64,
    },
    /// The batch is not one graph of at least 3 nodes, for which a range can be predicted.
    #[error("a range needs one graph of 3 nodes or more, the batch holds {graphs} graphs and {nodes} nodes")]
    RangeBatch {
        /// Number of graphs in the batch.
        graphs: usize,
        /// Number of nodes in the batch.
        nodes: usize,
    },
    /// The first nodes have more keys than the 32-bit offsets of a CSR pattern can count.
    #[error("the first {k} nodes have more than {} keys in total: lower the early fraction", u32::MAX)]
    EarlyKeys {
        /// Number of first nodes.
        k: usize,
    },
    /// The weights file is larger than the reader accepts.
    #[error(
        "the weights file is too large: its {what} is {got}, the limit is {max}; \
         is it a weights file of this network?"
    )]
    FileSize {
        /// `size in bytes` or `header in bytes`.
        what: &'static str,
        /// Its value.
        got: u64,
        /// The largest value accepted.
        max: u64,
    },
    /// The bytes are not a valid safetensors file.
    #[error("the weights are not a readable safetensors file ({reason}): save them again")]
    File {
        /// The error of the format.
        reason: String,
    },
    /// A tensor is in the file twice, with and without the prefix `w.`.
    #[error("the weights file has {name:?} twice, with and without the prefix \"w.\": keep one")]
    Twice {
        /// The name without the prefix.
        name: String,
    },
    /// A tensor name is unknown.
    #[error(
        "the weights file has the unknown tensor {name:?}{}",
        nearest.as_ref().map_or(String::new(), |near| format!("; did you mean {near:?}?"))
    )]
    Unknown {
        /// The name in the file.
        name: String,
        /// The nearest known name, if one is near.
        nearest: Option<String>,
    },
    /// A tensor is only used with other settings.
    #[error(
        "the weights file has {name:?}, which the settings do not use: set {setting}, or remove it from the file"
    )]
    Unused {
        /// The name in the file.
        name: String,
        /// The setting that uses it.
        setting: &'static str,
    },
    /// A tensor that the network needs is missing.
    #[error("the weights file lacks {name:?}: use a file that has it, or change {setting}")]
    Missing {
        /// The name.
        name: String,
        /// The setting that needs it.
        setting: &'static str,
    },
    /// A tensor has the wrong shape.
    #[error(
        "{name:?} has the shape {got:?}, the network needs {want:?}: the size is determined by {setting}"
    )]
    Shape {
        /// The tensor.
        name: String,
        /// Its shape, `[out, in]` for a matrix.
        got: Vec<usize>,
        /// The shape needed.
        want: Vec<usize>,
        /// The setting that determines the first size that differs.
        setting: &'static str,
    },
    /// A tensor has a dtype that is not read.
    #[error("{name:?} is stored as {dtype}: save it as F32, F16 or BF16")]
    Dtype {
        /// The tensor.
        name: String,
        /// Its dtype in the file.
        dtype: String,
    },
    /// A weight is NaN or infinite.
    #[error("{name:?} holds {value} at index {index}: the weights are damaged or their training diverged")]
    Weight {
        /// The tensor.
        name: String,
        /// Index in the row-major values.
        index: usize,
        /// NaN or an infinity.
        value: f32,
    },
    /// One of the two feature statistics is missing.
    #[error("the weights file has {has:?} without {lacks:?}: it must have both or neither")]
    HalfStatistics {
        /// The tensor in the file.
        has: &'static str,
        /// The missing tensor.
        lacks: &'static str,
    },
    /// A standard deviation is negative.
    #[error("feature_std[{column}] is {value}: a standard deviation is 0 or more")]
    Deviation {
        /// Feature column.
        column: usize,
        /// The value.
        value: f32,
    },
}

impl TgatError {
    /// Full name of the setting that is out of range, if one is.
    pub fn setting(&self) -> Option<&'static str> {
        match self {
            Self::Setting { setting, .. } => Some(setting),
            _ => None,
        }
    }
}
