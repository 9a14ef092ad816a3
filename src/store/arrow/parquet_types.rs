//! Arrow types as Parquet has them: what Parquet lacks is scaled to what it has, or refused before anything is written.

use std::path::Path;
use std::sync::Arc;

use arrow_array::cast::AsArray;
use arrow_array::types::{
    Date64Type, Time32MillisecondType, Time32SecondType, TimestampMillisecondType, TimestampSecondType,
};
use arrow_array::{ArrayRef, RecordBatch, TimestampMillisecondArray};
use arrow_schema::{DataType, Field, FieldRef, Schema, SchemaRef, TimeUnit};

use crate::store::StoreError;

/// Milliseconds in a second, which is the shortest unit of a time that Parquet lacks.
const MS_PER_S: i64 = 1000;

/// The schema that Parquet stores for an Arrow schema.
///
/// Timestamps and times of day in seconds become milliseconds, dates in milliseconds timestamps without a zone.
///
/// # Errors
/// [`StoreError::Feature`] for a column whose type Parquet does not have, at any depth.
pub(super) fn stored_schema(schema: &Schema, path: &Path) -> Result<SchemaRef, StoreError> {
    let fields = schema.fields().iter().map(|field| {
        if let Some(kind) = refused(field.data_type()) {
            let column = field.name();
            return Err(StoreError::Feature {
                path: path.to_owned(),
                feature: format!("column {column:?} of type {kind}, which Parquet does not have"),
            });
        }
        Ok(Arc::new(field.as_ref().clone().with_data_type(stored(field.data_type()))))
    });
    let fields: Vec<FieldRef> = fields.collect::<Result<_, _>>()?;
    Ok(Arc::new(Schema::new_with_metadata(fields, schema.metadata().clone())))
}

/// The type that Parquet stores for a column; only types at the top are scaled.
fn stored(kind: &DataType) -> DataType {
    match kind {
        DataType::Timestamp(TimeUnit::Second, zone) => {
            DataType::Timestamp(TimeUnit::Millisecond, zone.clone())
        }
        DataType::Time32(TimeUnit::Second) => DataType::Time32(TimeUnit::Millisecond),
        DataType::Date64 => DataType::Timestamp(TimeUnit::Millisecond, None),
        other => other.clone(),
    }
}

/// The name of a type within a column's that Parquet does not have, or would have as another one.
fn refused(kind: &DataType) -> Option<String> {
    let inner = |field: &Field| match field.data_type() {
        // Within a column these would lose their meaning.
        kind @ (DataType::Timestamp(TimeUnit::Second, _)
        | DataType::Time32(TimeUnit::Second)
        | DataType::Date64) => Some(kind.to_string()),
        kind => refused(kind),
    };
    match kind {
        DataType::Interval(_) | DataType::Union(..) => Some(kind.to_string()),
        DataType::Struct(fields) => fields.iter().find_map(|field| inner(field)),
        DataType::List(field)
        | DataType::LargeList(field)
        | DataType::ListView(field)
        | DataType::LargeListView(field)
        | DataType::FixedSizeList(field, _)
        | DataType::Map(field, _)
        | DataType::RunEndEncoded(_, field) => inner(field),
        DataType::Dictionary(_, value) => refused(value),
        _ => None,
    }
}

/// A batch with the types of the stored schema; `first_row` is the number of rows before it.
///
/// # Errors
/// [`StoreError::OutOfRange`] for a time that milliseconds do not hold.
pub(super) fn stored_batch(
    batch: &RecordBatch,
    schema: &SchemaRef,
    path: &Path,
    first_row: u64,
) -> Result<RecordBatch, StoreError> {
    let columns = batch.columns().iter().zip(batch.schema_ref().fields()).map(|(array, field)| {
        stored_array(array, field).map_err(|(row, value)| StoreError::OutOfRange {
            path: path.to_owned(),
            column: field.name().clone(),
            row: first_row + row as u64,
            value: format!("{value} s, beyond 64-bit milliseconds"),
        })
    });
    let columns: Vec<ArrayRef> = columns.collect::<Result<_, _>>()?;
    RecordBatch::try_new(Arc::clone(schema), columns)
        .map_err(|e| StoreError::Damaged { path: path.to_owned(), why: e.to_string() })
}

fn stored_array(array: &ArrayRef, field: &Field) -> Result<ArrayRef, (usize, i64)> {
    Ok(match field.data_type() {
        DataType::Timestamp(TimeUnit::Second, zone) => {
            let values = array.as_primitive::<TimestampSecondType>();
            let scaled = |(row, value): (usize, Option<i64>)| {
                let scale = |value: i64| value.checked_mul(MS_PER_S).ok_or((row, value));
                value.map(scale).transpose()
            };
            let scaled: TimestampMillisecondArray =
                values.iter().enumerate().map(scaled).collect::<Result<_, _>>()?;
            Arc::new(scaled.with_timezone_opt(zone.clone()))
        }
        DataType::Time32(TimeUnit::Second) => {
            let values = array.as_primitive::<Time32SecondType>();
            // Seconds of a day: the product fits 32 bits; another value is no time of day, and stays one.
            Arc::new(values.unary::<_, Time32MillisecondType>(|value| value.saturating_mul(MS_PER_S as i32)))
        }
        DataType::Date64 => {
            let values = array.as_primitive::<Date64Type>();
            Arc::new(values.unary::<_, TimestampMillisecondType>(|value| value))
        }
        _ => Arc::clone(array),
    })
}
