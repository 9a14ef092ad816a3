//! Attention over graphs: checked problems, masks, time bias, a reference in f64 and a CPU backend.
//!
//! `out[i,h,:] = sum_j softmax_j(scale·q_i·k_j + bias(t_i, t_j)) v_j` over the keys `j` that node `i` may attend to.
//!
//! A caller states the attention pattern ([`Keys`]; [`attention_pattern`] derives one from the edges of a graph),
//! adds the tensors ([`Inputs`]), has the problem checked once ([`Attention::new`]) and gives it to any
//! [`AttentionBackend`]:
//!
//! ```
//! use ironforge::attention::{Attention, AttentionBackend, Cpu, Inputs, Keys, Reference, Tensor};
//!
//! # fn main() -> Result<(), ironforge::attention::AttentionError> {
//! // Two graphs of 2 and 1 nodes; 2 heads of 4 dimensions; each node attends to itself and to earlier nodes.
//! let x: Vec<f32> = (0..3 * 2 * 4).map(|i| i as f32 / 8.0).collect();
//! let inputs = Inputs::new([2, 4], [Tensor::F32(&x); 3], &[0, 2, 3], Keys::Causal);
//! let problem = Attention::new(inputs)?;
//! let (fast, exact) = (Cpu.forward(&problem)?, Reference.forward(&problem)?);
//! assert!(fast.out.iter().zip(&exact.out).all(|(a, b)| (a - b).abs() < 1e-5));
//! # Ok(())
//! # }
//! ```
//!
//! - `error`: errors of problems, masks, patterns and backends.
//! - `bias`: the time bias, its definition and its form on a device.
//! - `mask`: the attention pattern, in every form that a caller may have.
//! - `problem`: tensors, inputs and the checked problem.
//! - `config`: settings of the section `attention`.
//! - `host_fixups`: the mean of empty rows and the propagation of NaN, applied on the host.
//! - `kernel`: names, entries and launch shapes of the CUDA kernels.
//! - [`cost`]: estimates of time and memory, and the choices made by them.
//! - [`lowering`]: a problem as the tables and launch arguments of a kernel.
//! - `backend`: the trait of attention backends.
//! - `planned`: wrappers that reuse the plan of the first call or of a cache.
//! - `reference`: the reference backend, in f64.
//! - `cpu`: the CPU backend, in f32.
//! - `weights`: attention weights on the pattern.

mod backend;
mod bias;
mod config;
pub mod cost;
mod cpu;
mod error;
mod host_fixups;
mod kernel;
pub mod lowering;
mod mask;
mod planned;
mod problem;
mod reference;
mod weights;

pub use backend::AttentionBackend;
pub use bias::{TimeBias, minutes_between};
pub use config::{AttentionConfig, BiasKind, KeySet};
pub use cpu::Cpu;
pub use error::AttentionError;
pub use lowering::Plan;
pub use mask::{BlockMask, Direction, Keys, MaskTile, OwnedPattern, attention_pattern, intervals};
pub use planned::{CachedPlans, FirstPlan};
pub use problem::{Accuracy, Attention, EmptyRow, Inputs, NonFinite, Output, Tensor};
pub use reference::Reference;
pub use weights::{SparseWeights, attention_weights};
