//! Features 0 to 7: what kind of event it is.

use super::Described;
use super::words::Word::*;
use super::words::{Word, Words};

/// A flag: the words of the kind, of the original type and of the phase, any of which sets it.
struct Flag {
    kind: &'static [Word],
    original: &'static [Word],
    phase: &'static [Word],
}

/// Features of this file.
pub(super) const INFO: [Described; 8] = [
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
        original: &[Fpfvg, Premium, Discount],
        phase: &[],
    },
    Flag { kind: &[Trending, Impulse], original: &[], phase: &[Expansion] },
    Flag { kind: &[Ranging, Sideways], original: &[], phase: &[Consolidation] },
    Flag { kind: &[Retracement, Pullback, Correction, Retrace], original: &[], phase: &[] },
    Flag { kind: &[Reversal, StructureShift, Mss, ChangeOfCharacter], original: &[], phase: &[] },
    Flag { kind: &[Sweep, StopHunt], original: &[Sweep, Liquidity], phase: &[] },
    Flag { kind: &[Premium, Discount, PdArray, Equilibrium], original: &[], phase: &[] },
];

/// The flags of an event.
pub(super) fn flags(kind: Words, original: Words, phase: Words) -> [f64; 8] {
    let mut values = [0.0; 8];
    for (value, flag) in values.iter_mut().zip(&FLAGS) {
        let set = kind.any(flag.kind) || original.any(flag.original) || phase.any(flag.phase);
        *value = f64::from(u8::from(set));
    }
    values
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The numbers of the flags that are set.
    fn set(kind: &str, original: &str, phase: &str) -> Vec<usize> {
        let flags = flags(Words::of(kind), Words::of(original), Words::of(phase));
        (0..8).filter(|&f| flags[f] == 1.0).collect()
    }

    #[test]
    fn words_set_flags_wherever_they_stand() {
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
    fn words_of_another_column_set_nothing() {
        assert_eq!(set("expansion", "expansion", ""), [0_usize; 0]);
        assert_eq!(set("consolidation", "", ""), [0_usize; 0]);
        assert_eq!(set("liquidity", "", "sweep"), [0_usize; 0]);
        assert_eq!(set("", "", ""), [0_usize; 0]);
    }
}
