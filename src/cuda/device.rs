//! The opened GPU and its loaded kernels.

use std::collections::HashMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use cudarc::driver::{CudaFunction, CudaStream};
use cudarc::nvrtc::Ptx;

use super::driver::{self, GpuInfo, UNSUPPORTED_PTX, call, probe};
use super::error::{Capability, CudaError};
use super::memory;
use super::modules::{self, KernelEntry};

/// The first GPU of the system, with its kernels. A handle that is cheap to clone and can be used from any thread;
/// all work runs in order on one stream.
#[derive(Debug, Clone)]
pub struct CudaDevice {
    shared: Arc<Shared>,
    /// Limit of the bytes in use by all buffers after an allocation by this handle; free memory limits it too.
    limit: u64,
}

#[derive(Debug)]
struct Shared {
    stream: Arc<CudaStream>,
    info: &'static GpuInfo,
    arch: Capability,
    kernels: Mutex<HashMap<&'static str, LoadedKernel>>,
    in_use: AtomicU64,
}

/// An entry that the driver has loaded.
#[derive(Debug, Clone)]
pub(super) struct LoadedKernel {
    pub(super) entry: &'static KernelEntry,
    pub(super) function: CudaFunction,
}

impl CudaDevice {
    /// The first GPU. It is opened once per process; every call returns the first result.
    ///
    /// # Errors
    /// As [`probe`]; [`CudaError::NoKernels`] and [`CudaError::OldGpu`] if there is nothing to launch; an error of
    /// the driver when it opens the GPU.
    pub fn first() -> Result<Self, CudaError> {
        static SHARED: OnceLock<Result<Arc<Shared>, CudaError>> = OnceLock::new();
        let shared = SHARED.get_or_init(|| Shared::open().map(Arc::new)).clone()?;
        Ok(Self { shared, limit: u64::MAX })
    }

    /// The same GPU with at most `bytes` bytes of its memory in use by this process's buffers.
    pub fn with_memory_limit(self, bytes: u64) -> Self {
        Self { limit: bytes, ..self }
    }

    /// Properties of the GPU.
    pub fn info(&self) -> &'static GpuInfo {
        self.shared.info
    }

    /// Compute capability of the kernels that run on the GPU.
    pub fn arch(&self) -> Capability {
        self.shared.arch
    }

    /// Bytes that can still be allocated: those free on the GPU, within the limit. Memory freed while the GPU was
    /// busy may be missing until [`Self::synchronize`].
    ///
    /// # Errors
    /// An error of the driver.
    pub fn free_bytes(&self) -> Result<u64, CudaError> {
        let (free, _) = call("report its free memory", || self.shared.stream.context().mem_get_info())?;
        Ok(self.limit.saturating_sub(self.shared.in_use.load(Ordering::Relaxed)).min(free as u64))
    }

    /// Checks that `requested` bytes can be allocated, before any of them are.
    ///
    /// # Errors
    /// [`CudaError::OutOfMemory`].
    pub fn check_memory(&self, requested: u64) -> Result<(), CudaError> {
        if requested <= self.free_bytes()? {
            return Ok(());
        }
        memory::reclaim(self.stream())?;
        let free = self.free_bytes()?;
        if requested > free { Err(CudaError::OutOfMemory { requested, free }) } else { Ok(()) }
    }

    /// Waits until the GPU has finished all work.
    ///
    /// # Errors
    /// An error of that work.
    pub fn synchronize(&self) -> Result<(), CudaError> {
        call("finish its work", || self.shared.stream.synchronize())
    }

    /// Milliseconds between the start and the end of the work that `work` enqueues, measured by events on the GPU.
    ///
    /// # Errors
    /// Those of `work`, or an error of the driver.
    pub fn time_ms(&self, work: impl FnOnce() -> Result<(), CudaError>) -> Result<f32, CudaError> {
        let now = || call("measure time", || self.shared.stream.record_event(Some(driver::TIMED)));
        let start = now()?;
        work()?;
        let end = now()?;
        call("measure time", || start.elapsed_ms(&end))
    }

    pub(super) fn stream(&self) -> &Arc<CudaStream> {
        &self.shared.stream
    }

    /// Counts bytes as in use before they are allocated, so that concurrent allocations cannot exceed the limit
    /// together.
    pub(super) fn reserve(&self, requested: u64) -> Result<InUse, CudaError> {
        let within = |used: u64| used.checked_add(requested).filter(|&sum| sum <= self.limit);
        match self.shared.in_use.fetch_update(Ordering::Relaxed, Ordering::Relaxed, within) {
            Ok(_) => Ok(InUse { shared: Arc::clone(&self.shared), bytes: requested }),
            Err(used) => Err(CudaError::OutOfMemory { requested, free: self.limit.saturating_sub(used) }),
        }
    }

    /// The error of an allocation of `requested` bytes that failed with `error`.
    pub(super) fn out_of_memory(&self, requested: u64, error: CudaError) -> CudaError {
        if !driver::lacks_memory(&error) {
            return error;
        }
        CudaError::OutOfMemory { requested, free: self.free_bytes().unwrap_or(0).min(requested) }
    }

    /// The entry of this name, loaded on first use.
    pub(super) fn kernel(&self, entry: &str) -> Result<LoadedKernel, CudaError> {
        let mut kernels = self.shared.kernels.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(kernel) = kernels.get(entry) {
            return Ok(kernel.clone());
        }
        let kernel = self.shared.load(entry)?;
        kernels.insert(kernel.entry.name, kernel.clone());
        Ok(kernel)
    }
}

impl Shared {
    fn open() -> Result<Self, CudaError> {
        let info = probe()?;
        let arch = modules::arch_for(info)?;
        let stream = driver::open()?;
        Ok(Self { stream, info, arch, kernels: Mutex::default(), in_use: AtomicU64::new(0) })
    }

    fn load(&self, name: &str) -> Result<LoadedKernel, CudaError> {
        let capability = self.info.capability;
        let (module, entry) = modules::find(name, self.arch)
            .ok_or_else(|| CudaError::Unsupported { what: format!("`{name}`"), capability })?;
        let refused = |error| match error {
            CudaError::Driver { code: UNSUPPORTED_PTX, .. } if self.info.driver < module.oldest_driver() => {
                CudaError::TooOld { have: self.info.driver, need: module.oldest_driver() }
            }
            other => other.into_load_error(module.kernel),
        };
        let context = self.stream.context();
        let loaded = call("load a kernel", || context.load_module(Ptx::from_src(module.single_entry(name))));
        let loaded = loaded.map_err(refused)?;
        let function = call("find a kernel", || loaded.load_function(name)).map_err(refused)?;
        Ok(LoadedKernel { entry, function })
    }
}

/// Bytes counted as in use until dropped.
#[derive(Debug)]
pub(super) struct InUse {
    shared: Arc<Shared>,
    bytes: u64,
}

impl Drop for InUse {
    fn drop(&mut self) {
        self.shared.in_use.fetch_sub(self.bytes, Ordering::Relaxed);
    }
}

/// Compile-time check that any thread may use a GPU and its memory.
const _: () = {
    const fn for_every_thread<T: Send + Sync>() {}
    for_every_thread::<CudaDevice>();
    for_every_thread::<super::DeviceBuffer>();
    for_every_thread::<super::DevicePlan>();
    for_every_thread::<super::DeviceAttention>();
    for_every_thread::<super::Cuda>();
};
