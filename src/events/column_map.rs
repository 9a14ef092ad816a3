//! The role of each column of a table.

use super::EventsError;

/// Format of the values of a time column.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TimeFormat {
    /// Seconds since the epoch, UTC; fractions allowed.
    S,
    /// Milliseconds since the epoch, UTC.
    Ms,
    /// Microseconds since the epoch, UTC.
    Us,
    /// Nanoseconds since the epoch, UTC.
    Ns,
    /// Text: RFC 3339 with an offset, or `YYYY-MM-DD HH:MM:SS[.fff]` on the wall clock of the zone.
    Text,
}

impl TimeFormat {
    /// The format called `name`.
    fn named(name: &str) -> Option<Self> {
        Some(match name {
            "s" => Self::S,
            "ms" => Self::Ms,
            "us" => Self::Us,
            "ns" => Self::Ns,
            "text" => Self::Text,
            _ => return None,
        })
    }
}

/// The time column and its format.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TimeColumn {
    /// Name of the column.
    pub name: String,
    /// Format of its values; not needed for text and timestamp columns.
    pub format: Option<TimeFormat>,
}

impl TimeColumn {
    /// Parses `COLUMN` or `COLUMN:s|ms|us|ns|text`. A name may contain `:`; only a known format after the last `:` is
    /// split off.
    ///
    /// # Errors
    /// [`EventsError::Setting`] if the name is empty.
    pub fn parse(text: &str) -> Result<Self, EventsError> {
        let split = text.rsplit_once(':').and_then(|(name, format)| Some((name, TimeFormat::named(format)?)));
        let (name, format) = split.map_or((text, None), |(name, format)| (name, Some(format)));
        if name.is_empty() {
            return Err(EventsError::Setting {
                key: "session.time",
                value: text.to_owned(),
                remedy: "name a column, as in --time ts:ms".to_owned(),
            });
        }
        Ok(Self { name: name.to_owned(), format })
    }
}

/// Names of the columns of each role.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ColumnMap {
    /// The time; by default the only timestamp column of the table.
    pub time: Option<TimeColumn>,
    /// Column of integers that orders events of equal time; by default they have no order in the table.
    pub seq: Option<String>,
    /// IANA zone of wall-clock times (text without an offset, timestamps without a zone); `UTC` by default. Times
    /// that count from the epoch need none.
    pub zone: Option<String>,
    /// The kind of an event: text, integers or booleans.
    pub kind: Option<String>,
    /// The session an event belongs to: text, integers or booleans; by default the table is one session.
    pub group: Option<String>,
    /// Columns of entities that events share: text or integers.
    pub keys: Vec<String>,
    /// Columns of numbers; by default every numeric column without another role.
    pub numeric: Option<Vec<String>>,
    /// The column of numbers that is the price; by default `price`, else `price_level`, if there is one.
    pub price: Option<String>,
}

impl ColumnMap {
    /// Names of the columns that are used as text: a CSV reader must not convert them (`007` stays `007`).
    pub fn text_columns(&self) -> Vec<&str> {
        let time =
            self.time.iter().filter(|time| time.format == Some(TimeFormat::Text)).map(|time| &time.name);
        let names = self.keys.iter().chain(&self.kind).chain(&self.group).chain(time);
        names.map(String::as_str).collect()
    }

    /// Names of the required columns, each once; `None` if the time or the numbers are chosen from the columns of the
    /// table.
    pub fn columns(&self) -> Option<Vec<&str>> {
        let (time, numeric) = (self.time.as_ref()?, self.numeric.as_ref()?);
        let mut names: Vec<&str> = Vec::new();
        let all = [&time.name].into_iter().chain(&self.seq).chain(&self.kind).chain(&self.group);
        for name in all.chain(&self.keys).chain(numeric).chain(&self.price) {
            if !names.contains(&name.as_str()) {
                names.push(name);
            }
        }
        Some(names)
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn only_a_known_format_is_split_off() {
        let parse = |text| TimeColumn::parse(text).map(|t| (t.name, t.format)).unwrap();
        assert_eq!(parse("t:s"), ("t".to_owned(), Some(TimeFormat::S)));
        assert_eq!(parse("a:b"), ("a:b".to_owned(), None));
        assert_eq!(parse("a:b:text"), ("a:b".to_owned(), Some(TimeFormat::Text)));
        assert!(TimeColumn::parse(":ms").is_err());
    }
}
