//! Scores of events by their nearness to zones of a session's price range.

use crate::table::Array;

/// Significance of a zone at [`CENTRE`].
const CENTRE_SIGNIFICANCE: f64 = 1.2;
/// Significance of a zone at one of [`RATIOS`].
const RATIO_SIGNIFICANCE: f64 = 1.1;
/// The zone of the highest significance, as a share of the range.
const CENTRE: f64 = 0.40;
/// Distance below which another zone has the significance of [`CENTRE`].
const NEAR_CENTRE: f64 = 0.05;
/// Fibonacci retracement ratios.
const RATIOS: [f64; 3] = [0.236, 0.618, 0.786];
/// Radius of a zone, as a share of the range.
const RADIUS: f64 = 0.05;
/// At `x` radii the influence is `exp(-DECAY_WITHIN x)` up to one radius, `BEYOND exp(-DECAY_BEYOND (x - 1))`
/// beyond it.
const DECAY_WITHIN: f64 = 2.0;
const DECAY_BEYOND: f64 = 0.5;
const BEYOND: f64 = 0.1;
/// Shares of the nearest zone and of all zones in a score.
const NEAREST_SHARE: f64 = 0.7;
const ALL_SHARE: f64 = 0.3;

/// Score of each event of a session by its nearness to the zones of the price range, in 0..=1.
///
/// The range runs from the lowest to the highest price above 0; the zone `z` is at `low + z (high - low)`, has a
/// radius of 5 % of the range and the significance `g`: 1.2 if `|z - 0.40| < 0.05`, 1.1 if `z` is 0.236, 0.618 or
/// 0.786, else 1. At `x` radii its influence is `w = g exp(-2 x)` if `x <= 1`, else `g 0.1 exp(-0.5 (x - 1))`; the
/// score is `min(1, 0.7 max w + 0.3 sum w / sum g)`. A missing price scores 0.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct ZoneScores {
    exponent: f64,
    /// Score of each event, `[events]`.
    scores: Vec<f64>,
}

impl ZoneScores {
    /// The score of every event; `None` if the exponent is not above 0, there is no zone, or there are fewer than two
    /// different prices above 0. O(events · zones).
    pub(super) fn new(prices: &Array<f64>, zones: &[f64], exponent: f64) -> Option<Self> {
        let known = prices.present().filter(|&price| price > 0.0);
        let (low, high) =
            known.fold((f64::INFINITY, 0.0_f64), |(low, high), price| (low.min(price), high.max(price)));
        if !(exponent > 0.0 && low < high) || zones.is_empty() {
            return None;
        }
        let range = high - low;
        let zones: Vec<(f64, f64)> = zones.iter().map(|&z| (low + range * z, significance(z))).collect();
        let total: f64 = zones.iter().map(|(_, g)| g).sum();
        let score = |price: Option<f64>| {
            let Some(price) = price else { return 0.0 };
            let influence_of =
                |(level, g): &(f64, f64)| g * influence((price - level).abs() / (RADIUS * range));
            let (most, sum) =
                zones.iter().map(influence_of).fold((0.0_f64, 0.0), |(m, s), w| (m.max(w), s + w));
            (NEAREST_SHARE * most + ALL_SHARE * sum / total).min(1.0)
        };
        Some(Self { exponent, scores: prices.iter().map(score).collect() })
    }

    /// The score of an event.
    pub(super) fn of(&self, i: usize) -> f64 {
        self.scores[i]
    }

    /// Factor of the weight of an edge between events of these scores: `s^exponent`, where `s` is their geometric
    /// mean, or half of the other if one is 0.
    pub(super) fn factor(&self, source: f64, target: f64) -> f64 {
        let both = source > 0.0 && target > 0.0;
        let score = if both { (source * target).sqrt() } else { (source + target) / 2.0 };
        score.powf(self.exponent)
    }
}

/// Significance of a zone.
fn significance(zone: f64) -> f64 {
    if (zone - CENTRE).abs() < NEAR_CENTRE {
        CENTRE_SIGNIFICANCE
    } else if RATIOS.contains(&zone) {
        RATIO_SIGNIFICANCE
    } else {
        1.0
    }
}

/// Influence of a zone at a distance of `x` radii, without its significance.
fn influence(x: f64) -> f64 {
    if x <= 1.0 { (-DECAY_WITHIN * x).exp() } else { BEYOND * (-DECAY_BEYOND * (x - 1.0)).exp() }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    const ZONES: [f64; 4] = [0.236, 0.382, 0.40, 0.618];

    #[test]
    fn there_are_no_scores_without_an_exponent_a_zone_or_a_range() {
        let prices = Array::from(vec![Some(1.0), Some(2.0)]);
        assert!(ZoneScores::new(&prices, &ZONES, 0.85).is_some());
        assert!(ZoneScores::new(&prices, &ZONES, 0.0).is_none());
        assert!(ZoneScores::new(&prices, &ZONES, -1.0).is_none());
        assert!(ZoneScores::new(&prices, &[], 0.85).is_none());
        for flat in [&[Some(1.0), Some(1.0)][..], &[Some(2.0), None], &[Some(0.0), Some(2.0)], &[None], &[]] {
            assert!(ZoneScores::new(&flat.to_vec().into(), &ZONES, 0.85).is_none(), "{flat:?}");
        }
    }

    #[test]
    fn a_score_combines_the_nearest_zone_and_all_zones() {
        // The only zone is in the middle: 0, 1 and 10 radii away.
        let prices = vec![Some(150.0), Some(155.0), Some(100.0), Some(200.0), None].into();
        let zoned = ZoneScores::new(&prices, &[0.5], 1.0).unwrap();
        let far = 0.1 * (-4.5_f64).exp();
        for (i, want) in [1.0, (-2.0_f64).exp(), far, far, 0.0].into_iter().enumerate() {
            assert!((zoned.of(i) - want).abs() < 1e-15, "{i}: {}", zoned.of(i));
        }
        // At the centre 0.7 · 1.2 + 0.3 is above 1.
        let prices = vec![Some(100.0), Some(200.0), Some(140.0)].into();
        assert_eq!(ZoneScores::new(&prices, &[0.40], 1.0).unwrap().of(2), 1.0);
    }

    #[test]
    fn a_score_of_0_halves_the_other() {
        let zoned = ZoneScores::new(&vec![Some(1.0), Some(2.0)].into(), &ZONES, 2.0).unwrap();
        assert!((zoned.factor(0.25, 1.0) - 0.25).abs() < 1e-15);
        assert_eq!((zoned.factor(0.0, 1.0), zoned.factor(0.0, 0.0)), (0.25, 0.0));
    }
}
