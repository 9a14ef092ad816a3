//! Estimates of the time and memory of attention, and the choices made by them: gather or tiles on the CPU, the
//! kernel on a GPU, CPU or GPU.
//!
//! The estimates are fitted to rank alternatives; they do not predict times.
//!
//! ```
//! use ironforge::attention::cost::Workload;
//! use ironforge::attention::{Attention, Inputs, Keys, Tensor};
//!
//! let x = vec![half::f16::ONE; 64 * 4 * 16];
//! let inputs = Inputs::new([4, 16], [Tensor::F16(&x); 3], &[0, 64], Keys::Causal);
//! let work = Workload::of(&Attention::new(inputs).unwrap());
//! assert_eq!(work.total.pairs, 64 * 65 / 2);
//! assert!(work.cpu_seconds(2) < work.gpu_seconds()); // a GPU has to be opened first
//! ```
//!
//! - `constants`: every constant, with its source.
//! - `tiling`: gather or tiles, on the CPU and among the kernels.
//! - `workload`: seconds on a CPU or GPU, and bytes on a GPU.

mod constants;
mod tiling;
mod workload;

pub use tiling::KernelCost;
pub use workload::{ProblemSize, Workload};

pub(super) use tiling::{BatchShape, cpu_gathers, cpu_gathers_few};
