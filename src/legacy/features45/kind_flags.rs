//! Node features 0 to 7: flags by the kind of the event.

use super::columns::FeatureSpec;
use super::keywords::Keyword::*;
use super::keywords::{Keyword, Keywords};

/// A flag, set by any of its keywords in the kind, the original type or the phase.
struct Flag {
    kind: &'static [Keyword],
    original_type: &'static [Keyword],
    phase: &'static [Keyword],
}

/// The features of this file.
pub(super) const INFO: [FeatureSpec; 8] = [
    (
        "fvg_redelivery",
        "",
        "1 if kind contains fvg_redelivery, fvg_formation, fair_value_gap or fpfvg, or original_type fpfvg, premium or discount",
    ),
    (
        "expansion",
        "",
        "1 if semantic_context.phase contains expansion, or kind trending or impulse; the kind expansion does not set it",
    ),
    (
        "consolidation",
        "",
        "1 if semantic_context.phase contains consolidation, or kind ranging or sideways; the kind consolidation does not set it",
    ),
    ("retracement", "", "1 if kind contains retracement, pullback, correction or retrace"),
    ("reversal", "", "1 if kind contains reversal, structure_shift, mss or change_of_character"),
    ("liq_sweep", "", "1 if kind contains sweep or stop_hunt, or original_type sweep or liquidity"),
    ("pd_array", "", "1 if kind contains premium, discount, pd_array or equilibrium"),
    ("reserved", "", "constant 0"),
];

const FLAGS: [Flag; 7] = [
    Flag {
        kind: &[FvgRedelivery, FvgFormation, FairValueGap, Fpfvg],
        original_type: &[Fpfvg, Premium, Discount],
        phase: &[],
    },
    Flag { kind: &[Trending, Impulse], original_type: &[], phase: &[Expansion] },
    Flag { kind: &[Ranging, Sideways], original_type: &[], phase: &[Consolidation] },
    Flag { kind: &[Retracement, Pullback, Correction, Retrace], original_type: &[], phase: &[] },
    Flag { kind: &[Reversal, StructureShift, Mss, ChangeOfCharacter], original_type: &[], phase: &[] },
    Flag { kind: &[Sweep, StopHunt], original_type: &[Sweep, Liquidity], phase: &[] },
    Flag { kind: &[Premium, Discount, PdArray, Equilibrium], original_type: &[], phase: &[] },
];

/// The flags of an event.
pub(super) fn flags(kind: Keywords, original_type: Keywords, phase: Keywords) -> [f64; 8] {
    let mut values = [0.0; 8];
    for (value, flag) in values.iter_mut().zip(&FLAGS) {
        let set = kind.any(flag.kind) || original_type.any(flag.original_type) || phase.any(flag.phase);
        *value = f64::from(u8::from(set));
    }
    values
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Indices of the flags that are set.
    fn set(kind: &str, original_type: &str, phase: &str) -> Vec<usize> {
        let flags = flags(Keywords::of(kind), Keywords::of(original_type), Keywords::of(phase));
        (0..8).filter(|&f| flags[f] == 1.0).collect()
    }

    #[test]
    fn a_keyword_sets_its_flag_anywhere_in_the_text() {
        assert_eq!(set("FPFVG_redelivery", "", ""), [0]);
        assert_eq!(set("x", "ny_fpfvg_formation_premium", ""), [0]);
        assert_eq!(set("trending", "", ""), [1]);
        assert_eq!(set("", "", "late expansion"), [1]);
        assert_eq!(set("sideways", "", "consolidation"), [2]);
        assert_eq!(set("retrace", "", ""), [3]);
        assert_eq!(set("structure_shift", "", ""), [4]);
        assert_eq!(set("liquidity_sweep", "", ""), [5]);
        assert_eq!(set("", "liquidity_grab", ""), [5]);
        assert_eq!(set("premium_array", "", ""), [6]);
    }

    #[test]
    fn keywords_of_another_column_set_no_flag() {
        assert_eq!(set("expansion", "expansion", ""), [0_usize; 0]);
        assert_eq!(set("consolidation", "", ""), [0_usize; 0]);
        assert_eq!(set("liquidity", "", "sweep"), [0_usize; 0]);
        assert_eq!(set("", "", ""), [0_usize; 0]);
    }
}
