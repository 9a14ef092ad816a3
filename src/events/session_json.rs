//! Session files: a list of events with a time of day, and the day in the session's metadata.

use std::collections::BTreeSet;

use jiff::civil::{Date, Time as TimeOfDay};
use jiff::tz::TimeZone;

use super::json::Json;
use super::order::{Time, Unsorted};
use super::{EventsError, clock, session_id_from_stem};
use crate::table::{Labels, NoteColumn, NumericColumn, Session, SessionContext};

/// The format that a session file may name as its origin.
const FORMAT: &str = "enhanced_session";
/// The zone that `ET` stands for, and that of a file that names none: what these sessions are written in.
const EASTERN: &str = "America/New_York";
/// The field that is the price.
const PRICE: &str = "price_level";
/// The fields that are kept as texts; `a.b` is the field `b` of the object `a`.
const NOTES: [&str; 3] = ["type", "original_type", "semantic_context.phase"];

/// Reads one session file: `events[]` with `timestamp` (`HH:MM:SS`), `type` (the kind, empty is missing),
/// `price_level` (the price, null is missing) and any numbers; `session_metadata` with `session_date` and `timezone`.
///
/// The times are on the wall clock of `zone` (an IANA name), else of the metadata's `timezone` (`ET` or an IANA
/// name), else of New York. Every field that is a number in some event is a numeric column, in the order of their
/// names; a value that is null or not there is missing. Events of equal time keep the order of the file. `source`
/// names the file in messages, its stem gives the id ([`session_id_from_stem`]).
///
/// `type`, `original_type` and `semantic_context.phase` are notes as they stand, where some event has one. The
/// session's context is the file's `relativity_stats`, else its `session_open`, `session_high`, `session_low` and
/// `session_duration` (seconds) where it has any of them.
///
/// # Errors
/// [`EventsError::Json`] for what is no JSON (cut off, nested too deep), [`EventsError::NotASession`] for JSON of
/// another shape, [`EventsError::NoEvents`], [`EventsError::Field`] and [`EventsError::Event`] for what is missing,
/// given twice, of another type or cannot be placed in time, [`EventsError::Setting`] for an unknown zone.
pub fn session_from_json(
    bytes: &[u8],
    source: &str,
    stem: &str,
    zone: Option<&str>,
) -> Result<Session, EventsError> {
    let json = parse(bytes, source)?;
    let file = File { file: source };
    let events = file.events(&json)?;
    file.given_once(&json, events)?;
    let (date, zone) = file.day(&json, zone)?;
    if events.is_empty() {
        return Err(EventsError::NoEvents { file: source.to_owned() });
    }
    let count = u32::try_from(events.len()).map_err(|_| EventsError::TooManyEvents {
        file: source.to_owned(),
        events: events.len(),
        limit: u32::MAX as usize,
    })?;
    let times = events.iter().enumerate().map(|(i, event)| file.time(i, event, date, &zone));
    let (times, time_of_day_s) = times.collect::<Result<Vec<_>, _>>()?.into_iter().unzip();
    let kinds = events.iter().enumerate().map(|(i, event)| file.kind(i, event));
    let kinds = kinds.collect::<Result<Vec<_>, _>>()?;
    let numeric = file.numeric(events)?;
    let unsorted = Unsorted {
        times,
        seq: None,
        event_index: (0..count).collect(),
        kind: Labels::encode(kinds),
        keys: Vec::new(),
        price: numeric.iter().position(|column| column.name == PRICE),
        numeric,
        notes: File::notes(events),
        time_of_day_s: Some(time_of_day_s),
    };
    let context = file.context(&json)?;
    Ok(Session {
        id: session_id_from_stem(stem),
        source: source.to_owned(),
        events: unsorted.sorted(),
        context,
    })
}

fn parse(bytes: &[u8], file: &str) -> Result<Json, EventsError> {
    // A byte order mark is no JSON, but editors write it.
    let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
    serde_json::from_slice(bytes).map_err(|e| {
        // The message ends with the place, which is said apart.
        let message = e.to_string();
        let why = message.split(" at line ").next().unwrap_or_default().to_owned();
        EventsError::Json { file: file.to_owned(), line: e.line(), column: e.column(), why }
    })
}

/// A session file's name, for messages.
struct File<'a> {
    file: &'a str,
}

impl File<'_> {
    fn field(&self, field: &str, why: impl Into<String>, remedy: &str) -> EventsError {
        let (file, remedy) = (self.file.to_owned(), remedy.to_owned());
        EventsError::Field { file, field: field.to_owned(), why: why.into(), remedy }
    }

    fn event(&self, event: usize, field: &str, why: impl Into<String>, remedy: &str) -> EventsError {
        let (file, remedy) = (self.file.to_owned(), remedy.to_owned());
        EventsError::Event { file, event, field: field.to_owned(), why: why.into(), remedy }
    }

    fn events<'j>(&self, json: &'j Json) -> Result<&'j [Json], EventsError> {
        let other = |why: String| Err(EventsError::NotASession { file: self.file.to_owned(), why });
        if !matches!(json, Json::Object(_)) {
            return other(format!("it is {}, not an object", json.type_name()));
        }
        match json.get("original_format") {
            Some(Json::Text(format)) if format != FORMAT => {
                return other(format!("its original_format is {format:?}, not {FORMAT:?}"));
            }
            Some(_) => {}
            None if json.get("events").is_some() && json.get("session_metadata").is_some() => {}
            None => return other("it has no original_format, or no events and session_metadata".to_owned()),
        }
        match json.get("events") {
            Some(Json::List(events)) => Ok(events),
            Some(found) => {
                Err(self.field("events", format!("is {}", found.type_name()), "it must be a list of objects"))
            }
            None => Err(self.field("events", "is not there", "it must be a list of objects")),
        }
    }

    /// Refuses a field given twice: which one would be meant?
    fn given_once(&self, json: &Json, events: &[Json]) -> Result<(), EventsError> {
        for (i, event) in events.iter().enumerate() {
            if !matches!(event, Json::Object(_)) {
                let why = format!("cannot be read: the event is {}", event.type_name());
                return Err(self.event(i, "timestamp", why, "an event must be an object"));
            }
            if let Some(name) = event.twice() {
                return Err(self.event(i, name, "is given twice", "keep one of them"));
            }
        }
        match json.twice() {
            Some(name) => Err(self.field(name, "is given twice", "keep one of them")),
            None => Ok(()),
        }
    }

    fn day(&self, json: &Json, zone: Option<&str>) -> Result<(Date, TimeZone), EventsError> {
        const DATE: &str = "session_metadata.session_date";
        const ZONE: &str = "session_metadata.timezone";
        let remedy = "it must be a date, as in \"2025-07-24\"";
        let metadata = json.get("session_metadata");
        let date = match metadata.and_then(|m| m.get("session_date")) {
            Some(Json::Text(date)) => date
                .parse()
                .ok()
                .filter(|_| date.len() == "2025-07-24".len())
                .ok_or_else(|| self.field(DATE, format!("is {date:?}"), remedy))?,
            Some(found) => return Err(self.field(DATE, format!("is {}", found.type_name()), remedy)),
            None => return Err(self.field(DATE, "is not there", remedy)),
        };
        let named = match (zone, metadata.and_then(|m| m.get("timezone"))) {
            (Some(zone), _) => return Ok((date, clock::zone(zone)?)),
            (None, None | Some(Json::Null)) => EASTERN,
            (None, Some(Json::Text(name))) if name == "ET" => EASTERN,
            (None, Some(Json::Text(name))) => name,
            (None, Some(found)) => {
                let why = format!("is {}", found.type_name());
                return Err(self.field(ZONE, why, "it must be \"ET\" or an IANA name; or say --zone"));
            }
        };
        let zone = clock::zone(named).map_err(|_| {
            self.field(ZONE, format!("is {named:?}"), "it must be \"ET\" or an IANA name; or say --zone")
        })?;
        Ok((date, zone))
    }

    /// The moment of an event, and the seconds since midnight that its clock showed.
    fn time(&self, i: usize, event: &Json, date: Date, zone: &TimeZone) -> Result<(Time, f64), EventsError> {
        let remedy = "it must be a time of day \"HH:MM:SS\"";
        let text = match event.get("timestamp") {
            Some(Json::Text(text)) => text,
            Some(found) => {
                return Err(self.event(i, "timestamp", format!("is {}", found.type_name()), remedy));
            }
            None => return Err(self.event(i, "timestamp", "is not there", remedy)),
        };
        let time = time_of_day(text).ok_or_else(|| {
            self.event(i, "timestamp", format!("is {text:?}, which no clock shows"), remedy)
        })?;
        let moment = clock::place(date.to_datetime(time), zone)
            .map_err(|why| self.event(i, "timestamp", format!("is {text:?}"), &why))?;
        Ok((moment, clock::second_of_day(time)))
    }

    fn kind<'j>(&self, i: usize, event: &'j Json) -> Result<Option<&'j str>, EventsError> {
        match event.get("type") {
            None | Some(Json::Null) => Ok(None),
            Some(Json::Text(kind)) => Ok(Some(kind.as_str()).filter(|kind| !kind.is_empty())),
            Some(found) => {
                let why = format!("is {}", found.type_name());
                Err(self.event(i, "type", why, "it must be a string, empty if the kind is not known"))
            }
        }
    }

    /// The texts that some event has. What is no text is none: a number is a column of its own.
    fn notes(events: &[Json]) -> Vec<NoteColumn> {
        fn text<'j>(event: &'j Json, name: &str) -> Option<&'j str> {
            let found = match name.split_once('.') {
                Some((object, field)) => event.get(object)?.get(field)?,
                None => event.get(name)?,
            };
            match found {
                Json::Text(text) => Some(text),
                _ => None,
            }
        }
        let note = |name: &&str| NoteColumn {
            name: (*name).to_owned(),
            labels: Labels::encode(events.iter().map(|event| text(event, name))),
        };
        NOTES.iter().map(note).filter(|note| !note.labels.names.is_empty()).collect()
    }

    /// What the file says of the session as a whole.
    fn context(&self, json: &Json) -> Result<Option<SessionContext>, EventsError> {
        let stats = json
            .get("relativity_stats")
            .filter(|stats| matches!(stats, Json::Object(fields) if !fields.is_empty()));
        let (from, path, duration) = match stats {
            Some(stats) => (stats, "relativity_stats.", "session_duration_seconds"),
            None => (json, "", "session_duration"),
        };
        let number = |name: &str| match from.get(name) {
            None | Some(Json::Null) => Ok(None),
            Some(&Json::Number(value)) => Ok(Some(value)),
            Some(found) => {
                let why = format!("is {}", found.type_name());
                Err(self.field(
                    &format!("{path}{name}"),
                    why,
                    "it must be a number, or null if it is not known",
                ))
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

    fn numeric(&self, events: &[Json]) -> Result<Vec<NumericColumn>, EventsError> {
        let mut names = BTreeSet::new();
        for event in events {
            let Json::Object(fields) = event else { continue };
            let numbers = fields.iter().filter(|(name, value)| {
                // The price is a column of its own right, even where no event has one.
                matches!(value, Json::Number(_)) || name == PRICE
            });
            names.extend(numbers.map(|(name, _)| name.as_str()).filter(|&name| name != "timestamp"));
        }
        let column = |name: &str| {
            let value = |(i, event): (usize, &Json)| match event.get(name) {
                None | Some(Json::Null) => Ok(None),
                Some(&Json::Number(value)) => Ok(Some(value)),
                Some(found) => {
                    let why = format!("is {}", found.type_name());
                    Err(self.event(i, name, why, "it must be a number, or null if it is not known"))
                }
            };
            let values = events.iter().enumerate().map(value).collect::<Result<_, _>>()?;
            Ok(NumericColumn { name: name.to_owned(), values })
        };
        names.into_iter().map(column).collect()
    }
}

/// `HH:MM:SS`, fractions of a second allowed; nothing shorter.
fn time_of_day(text: &str) -> Option<TimeOfDay> {
    let (time, fraction) = text.split_once('.').unwrap_or((text, "0"));
    let digits = |part: &str| part.bytes().all(|b| b.is_ascii_digit());
    let mut parts = time.split(':');
    let shaped =
        time.len() == 8 && parts.clone().count() == 3 && parts.all(|part| part.len() == 2 && digits(part));
    let whole = shaped && !fraction.is_empty() && digits(fraction) && !clock::has_second_60(text);
    whole.then(|| text.parse().ok()).flatten()
}
