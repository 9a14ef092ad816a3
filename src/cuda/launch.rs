//! Launching kernels.
//!
//! Unsafe code is here, in `driver.rs` and in `resident.rs` only.
#![allow(unsafe_code, reason = "a kernel follows the addresses it is given")]

use std::ffi::c_void;
use std::ptr;

use cudarc::driver::result;
use cudarc::driver::sys::{CUfunction_attribute, CUstream};

use super::device::{Device, Kernel};
use super::driver::call;
use super::error::CudaError;
use crate::attention::plan::Launch;

/// Shared memory that a block may have without asking for it.
const FREE_SHARED_BYTES: u32 = 48 * 1024;

/// A caller's stream: a `CUstream` of the driver or a `cudaStream_t` of the runtime; null is the default stream.
#[derive(Debug, Clone, Copy)]
pub struct RawStream(pub *mut c_void);

/// What is launched, and in which shape.
#[derive(Debug, Clone, Copy)]
pub(super) struct Raw<'a> {
    pub(super) entry: &'a str,
    /// Its one parameter, a struct of kernels/include/params.cuh.
    pub(super) params: &'a [u8],
    /// Blocks; a launch of none does nothing.
    pub(super) grid: u32,
    /// Threads a block.
    pub(super) block: u32,
    pub(super) shared_bytes: u32,
}

impl Device {
    /// Launches attention on the stream of a caller who owns the memory and the order of the work. It returns at once.
    ///
    /// `launch` is what [`Job::launch`](crate::attention::plan::Job::launch) says of the caller's own addresses.
    ///
    /// # Errors
    /// [`CudaError::Unsupported`] if this GPU has no such entry, [`CudaError::Load`], [`CudaError::Launch`]. An error
    /// of the kernel itself comes with a later call.
    ///
    /// # Safety
    /// 1. Every address in `launch.params` lies in memory of this GPU, in its primary context, 16-byte aligned, and
    ///    what lies there is at least as large as `AttentionParams` says for its sizes; an address may be 0 where it
    ///    says so.
    /// 2. The tables there are byte for byte those of the [`Plan`](crate::attention::Plan) that made `launch`: the
    ///    kernels check no index.
    /// 3. That memory lives, nobody writes what the kernel reads, and nobody touches what it writes (`out`, `lse`),
    ///    from when the work may start until it is done. That holds for this device's own stream too, on which a
    ///    [`Buffer`](super::Buffer) is allocated, filled, launched on and freed, and for which no other stream waits:
    ///    [`Self::synchronize`] before such a buffer is given to another stream, and wait for that stream before the
    ///    buffer is used here again or dropped.
    /// 4. `launch` is unchanged since the plan made it.
    /// 5. `stream` is a stream of this GPU's primary context, and lives until the work is done.
    pub unsafe fn launch_on(&self, stream: RawStream, launch: &Launch) -> Result<(), CudaError> {
        let &Launch { grid, block, shared_bytes, .. } = launch;
        let params = bytemuck::bytes_of(&launch.params);
        let raw = Raw { entry: &launch.entry, params, grid, block, shared_bytes };
        // SAFETY: 1 to 5: the caller.
        unsafe { self.launch_raw(stream, &raw) }
    }

    /// Launches after everything asked of this GPU before.
    ///
    /// # Safety
    /// 1 to 4 of [`Self::launch_on`].
    pub(super) unsafe fn launch(&self, raw: &Raw<'_>) -> Result<(), CudaError> {
        // SAFETY: 1 to 4: the caller. 5: the stream is this device's own.
        unsafe { self.launch_raw(RawStream(self.stream().cu_stream().cast()), raw) }
    }

    /// # Safety
    /// As [`Self::launch_on`].
    unsafe fn launch_raw(&self, stream: RawStream, raw: &Raw<'_>) -> Result<(), CudaError> {
        if raw.grid == 0 {
            return Ok(());
        }
        let kernel = self.kernel(raw.entry)?;
        let need = kernel.entry.params_bytes;
        assert!(raw.params.len() == need, "{} takes {need} bytes, not {}", raw.entry, raw.params.len());
        call("start a kernel", || self.stream().context().bind_to_thread())?;
        // SAFETY: the caller; the context is the thread's now.
        unsafe { start(&kernel, stream.0.cast(), raw) }.map_err(|e| e.launching(raw.entry))
    }
}

/// # Safety
/// As [`Device::launch_on`]; this GPU's context is the thread's.
unsafe fn start(kernel: &Kernel, stream: CUstream, launch: &Raw<'_>) -> Result<(), CudaError> {
    let function = &kernel.function;
    if launch.shared_bytes > FREE_SHARED_BYTES {
        let attribute = CUfunction_attribute::CU_FUNC_ATTRIBUTE_MAX_DYNAMIC_SHARED_SIZE_BYTES;
        let bytes = launch.shared_bytes.cast_signed();
        call("give a kernel shared memory", || function.set_attribute(attribute, bytes))?;
    }
    let mut params = [ptr::from_ref(launch.params).cast::<c_void>().cast_mut()];
    let (grid, block) = ((launch.grid, 1, 1), (launch.block, 1, 1));
    call("start a kernel", || {
        // SAFETY: 1. the function's module lives as long as `kernel`.
        //         2. the entry takes one parameter of `params.len()` bytes: `launch_raw` compared it with the PTX; the
        //            driver copies them before it returns and writes nothing there.
        //         3. what the kernel follows: the caller.
        unsafe {
            result::launch_kernel(
                function.cu_function(),
                grid,
                block,
                launch.shared_bytes,
                stream,
                &mut params,
            )
        }
    })
}
