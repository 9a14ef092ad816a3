//! The state of CUDA in this build and on this system.

use super::gpu;

/// State of CUDA in this build and on this system.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CudaStatus {
    /// True if there is a driver, a GPU, and kernels for it.
    pub can_run: bool,
    /// The kernels that the GPU runs, or the reason why CUDA cannot run.
    pub used: String,
    /// CUDA version of the driver, if there is one.
    pub driver: Option<String>,
    /// Description of the first GPU, if there is one.
    pub gpu: Option<String>,
    /// Description of the kernels in this build, or the reason why there are none.
    pub kernels: String,
}

/// Looks for driver, GPU and kernels. Never panics, and creates no context on the GPU.
pub fn status() -> CudaStatus {
    gpu::status()
}
