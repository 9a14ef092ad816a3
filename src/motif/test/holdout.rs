//! The held-out units (sessions, or parts of a single one), which confirm the patterns found in the others.

use crate::motif::HoldoutBy;
use crate::philox::Philox;

/// Philox fork of the choice; the nulls use others.
const PURPOSE: u32 = 0x686F;
/// Number of random lots: odd, so that the median is one of them.
pub(in crate::motif) const LOTS: usize = 11;

/// The divisions of the units into those in which patterns are found and those held out.
pub(in crate::motif) struct Lots {
    /// For each lot and unit, whether the unit is held out.
    pub(super) held_out: Vec<Vec<bool>>,
}

impl Lots {
    /// The lots of `units` units, at least two, which are in the order of time; `share` of them, rounded, is held out
    /// in each lot, at least one and not all: at random, or the latest ones.
    pub(in crate::motif) fn new(units: usize, share: f64, by: HoldoutBy, seed: u64) -> Self {
        let wanted = ((share * units as f64).round() as usize).clamp(1, units - 1);
        let held_out = match by {
            HoldoutBy::Lot => (0..LOTS as u32).map(|lot| random(units, wanted, seed, lot)).collect(),
            HoldoutBy::Time => vec![(0..units).map(|unit| unit >= units - wanted).collect()],
        };
        Self { held_out }
    }

    /// Number of lots.
    pub(super) fn len(&self) -> usize {
        self.held_out.len()
    }

    /// The p-value of a pattern from those of all lots: twice their median, which bounds the chance of an error under
    /// any dependence between lots; of a single lot its own. Source: Meinshausen, Meier and Bühlmann, "p-values for
    /// high-dimensional regression" (JASA 104:1671, 2009).
    pub(super) fn combine(&self, p_values: &mut [f64]) -> f64 {
        p_values.sort_unstable_by(f64::total_cmp);
        if p_values.len() == 1 { p_values[0] } else { (2.0 * p_values[p_values.len() / 2]).min(1.0) }
    }
}

/// `wanted` of the units, every choice equally likely.
fn random(units: usize, wanted: usize, seed: u64, lot: u32) -> Vec<bool> {
    let mut stream = Philox::new(seed).fork(PURPOSE).stream(lot, 0);
    let mut left = wanted;
    // selection sampling: a unit is chosen with probability (still wanted) / (still to come)
    let mut choose = |unit: usize| {
        let chosen = (stream.below((units - unit) as u32) as usize) < left;
        left -= usize::from(chosen);
        chosen
    };
    (0..units).map(&mut choose).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_share_is_kept_and_every_unit_is_held_out_equally_often() {
        let count = |units, share, seed| {
            let lots = Lots::new(units, share, HoldoutBy::Lot, seed);
            assert_eq!(lots.len(), LOTS);
            let counts: Vec<usize> =
                lots.held_out.iter().map(|lot| lot.iter().filter(|&&held_out| held_out).count()).collect();
            assert!(counts.iter().all(|&n| n == counts[0]));
            counts[0]
        };
        assert_eq!(
            [count(2, 0.9, 1), count(2, 0.01, 1), count(45, 0.5, 1), count(10, 0.3, 2)],
            [1, 1, 23, 3]
        );
        let mut often = [0_u32; 9];
        for seed in 0..300 {
            for lot in Lots::new(9, 0.34, HoldoutBy::Lot, seed).held_out {
                lot.iter().zip(&mut often).for_each(|(&held_out, n)| *n += u32::from(held_out));
            }
        }
        // a third of 3300, standard deviation 27
        assert!(often.iter().all(|n| n.abs_diff(1100) < 140), "{often:?}");
    }

    #[test]
    fn by_time_the_latest_units_are_held_out_and_p_values_combine_to_twice_the_median() {
        let by_time = Lots::new(5, 0.5, HoldoutBy::Time, 7);
        assert_eq!(by_time.held_out, [[false, false, true, true, true]]);
        assert_eq!(by_time.combine(&mut [0.04]), 0.04);
        let lots = Lots::new(5, 0.5, HoldoutBy::Lot, 7);
        let mut p_values = [1.0, 0.01, 0.02, 1.0, 0.03, 0.01, 0.02, 1.0, 0.9, 0.02, 1.0];
        assert_eq!(lots.combine(&mut p_values), 0.06);
        assert_eq!(lots.combine(&mut [0.9; 11]), 1.0);
    }
}
