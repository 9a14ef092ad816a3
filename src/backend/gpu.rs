//! The GPU as far as the choice of a device sees it: with the feature `cuda`.

use super::Status;
use crate::attention::AttentionBackend;
use crate::cuda::{self, Capability, Cuda, Device};

/// What can be known of the GPU without opening it.
#[derive(Debug, Clone)]
pub(super) struct Gpu {
    /// Its name and how it is reached.
    pub(super) name: String,
    /// Bytes that may be used.
    pub(super) memory: u64,
}

/// The GPU, if there is one that could run; else why not.
pub(super) fn find(share: f64) -> Result<Gpu, String> {
    let found = cuda::probe().map_err(|e| e.to_string())?;
    cuda::arch_for(found).map_err(|e| e.to_string())?;
    Ok(Gpu { name: found.name.clone(), memory: (found.memory as f64 * share) as u64 })
}

/// The backend on the GPU.
pub(super) fn open(share: f64) -> Result<Box<dyn AttentionBackend>, String> {
    let device = Device::first().map_err(|e| e.to_string())?;
    let bytes = (device.found().memory as f64 * share) as u64;
    Ok(Box::new(Cuda::new(device.with_memory_limit(bytes))))
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
