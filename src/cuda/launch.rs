//! Launches of kernels, on the device's stream or a caller's.
//!
//! Unsafe code is here, in `driver.rs`, `memory.rs` and `resident.rs` only.
#![allow(unsafe_code, reason = "a kernel dereferences the addresses it is given")]

use std::ffi::c_void;
use std::ptr;

use cudarc::driver::result;
use cudarc::driver::sys::{CUfunction_attribute, CUstream};

use super::device::{CudaDevice, LoadedKernel};
use super::driver::call;
use super::error::CudaError;
use crate::attention::lowering::Launch;

/// Largest dynamic shared memory per block, bytes, that needs no function attribute.
const DEFAULT_SHARED_BYTES: u32 = 48 * 1024;

/// A caller's stream: a `CUstream` of the driver or a `cudaStream_t` of the runtime; null is the default stream.
#[derive(Debug, Clone, Copy)]
pub struct RawStream(pub *mut c_void);

/// An entry with its parameter and launch shape.
#[derive(Debug, Clone, Copy)]
pub(super) struct RawLaunch<'a> {
    pub(super) entry: &'a str,
    /// Its one parameter: a struct of kernels/include/params.cuh.
    pub(super) params: &'a [u8],
    /// Number of blocks; a launch of 0 blocks does nothing.
    pub(super) grid: u32,
    /// Threads per block.
    pub(super) block: u32,
    pub(super) shared_bytes: u32,
}

impl CudaDevice {
    /// Launches attention on a caller's stream and memory. It does not wait; ordering is the caller's task.
    ///
    /// `launch` is the result of [`KernelArgs::launch`](crate::attention::lowering::KernelArgs::launch) for the
    /// caller's addresses.
    ///
    /// # Errors
    /// [`CudaError::Unsupported`] if there is no such entry for this GPU, [`CudaError::Load`],
    /// [`CudaError::Launch`]. An error of the kernel itself is returned by a later call.
    ///
    /// # Safety
    /// 1. Every address in `launch.params` is in memory of this GPU, in its primary context, 16-byte aligned, and the
    ///    data there is at least as large as `AttentionParams` documents; an address may be 0 where documented.
    /// 2. The tables there are byte for byte those of the [`Plan`](crate::attention::Plan) that `launch` was made with:
    ///    the kernels check no index.
    /// 3. From when the work may start until it is finished, that memory stays allocated, nothing else writes what
    ///    the kernel reads, and nothing else accesses what it writes (`out`, `lse`). That includes this device's own
    ///    stream, on which a [`DeviceBuffer`](super::DeviceBuffer) is allocated, filled, used and freed, and with which
    ///    no other stream is ordered: call [`Self::synchronize`] before such a buffer is given to another stream, and
    ///    wait for that stream before the buffer is used here again or dropped.
    /// 4. `launch` is unchanged since `KernelArgs::launch` returned it.
    /// 5. `stream` is a stream of this GPU's primary context, and exists until the work is finished.
    pub unsafe fn launch_on(&self, stream: RawStream, launch: &Launch) -> Result<(), CudaError> {
        let &Launch { grid, block, shared_bytes, .. } = launch;
        let params = bytemuck::bytes_of(&launch.params);
        let raw = RawLaunch { entry: &launch.entry, params, grid, block, shared_bytes };
        // SAFETY: 1 to 5: the caller.
        unsafe { self.launch_raw(stream, &raw) }
    }

    /// Launches on the device's stream, after all earlier work of this GPU.
    ///
    /// # Safety
    /// 1 to 4 of [`Self::launch_on`].
    pub(super) unsafe fn launch(&self, raw: &RawLaunch<'_>) -> Result<(), CudaError> {
        // SAFETY: 1 to 4: the caller. 5: the stream is this device's own.
        unsafe { self.launch_raw(RawStream(self.stream().cu_stream().cast()), raw) }
    }

    /// # Safety
    /// As [`Self::launch_on`].
    unsafe fn launch_raw(&self, stream: RawStream, raw: &RawLaunch<'_>) -> Result<(), CudaError> {
        if raw.grid == 0 {
            return Ok(());
        }
        let kernel = self.kernel(raw.entry)?;
        let need = kernel.entry.params_bytes;
        assert!(raw.params.len() == need, "{} takes {need} bytes, not {}", raw.entry, raw.params.len());
        call("start a kernel", || self.stream().context().bind_to_thread())?;
        // SAFETY: 1 to 5: the caller. The line above made the context current on this thread.
        unsafe { start(&kernel, stream.0.cast(), raw) }.map_err(|e| e.into_launch_error(raw.entry))
    }
}

/// # Safety
/// As [`CudaDevice::launch_on`]; this GPU's context is current on the thread.
unsafe fn start(kernel: &LoadedKernel, stream: CUstream, launch: &RawLaunch<'_>) -> Result<(), CudaError> {
    let function = &kernel.function;
    if launch.shared_bytes > DEFAULT_SHARED_BYTES {
        let attribute = CUfunction_attribute::CU_FUNC_ATTRIBUTE_MAX_DYNAMIC_SHARED_SIZE_BYTES;
        let bytes = launch.shared_bytes.cast_signed();
        call("set the shared memory of a kernel", || function.set_attribute(attribute, bytes))?;
    }
    let mut params = [ptr::from_ref(launch.params).cast::<c_void>().cast_mut()];
    let (grid, block) = ((launch.grid, 1, 1), (launch.block, 1, 1));
    call("start a kernel", || {
        // SAFETY: 1. the function's module lives as long as `kernel`.
        //         2. the entry takes one parameter of `params.len()` bytes: `launch_raw` compared it with the PTX; the
        //            driver copies them before it returns and writes nothing there.
        //         3. the addresses that the kernel dereferences: the caller.
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
