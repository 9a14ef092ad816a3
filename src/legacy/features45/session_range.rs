//! Prices and duration of a session, the reference of its events.

use crate::legacy::attributes;
use crate::table::{Array, Session};

/// Duration of a session that does not state one, seconds.
const DURATION_S: f64 = 3600.0;
/// Minimum height of a session, in units of price.
const MIN_HEIGHT: f64 = 0.01;

/// Prices and duration of a session, with the original's defaults for values that the source does not state.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct SessionRange {
    pub(super) open: f64,
    pub(super) high: f64,
    pub(super) low: f64,
    /// The range that the source states; high - low, at least 0.01, if it states none.
    pub(super) range: f64,
    /// High - low, at least 0.01.
    pub(super) height: f64,
    pub(super) duration_s: f64,
    /// True if the values were measured over the whole session (the original's "theory B").
    pub(super) theory_b: bool,
}

impl SessionRange {
    /// The range of a session. Open, high and low are 0 if the attributes lack them. If high or low is 0, each of the
    /// three that is 0 becomes the first, highest or lowest price above 0 of the events, and `theory_b` is false.
    pub(super) fn of(session: &Session) -> Self {
        let stated = |name: &str| session.attributes.get(name).copied();
        let price = |name: &str| stated(name).unwrap_or(0.0);
        let [mut open, mut high, mut low] = [attributes::OPEN, attributes::HIGH, attributes::LOW].map(price);
        let mut theory_b = stated(attributes::THEORY_B).is_some();
        if (high == 0.0 || low == 0.0) && !session.events.is_empty() {
            theory_b = false;
            let prices = || session.events.prices().into_iter().flat_map(Array::present);
            let known = || prices().filter(|&price| price > 0.0);
            let or = |value: f64, other: Option<f64>| if value == 0.0 { other.unwrap_or(0.0) } else { value };
            open = or(open, known().next());
            high = or(high, known().reduce(f64::max));
            low = or(low, known().reduce(f64::min));
        }
        let height = (high - low).max(MIN_HEIGHT);
        let range = stated(attributes::RANGE).filter(|&range| range > 0.0).unwrap_or(height);
        let duration_s = stated(attributes::DURATION_S).unwrap_or(DURATION_S);
        Self { open, high, low, range, height, duration_s, theory_b }
    }

    /// Position of a price between low (0) and high (1), as a share of the height.
    pub(super) fn position(&self, price: f64) -> f64 {
        (price - self.low) / self.height
    }

    /// Position of a price above low, as a share of the range that the source states.
    pub(super) fn range_position(&self, price: f64) -> f64 {
        (price - self.low) / self.range
    }
}

/// A session of twenty points for the tests of this module.
#[cfg(test)]
pub(super) const TEST_RANGE: SessionRange = SessionRange {
    open: 110.0,
    high: 120.0,
    low: 100.0,
    range: 20.0,
    height: 20.0,
    duration_s: 60.0,
    theory_b: true,
};

#[cfg(test)]
mod tests {
    use super::*;
    use crate::table::{EventTable, NumericColumn};

    fn session(attributes: &[(&str, f64)], prices: &[Option<f64>]) -> Session {
        let attributes = attributes.iter().map(|&(name, value)| (name.to_owned(), value)).collect();
        let numeric = vec![NumericColumn { name: "price".to_owned(), values: prices.to_vec().into() }];
        let events =
            EventTable { t_ms: vec![0; prices.len()], numeric, price: Some(0), ..EventTable::default() };
        Session { events, attributes, ..Session::default() }
    }

    #[test]
    fn stated_values_are_kept() {
        let stated = [
            (attributes::OPEN, 11.0),
            (attributes::HIGH, 14.0),
            (attributes::LOW, 10.0),
            (attributes::RANGE, 5.0),
            (attributes::DURATION_S, 60.0),
            (attributes::THEORY_B, 1.0),
        ];
        let range = SessionRange::of(&session(&stated, &[Some(99.0)]));
        assert_eq!((range.open, range.high, range.low, range.range), (11.0, 14.0, 10.0, 5.0));
        assert_eq!((range.height, range.duration_s, range.theory_b), (4.0, 60.0, true));
        assert_eq!((range.position(12.0), range.range_position(12.0)), (0.5, 0.4));
    }

    #[test]
    fn values_that_are_not_stated_come_from_prices_above_0() {
        let low_only = [(attributes::LOW, 2.0), (attributes::THEORY_B, 1.0)];
        let prices = [None, Some(0.0), Some(5.0), Some(9.0), Some(3.0)];
        let range = SessionRange::of(&session(&low_only, &prices));
        assert_eq!((range.open, range.high, range.low), (5.0, 9.0, 2.0));
        assert_eq!((range.range, range.duration_s, range.theory_b), (7.0, 3600.0, false));
        let bare = SessionRange::of(&session(&[], &prices));
        assert_eq!((bare.open, bare.high, bare.low), (5.0, 9.0, 3.0));
    }

    #[test]
    fn a_session_without_height_is_a_hundredth_high() {
        let flat = SessionRange::of(&session(&[], &[Some(7.0)]));
        assert_eq!((flat.height, flat.range, flat.position(7.0)), (0.01, 0.01, 0.0));
        let without_price = SessionRange::of(&session(&[], &[None]));
        assert_eq!((without_price.high, without_price.height, without_price.position(0.0)), (0.0, 0.01, 0.0));
        assert_eq!(SessionRange::of(&session(&[], &[])).height, 0.01);
    }
}
