//! Columns to Arrow arrays, and the schema that declares them. Here and in `decode` alone one type becomes another.

use std::collections::HashMap;
use std::ops::Range;
use std::path::Path;
use std::sync::Arc;

use arrow_array::{
    ArrayRef, BooleanArray, DictionaryArray, Float32Array, Float64Array, Int32Array, Int64Array, StringArray,
    TimestampMicrosecondArray, TimestampMillisecondArray, TimestampNanosecondArray, UInt32Array, UInt64Array,
};
use arrow_schema::{DataType, Field, Schema};

use super::StoreError;
use crate::table::{Column, MISSING, Table, TimeUnit, Values};

/// Key of a field's metadata that holds its unit.
pub(super) const UNIT: &str = "unit";
/// Milliseconds of a second.
const MS_PER_S: i64 = 1000;

/// The declared schema of a table.
pub(super) fn schema(table: &Table) -> Schema {
    let fields = table.columns().iter().map(|column| {
        let field = Field::new(&column.name, declared(&column.values), column.values.nullable());
        match column.unit.as_str() {
            "" => field,
            unit => field.with_metadata(HashMap::from([(UNIT.to_owned(), unit.to_owned())])),
        }
    });
    Schema::new(fields.collect::<Vec<_>>())
}

fn declared(values: &Values) -> DataType {
    match values {
        Values::U32(_) => DataType::UInt32,
        Values::U64(_) => DataType::UInt64,
        Values::I64(_) | Values::OptI64(_) => DataType::Int64,
        Values::F32(_) | Values::OptF32(_) => DataType::Float32,
        Values::F64(_) | Values::OptF64(_) => DataType::Float64,
        Values::OptBool(_) => DataType::Boolean,
        Values::Text(_) => DataType::Utf8,
        Values::Time { unit, utc, .. } => {
            let unit = match unit {
                TimeUnit::Second | TimeUnit::Millisecond => arrow_schema::TimeUnit::Millisecond,
                TimeUnit::Microsecond => arrow_schema::TimeUnit::Microsecond,
                TimeUnit::Nanosecond => arrow_schema::TimeUnit::Nanosecond,
            };
            DataType::Timestamp(unit, utc.then(|| "UTC".into()))
        }
    }
}

/// A column ready to be cut into arrays.
pub(super) enum Encoder<'a> {
    /// Values that are copied as they are.
    Plain(&'a Values),
    /// Strings: the codes, and the distinct strings as one array that all slices share.
    Text(&'a [u32], ArrayRef),
    /// Times in seconds, as milliseconds.
    Milliseconds(Vec<Option<i64>>, bool),
}

/// One encoder per column, by name.
pub(super) fn encoders<'a>(path: &Path, table: &'a Table) -> Result<Vec<(&'a str, Encoder<'a>)>, StoreError> {
    let encoder = |column: &'a Column| {
        let encoder = match &column.values {
            Values::Text(labels) => {
                Encoder::Text(&labels.codes, Arc::new(StringArray::from_iter_values(&labels.names)))
            }
            Values::Time { unit: TimeUnit::Second, utc, values } => {
                let scaled = values.iter().enumerate().map(|(row, value)| match value {
                    None => Ok(None),
                    Some(s) => s.checked_mul(MS_PER_S).map(Some).ok_or_else(|| StoreError::OutOfRange {
                        path: path.to_owned(),
                        column: column.name.clone(),
                        row: row as u64,
                        value: format!("{s} s in milliseconds"),
                    }),
                });
                Encoder::Milliseconds(scaled.collect::<Result<_, _>>()?, *utc)
            }
            values => Encoder::Plain(values),
        };
        Ok((column.name.as_str(), encoder))
    };
    table.columns().iter().map(encoder).collect()
}

impl Encoder<'_> {
    /// The rows as an array of the declared type; strings come as a dictionary of it.
    pub(super) fn slice(&self, rows: Range<usize>) -> ArrayRef {
        match self {
            Self::Plain(values) => plain(values, rows),
            Self::Milliseconds(values, utc) => {
                let array = TimestampMillisecondArray::from(values[rows].to_vec());
                Arc::new(array.with_timezone_opt(utc.then_some("UTC")))
            }
            Self::Text(codes, names) => {
                let keys = codes[rows].iter().map(|&code| (code != MISSING).then_some(code as i32));
                Arc::new(DictionaryArray::new(Int32Array::from_iter(keys), Arc::clone(names)))
            }
        }
    }
}

fn plain(values: &Values, rows: Range<usize>) -> ArrayRef {
    match values {
        Values::U32(v) => Arc::new(UInt32Array::from(v[rows].to_vec())),
        Values::U64(v) => Arc::new(UInt64Array::from(v[rows].to_vec())),
        Values::I64(v) => Arc::new(Int64Array::from(v[rows].to_vec())),
        Values::F32(v) => Arc::new(Float32Array::from(v[rows].to_vec())),
        Values::F64(v) => Arc::new(Float64Array::from(v[rows].to_vec())),
        Values::OptBool(v) => Arc::new(BooleanArray::from(v[rows].to_vec())),
        Values::OptI64(v) => Arc::new(Int64Array::from(v[rows].to_vec())),
        Values::OptF32(v) => Arc::new(Float32Array::from(v[rows].to_vec())),
        Values::OptF64(v) => Arc::new(Float64Array::from(v[rows].to_vec())),
        Values::Text(labels) => Arc::new(StringArray::from_iter((rows).map(|i| labels.get(i)))),
        Values::Time { unit, utc, values } => {
            let (values, zone) = (values[rows].to_vec(), utc.then_some("UTC"));
            match unit {
                TimeUnit::Second | TimeUnit::Millisecond => {
                    Arc::new(TimestampMillisecondArray::from(values).with_timezone_opt(zone))
                }
                TimeUnit::Microsecond => {
                    Arc::new(TimestampMicrosecondArray::from(values).with_timezone_opt(zone))
                }
                TimeUnit::Nanosecond => {
                    Arc::new(TimestampNanosecondArray::from(values).with_timezone_opt(zone))
                }
            }
        }
    }
}
