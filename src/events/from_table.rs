//! Sessions from a table.

use super::table_reader::TableReader;
use super::{ColumnMap, EventsError, TieOrder, UnsortedEvents};
use crate::table::{Session, SessionOrigin, Table};

/// Maximum events of a source: positions are 32-bit, and one value means "none".
const MAX_EVENTS: usize = u32::MAX as usize - 1;

/// Sessions of a table, sorted by id. The events of each are sorted by (`t_ms`, `seq`), events that
/// are equal in both in the order `ties`.
///
/// `source` names the table in messages and sessions; `default_id` is the id of the only session if the map names no
/// group. `event_index` is the row in the table. Missing kinds, keys and numbers stay missing; an empty
/// string and a NaN count as missing. Integers become floats (exact up to 2^53), booleans in a column named with
/// `--num` 0 and 1. By default the numbers are the numeric columns of the table, without booleans.
///
/// Times finer than a millisecond are rounded down to it after the events are ordered (see [`super::Time`]).
/// A wall-clock time that its zone repeats or skips is an error.
///
/// # Errors
/// [`EventsError`] with the file, and the column and row if there is one: no time or an unknown column, a type that
/// its role cannot use, a missing time or group, a time that is not an instant, an infinite number, no events.
pub fn from_table(
    table: Table,
    map: &ColumnMap,
    source: &str,
    default_id: &str,
    ties: TieOrder,
) -> Result<Vec<Session>, EventsError> {
    let reader = TableReader { table: &table, map, file: source };
    let rows = table.rows();
    if rows > MAX_EVENTS {
        return Err(EventsError::TooManyEvents { file: source.to_owned(), events: rows, limit: MAX_EVENTS });
    }
    let time = reader.time_column()?;
    let all = UnsortedEvents {
        times: reader.times(time)?,
        seq: reader.seq()?,
        event_index: (0..rows as u32).collect(),
        kind: reader.kind()?,
        keys: reader.keys()?,
        numeric: reader.numeric(time)?,
        ..UnsortedEvents::default()
    };
    let price = reader.price(&all.numeric)?;
    let groups = reader.groups(default_id)?;
    if rows == 0 {
        return Err(EventsError::NoEvents { file: source.to_owned() });
    }
    let sessions = groups.into_iter().map(|(id, rows)| {
        let (events, resolution) = UnsortedEvents { price, ..all.select(&rows) }.sorted(ties, &id);
        let origin = SessionOrigin { resolution, ..SessionOrigin::default() };
        Session { id, source: source.to_owned(), events, origin, ..Session::default() }
    });
    Ok(sessions.collect())
}
