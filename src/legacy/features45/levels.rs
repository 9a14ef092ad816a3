//! Node features 24 to 32: the price among the levels of the session.

use super::columns::FeatureSpec;
use super::session_range::SessionRange;

/// Levels of the range; proximity to each is a feature. The first has finer steps.
const LEVELS: [f64; 5] = [0.40, 0.618, 0.50, 0.20, 0.80];
/// Quarters of the range, where liquidity is assumed.
const QUARTERS: [f64; 3] = [0.25, 0.5, 0.75];
/// Factor of a zone score above one half under theory B.
const ZONE_BOOST: f64 = 1.05;
/// Factor of a dimensional score above one half under theory B.
const SCORE_BOOST: f64 = 1.1;

/// The features of this file.
pub(super) const INFO: [FeatureSpec; 9] = [
    (
        "zone_40",
        "",
        "of d = |position - 0.40|: 1 if d < 0.01, 0.95 if d < 0.02, 0.8 if d < 0.05, else max(0, 1 - d / 0.1); above 0.5 it is min(1, 1.05 times) where the context is relativity_stats",
    ),
    (
        "zone_618",
        "",
        "of d = |position - 0.618|: 1 if d < 0.02, 1 - d / 0.05 if d < 0.05, else 0; above 0.5 as zone_40",
    ),
    ("zone_50", "", "as zone_618, of 0.50"),
    ("zone_20", "", "as zone_618, of 0.20"),
    ("zone_80", "", "as zone_618, of 0.80"),
    (
        "dimensional_score",
        "",
        "of m, the distance to the nearest of the five levels, and d to 0.40: 1 if d < 0.02, 0.9 if d < 0.05, 0.8 if m < 0.02, 0.6 if m < 0.05, else max(0, 1 - m / 0.5); above 0.5 it is min(1, 1.1 times) where the context is relativity_stats",
    ),
    (
        "pd_position",
        "",
        "by position: 0 below 0.2, 0.25 below 0.4, 0.45 below 0.5, 0.55 below 0.6, 0.75 below 0.8, else 1",
    ),
    (
        "liquidity_proximity",
        "",
        "of shares of high - low: 1 - d / 0.02 if d < 0.02 from the high, else from the low; else 0.5 (1 - m / 0.05) if position is m < 0.05 from 0.25, 0.5 or 0.75; else 0; 0 if high <= low",
    ),
    (
        "range_extension",
        "",
        "above the high 1 if by more than 0.5 % of R, else 0.7; below the low -1 or -0.7; else 0.5 if position > 0.95, -0.5 if position < 0.05, else 0",
    ),
];

/// The features of an event.
pub(super) fn levels(session: &SessionRange, price: f64) -> [f64; 9] {
    let position = session.position(price);
    let away = LEVELS.map(|level| (position - level).abs());
    let boosted =
        |score: f64, by: f64| if session.theory_b && score > 0.5 { (by * score).min(1.0) } else { score };
    let [zone_40, others @ ..] = away;
    let nearest = away.into_iter().fold(f64::INFINITY, f64::min);
    let [zone_618, zone_50, zone_20, zone_80] = others.map(|d| boosted(proximity(d), ZONE_BOOST));
    [
        boosted(centre_proximity(zone_40), ZONE_BOOST),
        zone_618,
        zone_50,
        zone_20,
        zone_80,
        boosted(dimensional_score(zone_40, nearest), SCORE_BOOST),
        pd_position(position),
        liquidity_proximity(session, price, position),
        range_extension(session, price, position),
    ]
}

/// Proximity to the level 0.40 at distance `d`.
fn centre_proximity(d: f64) -> f64 {
    match d {
        d if d < 0.01 => 1.0,
        d if d < 0.02 => 0.95,
        d if d < 0.05 => 0.8,
        d => (1.0 - d / 0.1).max(0.0),
    }
}

/// Proximity to another level at distance `d`.
fn proximity(d: f64) -> f64 {
    match d {
        d if d < 0.02 => 1.0,
        d if d < 0.05 => 1.0 - d / 0.05,
        _ => 0.0,
    }
}

/// Dimensional score by the distances to 0.40 and to the nearest level.
fn dimensional_score(centre: f64, nearest: f64) -> f64 {
    match (centre, nearest) {
        (d, _) if d < 0.02 => 1.0,
        (d, _) if d < 0.05 => 0.9,
        (_, m) if m < 0.02 => 0.8,
        (_, m) if m < 0.05 => 0.6,
        (_, m) => (1.0 - m / 0.5).max(0.0),
    }
}

/// Premium or discount, as steps over the range.
fn pd_position(position: f64) -> f64 {
    const STEPS: [(f64, f64); 5] = [(0.2, 0.0), (0.4, 0.25), (0.5, 0.45), (0.6, 0.55), (0.8, 0.75)];
    STEPS.into_iter().find(|(below, _)| position < *below).map_or(1.0, |(_, value)| value)
}

fn liquidity_proximity(session: &SessionRange, price: f64, position: f64) -> f64 {
    let SessionRange { high, low, .. } = *session;
    if high <= low {
        return 0.0;
    }
    let ends = [high, low].map(|end| (price - end).abs() / (high - low));
    let near_end = ends.into_iter().find(|&d| d < 0.02).map(|d| 1.0 - d / 0.02);
    let m = QUARTERS.map(|quarter| (position - quarter).abs()).into_iter().fold(f64::INFINITY, f64::min);
    let near_quarter = (m < 0.05).then(|| 0.5 * (1.0 - m / 0.05));
    near_end.or(near_quarter).unwrap_or(0.0)
}

fn range_extension(session: &SessionRange, price: f64, position: f64) -> f64 {
    let beyond = |by: f64| if by / session.height > 0.005 { 1.0 } else { 0.7 };
    if price > session.high {
        beyond(price - session.high)
    } else if price < session.low {
        -beyond(session.low - price)
    } else if position > 0.95 {
        0.5
    } else if position < 0.05 {
        -0.5
    } else {
        0.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEST_RANGE: SessionRange = SessionRange {
        open: 1.0,
        high: 200.0,
        low: 100.0,
        range: 100.0,
        height: 100.0,
        duration_s: 1.0,
        theory_b: false,
    };

    fn close(got: f64, want: f64) {
        assert!((got - want).abs() < 1e-12, "{got} is not {want}");
    }

    #[test]
    fn proximity_falls_in_steps_with_open_ends() {
        for (d, centre, other) in [
            (0.0, 1.0, 1.0),
            (0.01, 0.95, 1.0),
            (0.02, 0.8, 0.6),
            (0.04, 0.8, 0.2),
            (0.05, 0.5, 0.0),
            (0.1, 0.0, 0.0),
            (9.0, 0.0, 0.0),
        ] {
            close(centre_proximity(d), centre);
            close(proximity(d), other);
        }
    }

    #[test]
    fn the_dimensional_score_looks_at_0_40_first() {
        for (centre, nearest, want) in [
            (0.019, 0.0, 1.0),
            (0.02, 0.02, 0.9),
            (0.05, 0.01, 0.8),
            (0.1, 0.02, 0.6),
            (0.1, 0.05, 0.9),
            (1.0, 0.6, 0.0),
        ] {
            close(dimensional_score(centre, nearest), want);
        }
    }

    #[test]
    fn theory_b_raises_scores_above_one_half() {
        let b = SessionRange { theory_b: true, ..TEST_RANGE };
        // 0.44 of the range: 0.8 from the centre, nothing of 0.50 (0.06 away), 0.9 in all.
        let (plain, raised) = (levels(&TEST_RANGE, 144.0), levels(&b, 144.0));
        for (feature, want, want_raised) in [(0, 0.8, 0.84), (2, 0.0, 0.0), (5, 0.9, 0.99)] {
            close(plain[feature], want);
            close(raised[feature], want_raised);
        }
        // 0.53 is 0.03 from 0.50: 0.4 is not above one half.
        close(levels(&b, 153.0)[2], 0.4);
        assert_eq!(levels(&b, 140.0)[0], 1.0, "1 stays 1");
    }

    #[test]
    fn steps_and_ends_of_the_range() {
        let positions = [0.1, 0.2, 0.4, 0.5, 0.6, 0.8].map(pd_position);
        assert_eq!(positions, [0.0, 0.25, 0.45, 0.55, 0.75, 1.0]);
        let extension = |price| levels(&TEST_RANGE, price)[8];
        assert_eq!([200.0, 200.5, 200.6, 194.0, 196.0].map(extension), [0.5, 0.7, 1.0, 0.0, 0.5]);
        assert_eq!([100.0, 99.5, 99.4, 105.0, 104.0].map(extension), [-0.5, -0.7, -1.0, 0.0, -0.5]);
        let liquidity = |price| levels(&TEST_RANGE, price)[7];
        for (price, want) in
            [(199.0, 0.5), (102.0, 0.0), (101.0, 0.5), (175.0, 0.5), (130.0, 0.0), (202.0, 0.0)]
        {
            close(liquidity(price), want);
        }
    }

    #[test]
    fn a_session_without_height_has_no_liquidity_at_its_ends() {
        let flat = SessionRange { high: 100.0, range: 0.01, height: 0.01, ..TEST_RANGE };
        assert_eq!(levels(&flat, 100.0)[7], 0.0);
        assert!(levels(&flat, 0.0).iter().all(|value| value.is_finite()));
    }
}
