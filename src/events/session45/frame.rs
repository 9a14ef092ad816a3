//! The session that an event is measured against.

use crate::table::{Session, SessionContext};

/// Duration of a session that says none, seconds.
const DURATION_S: f64 = 3600.0;
/// Least height of a session: prices within a hundredth are one.
const LEAST: f64 = 0.01;

/// Prices and duration of a session, with the original's values for what the source does not say.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Frame {
    pub(super) open: f64,
    pub(super) high: f64,
    pub(super) low: f64,
    /// The range as the source gives it; high - low, at least 0.01, where it gives none.
    pub(super) range: f64,
    /// High - low, at least 0.01.
    pub(super) height: f64,
    pub(super) duration_s: f64,
    /// Whether the values are those of the finished session.
    pub(super) theory_b: bool,
}

impl Frame {
    /// The frame of a session. What its context lacks of open, high and low is 0; if high or low is 0, those of the
    /// three that are 0 become the first, highest and lowest price above 0 of its events, and theory B does not hold.
    pub(super) fn of(session: &Session) -> Self {
        let context = session.context.unwrap_or_default();
        let SessionContext { open, high, low, range, duration_s, theory_b, .. } = context;
        let [mut open, mut high, mut low] = [open, high, low].map(|price| price.unwrap_or(0.0));
        let mut theory_b = theory_b;
        if (high == 0.0 || low == 0.0) && !session.events.is_empty() {
            theory_b = false;
            let prices = || session.events.prices().into_iter().flatten().flatten().copied();
            let known = || prices().filter(|&price| price > 0.0);
            let or = |value: f64, other: Option<f64>| if value == 0.0 { other.unwrap_or(0.0) } else { value };
            open = or(open, known().next());
            high = or(high, known().reduce(f64::max));
            low = or(low, known().reduce(f64::min));
        }
        let height = (high - low).max(LEAST);
        let range = range.filter(|&range| range > 0.0).unwrap_or(height);
        Self { open, high, low, range, height, duration_s: duration_s.unwrap_or(DURATION_S), theory_b }
    }

    /// Where a price lies between low (0) and high (1), as a share of the height.
    pub(super) fn position(&self, price: f64) -> f64 {
        (price - self.low) / self.height
    }

    /// The same as a share of the range that the source gives.
    pub(super) fn range_position(&self, price: f64) -> f64 {
        (price - self.low) / self.range
    }
}

/// A session of twenty points for the tests of what is measured against one.
#[cfg(test)]
pub(super) const FRAME: Frame = Frame {
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

    fn session(context: Option<SessionContext>, prices: &[Option<f64>]) -> Session {
        let numeric = vec![NumericColumn { name: "price".to_owned(), values: prices.to_vec() }];
        let events =
            EventTable { t_ms: vec![0; prices.len()], numeric, price: Some(0), ..EventTable::default() };
        Session { events, context, ..Session::default() }
    }

    #[test]
    fn what_the_source_says_is_kept() {
        let context = SessionContext {
            open: Some(11.0),
            high: Some(14.0),
            low: Some(10.0),
            range: Some(5.0),
            duration_s: Some(60.0),
            theory_b: true,
            close: None,
        };
        let frame = Frame::of(&session(Some(context), &[Some(99.0)]));
        assert_eq!((frame.open, frame.high, frame.low, frame.range), (11.0, 14.0, 10.0, 5.0));
        assert_eq!((frame.height, frame.duration_s, frame.theory_b), (4.0, 60.0, true));
        assert_eq!((frame.position(12.0), frame.range_position(12.0)), (0.5, 0.4));
    }

    #[test]
    fn what_it_does_not_say_comes_from_prices_above_0() {
        let low_only = SessionContext { low: Some(2.0), theory_b: true, ..SessionContext::default() };
        let prices = [None, Some(0.0), Some(5.0), Some(9.0), Some(3.0)];
        let frame = Frame::of(&session(Some(low_only), &prices));
        assert_eq!((frame.open, frame.high, frame.low), (5.0, 9.0, 2.0));
        assert_eq!((frame.range, frame.duration_s, frame.theory_b), (7.0, 3600.0, false));
        let bare = Frame::of(&session(None, &prices));
        assert_eq!((bare.open, bare.high, bare.low), (5.0, 9.0, 3.0));
    }

    #[test]
    fn a_session_without_height_is_a_hundredth_high() {
        let flat = Frame::of(&session(None, &[Some(7.0)]));
        assert_eq!((flat.height, flat.range, flat.position(7.0)), (0.01, 0.01, 0.0));
        let priceless = Frame::of(&session(None, &[None]));
        assert_eq!((priceless.high, priceless.height, priceless.position(0.0)), (0.0, 0.01, 0.0));
        assert_eq!(Frame::of(&session(None, &[])).height, 0.01);
    }
}
