//! Counts that patterns need to be read in detail.

/// Counts that a pattern needs to be read in detail.
pub(crate) struct Need<'a> {
    /// For each slot; `u32::MAX` for a pattern that is never read, and for an empty slot.
    pub(crate) by_slot: &'a NeedBySlot,
    /// For the unknown patterns; `u32::MAX`: they are never read.
    pub(crate) unknown: u32,
}

/// The count that the pattern of each slot needs to be read in detail.
pub(crate) struct NeedBySlot {
    pub(super) whole: Vec<u32>,
    /// The same, at most 255: a counter without overflows is at most that.
    pub(super) bytes: Vec<u8>,
}

impl NeedBySlot {
    /// The counts of these slots, each at least 1; a pattern that needs `u32::MAX` is never read.
    pub(crate) fn new(whole: Vec<u32>) -> Self {
        let byte = |&need: &u32| u8::try_from(need).unwrap_or(u8::MAX);
        Self { bytes: whole.iter().map(byte).collect(), whole }
    }
}
