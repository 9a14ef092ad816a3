//! Errors of building a graph and of operations on it.

/// Errors of building a graph and of operations on it.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum DagError {
    /// The edges form a cycle.
    #[error(
        "the edges are not acyclic: {} -> {} closes a cycle of {} nodes; remove one of its edges",
        short(cycle), cycle.first().map_or(0, |&c| c), cycle.len()
    )]
    Cycle {
        /// The nodes of one cycle in edge order, in the caller's ids; the last has an edge to the first.
        cycle: Vec<u32>,
    },
    /// An edge names a node that does not exist.
    #[error("edge {edge} names node {node}, but there are {nodes} nodes (ids 0..{nodes})")]
    Node {
        /// Position of the edge.
        edge: usize,
        /// The id it names.
        node: u32,
        /// Number of nodes.
        nodes: usize,
    },
    /// Events are not in time order.
    #[error("event {index} is earlier than event {}: sort the events by (t_ms, seq) first", index - 1)]
    Unsorted {
        /// Index of the first event that is earlier than its predecessor.
        index: usize,
    },
    /// Nodes or edges do not fit 32-bit numbers.
    #[error("{what}: {count} do not fit a 32-bit index; split the input into smaller groups")]
    TooLarge {
        /// The objects counted.
        what: &'static str,
        /// Their number, or a lower bound.
        count: u64,
    },
    /// A column does not have one value per event.
    #[error("{what} holds {got} values for {want} events")]
    Len {
        /// The column.
        what: &'static str,
        /// Its length.
        got: usize,
        /// Number of events.
        want: usize,
    },
    /// A weight is not a finite number.
    #[error("the weight of edge {edge} is {value}: lengths of paths need finite weights")]
    Weight {
        /// Position of the edge, in edge order.
        edge: usize,
        /// The weight.
        value: f64,
    },
    /// A result does not fit its type.
    #[error("{what} to node {node} does not fit {of}")]
    Overflow {
        /// The quantity.
        what: &'static str,
        /// Number of the node.
        node: u32,
        /// The type.
        of: &'static str,
    },
    /// A result is larger than the caller allows.
    #[error(
        "{what} has at least {least} {unit}, {limit} are allowed: use a part of the graph, or raise the limit"
    )]
    Limit {
        /// The result.
        what: &'static str,
        /// Its size, or a lower bound.
        least: u64,
        /// Unit of the size.
        unit: &'static str,
        /// Largest size allowed.
        limit: u64,
    },
    /// A setting is out of range.
    #[error("{setting} = {value}: {reason}")]
    Setting {
        /// Full name of the setting, `dag.*`.
        setting: &'static str,
        /// Its value.
        value: String,
        /// The values allowed.
        reason: &'static str,
    },
    /// The link rule `shared-key` is configured, but the events have no key column.
    #[error("dag.links = shared-key needs at least one key column: name one with --key COL")]
    NoKey,
}

impl DagError {
    /// Full name of the setting that is out of range, if one is.
    pub fn setting(&self) -> Option<&'static str> {
        match self {
            Self::Setting { setting, .. } => Some(setting),
            _ => None,
        }
    }
}

/// A cycle as text, abbreviated if it has more than 16 nodes; [`DagError::Cycle`] holds all of it.
fn short(cycle: &[u32]) -> String {
    let join = |ids: &[u32]| ids.iter().map(u32::to_string).collect::<Vec<_>>().join(" -> ");
    match cycle.len() {
        0..=16 => join(cycle),
        n => format!("{} -> ... -> {}", join(&cycle[..8]), join(&cycle[n - 8..])),
    }
}
