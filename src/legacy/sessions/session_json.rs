//! JSON files of every form.

use std::collections::BTreeMap;

use super::event_fields::{ADAPTED, ENHANCED, EventFields};
use super::json::Json;
use super::json_file::{JsonFile, LIQUIDITY, MOVEMENTS, parse, window};
use super::session_window::placeholders;
use super::{records, session_id_from_stem};
use crate::events::{EventsError, TieOrder};
use crate::legacy::{LegacyError, attributes, forms};
use crate::table::{Session, SessionOrigin, SourceForm};

#[cfg(doc)]
use crate::legacy::features45;

/// The only accepted value of the field `original_format`.
const FORMAT: &str = "enhanced_session";
/// Field of the values that were measured over the whole session.
const STATS: &str = "relativity_stats";
/// Maximum fields that a message lists.
const LISTED: usize = 6;

/// Reads a JSON file that holds one session, as [`sessions_from_json`].
///
/// # Errors
/// As [`sessions_from_json`]; [`LegacyError::NotASession`] if the file holds more than one.
pub fn session_from_json(
    bytes: &[u8],
    source: &str,
    stem: &str,
    zone: Option<&str>,
    ties: TieOrder,
) -> Result<Session, LegacyError> {
    let mut sessions = sessions_from_json(bytes, source, stem, zone, ties)?;
    match sessions.pop() {
        Some(only) if sessions.is_empty() => Ok(only),
        _ => {
            let why = format!("it holds {} sessions, not one", sessions.len() + 1);
            Err(LegacyError::NotASession { file: source.to_owned(), why })
        }
    }
}

/// Reads a JSON file of one session or of several. Its fields determine its form ([`forms`]), its name only where
/// `relativity_stats` is missing:
///
/// | form | content | kind | price |
/// |---|---|---|---|
/// | adapted | `events[]` with `timestamp` (`HH:MM:SS`), `session_metadata` | `type` | `price_level` |
/// | day_news | the same, the day as `trading_date` | `type` | `price_level` |
/// | enhanced | `price_movements[]`, then `session_liquidity_events[]` | the first of (1) | the first of (2) |
/// | enhanced_rel | the same with `relativity_stats` | the first of (1) | the first of (2) |
/// | records | a list, or `events[]`, of records with date and time | `event_type` or `type` | the first of (2) |
///
/// (1) is `movement_type`, `action`, `event_type`; (2) is `price_level`, `price`. A record has `timestamp_et`
/// (`YYYY-MM-DD HH:MM:SS ET`) or an ISO `timestamp`, and a `session_id` if the file holds several sessions.
///
/// Times of day are on the day of `session_metadata` and on the wall clock of `zone` (an IANA name), else of the
/// metadata's `timezone` (`ET` or an IANA name), else of New York. Records use the same clock unless they have an
/// offset, or `ET`, which is New York. Every field that is a number in an event becomes a numeric column, in the
/// order of their names; a null or absent value is missing. `event_index` is the position in the list or lists, and
/// events of equal time are in the order `ties`. `source` names the file in messages; its stem gives the id
/// ([`session_id_from_stem`]) unless a record has one.
///
/// `type`, `original_type` and `semantic_context.phase` are texts, if an event has one; in the forms without `type`
/// the kind is both `type` and `original_type`, as [`features45`] needs them. The session's [`attributes`] are the
/// file's `relativity_stats`, else its `session_open`, `session_high`, `session_low`, `session_close`,
/// `session_range` and `session_duration` (seconds). Anomalies are kept and counted in [`Session::origin`]: events
/// outside the window of `session_start` and `session_end`, placeholders of unknown times, fields that are neither
/// numbers nor known.
///
/// # Errors
/// [`LegacyError::Json`] for malformed JSON (cut off, nested too deep), [`LegacyError::NotASession`] for JSON of
/// another structure, [`EventsError::NoEvents`], [`LegacyError::Field`] and [`LegacyError::Event`] for a field that
/// is missing, given twice, of another type or not an instant, [`EventsError::Setting`] for an unknown zone.
pub fn sessions_from_json(
    bytes: &[u8],
    source: &str,
    stem: &str,
    zone: Option<&str>,
    ties: TieOrder,
) -> Result<Vec<Session>, LegacyError> {
    let json = parse(bytes, source)?;
    let options = ReadOptions { stem, zone, ties };
    let file = JsonFile { name: source, movements: None };
    match event_lists(&json, file)? {
        EventLists::Events => {
            let form = match json.get("session_metadata").and_then(|m| m.get("trading_date")) {
                Some(_) => forms::DAY_NEWS,
                None => forms::ADAPTED,
            };
            let events = list(file, &json, "events")?;
            session(file, &json, events, &ADAPTED, form, options).map(|session| vec![session])
        }
        EventLists::Movements => {
            let mut events = list(file, &json, MOVEMENTS)?;
            let file = JsonFile { movements: Some(events.len()), ..file };
            events.extend(list(file, &json, LIQUIDITY)?);
            // Without relativity_stats the name decides: a file of the form enhanced may contain the same session.
            let form = match stats(&json).is_some() || stem.starts_with("enhanced_rel_") {
                true => forms::ENHANCED_REL,
                false => forms::ENHANCED,
            };
            session(file, &json, events, &ENHANCED, form, options).map(|session| vec![session])
        }
        EventLists::Records => records::sessions(file, &json, options),
    }
}

/// How a file is read, besides its content.
#[derive(Clone, Copy)]
pub(super) struct ReadOptions<'a> {
    /// Stem of the file's name.
    pub(super) stem: &'a str,
    /// IANA zone of times of day; `None`: that of the file.
    pub(super) zone: Option<&'a str>,
    /// Order of events of equal time.
    pub(super) ties: TieOrder,
}

/// The lists of events of a file.
enum EventLists {
    /// One list, `events`, with times of day.
    Events,
    /// Price movements and liquidity events, with times of day.
    Movements,
    /// Records with date and time.
    Records,
}

fn event_lists(json: &Json, file: JsonFile<'_>) -> Result<EventLists, LegacyError> {
    let fields = match json {
        Json::Object(fields) => fields,
        Json::List(_) if records::any_record(json) => return Ok(EventLists::Records),
        Json::List(_) => {
            return Err(file.not_a_session("it is a list without records that have a date and time"));
        }
        other => return Err(file.not_a_session(format!("it is {}, not an object", other.type_name()))),
    };
    let format = json.get("original_format");
    if let Some(Json::Text(format)) = format.filter(|format| **format != Json::Text(FORMAT.to_owned())) {
        return Err(file.not_a_session(format!("its original_format is {format:?}, not {FORMAT:?}")));
    }
    let metadata = json.get("session_metadata").is_some();
    let events = json.get("events").filter(|events| **events != Json::Null);
    let no_events = events.is_none_or(|events| matches!(events, Json::List(list) if list.is_empty()));
    let lists = [MOVEMENTS, LIQUIDITY].map(|name| json.get(name).filter(|found| **found != Json::Null));
    let moves = lists.into_iter().flatten().any(|found| metadata || matches!(found, Json::List(_)));
    if no_events && moves {
        Ok(EventLists::Movements)
    } else if format.is_some() || (events.is_some() && metadata) {
        Ok(EventLists::Events)
    } else if events.is_some_and(records::any_record) {
        Ok(EventLists::Records)
    } else {
        let names: Vec<&str> = fields.iter().take(LISTED).map(|(name, _)| name.as_str()).collect();
        let more = if fields.len() > LISTED { ", ..." } else { "" };
        let why = format!("it has no events, {MOVEMENTS} or {LIQUIDITY} of a session, only: ");
        Err(file.not_a_session(format!("{why}{}{more}", names.join(", "))))
    }
}

/// The events of a list. A list other than `events` may be absent.
fn list<'j>(file: JsonFile<'_>, json: &'j Json, name: &str) -> Result<Vec<&'j Json>, LegacyError> {
    match json.get(name) {
        Some(Json::List(events)) => Ok(events.iter().collect()),
        None | Some(Json::Null) if name != "events" => Ok(Vec::new()),
        found => {
            let why = found.map_or("is missing".to_owned(), |found| format!("is {}", found.type_name()));
            Err(file.field(name, why, "it must be a list of objects"))
        }
    }
}

fn session(
    file: JsonFile<'_>,
    json: &Json,
    events: Vec<&Json>,
    fields: &EventFields,
    form: SourceForm,
    options: ReadOptions<'_>,
) -> Result<Session, LegacyError> {
    file.check_duplicates(json, &events)?;
    let (day, zone) = (file.day(json)?, file.zone(json, options.zone)?);
    if events.is_empty() {
        return Err(EventsError::NoEvents { file: file.name.to_owned() }.into());
    }
    let times = events.iter().enumerate().map(|(i, event)| file.time(i, event, day, &zone));
    let columns = fields.columns(file, &events, times.collect::<Result<_, _>>()?)?;
    let (window, clock) = (window(json), columns.time_of_day_s.as_deref().unwrap_or_default());
    let origin = SessionOrigin {
        form,
        dataset: None,
        outside_window: window.map(|window| window.outside(clock)),
        placeholder_times: Some(placeholders(window, clock)),
        unknown_fields: fields.unknown(&events, &columns.numeric),
        ..SessionOrigin::default()
    };
    let attributes = session_attributes(file, json)?;
    let id = session_id_from_stem(options.stem);
    let (events, resolution) = columns.sorted(options.ties, &id);
    let origin = SessionOrigin { resolution, ..origin };
    Ok(Session { id, source: file.name.to_owned(), events, attributes, origin })
}

fn stats(json: &Json) -> Option<&Json> {
    json.get(STATS).filter(|stats| matches!(stats, Json::Object(fields) if !fields.is_empty()))
}

/// The [`attributes`] that the file states.
fn session_attributes(file: JsonFile<'_>, json: &Json) -> Result<BTreeMap<String, f64>, LegacyError> {
    let stats = stats(json);
    let (from, path, duration) = match stats {
        Some(stats) => (stats, format!("{STATS}."), "session_duration_seconds"),
        None => (json, String::new(), "session_duration"),
    };
    let mut stated = BTreeMap::new();
    for (attribute, field) in [
        (attributes::OPEN, "session_open"),
        (attributes::HIGH, "session_high"),
        (attributes::LOW, "session_low"),
        (attributes::CLOSE, "session_close"),
        (attributes::RANGE, "session_range"),
        (attributes::DURATION_S, duration),
    ] {
        match from.get(field) {
            None | Some(Json::Null) => {}
            Some(&Json::Number(value)) => {
                stated.insert(attribute.to_owned(), value);
            }
            Some(found) => {
                let why = format!("is {}", found.type_name());
                let remedy = "it must be a number, or null if it is not known";
                return Err(file.field(&format!("{path}{field}"), why, remedy));
            }
        }
    }
    if stats.is_some() {
        stated.insert(attributes::THEORY_B.to_owned(), 1.0);
    }
    Ok(stated)
}
