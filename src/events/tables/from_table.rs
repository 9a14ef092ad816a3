//! Sessions from tables.

use std::collections::BTreeMap;

use serde::Serialize;

use super::column_map::ColumnMap;
use super::table_reader::TableReader;
use crate::events::raw::{ColumnReading, Dialect, RawTable, SkippedRows};
use crate::events::{EventsError, TieOrder, Time, UnsortedEvents};
use crate::table::{Labels, Session, SessionOrigin, SessionPart};

/// Maximum events of a source: positions are 32-bit, and one value means "none".
const MAX_EVENTS: usize = u32::MAX as usize - 1;

/// How a table was read: nothing in it is lost without a word here.
#[derive(Debug, Clone, Serialize)]
pub struct TableReport {
    /// The source, as the user named it.
    pub path: String,
    /// Rows of the source: events, and rows that were left out.
    pub rows: usize,
    /// Rows that became events.
    pub events: usize,
    /// Rows that were left out.
    pub skipped_rows: SkippedRows,
    /// The format of a delimited file.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub dialect: Option<Dialect>,
    /// The time column.
    pub time: TimeReport,
    /// What each column was taken for.
    pub columns: Vec<ColumnReading>,
    /// Names that several columns have.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub doubled_names: Vec<String>,
    /// Number of columns without a name, which were passed over.
    pub nameless_columns: usize,
    /// Name and type of columns that no event can use.
    pub ignored: BTreeMap<String, String>,
}

/// How the time column was read.
#[derive(Debug, Clone, Serialize)]
pub struct TimeReport {
    /// Its name.
    pub column: String,
    /// Format of its values: `s`, `ms`, `us`, `ns`, `text`, a format of `strptime`, or `timestamp`.
    pub format: String,
    /// True if the format was found in the values.
    pub detected: bool,
    /// The unit in which the numbers would lie in the years of logs, if they do not in the one that was named.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub likelier_unit: Option<&'static str>,
}

/// The events of a table in its order, with the session of each.
#[derive(Debug, Clone)]
pub struct TableEvents {
    events: UnsortedEvents,
    /// Session of each event; `None`: the table is one session.
    groups: Option<Labels>,
    /// How the table was read.
    pub report: TableReport,
}

/// Sessions of a table, sorted by id. The events of each are sorted by (`t_ms`, `seq`), events that
/// are equal in both in the order `ties`.
///
/// `source` names the table in messages and sessions; `default_id` is the id of the only session if the map names no
/// group. `event_index` is the row in the table.
///
/// # Errors
/// As [`read_events`].
pub fn from_table(
    table: impl Into<RawTable>,
    map: &ColumnMap,
    source: &str,
    default_id: &str,
    ties: TieOrder,
) -> Result<Vec<Session>, EventsError> {
    sessions(vec![(read_events(&table.into(), map, source)?, default_id.to_owned())], ties)
}

/// The events of a table.
///
/// Missing kinds, keys and numbers stay missing; an empty string, a NaN and the words that the map lists count as
/// missing. Integers become floats (exact up to 2^53; the report counts others), booleans in a column named with `--num`
/// 0 and 1. By default the numbers are the numeric columns of the table, without booleans.
///
/// A wall-clock time that its zone repeats or skips is an error.
///
/// # Errors
/// [`EventsError`] with the file, and the column and row if there is one: no time or an unknown column, a type that
/// its role cannot use, a missing time or group, a time that is not an instant or outside the allowed years, an
/// infinite number, no events.
pub fn read_events(raw: &RawTable, map: &ColumnMap, source: &str) -> Result<TableEvents, EventsError> {
    let reader = TableReader { raw, map, file: source };
    let rows = raw.table.rows();
    if rows > MAX_EVENTS {
        return Err(EventsError::TooManyEvents { file: source.to_owned(), events: rows, limit: MAX_EVENTS });
    }
    let time = reader.time_column()?;
    let mut reports = reader.reports();
    let mut skipped = raw.skipped.clone();
    let read = reader.times(time, &mut skipped)?;
    if let Some(report) = reports.of(&time.name) {
        report.role = "time";
        report.holds = "times";
    }
    let seq = reader.seq(&mut skipped, &mut reports)?;
    let groups = reader.groups(&mut skipped, &mut reports)?;
    let numeric = reader.numeric(time, &mut reports)?;
    let price = reader.price(&numeric, &mut reports);
    let all = UnsortedEvents {
        times: read.times.iter().map(|time| time.unwrap_or(Time::from_ms(0))).collect(),
        seq,
        event_index: (0..rows as u32).collect(),
        kind: reader.kind(&mut reports)?,
        keys: reader.keys(&mut reports)?,
        numeric,
        price,
        ..UnsortedEvents::default()
    };
    let (events, groups) = if skipped.rows == 0 {
        (all, groups)
    } else {
        let kept: Vec<usize> = (0..rows).filter(|&row| !skipped.contains(row)).collect();
        (all.select(&kept), groups.map(|groups| groups.take(&kept)))
    };
    if events.times.is_empty() {
        return Err(EventsError::NoEvents { file: source.to_owned() });
    }
    let report = TableReport {
        path: source.to_owned(),
        rows,
        events: events.times.len(),
        skipped_rows: skipped,
        dialect: raw.dialect.clone(),
        time: TimeReport {
            column: time.name.clone(),
            format: read.format,
            detected: read.detected,
            likelier_unit: read.likelier_unit,
        },
        columns: reports.0,
        doubled_names: raw.doubled.clone(),
        nameless_columns: raw.nameless,
        ignored: raw.ignored.iter().cloned().collect(),
    };
    Ok(TableEvents { events, groups, report })
}

/// The sessions of tables, sorted by id: those of one id over all tables that name groups, and a session of each other
/// table, whose id stands beside it. The positions of the events of a session in several tables count through the rows of
/// these tables in their order; [`SessionOrigin::parts`] holds where each begins.
///
/// # Errors
/// [`EventsError::TooManyEvents`] if the tables of a session have more rows than 32-bit positions can number.
pub fn sessions(tables: Vec<(TableEvents, String)>, ties: TieOrder) -> Result<Vec<Session>, EventsError> {
    let mut parts: BTreeMap<String, Vec<Part>> = BTreeMap::new();
    let mut sessions = Vec::new();
    for (TableEvents { events, groups, report }, default_id) in tables {
        let part = |events: UnsortedEvents| Part {
            source: report.path.clone(),
            rows: report.rows,
            ignored: report.ignored.keys().map(|name| (name.clone(), events.times.len())).collect(),
            events,
        };
        let Some(groups) = groups else {
            sessions.push(session(default_id, vec![part(events)], ties)?);
            continue;
        };
        let mut rows_of = vec![Vec::new(); groups.names.len()];
        for (row, &code) in groups.codes.iter().enumerate() {
            if let Some(rows) = rows_of.get_mut(code as usize) {
                rows.push(row);
            }
        }
        for (id, rows) in groups.names.iter().zip(rows_of).filter(|(_, rows)| !rows.is_empty()) {
            parts.entry(id.clone()).or_default().push(part(events.select(&rows)));
        }
    }
    for (id, parts) in parts {
        sessions.push(session(id, parts, ties)?);
    }
    sessions.sort_by(|a, b| a.id.cmp(&b.id));
    Ok(sessions)
}

/// The events of a session in one table.
struct Part {
    source: String,
    /// Rows of the whole table.
    rows: usize,
    /// Columns that no event can use, with the number of events.
    ignored: BTreeMap<String, usize>,
    events: UnsortedEvents,
}

fn session(id: String, mut parts: Vec<Part>, ties: TieOrder) -> Result<Session, EventsError> {
    let (mut first, mut unknown_fields) = (0, BTreeMap::new());
    let mut places = Vec::with_capacity(parts.len());
    for part in &mut parts {
        let rows = first + part.rows;
        if rows > MAX_EVENTS {
            return Err(EventsError::TooManyEvents {
                file: part.source.clone(),
                events: rows,
                limit: MAX_EVENTS,
            });
        }
        part.events.event_index.iter_mut().for_each(|position| *position += first as u32);
        places.push(SessionPart { source: part.source.clone(), first_index: first });
        first = rows;
        for (name, events) in &part.ignored {
            *unknown_fields.entry(name.clone()).or_default() += events;
        }
    }
    let source = match places.as_slice() {
        [only] => only.source.clone(),
        [first, others @ ..] => format!("{} and {} more", first.source, others.len()),
        [] => String::new(),
    };
    let events = UnsortedEvents::concatenated(parts.into_iter().map(|part| part.events).collect());
    let (events, resolution) = events.sorted(ties, &id);
    let parts = if places.len() > 1 { places } else { Vec::new() };
    let origin = SessionOrigin { resolution, parts, unknown_fields, ..SessionOrigin::default() };
    Ok(Session { id, source, events, origin, ..Session::default() })
}
