//! The selection of the device that runs attention.
//!
//! The estimates behind `auto` are those of [`attention::cost`](crate::attention::cost).
//!
//! - `device`: the device as configured.
//! - `error`: errors of the selection.
//! - `gpu`: discovery and opening of the GPU; `no_gpu` replaces it without the feature `cuda`.
//! - `selection`: the selected backend, with the reason.
//! - `status`: the state of CUDA, for `ironforge info`.

mod device;
mod error;
#[cfg(feature = "cuda")]
mod gpu;
#[cfg(not(feature = "cuda"))]
#[path = "no_gpu.rs"]
mod gpu;
mod selection;
mod status;

pub use crate::attention::cost::{ProblemSize, Workload};
pub use device::{Device, GPU_MEMORY_FRACTION};
pub use error::BackendError;
pub use selection::{DeviceOptions, SelectedBackend};
pub use status::{CudaStatus, status};
