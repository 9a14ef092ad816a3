//! Errors of `dag`: the description of a graph from its edge list.

use std::path::PathBuf;

use super::exit;
use crate::dag::DagError;
use crate::store::StoreError;

/// An error of [`describe_edge_list`](crate::pipeline::describe_edge_list). Some of the requested output files may
/// then be missing; none is incomplete.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum EdgeListError {
    /// A file cannot be read or written.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// An id column has another type.
    #[error("{path}: column `{column}` is {found}, it must hold integers from 0", path = path.display())]
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
        "{path}: {column} of row {row} is {found}, ids are integers from 0; number the nodes 0, 1, 2, ...",
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
    /// The largest id is above the limit.
    #[error(
        "the ids imply {nodes} nodes, limits.max_nodes allows {limit}; number the nodes 0, 1, 2, ... without gaps, \
         or raise it with --set limits.max_nodes=N"
    )]
    IdSpace {
        /// One more than the largest id.
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
    /// An option names an id outside the graph.
    #[error("--{option} names id {id}, but there are {nodes} nodes (ids 0..{nodes})")]
    Id {
        /// The option.
        option: &'static str,
        /// The id.
        id: u32,
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
            Self::Store(StoreError::Memory { .. }) | Self::IdSpace { .. } | Self::Memory { .. } => {
                exit::LIMIT
            }
            Self::Store(error) if error.is_missing_input() => exit::NO_INPUT,
            Self::Store(StoreError::Io { .. }) => exit::IO,
            Self::SamePath { .. } => exit::USAGE,
            Self::Store(StoreError::Encode { .. }) => exit::INTERNAL,
            _ => exit::DATA,
        }
    }
}
