//! Attention over graphs: the checked problem, its masks and time bias, the f64 reference and the CPU backend.
//!
//! `out[i,h,:] = sum_j softmax_j(scale·q_i·k_j + bias(t_i, t_j)) v_j` over the keys `j` that node `i` may see.

mod problem;

pub use problem::{
    Accuracy, Attention, AttentionBackend, AttentionError, Direction, EmptyRow, Inputs, Keys, NonFinite,
    Output, Tensor, TimeBias,
};
