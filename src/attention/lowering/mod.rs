//! Lowering of a problem to the tables and launch arguments of a kernel.
//!
//! A [`Plan`] holds everything that a kernel needs besides the tensors, built once and kept by the caller: mask
//! tiles in the order of the tensor cores' fragments, the bias as steps of whole milliseconds, and the order in
//! which the block rows start. It is independent of the device: the code that runs kernels copies [`Plan::tables`]
//! to the device, adds the tensors of [`KernelArgs`] and launches what [`KernelArgs::launch`] returns.
//!
//! ```
//! use ironforge::attention::lowering::{Addresses, Kernel, KernelArgs, PlanInputs};
//! use ironforge::attention::{Attention, Inputs, Keys, Plan, Tensor};
//!
//! # fn main() -> Result<(), ironforge::attention::AttentionError> {
//! let x = vec![half::f16::ONE; 70 * 2 * 11];
//! let problem = Attention::new(Inputs::new([2, 11], [Tensor::F16(&x); 3], &[0, 70], Keys::Causal))?;
//! let plan = Plan::new(&PlanInputs::of(&problem))?;
//! assert_eq!(plan.kernel(), Kernel::FlashAttention);
//! let launch = KernelArgs::new(&problem)?.launch(&plan, &Addresses::default())?;
//! assert_eq!((launch.entry.as_str(), launch.grid), ("flash_attention_f16_d16_exact", 2)); // two block rows
//! # Ok(())
//! # }
//! ```
//!
//! - `params`: the structs and codes shared with `kernels/include/params.cuh`.
//! - `device_table`: the tables of a plan, as bytes.
//! - `plan_inputs`: graphs, keys and bias of a batch.
//! - `schedule`: block rows, their tiles and their order.
//! - `kernel_choice`: the kernel for a batch.
//! - `plan`: the plan and its construction.
//! - `plan_match`: the check that a plan belongs to a problem.
//! - `output_layout`: shape and type of what a launch writes.
//! - `kernel_args`: the tensors as the kernels read them, and the launch.
//! - `cache`: plans kept between calls.

mod cache;
mod device_table;
mod kernel_args;
mod kernel_choice;
mod output_layout;
mod params;
mod plan;
mod plan_inputs;
mod plan_match;
mod schedule;

pub use super::bias::{BiasCode, BiasParams};
pub use super::cost::KernelCost;
pub use super::kernel::{Half, Kernel, THREADS, TIME_BIAS, entries, time_bias_shape};
pub use cache::{GraphView, PlanCache, PlanCounts, PlanKey};
pub use device_table::{DeviceTable, TABLES};
pub use kernel_args::{Addresses, KernelArgs, Launch};
pub use output_layout::{OutputLayout, OutputType};
pub use params::{AttentionParams, FULL_TILE, KeyForm, TileEntry, TimeBiasParams, TimeRange, WorkItem};
pub use plan::Plan;
pub use plan_inputs::PlanInputs;
