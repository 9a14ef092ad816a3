//! CUDA as an attention backend: tensors to the GPU, one launch, the result back.

use std::sync::{Arc, Mutex, PoisonError};

use super::device::CudaDevice;
use super::error::CudaError;
use super::resident::{DeviceAttention, DevicePlan};
use crate::attention::lowering::{Half, Kernel, KernelArgs, PlanInputs};
use crate::attention::{Attention, AttentionBackend, AttentionError, Output, Plan};
use crate::geometry::padded_head_dim;

/// The CUDA backend, on the first GPU. Every call copies its tensors to the GPU; the tables of the last plan stay
/// there. For many calls on the same tensors, use [`DevicePlan`] and [`DeviceAttention`], which keep both on the GPU.
///
/// The same call gives the same bits in every run. The kernel is chosen for the whole batch, so the result of a graph
/// may differ in the last places from one batch to another; with [`Plan::for_kernel`] it does not.
///
/// The kernels sum weighted values in f32, with a largest weight of 1, and divide by the sum of the weights at the
/// end. In bf16, values above 3e38 / (keys of the row) can therefore overflow to infinity, or to NaN if signs differ;
/// values of f16 cannot.
#[derive(Debug, Clone)]
pub struct Cuda {
    device: CudaDevice,
    /// The plan of the last planned call, with its tables on the GPU.
    last: Arc<Mutex<Option<DevicePlan>>>,
}

impl Cuda {
    /// Name, as in the option `--backend`.
    pub const NAME: &str = "cuda";

    /// The backend on a GPU.
    pub fn new(device: CudaDevice) -> Self {
        Self { device, last: Arc::default() }
    }

    /// GPU of the backend.
    pub fn device(&self) -> &CudaDevice {
        &self.device
    }

    /// Runs one problem.
    ///
    /// # Errors
    /// [`CudaError::Attention`] for a problem that the kernels do not support, [`CudaError::OutOfMemory`] before
    /// anything is allocated, or an error of the driver.
    pub fn run(&self, problem: &Attention<'_>) -> Result<Output, CudaError> {
        let (args, plan) = (KernelArgs::new(problem)?, self.plan_of(problem)?);
        self.device.check_memory(DeviceAttention::bytes(&plan, &args))?;
        self.run_args(problem, &args, &DevicePlan::new(&self.device, plan)?)
    }

    /// Runs one problem by a plan of its graphs, whose tables are copied only if the last call used another plan.
    ///
    /// # Errors
    /// As [`Self::run`], and [`AttentionError::PlanMismatch`] for a plan that [`Plan::check`] refuses.
    pub fn run_planned(&self, problem: &Attention<'_>, plan: &Arc<Plan>) -> Result<Output, CudaError> {
        plan.check(problem)?;
        let args = KernelArgs::new(problem)?;
        let last = self.last.lock().unwrap_or_else(PoisonError::into_inner).clone();
        let plan = match last.filter(|last| last.is_same_plan(plan)) {
            Some(last) => last,
            None => {
                // The previous plan is freed first: there may not be enough memory for both.
                *self.last.lock().unwrap_or_else(PoisonError::into_inner) = None;
                self.device.check_memory(DeviceAttention::bytes(plan, &args))?;
                let new = DevicePlan::new(&self.device, Arc::clone(plan))?;
                *self.last.lock().unwrap_or_else(PoisonError::into_inner) = Some(new.clone());
                new
            }
        };
        self.run_args(problem, &args, &plan)
    }

    fn run_args(
        &self,
        problem: &Attention<'_>,
        args: &KernelArgs<'_>,
        plan: &DevicePlan,
    ) -> Result<Output, CudaError> {
        let attention = DeviceAttention::new(plan, args)?;
        attention.launch()?;
        let mut output = attention.read()?;
        args.apply_host_fixups(problem, &mut output);
        Ok(output)
    }

    /// The plan of a problem; if its kernel is not built for this GPU, a plan for [`Kernel::EdgeAttention`], which
    /// supports every form of keys.
    fn plan_of(&self, problem: &Attention<'_>) -> Result<Plan, CudaError> {
        let (arch, half) = (self.device.arch().0, Half::of(&problem.inputs().q)?);
        let head_dim = problem.inputs().head_dim;
        let padded = padded_head_dim(head_dim).unwrap_or(head_dim);
        let built = |kernel: Kernel| kernel.is_built(arch, half, padded);
        let inputs = PlanInputs::of(problem);
        let plan = Plan::new(&inputs)?;
        if built(plan.kernel()) {
            return Ok(plan);
        }
        if built(Kernel::EdgeAttention) {
            return Ok(Plan::for_kernel(&inputs, Kernel::EdgeAttention)?);
        }
        let capability = self.device.info().capability;
        Err(CudaError::Unsupported { what: half.name().to_owned(), capability })
    }
}

impl AttentionBackend for Cuda {
    fn name(&self) -> &'static str {
        Self::NAME
    }

    fn forward(&self, problem: &Attention<'_>) -> Result<Output, AttentionError> {
        self.run(problem).map_err(to_attention_error)
    }

    fn plan(&self, problem: &Attention<'_>) -> Result<Option<Plan>, AttentionError> {
        self.plan_of(problem).map(Some).map_err(to_attention_error)
    }

    fn forward_planned(&self, problem: &Attention<'_>, plan: &Arc<Plan>) -> Result<Output, AttentionError> {
        self.run_planned(problem, plan).map_err(to_attention_error)
    }
}

/// Converts to an error of `attention`, which does not depend on this module: other errors become text.
fn to_attention_error(error: CudaError) -> AttentionError {
    match error {
        CudaError::Attention(error) => error,
        other => AttentionError::Device { backend: Cuda::NAME, why: other.to_string() },
    }
}
