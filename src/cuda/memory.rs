//! Memory on the GPU: allocation, with a second attempt after freed memory is reclaimed, and release.
//!
//! Unsafe code is here, in `driver.rs`, `launch.rs` and `resident.rs` only.
#![allow(unsafe_code, reason = "calls into the CUDA driver")]

use std::mem::ManuallyDrop;
use std::ops::{Deref, DerefMut};
use std::sync::Arc;

use cudarc::driver::{CudaSlice, CudaStream, DevicePtrMut, result};

use super::driver::{call, lacks_memory};
use super::error::CudaError;

/// Memory on the GPU, freed when dropped, by any thread: in the order of the stream, which needs no current context
/// unless the stream is the default one (cuMemFreeAsync in cuda.h); without memory pools the context is made
/// current.
///
/// `CudaSlice` alone would store an error of the release in its context, and an unrelated later call would report it.
/// After a fatal error nothing is freed: the memory is released with the process.
#[derive(Debug)]
pub(super) struct DeviceMemory(ManuallyDrop<CudaSlice<u8>>);

impl Deref for DeviceMemory {
    type Target = CudaSlice<u8>;

    fn deref(&self) -> &CudaSlice<u8> {
        &self.0
    }
}

impl DerefMut for DeviceMemory {
    fn deref_mut(&mut self) -> &mut CudaSlice<u8> {
        &mut self.0
    }
}

impl Drop for DeviceMemory {
    fn drop(&mut self) {
        // SAFETY: it is taken only here, and never accessed afterwards.
        let slice = unsafe { ManuallyDrop::take(&mut self.0) };
        let stream = Arc::clone(slice.stream());
        let address = slice.leak();
        let freed = call("free memory", || {
            if stream.context().has_async_alloc() {
                // SAFETY: the address is that of the allocation, on its own stream, and nothing else frees it.
                return unsafe { result::free_async(address, stream.cu_stream()) };
            }
            stream.context().bind_to_thread()?;
            stream.synchronize()?;
            // SAFETY: as above; all work on the memory is finished.
            unsafe { result::free_sync(address) }
        });
        // A drop cannot return an error; if it was fatal, the next call returns it.
        drop(freed);
    }
}

/// Allocates `bytes` bytes, each 0xff: NaN in every float type, so that what no kernel wrote cannot look like a
/// result.
pub(super) fn allocate(stream: &Arc<CudaStream>, bytes: usize) -> Result<DeviceMemory, CudaError> {
    let allocate = || {
        call("allocate memory", || {
            // SAFETY: the memory is set before anything can read it, in the order of the stream; u8 has no invalid
            // value.
            let mut slice = unsafe { stream.alloc::<u8>(bytes) }?;
            let (address, order) = slice.device_ptr_mut(stream);
            // SAFETY: the range is that of the allocation above, on the same stream.
            unsafe { result::memset_d8_async(address, 0xff, bytes, stream.cu_stream()) }?;
            drop(order);
            Ok(DeviceMemory(ManuallyDrop::new(slice)))
        })
    };
    allocate().or_else(|error| {
        if !lacks_memory(&error) {
            return Err(error);
        }
        reclaim(stream)?;
        allocate()
    })
}

/// Waits for the stream, and makes the driver reclaim the memory that was freed on it. Until then that memory stays
/// in a pool, and `cuMemGetInfo` counts it as used. Waiting alone suffices for a pool with the default release
/// threshold (CU_MEMPOOL_ATTR_RELEASE_THRESHOLD in cuda.h), but other code in the process may have raised it.
pub(super) fn reclaim(stream: &CudaStream) -> Result<(), CudaError> {
    call("finish its work", || stream.synchronize())?;
    let context = stream.context();
    if !context.has_async_alloc() {
        return Ok(());
    }
    call("reclaim memory", || {
        // SAFETY: the device and its pool come from the driver; trimming releases only unused memory.
        unsafe { result::mem_pool::trim_to(result::device::get_mem_pool(context.cu_device())?, 0) }
    })
}
