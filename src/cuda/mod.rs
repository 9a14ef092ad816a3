//! CUDA: the GPU found, kernels loaded, memory, launches. The only room that names cudarc.
//!
//! [`Cuda`] runs attention as any other backend: tensors go over the bus, the result comes back. Who has more than one
//! call to make keeps things on the GPU:
//!
//! ```no_run
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! # let q = vec![half::f16::ONE; 6 * 2 * 4];
//! use ironforge::attention::plan::{Job, Layout};
//! use ironforge::attention::{Attention, Inputs, Keys, Plan, Tensor};
//! use ironforge::cuda::{Device, DeviceAttention, DevicePlan};
//!
//! let inputs = Inputs::new([2, 4], [Tensor::F16(&q); 3], &[0, 6], Keys::Causal);
//! let problem = Attention::new(inputs)?;
//! let device = Device::first()?;
//! // Graphs, keys and bias once, for every problem of the same batch.
//! let plan = DevicePlan::new(&device, Plan::new(&Layout::of(&problem))?)?;
//! let job = Job::new(&problem)?;
//! let attention = DeviceAttention::new(&plan, &job)?;
//! for _ in 0..100 {
//!     attention.launch()?; // returns at once
//! }
//! let mut output = attention.read()?;
//! job.finish(&problem, &mut output);
//! # Ok(())
//! # }
//! ```
//!
//! Callers who own their buffers and stream, of PyTorch say, launch with [`Device::launch_on`], whose promises are
//! listed there.
//!
//! Nothing here panics where there is no driver, no GPU or no kernel: each is a [`CudaError`] that says what to do.
//! After an error that the GPU does not survive, every later call of the process gives [`CudaError::Poisoned`].

mod backend;
mod buffer;
mod device;
mod driver;
mod error;
mod launch;
mod modules;
mod resident;

pub use backend::Cuda;
pub use buffer::Buffer;
pub use device::Device;
pub use driver::{Found, probe};
pub use error::{Capability, CudaError, Version};
pub use launch::RawStream;
pub use modules::{Entry, Module, arch_for, modules};
pub use resident::{DeviceAttention, DevicePlan};
