//! Why a graph cannot be described.

use std::path::PathBuf;

use crate::dag::DagError;
use crate::error::exit;
use crate::store::StoreError;

/// Why `ironforge dag` stops. Of the files asked for, some may then be missing; none is half-written.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum DagRunError {
    /// A file cannot be read or written.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// A column that must hold ids holds something else.
    #[error("{path}: column `{column}` is {found}, it must hold integers from 0", path = path.display())]
    Type {
        /// The file.
        path: PathBuf,
        /// The column.
        column: &'static str,
        /// What it holds.
        found: String,
    },
    /// A value that is no id.
    #[error(
        "{path}: {column} of row {row} is {found}, ids are integers from 0; number the nodes 0, 1, 2, ...",
        path = path.display()
    )]
    Value {
        /// The file.
        path: PathBuf,
        /// The column.
        column: &'static str,
        /// The row, from 0.
        row: usize,
        /// What stands there.
        found: String,
    },
    /// The ids reach further than allowed.
    #[error(
        "the ids make {nodes} nodes, limits.max_nodes allows {limit}; number the nodes 0, 1, 2, ... without gaps, \
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
    /// An option names an id that is no node.
    #[error("--{option} names id {id}, but there are {nodes} nodes (ids 0..{nodes})")]
    Id {
        /// The option.
        option: &'static str,
        /// The id.
        id: u32,
        /// Number of nodes.
        nodes: u64,
    },
    /// One file would take the place of another.
    #[error("--{option} {path} is also {other}: give it a name of its own", path = path.display())]
    Same {
        /// The option.
        option: &'static str,
        /// The file.
        path: PathBuf,
        /// What else it is.
        other: &'static str,
    },
    /// The edges make no graph.
    #[error("{path}: {error}", path = path.display())]
    Graph {
        /// The file.
        path: PathBuf,
        /// What is wrong.
        error: DagError,
    },
}

impl DagRunError {
    /// The exit code of the command that ends with this error.
    pub fn exit_code(&self) -> u8 {
        match self {
            Self::Store(StoreError::Memory { .. }) | Self::IdSpace { .. } | Self::Memory { .. } => {
                exit::LIMIT
            }
            Self::Store(error) if error.is_missing_input() => exit::NO_INPUT,
            Self::Store(StoreError::Io { .. }) => exit::IO,
            Self::Same { .. } => exit::USAGE,
            Self::Store(StoreError::Encode { .. }) => exit::INTERNAL,
            _ => exit::DATA,
        }
    }
}
