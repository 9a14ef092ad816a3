//! Records: JSON events that say their date each, of one session or of several.

use std::collections::BTreeMap;

use jiff::tz::TimeZone;

use super::json::Json;
use super::json_event::RECORDS;
use super::json_file::{EASTERN, File, Placed};
use super::window::placeholders;
use super::{EventsError, clock, session_id_from_stem};
use crate::table::{Form, NumericColumn, Origin, Session};

/// A list of numbers that a record may have.
const FEATURES: &str = "node_features";
/// The session of a record, or of all where it stands beside the list.
const SESSION: &str = "session_id";
/// The mark of New York's clock behind a time.
const ET: &str = " ET";

/// Whether a list holds a record.
pub(super) fn any(list: &Json) -> bool {
    let Json::List(items) = list else { return false };
    let is_record = |item: &Json| {
        let typed = || item.get("event_type").is_some() || item.get("type").is_some();
        item.get("timestamp_et").is_some() || (item.get("timestamp").is_some() && typed())
    };
    items.iter().any(is_record)
}

/// The sessions of a file, by id; a record that names none is of the session that the file names, else of its
/// stem.
pub(super) fn sessions(
    file: File<'_>,
    json: &Json,
    stem: &str,
    zone: Option<&str>,
) -> Result<Vec<Session>, EventsError> {
    let events: Vec<&Json> = match json.get("events").unwrap_or(json) {
        Json::List(events) => events.iter().collect(),
        _ => Vec::new(),
    };
    file.given_once(json, &events)?;
    let zone = clock::zone(zone.unwrap_or(EASTERN))?;
    let placed = events.iter().enumerate().map(|(i, event)| place(file, i, event, &zone));
    let placed = placed.collect::<Result<Vec<_>, _>>()?;
    let mut columns = RECORDS.columns(file, &events, placed)?;
    columns.numeric.extend(node_features(file, &events)?);

    let default = match json.get(SESSION) {
        Some(Json::Text(id)) if !id.is_empty() => id.clone(),
        _ => session_id_from_stem(stem),
    };
    let mut rows_of: BTreeMap<String, Vec<usize>> = BTreeMap::new();
    for (i, event) in events.iter().enumerate() {
        let id = session_of(file, i, event)?.unwrap_or_else(|| default.clone());
        rows_of.entry(id).or_default().push(i);
    }
    let session = |(id, rows): (String, Vec<usize>)| {
        let own: Vec<&Json> = rows.iter().map(|&row| events[row]).collect();
        let columns = columns.select(&rows);
        let origin = Origin {
            form: Form::Records,
            placeholder_times: columns.time_of_day_s.as_deref().map(|clock| placeholders(None, clock)),
            unknown_fields: RECORDS.unknown(&own, &columns.numeric),
            ..Origin::default()
        };
        Session { id, source: file.file.to_owned(), events: columns.sorted(), context: None, origin }
    };
    Ok(rows_of.into_iter().map(session).collect())
}

/// 2^53: from here on several integers are one f64.
const EXACT: f64 = 9_007_199_254_740_992.0;

fn session_of(file: File<'_>, i: usize, event: &Json) -> Result<Option<String>, EventsError> {
    match event.get(SESSION) {
        None | Some(Json::Null) => Ok(None),
        Some(Json::Text(id)) => Ok(Some(id.clone()).filter(|id| !id.is_empty())),
        Some(Json::Number(id)) if id.abs() < EXACT => Ok(Some(id.to_string())),
        Some(Json::Number(id)) => {
            let remedy = "numbers of 2^53 and more are not told apart: write it as a string";
            Err(file.event(i, SESSION, format!("is {id}"), remedy))
        }
        Some(found) => {
            let why = format!("is {}", found.type_name());
            Err(file.event(i, SESSION, why, "it must be a string, or null for the session of the file"))
        }
    }
}

/// The moment of a record and what its clock showed. `ET` behind a time is New York, whatever the zone.
fn place(file: File<'_>, i: usize, event: &Json, zone: &TimeZone) -> Result<Placed, EventsError> {
    let remedy = "it must be a date and time, as in \"2025-07-24 09:30:00 ET\" or \"2025-07-24T13:30:00Z\"";
    let given = RECORDS.times.iter().find_map(|&name| Some((name, event.get(name)?)));
    let (name, text) = match given {
        Some((name, Json::Text(text))) => (name, text.trim()),
        Some((name, found)) => return Err(file.event(i, name, format!("is {}", found.type_name()), remedy)),
        None => return Err(file.event(i, RECORDS.times[0], "is not there", remedy)),
    };
    let wrong = |why: String| file.event(i, name, format!("is {text:?}"), &why);
    let placed = match text.strip_suffix(ET) {
        Some(text) => clock::text(text, &clock::zone(EASTERN)?),
        None => clock::text(text, zone),
    };
    let written = text.strip_suffix(ET).unwrap_or(text);
    let moment = placed.map_err(|why| wrong(format!("{why}; {remedy}")))?;
    let second = clock::written_second(written).ok_or_else(|| wrong(remedy.to_owned()))?;
    Ok((moment, second))
}

/// The columns `node_features.00`, `node_features.01`, ... of the lists of features that records may have, all of
/// one length.
fn node_features(file: File<'_>, events: &[&Json]) -> Result<Vec<NumericColumn>, EventsError> {
    let remedy = "it must be a list of numbers in every record, as long in each; or leave it out of all";
    let Some(width) = events.iter().find_map(|event| match event.get(FEATURES)? {
        Json::List(values) => Some(values.len()),
        _ => None,
    }) else {
        return Ok(Vec::new());
    };
    let column =
        |f| NumericColumn { name: format!("{FEATURES}.{f:02}"), values: Vec::with_capacity(events.len()) };
    let mut columns: Vec<NumericColumn> = Vec::new();
    for (i, event) in events.iter().enumerate() {
        let values = match event.get(FEATURES) {
            Some(Json::List(values)) if values.len() == width => values,
            Some(Json::List(values)) => {
                let why = format!("has {} numbers, the first list has {width}", values.len());
                return Err(file.event(i, FEATURES, why, remedy));
            }
            Some(found) => {
                return Err(file.event(i, FEATURES, format!("is {}", found.type_name()), remedy));
            }
            None => return Err(file.event(i, FEATURES, "is not there", remedy)),
        };
        if i == 0 {
            columns = (0..width).map(column).collect();
        }
        for (column, value) in columns.iter_mut().zip(values) {
            column.values.push(match value {
                Json::Null => None,
                &Json::Number(value) => Some(value),
                found => {
                    let why = format!("holds {}", found.type_name());
                    return Err(file.event(i, FEATURES, why, remedy));
                }
            });
        }
    }
    Ok(columns)
}
