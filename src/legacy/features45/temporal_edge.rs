//! The 20 features of an edge of the temporal view.

use super::columns::{EdgeEnd, FeatureSpec};
use super::edges::TEMPORAL_EDGE_FEATURES;
use super::keywords::Keyword::*;
use super::keywords::Keywords;
use super::kind_affinity::kind_affinity;

const HOUR_S: f64 = 3600.0;
const HALF_HOUR_S: f64 = 1800.0;
/// Height of the band of zones around two prices, as a share of the higher price.
const ZONES_HEIGHT: f64 = 0.02;

/// The features of this file.
pub(super) const INFO: [FeatureSpec; TEMPORAL_EDGE_FEATURES] = [
    ("event_link", "", "of the first rule that holds, see causality: 1, 1, 0.9, 0.7, 0.8, 0.8, 0.7"),
    (
        "causality",
        "",
        "0.9 from liquidity_sweep to redelivery, fvg or reversal; else 0.95 from fvg_formation to fvg_redelivery; else 0.8 from sweep or liquidity to structure; (premium or discount at both ends leaves it); then instead 0.7 from expansion to consolidation, else 0.75 from consolidation to expansion or breakout; then instead 0.6 from an original_type with fpfvg or premium to sweep; else 0",
    ),
    (
        "relation_type",
        "",
        "of the rules of causality: 0.8, 0.9, 0.7; 0.6 for premium or discount at both ends; 0.5, 0.6 for expansion and consolidation; the last rule leaves it",
    ),
    ("time_delta", "s", "|t2 - t1|, times of day"),
    ("price_delta", "price", "|p2 - p1|; a missing price enters as 0"),
    ("direction", "", "sign of p2 - p1; 0 for equal prices"),
    ("hours_apart", "", "min(time_delta / 3600, 1)"),
    ("relative_price_delta", "", "price_delta / max(|p1|, 1); 0 if p1 = 0"),
    ("time_nearness", "", "max(0, 1 - time_delta / 1800)"),
    (
        "kinship",
        "",
        "of the kinds, by a table of pairs: its value if they are a pair, 0.9 of it if they contain one, else by their classes 0.7, 0.6, 0.65 or 0.75, else 0.3",
    ),
    ("same_half_hour", "", "1 if the seconds into the hour differ by less than 1800"),
    (
        "price_closeness",
        "",
        "of q = 100 price_delta / max(p1, p2): 1 if q < 0.1, 0.8 if q < 0.5, 0.6 if q < 1, 0.4 if q < 2, else max(0.1, 1 - q / 10); 0 if a price is not above 0",
    ),
    ("structure_link", "", "0.5 if structure at either end, else 0.3"),
    (
        "zone_relation",
        "",
        "of the zones (below 0.4, below 0.6, above) of both prices in a band of 2 % of the higher price around the lower one: the same 0.8, adjacent 0.5, opposite 0.2 (never met: the lower price is the middle of the band); 0 if a price is not above 0",
    ),
    ("sweep_to_redelivery", "", "1 from sweep to redelivery, else 0.5"),
    ("expansion_to_consolidation", "", "0.8 from expansion to consolidation, else 0.4"),
    ("reserved_16", "", "constant 0.7: the original's placeholder"),
    ("reserved_17", "", "constant 0.6: the original's placeholder"),
    ("reserved_18", "", "constant 0.5: the original's placeholder"),
    ("affinity", "", "min(1, (kinship + zone_relation) / 2)"),
];

/// The features of an edge from `a` to `b`.
pub(super) fn features(a: &EdgeEnd, b: &EdgeEnd) -> [f64; TEMPORAL_EDGE_FEATURES] {
    let [link, causality, relation] = semantics(a, b.kind);
    let dt = (b.time_of_day_s - a.time_of_day_s).abs();
    let dp = (b.price - a.price).abs();
    let into_hour = |end: &EdgeEnd| end.time_of_day_s.rem_euclid(HOUR_S);
    let affinity = kind_affinity(a.kind, b.kind);
    let zone = zone_relation(a.price, b.price);
    let either = |end: &EdgeEnd| end.kind.has(Structure);
    [
        link,
        causality,
        relation,
        dt,
        dp,
        if b.price > a.price {
            1.0
        } else if b.price < a.price {
            -1.0
        } else {
            0.0
        },
        (dt / HOUR_S).min(1.0),
        if a.price == 0.0 { 0.0 } else { dp / a.price.abs().max(1.0) },
        (1.0 - dt / HALF_HOUR_S).max(0.0),
        affinity,
        f64::from(u8::from((into_hour(a) - into_hour(b)).abs() < HALF_HOUR_S)),
        price_closeness(a.price, b.price),
        if either(a) || either(b) { 0.5 } else { 0.3 },
        zone,
        if a.kind.has(Sweep) && b.kind.has(Redelivery) { 1.0 } else { 0.5 },
        if a.kind.has(Expansion) && b.kind.has(Consolidation) { 0.8 } else { 0.4 },
        0.7,
        0.6,
        0.5,
        f64::min((affinity + zone) / 2.0, 1.0),
    ]
}

/// Link, causality and relation type: by the first of three rules that matches, then overridden by later rules.
fn semantics(a: &EdgeEnd, to: Keywords) -> [f64; 3] {
    let from = a.kind;
    let [mut link, mut causality, mut relation] =
        if from.has(LiquiditySweep) && to.any(&[Redelivery, Fvg, Reversal]) {
            [1.0, 0.9, 0.8]
        } else if from.has(FvgFormation) && to.has(FvgRedelivery) {
            [1.0, 0.95, 0.9]
        } else if from.any(&[Sweep, Liquidity]) && to.has(Structure) {
            [0.9, 0.8, 0.7]
        } else {
            [0.0; 3]
        };
    if from.any(&[Premium, Discount]) && to.any(&[Premium, Discount]) {
        (link, relation) = (0.7, 0.6);
    }
    if from.has(Expansion) && to.has(Consolidation) {
        [link, causality, relation] = [0.8, 0.7, 0.5];
    } else if from.has(Consolidation) && to.any(&[Expansion, Breakout]) {
        [link, causality, relation] = [0.8, 0.75, 0.6];
    }
    if a.original_type.any(&[Fpfvg, Premium]) && to.has(Sweep) {
        (link, causality) = (0.7, 0.6);
    }
    [link, causality, relation]
}

fn price_closeness(p1: f64, p2: f64) -> f64 {
    if p1 <= 0.0 || p2 <= 0.0 {
        return 0.0;
    }
    match 100.0 * (p2 - p1).abs() / p1.max(p2) {
        q if q < 0.1 => 1.0,
        q if q < 0.5 => 0.8,
        q if q < 1.0 => 0.6,
        q if q < 2.0 => 0.4,
        q => (1.0 - q / 10.0).max(0.1),
    }
}

fn zone_relation(p1: f64, p2: f64) -> f64 {
    if p1 <= 0.0 || p2 <= 0.0 {
        return 0.0;
    }
    let height = ZONES_HEIGHT * p1.max(p2);
    let low = p1.min(p2) - height / 2.0;
    let zone = |price: f64| match (price - low) / height {
        position if position < 0.4 => 0_u8,
        position if position < 0.6 => 1,
        _ => 2,
    };
    match zone(p1).abs_diff(zone(p2)) {
        0 => 0.8,
        1 => 0.5,
        _ => 0.2,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn end(kind: &str, original_type: &str, price: f64, time_of_day_s: f64) -> EdgeEnd {
        let (kind, original_type) = (Keywords::of(kind), Keywords::of(original_type));
        EdgeEnd { price, volume: 0.0, time_of_day_s, kind, original_type }
    }

    #[test]
    fn later_rules_override_the_values_they_set_and_leave_the_rest() {
        let of = |a, original_type, b| semantics(&end(a, original_type, 0.0, 0.0), Keywords::of(b));
        assert_eq!(of("liquidity_sweep", "", "reversal"), [1.0, 0.9, 0.8]);
        assert_eq!(of("fvg_formation", "", "fvg_redelivery"), [1.0, 0.95, 0.9]);
        assert_eq!(of("sweep", "", "structure"), [0.9, 0.8, 0.7]);
        assert_eq!(of("premium", "", "discount"), [0.7, 0.0, 0.6]);
        assert_eq!(of("liquidity_sweep_premium", "", "discount_fvg"), [0.7, 0.9, 0.6]);
        assert_eq!(of("expansion", "", "consolidation"), [0.8, 0.7, 0.5]);
        assert_eq!(of("consolidation", "", "breakout"), [0.8, 0.75, 0.6]);
        assert_eq!(of("consolidation", "fpfvg", "expansion_sweep"), [0.7, 0.6, 0.6]);
        assert_eq!(of("", "", ""), [0.0; 3]);
    }

    #[test]
    fn price_closeness_falls_in_steps() {
        let prices = [100.0, 99.9375, 99.875, 99.5, 99.0, 98.0, 95.0, 50.0, 0.0];
        let got = prices.map(|price| price_closeness(100.0, price));
        let want = [1.0, 1.0, 0.8, 0.6, 0.4, 0.8, 0.5, 0.1, 0.0];
        assert!(got.iter().zip(want).all(|(a, b)| (a - b).abs() < 1e-12), "{got:?}");
    }

    #[test]
    fn two_prices_are_in_the_same_or_adjacent_zones() {
        // The band is 98 to 100 for 99 and 100: the lower price is its middle.
        assert_eq!(zone_relation(100.0, 100.0), 0.8);
        assert_eq!(zone_relation(100.0, 99.0), 0.5);
        assert_eq!([zone_relation(0.0, 5.0), zone_relation(5.0, -1.0)], [0.0, 0.0]);
    }

    #[test]
    fn equal_and_missing_prices_and_times_give_finite_features() {
        let equal = features(&end("", "", 5.0, 10.0), &end("", "", 5.0, 10.0));
        assert_eq!(equal[3..9], [0.0, 0.0, 0.0, 0.0, 0.0, 1.0]);
        let missing = features(&end("", "", 0.0, 0.0), &end("", "", 5.0, 5400.0));
        assert_eq!(missing[3..9], [5400.0, 5.0, 1.0, 1.0, 0.0, 0.0]);
        assert_eq!([missing[10], missing[11], missing[13]], [0.0, 0.0, 0.0]);
        let falling = features(&end("", "", 5.0, 0.0), &end("", "", 0.0, 1799.0));
        assert_eq!([falling[5], falling[7], falling[10]], [-1.0, 1.0, 1.0]);
    }
}
