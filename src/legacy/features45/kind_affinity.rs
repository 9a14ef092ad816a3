//! Affinity of two kinds of event.

use super::keywords::Keyword::*;
use super::keywords::{Keyword, Keywords};

/// Pairs of kinds with their affinity, in order of precedence. A pair matches in either order.
const PAIRS: [(Keyword, Keyword, f64); 23] = [
    (LiquiditySweep, FvgRedelivery, 0.95),
    (LiquiditySweep, Reversal, 0.9),
    (LiquiditySweep, StructureShift, 0.9),
    (Sweep, FvgRedelivery, 0.9),
    (LiqSweep, Reversal, 0.85),
    (FvgFormation, FvgRedelivery, 0.95),
    (FvgRedelivery, Reversal, 0.8),
    (Fpfvg, Premium, 0.85),
    (Fpfvg, Discount, 0.85),
    (ExpansionPhase, Consolidation, 0.8),
    (Consolidation, ExpansionPhase, 0.75),
    (Expansion, Retracement, 0.7),
    (Retracement, Reversal, 0.8),
    (Premium, Discount, 0.6),
    (Premium, Equilibrium, 0.7),
    (Discount, Equilibrium, 0.7),
    (PdArray, LiquiditySweep, 0.8),
    (OrderBlock, LiquiditySweep, 0.85),
    (OrderBlock, FvgFormation, 0.8),
    (Structure, Liquidity, 0.75),
    (Mss, LiquiditySweep, 0.9),
    (ChangeOfCharacter, Reversal, 0.85),
    (StructureShift, FvgRedelivery, 0.8),
];
/// Factor of a pair's affinity for kinds that only contain its keywords.
const CONTAINED: f64 = 0.9;

/// Keywords of kinds that start a move.
const PRIMARY: [Keyword; 7] =
    [LiquiditySweep, FvgRedelivery, ExpansionPhase, Fpfvg, Premium, Discount, OrderBlock];
/// Keywords of kinds that follow a move.
const SECONDARY: [Keyword; 5] = [Consolidation, Retracement, Reversal, Mss, StructureShift];
/// Keywords of kinds that drive a move.
const DRIVING: [Keyword; 4] = [Sweep, Liquidity, Momentum, Impulse];
/// Affinity of kinds that no pair and no class matches.
const UNRELATED: f64 = 0.3;

/// Affinity of two kinds: that of the pair that they equal, in this order or else in the other; else 0.9 times that
/// of the first pair of which each contains one keyword; else by classes; else 0.3.
pub(super) fn kind_affinity(a: Keywords, b: Keywords) -> f64 {
    let exact = |a: Keywords, b: Keywords| PAIRS.iter().find(|&&(x, y, _)| a.is(x) && b.is(y));
    if let Some((_, _, value)) = exact(a, b).or_else(|| exact(b, a)) {
        return *value;
    }
    let contain = |&&(x, y, _): &&(Keyword, Keyword, f64)| (a.has(x) && b.has(y)) || (b.has(x) && a.has(y));
    match PAIRS.iter().find(contain) {
        Some((_, _, value)) => CONTAINED * value,
        None => class_affinity(a, b),
    }
}

/// Affinity of two kinds by the classes of their keywords.
fn class_affinity(a: Keywords, b: Keywords) -> f64 {
    let both = |class: &[Keyword]| a.any(class) && b.any(class);
    let mixed = |a: Keywords, b: Keywords| a.any(&PRIMARY) && b.any(&SECONDARY);
    if both(&PRIMARY) {
        0.7
    } else if both(&SECONDARY) {
        0.6
    } else if both(&DRIVING) {
        0.65
    } else if mixed(a, b) || mixed(b, a) {
        0.75
    } else {
        UNRELATED
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn affinity(a: &str, b: &str) -> f64 {
        kind_affinity(Keywords::of(a), Keywords::of(b))
    }

    #[test]
    fn exact_pairs_come_before_contained_ones_and_both_before_classes() {
        assert_eq!(
            [affinity("liquidity_sweep", "reversal"), affinity("Reversal", "LIQUIDITY_SWEEP")],
            [0.9, 0.9]
        );
        assert_eq!(affinity("expansion_phase", "consolidation"), 0.8);
        assert_eq!(affinity("consolidation", "expansion_phase"), 0.75, "this order has its own value");
        assert_eq!(affinity("my_consolidation", "expansion_phase"), 0.9 * 0.8);
        assert_eq!(affinity("x_liquidity_sweep", "reversal"), 0.9 * 0.9);
        assert_eq!(affinity("fpfvg", "order_block"), 0.7);
        assert_eq!(affinity("mss", "consolidation"), 0.6);
        assert_eq!(affinity("momentum", "impulse"), 0.65);
        assert_eq!([affinity("fpfvg", "reversal"), affinity("reversal", "fpfvg")], [0.75, 0.75]);
        assert_eq!([affinity("", "reversal"), affinity("", "")], [0.3, 0.3]);
    }

    /// Reference: the table of pairs, searched for in the texts instead of their keywords.
    fn oracle(a: &str, b: &str) -> f64 {
        let pairs = "liquidity_sweep fvg_redelivery 0.95 liquidity_sweep reversal 0.9 \
            liquidity_sweep structure_shift 0.9 sweep fvg_redelivery 0.9 liq_sweep reversal 0.85 \
            fvg_formation fvg_redelivery 0.95 fvg_redelivery reversal 0.8 fpfvg premium 0.85 fpfvg discount 0.85 \
            expansion_phase consolidation 0.8 consolidation expansion_phase 0.75 expansion retracement 0.7 \
            retracement reversal 0.8 premium discount 0.6 premium equilibrium 0.7 discount equilibrium 0.7 \
            pd_array liquidity_sweep 0.8 order_block liquidity_sweep 0.85 order_block fvg_formation 0.8 \
            structure liquidity 0.75 mss liquidity_sweep 0.9 change_of_character reversal 0.85 \
            structure_shift fvg_redelivery 0.8";
        let words: Vec<&str> = pairs.split_whitespace().collect();
        let rows: Vec<(&str, &str, f64)> =
            words.chunks(3).map(|row| (row[0], row[1], row[2].parse().unwrap_or(f64::NAN))).collect();
        for (a, b) in [(a, b), (b, a)] {
            if let Some(row) = rows.iter().find(|row| (row.0, row.1) == (a, b)) {
                return row.2;
            }
        }
        for (x, y, value) in &rows {
            if (a.contains(x) && b.contains(y)) || (b.contains(x) && a.contains(y)) {
                return 0.9 * value;
            }
        }
        let class = |text: &str| {
            let any = |words: &str| words.split(' ').any(|word| text.contains(word));
            [
                any("liquidity_sweep fvg_redelivery expansion_phase fpfvg premium discount order_block"),
                any("consolidation retracement reversal mss structure_shift"),
                any("sweep liquidity momentum impulse"),
            ]
        };
        let ([a1, b1, c1], [a2, b2, c2]) = (class(a), class(b));
        match () {
            () if a1 && a2 => 0.7,
            () if b1 && b2 => 0.6,
            () if c1 && c2 => 0.65,
            () if (a1 && b2) || (a2 && b1) => 0.75,
            () => 0.3,
        }
    }

    /// Texts made of the table's keywords, so that pairs occur.
    fn kind() -> impl Strategy<Value = String> {
        let parts = [
            "liquidity",
            "sweep",
            "_",
            "fvg",
            "redelivery",
            "formation",
            "reversal",
            "structure",
            "shift",
            "liq",
            "fpfvg",
            "premium",
            "discount",
            "expansion",
            "phase",
            "consolidation",
            "retracement",
            "equilibrium",
            "pd_array",
            "order_block",
            "mss",
            "change_of_character",
            "momentum",
            "impulse",
            "x",
        ];
        let joined =
            prop::collection::vec(prop::sample::select(parts.to_vec()), 0..5).prop_map(|p| p.concat());
        let named = prop::sample::select(vec![
            "liquidity_sweep",
            "fvg_redelivery",
            "structure_shift",
            "expansion_phase",
            "consolidation",
            "fpfvg",
        ]);
        prop_oneof![joined, named.prop_map(str::to_owned)]
    }

    proptest! {
        #[test]
        fn affinity_by_keywords_is_that_of_the_texts(a in kind(), b in kind()) {
            prop_assert_eq!(affinity(&a, &b), oracle(&a, &b));
        }
    }
}
