//! Columns to Arrow arrays, and the schema that declares them. Here and in `decode` alone one type becomes another.

use std::collections::HashMap;
use std::ops::Range;
use std::sync::Arc;

use arrow_array::builder::StringViewBuilder;
use arrow_array::cast::AsArray;
use arrow_array::types::Int32Type;
use arrow_array::{
    ArrayRef, BooleanArray, DictionaryArray, Float32Array, Float64Array, Int8Array, Int16Array, Int32Array,
    Int64Array, StringArray, StringViewArray, TimestampMicrosecondArray, TimestampMillisecondArray,
    TimestampNanosecondArray, UInt32Array, UInt64Array,
};
use arrow_schema::{ArrowError, DataType, Field, Schema};

use crate::store::columns::narrow::{DECLARED, Narrow};
use crate::table::{Column, MISSING, Table, TimeUnit, Values};

/// Key of a field's metadata that holds its unit.
pub(crate) const UNIT: &str = "unit";
/// Milliseconds of a second.
const MS_PER_S: i64 = 1000;

/// A time in seconds that milliseconds cannot hold.
pub(crate) struct Overflow {
    /// Row of the table.
    pub(crate) row: usize,
    /// The value as text.
    pub(crate) value: String,
}

/// The schema of a table as it is stored.
pub(crate) fn schema(table: &Table, narrowing: &[Option<Narrow>]) -> Schema {
    let fields = table.columns().iter().zip(narrowing).map(|(column, narrow)| {
        let kind = narrow.map_or_else(|| declared(&column.values), narrowed);
        let mut metadata = HashMap::new();
        if !column.unit.is_empty() {
            metadata.insert(UNIT.to_owned(), column.unit.clone());
        }
        if narrow.is_some() {
            metadata.insert(DECLARED.to_owned(), column.values.type_name().to_owned());
        }
        Field::new(&column.name, kind, column.values.nullable()).with_metadata(metadata)
    });
    Schema::new(fields.collect::<Vec<_>>())
}

fn narrowed(narrow: Narrow) -> DataType {
    match narrow {
        Narrow::I8 => DataType::Int8,
        Narrow::I16 => DataType::Int16,
        Narrow::I32 => DataType::Int32,
        Narrow::F32 => DataType::Float32,
    }
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

/// Columns whose rows are asked for as arrays, part by part.
pub(crate) struct Arrays<'a> {
    columns: &'a [Column],
    narrowing: &'a [Option<Narrow>],
    /// Per column of strings the distinct ones, which all parts share.
    names: Vec<Option<ArrayRef>>,
}

impl<'a> Arrays<'a> {
    pub(crate) fn new(table: &'a Table, narrowing: &'a [Option<Narrow>]) -> Self {
        let names = table.columns().iter().map(|column| match &column.values {
            Values::Text(labels) => Some(Arc::new(StringArray::from_iter_values(&labels.names)) as ArrayRef),
            _ => None,
        });
        Self { columns: table.columns(), narrowing, names: names.collect() }
    }

    /// What the columns are stored as instead of their own types.
    pub(crate) fn narrowing(&self) -> &'a [Option<Narrow>] {
        self.narrowing
    }

    /// Rows of a column as an array of the stored type; strings come as a dictionary of it.
    ///
    /// # Errors
    /// [`Overflow`] for a time in seconds beyond what milliseconds hold.
    pub(crate) fn part(&self, column: usize, rows: Range<usize>) -> Result<ArrayRef, Overflow> {
        let values = &self.columns[column].values;
        if let Some(narrow) = self.narrowing[column] {
            return Ok(in_fewer_bits(values, narrow, rows));
        }
        Ok(match values {
            Values::U32(v) => Arc::new(UInt32Array::from(v[rows].to_vec())),
            Values::U64(v) => Arc::new(UInt64Array::from(v[rows].to_vec())),
            Values::I64(v) => Arc::new(Int64Array::from(v[rows].to_vec())),
            Values::F32(v) => Arc::new(Float32Array::from(v[rows].to_vec())),
            Values::F64(v) => Arc::new(Float64Array::from(v[rows].to_vec())),
            Values::OptBool(v) => Arc::new(BooleanArray::from(v[rows].to_vec())),
            Values::OptI64(v) => Arc::new(v[rows].iter().copied().collect::<Int64Array>()),
            Values::OptF32(v) => Arc::new(v[rows].iter().copied().collect::<Float32Array>()),
            Values::OptF64(v) => Arc::new(v[rows].iter().copied().collect::<Float64Array>()),
            Values::Text(labels) => {
                let keys = labels.codes[rows].iter().map(|&code| (code != MISSING).then_some(code as i32));
                let names = self.names[column].clone().unwrap_or_else(|| Arc::new(StringArray::new_null(0)));
                Arc::new(DictionaryArray::new(keys.collect::<Int32Array>(), names))
            }
            Values::Time { unit, utc, values } => {
                let zone = utc.then_some("UTC");
                let part = values[rows.clone()].iter().copied();
                match unit {
                    TimeUnit::Second => {
                        let ms = milliseconds(&values[rows.clone()], rows.start)?;
                        Arc::new(TimestampMillisecondArray::from(ms).with_timezone_opt(zone))
                    }
                    TimeUnit::Millisecond => {
                        Arc::new(part.collect::<TimestampMillisecondArray>().with_timezone_opt(zone))
                    }
                    TimeUnit::Microsecond => {
                        Arc::new(part.collect::<TimestampMicrosecondArray>().with_timezone_opt(zone))
                    }
                    TimeUnit::Nanosecond => {
                        Arc::new(part.collect::<TimestampNanosecondArray>().with_timezone_opt(zone))
                    }
                }
            }
        })
    }
}

fn milliseconds(seconds: &[Option<i64>], first: usize) -> Result<Vec<Option<i64>>, Overflow> {
    let scale = |(i, value): (usize, &Option<i64>)| match *value {
        None => Ok(None),
        Some(s) => match s.checked_mul(MS_PER_S) {
            Some(ms) => Ok(Some(ms)),
            None => Err(Overflow { row: first + i, value: format!("{s} s in milliseconds") }),
        },
    };
    seconds.iter().enumerate().map(scale).collect()
}

/// Values that are known to fit.
fn in_fewer_bits(values: &Values, narrow: Narrow, rows: Range<usize>) -> ArrayRef {
    let integers: Box<dyn Iterator<Item = Option<i64>>> = match values {
        Values::I64(v) => Box::new(v[rows.clone()].iter().map(|&v| Some(v))),
        Values::OptI64(v) => Box::new(v[rows.clone()].iter().copied()),
        _ => Box::new(std::iter::empty()),
    };
    match narrow {
        Narrow::I8 => Arc::new(integers.map(|v| v.map(|v| v as i8)).collect::<Int8Array>()),
        Narrow::I16 => Arc::new(integers.map(|v| v.map(|v| v as i16)).collect::<Int16Array>()),
        Narrow::I32 => Arc::new(integers.map(|v| v.map(|v| v as i32)).collect::<Int32Array>()),
        Narrow::F32 => match values {
            Values::F64(v) => Arc::new(v[rows].iter().map(|&v| Some(v as f32)).collect::<Float32Array>()),
            Values::OptF64(v) => {
                Arc::new(v[rows].iter().map(|v| v.map(|v| v as f32)).collect::<Float32Array>())
            }
            _ => Arc::new(Float32Array::new_null(0)),
        },
    }
}

/// The strings of a column that is coded; their letters are not copied.
///
/// # Errors
/// A code that names no string.
pub(crate) fn strings(coded: &DictionaryArray<Int32Type>) -> Result<StringViewArray, ArrowError> {
    let names = coded.values().as_string::<i32>();
    let mut builder = StringViewBuilder::with_capacity(coded.len());
    let block = builder.append_block(names.values().clone());
    for key in coded.keys() {
        match key {
            None => builder.append_null(),
            Some(key) => {
                let (start, len) = (names.value_offsets()[key as usize], names.value_length(key as usize));
                builder.try_append_view(block, start.unsigned_abs(), len.unsigned_abs())?;
            }
        }
    }
    Ok(builder.finish())
}
