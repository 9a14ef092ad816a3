//! Node features 8 to 17: price, volume and time of day as given, and the price against the session.

use super::columns::FeatureSpec;
use super::session_range::SessionRange;

/// The features of this file.
pub(super) const INFO: [FeatureSpec; 10] = [
    ("price", "price", "price; 0 where it is missing, here and in all that follows from it"),
    ("volume", "", "volume; 0 where it is missing"),
    ("time_of_day", "s", "seconds since midnight on the clock of the source"),
    ("position", "", "(price - low) / R with R = max(high - low, 0.01)"),
    ("pct_from_open", "%", "100 (price - open) / open; 0 if open <= 0"),
    ("pct_from_high", "%", "100 (high - price) / R"),
    ("pct_from_low", "%", "100 position"),
    ("session_height", "price", "R"),
    ("price_over_open", "", "price / open; 1 if open <= 0"),
    ("above_open", "", "1 if price > open"),
];

/// The features of an event.
pub(super) fn prices(session: &SessionRange, price: f64, volume: f64, time_of_day_s: f64) -> [f64; 10] {
    let position = session.position(price);
    let open = session.open;
    let (from_open, over_open) =
        if open > 0.0 { (100.0 * (price - open) / open, price / open) } else { (0.0, 1.0) };
    [
        price,
        volume,
        time_of_day_s,
        position,
        from_open,
        100.0 * (session.high - price) / session.height,
        100.0 * position,
        session.height,
        over_open,
        f64::from(u8::from(price > open)),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::legacy::features45::session_range::TEST_RANGE;

    #[test]
    fn prices_are_measured_against_the_session() {
        let got = prices(&TEST_RANGE, 121.0, 3.0, 34_200.0);
        assert_eq!(got, [121.0, 3.0, 34_200.0, 1.05, 10.0, -5.0, 105.0, 20.0, 1.1, 1.0]);
        assert_eq!(prices(&TEST_RANGE, 110.0, 0.0, 0.0)[9], 0.0, "the open itself is not above it");
    }

    #[test]
    fn a_missing_price_is_0_and_an_open_of_0_is_not_a_divisor() {
        let got = prices(&SessionRange { open: 0.0, ..TEST_RANGE }, 0.0, 0.0, 0.0);
        assert_eq!(got, [0.0, 0.0, 0.0, -5.0, 0.0, 600.0, -500.0, 20.0, 1.0, 0.0]);
    }
}
