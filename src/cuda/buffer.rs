//! Memory on the GPU.

use bytemuck::Pod;
use cudarc::driver::{CudaSlice, DevicePtr};

use super::device::{Device, InUse};
use super::driver::{self, call};
use super::error::CudaError;

/// Where the parts of a buffer start: as far apart as the driver's own allocations.
const ALIGNMENT: usize = 256;

/// Bytes on the GPU, freed when dropped.
#[derive(Debug)]
pub struct Buffer {
    slice: CudaSlice<u8>,
    device: Device,
    /// After `slice`: what is counted is still held.
    _in_use: InUse,
}

impl Buffer {
    /// So many bytes, each 0xff: NaN in every float type. They are set in the order of the device's own stream, and so
    /// perhaps not yet when this returns.
    ///
    /// # Errors
    /// [`CudaError::OutOfMemory`], or what else the driver says.
    pub fn new(device: &Device, bytes: usize) -> Result<Self, CudaError> {
        // The driver gives no memory of no size.
        let bytes = bytes.max(1);
        let in_use = device.reserve(bytes as u64)?;
        match driver::allocate(device.stream(), bytes) {
            Ok(slice) => Ok(Self { slice, device: device.clone(), _in_use: in_use }),
            Err(error) => {
                drop(in_use);
                Err(device.out_of_memory(bytes as u64, error))
            }
        }
    }

    /// These values. They are copied when this returns.
    ///
    /// # Errors
    /// As [`Self::new`].
    pub fn of<T: Pod>(device: &Device, values: &[T]) -> Result<Self, CudaError> {
        let mut buffer = Self::new(device, size_of_val(values))?;
        buffer.write(0, values)?;
        Ok(buffer)
    }

    /// Puts values at a byte offset, after everything asked of the GPU before. They are copied when this returns.
    ///
    /// # Errors
    /// What the driver says.
    ///
    /// # Panics
    /// If it ends before the values do.
    #[track_caller]
    pub fn write<T: Pod>(&mut self, at: usize, values: &[T]) -> Result<(), CudaError> {
        self.write_parts(&[(at, bytemuck::cast_slice(values))])
    }

    /// Puts each part at its byte offset, as [`Self::write`] does.
    ///
    /// # Errors
    /// What the driver says.
    ///
    /// # Panics
    /// If it ends before a part does.
    #[track_caller]
    pub(super) fn write_parts(&mut self, parts: &[(usize, &[u8])]) -> Result<(), CudaError> {
        let (stream, len) = (self.device.stream(), self.slice.len());
        let mut copy = |&(at, bytes): &(usize, &[u8])| {
            assert!(at + bytes.len() <= len, "{} bytes at {at} of a buffer of {len}", bytes.len());
            let mut view = self.slice.slice_mut(at..at + bytes.len());
            call("copy to the GPU", || stream.memcpy_htod(bytes, &mut view))
        };
        let copied = parts.iter().filter(|(_, bytes)| !bytes.is_empty()).try_for_each(&mut copy);
        // A GPU that reads the host's memory by itself may still be about to, after a failure too.
        let done = call("copy to the GPU", || stream.synchronize());
        copied.and(done)
    }

    /// The values at a byte offset, after everything asked of the GPU before.
    ///
    /// # Errors
    /// What the driver says, of earlier work too.
    ///
    /// # Panics
    /// If it ends before the values do.
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

    /// Where it lies in the GPU's memory, a multiple of 256. Another stream than the device's own may touch it only as
    /// promise 3 of [`Device::launch_on`] says.
    pub fn address(&self) -> u64 {
        self.slice.device_ptr(self.device.stream()).0
    }
}

/// Byte offsets of parts of these sizes, back to back, and the size of all.
pub(super) fn offsets<const N: usize>(bytes: [usize; N]) -> ([usize; N], usize) {
    let mut end = 0;
    let starts = bytes.map(|bytes| {
        let start = end;
        end = (start + bytes).next_multiple_of(ALIGNMENT);
        start
    });
    (starts, end)
}

#[test]
fn parts_lie_back_to_back_and_aligned() {
    assert_eq!(offsets([3, 0, 256, 257, 1]), ([0, 256, 256, 512, 1024], 1280));
}
