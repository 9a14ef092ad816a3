//! Why CUDA cannot run, or stopped running.

use std::fmt;

use super::driver;
use crate::attention::AttentionError;

/// A version of CUDA, as the driver counts it: 12040 is 12.4.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Version(pub u32);

impl fmt::Display for Version {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}", self.0 / 1000, self.0 % 1000 / 10)
    }
}

/// Compute capability of a GPU, ten times its number: 80 is 8.0.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Capability(pub u32);

impl fmt::Display for Capability {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}", self.0 / 10, self.0 % 10)
    }
}

/// Why CUDA cannot run, or stopped running.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum CudaError {
    /// The problem is not one for the kernels.
    #[error(transparent)]
    Attention(#[from] AttentionError),
    /// The driver's library was not found.
    #[error(
        "no CUDA driver: libcuda was not found; install the NVIDIA driver, or add its folder to LD_LIBRARY_PATH"
    )]
    NoDriver,
    /// A library of the driver's name is there, and is no driver that can be used.
    #[error(
        "no CUDA driver: {why}; install the NVIDIA driver, or keep every other libcuda out of LD_LIBRARY_PATH"
    )]
    NotADriver {
        /// What is wrong with it.
        why: String,
    },
    /// The driver sees no GPU.
    #[error(
        "the CUDA driver finds no GPU; nvidia-smi should list one, and CUDA_VISIBLE_DEVICES must not hide it"
    )]
    NoDevice,
    /// The driver is too old for this build, or for its kernels.
    #[error(
        "the CUDA driver is too old: it runs CUDA {have}, and {need} is needed; update the NVIDIA driver"
    )]
    TooOld {
        /// CUDA version of the driver.
        have: Version,
        /// CUDA version that is needed.
        need: Version,
    },
    /// This build holds no kernels.
    #[error("this build has no CUDA kernels: {why}")]
    NoKernels {
        /// Why, and what to do.
        why: String,
    },
    /// The GPU is older than every kernel.
    #[error("{gpu} has compute capability {have}, and the kernels need {need}; use a newer GPU")]
    OldGpu {
        /// Name of the GPU.
        gpu: String,
        /// Its compute capability.
        have: Capability,
        /// The least that a kernel takes.
        need: Capability,
    },
    /// There is no kernel for this problem on this GPU.
    #[error("no CUDA kernel takes {what} on a GPU of compute capability {capability}; run on the CPU")]
    Unsupported {
        /// What is not taken.
        what: String,
        /// Compute capability of the GPU.
        capability: Capability,
    },
    /// The GPU's memory, or the share of it that may be used, does not suffice.
    #[error(
        "the GPU lacks memory: {} MB asked for, {} MB may be used; split the batch, let more of the GPU's memory be \
         used, or run on the CPU",
        asked.div_ceil(1_000_000), free / 1_000_000
    )]
    OutOfMemory {
        /// Bytes asked for.
        asked: u64,
        /// Bytes free, within the limit.
        free: u64,
    },
    /// A kernel cannot be loaded.
    #[error(
        "the CUDA driver refused the kernel {kernel}: {said}; update the NVIDIA driver, or run on the CPU"
    )]
    Load {
        /// File of the kernel.
        kernel: &'static str,
        /// The driver's number of the error.
        code: u32,
        /// What the driver says.
        said: String,
    },
    /// A kernel did not start, or did not end well.
    #[error("the CUDA kernel {entry} failed: {said}; please report it, and run on the CPU")]
    Launch {
        /// Entry of the kernel.
        entry: String,
        /// The driver's number of the error.
        code: u32,
        /// What the driver says.
        said: String,
    },
    /// Any other call of the driver failed.
    #[error("the CUDA driver failed to {doing}: {said}; look for the driver's messages in the system log")]
    Driver {
        /// What was to be done.
        doing: &'static str,
        /// The driver's number of the error; 0 if it has no such function.
        code: u32,
        /// What the driver says.
        said: String,
    },
    /// The GPU failed earlier in this process, so nothing it gives can be trusted.
    #[error(
        "the GPU failed earlier ({by}) and gives no more results in this process; start the program again"
    )]
    Poisoned {
        /// The first failure.
        by: String,
    },
}

impl CudaError {
    /// The same error of the driver, as one of loading a kernel if it refused that. Loading runs nothing, so a fatal
    /// error that comes with it is one of earlier work.
    pub(super) fn loading(self, kernel: &'static str) -> Self {
        match self {
            Self::Driver { code, said, .. } if driver::is_refusal(code) => Self::Load { kernel, code, said },
            Self::Driver { doing, code, said } if driver::is_sticky(code) => {
                Self::Poisoned { by: format!("{doing}: {said}") }
            }
            other => other,
        }
    }

    /// The same error, as one of this launch if it is one that only a kernel brings about.
    pub(super) fn after(self, entry: &str) -> Self {
        match self {
            Self::Driver { code, .. } if driver::is_sticky(code) => self.launching(entry),
            other => other,
        }
    }

    /// The same error of the driver, as one of a launch.
    pub(super) fn launching(self, entry: &str) -> Self {
        match self {
            Self::Driver { code, said, .. } => Self::Launch { entry: entry.to_owned(), code, said },
            other => other,
        }
    }
}
