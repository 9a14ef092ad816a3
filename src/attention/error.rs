//! Why attention cannot run: what does not fit, where, and what to do.

use crate::csr::CsrError;

/// Why an attention problem, mask or pattern is refused.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum AttentionError {
    /// A slice does not fit the shape.
    #[error("{what} holds {got} values, the shape needs {want}")]
    Len {
        /// The slice.
        what: &'static str,
        /// Its length.
        got: usize,
        /// The length the shape asks for.
        want: usize,
    },
    /// There must be a head.
    #[error("heads is 0: give at least 1")]
    Heads,
    /// The head dimension is out of range.
    #[error("head_dim is {got}, it must lie in 1..={max}: split wider features over more heads")]
    HeadDim {
        /// The size given.
        got: usize,
        /// The largest size.
        max: usize,
    },
    /// `q`, `k` and `v` must be stored in one precision.
    #[error("{what} is stored as {got}, but q as {want}: convert q, k and v to one type")]
    DtypesDiffer {
        /// The tensor that differs from `q`.
        what: &'static str,
        /// How it is stored.
        got: &'static str,
        /// How `q` is stored.
        want: &'static str,
    },
    /// Offsets hold one value more than there are graphs, so never none.
    #[error("offsets is empty: a batch of n graphs needs n + 1 values, the first of them 0")]
    NoOffsets,
    /// The first graph starts at node 0.
    #[error("offsets starts at {first}, it must start at 0")]
    OffsetsStart {
        /// The value found.
        first: usize,
    },
    /// A graph ends before it starts.
    #[error("offsets falls from {from} to {to} at graph {graph}: graphs lie back to back")]
    OffsetsFall {
        /// The graph.
        graph: usize,
        /// Its start.
        from: usize,
        /// Its end.
        to: usize,
    },
    /// The shape cannot be held.
    #[error("{what} is too large ({got} wanted, at most {max}): split the batch")]
    TooLarge {
        /// What is counted.
        what: &'static str,
        /// How many there are; `usize::MAX` if the count itself overflows.
        got: usize,
        /// How many there may be.
        max: usize,
    },
    /// A range of keys ends before it starts.
    #[error("node {node} has the key range {lo}..{hi}: lo must not exceed hi")]
    IntervalFalls {
        /// The node.
        node: usize,
        /// First key.
        lo: u32,
        /// One past the last key.
        hi: u32,
    },
    /// A node names a key of another graph, or none at all.
    #[error(
        "node {node} names key {key}, but its graph {graph} holds the nodes {start}..{end}: keys are global \
         node indices inside the node's own graph"
    )]
    KeyOutside {
        /// The node.
        node: usize,
        /// The key.
        key: usize,
        /// The node's graph.
        graph: usize,
        /// First node of the graph.
        start: usize,
        /// One past its last node.
        end: usize,
    },
    /// The pattern is not one row and one column a node.
    #[error("the pattern is {rows} x {cols}, it must be {nodes} x {nodes}: one row and one column a node")]
    PatternShape {
        /// Its rows.
        rows: usize,
        /// Its columns.
        cols: usize,
        /// Nodes.
        nodes: usize,
    },
    /// Row bounds and columns are not a pattern.
    #[error(transparent)]
    Pattern(#[from] CsrError),
    /// A block mask belongs to another batch.
    #[error("the block masks or their batch have different offsets: build them from the same offsets")]
    MaskOffsets,
    /// The bias needs times.
    #[error("the time bias `{bias}` needs t_ms, the time of each node: give it, or choose the bias `none`")]
    NoTimes {
        /// Name of the bias.
        bias: &'static str,
    },
    /// The scale of the logits is not a number.
    #[error("scale is {got}: give a finite number, or none for 1/sqrt(head_dim)")]
    Scale {
        /// The scale, as text.
        got: String,
    },
    /// The scale of the bias is out of range.
    #[error("scale_minutes is {got}: give a finite number of minutes, 0 or more")]
    BiasScale {
        /// The scale, as text.
        got: String,
    },
    /// A bucket is not an interval.
    #[error("bucket {index} is [{lo}, {hi}] with weight {weight}: lo <= hi and all three finite are needed")]
    Bucket {
        /// Its place in the list.
        index: usize,
        /// Lower end, as text.
        lo: String,
        /// Upper end, as text.
        hi: String,
        /// Weight, as text.
        weight: String,
    },
    /// The input holds NaN or infinity.
    #[error(
        "{tensor} holds {value} at node {node}, head {head}, dim {dim}: clean the input, or choose \
         non_finite = propagate"
    )]
    NonFinite {
        /// `q`, `k` or `v`.
        tensor: &'static str,
        /// NaN or infinity, as text.
        value: String,
        /// The node.
        node: usize,
        /// The head.
        head: usize,
        /// The place in the head.
        dim: usize,
    },
    /// Fast accuracy rounds to the storage type, and f32 is no rounding.
    #[error(
        "accuracy = fast rounds to the storage type, and f32 rounds nothing: store q, k, v as f16 or bf16"
    )]
    FastNeedsHalf,
    /// The kernels read 16-bit values.
    #[error("the GPU reads f16 or bf16, and q, k, v are f32: convert them, or use the backend `cpu`")]
    NeedsHalf,
    /// The kernel cannot take these keys.
    #[error("{kernel} takes contiguous ranges of keys: choose another kernel for edges and masks")]
    NoKernel {
        /// The kernel.
        kernel: &'static str,
    },
    /// The plan belongs to another batch.
    #[error("the plan was built for other {what}: build one for this problem, or run it without")]
    OtherPlan {
        /// The part of the problem that differs.
        what: &'static str,
    },
    /// The kernels could not tell such logits from hidden ones.
    #[error(
        "logits of up to {got} (before the scale) are beyond the {max} that the GPU tells from hidden ones: \
         use the backend `cpu`, or scale q and k down"
    )]
    Range {
        /// Bound of the logits, as text.
        got: String,
        /// What is allowed, as text.
        max: String,
    },
    /// What the backend runs on failed.
    #[error("the backend `{backend}` failed: {why}")]
    Device {
        /// The backend.
        backend: &'static str,
        /// Why, and what to do.
        why: String,
    },
    /// The backend has one accuracy.
    #[error("the backend `{backend}` has no accuracy = fast: choose exact, or the backend `cpu`")]
    NoFast {
        /// The backend.
        backend: &'static str,
    },
}
