//! Node features 33 to 44: scores of an event's significance.

use super::columns::FeatureSpec;
use super::keywords::Keyword::*;
use super::keywords::Keywords;
use super::session_range::SessionRange;
use super::time::{TRADING_HOURS, hour};

/// Positions in the range at which an order block scores higher.
const BLOCK_LEVELS: [f64; 5] = [0.2, 0.25, 0.5, 0.75, 0.8];
/// Divisor of volumes: the original's default, which it never changes.
const AVERAGE_VOLUME: f64 = 1.0;
/// Significance of an event without one.
pub(super) const SIGNIFICANCE: f64 = 0.5;

/// The features of this file.
pub(super) const INFO: [FeatureSpec; 12] = [
    ("significance", "", "significance; 0.5 where it is missing"),
    (
        "volatility_ratio",
        "",
        "R / range of the context: 1 wherever that is high - low, as the original has no typical range to compare with",
    ),
    ("volume_ratio", "", "volume / 1, the original's average volume; 0 where it is missing"),
    (
        "fvg_strength",
        "",
        "by the field type: 1 if it contains fvg or fair_value_gap, 0.9 if redelivery, else 0.6 if archaeological_significance > 0.7, else 0; 1.2 times if (price - low) / range is below 0.3 or above 0.7; at most 1",
    ),
    (
        "order_block",
        "",
        "by the field type: 0.8 if it contains liquidity or sweep, 0.7 if reversal or structure, else 0.6 if archaeological_significance > 0.8, else 0; 1.3 times if (price - low) / range is within 0.05 of 0.2, 0.25, 0.5, 0.75 or 0.8; 1.1 times if 9 <= hour <= 16; at most 1",
    ),
    (
        "structure_shift",
        "",
        "by the field type: 0.8 if it contains reversal or structure, 0.9 if sweep and liquidity, else 0.6 if archaeological_significance > 0.8, else 0; 1.4 times if the price is above the high and (price - low) / range above 0.9, or below the low and below 0.1; at most 1",
    ),
    ("htf_confluence", "", "constant 1: the original's placeholder"),
    ("htf_alignment", "", "constant 1: the original's placeholder"),
    ("htf_structure", "", "constant 1: the original's placeholder"),
    ("kind_rating", "", "0.8 if kind contains redelivery, 0.6 if sweep, else 0.3"),
    ("reserved_score", "", "constant 0.5: the original's placeholder"),
    (
        "rated_significance",
        "",
        "significance; min(1, 1.5 times) if kind contains fpfvg, min(1, 1.3 times) if liquidity_sweep",
    ),
];

/// The values and keywords of an event that its scores are calculated from.
pub(super) struct ScoredEvent {
    pub(super) price: f64,
    pub(super) volume: f64,
    pub(super) time_of_day_s: f64,
    pub(super) significance: f64,
    pub(super) archaeological: f64,
    /// Keywords of the kind, which an importer chose.
    pub(super) kind: Keywords,
    /// Keywords of the field `type`, which the source gave.
    pub(super) type_field: Keywords,
}

/// The features of an event.
pub(super) fn scores(session: &SessionRange, event: &ScoredEvent) -> [f64; 12] {
    [
        event.significance,
        session.height / session.range,
        event.volume / AVERAGE_VOLUME,
        fvg_strength(session, event),
        order_block(session, event),
        structure_shift(session, event),
        1.0,
        1.0,
        1.0,
        kind_rating(event.kind),
        0.5,
        rated_significance(event),
    ]
}

fn fvg_strength(session: &SessionRange, event: &ScoredEvent) -> f64 {
    let strength = match event.type_field {
        field if field.any(&[Fvg, FairValueGap]) => 1.0,
        field if field.has(Redelivery) => 0.9,
        _ if event.archaeological > 0.7 => 0.6,
        _ => 0.0,
    };
    let position = session.range_position(event.price);
    let (low, high) = (position < 0.3, position > 0.7);
    let factor = if low || high { 1.2 } else { 1.0 };
    f64::min(strength * factor, 1.0)
}

fn order_block(session: &SessionRange, event: &ScoredEvent) -> f64 {
    let strength = match event.type_field {
        field if field.any(&[Liquidity, Sweep]) => 0.8,
        field if field.any(&[Reversal, Structure]) => 0.7,
        _ if event.archaeological > 0.8 => 0.6,
        _ => 0.0,
    };
    let position = session.range_position(event.price);
    let at_level = BLOCK_LEVELS.iter().any(|level| (position - level).abs() < 0.05);
    let position_factor = if at_level { 1.3 } else { 1.0 };
    let hour_factor = if TRADING_HOURS.contains(&hour(event.time_of_day_s)) { 1.1 } else { 1.0 };
    f64::min(strength * position_factor * hour_factor, 1.0)
}

fn structure_shift(session: &SessionRange, event: &ScoredEvent) -> f64 {
    let strength = match event.type_field {
        field if field.any(&[Reversal, Structure]) => 0.8,
        field if field.has(Sweep) && field.has(Liquidity) => 0.9,
        _ if event.archaeological > 0.8 => 0.6,
        _ => 0.0,
    };
    let position = session.range_position(event.price);
    let (over, under) = (event.price > session.high, event.price < session.low);
    let factor = if (position > 0.9 && over) || (position < 0.1 && under) { 1.4 } else { 1.0 };
    f64::min(strength * factor, 1.0)
}

fn kind_rating(kind: Keywords) -> f64 {
    match kind {
        kind if kind.has(Redelivery) => 0.8,
        kind if kind.has(Sweep) => 0.6,
        _ => 0.3,
    }
}

fn rated_significance(event: &ScoredEvent) -> f64 {
    match event.kind {
        kind if kind.has(Fpfvg) => f64::min(1.5 * event.significance, 1.0),
        kind if kind.has(LiquiditySweep) => f64::min(1.3 * event.significance, 1.0),
        _ => event.significance,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::legacy::features45::session_range::TEST_RANGE;

    /// An event of that kind and type at 03:00, between the levels.
    fn event(text: &str) -> ScoredEvent {
        ScoredEvent {
            price: 112.0,
            volume: 0.0,
            time_of_day_s: 10_800.0,
            significance: SIGNIFICANCE,
            archaeological: 0.0,
            kind: Keywords::of(text),
            type_field: Keywords::of(text),
        }
    }

    /// Strengths as fair value gap, order block and structure shift.
    fn strengths(event: &ScoredEvent) -> [f64; 3] {
        let [.., fvg, block, shift, _, _, _, _, _, _] = scores(&TEST_RANGE, event);
        [fvg, block, shift]
    }

    #[test]
    fn the_type_field_decides_before_the_archaeological_significance() {
        let strengths_of = |text| strengths(&event(text));
        assert_eq!(strengths_of("fvg_redelivery"), [1.0, 0.0, 0.0]);
        assert_eq!(strengths_of("redelivery"), [0.9, 0.0, 0.0]);
        assert_eq!(strengths_of("liquidity_sweep"), [0.0, 0.8, 0.9]);
        assert_eq!(strengths_of("sweep"), [0.0, 0.8, 0.0]);
        assert_eq!(strengths_of("structure"), [0.0, 0.7, 0.8]);
        assert_eq!(strengths_of(""), [0.0; 3]);
        let old = |archaeological| strengths(&ScoredEvent { archaeological, ..event("") });
        assert_eq!((old(0.7), old(0.75)), ([0.0; 3], [0.6, 0.0, 0.0]));
        assert_eq!((old(0.8), old(0.81)), ([0.6, 0.0, 0.0], [0.6; 3]));
    }

    #[test]
    fn the_kind_is_not_used_as_the_type_field() {
        let kind_only =
            ScoredEvent { type_field: Keywords::default(), ..event("fvg_liquidity_sweep_reversal") };
        assert_eq!(strengths(&kind_only), [0.0; 3]);
        assert_eq!(scores(&TEST_RANGE, &kind_only)[9], 0.6);
    }

    #[test]
    fn position_and_hour_raise_a_strength_to_at_most_1() {
        let at = |price, text| strengths(&ScoredEvent { price, ..event(text) });
        assert_eq!([at(112.0, "structure")[1], at(115.0, "structure")[1]], [0.7, 0.7 * 1.3]);
        assert_eq!(at(115.0, "sweep")[1], 1.0);
        assert_eq!(at(105.9, "redelivery")[0], 1.0);
        assert_eq!(at(106.1, "redelivery")[0], 0.9);
        assert_eq!(at(121.0, "structure")[2], 1.0);
        let late = |time_of_day_s| strengths(&ScoredEvent { time_of_day_s, ..event("structure") })[1];
        assert_eq!([late(32_399.0), late(32_400.0), late(61_200.0)], [0.7, 0.7 * 1.1, 0.7]);
    }

    #[test]
    fn significance_grows_by_kind_only() {
        let score =
            |text, significance| scores(&TEST_RANGE, &ScoredEvent { significance, ..event(text) })[11];
        assert_eq!([score("fpfvg", 0.5), score("fpfvg", 0.9)], [0.75, 1.0]);
        assert_eq!([score("liquidity_sweep", 0.5), score("liquidity_sweep", 3.0)], [0.65, 1.0]);
        assert_eq!(score("sweep", 3.0), 3.0, "there is no cap for other kinds");
    }
}
