//! Why a file of tensors cannot be attended.

use std::path::PathBuf;

use crate::attention::AttentionError;
use crate::backend::BackendError;
use crate::error::exit;

/// Why `attend` stops. `out` is then untouched.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum AttendError {
    /// The input cannot be opened.
    #[error("{path}: cannot be read: {source}; give the path of a safetensors file", path = path.display())]
    Open {
        /// The input.
        path: PathBuf,
        /// What the system says.
        source: std::io::Error,
    },
    /// The input is larger than what is read into memory.
    #[error("{path}: {bytes} bytes, at most {max} are read: split the batch over several files", path = path.display())]
    TooLarge {
        /// The input.
        path: PathBuf,
        /// Its size.
        bytes: u64,
        /// The largest size.
        max: u64,
    },
    /// The input is no safetensors file, or a damaged one.
    #[error("{path}: not a whole safetensors file: {why}; write it again", path = path.display())]
    Format {
        /// The input.
        path: PathBuf,
        /// What is wrong.
        why: String,
    },
    /// A tensor or metadata key is not known.
    #[error(
        "{path}: unknown {what} `{name}`{}; known are {known}",
        nearest.as_deref().map_or(String::new(), |n| format!(", did you mean `{n}`?")),
        path = path.display()
    )]
    Unknown {
        /// The input.
        path: PathBuf,
        /// `tensor` or `metadata key`.
        what: &'static str,
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
        /// What it is.
        found: String,
        /// What it must be.
        want: String,
    },
    /// A value of a tensor is impossible.
    #[error("{path}: {tensor}[{index}] is {value}, {why}", path = path.display())]
    Value {
        /// The input.
        path: PathBuf,
        /// The tensor.
        tensor: &'static str,
        /// Place of the value.
        index: usize,
        /// The value.
        value: i64,
        /// Why it cannot be.
        why: String,
    },
    /// A metadata value is impossible.
    #[error("{path}: metadata `{key}` is `{value}`, it must be {want}", path = path.display())]
    Metadata {
        /// The input.
        path: PathBuf,
        /// The key.
        key: &'static str,
        /// Its value.
        value: String,
        /// What it must be.
        want: String,
    },
    /// Who sees whom is not said, or said twice.
    #[error(
        "{path}: {found}; give either the tensors row_ptr and col_idx or the metadata keys = all | causal",
        path = path.display()
    )]
    Keys {
        /// The input.
        path: PathBuf,
        /// What was found.
        found: &'static str,
    },
    /// The tensors are no attention problem, or not one for this backend.
    #[error("{path}: {source}", path = path.display())]
    Problem {
        /// The input.
        path: PathBuf,
        /// What does not fit.
        source: AttentionError,
    },
    /// The backend cannot run.
    #[error(transparent)]
    Backend(#[from] BackendError),
    /// The output cannot be written.
    #[error("{path}: cannot be written: {source}; the old file, if any, is as it was", path = path.display())]
    Write {
        /// The output.
        path: PathBuf,
        /// What the system says.
        source: std::io::Error,
    },
}

impl AttendError {
    /// The exit code of the command that ends with this error.
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
