//! Settings of `session.*`: what the columns of tables are, and how files are read.

use serde::{Deserialize, Serialize};

use crate::events::{BadRows, ColumnMap, Comments, Delimiter, NumberFormat, TextOptions, Years};

/// Settings of `session.*`: the column map of Parquet and CSV tables. An empty string means no column.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct SessionConfig {
    /// Time column and its format, `COL`, `COL:s|ms|us|ns|text` or `COL:%d/%m/%Y ...`; without a format it is found in
    /// the values.
    pub time: String,
    /// Column that orders events of equal time; empty: they have no order, and a hash gives one.
    pub seq: String,
    /// IANA time zone of wall-clock times; `auto`: the zone that a session file names, UTC for tables.
    pub zone: String,
    /// Column of the event's kind.
    pub kind: String,
    /// Column whose value is the session of an event; empty: one session per file.
    pub group: String,
    /// Column of the price; empty: the numeric column `price` or `price_level`, if present.
    pub price: String,
    /// Columns of entities that events share.
    pub keys: Vec<String>,
    /// Numeric columns; empty: every numeric column without another role.
    pub numeric: Vec<String>,
    /// Format of the files: `auto`, by their first bytes, or `delimited`, `json`, `parquet` or `arrow`.
    pub input_format: InputFormat,
    /// What separates the cells of a text file: `auto`, `,`, `;`, `tab`, `|`, another sign, or `blanks`.
    pub delimiter: String,
    /// First character of comment lines in text files; `auto`: lines at the top that begin with `#` or `%`; `none`.
    pub comment: String,
    /// Whether the first row of a text file names the columns: `auto`, `present` or `absent`. Without names columns are called
    /// `0`, `1`, ...
    pub header: Header,
    /// Whether `"` quotes cells of a text file: `double`, or `none`.
    pub quote: Quote,
    /// Decimal sign of numbers in text files: `auto`, `.` or `,`.
    pub decimal: String,
    /// Sign between thousands in text files; empty: there is none.
    pub thousands: String,
    /// Words that stand for a missing number.
    pub missing: Vec<String>,
    /// Words that stand for a missing kind, entity or session.
    pub missing_keys: Vec<String>,
    /// First and last year in which a time may lie.
    pub years: (i32, i32),
    /// What becomes of rows that cannot be read: `error`, or `skip`, which counts them.
    pub bad_rows: BadRows,
    /// Features of the events.
    pub features: FeatureSet,
    /// True to map Parquet files into memory instead of reading them. The files must not change during the run: if
    /// one is truncated meanwhile, the process is terminated.
    pub memory_map: bool,
}

/// Format of input files.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum InputFormat {
    /// By the first bytes of each file.
    #[default]
    Auto,
    /// Delimited text.
    Delimited,
    /// JSON: a session file, or records.
    Json,
    /// Parquet.
    Parquet,
    /// Arrow IPC, as a file or a stream.
    Arrow,
}

/// Whether the first row names the columns.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Header {
    /// Found in the first rows.
    #[default]
    Auto,
    /// It does.
    Present,
    /// It does not.
    Absent,
}

/// How cells are quoted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Quote {
    /// By `"`; two of them are one within a cell.
    #[default]
    Double,
    /// Not at all: `"` is text.
    None,
}

/// Features of the events.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum FeatureSet {
    /// `session45` if every session has the columns that it needs, else `generic`.
    #[default]
    Auto,
    /// Numeric columns, time gaps and positions: available for any log.
    Generic,
    /// 45 features of events and 20 of edges, by the formulas of [`legacy`](crate::legacy).
    Session45,
}

impl FeatureSet {
    /// The name that configuration uses.
    pub fn name(self) -> &'static str {
        match self {
            Self::Auto => "auto",
            Self::Generic => "generic",
            Self::Session45 => "session45",
        }
    }
}

impl Default for SessionConfig {
    fn default() -> Self {
        let none = String::new;
        Self {
            time: none(),
            seq: none(),
            zone: "auto".to_owned(),
            kind: none(),
            group: none(),
            price: none(),
            keys: Vec::new(),
            numeric: Vec::new(),
            input_format: InputFormat::default(),
            delimiter: "auto".to_owned(),
            comment: "auto".to_owned(),
            header: Header::default(),
            quote: Quote::default(),
            decimal: "auto".to_owned(),
            thousands: none(),
            missing: TextOptions::missing_words(),
            missing_keys: ColumnMap::missing_key_words(),
            years: (Years::default().first, Years::default().last),
            bad_rows: BadRows::default(),
            features: FeatureSet::default(),
            memory_map: false,
        }
    }
}

impl SessionConfig {
    /// How text files are read.
    ///
    /// # Errors
    /// The full name of a setting, and the values allowed.
    pub(crate) fn text_options(&self) -> Result<TextOptions, (&'static str, String)> {
        let refuse = |setting, value: &str, want: &str| (setting, format!("{setting} = {value:?}: {want}"));
        let delimiter = match self.delimiter.as_str() {
            "auto" => None,
            name => Some(Delimiter::named(name).ok_or_else(|| {
                refuse("session.delimiter", name, "auto, one ASCII sign such as , ; or |, tab, or blanks")
            })?),
        };
        let comments = match (self.comment.as_str(), self.comment.as_bytes()) {
            ("auto", _) => Comments::Leading,
            ("none", _) => Comments::None,
            (_, &[byte]) if byte.is_ascii_punctuation() && byte != b'"' => Comments::Begin(byte),
            (other, _) => {
                return Err(refuse("session.comment", other, "auto, none, or one ASCII sign such as #"));
            }
        };
        let decimal = match self.decimal.as_str() {
            "auto" => None,
            "." => Some('.'),
            "," => Some(','),
            other => return Err(refuse("session.decimal", other, "auto, . or ,")),
        };
        let mut signs = self.thousands.chars();
        let thousands = match (signs.next(), signs.next()) {
            (None, _) => None,
            (Some(sign), None) if !sign.is_alphanumeric() && Some(sign) != decimal => Some(sign),
            _ => {
                let want = "empty, or one sign such as , . ' or a blank, and not that of session.decimal";
                return Err(refuse("session.thousands", &self.thousands, want));
            }
        };
        // A thousands sign excludes itself as decimal sign.
        let decimal = decimal.or(match thousands {
            Some('.') => Some(','),
            Some(',') => Some('.'),
            _ => None,
        });
        let header = match self.header {
            Header::Auto => None,
            Header::Present => Some(true),
            Header::Absent => Some(false),
        };
        Ok(TextOptions {
            delimiter,
            comments,
            header,
            quotes: self.quote == Quote::Double,
            numbers: NumberFormat { decimal, thousands },
            missing: self.missing.clone(),
            bad_rows: self.bad_rows,
        })
    }

    /// Checks the settings.
    pub(super) fn check(&self) -> Result<(), (&'static str, String)> {
        self.text_options()?;
        let (first, last) = self.years;
        if first > last {
            return Err((
                "session.years",
                format!("session.years = [{first}, {last}]: the first must not be later"),
            ));
        }
        Ok(())
    }
}
