//! Device memory of a launch.

use crate::library::Zeroed;

/// Permitted accesses of a kernel to a buffer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Access {
    /// A write ends the launch.
    ReadOnly,
    /// Reads and writes.
    Writable,
    /// Writes, and reads of what the launch has written; any other read is a finding.
    WritableUninitialised,
}

/// A buffer of a [`Memory`].
#[derive(Debug, Clone, Copy)]
pub struct Buffer {
    index: usize,
    address: u64,
}

impl Buffer {
    /// Address for a kernel's parameters; a multiple of 256, as on a device.
    pub fn address(self) -> u64 {
        self.address
    }
}

/// The buffers of a launch, far apart; the gaps between them are out of bounds.
#[derive(Debug, Default)]
pub struct Memory {
    pub(crate) held: Vec<Held>,
}

#[derive(Debug)]
pub(crate) struct Held {
    pub(crate) name: String,
    pub(crate) access: Access,
    pub(crate) offset: usize,
    pub(crate) len: usize,
    pub(crate) allocation: Zeroed,
}

/// Gap on both sides of a buffer.
const GAP_BYTES: usize = 64 << 10;
const ALIGNMENT: usize = 256;

impl Memory {
    /// No buffers.
    pub fn new() -> Memory {
        Memory::default()
    }

    /// A buffer that the kernel only reads.
    /// # Panics
    /// If the system cannot allocate it; as all but [`Memory::reserve`].
    #[track_caller]
    pub fn input(&mut self, name: &str, bytes: &[u8]) -> Buffer {
        self.filled(name, bytes, Access::ReadOnly)
    }

    /// A buffer with contents, which the kernel may overwrite.
    #[track_caller]
    pub fn in_out(&mut self, name: &str, bytes: &[u8]) -> Buffer {
        self.filled(name, bytes, Access::Writable)
    }

    /// A buffer for results, NaN in every type; reading it before it is written is a finding.
    #[track_caller]
    pub fn output(&mut self, name: &str, len: usize) -> Buffer {
        let buffer = self.reserved(name, len, Access::WritableUninitialised);
        self.bytes_mut(buffer).fill(0xff);
        buffer
    }

    /// A buffer of zeros that takes memory only where it is touched, for addresses past 2^31. None if the system
    /// cannot map it.
    pub fn reserve(&mut self, name: &str, len: usize, access: Access) -> Option<Buffer> {
        let allocation = Zeroed::new(len.checked_add(2 * GAP_BYTES + ALIGNMENT)?)?;
        let offset = (allocation.address() + GAP_BYTES).next_multiple_of(ALIGNMENT) - allocation.address();
        let buffer = Buffer { index: self.held.len(), address: (allocation.address() + offset) as u64 };
        self.held.push(Held { name: name.replace('\0', " "), access, offset, len, allocation });
        Some(buffer)
    }

    /// Contents of a buffer.
    /// # Panics
    /// If the buffer belongs to another [`Memory`].
    #[track_caller]
    pub fn bytes(&self, buffer: Buffer) -> &[u8] {
        let held = &self.held[buffer.index];
        &held.allocation.bytes()[held.offset..held.offset + held.len]
    }

    /// Contents of a buffer, to be changed by the host.
    #[track_caller]
    pub fn bytes_mut(&mut self, buffer: Buffer) -> &mut [u8] {
        let held = &mut self.held[buffer.index];
        &mut held.allocation.bytes_mut()[held.offset..held.offset + held.len]
    }

    #[track_caller]
    fn filled(&mut self, name: &str, bytes: &[u8], access: Access) -> Buffer {
        let buffer = self.reserved(name, bytes.len(), access);
        self.bytes_mut(buffer).copy_from_slice(bytes);
        buffer
    }

    #[track_caller]
    fn reserved(&mut self, name: &str, len: usize, access: Access) -> Buffer {
        match self.reserve(name, len, access) {
            Some(buffer) => buffer,
            None => panic!("cannot allocate the {len} bytes of {name}"),
        }
    }
}
