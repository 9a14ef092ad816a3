//! Columns to Arrow arrays, and the schema that declares them.

use std::collections::HashMap;
use std::ops::Range;
use std::sync::Arc;

use arrow_array::builder::StringViewBuilder;
use arrow_array::cast::AsArray;
use arrow_array::types::{
    ArrowPrimitiveType, Float32Type, Float64Type, Int8Type, Int16Type, Int32Type, Int64Type,
    TimestampMicrosecondType, TimestampMillisecondType, TimestampNanosecondType, UInt32Type, UInt64Type,
};
use arrow_array::{
    ArrayRef, BooleanArray, DictionaryArray, Int32Array, PrimitiveArray, StringArray, StringViewArray,
};
use arrow_buffer::{BooleanBuffer, Buffer as ArrowBuffer, NullBuffer, ScalarBuffer};
use arrow_schema::{ArrowError, DataType, Field, Schema};

use crate::store::columns::narrow::{DECLARED, NarrowType};
use crate::store::columns::overflow::Overflow;
use crate::table::{Array, Buffer, Column, MISSING, Table, TimeUnit, Values};

/// Key of the field metadata that holds the unit of a column.
pub(crate) const UNIT: &str = "unit";
/// Milliseconds in a second.
const MS_PER_S: i64 = 1000;

/// The stored schema of a table: narrowed types, units and declared types as field metadata.
pub(crate) fn schema(table: &Table, narrowing: &[Option<NarrowType>]) -> Schema {
    let fields = table.columns().iter().zip(narrowing).map(|(column, narrow)| {
        let kind = narrow.map_or_else(|| declared_type(&column.values), narrowed_type);
        let mut metadata = HashMap::new();
        if !column.unit.is_empty() {
            metadata.insert(UNIT.to_owned(), column.unit.clone());
        }
        if narrow.is_some() {
            metadata.insert(DECLARED.to_owned(), column.values.type_name().to_owned());
        }
        Field::new(&column.name, kind, column.values.is_nullable()).with_metadata(metadata)
    });
    Schema::new(fields.collect::<Vec<_>>())
}

fn narrowed_type(narrow: NarrowType) -> DataType {
    match narrow {
        NarrowType::I8 => DataType::Int8,
        NarrowType::I16 => DataType::Int16,
        NarrowType::I32 => DataType::Int32,
        NarrowType::F32 => DataType::Float32,
    }
}

fn declared_type(values: &Values) -> DataType {
    match values {
        Values::U32(_) => DataType::UInt32,
        Values::U64(_) => DataType::UInt64,
        Values::I64(_) => DataType::Int64,
        Values::F32(_) => DataType::Float32,
        Values::F64(_) => DataType::Float64,
        Values::Bool(_) => DataType::Boolean,
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

/// The columns of a table, converted to arrays range by range.
pub(crate) struct TableArrays<'a> {
    columns: &'a [Column],
    narrowing: &'a [Option<NarrowType>],
    /// For each string column its distinct strings, shared by all arrays.
    names: Vec<Option<ArrayRef>>,
}

impl<'a> TableArrays<'a> {
    pub(crate) fn new(table: &'a Table, narrowing: &'a [Option<NarrowType>]) -> Self {
        let names = table.columns().iter().map(|column| match &column.values {
            Values::Text(labels) => {
                Some(Arc::new(StringArray::from_iter_values(labels.names.iter())) as ArrayRef)
            }
            _ => None,
        });
        Self { columns: table.columns(), narrowing, names: names.collect() }
    }

    /// The narrowed type of each column; `None` for columns that are stored in their declared type.
    pub(crate) fn narrowing(&self) -> &'a [Option<NarrowType>] {
        self.narrowing
    }

    /// Rows of a column as an array of the stored type; strings become a dictionary array.
    ///
    /// # Errors
    /// [`Overflow`] for a time in seconds that does not fit milliseconds.
    pub(crate) fn array(&self, column: usize, rows: Range<usize>) -> Result<ArrayRef, Overflow> {
        let values = &self.columns[column].values;
        if let Some(narrow) = self.narrowing[column] {
            return Ok(narrowed_array(&values.slice(rows), narrow));
        }
        let first = rows.start;
        Ok(match &values.slice(rows) {
            Values::U32(array) => Arc::new(primitive::<UInt32Type>(array)),
            Values::U64(array) => Arc::new(primitive::<UInt64Type>(array)),
            Values::I64(array) => Arc::new(primitive::<Int64Type>(array)),
            Values::F32(array) => Arc::new(primitive::<Float32Type>(array)),
            Values::F64(array) => Arc::new(primitive::<Float64Type>(array)),
            // Copied: Arrow packs booleans into bits.
            Values::Bool(array) => Arc::new(array.iter().collect::<BooleanArray>()),
            Values::Text(labels) => {
                let keys = labels.codes.iter().map(|&code| (code != MISSING).then_some(code as i32));
                let names = self.names[column].clone().unwrap_or_else(|| Arc::new(StringArray::new_null(0)));
                Arc::new(DictionaryArray::new(keys.collect::<Int32Array>(), names))
            }
            Values::Time { unit, utc, values } => {
                let zone = utc.then_some("UTC");
                match unit {
                    TimeUnit::Second => {
                        let ms = milliseconds(values, first)?;
                        Arc::new(primitive::<TimestampMillisecondType>(&ms).with_timezone_opt(zone))
                    }
                    TimeUnit::Millisecond => {
                        Arc::new(primitive::<TimestampMillisecondType>(values).with_timezone_opt(zone))
                    }
                    TimeUnit::Microsecond => {
                        Arc::new(primitive::<TimestampMicrosecondType>(values).with_timezone_opt(zone))
                    }
                    TimeUnit::Nanosecond => {
                        Arc::new(primitive::<TimestampNanosecondType>(values).with_timezone_opt(zone))
                    }
                }
            }
        })
    }
}

/// An Arrow array of the same values, without a copy.
fn primitive<T: ArrowPrimitiveType>(array: &Array<T::Native>) -> PrimitiveArray<T>
where
    T::Native: bytemuck::Pod + Sync,
{
    let validity = array.validity().map(|bitmap| {
        let (bytes, offset, len) = bitmap.parts();
        NullBuffer::new(BooleanBuffer::new(shared(bytes), offset, len))
    });
    PrimitiveArray::new(ScalarBuffer::new(shared(array.values()), 0, array.len()), validity)
}

/// An Arrow buffer that shares the memory of `values`.
fn shared<T: bytemuck::Pod + Send + Sync>(values: &Buffer<T>) -> ArrowBuffer {
    struct Owner<T>(Buffer<T>);
    impl<T: bytemuck::Pod> AsRef<[u8]> for Owner<T> {
        fn as_ref(&self) -> &[u8] {
            bytemuck::cast_slice(&self.0)
        }
    }
    // `Bytes` does not keep the alignment of an empty slice, which Arrow checks.
    if values.is_empty() {
        return ArrowBuffer::from_vec(Vec::<u128>::new());
    }
    ArrowBuffer::from(bytes::Bytes::from_owner(Owner(values.clone())))
}

/// Seconds as milliseconds; `first` is the row of the first value.
fn milliseconds(seconds: &Array<i64>, first: usize) -> Result<Array<i64>, Overflow> {
    let scale = |(i, value): (usize, Option<i64>)| match value {
        None => Ok(None),
        Some(s) => match s.checked_mul(MS_PER_S) {
            Some(ms) => Ok(Some(ms)),
            None => Err(Overflow { row: first + i, value: format!("{s} s in milliseconds") }),
        },
    };
    seconds.iter().enumerate().map(scale).collect()
}

/// An array of the narrowed type. `narrowing` has checked that every value fits.
fn narrowed_array(values: &Values, narrow: NarrowType) -> ArrayRef {
    match (narrow, values) {
        (NarrowType::I8, Values::I64(array)) => Arc::new(primitive::<Int8Type>(&array.map(|v| v as i8))),
        (NarrowType::I16, Values::I64(array)) => Arc::new(primitive::<Int16Type>(&array.map(|v| v as i16))),
        (NarrowType::I32, Values::I64(array)) => Arc::new(primitive::<Int32Type>(&array.map(|v| v as i32))),
        (NarrowType::F32, Values::F64(array)) => Arc::new(primitive::<Float32Type>(&array.map(|v| v as f32))),
        _ => unreachable!("only 64-bit numbers are narrowed, floats to floats"),
    }
}

/// The strings of a dictionary array as views; their bytes are not copied.
///
/// # Errors
/// Those of the `arrow` crate for a string outside the buffer of the dictionary.
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
