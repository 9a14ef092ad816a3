//! Settings of `session.*`.

use serde::{Deserialize, Serialize};

/// Settings of `session.*`: the column map of Parquet and CSV tables. An empty string means no column.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct SessionConfig {
    /// Time column and its format, `COL` or `COL:s|ms|us|ns|text`.
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
    /// Features of the events.
    pub features: FeatureSet,
    /// True to map Parquet files into memory instead of reading them. The files must not change during the run: if
    /// one is truncated meanwhile, the process is terminated.
    pub memory_map: bool,
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
            features: FeatureSet::default(),
            memory_map: false,
        }
    }
}
