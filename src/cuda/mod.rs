//! CUDA: discovery of the GPU, its memory, loading and launching of kernels. The only module that names cudarc.
//!
//! [`Cuda`] is a backend like any other: it copies the tensors to the GPU and the result back. Callers with many
//! calls keep plan and tensors on the GPU:
//!
//! ```no_run
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! # let q = vec![half::f16::ONE; 6 * 2 * 4];
//! use ironforge::attention::lowering::{KernelArgs, PlanInputs};
//! use ironforge::attention::{Attention, Inputs, Keys, Plan, Tensor};
//! use ironforge::cuda::{CudaDevice, DeviceAttention, DevicePlan};
//!
//! let inputs = Inputs::new([2, 4], [Tensor::F16(&q); 3], &[0, 6], Keys::Causal);
//! let problem = Attention::new(inputs)?;
//! let device = CudaDevice::first()?;
//! // Graphs, pattern and bias once, for every problem of the same batch.
//! let plan = DevicePlan::new(&device, Plan::new(&PlanInputs::of(&problem))?)?;
//! let args = KernelArgs::new(&problem)?;
//! let attention = DeviceAttention::new(&plan, &args)?;
//! for _ in 0..100 {
//!     attention.launch()?; // does not wait
//! }
//! let mut output = attention.read()?;
//! args.apply_host_fixups(&problem, &mut output);
//! # Ok(())
//! # }
//! ```
//!
//! Callers that own their buffers and stream (those of PyTorch, for example) launch with [`CudaDevice::launch_on`];
//! its safety requirements are listed there.
//!
//! Without a driver, a GPU or kernels, every call returns a [`CudaError`] with the remedy, and none panics. After a
//! fatal error of the GPU, every later call of the process returns [`CudaError::Poisoned`]:
//!
//! ```
//! match ironforge::cuda::probe() {
//!     Ok(gpu) => println!("{}, compute capability {}", gpu.name, gpu.capability),
//!     Err(error) => println!("{error}"), // the cause, and what to install or set
//! }
//! ```
//!
//! - `error`: errors, versions and compute capabilities.
//! - `driver`: calls into the driver, with typed errors; discovery of the GPU.
//! - `modules`: the PTX embedded in the program.
//! - `memory`: allocation and release in stream order.
//! - `device`: the opened GPU and its loaded kernels.
//! - `device_buffer`: bytes on the GPU.
//! - `launch`: launches, on the device's stream or a caller's.
//! - `resident`: plans and tensors kept on the GPU.
//! - `backend`: CUDA as an attention backend.

mod backend;
mod device;
mod device_buffer;
mod driver;
mod error;
mod launch;
mod memory;
mod modules;
mod resident;

pub use backend::Cuda;
pub use device::CudaDevice;
pub use device_buffer::DeviceBuffer;
pub use driver::{GpuInfo, probe};
pub use error::{Capability, CudaError, Version};
pub use launch::RawStream;
pub use modules::{KernelEntry, PtxModule, arch_for, modules};
pub use resident::{DeviceAttention, DevicePlan};
