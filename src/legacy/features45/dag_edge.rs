//! The 10 features of an edge of the causal DAG.

use super::columns::{EdgeEnd, FeatureSpec};
use super::edges::DAG_EDGE_FEATURES;
use super::keywords::Keyword::*;
use super::keywords::Keywords;

const MS_PER_MINUTE: f64 = 60_000.0;
const MINUTES_PER_HOUR: f64 = 60.0;

/// The features of this file. The original has ten more, drawn anew in every run.
pub(super) const INFO: [FeatureSpec; DAG_EDGE_FEATURES] = [
    ("weight", "", "weight of the edge"),
    ("time_nearness", "", "1 / (1 + dt_minutes / 60)"),
    (
        "causality_code",
        "",
        "by the kinds: 0.9 if both contain fvg; 0.8 from sweep to reversal; 0.7 from expansion to retracement; 0.6 if both contain premium or discount; else 0.4",
    ),
    ("dt_minutes", "min", "time from the earlier to the later event"),
    ("places_apart", "events", "node_id of the later - node_id of the earlier event"),
    ("weight_again", "", "weight: the original writes it twice"),
    ("price_change", "", "(p2 - p1) / max(p1, 1), a missing p2 as 0; 0 if p1 <= 0 or missing"),
    ("abs_price_change", "", "|price_change|"),
    ("direction", "", "1 if price_change > 0, else -1"),
    ("volume_ratio", "", "v2 / max(v1, 1), a missing v2 as 0; 1 if v1 <= 0 or missing"),
];

/// The features of an edge from `a` to `b`, which is `dt_ms` later and `apart` events on.
pub(super) fn features(
    a: &EdgeEnd,
    b: &EdgeEnd,
    dt_ms: f64,
    apart: f64,
    weight: f64,
) -> [f64; DAG_EDGE_FEATURES] {
    let minutes = dt_ms / MS_PER_MINUTE;
    let change = if a.price > 0.0 { (b.price - a.price) / a.price.max(1.0) } else { 0.0 };
    [
        weight,
        1.0 / (1.0 + minutes / MINUTES_PER_HOUR),
        causality_code(a.kind, b.kind),
        minutes,
        apart,
        weight,
        change,
        change.abs(),
        if change > 0.0 { 1.0 } else { -1.0 },
        if a.volume > 0.0 { b.volume / a.volume.max(1.0) } else { 1.0 },
    ]
}

fn causality_code(from: Keywords, to: Keywords) -> f64 {
    if from.has(Fvg) && to.has(Fvg) {
        0.9
    } else if from.has(Sweep) && to.has(Reversal) {
        0.8
    } else if from.has(Expansion) && to.has(Retracement) {
        0.7
    } else if from.any(&[Premium, Discount]) && to.any(&[Premium, Discount]) {
        0.6
    } else {
        0.4
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_missing_price_or_volume_is_not_a_divisor() {
        let end = |kind: &str, price, volume| {
            let original_type = Keywords::default();
            EdgeEnd { price, volume, time_of_day_s: 0.0, kind: Keywords::of(kind), original_type }
        };
        let got = features(&end("fvg", 50.0, 2.0), &end("fpfvg", 60.0, 5.0), 3_600_000.0, 3.0, 0.4);
        assert_eq!(got, [0.4, 0.5, 0.9, 60.0, 3.0, 0.4, 0.2, 0.2, 1.0, 2.5]);
        let missing = features(&end("", 0.0, 0.0), &end("", 60.0, 5.0), 0.0, 1.0, 0.1);
        assert_eq!(missing, [0.1, 1.0, 0.4, 0.0, 1.0, 0.1, 0.0, 0.0, -1.0, 1.0]);
    }

    #[test]
    fn the_first_causality_rule_that_matches_decides() {
        let code = |a, b| causality_code(Keywords::of(a), Keywords::of(b));
        assert_eq!([code("sweep", "reversal"), code("reversal", "sweep")], [0.8, 0.4]);
        assert_eq!([code("expansion", "retracement"), code("premium", "discount")], [0.7, 0.6]);
    }
}
