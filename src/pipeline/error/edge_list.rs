//! Errors of `dag`: the description of a graph from its edge list.

use std::io;
use std::path::PathBuf;

use super::exit;
use crate::dag::DagError;
use crate::events::EventsError;
use crate::store::StoreError;

/// An error of [`describe_edge_list`](crate::pipeline::describe_edge_list). Some of the requested output files may
/// then be missing; none is incomplete, and none is of an earlier run, unless the error is
/// [`EdgeListError::SamePath`] or [`EdgeListError::Earlier`].
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum EdgeListError {
    /// A file cannot be read or written.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// A CSV file cannot be read.
    #[error(transparent)]
    Events(#[from] EventsError),
    /// An id column has another type.
    #[error(
        "{path}: column `{column}` is {found}, it must hold integers from 0 or texts; cast it",
        path = path.display()
    )]
    Type {
        /// The file.
        path: PathBuf,
        /// The column.
        column: &'static str,
        /// The type found.
        found: String,
    },
    /// A value that is not an id.
    #[error(
        "{path}: {column} of row {row} is {found}, ids are integers from 0 or texts; name the node or remove the row, \
         or make the columns of ids text",
        path = path.display()
    )]
    Value {
        /// The file.
        path: PathBuf,
        /// The column.
        column: &'static str,
        /// The row, counted from 0.
        row: usize,
        /// The value found.
        found: String,
    },
    /// The columns of ids are of different types.
    #[error(
        "{path}: column `{column}` holds integers, but {texts} holds texts; cast one of them, the ids of a graph have \
         one type",
        path = path.display()
    )]
    MixedTypes {
        /// The file.
        path: PathBuf,
        /// The column of integers.
        column: &'static str,
        /// The column of texts, and its file.
        texts: String,
    },
    /// A number of nodes was given for ids that are texts.
    #[error(
        "--nodes {nodes} counts integer ids, those of {path} are texts: name the nodes without an edge in column `id` \
         of a file, --nodes FILE",
        path = path.display()
    )]
    TextNodes {
        /// The file of the edges.
        path: PathBuf,
        /// The number given.
        nodes: u64,
    },
    /// The column of weights has another type.
    #[error(
        "{path}: column `{column}` is {found}, --weight needs a column of numbers",
        path = path.display()
    )]
    WeightType {
        /// The file.
        path: PathBuf,
        /// The column.
        column: String,
        /// The type found.
        found: String,
    },
    /// A value that is not a weight.
    #[error(
        "{path}: {column} of row {row} is {found}, a weight is a finite number; correct the row or remove it",
        path = path.display()
    )]
    Weight {
        /// The file.
        path: PathBuf,
        /// The column.
        column: String,
        /// The row, counted from 0.
        row: usize,
        /// The value found.
        found: String,
    },
    /// The length of the longest path is not a finite number.
    #[error(
        "{path}: the longest path by column `{column}`, to id {id}, is longer than the largest f64; give the weights \
         in a larger unit",
        path = path.display()
    )]
    PathLength {
        /// The file.
        path: PathBuf,
        /// The column.
        column: String,
        /// The last id of the path.
        id: String,
    },
    /// The graph has more nodes than allowed.
    #[error(
        "the graph has {nodes} nodes, limits.max_nodes allows {limit}; use a part of the graph, lower --nodes if it \
         is given, or raise the limit with --set limits.max_nodes=N"
    )]
    NodeLimit {
        /// Number of nodes.
        nodes: u64,
        /// Nodes allowed.
        limit: u64,
    },
    /// The graph is estimated to need more memory than allowed.
    #[error(
        "{path}: the graph needs about {:.2} GB of memory, limits.memory_gb allows {:.2}; raise it with \
         --set limits.memory_gb=N",
        *needed as f64 / 1e9, *limit as f64 / 1e9, path = path.display()
    )]
    Memory {
        /// The file.
        path: PathBuf,
        /// Bytes estimated.
        needed: u64,
        /// Bytes allowed.
        limit: u64,
    },
    /// An option names an id that is not a node.
    #[error(
        "--{option} names id {id}, which is none of the {nodes} nodes; name an id of an edge, or add nodes without \
         an edge with --nodes"
    )]
    Id {
        /// The option.
        option: &'static str,
        /// The id.
        id: String,
        /// Number of nodes.
        nodes: u64,
    },
    /// An output file is also an input or another output.
    #[error("--{option} {path} is also {other}: give it another name", path = path.display())]
    SamePath {
        /// The option.
        option: &'static str,
        /// The file.
        path: PathBuf,
        /// The other use of the file.
        other: &'static str,
    },
    /// A file of an earlier run cannot be removed.
    #[error("cannot remove {path}, a file of an earlier run: {source}", path = path.display())]
    Earlier {
        /// The file.
        path: PathBuf,
        /// The error of the system.
        source: io::Error,
    },
    /// The edges do not form a graph.
    #[error("{path}: {error}", path = path.display())]
    Graph {
        /// The file.
        path: PathBuf,
        /// The error of the graph.
        error: DagError,
    },
}

impl EdgeListError {
    /// Exit code of a command that ends with this error.
    pub fn exit_code(&self) -> u8 {
        match self {
            Self::Store(StoreError::Memory { .. }) | Self::Events(EventsError::Memory { .. }) => exit::LIMIT,
            Self::NodeLimit { .. } | Self::Memory { .. } => exit::LIMIT,
            Self::Events(EventsError::Io { .. }) => exit::NO_INPUT,
            Self::Earlier { .. } => exit::CANNOT_CREATE,
            Self::Store(error) if error.is_missing_input() => exit::NO_INPUT,
            Self::Store(StoreError::Io { .. }) => exit::IO,
            Self::SamePath { .. } => exit::USAGE,
            Self::Store(StoreError::Encode { .. }) => exit::INTERNAL,
            _ => exit::DATA,
        }
    }
}
