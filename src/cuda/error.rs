//! Errors of CUDA, versions and compute capabilities.

use std::fmt;

use super::driver;
use crate::attention::AttentionError;

/// A version of CUDA, as the driver encodes it: 12040 is 12.4.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Version(pub u32);

impl fmt::Display for Version {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}", self.0 / 1000, self.0 % 1000 / 10)
    }
}

/// A compute capability, times ten: 80 is 8.0.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Capability(pub u32);

impl fmt::Display for Capability {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}", self.0 / 10, self.0 % 10)
    }
}

/// An error of CUDA: it cannot run, or it failed while running.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum CudaError {
    /// The kernels do not support the problem.
    #[error(transparent)]
    Attention(#[from] AttentionError),
    /// The driver's library was not found.
    #[error(
        "no CUDA driver: libcuda was not found; install the NVIDIA driver, or add its folder to LD_LIBRARY_PATH"
    )]
    NoDriver,
    /// A library of the driver's name exists, but it is not a usable driver.
    #[error(
        "no CUDA driver: {why}; install the NVIDIA driver, or keep every other libcuda out of LD_LIBRARY_PATH"
    )]
    NotADriver {
        /// The fault of the library.
        why: String,
    },
    /// The driver finds no GPU.
    #[error(
        "the CUDA driver finds no GPU; nvidia-smi should list one, and CUDA_VISIBLE_DEVICES must not hide it"
    )]
    NoDevice,
    /// The driver is too old for this build, or for its kernels.
    #[error(
        "the CUDA driver is too old: it supports CUDA {have}, and {need} is needed; update the NVIDIA driver"
    )]
    TooOld {
        /// CUDA version of the driver.
        have: Version,
        /// Oldest CUDA version that suffices.
        need: Version,
    },
    /// This build has no kernels.
    #[error("this build has no CUDA kernels: {why}")]
    NoKernels {
        /// Cause and remedy.
        why: String,
    },
    /// The GPU is older than every kernel.
    #[error("{gpu} has compute capability {have}, and the kernels need {need}; use a newer GPU")]
    OldGpu {
        /// Name of the GPU.
        gpu: String,
        /// Its compute capability.
        have: Capability,
        /// Lowest compute capability of the kernels.
        need: Capability,
    },
    /// There is no kernel for this problem on this GPU.
    #[error("no CUDA kernel supports {what} on a GPU of compute capability {capability}; run on the CPU")]
    Unsupported {
        /// The unsupported feature.
        what: String,
        /// Compute capability of the GPU.
        capability: Capability,
    },
    /// The GPU's memory, or the fraction of it that may be used, does not suffice.
    #[error(
        "not enough GPU memory: {} MB requested, {} MB may be used; split the batch, let more of the GPU's memory be \
         used, or run on the CPU",
        requested.div_ceil(1_000_000), free / 1_000_000
    )]
    OutOfMemory {
        /// Bytes requested.
        requested: u64,
        /// Bytes free, within the limit.
        free: u64,
    },
    /// A kernel cannot be loaded.
    #[error(
        "the CUDA driver refused the kernel {kernel}: {message}; update the NVIDIA driver, or run on the CPU"
    )]
    Load {
        /// File of the kernel.
        kernel: &'static str,
        /// Error code of the driver.
        code: u32,
        /// Message of the driver.
        message: String,
    },
    /// A kernel did not start, or failed.
    #[error("the CUDA kernel {entry} failed: {message}; please report it, and run on the CPU")]
    Launch {
        /// Entry of the kernel.
        entry: String,
        /// Error code of the driver.
        code: u32,
        /// Message of the driver.
        message: String,
    },
    /// Another call of the driver failed.
    #[error("the CUDA driver failed to {doing}: {message}; look for the driver's messages in the system log")]
    Driver {
        /// The operation, as an infinitive.
        doing: &'static str,
        /// Error code of the driver; 0 if it lacks the function.
        code: u32,
        /// Message of the driver.
        message: String,
    },
    /// The GPU failed earlier in this process, so its results cannot be trusted.
    #[error(
        "the GPU failed earlier ({by}) and gives no more results in this process; start the program again"
    )]
    Poisoned {
        /// The first fatal error.
        by: String,
    },
}

impl CudaError {
    /// The error as [`Self::Load`] if the driver refused the kernel. Loading runs nothing, so a fatal error that it
    /// reports was caused by earlier work.
    pub(super) fn into_load_error(self, kernel: &'static str) -> Self {
        match self {
            Self::Driver { code, message, .. } if driver::is_refusal(code) => {
                Self::Load { kernel, code, message }
            }
            Self::Driver { doing, code, message } if driver::is_sticky(code) => {
                Self::Poisoned { by: format!("{doing}: {message}") }
            }
            other => other,
        }
    }

    /// The error as [`Self::Launch`] if it is one that only a running kernel causes.
    pub(super) fn into_kernel_error(self, entry: &str) -> Self {
        match self {
            Self::Driver { code, .. } if driver::is_sticky(code) => self.into_launch_error(entry),
            other => other,
        }
    }

    /// The error of the driver as [`Self::Launch`].
    pub(super) fn into_launch_error(self, entry: &str) -> Self {
        match self {
            Self::Driver { code, message, .. } => Self::Launch { entry: entry.to_owned(), code, message },
            other => other,
        }
    }
}
