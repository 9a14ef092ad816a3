//! The role of each column of a table.

use crate::events::EventsError;
use crate::events::raw::BadRows;
use crate::events::text::TextOptions;
use crate::events::time::Years;

/// Format of the values of a time column.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum TimeFormat {
    /// Seconds since the epoch, UTC; fractions allowed.
    S,
    /// Milliseconds since the epoch, UTC.
    Ms,
    /// Microseconds since the epoch, UTC.
    Us,
    /// Nanoseconds since the epoch, UTC.
    Ns,
    /// Text in a form that common programs write, with an offset or on the wall clock of the zone.
    Text,
    /// Text in this format of `strptime`, such as `%d/%m/%Y %H:%M`.
    Pattern(String),
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
            pattern if pattern.starts_with('%') => Self::Pattern(pattern.to_owned()),
            _ => return None,
        })
    }
}

/// The time column and its format.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TimeColumn {
    /// Name of the column.
    pub name: String,
    /// Format of its values; by default the only one that fits them.
    pub format: Option<TimeFormat>,
}

impl TimeColumn {
    /// Parses `COLUMN`, `COLUMN:s|ms|us|ns|text` or `COLUMN:%d/%m/%Y ...`. A name may contain `:`; only a known format
    /// after the last `:`, or one that begins with `%`, is split off.
    ///
    /// # Errors
    /// [`EventsError::Setting`] if the name is empty.
    pub fn parse(text: &str) -> Result<Self, EventsError> {
        let pattern = text.find(":%").map(|at| (&text[..at], &text[at + 1..]));
        let split = pattern.or_else(|| text.rsplit_once(':'));
        let split = split.and_then(|(name, format)| Some((name, TimeFormat::named(format)?)));
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

/// The column of each role, and how values are read.
#[derive(Debug, Clone, PartialEq, Eq)]
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
    /// Words that stand for a missing number.
    pub missing: Vec<String>,
    /// Words that stand for a missing kind, entity or session.
    pub missing_keys: Vec<String>,
    /// The years in which a time may lie.
    pub years: Years,
    /// What becomes of a row without a time or a session.
    pub bad_rows: BadRows,
}

impl Default for ColumnMap {
    fn default() -> Self {
        Self {
            time: None,
            seq: None,
            zone: None,
            kind: None,
            group: None,
            keys: Vec::new(),
            numeric: None,
            price: None,
            missing: TextOptions::missing_words(),
            missing_keys: Self::missing_key_words(),
            years: Years::default(),
            bad_rows: BadRows::default(),
        }
    }
}

impl ColumnMap {
    /// The default of `missing_keys`.
    pub fn missing_key_words() -> Vec<String> {
        ["NULL", "Null", "null", "\\N", "NaN", "nan", "None", "<NA>"].map(str::to_owned).to_vec()
    }

    /// Names of the columns that a reader of text must not convert: `007` stays `007`, and a time keeps its digits.
    pub fn text_columns(&self) -> Vec<&str> {
        let time = self.time.iter().map(|time| &time.name);
        let names = self.keys.iter().chain(&self.kind).chain(&self.group).chain(time);
        names.map(String::as_str).collect()
    }

    /// Names of all columns that the map names; the price may be among the numbers too.
    pub fn named(&self) -> impl Iterator<Item = &str> {
        let time = self.time.iter().map(|time| &time.name);
        let roles = time.chain(&self.seq).chain(&self.kind).chain(&self.group).chain(&self.keys);
        roles.chain(self.numeric.iter().flatten()).chain(&self.price).map(String::as_str)
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
        let pattern = TimeFormat::Pattern("%d/%m/%Y %H:%M".to_owned());
        assert_eq!(parse("a:b:%d/%m/%Y %H:%M"), ("a:b".to_owned(), Some(pattern)));
        assert!(TimeColumn::parse(":ms").is_err());
    }
}
