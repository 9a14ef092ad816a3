//! What can be wrong with graphs or settings given to the motif room.

use crate::csr::CsrError;
use crate::dag::DagError;

/// Why motifs cannot be mined.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum MotifError {
    /// The pattern has another number of columns than of rows.
    #[error("the graph has {rows} rows and {cols} columns, a graph over its own events is square")]
    NotSquare {
        /// Rows of the pattern.
        rows: usize,
        /// Columns of the pattern.
        cols: usize,
    },
    /// A column of values does not hold one value for each event.
    #[error("{column} holds {got} values, the graph has {nodes} events")]
    Len {
        /// `labels` or `t_ms`.
        column: &'static str,
        /// Values given.
        got: usize,
        /// Events of the graph.
        nodes: usize,
    },
    /// An edge leads to an event that is not numbered behind its source.
    #[error("edge {src} -> {dst} does not lead forward: number the events in topological order")]
    Backward {
        /// Source of the edge.
        src: usize,
        /// Its target.
        dst: u32,
    },
    /// The sizes asked for are not 3 to 5.
    #[error(
        "motif.min_nodes = {min} and motif.max_nodes = {max}: both are 3 to 5, the first not above the second"
    )]
    Sizes {
        /// Smallest size asked for.
        min: usize,
        /// Largest size asked for.
        max: usize,
    },
    /// A pattern that never occurs cannot be tested.
    #[error("motif.min_count is 0, a pattern has to occur to be tested: set it to 1 or more")]
    MinCount,
    /// More draws than are ever needed.
    #[error("motif.iterations is {iterations}: draw at most {max}, which gives p down to 1/{max}")]
    Iterations {
        /// Draws asked for.
        iterations: u32,
        /// Most draws.
        max: u32,
    },
    /// No column is named.
    #[error("motif.labels is empty: name a column, or say \"kind\" or \"none\"")]
    NoLabels,
    /// Strata must have a width.
    #[error(
        "motif.block_minutes is {block_minutes}: a width in minutes, at least one millisecond and finite"
    )]
    BlockMinutes {
        /// The width asked for.
        block_minutes: f64,
    },
    /// Windows of the jitter must have a width.
    #[error(
        "motif.jitter_minutes is {jitter_minutes}: a width in minutes, at least one millisecond and finite"
    )]
    JitterMinutes {
        /// The width asked for.
        jitter_minutes: f64,
    },
    /// A threshold of the verdict lies outside its range.
    #[error("motif.{key} is {value}, it has to be {range}")]
    Threshold {
        /// Name of the setting.
        key: &'static str,
        /// Its value.
        value: f64,
        /// What it may be.
        range: &'static str,
    },
    /// More events than node numbers.
    #[error("{events} events, at most {} can be mined together: mine fewer groups at once", u32::MAX - 1)]
    TooManyEvents {
        /// Events of all graphs.
        events: u64,
    },
    /// More distinct labels than a pattern's key can hold.
    #[error("{labels} distinct labels, at most {limit}: choose a coarser column with motif.labels")]
    TooManyLabels {
        /// Distinct labels found.
        labels: usize,
        /// Most that can be told apart.
        limit: usize,
    },
    /// More occurrences of one shape than a counter can hold.
    #[error(
        "{instances} occurrences of one shape of {k} events, at most {} are counted: lower motif.max_nodes, \
         or link events more sparsely",
        u32::MAX
    )]
    TooManyInstances {
        /// Occurrences of the shape.
        instances: u64,
        /// Its number of events.
        k: usize,
    },
    /// Times are to be drawn anew, and nothing says how the events would then be linked.
    #[error(
        "graph {graph} has edges and no rule that makes them, so its events cannot be linked anew when their times \
         are drawn: give the rule (MotifGraph::relinked_by), or set motif.null to \"stratified-permutation\""
    )]
    NoRule {
        /// Place of the graph among those given.
        graph: usize,
    },
    /// A rule gives other edges than its graph has.
    #[error(
        "graph {graph} has other edges than its rule gives its events: link it by the rule it is given with"
    )]
    OtherRule {
        /// Place of the graph among those given.
        graph: usize,
    },
    /// A rule cannot link its events.
    #[error("the rule of graph {graph} cannot link its events: {error}")]
    Rule {
        /// Place of the graph among those given.
        graph: usize,
        /// What the rule says.
        error: DagError,
    },
    /// A rule gave what is no pattern of edges.
    #[error("the rule of graph {graph} gave what is no pattern over its events: {error}")]
    RuleParts {
        /// Place of the graph among those given.
        graph: usize,
        /// What is wrong with it.
        error: CsrError,
    },
}
