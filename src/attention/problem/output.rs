//! The result of attention.

/// Output and log-sum-exp of one problem.
#[derive(Debug, Clone, PartialEq)]
pub struct Output {
    /// `[nodes, heads, head_dim]`, row-major.
    pub out: Vec<f32>,
    /// Log-sum-exp of the logits, natural log, scale and bias included: `[nodes, heads]`; -inf for a row without
    /// keys.
    pub lse: Vec<f32>,
}
