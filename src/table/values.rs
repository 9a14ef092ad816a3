//! Typed values of a column.

use std::ops::Range;

#[cfg(feature = "store")]
use super::array::ArrayBuilder;
#[cfg(feature = "store")]
use super::labels::LabelsBuilder;
use super::{Array, Labels};

/// Unit of an integer time since 1970-01-01 00:00, in UTC or on a wall clock.
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

/// The values of one column. Clones and slices share them.
#[derive(Debug, Clone, PartialEq)]
pub enum Values {
    /// Unsigned 32-bit integers, such as ids, positions and counts.
    U32(Array<u32>),
    /// Unsigned 64-bit integers, such as large counts.
    U64(Array<u64>),
    /// Signed 64-bit integers.
    I64(Array<i64>),
    /// 32-bit floats.
    F32(Array<f32>),
    /// 64-bit floats.
    F64(Array<f64>),
    /// Booleans.
    Bool(Array<bool>),
    /// Strings, nullable.
    Text(Labels),
    /// Times as integers since 1970-01-01 00:00: instants in UTC, or wall-clock times that need a zone.
    Time {
        /// Unit of the integers.
        unit: TimeUnit,
        /// True for instants in UTC, false for wall-clock times.
        utc: bool,
        /// The integers.
        values: Array<i64>,
    },
}

/// Evaluates one expression for an array of any type, another for labels.
macro_rules! each {
    ($values:expr, $array:ident => $one:expr, $labels:ident => $text:expr) => {
        match $values {
            Self::U32($array) => $one,
            Self::U64($array) => $one,
            Self::I64($array) => $one,
            Self::F32($array) => $one,
            Self::F64($array) => $one,
            Self::Bool($array) => $one,
            Self::Time { values: $array, .. } => $one,
            Self::Text($labels) => $text,
        }
    };
}

/// Rebuilds the variant of the same type from another array or other labels.
macro_rules! convert {
    ($values:expr => $to:ident, $array:ident => $one:expr, $labels:ident => $text:expr) => {
        match $values {
            Self::U32($array) => $to::U32($one),
            Self::U64($array) => $to::U64($one),
            Self::I64($array) => $to::I64($one),
            Self::F32($array) => $to::F32($one),
            Self::F64($array) => $to::F64($one),
            Self::Bool($array) => $to::Bool($one),
            Self::Time { unit, utc, values: $array } => {
                $to::Time { unit: unit.to_owned(), utc: utc.to_owned(), values: $one }
            }
            Self::Text($labels) => $to::Text($text),
        }
    };
}

impl Values {
    /// Number of rows.
    pub fn len(&self) -> usize {
        each!(self, array => array.len(), labels => labels.len())
    }

    /// Returns whether there are no rows.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Returns whether rows may be missing: a property of the type, not of the values.
    pub fn is_nullable(&self) -> bool {
        each!(self, array => array.is_nullable(), _labels => true)
    }

    /// Name of the type in messages.
    pub fn type_name(&self) -> &'static str {
        match self {
            Self::U32(_) => "u32",
            Self::U64(_) => "u64",
            Self::I64(_) => "i64",
            Self::F32(_) => "f32",
            Self::F64(_) => "f64",
            Self::Bool(_) => "bool",
            Self::Text(_) => "text",
            Self::Time { .. } => "timestamp",
        }
    }

    /// Returns whether row `i` has a value.
    ///
    /// # Panics
    /// If `i` is not a row.
    #[track_caller]
    pub fn is_valid(&self, i: usize) -> bool {
        each!(self, array => array.is_valid(i), labels => labels.get(i).is_some())
    }

    /// The rows of `range`, without a copy.
    ///
    /// # Panics
    /// If the range is not within the rows.
    #[track_caller]
    pub fn slice(&self, range: Range<usize>) -> Self {
        convert!(self => Self, array => array.slice(range), labels => labels.slice(range))
    }

    /// The rows `rows[0], rows[1], ...`.
    ///
    /// # Panics
    /// If `rows` names a row that does not exist.
    #[track_caller]
    pub fn take(&self, rows: &[usize]) -> Self {
        convert!(self => Self, array => array.take(rows), labels => labels.take(rows))
    }

    /// Appends rows of the same type, and becomes nullable if they are. Returns false, and changes nothing, if they
    /// are of another type.
    ///
    /// Values that nothing else shares grow in place.
    pub fn append(&mut self, rows: &Self) -> bool {
        match (self, rows) {
            (Self::U32(a), Self::U32(b)) => a.append(b),
            (Self::U64(a), Self::U64(b)) => a.append(b),
            (Self::I64(a), Self::I64(b)) => a.append(b),
            (Self::F32(a), Self::F32(b)) => a.append(b),
            (Self::F64(a), Self::F64(b)) => a.append(b),
            (Self::Bool(a), Self::Bool(b)) => a.append(b),
            (Self::Text(a), Self::Text(b)) => a.append(b),
            (
                Self::Time { unit, utc, values: a },
                Self::Time { unit: other_unit, utc: other_utc, values: b },
            ) if unit == other_unit && utc == other_utc => a.append(b),
            _ => return false,
        }
        true
    }

    /// The same rows, nullable.
    pub fn into_nullable(self) -> Self {
        convert!(self => Self, array => array.into_nullable(), labels => labels)
    }

    /// Bytes of memory of the rows, and of the distinct strings.
    pub fn bytes(&self) -> u64 {
        each!(self, array => array.bytes(), labels => labels.bytes())
    }
}

/// Values under construction.
#[cfg(feature = "store")]
#[derive(Debug)]
pub(crate) enum ValuesBuilder {
    U32(ArrayBuilder<u32>),
    U64(ArrayBuilder<u64>),
    I64(ArrayBuilder<i64>),
    F32(ArrayBuilder<f32>),
    F64(ArrayBuilder<f64>),
    Bool(ArrayBuilder<bool>),
    Text(LabelsBuilder),
    Time { unit: TimeUnit, utc: bool, values: ArrayBuilder<i64> },
}

#[cfg(feature = "store")]
impl Values {
    /// A builder without rows, of the type and nullability of these values.
    pub(crate) fn builder(&self) -> ValuesBuilder {
        convert!(self => ValuesBuilder, array => ArrayBuilder::new(array.is_nullable()), _labels => LabelsBuilder::default())
    }
}

#[cfg(feature = "store")]
impl ValuesBuilder {
    /// Appends rows of the same type. Returns false, and changes nothing, if they are of another type.
    pub(crate) fn append(&mut self, rows: &Values) -> bool {
        match (self, rows) {
            (Self::U32(a), Values::U32(b)) => a.append(b),
            (Self::U64(a), Values::U64(b)) => a.append(b),
            (Self::I64(a), Values::I64(b)) => a.append(b),
            (Self::F32(a), Values::F32(b)) => a.append(b),
            (Self::F64(a), Values::F64(b)) => a.append(b),
            (Self::Bool(a), Values::Bool(b)) => a.append(b),
            (Self::Text(a), Values::Text(b)) => a.append(b),
            (Self::Time { values: a, .. }, Values::Time { values: b, .. }) => a.append(b),
            _ => return false,
        }
        true
    }

    /// Reserves memory for `rows` more rows.
    pub(crate) fn reserve_exact(&mut self, rows: usize) {
        each!(self, array => array.reserve_exact(rows), labels => labels.reserve_exact(rows));
    }

    /// Bytes of memory of a row, without the strings.
    pub(crate) fn bytes_per_row(&self) -> u64 {
        each!(self, array => array.bytes_per_row(), _labels => size_of::<u32>() as u64)
    }

    /// Bytes of memory of the distinct strings so far.
    pub(crate) fn text_bytes(&self) -> u64 {
        match self {
            Self::Text(labels) => labels.text_bytes(),
            _ => 0,
        }
    }

    /// The finished values.
    pub(crate) fn finish(self) -> Values {
        convert!(self => Values, array => array.finish(), labels => labels.finish())
    }
}
