//! The GPU with the feature `cuda`: discovery, opening, and a trial of its kernels.

use std::sync::Arc;

use half::{bf16, f16};

use super::selection::GpuCandidate;
use super::{CudaStatus, Workload};
use crate::attention::lowering::{Half, PlanInputs};
use crate::attention::{Attention, AttentionBackend, Inputs, Keys, Plan, Tensor};
use crate::cuda::{self, Capability, Cuda, CudaDevice, CudaError};

/// The GPU if there is one that can run; else the reason.
pub(super) fn find(fraction: f64) -> Result<GpuCandidate, String> {
    let info = cuda::probe().map_err(|e| e.to_string())?;
    let arch = cuda::arch_for(info).map_err(|e| e.to_string())?;
    Ok(GpuCandidate { name: info.name.clone(), arch: arch.0, memory: (info.memory as f64 * fraction) as u64 })
}

/// The backend on the GPU.
pub(super) fn open(fraction: f64) -> Result<Box<dyn AttentionBackend>, String> {
    opened(fraction).map(|cuda| Box::new(cuda) as _).map_err(|e| e.to_string())
}

/// The backend on the GPU, if its memory suffices for the work and its kernels give correct results.
pub(super) fn open_for(fraction: f64, work: &Workload) -> Result<Box<dyn AttentionBackend>, String> {
    let ready = || {
        let cuda = opened(fraction)?;
        cuda.device().check_memory(work.gpu_bytes(cuda.device().arch().0))?;
        Ok(cuda)
    };
    let cuda = ready().map_err(|e: CudaError| e.to_string())?;
    check_kernels(&cuda, work)?;
    Ok(Box::new(cuda))
}

fn opened(fraction: f64) -> Result<Cuda, CudaError> {
    let device = CudaDevice::first()?;
    let bytes = (device.info().memory as f64 * fraction) as u64;
    Ok(Cuda::new(device.with_memory_limit(bytes)))
}

/// Runs attention over one node, with the type and shape of `work`, on each kernel that may be used. This exercises
/// every step from allocation to reading back; the output must equal the node's own values.
fn check_kernels(cuda: &Cuda, work: &Workload) -> Result<(), String> {
    // Exact in f16 and bf16.
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
    for plan in kernels.map(|kernel| Plan::for_kernel(&PlanInputs::of(&problem), kernel)) {
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

pub(super) fn status() -> CudaStatus {
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
    CudaStatus { can_run, used, driver, gpu, kernels }
}
