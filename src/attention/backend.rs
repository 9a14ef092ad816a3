//! The trait of attention backends.

use std::sync::Arc;

use super::{Attention, AttentionError, Output, Plan};

/// An implementation of attention.
///
/// Let m = max|scale·q·k + bias|, the largest logit, and s = max(1, max|V|). The output of a backend is within 1e-5·s
/// of [`super::Reference`] for m <= 16, and within 1e-4·s for m <= 256. Above, the rounding of the f32 logits
/// dominates, since an absolute error of a logit is a relative error of its probability: the bound is 1e-4·s·m/256.
/// Up to these bounds, a row's output depends on its own graph alone.
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

    /// A plan for further problems with the same graphs, keys, bias, times and shape; `None` if the backend uses none.
    ///
    /// # Errors
    /// As [`Plan::new`].
    fn plan(&self, problem: &Attention<'_>) -> Result<Option<Plan>, AttentionError> {
        let _ = problem;
        Ok(None)
    }

    /// Runs one problem with a plan from [`Self::plan`]. The output has the bits of [`Self::forward`].
    ///
    /// # Errors
    /// As [`Self::forward`], and [`AttentionError::PlanMismatch`] for a plan that [`Plan::check`] refuses.
    fn forward_planned(&self, problem: &Attention<'_>, plan: &Arc<Plan>) -> Result<Output, AttentionError> {
        plan.check(problem)?;
        self.forward(problem)
    }
}
