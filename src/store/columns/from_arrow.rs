//! Arrow arrays to columns: the inverse of [`to_arrow`](crate::store::columns::to_arrow).

use arrow_array::cast::AsArray;
use arrow_array::types::{
    Date32Type, Date64Type, Decimal128Type, Decimal256Type, Float16Type, Float32Type, Float64Type, Int8Type,
    Int16Type, Int32Type, Int64Type, TimestampMicrosecondType, TimestampMillisecondType,
    TimestampNanosecondType, TimestampSecondType, UInt8Type, UInt16Type, UInt32Type, UInt64Type,
};
use arrow_array::{Array as ArrowArray, ArrowPrimitiveType};
use arrow_schema::{DataType, Field};

use crate::store::columns::overflow::Overflow;
use crate::table::{Array, ArrayBuilder, Labels, LabelsBuilder, MISSING, TimeUnit, Values, ValuesBuilder};

/// Seconds in a day.
pub(crate) const S_PER_DAY: i64 = 86_400;

/// Builder of a column from Arrow arrays.
pub(crate) struct Decoder {
    values: ValuesBuilder,
    /// True if the column is declared nullable. If it is not, missing values become zero.
    nullable: bool,
}

impl Decoder {
    /// A decoder of columns with the type of `field`; `None` if the type is not supported.
    ///
    /// Integers become `i64` (u64 and non-nullable u32 stay), half floats `f32`, decimals without a fraction and of at
    /// most 18 digits `i64`, others the nearest `f64`, dates the wall-clock time of midnight, and a column of nulls null
    /// `f64` values.
    pub(crate) fn new(field: &Field) -> Option<Self> {
        let nullable = field.is_nullable();
        let values = match field.data_type() {
            DataType::UInt32 if !nullable => Values::U32(Array::empty(false)),
            DataType::UInt64 => Values::U64(Array::empty(nullable)),
            DataType::Decimal128(1..=18, 0) => Values::I64(Array::empty(true)),
            kind if kind.is_integer() => Values::I64(Array::empty(nullable)),
            DataType::Float16 | DataType::Float32 => Values::F32(Array::empty(nullable)),
            DataType::Float64 => Values::F64(Array::empty(nullable)),
            DataType::Null | DataType::Decimal128(..) | DataType::Decimal256(..) => {
                Values::F64(Array::empty(true))
            }
            DataType::Boolean => Values::Bool(Array::empty(true)),
            kind if is_text(kind) => Values::Text(Labels::default()),
            DataType::Dictionary(_, value) if is_text(value) => Values::Text(Labels::default()),
            DataType::Date32 => {
                Values::Time { unit: TimeUnit::Second, utc: false, values: Array::empty(true) }
            }
            DataType::Date64 => {
                Values::Time { unit: TimeUnit::Millisecond, utc: false, values: Array::empty(true) }
            }
            DataType::Timestamp(unit, zone) => {
                let unit = match unit {
                    arrow_schema::TimeUnit::Second => TimeUnit::Second,
                    arrow_schema::TimeUnit::Millisecond => TimeUnit::Millisecond,
                    arrow_schema::TimeUnit::Microsecond => TimeUnit::Microsecond,
                    arrow_schema::TimeUnit::Nanosecond => TimeUnit::Nanosecond,
                };
                Values::Time { unit, utc: zone.is_some(), values: Array::empty(true) }
            }
            _ => return None,
        };
        Some(Self { nullable: values.is_nullable(), values: values.builder() })
    }

    /// Bytes of memory of a decoded row.
    pub(crate) fn bytes_per_row(&self) -> u64 {
        self.values.bytes_per_row()
    }

    /// Reserves memory for `rows` rows, which the caller has counted in its budget.
    pub(crate) fn reserve(&mut self, rows: u64) {
        self.values.reserve_exact(usize::try_from(rows).unwrap_or_default());
    }

    /// Bytes of memory of the distinct strings so far.
    pub(crate) fn text_bytes(&self) -> u64 {
        self.values.text_bytes()
    }

    /// The finished column.
    pub(crate) fn finish(self) -> Values {
        self.values.finish()
    }

    /// Appends an array of the type the decoder was made for.
    ///
    /// # Errors
    /// An unsigned value beyond `i64`.
    ///
    /// # Panics
    /// If the array is of another type, or a dictionary's key names no value.
    pub(crate) fn append(&mut self, array: &dyn ArrowArray) -> Result<(), Overflow> {
        let required = !self.nullable;
        match &mut self.values {
            ValuesBuilder::U32(out) => out.extend_from_slice(array.as_primitive::<UInt32Type>().values()),
            ValuesBuilder::U64(out) if required => {
                out.extend_from_slice(array.as_primitive::<UInt64Type>().values());
            }
            ValuesBuilder::U64(out) => each::<UInt64Type>(array, |value| out.push(value)),
            ValuesBuilder::I64(out) if matches!(array.data_type(), DataType::Decimal128(..)) => {
                // At most 18 digits.
                each::<Decimal128Type>(array, |value| out.push(value.map(|value| value as i64)));
            }
            ValuesBuilder::I64(out) => integers(array, |value| out.push(value.or(required.then_some(0))))?,
            ValuesBuilder::F32(out) => singles(array, |value| out.push(value.or(required.then_some(0.0)))),
            ValuesBuilder::F64(out) if required => {
                out.extend_from_slice(array.as_primitive::<Float64Type>().values());
            }
            ValuesBuilder::F64(out) => doubles(array, out),
            ValuesBuilder::Bool(out) => array.as_boolean().iter().for_each(|value| out.push(value)),
            ValuesBuilder::Time { values, .. } => times(array, values),
            ValuesBuilder::Text(labels) => texts(array, labels)?,
        }
        Ok(())
    }
}

fn is_text(kind: &DataType) -> bool {
    matches!(kind, DataType::Utf8 | DataType::LargeUtf8 | DataType::Utf8View)
}

/// Appends an array of strings, or a dictionary of strings with keys of any integer type.
fn texts(array: &dyn ArrowArray, labels: &mut LabelsBuilder) -> Result<(), Overflow> {
    let Some(coded) = array.as_any_dictionary_opt() else {
        let push = |name: Option<&str>| labels.push(name);
        match array.data_type() {
            DataType::LargeUtf8 => array.as_string::<i64>().iter().for_each(push),
            DataType::Utf8View => array.as_string_view().iter().for_each(push),
            _ => array.as_string::<i32>().iter().for_each(push),
        }
        return Ok(());
    };
    // A name gets its code when a row first uses it: the order of names follows the rows, not the dictionary.
    let values = coded.values();
    let mut known = vec![MISSING; values.len()];
    integers(coded.keys(), |key| {
        let code = match key.map(|key| key as usize) {
            None => MISSING,
            Some(key) if values.is_null(key) => MISSING,
            Some(key) => {
                if known[key] == MISSING {
                    known[key] = labels.code(text(values, key));
                }
                known[key]
            }
        };
        labels.push_code(code);
    })
}

/// The value at an index of an array of strings.
fn text(values: &dyn ArrowArray, index: usize) -> &str {
    match values.data_type() {
        DataType::LargeUtf8 => values.as_string::<i64>().value(index),
        DataType::Utf8View => values.as_string_view().value(index),
        _ => values.as_string::<i32>().value(index),
    }
}

fn each<T: ArrowPrimitiveType>(array: &dyn ArrowArray, mut push: impl FnMut(Option<T::Native>)) {
    array.as_primitive::<T>().iter().for_each(&mut push);
}

fn integers(array: &dyn ArrowArray, mut push: impl FnMut(Option<i64>)) -> Result<(), Overflow> {
    match array.data_type() {
        DataType::Int8 => each::<Int8Type>(array, |v| push(v.map(i64::from))),
        DataType::Int16 => each::<Int16Type>(array, |v| push(v.map(i64::from))),
        DataType::Int32 => each::<Int32Type>(array, |v| push(v.map(i64::from))),
        DataType::Int64 => each::<Int64Type>(array, push),
        DataType::UInt8 => each::<UInt8Type>(array, |v| push(v.map(i64::from))),
        DataType::UInt16 => each::<UInt16Type>(array, |v| push(v.map(i64::from))),
        DataType::UInt32 => each::<UInt32Type>(array, |v| push(v.map(i64::from))),
        _ => {
            for (row, value) in array.as_primitive::<UInt64Type>().iter().enumerate() {
                let fit = value.map(i64::try_from).transpose();
                push(fit.map_err(|_| Overflow { row, value: value.unwrap_or_default().to_string() })?);
            }
        }
    }
    Ok(())
}

fn singles(array: &dyn ArrowArray, mut push: impl FnMut(Option<f32>)) {
    match array.data_type() {
        DataType::Float16 => each::<Float16Type>(array, |v| push(v.map(f32::from))),
        _ => each::<Float32Type>(array, push),
    }
}

fn doubles(array: &dyn ArrowArray, out: &mut ArrayBuilder<f64>) {
    match *array.data_type() {
        DataType::Null => (0..array.len()).for_each(|_| out.push(None)),
        DataType::Decimal128(_, scale) => {
            each::<Decimal128Type>(array, |v| out.push(v.and_then(|v| decimal(v, scale))));
        }
        DataType::Decimal256(_, scale) => {
            each::<Decimal256Type>(array, |v| out.push(v.and_then(|v| decimal(v, scale))));
        }
        _ => each::<Float64Type>(array, |v| out.push(v)),
    }
}

/// The float nearest to `unscaled / 10^scale`, parsed from text: a division would round twice.
fn decimal(unscaled: impl std::fmt::Display, scale: i8) -> Option<f64> {
    format!("{unscaled}e{}", -i32::from(scale)).parse().ok()
}

fn times(array: &dyn ArrowArray, out: &mut ArrayBuilder<i64>) {
    use arrow_schema::TimeUnit::{Microsecond, Millisecond, Nanosecond, Second};
    match array.data_type() {
        DataType::Timestamp(Second, _) => each::<TimestampSecondType>(array, |v| out.push(v)),
        DataType::Timestamp(Millisecond, _) => each::<TimestampMillisecondType>(array, |v| out.push(v)),
        DataType::Timestamp(Microsecond, _) => each::<TimestampMicrosecondType>(array, |v| out.push(v)),
        DataType::Timestamp(Nanosecond, _) => each::<TimestampNanosecondType>(array, |v| out.push(v)),
        DataType::Date64 => each::<Date64Type>(array, |v| out.push(v)),
        _ => each::<Date32Type>(array, |v| out.push(v.map(|day| i64::from(day) * S_PER_DAY))),
    }
}
