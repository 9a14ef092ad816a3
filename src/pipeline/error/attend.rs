//! Errors of `attend`.

use std::fmt;
use std::path::PathBuf;

use super::exit;
use crate::attention::AttentionError;
use crate::backend::BackendError;

/// Kind of a named entry of a safetensors file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TensorFileEntry {
    /// A tensor.
    Tensor,
    /// A key of the metadata.
    MetadataKey,
}

impl fmt::Display for TensorFileEntry {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Tensor => "tensor",
            Self::MetadataKey => "metadata key",
        })
    }
}

/// Fault in the definition of the attention keys: it must be given exactly once.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum KeysFault {
    /// Neither tensors nor metadata define the keys.
    Missing,
    /// `row_ptr` without `col_idx`.
    NoColIdx,
    /// `col_idx` without `row_ptr`.
    NoRowPtr,
    /// Tensors and metadata both define the keys.
    GivenTwice,
}

impl fmt::Display for KeysFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Missing => "the attention keys are not defined",
            Self::NoColIdx => "tensor row_ptr is present without col_idx",
            Self::NoRowPtr => "tensor col_idx is present without row_ptr",
            Self::GivenTwice => "both the tensors and the metadata define the attention keys",
        })
    }
}

/// An error of [`attend`](crate::pipeline::attend); the output file is then unchanged.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum AttendError {
    /// The input cannot be opened.
    #[error("{path}: cannot be read: {source}; give the path of a safetensors file", path = path.display())]
    Open {
        /// The input.
        path: PathBuf,
        /// The error of the system.
        source: std::io::Error,
    },
    /// The input is larger than the largest file that is read into memory.
    #[error("{path} has {bytes} bytes, at most {max} are read: split the batch over several files", path = path.display())]
    TooLarge {
        /// The input.
        path: PathBuf,
        /// Its size in bytes.
        bytes: u64,
        /// The largest size in bytes.
        max: u64,
    },
    /// The input is not a safetensors file, or is damaged.
    #[error("{path}: not a complete safetensors file: {why}; write it again", path = path.display())]
    Format {
        /// The input.
        path: PathBuf,
        /// The error of the parser.
        why: String,
    },
    /// A tensor or metadata key is not known.
    #[error(
        "{path}: unknown {entry} `{name}`{}; known are {known}",
        nearest.as_deref().map_or(String::new(), |n| format!(", did you mean `{n}`?")),
        path = path.display()
    )]
    Unknown {
        /// The input.
        path: PathBuf,
        /// Kind of the entry.
        entry: TensorFileEntry,
        /// The name found.
        name: String,
        /// The nearest known name, if one is near.
        nearest: Option<String>,
        /// All known names.
        known: String,
    },
    /// A tensor is missing, has the wrong type or the wrong shape.
    #[error("{path}: tensor `{tensor}` {found}, it must be {want}", path = path.display())]
    Tensor {
        /// The input.
        path: PathBuf,
        /// The tensor.
        tensor: &'static str,
        /// What was found, as a predicate: `is missing`, `has the shape [2]`.
        found: String,
        /// The expected type, shape or length.
        want: String,
    },
    /// A value of a tensor is invalid.
    #[error("{path}: {tensor}[{index}] is {value}, {why}", path = path.display())]
    Value {
        /// The input.
        path: PathBuf,
        /// The tensor.
        tensor: &'static str,
        /// Index of the value.
        index: usize,
        /// The value.
        value: i64,
        /// Reason.
        why: String,
    },
    /// A metadata value is invalid.
    #[error("{path}: metadata `{key}` is `{value}`, it must be {want}", path = path.display())]
    Metadata {
        /// The input.
        path: PathBuf,
        /// The key.
        key: &'static str,
        /// Its value.
        value: String,
        /// The expected value or form.
        want: String,
    },
    /// The attention keys are not defined, defined in part, or defined twice.
    #[error(
        "{path}: {fault}; give either the tensors row_ptr and col_idx or the metadata keys = all | causal",
        path = path.display()
    )]
    Keys {
        /// The input.
        path: PathBuf,
        /// The fault.
        fault: KeysFault,
    },
    /// The tensors do not form a valid attention problem, or the backend cannot compute it.
    #[error("{path}: {source}", path = path.display())]
    Problem {
        /// The input.
        path: PathBuf,
        /// The error of attention.
        source: AttentionError,
    },
    /// The backend cannot run.
    #[error(transparent)]
    Backend(#[from] BackendError),
    /// The output cannot be written.
    #[error("{path}: cannot be written: {source}; an existing file is unchanged", path = path.display())]
    Write {
        /// The output.
        path: PathBuf,
        /// The error of the system.
        source: std::io::Error,
    },
}

impl AttendError {
    /// Exit code of a command that ends with this error.
    pub fn exit_code(&self) -> u8 {
        match self {
            Self::Open { .. } => exit::NO_INPUT,
            Self::Backend(BackendError::NoCuda { .. }) => exit::DEVICE,
            Self::Problem { source: AttentionError::Device { .. }, .. } => exit::DEVICE,
            Self::Backend(BackendError::Unknown { .. }) => exit::USAGE,
            Self::Write { .. } => exit::CANNOT_CREATE,
            _ => exit::DATA,
        }
    }
}
