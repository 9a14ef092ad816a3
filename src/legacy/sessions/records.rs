//! Records: JSON events of one session or of several, each with its own date.

use std::collections::BTreeMap;

use jiff::tz::TimeZone;

use super::event_fields::RECORDS;
use super::json::Json;
use super::json_file::{ClockedTime, EASTERN, JsonFile};
use super::session_id_from_stem;
use super::session_json::ReadOptions;
use super::session_window::placeholders;
use crate::events::{clock, ends_of_values};
use crate::legacy::{LegacyError, forms};
use crate::table::{NumericColumn, Session, SessionOrigin};

/// Optional field of a record: a list of numbers.
const FEATURES: &str = "node_features";
/// Field of a record with the id of its session; in the object around the list, the default of records without it.
const SESSION: &str = "session_id";
/// Suffix of a time on the wall clock of New York.
const ET: &str = " ET";

/// Returns whether a list holds a record.
pub(super) fn any_record(list: &Json) -> bool {
    let Json::List(items) = list else { return false };
    let is_record = |item: &Json| {
        let typed = || item.get("event_type").is_some() || item.get("type").is_some();
        item.get("timestamp_et").is_some() || (item.get("timestamp").is_some() && typed())
    };
    items.iter().any(is_record)
}

/// Returns whether a text begins with a record that stands by itself, as records in lines do.
pub(crate) fn are_lines_of_records(bytes: &[u8]) -> bool {
    let mut values = serde_json::Deserializer::from_slice(bytes).into_iter::<Json>();
    match values.next() {
        Some(Ok(first @ Json::Object(_))) => {
            first.get("events").is_none() && any_record(&Json::List(vec![first]))
        }
        _ => false,
    }
}

/// Records in lines as one list. Lines keep their numbers.
pub(crate) fn list_of_lines(bytes: &[u8]) -> Vec<u8> {
    let ends = ends_of_values(bytes);
    let mut list = Vec::with_capacity(bytes.len() + ends.len() + 2);
    list.push(b'[');
    let mut from = 0;
    for (i, &end) in ends.iter().enumerate() {
        list.extend_from_slice(&bytes[from..end]);
        let is_last = i + 1 == ends.len() && bytes[end..].iter().all(u8::is_ascii_whitespace);
        if !is_last {
            list.push(b',');
        }
        from = end;
    }
    list.extend_from_slice(&bytes[from..]);
    list.push(b']');
    list
}

/// The sessions of a file, by id. A record without an id belongs to the session that the file names, else to the
/// session of the file's stem.
pub(super) fn sessions(
    file: JsonFile<'_>,
    json: &Json,
    options: ReadOptions<'_>,
) -> Result<Vec<Session>, LegacyError> {
    let events: Vec<&Json> = match json.get("events").unwrap_or(json) {
        Json::List(events) => events.iter().collect(),
        _ => Vec::new(),
    };
    file.check_duplicates(json, &events)?;
    let zone = clock::zone(options.zone.unwrap_or("UTC"))?;
    let times = events.iter().enumerate().map(|(i, event)| time(file, i, event, &zone));
    let times = times.collect::<Result<Vec<_>, _>>()?;
    let mut columns = RECORDS.columns(file, &events, times)?;
    columns.numeric.extend(node_features(file, &events)?);

    let default = match json.get(SESSION) {
        Some(Json::Text(id)) if !id.is_empty() => id.clone(),
        _ => session_id_from_stem(options.stem),
    };
    let mut rows_of: BTreeMap<String, Vec<usize>> = BTreeMap::new();
    for (i, event) in events.iter().enumerate() {
        let id = session_of(file, i, event)?.unwrap_or_else(|| default.clone());
        rows_of.entry(id).or_default().push(i);
    }
    let session = |(id, rows): (String, Vec<usize>)| {
        let own: Vec<&Json> = rows.iter().map(|&row| events[row]).collect();
        let columns = columns.select(&rows);
        let origin = SessionOrigin {
            form: forms::RECORDS,
            placeholder_times: columns.time_of_day_s.as_deref().map(|clock| placeholders(None, clock)),
            unknown_fields: RECORDS.unknown(&own, &columns.numeric),
            ..SessionOrigin::default()
        };
        let source = file.name.to_owned();
        let (events, resolution) = columns.sorted(options.ties, &id);
        let origin = SessionOrigin { resolution, ..origin };
        Session { id, source, events, origin, ..Session::default() }
    };
    Ok(rows_of.into_iter().map(session).collect())
}

/// 2^53: f64 does not represent all larger integers.
const MAX_EXACT: f64 = 9_007_199_254_740_992.0;

fn session_of(file: JsonFile<'_>, i: usize, event: &Json) -> Result<Option<String>, LegacyError> {
    match event.get(SESSION) {
        None | Some(Json::Null) => Ok(None),
        Some(Json::Text(id)) => Ok(Some(id.clone()).filter(|id| !id.is_empty())),
        Some(Json::Number(id)) if id.abs() < MAX_EXACT => Ok(Some(id.to_string())),
        Some(Json::Number(id)) => {
            let remedy = "numbers of 2^53 and more are not exact: write it as a string";
            Err(file.event(i, SESSION, format!("is {id}"), remedy))
        }
        Some(found) => {
            let why = format!("is {}", found.type_name());
            Err(file.event(i, SESSION, why, "it must be a string, or null for the session of the file"))
        }
    }
}

/// The time of a record. The suffix `ET` means New York, whatever `zone` is.
fn time(file: JsonFile<'_>, i: usize, event: &Json, zone: &TimeZone) -> Result<ClockedTime, LegacyError> {
    let remedy = "it must be a date and time, as in \"2025-07-24 09:30:00 ET\" or \"2025-07-24T13:30:00Z\"";
    let given = RECORDS.times.iter().find_map(|&name| Some((name, event.get(name)?)));
    let (name, text) = match given {
        Some((name, Json::Text(text))) => (name, text.trim()),
        Some((name, found)) => return Err(file.event(i, name, format!("is {}", found.type_name()), remedy)),
        None => return Err(file.event(i, RECORDS.times[0], "is missing", remedy)),
    };
    let wrong = |why: String| file.event(i, name, format!("is {text:?}"), &why);
    let instant = match text.strip_suffix(ET) {
        Some(text) => clock::text(text, &clock::zone(EASTERN)?),
        None => clock::text(text, zone),
    };
    let written = text.strip_suffix(ET).unwrap_or(text);
    let instant = instant.map_err(|why| wrong(format!("{why}; {remedy}")))?;
    let second = clock::written_second(written).ok_or_else(|| wrong(remedy.to_owned()))?;
    Ok((instant, second))
}

/// The columns `node_features.00`, `node_features.01`, ... of the lists of features that records may have, all of one
/// length.
fn node_features(file: JsonFile<'_>, events: &[&Json]) -> Result<Vec<NumericColumn>, LegacyError> {
    let remedy = "it must be a list of numbers of the same length in every record, or absent from all";
    let Some(width) = events.iter().find_map(|event| match event.get(FEATURES)? {
        Json::List(values) => Some(values.len()),
        _ => None,
    }) else {
        return Ok(Vec::new());
    };
    let mut columns: Vec<Vec<Option<f64>>> = Vec::new();
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
            None => return Err(file.event(i, FEATURES, "is missing", remedy)),
        };
        if i == 0 {
            columns = (0..width).map(|_| Vec::with_capacity(events.len())).collect();
        }
        for (column, value) in columns.iter_mut().zip(values) {
            column.push(match value {
                Json::Null => None,
                &Json::Number(value) => Some(value),
                found => {
                    let why = format!("holds {}", found.type_name());
                    return Err(file.event(i, FEATURES, why, remedy));
                }
            });
        }
    }
    let column = |(f, rows): (usize, Vec<_>)| NumericColumn {
        name: format!("{FEATURES}.{f:02}"),
        values: rows.into(),
    };
    Ok(columns.into_iter().enumerate().map(column).collect())
}
