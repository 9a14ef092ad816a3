//! The GPU as far as the choice of a device sees it: with the feature `cuda`.

use super::{Status, Work};
use crate::attention::plan::Half;
use crate::attention::{Attention, AttentionBackend, Inputs, Keys, Tensor};
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
        cuda.device().check_memory(work.gpu_bytes())?;
        try_out(&cuda, work)?;
        Ok(Box::new(cuda) as _)
    };
    ready().map_err(|e: CudaError| e.to_string())
}

fn opened(share: f64) -> Result<Cuda, CudaError> {
    let device = Device::first()?;
    let bytes = (device.found().memory as f64 * share) as u64;
    Ok(Cuda::new(device.with_memory_limit(bytes)))
}

/// Attention of one node, of the type and shape of some work: every step that may fail, from allocating to reading.
fn try_out(cuda: &Cuda, work: &Work) -> Result<(), CudaError> {
    let bits = vec![0_u16; work.heads * work.head_dim];
    let tensor = match work.half {
        Some(Half::F16) => Tensor::F16(bytemuck::cast_slice(&bits)),
        Some(Half::Bf16) => Tensor::Bf16(bytemuck::cast_slice(&bits)),
        None => return Ok(()),
    };
    let keys = Keys::Intervals { lo: &[0], hi: &[1] };
    let problem = Attention::new(Inputs::new([work.heads, work.head_dim], [tensor; 3], &[0, 1], keys))?;
    cuda.run(&problem).map(|_| ())
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
