//! Named, typed columns of equal length.

use super::Labels;

/// Unit of an integer time since 1970-01-01 UTC.
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
        /// Unit of the integers.
        unit: TimeUnit,
        /// True if they count from the epoch in UTC.
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

    /// Returns whether there is no row.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Returns whether rows may be missing: a property of the type, not of the values.
    pub fn nullable(&self) -> bool {
        !matches!(self, Self::U32(_) | Self::U64(_) | Self::I64(_) | Self::F32(_) | Self::F64(_))
    }

    /// Name of the type in messages.
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
    /// Unit or meaning, stored as field metadata; empty if there is none.
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
    /// A table of columns of equal length.
    ///
    /// # Panics
    /// If the lengths differ or two columns have one name.
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

    /// The column called `name`.
    pub fn column(&self, name: &str) -> Option<&Column> {
        self.columns.iter().find(|c| c.name == name)
    }

    /// The columns in order, by value.
    pub fn into_columns(self) -> Vec<Column> {
        self.columns
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    #[should_panic(expected = "twice")]
    fn two_columns_of_one_name_are_refused() {
        let column = Column::new("a", "", Values::U32(vec![1]));
        Table::new(vec![column.clone(), column]);
    }
}
