//! Memory on the GPU.

use bytemuck::Pod;
use cudarc::driver::{CudaSlice, DevicePtr};

use super::device::{Device, InUse};
use super::driver::{self, call};
use super::error::CudaError;

/// Bytes on the GPU, freed when dropped.
#[derive(Debug)]
pub struct Buffer {
    slice: CudaSlice<u8>,
    device: Device,
    /// After `slice`: what is counted is still held.
    _in_use: InUse,
}

impl Buffer {
    /// So many bytes, each 0xff: NaN in every float type.
    ///
    /// # Errors
    /// [`CudaError::OutOfMemory`].
    pub fn new(device: &Device, bytes: usize) -> Result<Self, CudaError> {
        // The driver gives no memory of no size.
        let bytes = bytes.max(1);
        device.check_memory(bytes as u64)?;
        let slice = driver::allocate(device.stream(), bytes);
        let slice = slice.map_err(|error| device.out_of_memory(bytes as u64, error))?;
        Ok(Self { slice, device: device.clone(), _in_use: device.count(bytes as u64) })
    }

    /// These values.
    ///
    /// # Errors
    /// [`CudaError::OutOfMemory`].
    pub fn of<T: Pod>(device: &Device, values: &[T]) -> Result<Self, CudaError> {
        let mut buffer = Self::new(device, size_of_val(values))?;
        buffer.write(values)?;
        Ok(buffer)
    }

    /// Puts values at its start, after everything asked of the GPU before. They are copied when this returns.
    ///
    /// # Errors
    /// What the driver says.
    ///
    /// # Panics
    /// If there are more values than it holds.
    #[track_caller]
    pub fn write<T: Pod>(&mut self, values: &[T]) -> Result<(), CudaError> {
        let bytes: &[u8] = bytemuck::cast_slice(values);
        assert!(
            bytes.len() <= self.slice.len(),
            "{} bytes into a buffer of {}",
            bytes.len(),
            self.slice.len()
        );
        if bytes.is_empty() {
            return Ok(());
        }
        let stream = self.device.stream();
        call("copy to the GPU", || stream.memcpy_htod(bytes, &mut self.slice))?;
        // A GPU that reads the host's memory by itself may still be about to.
        call("copy to the GPU", || stream.synchronize())
    }

    /// The values at its start, after everything asked of the GPU before.
    ///
    /// # Errors
    /// What the driver says, of earlier work too.
    ///
    /// # Panics
    /// If there are more values than it holds.
    #[track_caller]
    pub fn read<T: Pod>(&self, values: &mut [T]) -> Result<(), CudaError> {
        let bytes: &mut [u8] = bytemuck::cast_slice_mut(values);
        let stream = self.device.stream();
        assert!(bytes.len() <= self.slice.len(), "{} bytes of a buffer of {}", bytes.len(), self.slice.len());
        if !bytes.is_empty() {
            let view = self.slice.slice(..bytes.len());
            call("copy from the GPU", || stream.memcpy_dtoh(&view, bytes))?;
        }
        call("copy from the GPU", || stream.synchronize())
    }

    /// Where it lies in the GPU's memory, a multiple of 256.
    pub fn address(&self) -> u64 {
        self.slice.device_ptr(self.device.stream()).0
    }
}
