//! The GPU as far as the choice of a device sees it: with the feature `cuda`.

use std::sync::Arc;

use half::{bf16, f16};

use super::{Status, Work};
use crate::attention::plan::{Half, Layout};
use crate::attention::{Attention, AttentionBackend, Inputs, Keys, Plan, Tensor};
use crate::cuda::{self, Capability, Cuda, CudaError, Device};

/// What can be known of the GPU without opening it.
#[derive(Debug, Clone)]
pub(super) struct Gpu {
    /// Its name.
    pub(super) name: String,
    /// Compute capability that its kernels are compiled for, ten times its number.
    pub(super) arch: u32,
    /// Bytes that may be used.
    pub(super) memory: u64,
}

/// The GPU, if there is one that could run; else why not.
pub(super) fn find(share: f64) -> Result<Gpu, String> {
    let found = cuda::probe().map_err(|e| e.to_string())?;
    let arch = cuda::arch_for(found).map_err(|e| e.to_string())?;
    Ok(Gpu { name: found.name.clone(), arch: arch.0, memory: (found.memory as f64 * share) as u64 })
}

/// The backend on the GPU.
pub(super) fn open(share: f64) -> Result<Box<dyn AttentionBackend>, String> {
    opened(share).map(|cuda| Box::new(cuda) as _).map_err(|e| e.to_string())
}

/// The backend on the GPU, if it has room for this work and does what it is asked to.
pub(super) fn open_for(share: f64, work: &Work) -> Result<Box<dyn AttentionBackend>, String> {
    let ready = || {
        let cuda = opened(share)?;
        cuda.device().check_memory(work.gpu_bytes(cuda.device().arch().0))?;
        Ok(cuda)
    };
    let cuda = ready().map_err(|e: CudaError| e.to_string())?;
    try_out(&cuda, work)?;
    Ok(Box::new(cuda))
}

fn opened(share: f64) -> Result<Cuda, CudaError> {
    let device = Device::first()?;
    let bytes = (device.found().memory as f64 * share) as u64;
    Ok(Cuda::new(device.with_memory_limit(bytes)))
}

/// Attention of one node, of the type and shape of some work, on each kernel that it may use: every step is taken, from
/// allocating to reading, and the node must get its own values.
fn try_out(cuda: &Cuda, work: &Work) -> Result<(), String> {
    // Such that f16 and bf16 hold each.
    let values: Vec<f32> = (0..work.heads * work.head_dim).map(|i| (i % 64) as f32 / 64.0).collect();
    let (f16s, bf16s): (Vec<f16>, Vec<bf16>);
    let tensor = match work.half {
        Some(Half::F16) => {
            f16s = values.iter().map(|&x| f16::from_f32(x)).collect();
            Tensor::F16(&f16s)
        }
        Some(Half::Bf16) => {
            bf16s = values.iter().map(|&x| bf16::from_f32(x)).collect();
            Tensor::Bf16(&bf16s)
        }
        None => return Ok(()),
    };
    let mut inputs = Inputs::new([work.heads, work.head_dim], [tensor; 3], &[0, 1], Keys::Causal);
    inputs.accuracy = work.accuracy;
    let problem = Attention::new(inputs).map_err(|e| e.to_string())?;
    let kernels = work.kernels(cuda.device().arch().0);
    for plan in kernels.map(|kernel| Plan::for_kernel(&Layout::of(&problem), kernel)) {
        let plan = Arc::new(plan.map_err(|e| e.to_string())?);
        let output = cuda.run_planned(&problem, &plan).map_err(|e| e.to_string())?;
        if output.out != values {
            return Err(format!(
                "its kernel {} gives a wrong result on one node; please report it",
                plan.kernel()
            ));
        }
    }
    Ok(())
}

pub(super) fn status() -> Status {
    let found = cuda::probe();
    let kernels = match cuda::modules() {
        Err(error) => error.to_string(),
        Ok(modules) => {
            let mut archs: Vec<_> = modules.iter().map(|m| Capability(m.arch).to_string()).collect();
            archs.dedup();
            let entries: usize = modules.iter().map(|m| m.entries.len()).sum();
            format!("{entries} entries, for compute capability {}", archs.join(" and "))
        }
    };
    let driver = found.as_ref().ok().map(|f| f.driver.to_string());
    let gpu = found.as_ref().ok().map(|f| {
        let more = if f.gpus > 1 { format!(", the first of {}", f.gpus) } else { String::new() };
        let gb = f.memory as f64 / 1e9;
        format!("{}, compute capability {}, {gb:.1} GB{more}", f.name, f.capability)
    });
    let arch = found.and_then(cuda::arch_for);
    let can_run = arch.is_ok();
    let used = match arch {
        Ok(arch) => format!("can run, with the kernels for {arch}"),
        Err(error) => format!("cannot run: {error}"),
    };
    Status { can_run, used, driver, gpu, kernels }
}
