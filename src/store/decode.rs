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
pub(super) struct Overflow {
    /// Row inside the array.
    pub(super) row: usize,
    /// The value as text.
    pub(super) value: String,
}

/// A column that grows array by array.
pub(super) struct Decoder {
    values: Values,
    index: HashMap<String, u32>,
    /// Bytes that the distinct strings take.
    text_bytes: u64,
}

/// Bytes that one distinct string takes beside its letters: two headers, a code, and the table's slack.
const BYTES_PER_NAME: u64 = 80;

impl Decoder {
    /// A decoder for a column of that type, `None` if events cannot use it.
    ///
    /// Integers become `i64` (u32 and u64 without missing values stay), half floats `f32`, decimals the nearest
    /// `f64`, dates midnight on the wall clock, a column of nulls missing floats.
    pub(super) fn new(field: &Field) -> Option<Self> {
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
            DataType::Utf8 => Values::Text(Labels::default()),
            DataType::Dictionary(_, value) if **value == DataType::Utf8 => Values::Text(Labels::default()),
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
        Some(Self { values, index: HashMap::new(), text_bytes: 0 })
    }

    /// Bytes a row takes in memory once decoded.
    pub(super) fn bytes_per_row(&self) -> u64 {
        match &self.values {
            Values::OptBool(_) => 1,
            Values::U32(_) | Values::F32(_) | Values::Text(_) => 4,
            Values::U64(_) | Values::I64(_) | Values::F64(_) | Values::OptF32(_) => 8,
            Values::OptI64(_) | Values::OptF64(_) | Values::Time { .. } => 16,
        }
    }

    /// Makes room for so many rows, whose memory was counted.
    pub(super) fn reserve(&mut self, rows: u64) {
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
    pub(super) fn text_bytes(&self) -> u64 {
        self.text_bytes
    }

    /// The finished column.
    pub(super) fn finish(self) -> Values {
        self.values
    }

    /// Appends an array of the type the decoder was made for.
    ///
    /// # Errors
    /// An unsigned value beyond `i64`.
    pub(super) fn append(&mut self, array: &dyn Array) -> Result<(), Overflow> {
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
            Values::Text(labels) => match array.data_type() {
                DataType::Dictionary(..) => {
                    let array = array.as_dictionary::<Int32Type>();
                    let names = array.values().as_string::<i32>();
                    // Names get their code where a row first uses them, so that the order is the rows'.
                    let mut codes = vec![MISSING; names.len()];
                    for key in array.keys() {
                        let code = match key {
                            None => MISSING,
                            Some(key) if names.is_null(key as usize) => MISSING,
                            Some(key) => match codes[key as usize] {
                                MISSING => {
                                    let code = intern(
                                        labels,
                                        &mut self.index,
                                        &mut self.text_bytes,
                                        names.value(key as usize),
                                    );
                                    codes[key as usize] = code;
                                    code
                                }
                                known => known,
                            },
                        };
                        labels.codes.push(code);
                    }
                }
                _ => {
                    for name in array.as_string::<i32>() {
                        let code = name.map_or(MISSING, |name| {
                            intern(labels, &mut self.index, &mut self.text_bytes, name)
                        });
                        labels.codes.push(code);
                    }
                }
            },
        }
        Ok(())
    }
}

fn intern(labels: &mut Labels, index: &mut HashMap<String, u32>, bytes: &mut u64, name: &str) -> u32 {
    if let Some(&code) = index.get(name) {
        return code;
    }
    let code = labels.names.len() as u32;
    labels.names.push(name.to_owned());
    index.insert(name.to_owned(), code);
    *bytes += 2 * name.len() as u64 + BYTES_PER_NAME;
    code
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
