//! Arrow arrays to columns: the way back from `encode`.

use std::collections::HashMap;

use arrow_array::cast::AsArray;
use arrow_array::types::{
    Date32Type, Decimal128Type, Decimal256Type, Float16Type, Float32Type, Float64Type, Int8Type, Int16Type,
    Int32Type, Int64Type, TimestampMicrosecondType, TimestampMillisecondType, TimestampNanosecondType,
    TimestampSecondType, UInt8Type, UInt16Type, UInt32Type, UInt64Type,
};
use arrow_array::{Array, ArrowPrimitiveType};
use arrow_schema::{DataType, Field};

use crate::table::{Labels, MISSING, TimeUnit, Values};

/// Seconds of a day.
const S_PER_DAY: i64 = 86_400;

/// A value that its column cannot hold.
pub(crate) struct Overflow {
    /// Row inside the array.
    pub(crate) row: usize,
    /// The value as text.
    pub(crate) value: String,
}

/// A column that grows array by array.
pub(crate) struct Decoder {
    values: Values,
    index: Index,
}

/// Bytes that one distinct string takes beside its letters: two headers, a code, and the table's slack.
const BYTES_PER_NAME: u64 = 80;

/// The codes of the distinct strings of a column.
#[derive(Default)]
struct Index {
    codes: HashMap<String, u32>,
    /// Bytes that the distinct strings take.
    bytes: u64,
}

impl Index {
    /// The code of a name, which becomes the last of `names` if it is not yet among them.
    fn code(&mut self, names: &mut Vec<String>, name: &str) -> u32 {
        if let Some(&code) = self.codes.get(name) {
            return code;
        }
        let code = names.len() as u32;
        names.push(name.to_owned());
        self.codes.insert(name.to_owned(), code);
        self.bytes += 2 * name.len() as u64 + BYTES_PER_NAME;
        code
    }
}

impl Decoder {
    /// A decoder for a column of that type, `None` if events cannot use it.
    ///
    /// Integers become `i64` (u32 and u64 without missing values stay), half floats `f32`, decimals the nearest
    /// `f64`, dates midnight on the wall clock, a column of nulls missing floats.
    pub(crate) fn new(field: &Field) -> Option<Self> {
        let nullable = field.is_nullable();
        let values = match field.data_type() {
            DataType::UInt32 if !nullable => Values::U32(vec![]),
            DataType::UInt64 if !nullable => Values::U64(vec![]),
            kind if kind.is_integer() && nullable => Values::OptI64(vec![]),
            kind if kind.is_integer() => Values::I64(vec![]),
            DataType::Float16 | DataType::Float32 if nullable => Values::OptF32(vec![]),
            DataType::Float16 | DataType::Float32 => Values::F32(vec![]),
            DataType::Float64 if !nullable => Values::F64(vec![]),
            DataType::Float64 | DataType::Null | DataType::Decimal128(..) | DataType::Decimal256(..) => {
                Values::OptF64(vec![])
            }
            DataType::Boolean => Values::OptBool(vec![]),
            kind if is_text(kind) => Values::Text(Labels::default()),
            DataType::Dictionary(_, value) if is_text(value) => Values::Text(Labels::default()),
            DataType::Date32 => Values::Time { unit: TimeUnit::Second, utc: false, values: vec![] },
            DataType::Timestamp(unit, zone) => {
                let unit = match unit {
                    arrow_schema::TimeUnit::Second => TimeUnit::Second,
                    arrow_schema::TimeUnit::Millisecond => TimeUnit::Millisecond,
                    arrow_schema::TimeUnit::Microsecond => TimeUnit::Microsecond,
                    arrow_schema::TimeUnit::Nanosecond => TimeUnit::Nanosecond,
                };
                Values::Time { unit, utc: zone.is_some(), values: vec![] }
            }
            _ => return None,
        };
        Some(Self { values, index: Index::default() })
    }

    /// Bytes a row takes in memory once decoded.
    pub(crate) fn bytes_per_row(&self) -> u64 {
        match &self.values {
            Values::OptBool(_) => 1,
            Values::U32(_) | Values::F32(_) | Values::Text(_) => 4,
            Values::U64(_) | Values::I64(_) | Values::F64(_) | Values::OptF32(_) => 8,
            Values::OptI64(_) | Values::OptF64(_) | Values::Time { .. } => 16,
        }
    }

    /// Makes room for so many rows, whose memory was counted.
    pub(crate) fn reserve(&mut self, rows: u64) {
        let rows = usize::try_from(rows).unwrap_or_default();
        match &mut self.values {
            Values::U32(v) => v.reserve_exact(rows),
            Values::U64(v) => v.reserve_exact(rows),
            Values::I64(v) => v.reserve_exact(rows),
            Values::F32(v) => v.reserve_exact(rows),
            Values::F64(v) => v.reserve_exact(rows),
            Values::OptBool(v) => v.reserve_exact(rows),
            Values::OptI64(v) => v.reserve_exact(rows),
            Values::OptF32(v) => v.reserve_exact(rows),
            Values::OptF64(v) => v.reserve_exact(rows),
            Values::Text(labels) => labels.codes.reserve_exact(rows),
            Values::Time { values, .. } => values.reserve_exact(rows),
        }
    }

    /// Bytes that the distinct strings take so far.
    pub(crate) fn text_bytes(&self) -> u64 {
        self.index.bytes
    }

    /// The finished column.
    pub(crate) fn finish(self) -> Values {
        self.values
    }

    /// Appends an array of the type the decoder was made for.
    ///
    /// # Errors
    /// An unsigned value beyond `i64`.
    ///
    /// # Panics
    /// If the array is of another type, or a dictionary's key names no value.
    pub(crate) fn append(&mut self, array: &dyn Array) -> Result<(), Overflow> {
        match &mut self.values {
            Values::U32(out) => out.extend_from_slice(array.as_primitive::<UInt32Type>().values()),
            Values::U64(out) => out.extend_from_slice(array.as_primitive::<UInt64Type>().values()),
            Values::I64(out) => integers(array, |value| out.push(value.unwrap_or_default()))?,
            Values::OptI64(out) => integers(array, |value| out.push(value))?,
            Values::F32(out) => singles(array, |value| out.push(value.unwrap_or_default())),
            Values::OptF32(out) => singles(array, |value| out.push(value)),
            Values::F64(out) => out.extend_from_slice(array.as_primitive::<Float64Type>().values()),
            Values::OptF64(out) => doubles(array, out),
            Values::OptBool(out) => out.extend(array.as_boolean().iter()),
            Values::Time { values, .. } => times(array, values),
            Values::Text(labels) => texts(array, labels, &mut self.index)?,
        }
        Ok(())
    }
}

fn is_text(kind: &DataType) -> bool {
    matches!(kind, DataType::Utf8 | DataType::LargeUtf8 | DataType::Utf8View)
}

/// Appends an array of strings, or a dictionary of strings with keys of any integer type.
fn texts(array: &dyn Array, labels: &mut Labels, index: &mut Index) -> Result<(), Overflow> {
    let Labels { names, codes } = labels;
    let mut code = |name: &str| index.code(names, name);
    let Some(coded) = array.as_any_dictionary_opt() else {
        let push = |name: Option<&str>| codes.push(name.map_or(MISSING, &mut code));
        match array.data_type() {
            DataType::LargeUtf8 => array.as_string::<i64>().iter().for_each(push),
            DataType::Utf8View => array.as_string_view().iter().for_each(push),
            _ => array.as_string::<i32>().iter().for_each(push),
        }
        return Ok(());
    };
    // Names get their code where a row first uses them, so that the order is the rows'.
    let values = coded.values();
    let mut known = vec![MISSING; values.len()];
    integers(coded.keys(), |key| {
        codes.push(match key.map(|key| key as usize) {
            None => MISSING,
            Some(key) if values.is_null(key) => MISSING,
            Some(key) => {
                if known[key] == MISSING {
                    known[key] = code(text(values, key));
                }
                known[key]
            }
        });
    })
}

/// A value of an array of strings.
fn text(values: &dyn Array, at: usize) -> &str {
    match values.data_type() {
        DataType::LargeUtf8 => values.as_string::<i64>().value(at),
        DataType::Utf8View => values.as_string_view().value(at),
        _ => values.as_string::<i32>().value(at),
    }
}

fn each<T: ArrowPrimitiveType>(array: &dyn Array, mut push: impl FnMut(Option<T::Native>)) {
    array.as_primitive::<T>().iter().for_each(&mut push);
}

fn integers(array: &dyn Array, mut push: impl FnMut(Option<i64>)) -> Result<(), Overflow> {
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

fn singles(array: &dyn Array, mut push: impl FnMut(Option<f32>)) {
    match array.data_type() {
        DataType::Float16 => each::<Float16Type>(array, |v| push(v.map(f32::from))),
        _ => each::<Float32Type>(array, push),
    }
}

fn doubles(array: &dyn Array, out: &mut Vec<Option<f64>>) {
    match *array.data_type() {
        DataType::Null => out.extend(std::iter::repeat_n(None, array.len())),
        DataType::Decimal128(_, scale) => {
            each::<Decimal128Type>(array, |v| out.push(v.and_then(|v| decimal(v, scale))));
        }
        DataType::Decimal256(_, scale) => {
            each::<Decimal256Type>(array, |v| out.push(v.and_then(|v| decimal(v, scale))));
        }
        _ => each::<Float64Type>(array, |v| out.push(v)),
    }
}

/// The nearest float of `unscaled / 10^scale`: text is parsed exactly, a division would round twice.
fn decimal(unscaled: impl std::fmt::Display, scale: i8) -> Option<f64> {
    format!("{unscaled}e{}", -i32::from(scale)).parse().ok()
}

fn times(array: &dyn Array, out: &mut Vec<Option<i64>>) {
    use arrow_schema::TimeUnit::{Microsecond, Millisecond, Nanosecond, Second};
    match array.data_type() {
        DataType::Timestamp(Second, _) => each::<TimestampSecondType>(array, |v| out.push(v)),
        DataType::Timestamp(Millisecond, _) => each::<TimestampMillisecondType>(array, |v| out.push(v)),
        DataType::Timestamp(Microsecond, _) => each::<TimestampMicrosecondType>(array, |v| out.push(v)),
        DataType::Timestamp(Nanosecond, _) => each::<TimestampNanosecondType>(array, |v| out.push(v)),
        _ => each::<Date32Type>(array, |v| out.push(v.map(|day| i64::from(day) * S_PER_DAY))),
    }
}
