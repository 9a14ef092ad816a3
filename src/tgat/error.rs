//! Why the network cannot be built, loaded or run.

use super::config::Precision;
use crate::attention::AttentionError;

/// Why the network cannot be built, loaded or run.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum TgatError {
    /// A setting lies outside what it may be.
    #[error("{setting} = {value} cannot be: it must be {want}")]
    Setting {
        /// The setting's full name.
        setting: &'static str,
        /// Its value.
        value: usize,
        /// What it may be.
        want: String,
    },
    /// The nodes have no feature column, or more than the network takes.
    #[error(
        "the nodes have {got} feature columns, the network takes 1 to {max}: choose other columns as features"
    )]
    InputDim {
        /// Columns given.
        got: usize,
        /// Most columns.
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
    /// The graphs of a batch must lie back to back: 0 first, never falling, the number of nodes last.
    #[error("offsets[{index}] is {value}, but it must be at least {min}, and the first must be 0")]
    Offsets {
        /// Place in `offsets`.
        index: usize,
        /// The value there.
        value: usize,
        /// The least value that would do.
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
    /// A layer grew a value beyond f32.
    #[error(
        "the {tensor} of node {node} in layer {layer} is {value}: the features or weights are too large; \
         standardise the features"
    )]
    NonFinite {
        /// Layer, from 0.
        layer: usize,
        /// query, key, value or output.
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
        /// query, key or value.
        tensor: &'static str,
        /// Node in the batch.
        node: usize,
        /// The value.
        value: f32,
        /// The precision that cannot hold it.
        precision: Precision,
    },
    /// A graph is longer than the learned positions.
    #[error(
        "graph {graph} has {nodes} nodes, but learned positions end at {max}: \
         set tgat.positions = \"none\" or split the graph"
    )]
    Positions {
        /// Graph in the batch.
        graph: usize,
        /// Its nodes.
        nodes: usize,
        /// Positions learned.
        max: usize,
    },
    /// Attention refused the problem or failed.
    #[error("layer {layer}: {source}")]
    Attention {
        /// Layer, from 0.
        layer: usize,
        /// What attention says.
        source: AttentionError,
    },
    /// A range is predicted from the first half of a session at most.
    #[error("the early fraction is {got}: it must lie above 0 and be at most 0.5")]
    EarlyFraction {
        /// The fraction given.
        got: f64,
    },
    /// A range is predicted for one graph of at least three nodes.
    #[error("a range needs one graph of 3 nodes or more, the batch holds {graphs} graphs and {nodes} nodes")]
    RangeBatch {
        /// Graphs in the batch.
        graphs: usize,
        /// Nodes in the batch.
        nodes: usize,
    },
    /// The first nodes see more keys than a pattern holds.
    #[error("the first {k} nodes see over {} keys: lower the early fraction", u32::MAX)]
    EarlyKeys {
        /// The first nodes.
        k: usize,
    },
    /// The file of weights is larger than any that the network can use.
    #[error(
        "the weights file is too large: its {what} is {got}, at most {max} is read; \
         is it a weights file of this network?"
    )]
    FileSize {
        /// size in bytes, header in bytes, or number of tensors.
        what: &'static str,
        /// What it is.
        got: u64,
        /// The bound.
        max: u64,
    },
    /// The bytes are no safetensors file.
    #[error("the weights are no readable safetensors file ({reason}): save them again")]
    File {
        /// What the format says.
        reason: String,
    },
    /// Two names differ in the prefix alone.
    #[error("the weights hold {name:?} twice, with and without the prefix \"w.\": keep one")]
    Twice {
        /// The name without the prefix.
        name: String,
    },
    /// A name that the network does not know.
    #[error(
        "the weights hold {name:?}, which the network does not know{}",
        nearest.as_ref().map_or(String::new(), |near| format!("; did you mean {near:?}?"))
    )]
    Unknown {
        /// The name in the file.
        name: String,
        /// The nearest known name, if one is near.
        nearest: Option<String>,
    },
    /// A name that the network knows under other settings.
    #[error(
        "the weights hold {name:?}, which the settings leave unused: set {setting}, or remove it from the file"
    )]
    Unused {
        /// The name in the file.
        name: String,
        /// The setting that uses it.
        setting: &'static str,
    },
    /// A tensor that the network needs is absent.
    #[error("the weights lack {name:?}: bring a file that holds it, or change {setting}")]
    Missing {
        /// The name.
        name: String,
        /// The setting that asks for it.
        setting: &'static str,
    },
    /// A tensor has another shape than the network.
    #[error("{name:?} has the shape {got:?}, the network needs {want:?}: the size comes from {setting}")]
    Shape {
        /// The tensor.
        name: String,
        /// Its shape, `[out, in]` for a matrix.
        got: Vec<usize>,
        /// The shape needed.
        want: Vec<usize>,
        /// What governs the first size that differs.
        setting: &'static str,
    },
    /// A tensor is stored in a type that is not read.
    #[error("{name:?} is stored as {dtype}: save it as F32, F16 or BF16")]
    Dtype {
        /// The tensor.
        name: String,
        /// Its type in the file.
        dtype: String,
    },
    /// A weight is NaN or infinite.
    #[error("{name:?} holds {value} at position {index}: the weights are damaged or their training diverged")]
    Weight {
        /// The tensor.
        name: String,
        /// Place in the row-major values.
        index: usize,
        /// NaN or an infinity.
        value: f32,
    },
    /// One of the two feature statistics is absent.
    #[error(
        "the weights bring {has:?} without {lacks:?}: statistics of the features come as both or neither"
    )]
    HalfStatistics {
        /// The one in the file.
        has: &'static str,
        /// The one that is absent.
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
