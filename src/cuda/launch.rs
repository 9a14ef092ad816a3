//! Launching kernels.
//!
//! Unsafe code is here and in `driver.rs` only.
#![allow(unsafe_code, reason = "a kernel follows the addresses it is given")]

use std::ffi::c_void;
use std::ptr;

use cudarc::driver::result;
use cudarc::driver::sys::{CUfunction_attribute, CUstream};

use super::device::{Device, Kernel};
use super::driver::call;
use super::error::CudaError;

/// Shared memory that a block may have without asking for it.
const FREE_SHARED_BYTES: u32 = 48 * 1024;

/// One launch: an entry, its parameters and its shape.
#[derive(Debug, Clone)]
pub struct Launch<'a> {
    /// Name of the entry.
    pub entry: &'a str,
    /// Its one parameter, a struct of kernels/include/params.cuh.
    pub params: &'a [u8],
    /// Blocks. A launch of none does nothing.
    pub grid: u32,
    /// Threads a block.
    pub block: u32,
    /// Bytes of shared memory a block.
    pub shared_bytes: u32,
}

/// A caller's stream, a `CUstream` of the driver or `cudaStream_t` of the runtime; null is the default stream.
#[derive(Debug, Clone, Copy)]
pub struct RawStream(pub *mut c_void);

impl Device {
    /// Launches on the stream of a caller who owns the memory and the order of the work. It returns at once.
    ///
    /// # Errors
    /// [`CudaError::Unsupported`] if this GPU has no such entry, [`CudaError::Load`], [`CudaError::Launch`]. An error
    /// of the kernel itself comes with a later call.
    ///
    /// # Panics
    /// If `params` has not the size of the entry's parameters.
    ///
    /// # Safety
    /// 1. Every address in `params` that the entry follows lies in memory of this GPU, in its primary context, aligned
    ///    and at least as large as params.cuh says for the sizes in `params`.
    /// 2. Tables (offsets, columns, tiles, intervals, work items) hold what their builders in `attention::plan` make
    ///    for this very problem: the kernels do not check an index.
    /// 3. That memory lives, and nobody writes what the kernel reads or touches what it writes, until the work is done.
    /// 4. `grid`, `block` and `shared_bytes` are those of the plan.
    /// 5. `stream` is a stream of this GPU's primary context, and outlives the work.
    #[track_caller]
    pub unsafe fn launch_on(&self, stream: RawStream, launch: &Launch<'_>) -> Result<(), CudaError> {
        let kernel = self.kernel(launch.entry)?;
        let need = kernel.entry.params_bytes;
        assert!(
            launch.params.len() == need,
            "{} takes {need} bytes, not {}",
            launch.entry,
            launch.params.len()
        );
        if launch.grid == 0 {
            return Ok(());
        }
        call("start a kernel", || self.stream().context().bind_to_thread())?;
        // SAFETY: as the caller promises.
        unsafe { start(&kernel, stream.0.cast(), launch) }.map_err(|e| e.launching(launch.entry))
    }

    /// Launches after everything asked of this GPU before.
    ///
    /// # Safety
    /// 1 to 4 of [`Self::launch_on`].
    #[track_caller]
    pub(super) unsafe fn launch(&self, launch: &Launch<'_>) -> Result<(), CudaError> {
        // SAFETY: 1 to 4: the caller. 5: the stream is this device's own.
        unsafe { self.launch_on(RawStream(self.stream().cu_stream().cast()), launch) }
    }
}

/// # Safety
/// As [`Device::launch_on`]; this GPU's context is the thread's.
unsafe fn start(kernel: &Kernel, stream: CUstream, launch: &Launch<'_>) -> Result<(), CudaError> {
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
        //         2. the entry takes one parameter of `params.len()` bytes: `launch_on` compared it with the PTX; the
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
