//! Session files: JSON with the day in the session's metadata and events with a time of day.

use super::json::Json;
use super::json_event::{ADAPTED, ENHANCED, Shape};
use super::json_file::{File, LIQUIDITY, MOVEMENTS, parse, window};
use super::window::placeholders;
use super::{EventsError, records, session_id_from_stem};
use crate::table::{Form, Origin, Session, SessionContext};

#[cfg(doc)]
use super::session45;

/// The format that a session file may name as its origin.
const FORMAT: &str = "enhanced_session";
/// What the session as a whole was measured to be.
const STATS: &str = "relativity_stats";
/// How many of a file's fields a message lists.
const LISTED: usize = 6;

/// Reads a JSON file that holds one session: as [`sessions_from_json`], which also takes files of several.
///
/// # Errors
/// As [`sessions_from_json`]; [`EventsError::NotASession`] if the file holds more than one.
pub fn session_from_json(
    bytes: &[u8],
    source: &str,
    stem: &str,
    zone: Option<&str>,
) -> Result<Session, EventsError> {
    let mut sessions = sessions_from_json(bytes, source, stem, zone)?;
    match sessions.pop() {
        Some(only) if sessions.is_empty() => Ok(only),
        _ => {
            let why = format!("it holds {} sessions, one is wanted", sessions.len() + 1);
            Err(EventsError::NotASession { file: source.to_owned(), why })
        }
    }
}

/// Reads a JSON file of the original's. Its fields say which form it has ([`Form`]), not its name:
///
/// | form | what it holds | kind | price |
/// |---|---|---|---|
/// | adapted | `events[]` with `timestamp` (`HH:MM:SS`), `session_metadata` | `type` | `price_level` |
/// | day_news | the same, the day as `trading_date` | `type` | `price_level` |
/// | enhanced | `price_movements[]`, then `session_liquidity_events[]` | the first of (1) | the first of (2) |
/// | enhanced_rel | the same with `relativity_stats` | the first of (1) | the first of (2) |
/// | records | a list, or `events[]`, of records with date and time | `event_type` or `type` | the first of (2) |
///
/// (1) is `movement_type`, `action`, `event_type`; (2) is `price_level`, `price`. A record says `timestamp_et`
/// (`YYYY-MM-DD HH:MM:SS ET`) or an ISO `timestamp`, and a `session_id` where a file holds several sessions.
///
/// Times of day are on the day of `session_metadata` and on the wall clock of `zone` (an IANA name), else of the
/// metadata's `timezone` (`ET` or an IANA name), else of New York. Records are on the same clock unless they say an
/// offset, or `ET`, which is New York. Every field that is a number in some event is a
/// numeric column, in the order of their names; a value that is null or not there is missing. `event_index` is the
/// position in the list or lists, and events of equal time keep that order. `source` names the file in messages,
/// its stem gives the id ([`session_id_from_stem`]) unless a record says it.
///
/// `type`, `original_type` and `semantic_context.phase` are notes as they stand, where some event has one; in the
/// forms that have no `type`, the kind is both `type` and `original_type`, so that [`session45`] can read it. The
/// session's context is the file's `relativity_stats`, else its `session_open`, `session_high`, `session_low` and
/// `session_duration` (seconds) where it has any of them. What stands out is kept and counted in
/// [`Session::origin`]: events outside the window of `session_start` and `session_end`, times that stand for one
/// not known, fields that are neither numbers nor known.
///
/// # Errors
/// [`EventsError::Json`] for what is no JSON (cut off, nested too deep), [`EventsError::NotASession`] for JSON of
/// another shape, [`EventsError::NoEvents`], [`EventsError::Field`] and [`EventsError::Event`] for what is missing,
/// given twice, of another type or cannot be placed in time, [`EventsError::Setting`] for an unknown zone.
pub fn sessions_from_json(
    bytes: &[u8],
    source: &str,
    stem: &str,
    zone: Option<&str>,
) -> Result<Vec<Session>, EventsError> {
    let json = parse(bytes, source)?;
    let file = File { file: source, movements: None };
    match holding(&json, file)? {
        Holding::Events => {
            let form = match json.get("session_metadata").and_then(|m| m.get("trading_date")) {
                Some(_) => Form::DayNews,
                None => Form::Adapted,
            };
            let events = list(file, &json, "events")?;
            session(file, &json, events, &ADAPTED, form, stem, zone).map(|session| vec![session])
        }
        Holding::Movements => {
            let mut events = list(file, &json, MOVEMENTS)?;
            let file = File { movements: Some(events.len()), ..file };
            events.extend(list(file, &json, LIQUIDITY)?);
            // The name decides where the block is missing: its twin without the block is another file's.
            let form = match stats(&json).is_some() || stem.starts_with("enhanced_rel_") {
                true => Form::EnhancedRel,
                false => Form::Enhanced,
            };
            session(file, &json, events, &ENHANCED, form, stem, zone).map(|session| vec![session])
        }
        Holding::Records => records::sessions(file, &json, stem, zone),
    }
}

/// Where a file has its events.
enum Holding {
    Events,
    Movements,
    Records,
}

fn holding(json: &Json, file: File<'_>) -> Result<Holding, EventsError> {
    let fields = match json {
        Json::Object(fields) => fields,
        Json::List(_) if records::any(json) => return Ok(Holding::Records),
        Json::List(_) => return Err(file.no_session("it is a list, of no records with a date and time")),
        other => return Err(file.no_session(format!("it is {}, not an object", other.type_name()))),
    };
    let format = json.get("original_format");
    if let Some(Json::Text(format)) = format.filter(|format| **format != Json::Text(FORMAT.to_owned())) {
        return Err(file.no_session(format!("its original_format is {format:?}, not {FORMAT:?}")));
    }
    let metadata = json.get("session_metadata").is_some();
    let events = json.get("events").filter(|events| **events != Json::Null);
    let no_events = events.is_none_or(|events| matches!(events, Json::List(list) if list.is_empty()));
    let lists = [MOVEMENTS, LIQUIDITY].map(|name| json.get(name).filter(|found| **found != Json::Null));
    let moves = lists.into_iter().flatten().any(|found| metadata || matches!(found, Json::List(_)));
    if no_events && moves {
        Ok(Holding::Movements)
    } else if format.is_some() || (events.is_some() && metadata) {
        Ok(Holding::Events)
    } else if events.is_some_and(records::any) {
        Ok(Holding::Records)
    } else {
        let names: Vec<&str> = fields.iter().take(LISTED).map(|(name, _)| name.as_str()).collect();
        let more = if fields.len() > LISTED { ", ..." } else { "" };
        let why = format!("it has no events, {MOVEMENTS} or {LIQUIDITY} of a session, only: ");
        Err(file.no_session(format!("{why}{}{more}", names.join(", "))))
    }
}

/// The events of a list. One of movements may not be there.
fn list<'j>(file: File<'_>, json: &'j Json, name: &str) -> Result<Vec<&'j Json>, EventsError> {
    match json.get(name) {
        Some(Json::List(events)) => Ok(events.iter().collect()),
        None | Some(Json::Null) if name != "events" => Ok(Vec::new()),
        found => {
            let why = found.map_or("is not there".to_owned(), |found| format!("is {}", found.type_name()));
            Err(file.field(name, why, "it must be a list of objects"))
        }
    }
}

fn session(
    file: File<'_>,
    json: &Json,
    events: Vec<&Json>,
    shape: &Shape,
    form: Form,
    stem: &str,
    zone: Option<&str>,
) -> Result<Session, EventsError> {
    file.given_once(json, &events)?;
    let (day, zone) = (file.day(json)?, file.zone(json, zone)?);
    if events.is_empty() {
        return Err(EventsError::NoEvents { file: file.file.to_owned() });
    }
    let placed = events.iter().enumerate().map(|(i, event)| file.time(i, event, day, &zone));
    let columns = shape.columns(file, &events, placed.collect::<Result<_, _>>()?)?;
    let (window, clock) = (window(json), columns.time_of_day_s.as_deref().unwrap_or_default());
    let origin = Origin {
        form,
        dataset: None,
        outside_window: window.map(|window| window.outside(clock)),
        placeholder_times: Some(placeholders(window, clock)),
        unknown_fields: shape.unknown(&events, &columns.numeric),
    };
    let context = context(file, json)?;
    Ok(Session {
        id: session_id_from_stem(stem),
        source: file.file.to_owned(),
        events: columns.sorted(),
        context,
        origin,
    })
}

fn stats(json: &Json) -> Option<&Json> {
    json.get(STATS).filter(|stats| matches!(stats, Json::Object(fields) if !fields.is_empty()))
}

/// What the file says of the session as a whole.
fn context(file: File<'_>, json: &Json) -> Result<Option<SessionContext>, EventsError> {
    let stats = stats(json);
    let (from, path, duration) = match stats {
        Some(stats) => (stats, format!("{STATS}."), "session_duration_seconds"),
        None => (json, String::new(), "session_duration"),
    };
    let number = |name: &str| match from.get(name) {
        None | Some(Json::Null) => Ok(None),
        Some(&Json::Number(value)) => Ok(Some(value)),
        Some(found) => {
            let why = format!("is {}", found.type_name());
            let remedy = "it must be a number, or null if it is not known";
            Err(file.field(&format!("{path}{name}"), why, remedy))
        }
    };
    let context = SessionContext {
        open: number("session_open")?,
        high: number("session_high")?,
        low: number("session_low")?,
        close: number("session_close")?,
        range: number("session_range")?,
        duration_s: number(duration)?,
        theory_b: stats.is_some(),
    };
    Ok(Some(context).filter(|context| *context != SessionContext::default()))
}
