//! CUDA as an attention backend: tensors over the bus, one launch, the result back.

use std::sync::{Arc, Mutex, PoisonError};

use super::device::Device;
use super::error::CudaError;
use super::resident::{DeviceAttention, DevicePlan};
use crate::attention::plan::{Half, Job, Kernel, Layout};
use crate::attention::{Attention, AttentionBackend, AttentionError, Output, Plan};
use crate::geometry::padded_head_dim;

/// The CUDA backend, on the first GPU. It copies the tensors of every call; the tables of a plan that is given again
/// and again stay on the GPU. For many calls on the same tensors, [`DevicePlan`] and [`DeviceAttention`] keep
/// everything.
///
/// The same call gives the same bits in every run. A kernel is chosen for the whole batch, so a graph that stands in
/// another batch may differ in its last places; with [`Plan::for_kernel`] it does not.
///
/// The kernels sum weighted values in f32 and divide by the sum of the weights, of which the largest is 1, at the end.
/// So values of bf16 beyond 3e38 divided by the keys of a row can overflow to infinity, or to NaN where signs differ.
/// Those of f16 cannot.
#[derive(Debug, Clone)]
pub struct Cuda {
    device: Device,
    /// The plan that was used last, with its tables on the GPU.
    last: Arc<Mutex<Option<DevicePlan>>>,
}

impl Cuda {
    /// Name, as `--backend` takes it.
    pub const NAME: &str = "cuda";

    /// The backend on this GPU.
    pub fn new(device: Device) -> Self {
        Self { device, last: Arc::default() }
    }

    /// The GPU.
    pub fn device(&self) -> &Device {
        &self.device
    }

    /// Runs one problem.
    ///
    /// # Errors
    /// [`CudaError::Attention`] for a problem that the kernels do not take, [`CudaError::OutOfMemory`] before anything
    /// is allocated, or what the driver says.
    pub fn run(&self, problem: &Attention<'_>) -> Result<Output, CudaError> {
        let (job, plan) = (Job::new(problem)?, self.plan_of(problem)?);
        self.device.check_memory(DeviceAttention::bytes(&plan, &job))?;
        self.run_job(problem, &job, &DevicePlan::new(&self.device, plan)?)
    }

    /// Runs one problem by a plan of its graphs, whose tables are copied only if another plan was used last.
    ///
    /// # Errors
    /// As [`Self::run`], and [`AttentionError::OtherPlan`] for a plan that [`Plan::check`] refuses.
    pub fn run_planned(&self, problem: &Attention<'_>, plan: &Arc<Plan>) -> Result<Output, CudaError> {
        plan.check(problem)?;
        let job = Job::new(problem)?;
        let last = self.last.lock().unwrap_or_else(PoisonError::into_inner).clone();
        let plan = match last.filter(|last| last.is_of(plan)) {
            Some(last) => last,
            None => {
                // The one before goes first: there may be no room for both.
                *self.last.lock().unwrap_or_else(PoisonError::into_inner) = None;
                self.device.check_memory(DeviceAttention::bytes(plan, &job))?;
                let new = DevicePlan::new(&self.device, Arc::clone(plan))?;
                *self.last.lock().unwrap_or_else(PoisonError::into_inner) = Some(new.clone());
                new
            }
        };
        self.run_job(problem, &job, &plan)
    }

    fn run_job(
        &self,
        problem: &Attention<'_>,
        job: &Job<'_>,
        plan: &DevicePlan,
    ) -> Result<Output, CudaError> {
        let attention = DeviceAttention::new(plan, job)?;
        attention.launch()?;
        let mut output = attention.read()?;
        job.finish(problem, &mut output);
        Ok(output)
    }

    /// The plan of a problem; where this GPU is not built for its kernel, for the gather, which takes every form of
    /// keys.
    fn plan_of(&self, problem: &Attention<'_>) -> Result<Plan, CudaError> {
        let (arch, half) = (self.device.arch().0, Half::of(&problem.inputs().q)?);
        let head_dim = problem.inputs().head_dim;
        let padded = padded_head_dim(head_dim).unwrap_or(head_dim);
        let built = |kernel: Kernel| kernel.is_built(arch, half, padded);
        let layout = Layout::of(problem);
        let plan = Plan::new(&layout)?;
        if built(plan.kernel()) {
            return Ok(plan);
        }
        if built(Kernel::EdgeAttention) {
            return Ok(Plan::for_kernel(&layout, Kernel::EdgeAttention)?);
        }
        let capability = self.device.found().capability;
        Err(CudaError::Unsupported { what: half.name().to_owned(), capability })
    }
}

impl AttentionBackend for Cuda {
    fn name(&self) -> &'static str {
        Self::NAME
    }

    fn forward(&self, problem: &Attention<'_>) -> Result<Output, AttentionError> {
        self.run(problem).map_err(in_words)
    }

    fn plan(&self, problem: &Attention<'_>) -> Result<Option<Plan>, AttentionError> {
        self.plan_of(problem).map(Some).map_err(in_words)
    }

    fn forward_planned(&self, problem: &Attention<'_>, plan: &Arc<Plan>) -> Result<Output, AttentionError> {
        self.run_planned(problem, plan).map_err(in_words)
    }
}

/// A room below knows no CUDA: what is not its own error comes as text.
fn in_words(error: CudaError) -> AttentionError {
    match error {
        CudaError::Attention(error) => error,
        other => AttentionError::Device { backend: Cuda::NAME, why: other.to_string() },
    }
}
