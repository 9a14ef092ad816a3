//! Attention over graphs: the checked problem, its masks and time bias, the f64 reference and the CPU backend.
//!
//! `out[i,h,:] = sum_j softmax_j(scale·q_i·k_j + bias(t_i, t_j)) v_j` over the keys `j` that node `i` may see.
//!
//! A caller says who sees whom ([`Keys`]; [`attended`] turns the edges of a graph into it), puts the tensors
//! beside it ([`Inputs`]), has it checked once ([`Attention::new`]) and gives it to any [`AttentionBackend`].

mod bias;
mod config;
mod cpu;
mod error;
mod finish;
mod keys;
mod mask;
mod pattern;
pub mod plan;
mod planned;
mod problem;
mod reference;
mod tensor;
mod tile;
mod weights;

pub use bias::{TimeBias, minutes_between};
pub use config::{AttentionConfig, BiasKind, KeySet};
pub use cpu::Cpu;
pub use error::AttentionError;
pub use keys::Keys;
pub use mask::{Block, BlockMask};
pub use pattern::{Direction, OwnedPattern, attended, intervals};
pub use plan::Plan;
pub use planned::{CachedPlans, OnePlan};
pub use problem::{Accuracy, Attention, AttentionBackend, EmptyRow, Inputs, NonFinite, Output};
pub use reference::Reference;
pub use tensor::Tensor;
pub use weights::{SparseWeights, attention_weights};
