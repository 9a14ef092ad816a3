//! Memory on the GPU.

use bytemuck::Pod;
use cudarc::driver::DevicePtr;

use super::device::{CudaDevice, InUse};
use super::driver::call;
use super::error::CudaError;
use super::memory::{self, DeviceMemory};

/// Alignment of the parts of a buffer, bytes: that of the driver's own allocations.
const ALIGNMENT: usize = 256;

/// Bytes on the GPU, freed when dropped.
#[derive(Debug)]
pub struct DeviceBuffer {
    slice: DeviceMemory,
    device: CudaDevice,
    /// Dropped after `slice`, so that memory is counted as long as it is held.
    _in_use: InUse,
}

impl DeviceBuffer {
    /// A buffer of `bytes` bytes, each 0xff: NaN in every float type. The fill is enqueued on the device's stream and
    /// may run after this returns.
    ///
    /// # Errors
    /// [`CudaError::OutOfMemory`], or another error of the driver.
    pub fn new(device: &CudaDevice, bytes: usize) -> Result<Self, CudaError> {
        // The driver refuses an allocation of size 0.
        let bytes = bytes.max(1);
        let in_use = device.reserve(bytes as u64)?;
        match memory::allocate(device.stream(), bytes) {
            Ok(slice) => Ok(Self { slice, device: device.clone(), _in_use: in_use }),
            Err(error) => {
                drop(in_use);
                Err(device.out_of_memory(bytes as u64, error))
            }
        }
    }

    /// A buffer with these values; the copy is complete when this returns.
    ///
    /// # Errors
    /// As [`Self::new`].
    pub fn of<T: Pod>(device: &CudaDevice, values: &[T]) -> Result<Self, CudaError> {
        let mut buffer = Self::new(device, size_of_val(values))?;
        buffer.write(0, values)?;
        Ok(buffer)
    }

    /// Writes values at a byte offset, after all earlier work of the GPU. The copy is complete when this returns.
    ///
    /// # Errors
    /// An error of the driver.
    ///
    /// # Panics
    /// If the values do not fit into the buffer.
    #[track_caller]
    pub fn write<T: Pod>(&mut self, at: usize, values: &[T]) -> Result<(), CudaError> {
        self.write_parts(&[(at, bytemuck::cast_slice(values))])
    }

    /// Writes each part at its byte offset, as [`Self::write`].
    ///
    /// # Errors
    /// An error of the driver.
    ///
    /// # Panics
    /// If a part does not fit into the buffer.
    #[track_caller]
    pub(super) fn write_parts(&mut self, parts: &[(usize, &[u8])]) -> Result<(), CudaError> {
        let (stream, len) = (self.device.stream(), self.slice.len());
        let mut copy = |&(at, bytes): &(usize, &[u8])| {
            assert!(at + bytes.len() <= len, "{} bytes at {at} of a buffer of {len}", bytes.len());
            let mut view = self.slice.slice_mut(at..at + bytes.len());
            call("copy to the GPU", || stream.memcpy_htod(bytes, &mut view))
        };
        let copied = parts.iter().filter(|(_, bytes)| !bytes.is_empty()).try_for_each(&mut copy);
        // The GPU may read host memory directly and asynchronously: wait even after a failure, before `bytes` can
        // change.
        let done = call("copy to the GPU", || stream.synchronize());
        copied.and(done)
    }

    /// Reads values at a byte offset, after all earlier work of the GPU.
    ///
    /// # Errors
    /// An error of the driver, possibly of earlier work.
    ///
    /// # Panics
    /// If the buffer ends before the values.
    #[track_caller]
    pub fn read<T: Pod>(&self, at: usize, values: &mut [T]) -> Result<(), CudaError> {
        let bytes: &mut [u8] = bytemuck::cast_slice_mut(values);
        let (stream, len) = (self.device.stream(), self.slice.len());
        assert!(at + bytes.len() <= len, "{} bytes at {at} of a buffer of {len}", bytes.len());
        if !bytes.is_empty() {
            let view = self.slice.slice(at..at + bytes.len());
            call("copy from the GPU", || stream.memcpy_dtoh(&view, bytes))?;
        }
        call("copy from the GPU", || stream.synchronize())
    }

    /// Address in GPU memory, a multiple of 256. A stream other than the device's may access it only as requirement
    /// 3 of [`CudaDevice::launch_on`] allows.
    pub fn address(&self) -> u64 {
        self.slice.device_ptr(self.device.stream()).0
    }
}

/// Byte offsets of contiguous, aligned parts of these sizes, and their total size.
pub(super) fn aligned_offsets<const N: usize>(bytes: [usize; N]) -> ([usize; N], usize) {
    let mut end = 0;
    let starts = bytes.map(|bytes| {
        let start = end;
        end = (start + bytes).next_multiple_of(ALIGNMENT);
        start
    });
    (starts, end)
}

#[test]
fn parts_are_contiguous_and_aligned() {
    assert_eq!(aligned_offsets([3, 0, 256, 257, 1]), ([0, 256, 256, 512, 1024], 1280));
}
