//! The attention problem: tensors, inputs, and the proof that they fit one another.
//!
//! - `tensor`: borrowed values in the precision they are stored in.
//! - `inputs`: the unchecked parts of a problem and its options.
//! - `checked`: the checked problem.
//! - `output`: the result.

mod checked;
mod inputs;
mod output;
mod tensor;

pub use checked::Attention;
pub use inputs::{Accuracy, EmptyRow, Inputs, NonFinite};
pub use output::Output;
pub use tensor::Tensor;
