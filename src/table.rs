//! Plain columns that cross rooms: what a store reads and writes, and the events of one session.

/// The code of a missing label.
pub const MISSING: u32 = u32::MAX;

/// A column of strings, each distinct one stored once; a row may have none.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Labels {
    /// The distinct strings, in order of first appearance.
    pub names: Vec<String>,
    /// Per row an index into `names`, or [`MISSING`].
    pub codes: Vec<u32>,
}

impl Labels {
    /// Encodes a column of strings.
    pub fn encode<'a>(rows: impl IntoIterator<Item = Option<&'a str>>) -> Self {
        let mut index = std::collections::HashMap::new();
        let mut labels = Self::default();
        for row in rows {
            let code = match row {
                None => MISSING,
                Some(text) => *index.entry(text).or_insert_with(|| {
                    labels.names.push(text.to_owned());
                    labels.names.len() as u32 - 1
                }),
            };
            labels.codes.push(code);
        }
        labels
    }

    /// The string of row `i`, `None` where it is missing.
    ///
    /// # Panics
    /// If `i` is not a row.
    #[track_caller]
    pub fn get(&self, i: usize) -> Option<&str> {
        match self.codes[i] {
            MISSING => None,
            code => Some(&self.names[code as usize]),
        }
    }

    /// The rows in order.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = Option<&str>> {
        (0..self.codes.len()).map(|i| self.get(i))
    }

    /// The same strings for the rows `order[0], order[1], ...`; names no row uses any more are dropped.
    ///
    /// # Panics
    /// If `order` names a row that does not exist.
    #[track_caller]
    pub fn select(&self, order: &[usize]) -> Self {
        // By code, not by text: a name may be a megabyte long and stand in every row.
        let mut codes_of = std::collections::HashMap::new();
        let mut selected = Self::default();
        for &i in order {
            let code = match self.codes[i] {
                MISSING => MISSING,
                code => *codes_of.entry(code).or_insert_with(|| {
                    selected.names.push(self.names[code as usize].clone());
                    selected.names.len() as u32 - 1
                }),
            };
            selected.codes.push(code);
        }
        selected
    }

    /// The same rows with one string as missing. O(rows), whatever the strings' length.
    pub fn without(&self, text: &str) -> Self {
        let mut labels = self.clone();
        if let Some(gone) = labels.names.iter().position(|name| name == text) {
            labels.names.remove(gone);
            let gone = gone as u32;
            for code in labels.codes.iter_mut().filter(|code| **code >= gone && **code != MISSING) {
                *code = if *code == gone { MISSING } else { *code - 1 };
            }
        }
        labels
    }
}

/// What an integer time counts, since 1970-01-01 UTC.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TimeUnit {
    /// Seconds.
    Second,
    /// Milliseconds.
    Millisecond,
    /// Microseconds.
    Microsecond,
    /// Nanoseconds.
    Nanosecond,
}

/// The values of one column. The variants without `Option` have no missing value.
#[derive(Debug, Clone, PartialEq)]
pub enum Values {
    /// Unsigned 32-bit integers: ids, positions, counts.
    U32(Vec<u32>),
    /// Unsigned 64-bit integers: large counts.
    U64(Vec<u64>),
    /// Signed 64-bit integers.
    I64(Vec<i64>),
    /// 32-bit floats.
    F32(Vec<f32>),
    /// 64-bit floats.
    F64(Vec<f64>),
    /// Booleans, some missing.
    OptBool(Vec<Option<bool>>),
    /// Signed 64-bit integers, some missing.
    OptI64(Vec<Option<i64>>),
    /// 32-bit floats, some missing.
    OptF32(Vec<Option<f32>>),
    /// 64-bit floats, some missing.
    OptF64(Vec<Option<f64>>),
    /// Strings, some missing.
    Text(Labels),
    /// Instants as integers; `utc` is false for wall-clock times that need a zone.
    Time {
        /// What the integers count.
        unit: TimeUnit,
        /// Whether they count from the epoch in UTC.
        utc: bool,
        /// The integers, some missing.
        values: Vec<Option<i64>>,
    },
}

impl Values {
    /// Number of rows.
    pub fn len(&self) -> usize {
        match self {
            Self::U32(v) => v.len(),
            Self::U64(v) => v.len(),
            Self::I64(v) => v.len(),
            Self::F32(v) => v.len(),
            Self::F64(v) => v.len(),
            Self::OptBool(v) => v.len(),
            Self::OptI64(v) => v.len(),
            Self::OptF32(v) => v.len(),
            Self::OptF64(v) => v.len(),
            Self::Text(v) => v.codes.len(),
            Self::Time { values, .. } => values.len(),
        }
    }

    /// Whether there is no row.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Whether rows may be missing: a property of the type, not of the values at hand.
    pub fn nullable(&self) -> bool {
        !matches!(self, Self::U32(_) | Self::U64(_) | Self::I64(_) | Self::F32(_) | Self::F64(_))
    }

    /// The type's name as messages print it.
    pub fn type_name(&self) -> &'static str {
        match self {
            Self::U32(_) => "u32",
            Self::U64(_) => "u64",
            Self::I64(_) | Self::OptI64(_) => "i64",
            Self::F32(_) | Self::OptF32(_) => "f32",
            Self::F64(_) | Self::OptF64(_) => "f64",
            Self::OptBool(_) => "bool",
            Self::Text(_) => "text",
            Self::Time { .. } => "timestamp",
        }
    }
}

/// One named column.
#[derive(Debug, Clone, PartialEq)]
pub struct Column {
    /// Name in the file.
    pub name: String,
    /// Unit or meaning, kept as field metadata; empty where there is none.
    pub unit: String,
    /// The values.
    pub values: Values,
}

impl Column {
    /// A column with a name, a unit (may be empty) and its values.
    pub fn new(name: impl Into<String>, unit: impl Into<String>, values: Values) -> Self {
        Self { name: name.into(), unit: unit.into(), values }
    }
}

/// Columns of equal length.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Table {
    columns: Vec<Column>,
}

impl Table {
    /// Puts columns of equal length side by side.
    ///
    /// # Panics
    /// If the lengths differ or a name stands twice: the caller built them.
    #[track_caller]
    pub fn new(columns: Vec<Column>) -> Self {
        for (i, column) in columns.iter().enumerate() {
            assert_eq!(column.values.len(), columns[0].values.len(), "length of column {:?}", column.name);
            assert!(columns[..i].iter().all(|c| c.name != column.name), "column {:?} twice", column.name);
        }
        Self { columns }
    }

    /// Number of rows.
    pub fn rows(&self) -> usize {
        self.columns.first().map_or(0, |c| c.values.len())
    }

    /// The columns in order.
    pub fn columns(&self) -> &[Column] {
        &self.columns
    }

    /// The column of that name.
    pub fn column(&self, name: &str) -> Option<&Column> {
        self.columns.iter().find(|c| c.name == name)
    }

    /// Gives the columns away.
    pub fn into_columns(self) -> Vec<Column> {
        self.columns
    }
}

/// A named column of strings of an [`EventTable`]: an entity that events share.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeyColumn {
    /// Name in the source.
    pub name: String,
    /// Entity of each event.
    pub labels: Labels,
}

/// A named column of numbers of an [`EventTable`].
#[derive(Debug, Clone, PartialEq)]
pub struct NumericColumn {
    /// Name in the source.
    pub name: String,
    /// Value of each event; finite where present.
    pub values: Vec<Option<f64>>,
}

/// The events of one session, sorted by (`t_ms`, `seq`), ties in the source's order: row `i` is node `i`.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct EventTable {
    /// Milliseconds since the epoch, UTC.
    pub t_ms: Vec<i64>,
    /// Order among equal times.
    pub seq: Vec<i64>,
    /// Position in the source file.
    pub event_index: Vec<u32>,
    /// Kind of each event.
    pub kind: Labels,
    /// Entities of each event.
    pub keys: Vec<KeyColumn>,
    /// Numbers of each event.
    pub numeric: Vec<NumericColumn>,
    /// Which of `numeric` is the price, if one is.
    pub price: Option<usize>,
}

impl EventTable {
    /// Number of events.
    pub fn len(&self) -> usize {
        self.t_ms.len()
    }

    /// Whether there is no event.
    pub fn is_empty(&self) -> bool {
        self.t_ms.is_empty()
    }

    /// The price column, if the source has one.
    pub fn prices(&self) -> Option<&[Option<f64>]> {
        self.price.map(|i| self.numeric[i].values.as_slice())
    }
}

/// A session: one independent group of events under an id of its own.
#[derive(Debug, Clone, PartialEq)]
pub struct Session {
    /// Id, unique in a run.
    pub id: String,
    /// File the events come from, as the user named it.
    pub source: String,
    /// The events.
    pub events: EventTable,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn labels_keep_rows_and_first_appearance() {
        let labels = Labels::encode([Some("b"), None, Some("a"), Some("b")]);
        assert_eq!(labels.names, ["b", "a"]);
        assert_eq!(labels.iter().collect::<Vec<_>>(), [Some("b"), None, Some("a"), Some("b")]);
        assert_eq!(labels.select(&[2, 1]).names, ["a"]);
        assert_eq!(labels.without("b").iter().collect::<Vec<_>>(), [None, None, Some("a"), None]);
        assert_eq!(labels.without("c"), labels);
    }

    #[test]
    #[should_panic(expected = "twice")]
    fn a_name_stands_once() {
        let column = Column::new("a", "", Values::U32(vec![1]));
        Table::new(vec![column.clone(), column]);
    }
}
