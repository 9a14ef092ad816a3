//! Device memory, as the emulator knows it.

use crate::library::Zeroed;

/// What a kernel may do with a buffer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Access {
    /// A write ends the launch.
    ReadOnly,
    /// What stands in it may be read.
    Writable,
    /// Reading what no thread of the launch has written is a finding.
    WritableUninitialised,
}

/// A buffer of a [`Memory`].
#[derive(Debug, Clone, Copy)]
pub struct Buffer {
    index: usize,
    address: u64,
}

impl Buffer {
    /// What a kernel's parameters hold. A multiple of 256, as on a device.
    pub fn address(self) -> u64 {
        self.address
    }
}

/// The buffers of a launch, far apart: what lies between them is out of bounds.
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
    pub(crate) room: Zeroed,
}

/// Left free on both sides of a buffer.
const GAP_BYTES: usize = 64 << 10;
const ALIGNMENT: usize = 256;

impl Memory {
    /// No buffers.
    pub fn new() -> Memory {
        Memory::default()
    }

    /// A buffer that the kernel only reads.
    /// # Panics
    /// If the system has no room for it; so for all but [`Memory::reserve`].
    #[track_caller]
    pub fn input(&mut self, name: &str, bytes: &[u8]) -> Buffer {
        self.filled(name, bytes, Access::ReadOnly)
    }

    /// A buffer with contents that the kernel may replace.
    #[track_caller]
    pub fn in_out(&mut self, name: &str, bytes: &[u8]) -> Buffer {
        self.filled(name, bytes, Access::Writable)
    }

    /// A buffer for results: NaN in every type, and not to be read before it is written.
    #[track_caller]
    pub fn output(&mut self, name: &str, len: usize) -> Buffer {
        let buffer = self.reserved(name, len, Access::WritableUninitialised);
        self.bytes_mut(buffer).fill(0xff);
        buffer
    }

    /// A buffer of zeros that takes up room only where it is touched: for addresses past 2^31. None if the system does
    /// not lend so much.
    pub fn reserve(&mut self, name: &str, len: usize, access: Access) -> Option<Buffer> {
        let room = Zeroed::new(len.checked_add(2 * GAP_BYTES + ALIGNMENT)?)?;
        let offset = (room.address() + GAP_BYTES).next_multiple_of(ALIGNMENT) - room.address();
        let buffer = Buffer { index: self.held.len(), address: (room.address() + offset) as u64 };
        self.held.push(Held { name: name.replace('\0', " "), access, offset, len, room });
        Some(buffer)
    }

    /// What a buffer holds.
    /// # Panics
    /// If the buffer is of another memory.
    #[track_caller]
    pub fn bytes(&self, buffer: Buffer) -> &[u8] {
        let held = &self.held[buffer.index];
        &held.room.bytes()[held.offset..held.offset + held.len]
    }

    /// The same, to change it from the host.
    #[track_caller]
    pub fn bytes_mut(&mut self, buffer: Buffer) -> &mut [u8] {
        let held = &mut self.held[buffer.index];
        &mut held.room.bytes_mut()[held.offset..held.offset + held.len]
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
            None => panic!("no room for the {len} bytes of {name}"),
        }
    }
}
