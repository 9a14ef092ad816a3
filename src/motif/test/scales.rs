//! The scales of one shape's patterns.

use super::moments::MomentSums;
use super::score::{RareMeans, Scale};
use crate::motif::pattern::{LabelKey, digits};
use crate::motif::replicate::{Need, NeedBySlot, Slot, TrackedShape};

/// The scales of one shape's patterns, and the counts that they need to reach the lowest score compared.
pub(super) struct ShapeScales<'a> {
    by_slot: Vec<Scale>,
    need_by_slot: NeedBySlot,
    need_of_unknown: u32,
    rare: RareMeans<'a>,
}

impl<'a> ShapeScales<'a> {
    /// The scales of a shape's patterns from the sums of their counts in the calibration. Patterns below the floor or
    /// `min_count` are never read.
    pub(super) fn new<L: LabelKey>(
        shape: &TrackedShape<L>,
        sums: &MomentSums,
        calibration: u32,
        rare: RareMeans<'a>,
        (floor, min_count): (f64, u32),
        (label_bits, k): (u32, usize),
    ) -> Self {
        let slots = shape.hash.slots();
        let mut by_slot = vec![Scale::rare(0.0); slots];
        let mut need_by_slot = vec![u32::MAX; slots];
        for &key in &shape.keys {
            by_slot[shape.hash.slot(key).index()] = rare_scale(&rare, key, label_bits, k);
        }
        for slot in &shape.common {
            let (mean, variance) = sums.moments(slot.index(), calibration);
            by_slot[slot.index()] = Scale::common(mean, variance);
        }
        for &key in &shape.keys {
            let slot = shape.hash.slot(key).index();
            need_by_slot[slot] = by_slot[slot].least(floor).max(min_count);
        }
        let need_of_unknown = Scale::rare(0.0).least(floor).max(min_count);
        Self { by_slot, need_by_slot: NeedBySlot::new(need_by_slot), need_of_unknown, rare }
    }

    /// The scale of a known pattern.
    pub(super) fn of_slot(&self, slot: Slot) -> Scale {
        self.by_slot[slot.index()]
    }

    /// The scale of an unknown pattern of `k` events.
    pub(super) fn of_unknown<L: LabelKey>(&self, key: L, label_bits: u32, k: usize) -> Scale {
        rare_scale(&self.rare, key, label_bits, k)
    }

    /// The counts below which no pattern has a score that is compared.
    pub(super) fn need(&self) -> Need<'_> {
        Need { by_slot: &self.need_by_slot, unknown: self.need_of_unknown }
    }
}

fn rare_scale<L: LabelKey>(rare: &RareMeans<'_>, key: L, label_bits: u32, k: usize) -> Scale {
    rare.scale(digits(key, 1 << label_bits, k)[..k].iter().map(|label| label.index()))
}
