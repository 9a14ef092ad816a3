//! CUDA as an attention backend: tensors over the bus, one launch, the result back.

use super::device::Device;
use super::error::CudaError;
use super::resident::{DeviceAttention, DevicePlan};
use crate::attention::plan::{Job, Kernel, Layout};
use crate::attention::{Attention, AttentionBackend, AttentionError, Output, Plan};

/// The CUDA backend, on the first GPU. For many calls on one batch, [`DevicePlan`] and [`DeviceAttention`] keep what
/// this copies every time.
#[derive(Debug, Clone)]
pub struct Cuda {
    device: Device,
}

impl Cuda {
    /// Name, as `--backend` takes it.
    pub const NAME: &str = "cuda";

    /// The backend on this GPU.
    pub fn new(device: Device) -> Self {
        Self { device }
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
        let job = Job::new(problem)?;
        let plan = self.plan(problem, &job)?;
        self.device.check_memory(DeviceAttention::bytes(&plan, &job))?;
        let attention = DeviceAttention::new(&DevicePlan::new(&self.device, plan)?, &job)?;
        attention.launch()?;
        let mut output = attention.read()?;
        job.finish(problem, &mut output);
        Ok(output)
    }

    /// The plan of a problem; where this GPU is not built for its kernel, for the gather, which takes every form of keys.
    fn plan(&self, problem: &Attention<'_>, job: &Job<'_>) -> Result<Plan, CudaError> {
        let arch = self.device.arch().0;
        let built = |kernel: Kernel| kernel.is_built(arch, job.half(), job.padded());
        let layout = Layout::of(problem);
        let plan = Plan::new(&layout)?;
        if built(plan.kernel()) {
            return Ok(plan);
        }
        if built(Kernel::EdgeAttention) {
            return Ok(Plan::for_kernel(&layout, Kernel::EdgeAttention)?);
        }
        let capability = self.device.found().capability;
        Err(CudaError::Unsupported { what: job.half().name().to_owned(), capability })
    }
}

impl AttentionBackend for Cuda {
    fn name(&self) -> &'static str {
        Self::NAME
    }

    fn forward(&self, problem: &Attention<'_>) -> Result<Output, AttentionError> {
        self.run(problem).map_err(|error| match error {
            CudaError::Attention(error) => error,
            other => AttentionError::Device { backend: Self::NAME, why: other.to_string() },
        })
    }
}
