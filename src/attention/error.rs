//! Errors of attention: problems, masks, patterns, plans and backends.

use crate::csr::CsrError;

/// Errors of attention: an invalid problem, mask, pattern or plan, or a backend that failed.
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
        /// The length that the shape needs.
        want: usize,
    },
    /// There are no heads.
    #[error("heads is 0: give at least 1")]
    Heads,
    /// The head dimension is out of range.
    #[error("head_dim is {got}, it must be in 1..={max}: split wider features over more heads")]
    HeadDim {
        /// The given size.
        got: usize,
        /// The largest size.
        max: usize,
    },
    /// `q`, `k` and `v` are stored in different precisions.
    #[error("{what} is stored as {got}, but q as {want}: convert q, k and v to one type")]
    DtypesDiffer {
        /// The tensor that differs from `q`.
        what: &'static str,
        /// Its type.
        got: &'static str,
        /// The type of `q`.
        want: &'static str,
    },
    /// `offsets` is empty; it holds one value more than there are graphs.
    #[error("offsets is empty: a batch of n graphs needs n + 1 values, the first of them 0")]
    NoOffsets,
    /// The first graph does not start at node 0.
    #[error("offsets starts at {first}, it must start at 0")]
    OffsetsStart {
        /// First value of `offsets`.
        first: usize,
    },
    /// A graph ends before it starts.
    #[error("offsets falls from {from} to {to} at graph {graph}: graphs must be contiguous")]
    OffsetsFall {
        /// The graph.
        graph: usize,
        /// Its start.
        from: usize,
        /// Its end.
        to: usize,
    },
    /// A size exceeds its limit.
    #[error("{what} is too large ({got}, at most {max}): split the batch")]
    TooLarge {
        /// The counted quantity.
        what: &'static str,
        /// The count; `usize::MAX` if the count itself overflows.
        got: usize,
        /// The limit.
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
    /// A node names a key of another graph, or one that does not exist.
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
    /// The pattern does not have one row and one column for each node.
    #[error(
        "the pattern is {rows} x {cols}, it must be {nodes} x {nodes}: one row and one column for each node"
    )]
    PatternShape {
        /// Its rows.
        rows: usize,
        /// Its columns.
        cols: usize,
        /// Number of nodes.
        nodes: usize,
    },
    /// Row bounds and columns are not a pattern.
    #[error(transparent)]
    Pattern(#[from] CsrError),
    /// A block mask belongs to another batch.
    #[error("the block masks or their batch have different offsets: build them from the same offsets")]
    MaskOffsets,
    /// The bias needs times, and none are given.
    #[error("the time bias `{bias}` needs t_ms, the time of each node: give it, or set {setting} = none")]
    NoTimes {
        /// Key of the setting.
        setting: &'static str,
        /// Name of the bias.
        bias: &'static str,
    },
    /// The scale of the logits is not finite.
    #[error("scale is {got}: give a finite number, or none for 1/sqrt(head_dim)")]
    Scale {
        /// The scale, as text.
        got: String,
    },
    /// The scale of the bias is out of range.
    #[error("{setting} is {got}: give a finite number of minutes, 0 or more")]
    BiasScale {
        /// Key of the setting.
        setting: &'static str,
        /// The scale, as text.
        got: String,
    },
    /// A bucket is not an interval with a finite weight.
    #[error(
        "{setting}: bucket {index} is [{lo}, {hi}] with weight {weight}: lo <= hi and all three finite are needed"
    )]
    Bucket {
        /// Key of the setting.
        setting: &'static str,
        /// Its index in the list.
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
        "{tensor} holds {value} at node {node}, head {head}, dim {dim}: clean the input, or set {setting} = propagate"
    )]
    NonFinite {
        /// Key of the setting.
        setting: &'static str,
        /// `q`, `k` or `v`.
        tensor: &'static str,
        /// NaN or infinity, as text.
        value: String,
        /// The node.
        node: usize,
        /// The head.
        head: usize,
        /// The dimension in the head.
        dim: usize,
    },
    /// Fast accuracy rounds to the storage type, so it has no meaning for f32.
    #[error(
        "{setting} = fast rounds to the storage type, and f32 rounds nothing: store q, k, v as f16 or bf16"
    )]
    FastNeedsHalf {
        /// Key of the setting.
        setting: &'static str,
    },
    /// The kernels read 16-bit values only.
    #[error("the GPU reads f16 or bf16, and q, k, v are f32: convert them, or use the backend `cpu`")]
    NeedsHalf,
    /// The kernel does not support keys of this form.
    #[error("{kernel} supports contiguous ranges of keys only: choose another kernel for edges and masks")]
    NoKernel {
        /// The kernel.
        kernel: &'static str,
    },
    /// The plan belongs to another batch.
    #[error("the plan was built for other {what}: build one for this problem, or run it without")]
    PlanMismatch {
        /// The part of the problem that differs.
        what: &'static str,
    },
    /// The kernels could not distinguish such logits from masked ones.
    #[error(
        "logits of up to {got} (before the scale) exceed {max}, beyond which the GPU cannot distinguish them from \
         masked ones: use the backend `cpu`, or scale q and k down"
    )]
    Range {
        /// Bound of the logits, as text.
        got: String,
        /// The limit, as text.
        max: String,
    },
    /// The device of the backend failed.
    #[error("the backend `{backend}` failed: {why}")]
    Device {
        /// The backend.
        backend: &'static str,
        /// Cause and remedy.
        why: String,
    },
    /// The backend supports exact accuracy only.
    #[error("the backend `{backend}` has no {setting} = fast: choose exact, or the backend `cpu`")]
    NoFast {
        /// Key of the setting.
        setting: &'static str,
        /// The backend.
        backend: &'static str,
    },
}

impl AttentionError {
    /// Key of the setting at fault, in the section `attention` of the configuration; `None` for errors of the data or
    /// the device.
    pub fn setting(&self) -> Option<&'static str> {
        match self {
            Self::NoTimes { setting, .. }
            | Self::BiasScale { setting, .. }
            | Self::Bucket { setting, .. }
            | Self::NonFinite { setting, .. }
            | Self::FastNeedsHalf { setting }
            | Self::NoFast { setting, .. } => Some(setting),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::attention::{AttentionConfig, BiasKind};

    #[test]
    fn an_error_of_a_setting_names_its_key() {
        let refused = |config: AttentionConfig| {
            let error = config.time_bias().unwrap_err();
            let key = error.setting().unwrap();
            assert!(error.to_string().contains(key), "{error}");
            assert!(serde_json::to_value(&config).unwrap().get(key).is_some(), "{key}");
        };
        let default = AttentionConfig::default();
        refused(AttentionConfig { bias: BiasKind::Sqrt, scale_minutes: -1.0, ..default.clone() });
        refused(AttentionConfig { buckets: vec![[2.0, 1.0, 0.0]], ..default });
        assert_eq!(AttentionError::NeedsHalf.setting(), None);
    }
}
