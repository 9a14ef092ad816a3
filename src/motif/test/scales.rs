//! The scales of one shape's patterns.

use super::score::{RareMeans, Scale};
use crate::motif::pattern::LabelKey;
use crate::motif::replicate::{Need, NeedBySlot, PerfectHash, Slot, TrackedShape};

/// The scales of one shape's patterns, and the counts that they need to reach the lowest score compared.
pub(super) struct ShapeScales<'a> {
    by_slot: Vec<Scale>,
    need_by_slot: NeedBySlot,
    need_of_unknown: u32,
    rare: RareMeans<'a>,
}

impl<'a> ShapeScales<'a> {
    /// The scales of the patterns of a shape whose known ones are the common ones, with these means and variances.
    /// Patterns below the floor or `min_count` are never read.
    pub(super) fn new<L: LabelKey>(
        shape: &TrackedShape<L>,
        moments: impl Iterator<Item = (f64, f64)>,
        rare: RareMeans<'a>,
        (floor, min_count): (f64, u32),
    ) -> Self {
        let least = |scale: Scale| scale.least(floor).max(min_count);
        let slots = shape.hash.slots();
        let mut by_slot = vec![Scale::rare(0.0); slots];
        let mut need_by_slot = vec![u32::MAX; slots];
        for (slot, (mean, variance)) in shape.common.iter().zip(moments) {
            let scale = Scale::common(mean, variance);
            by_slot[slot.index()] = scale;
            need_by_slot[slot.index()] = least(scale);
        }
        let need_of_unknown = least(Scale::rare(0.0));
        Self { by_slot, need_by_slot: NeedBySlot::new(need_by_slot), need_of_unknown, rare }
    }

    /// The scale of a common pattern.
    pub(super) fn of_slot(&self, slot: Slot) -> Scale {
        self.by_slot[slot.index()]
    }

    /// The scale of a pattern that is not common.
    pub(super) fn of_unknown<L: LabelKey>(&self, key: L) -> Scale {
        self.rare.scale(key)
    }

    /// The scale of any pattern; `common` is the hash of the common ones.
    pub(super) fn of_key<L: LabelKey>(&self, common: &PerfectHash<L>, key: L) -> Scale {
        let slot = common.slot(key);
        if slot == common.unknown_slot() { self.of_unknown(key) } else { self.of_slot(slot) }
    }

    /// The counts below which no pattern has a score that is compared.
    pub(super) fn need(&self) -> Need<'_> {
        Need { by_slot: &self.need_by_slot, unknown: self.need_of_unknown }
    }
}
