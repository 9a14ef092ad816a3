//! A JSON file of events: its day, time zone and times, and errors that name the field.

use jiff::civil::{Date, Time as TimeOfDay};
use jiff::tz::TimeZone;

use super::json::Json;
use super::session_window::SessionWindow;
use crate::events::{Time, clock};
use crate::legacy::LegacyError;

/// The time zone of `ET`, and of a file that names none.
pub(super) const EASTERN: &str = "America/New_York";

/// An instant and its time of day on the wall clock of the file, seconds since midnight.
pub(super) type ClockedTime = (Time, f64);

/// Parses a file.
pub(super) fn parse(bytes: &[u8], file: &str) -> Result<Json, LegacyError> {
    // A byte order mark is not JSON, but editors write it.
    let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
    serde_json::from_slice(bytes).map_err(|e| {
        // The message ends with the line and column, which the error has as fields.
        let message = e.to_string();
        let why = message.split(" at line ").next().unwrap_or_default().to_owned();
        LegacyError::Json { file: file.to_owned(), line: e.line(), column: e.column(), why }
    })
}

/// A file's name and lists of events, for messages.
#[derive(Debug, Clone, Copy)]
pub(super) struct JsonFile<'a> {
    /// Name of the file.
    pub(super) name: &'a str,
    /// Number of events in the first of two lists; `None` if the file has one list.
    pub(super) movements: Option<usize>,
}

/// The first of two lists of events.
pub(super) const MOVEMENTS: &str = "price_movements";
/// The second of two lists of events.
pub(super) const LIQUIDITY: &str = "session_liquidity_events";

impl JsonFile<'_> {
    /// The error of a file that is not a session.
    pub(super) fn not_a_session(&self, why: impl Into<String>) -> LegacyError {
        LegacyError::NotASession { file: self.name.to_owned(), why: why.into() }
    }

    /// The error of a field of the file.
    pub(super) fn field(&self, field: &str, why: impl Into<String>, remedy: &str) -> LegacyError {
        let (file, remedy) = (self.name.to_owned(), remedy.to_owned());
        LegacyError::Field { file, field: field.to_owned(), why: why.into(), remedy }
    }

    /// The error of a field of an event.
    pub(super) fn event(
        &self,
        event: usize,
        field: &str,
        why: impl Into<String>,
        remedy: &str,
    ) -> LegacyError {
        let field = match self.movements {
            None => field.to_owned(),
            Some(movements) if event < movements => format!("{MOVEMENTS}[{event}].{field}"),
            Some(movements) => format!("{LIQUIDITY}[{}].{field}", event - movements),
        };
        let (file, remedy) = (self.name.to_owned(), remedy.to_owned());
        LegacyError::Event { file, event, field, why: why.into(), remedy }
    }

    /// Checks that no field is given twice. The events come first, so that the error names the event.
    pub(super) fn check_duplicates(&self, json: &Json, events: &[&Json]) -> Result<(), LegacyError> {
        for (i, event) in events.iter().enumerate() {
            if !matches!(event, Json::Object(_)) {
                let why = format!("cannot be read: the event is {}", event.type_name());
                return Err(self.event(i, "timestamp", why, "an event must be an object"));
            }
            if let Some(name) = event.duplicate_field() {
                return Err(self.event(i, name, "is given twice", "keep one of them"));
            }
        }
        match json.duplicate_field() {
            Some(name) => Err(self.field(name, "is given twice", "keep one of them")),
            None => Ok(()),
        }
    }

    /// The day of a session: the first of three fields that is present.
    pub(super) fn day(&self, json: &Json) -> Result<Date, LegacyError> {
        const FIELDS: [(&str, &str); 3] = [
            ("session_metadata", "session_date"),
            ("session_metadata", "trading_date"),
            ("session_info", "trading_day"),
        ];
        let remedy = "it must be a date, as in \"2025-07-24\"";
        let given = |&(object, name): &(&str, &str)| {
            let found = json.get(object)?.get(name).filter(|found| !matches!(found, Json::Null))?;
            Some((format!("{object}.{name}"), found))
        };
        match FIELDS.iter().find_map(given) {
            Some((field, Json::Text(date))) => date
                .parse()
                .ok()
                .filter(|_| date.len() == "2025-07-24".len())
                .ok_or_else(|| self.field(&field, format!("is {date:?}"), remedy)),
            Some((field, found)) => Err(self.field(&field, format!("is {}", found.type_name()), remedy)),
            None => Err(self.field("session_metadata.session_date", "is missing", remedy)),
        }
    }

    /// The time zone of a session's wall clock: `named`, else that of the file, else New York.
    pub(super) fn zone(&self, json: &Json, named: Option<&str>) -> Result<TimeZone, LegacyError> {
        const ZONE: &str = "session_metadata.timezone";
        let remedy = "it must be \"ET\" or an IANA name; or set --zone";
        let named = match (named, json.get("session_metadata").and_then(|m| m.get("timezone"))) {
            (Some(zone), _) => return Ok(clock::zone(zone)?),
            (None, None | Some(Json::Null)) => EASTERN,
            (None, Some(Json::Text(name))) if name == "ET" => EASTERN,
            (None, Some(Json::Text(name))) => name,
            (None, Some(found)) => {
                return Err(self.field(ZONE, format!("is {}", found.type_name()), remedy));
            }
        };
        clock::zone(named).map_err(|_| self.field(ZONE, format!("is {named:?}"), remedy))
    }

    /// The time of an event that has a time of day.
    pub(super) fn time(
        &self,
        i: usize,
        event: &Json,
        day: Date,
        zone: &TimeZone,
    ) -> Result<ClockedTime, LegacyError> {
        let remedy = "it must be a time of day \"HH:MM:SS\"";
        let text = match event.get("timestamp") {
            Some(Json::Text(text)) => text,
            Some(found) => {
                return Err(self.event(i, "timestamp", format!("is {}", found.type_name()), remedy));
            }
            None => return Err(self.event(i, "timestamp", "is missing", remedy)),
        };
        let time = time_of_day(text)
            .ok_or_else(|| self.event(i, "timestamp", format!("is {text:?}, not a time of day"), remedy))?;
        let instant = clock::instant(day.to_datetime(time), zone)
            .map_err(|why| self.event(i, "timestamp", format!("is {text:?}"), &why))?;
        Ok((instant, clock::second_of_day(time)))
    }
}

/// The window that a file states for its session; `None` unless it states both ends.
pub(super) fn window(json: &Json) -> Option<SessionWindow> {
    let end = |name: &str| match json.get("session_metadata")?.get(name)? {
        Json::Text(text) => time_of_day(text),
        _ => None,
    };
    Some(SessionWindow::new(end("session_start")?, end("session_end")?))
}

/// Parses `HH:MM:SS`, with or without fractions of a second.
pub(super) fn time_of_day(text: &str) -> Option<TimeOfDay> {
    let (time, fraction) = text.split_once('.').unwrap_or((text, "0"));
    let digits = |part: &str| part.bytes().all(|b| b.is_ascii_digit());
    let mut parts = time.split(':');
    let has_shape =
        time.len() == 8 && parts.clone().count() == 3 && parts.all(|part| part.len() == 2 && digits(part));
    let valid = has_shape && !fraction.is_empty() && digits(fraction) && !clock::has_second_60(text);
    valid.then(|| text.parse().ok()).flatten()
}
