//! A JSON file of events: its day and clock, and errors that name the place.

use jiff::civil::{Date, Time as TimeOfDay};
use jiff::tz::TimeZone;

use super::json::Json;
use super::order::Time;
use super::window::Window;
use super::{EventsError, clock};

/// The zone that `ET` stands for, and that of a file that names none: what these sessions are written in.
pub(super) const EASTERN: &str = "America/New_York";

/// A time and the seconds since midnight that its clock showed.
pub(super) type Placed = (Time, f64);

/// Parses a file.
pub(super) fn parse(bytes: &[u8], file: &str) -> Result<Json, EventsError> {
    // A byte order mark is no JSON, but editors write it.
    let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
    serde_json::from_slice(bytes).map_err(|e| {
        // The message ends with the place, which is said apart.
        let message = e.to_string();
        let why = message.split(" at line ").next().unwrap_or_default().to_owned();
        EventsError::Json { file: file.to_owned(), line: e.line(), column: e.column(), why }
    })
}

/// A file's name and how it lists its events, for messages.
#[derive(Debug, Clone, Copy)]
pub(super) struct File<'a> {
    /// Its name.
    pub(super) file: &'a str,
    /// Where events come from two lists: how many are of the first.
    pub(super) movements: Option<usize>,
}

/// The list whose events come first, where there are two.
pub(super) const MOVEMENTS: &str = "price_movements";
/// The list whose events follow.
pub(super) const LIQUIDITY: &str = "session_liquidity_events";

impl File<'_> {
    pub(super) fn no_session(&self, why: impl Into<String>) -> EventsError {
        EventsError::NotASession { file: self.file.to_owned(), why: why.into() }
    }

    pub(super) fn field(&self, field: &str, why: impl Into<String>, remedy: &str) -> EventsError {
        let (file, remedy) = (self.file.to_owned(), remedy.to_owned());
        EventsError::Field { file, field: field.to_owned(), why: why.into(), remedy }
    }

    pub(super) fn event(
        &self,
        event: usize,
        field: &str,
        why: impl Into<String>,
        remedy: &str,
    ) -> EventsError {
        let field = match self.movements {
            None => field.to_owned(),
            Some(movements) if event < movements => format!("{MOVEMENTS}[{event}].{field}"),
            Some(movements) => format!("{LIQUIDITY}[{}].{field}", event - movements),
        };
        let (file, remedy) = (self.file.to_owned(), remedy.to_owned());
        EventsError::Event { file, event, field, why: why.into(), remedy }
    }

    /// Refuses a field given twice: which one would be meant? The events are looked at first, to name theirs.
    pub(super) fn given_once(&self, json: &Json, events: &[&Json]) -> Result<(), EventsError> {
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

    /// The day of a session: the first of the places that holds something.
    pub(super) fn day(&self, json: &Json) -> Result<Date, EventsError> {
        const PLACES: [(&str, &str); 3] = [
            ("session_metadata", "session_date"),
            ("session_metadata", "trading_date"),
            ("session_info", "trading_day"),
        ];
        let remedy = "it must be a date, as in \"2025-07-24\"";
        let given = |&(object, name): &(&str, &str)| {
            let found = json.get(object)?.get(name).filter(|found| !matches!(found, Json::Null))?;
            Some((format!("{object}.{name}"), found))
        };
        match PLACES.iter().find_map(given) {
            Some((field, Json::Text(date))) => date
                .parse()
                .ok()
                .filter(|_| date.len() == "2025-07-24".len())
                .ok_or_else(|| self.field(&field, format!("is {date:?}"), remedy)),
            Some((field, found)) => Err(self.field(&field, format!("is {}", found.type_name()), remedy)),
            None => Err(self.field("session_metadata.session_date", "is not there", remedy)),
        }
    }

    /// The zone of a session's clock: the one named, else the file's, else New York.
    pub(super) fn zone(&self, json: &Json, named: Option<&str>) -> Result<TimeZone, EventsError> {
        const ZONE: &str = "session_metadata.timezone";
        let remedy = "it must be \"ET\" or an IANA name; or say --zone";
        let named = match (named, json.get("session_metadata").and_then(|m| m.get("timezone"))) {
            (Some(zone), _) => return clock::zone(zone),
            (None, None | Some(Json::Null)) => EASTERN,
            (None, Some(Json::Text(name))) if name == "ET" => EASTERN,
            (None, Some(Json::Text(name))) => name,
            (None, Some(found)) => {
                return Err(self.field(ZONE, format!("is {}", found.type_name()), remedy));
            }
        };
        clock::zone(named).map_err(|_| self.field(ZONE, format!("is {named:?}"), remedy))
    }

    /// The moment of an event that says its time of day.
    pub(super) fn time(
        &self,
        i: usize,
        event: &Json,
        day: Date,
        zone: &TimeZone,
    ) -> Result<Placed, EventsError> {
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
        let moment = clock::place(day.to_datetime(time), zone)
            .map_err(|why| self.event(i, "timestamp", format!("is {text:?}"), &why))?;
        Ok((moment, clock::second_of_day(time)))
    }
}

/// The window that a file gives its session, if it says both ends.
pub(super) fn window(json: &Json) -> Option<Window> {
    let end = |name: &str| match json.get("session_metadata")?.get(name)? {
        Json::Text(text) => time_of_day(text),
        _ => None,
    };
    Some(Window::new(end("session_start")?, end("session_end")?))
}

/// `HH:MM:SS`, fractions of a second allowed; nothing shorter.
pub(super) fn time_of_day(text: &str) -> Option<TimeOfDay> {
    let (time, fraction) = text.split_once('.').unwrap_or((text, "0"));
    let digits = |part: &str| part.bytes().all(|b| b.is_ascii_digit());
    let mut parts = time.split(':');
    let shaped =
        time.len() == 8 && parts.clone().count() == 3 && parts.all(|part| part.len() == 2 && digits(part));
    let whole = shaped && !fraction.is_empty() && digits(fraction) && !clock::has_second_60(text);
    whole.then(|| text.parse().ok()).flatten()
}
