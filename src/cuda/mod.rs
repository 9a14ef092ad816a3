//! CUDA: the GPU found, kernels loaded, memory, launches. The only room that names cudarc.
//!
//! [`probe`] says what there is, [`Device::first`] opens it. Nothing here panics where there is no driver, no GPU or no
//! kernel: each is a [`CudaError`] that says what to do. After an error that the GPU does not survive, every later call
//! of the process gives [`CudaError::Poisoned`].

mod buffer;
mod device;
mod driver;
mod error;
mod launch;
mod modules;

pub use buffer::Buffer;
pub use device::Device;
pub use driver::{Found, probe};
pub use error::{Capability, CudaError, Version};
pub use launch::{Launch, RawStream};
pub use modules::{Entry, Module, modules};
