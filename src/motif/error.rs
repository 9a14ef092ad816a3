//! Errors of mining.

use crate::csr::CsrError;
use crate::dag::DagError;

/// An error in the graphs or the settings given to the miner.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum MotifError {
    /// The numbers of rows and columns of the adjacency differ.
    #[error("the graph has {rows} rows and {cols} columns, an adjacency matrix is square")]
    NotSquare {
        /// Number of rows.
        rows: usize,
        /// Number of columns.
        cols: usize,
    },
    /// A column does not hold one value for each event.
    #[error("{column} holds {got} values, the graph has {nodes} events")]
    Len {
        /// `labels` or `t_ms`.
        column: &'static str,
        /// Number of values given.
        got: usize,
        /// Number of events of the graph.
        nodes: usize,
    },
    /// An edge leads to an event whose number is not above that of its source.
    #[error("edge {src} -> {dst} does not lead forward: number the events in topological order")]
    Backward {
        /// Source of the edge.
        src: usize,
        /// Its target.
        dst: u32,
    },
    /// The sizes are not 3 to 5.
    #[error(
        "motif.min_nodes = {min} and motif.max_nodes = {max}: both are 3 to 5, the first not above the second"
    )]
    Sizes {
        /// Key of the setting.
        key: &'static str,
        /// Smallest size set.
        min: usize,
        /// Largest size set.
        max: usize,
    },
    /// `min_count` is 0.
    #[error("{key} is 0, a pattern has to occur to be tested: set it to 1 or more")]
    MinCount {
        /// Key of the setting.
        key: &'static str,
    },
    /// More replicates than are allowed.
    #[error("{key} is {iterations}: draw at most {max}, which gives p down to 1/{max}")]
    Iterations {
        /// Key of the setting.
        key: &'static str,
        /// Number of replicates set.
        iterations: u32,
        /// Largest number of replicates.
        max: u32,
    },
    /// The name of the label source is empty.
    #[error("{key} is empty: give the name of a column, \"kind\" or \"none\"")]
    NoLabels {
        /// Key of the setting.
        key: &'static str,
    },
    /// The width of the blocks is below one millisecond or not finite.
    #[error("{key} is {block_minutes}: it must be a finite number of minutes, at least one millisecond")]
    BlockMinutes {
        /// Key of the setting.
        key: &'static str,
        /// The width set.
        block_minutes: f64,
    },
    /// The width of the jitter windows is below one millisecond or not finite.
    #[error("{key} is {jitter_minutes}: it must be a finite number of minutes, at least one millisecond")]
    JitterMinutes {
        /// Key of the setting.
        key: &'static str,
        /// The width set.
        jitter_minutes: f64,
    },
    /// A width is `auto`, and no scale has given it a number.
    #[error(
        "{key} is auto, which has a width on the scale of the events only: resolve it (MotifConfig::resolved)"
    )]
    AutoWidth {
        /// Key of the setting.
        key: &'static str,
    },
    /// A number lies outside its range.
    #[error("{key} is {value}, it must be {range}")]
    Threshold {
        /// Key of the setting.
        key: &'static str,
        /// Its value.
        value: f64,
        /// The allowed range, in words.
        range: &'static str,
    },
    /// More events than 32-bit event numbers.
    #[error("{events} events, at most {} can be mined together: mine fewer groups at once", u32::MAX - 1)]
    TooManyEvents {
        /// Number of events of all graphs.
        events: u64,
    },
    /// More distinct labels than the integer key of a pattern's labels can distinguish.
    #[error("{labels} distinct labels, at most {limit}: choose a coarser column with motif.labels")]
    TooManyLabels {
        /// Number of distinct labels.
        labels: usize,
        /// Largest number supported.
        limit: usize,
    },
    /// More occurrences of one shape than a 32-bit counter holds.
    #[error(
        "{instances} occurrences of one shape of {k} events, at most {} are counted: lower motif.max_nodes, \
         or link events more sparsely",
        u32::MAX
    )]
    TooManyInstances {
        /// Number of occurrences.
        instances: u64,
        /// Number of events of the shape.
        k: usize,
    },
    /// The null redraws times, but a graph has no edge rule by which its events can be relinked.
    #[error(
        "graph {graph} has edges but no edge rule, so its events cannot be relinked when their times are redrawn: \
         give the rule (MotifGraph::with_edge_rule), or set motif.null to \"stratified-permutation\""
    )]
    NoRule {
        /// Index of the graph among those given.
        graph: usize,
    },
    /// The edges given by an edge rule differ from those of its graph.
    #[error(
        "the edges of graph {graph} differ from those of its edge rule: build the graph with the rule passed to \
         MotifGraph::with_edge_rule"
    )]
    OtherRule {
        /// Index of the graph among those given.
        graph: usize,
    },
    /// An edge rule cannot link the events of its graph.
    #[error("the edge rule of graph {graph} cannot link its events: {error}")]
    Rule {
        /// Index of the graph among those given.
        graph: usize,
        /// The error of the rule.
        error: DagError,
    },
    /// An edge rule returned row bounds and columns that are not a valid CSR adjacency.
    #[error("the edge rule of graph {graph} returned an invalid CSR adjacency: {error}")]
    RuleParts {
        /// Index of the graph among those given.
        graph: usize,
        /// The error in the parts.
        error: CsrError,
    },
}

impl MotifError {
    /// The error with `order[graph]` in the place of the index of a graph.
    pub(super) fn with_graphs(mut self, order: &[usize]) -> Self {
        if let Self::NoRule { graph }
        | Self::OtherRule { graph }
        | Self::Rule { graph, .. }
        | Self::RuleParts { graph, .. } = &mut self
        {
            *graph = order.get(*graph).copied().unwrap_or(*graph);
        }
        self
    }

    /// Key of the setting that the error is about, such as `motif.min_nodes`; `None` if it is about the graphs.
    pub fn setting(&self) -> Option<&'static str> {
        match *self {
            Self::Sizes { key, .. }
            | Self::MinCount { key }
            | Self::Iterations { key, .. }
            | Self::NoLabels { key }
            | Self::BlockMinutes { key, .. }
            | Self::JitterMinutes { key, .. }
            | Self::AutoWidth { key }
            | Self::Threshold { key, .. } => Some(key),
            Self::NotSquare { .. }
            | Self::Len { .. }
            | Self::Backward { .. }
            | Self::TooManyEvents { .. }
            | Self::TooManyLabels { .. }
            | Self::TooManyInstances { .. }
            | Self::NoRule { .. }
            | Self::OtherRule { .. }
            | Self::Rule { .. }
            | Self::RuleParts { .. } => None,
        }
    }
}
