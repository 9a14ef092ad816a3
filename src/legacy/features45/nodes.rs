//! All node features of a session.

use super::columns::{EventColumns, feature_table};
use super::session_range::SessionRange;
use super::{kind_flags, levels, price, smart_money, time};
use crate::events::{FeatureError, Features};
use crate::table::Session;

/// Number of node features.
pub const NODE_FEATURES: usize = 45;

/// The 45 features of each event, in the order of the events. O(events + text of the distinct kinds and texts).
///
/// Columns that a session lacks, other than its times of day, count as missing in every event.
///
/// # Errors
/// [`FeatureError::TimeOfDay`] if the source has no wall clock.
pub fn nodes(session: &Session) -> Result<Features, FeatureError> {
    let events = EventColumns::of(&session.events)?;
    let range = SessionRange::of(session);
    let specs =
        [&kind_flags::INFO[..], &price::INFO, &time::INFO, &levels::INFO, &smart_money::INFO].concat();
    let row = |i| {
        let event = events.scored(i);
        let (price, volume, time_of_day_s) = (event.price, event.volume, event.time_of_day_s);
        let mut row = [0.0; NODE_FEATURES];
        let parts = [
            &kind_flags::flags(event.kind, events.original_type(i), events.phase(i))[..],
            &price::prices(&range, price, volume, time_of_day_s),
            &time::times(&range, time_of_day_s),
            &levels::levels(&range, price),
            &smart_money::scores(&range, &event),
        ];
        for (value, &part) in row.iter_mut().zip(parts.into_iter().flatten()) {
            *value = part;
        }
        row
    };
    Ok(feature_table(&specs, session.events.len(), row))
}
