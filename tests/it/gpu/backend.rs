//! The kernels on a GPU, as a backend.

use std::collections::BTreeSet;
use std::sync::Mutex;

use ironforge::attention::lowering::{Half, Kernel, KernelArgs, PlanInputs};
use ironforge::attention::{Attention, AttentionBackend, AttentionError, Output, Plan};
use ironforge::cuda::{CudaDevice, CudaError, DeviceAttention, DevicePlan};
use ironforge::geometry::padded_head_dim;

/// Runs each problem on one kernel, if it supports it, and records the entries.
pub struct OnGpu {
    device: CudaDevice,
    kernel: Option<Kernel>,
    /// Launched entries.
    pub launched: Mutex<BTreeSet<String>>,
}

impl OnGpu {
    pub fn new(device: &CudaDevice, kernel: Option<Kernel>) -> Self {
        Self { device: device.clone(), kernel, launched: Mutex::default() }
    }

    /// The plan of a problem for the given kernel, or for one that supports the problem.
    pub fn plan(&self, problem: &Attention<'_>) -> Result<Plan, AttentionError> {
        let (plan_inputs, inputs) = (PlanInputs::of(problem), problem.inputs());
        let (half, padded) = (Half::of(&inputs.q)?, padded_head_dim(inputs.head_dim).unwrap());
        let wanted = match self.kernel {
            Some(kernel) if kernel.is_built(self.device.arch().0, half, padded) => {
                Plan::for_kernel(&plan_inputs, kernel)
            }
            Some(_) => Plan::for_kernel(&plan_inputs, Kernel::EdgeAttention),
            None => Plan::new(&plan_inputs),
        };
        match wanted {
            Err(AttentionError::NoKernel { .. }) => {
                Plan::for_kernel(&plan_inputs, Kernel::BlockSparseAttention)
            }
            other => other,
        }
    }

    fn run(&self, problem: &Attention<'_>) -> Result<Output, CudaError> {
        let args = KernelArgs::new(problem)?;
        let plan = DevicePlan::new(&self.device, self.plan(problem)?)?;
        let attention = DeviceAttention::new(&plan, &args)?;
        attention.launch()?;
        let mut output = attention.read()?;
        if attention.launch_spec().grid > 0 {
            self.launched.lock().unwrap().insert(attention.launch_spec().entry.clone());
        }
        args.apply_host_fixups(problem, &mut output);
        Ok(output)
    }
}

impl AttentionBackend for OnGpu {
    fn name(&self) -> &'static str {
        "gpu"
    }

    fn forward(&self, problem: &Attention<'_>) -> Result<Output, AttentionError> {
        self.run(problem).map_err(|error| match error {
            CudaError::Attention(error) => error,
            other => AttentionError::Device { backend: "gpu", why: other.to_string() },
        })
    }
}
