//! The trait of everything that runs attention.

use std::sync::Arc;

use super::{Attention, AttentionError, Output, Plan};

/// An implementation of attention.
///
/// For inputs with |scale·q·k + bias| <= 16 (<= 256), the output of a backend is within 1e-5 (1e-4) times
/// max(1, max|V|) of [`super::Reference`], and a row's output does not depend on the rest of the batch. For larger
/// logits the error of the f32 logits dominates, as half a unit in their last place is a relative error of the
/// probability: the bound grows with them, 1e-4 times max|logit|/256 times max(1, max|V|).
///
/// Every call takes its tensors from host memory and returns its result there. `cuda::DeviceAttention` (feature
/// `cuda`) keeps both on the GPU between calls.
pub trait AttentionBackend: Send + Sync {
    /// Name, as in the option `--backend`.
    fn name(&self) -> &'static str;

    /// Runs one problem.
    ///
    /// # Errors
    /// [`AttentionError`] if the backend cannot run it.
    fn forward(&self, problem: &Attention<'_>) -> Result<Output, AttentionError>;

    /// A plan for further problems of the same graphs, keys, bias, times and shape; `None` if the backend uses none.
    ///
    /// # Errors
    /// As [`Plan::new`].
    fn plan(&self, problem: &Attention<'_>) -> Result<Option<Plan>, AttentionError> {
        let _ = problem;
        Ok(None)
    }

    /// Runs one problem by a plan from [`Self::plan`]. The output has the bits of [`Self::forward`].
    ///
    /// # Errors
    /// As [`Self::forward`], and [`AttentionError::PlanMismatch`] for a plan that [`Plan::check`] refuses.
    fn forward_planned(&self, problem: &Attention<'_>, plan: &Arc<Plan>) -> Result<Output, AttentionError> {
        plan.check(problem)?;
        self.forward(problem)
    }
}
