//! Backends that wrap another and supply its plans: from the first call, or from a cache.

use std::fmt;
use std::sync::{Arc, OnceLock};
use std::time::Instant;

use super::lowering::{GraphView, PlanCache, PlanKey};
use super::{Attention, AttentionBackend, AttentionError, Output, Plan};

/// A backend for problems of the same graphs, keys, bias, times and shape, such as the layers of one pass over a
/// batch: it builds a plan for the first problem and runs all of them with it. [`Plan::check`] refuses a problem of
/// another batch with [`AttentionError::PlanMismatch`].
pub struct FirstPlan<'a> {
    backend: &'a dyn AttentionBackend,
    /// The inner option is `None` if the backend builds none.
    plan: OnceLock<Option<Arc<Plan>>>,
}

impl<'a> FirstPlan<'a> {
    /// Wraps `backend`; the first call builds the plan.
    pub fn new(backend: &'a dyn AttentionBackend) -> Self {
        Self { backend, plan: OnceLock::new() }
    }
}

impl AttentionBackend for FirstPlan<'_> {
    fn name(&self) -> &'static str {
        self.backend.name()
    }

    fn forward(&self, problem: &Attention<'_>) -> Result<Output, AttentionError> {
        let plan = match self.plan.get() {
            Some(plan) => plan,
            None => {
                let built = self.backend.plan(problem)?.map(Arc::new);
                self.plan.get_or_init(|| built)
            }
        };
        run(self.backend, problem, plan.as_ref())
    }
}

/// A backend with cached plans: every call for the same graphs finds the plan of the first.
///
/// [`AttentionBackend::plan`] returns `None`, so that no plan is held outside the cache.
pub struct CachedPlans<'a> {
    backend: &'a dyn AttentionBackend,
    cache: &'a PlanCache,
    view: GraphView,
}

impl<'a> CachedPlans<'a> {
    /// Wraps `backend` for problems on these graphs. A cache must not be shared between backends: a plan is built for
    /// the device of one.
    pub fn new(backend: &'a dyn AttentionBackend, cache: &'a PlanCache, view: GraphView) -> Self {
        Self { backend, cache, view }
    }

    fn plan_of(&self, problem: &Attention<'_>) -> Result<Option<Arc<Plan>>, AttentionError> {
        let key = PlanKey::new(&self.view, problem);
        if let Some(plan) = self.cache.get(&key) {
            return Ok(Some(plan));
        }
        let since = Instant::now();
        let built = self.backend.plan(problem)?;
        Ok(built.map(|plan| self.cache.keep(&key, plan, since.elapsed())))
    }
}

impl AttentionBackend for CachedPlans<'_> {
    fn name(&self) -> &'static str {
        self.backend.name()
    }

    fn forward(&self, problem: &Attention<'_>) -> Result<Output, AttentionError> {
        run(self.backend, problem, self.plan_of(problem)?.as_ref())
    }
}

fn run(
    backend: &dyn AttentionBackend,
    problem: &Attention<'_>,
    plan: Option<&Arc<Plan>>,
) -> Result<Output, AttentionError> {
    match plan {
        Some(plan) => backend.forward_planned(problem, plan),
        None => backend.forward(problem),
    }
}

impl fmt::Debug for FirstPlan<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("FirstPlan").field("backend", &self.name()).field("plan", &self.plan).finish()
    }
}

impl fmt::Debug for CachedPlans<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("CachedPlans")
            .field("backend", &self.name())
            .field("view", &self.view)
            .finish_non_exhaustive()
    }
}
