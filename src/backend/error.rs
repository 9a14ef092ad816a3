//! Errors of the selection of a backend.

/// A backend that cannot be selected.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum BackendError {
    /// CUDA was requested and cannot run.
    #[error("device cuda cannot run, device cpu can: {why}")]
    NoCuda {
        /// Cause and remedy.
        why: String,
    },
    /// There is no backend of that name.
    #[error("there is no backend `{name}`: choose auto, reference, cpu or cuda")]
    Unknown {
        /// The given name.
        name: String,
    },
}
