//! One GPU, ready for use.

use std::collections::HashMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use cudarc::driver::{CudaFunction, CudaStream};
use cudarc::nvrtc::Ptx;

use super::driver::{self, Found, UNSUPPORTED_PTX, call, probe};
use super::error::{Capability, CudaError};
use super::modules::{self, Entry};

/// The first GPU of this machine, with its kernels. Cloning it is cheap, and every thread may use it: work runs in the
/// order in which it was asked for, on one stream.
#[derive(Debug, Clone)]
pub struct Device {
    shared: Arc<Shared>,
    /// Bytes that this handle's allocations may leave in use, beside the memory that is free.
    limit: u64,
}

#[derive(Debug)]
struct Shared {
    stream: Arc<CudaStream>,
    found: &'static Found,
    arch: Capability,
    kernels: Mutex<HashMap<&'static str, Kernel>>,
    in_use: AtomicU64,
}

/// An entry in the driver's hands.
#[derive(Debug, Clone)]
pub(super) struct Kernel {
    pub(super) entry: &'static Entry,
    pub(super) function: CudaFunction,
}

impl Device {
    /// The first GPU. It is opened once in a process, and what came of that stays.
    ///
    /// # Errors
    /// As [`probe`]; [`CudaError::NoKernels`] and [`CudaError::OldGpu`] if nothing could be launched; what the driver
    /// says when it opens the GPU.
    pub fn first() -> Result<Self, CudaError> {
        static SHARED: OnceLock<Result<Arc<Shared>, CudaError>> = OnceLock::new();
        let shared = SHARED.get_or_init(|| Shared::open().map(Arc::new)).clone()?;
        Ok(Self { shared, limit: u64::MAX })
    }

    /// The same GPU, with at most so many bytes of its memory in use by this process's buffers.
    pub fn with_memory_limit(self, bytes: u64) -> Self {
        Self { limit: bytes, ..self }
    }

    /// What the driver tells of it.
    pub fn found(&self) -> &'static Found {
        self.shared.found
    }

    /// Compute capability that its kernels are compiled for.
    pub fn arch(&self) -> Capability {
        self.shared.arch
    }

    /// Bytes that may still be allocated: those free on the GPU, within the limit. What was freed while the GPU was
    /// at work may be missing until [`Self::synchronize`].
    ///
    /// # Errors
    /// What the driver says.
    pub fn free_bytes(&self) -> Result<u64, CudaError> {
        let (free, _) = call("tell its memory", || self.shared.stream.context().mem_get_info())?;
        Ok(self.limit.saturating_sub(self.shared.in_use.load(Ordering::Relaxed)).min(free as u64))
    }

    /// Refuses work that is estimated to need more memory than there is, before any of it is allocated.
    ///
    /// # Errors
    /// [`CudaError::OutOfMemory`].
    pub fn check_memory(&self, asked: u64) -> Result<(), CudaError> {
        if asked <= self.free_bytes()? {
            return Ok(());
        }
        driver::reclaim(self.stream())?;
        let free = self.free_bytes()?;
        if asked > free { Err(CudaError::OutOfMemory { asked, free }) } else { Ok(()) }
    }

    /// Waits until the GPU has done everything asked of it.
    ///
    /// # Errors
    /// What the work ended with.
    pub fn synchronize(&self) -> Result<(), CudaError> {
        call("finish its work", || self.shared.stream.synchronize())
    }

    /// Milliseconds that the GPU takes for what `work` asks of it, by its own clock.
    ///
    /// # Errors
    /// Those of `work`, and what the driver says.
    pub fn time_ms(&self, work: impl FnOnce() -> Result<(), CudaError>) -> Result<f32, CudaError> {
        let now = || call("take the time", || self.shared.stream.record_event(Some(driver::TIMED)));
        let start = now()?;
        work()?;
        let end = now()?;
        call("take the time", || start.elapsed_ms(&end))
    }

    pub(super) fn stream(&self) -> &Arc<CudaStream> {
        &self.shared.stream
    }

    /// Counts bytes as in use before they are allocated, so that no two threads both take the last of the limit.
    pub(super) fn reserve(&self, asked: u64) -> Result<InUse, CudaError> {
        let within = |used: u64| used.checked_add(asked).filter(|&sum| sum <= self.limit);
        match self.shared.in_use.fetch_update(Ordering::Relaxed, Ordering::Relaxed, within) {
            Ok(_) => Ok(InUse { shared: Arc::clone(&self.shared), bytes: asked }),
            Err(used) => Err(CudaError::OutOfMemory { asked, free: self.limit.saturating_sub(used) }),
        }
    }

    /// What an allocation that failed with `error` is called.
    pub(super) fn out_of_memory(&self, asked: u64, error: CudaError) -> CudaError {
        if !driver::lacks_memory(&error) {
            return error;
        }
        CudaError::OutOfMemory { asked, free: self.free_bytes().unwrap_or(0).min(asked) }
    }

    /// The entry of that name, loaded the first time it is asked for.
    pub(super) fn kernel(&self, entry: &str) -> Result<Kernel, CudaError> {
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
        let found = probe()?;
        let arch = modules::arch_for(found)?;
        let stream = driver::open()?;
        Ok(Self { stream, found, arch, kernels: Mutex::default(), in_use: AtomicU64::new(0) })
    }

    fn load(&self, name: &str) -> Result<Kernel, CudaError> {
        let capability = self.found.capability;
        let (module, entry) = modules::find(name, self.arch)
            .ok_or_else(|| CudaError::Unsupported { what: format!("`{name}`"), capability })?;
        let refused = |error| match error {
            CudaError::Driver { code: UNSUPPORTED_PTX, .. } if self.found.driver < module.needs() => {
                CudaError::TooOld { have: self.found.driver, need: module.needs() }
            }
            other => other.loading(module.kernel),
        };
        let context = self.stream.context();
        let loaded = call("load a kernel", || context.load_module(Ptx::from_src(module.only(name))));
        let loaded = loaded.map_err(refused)?;
        let function = call("find a kernel", || loaded.load_function(name)).map_err(refused)?;
        Ok(Kernel { entry, function })
    }
}

/// Bytes in use, until dropped.
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

/// Every thread may use a GPU and what is on it: checked when this is compiled.
const _: () = {
    const fn for_every_thread<T: Send + Sync>() {}
    for_every_thread::<Device>();
    for_every_thread::<super::Buffer>();
    for_every_thread::<super::DevicePlan>();
    for_every_thread::<super::DeviceAttention>();
    for_every_thread::<super::Cuda>();
};
