//! Values that are decoded only for columns that are named: bytes, UUIDs, integers wider than 64 bits, and fields of
//! structs.

use std::sync::Arc;

use arrow_array::cast::AsArray;
use arrow_array::types::Decimal128Type;
use arrow_array::{Array as ArrowArray, ArrayRef, make_array};
use arrow_buffer::NullBuffer;
use arrow_schema::{DataType, Field};

use crate::store::columns::from_arrow::Decoder;
use crate::table::{Array, Labels, LabelsBuilder, Values};

/// How the values of a column are decoded.
pub(crate) enum Kind {
    /// A field of a struct, of a type that any column may have.
    Plain(Field),
    Bytes,
    Uuid,
    /// Integers of more than 18 digits.
    Wide,
}

/// The array within structs of one field each, a row missing where a struct is.
pub(crate) fn innermost(array: &ArrayRef) -> Result<ArrayRef, String> {
    let mut path = Vec::new();
    let mut current = array;
    while let Some(fields) = current.as_struct_opt() {
        path.push(0);
        current = fields.columns().first().ok_or("a struct of it has no fields")?;
    }
    within(array, &path)
}

/// The array at a place of a batch: position of the column, then positions of fields within structs. A row is missing
/// where one of the structs is.
pub(crate) fn at_path(columns: &[ArrayRef], path: &[usize]) -> Result<ArrayRef, String> {
    let (root, rest) = path.split_first().ok_or("a column has no place")?;
    within(columns.get(*root).ok_or("a batch of it lacks a column")?, rest)
}

fn within(array: &ArrayRef, path: &[usize]) -> Result<ArrayRef, String> {
    let mut current = Arc::clone(array);
    let mut nulls: Option<NullBuffer> = None;
    for &field in path {
        let fields = current.as_struct_opt().ok_or("a batch of it is not of its schema")?;
        nulls = NullBuffer::union(nulls.as_ref(), fields.nulls());
        let inner = fields.columns().get(field).cloned().ok_or("a struct of it lacks a field")?;
        current = inner;
    }
    let Some(nulls) = nulls else { return Ok(current) };
    let all = NullBuffer::union(Some(&nulls), current.nulls());
    let data = current.to_data().into_builder().nulls(all).build().map_err(|e| e.to_string())?;
    Ok(make_array(data))
}

/// Values under construction.
pub(crate) enum Builder {
    Plain(Decoder),
    /// Bytes as hexadecimal digits.
    Bytes(LabelsBuilder),
    Uuid(LabelsBuilder),
    Wide(Vec<Option<i128>>),
}

impl Builder {
    /// A builder; `None` if a plain type cannot be decoded.
    pub(crate) fn new(kind: &Kind) -> Option<Self> {
        Some(match kind {
            Kind::Plain(field) => Self::Plain(Decoder::new(field)?),
            Kind::Bytes => Self::Bytes(LabelsBuilder::default()),
            Kind::Uuid => Self::Uuid(LabelsBuilder::default()),
            Kind::Wide => Self::Wide(Vec::new()),
        })
    }

    /// Appends an array of the type that the builder was made for.
    ///
    /// # Errors
    /// A value that the type cannot hold.
    pub(crate) fn append(&mut self, array: &ArrayRef) -> Result<(), String> {
        match self {
            Self::Plain(decoder) => {
                return decoder
                    .append(array.as_ref())
                    .map_err(|overflow| format!("it holds {}", overflow.value));
            }
            Self::Bytes(labels) => each_bytes(array, |bytes| labels.push(bytes.map(hexadecimal).as_deref())),
            Self::Uuid(labels) => each_bytes(array, |bytes| labels.push(bytes.map(uuid).as_deref())),
            Self::Wide(values) => values.extend(array.as_primitive::<Decimal128Type>().iter()),
        }
        Ok(())
    }

    /// Bytes of memory of a row, without the strings.
    pub(crate) fn bytes_per_row(&self) -> u64 {
        match self {
            Self::Plain(decoder) => decoder.bytes_per_row(),
            Self::Bytes(_) | Self::Uuid(_) => size_of::<u32>() as u64,
            Self::Wide(_) => size_of::<Option<i128>>() as u64,
        }
    }

    /// Bytes of memory of the distinct strings so far.
    pub(crate) fn text_bytes(&self) -> u64 {
        match self {
            Self::Plain(decoder) => decoder.text_bytes(),
            Self::Bytes(labels) | Self::Uuid(labels) => labels.text_bytes(),
            Self::Wide(_) => 0,
        }
    }

    /// The finished column.
    pub(crate) fn finish(self) -> Values {
        match self {
            Self::Plain(decoder) => decoder.finish(),
            Self::Bytes(labels) => Values::Text(as_text(labels.finish())),
            Self::Uuid(labels) => Values::Text(labels.finish()),
            Self::Wide(values) => {
                let fits = |value: &Option<i128>| value.is_none_or(|value| i64::try_from(value).is_ok());
                if values.iter().all(fits) {
                    let narrow =
                        values.into_iter().map(|value| value.and_then(|value| i64::try_from(value).ok()));
                    Values::I64(narrow.collect::<Array<i64>>())
                } else {
                    let texts: Vec<Option<String>> =
                        values.into_iter().map(|value| value.map(|value| value.to_string())).collect();
                    Values::Text(Labels::encode(texts.iter().map(Option::as_deref)))
                }
            }
        }
    }
}

fn each_bytes(array: &ArrayRef, mut push: impl FnMut(Option<&[u8]>)) {
    match array.data_type() {
        DataType::FixedSizeBinary(_) => array.as_fixed_size_binary().iter().for_each(&mut push),
        DataType::LargeBinary => array.as_binary::<i64>().iter().for_each(&mut push),
        DataType::BinaryView => array.as_binary_view().iter().for_each(&mut push),
        _ => array.as_binary::<i32>().iter().for_each(&mut push),
    }
}

fn hexadecimal(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// A UUID as it is written: five groups of hexadecimal digits.
fn uuid(bytes: &[u8]) -> String {
    let digits = hexadecimal(bytes);
    match digits.len() {
        32 => [&digits[..8], &digits[8..12], &digits[12..16], &digits[16..20], &digits[20..]].join("-"),
        _ => digits,
    }
}

/// Hexadecimal names as the UTF-8 text that they stand for, if all of them do.
fn as_text(labels: Labels) -> Labels {
    let decoded = |name: &String| {
        let byte = |at: usize| u8::from_str_radix(name.get(at..at + 2)?, 16).ok();
        let bytes: Option<Vec<u8>> = (0..name.len()).step_by(2).map(byte).collect();
        String::from_utf8(bytes?).ok()
    };
    let names: Option<Vec<String>> = labels.names.iter().map(decoded).collect();
    match names {
        Some(names) => Labels { names: names.into(), codes: labels.codes },
        None => labels,
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    fn labels(rows: &[Option<&[u8]>]) -> Vec<Option<String>> {
        let mut builder = LabelsBuilder::default();
        rows.iter().for_each(|row| builder.push(row.map(hexadecimal).as_deref()));
        as_text(builder.finish()).iter().map(|name| name.map(str::to_owned)).collect()
    }

    #[test]
    fn bytes_are_text_if_all_of_them_are() {
        let text = |names: [Option<&str>; 3]| names.map(|name| name.map(str::to_owned));
        assert_eq!(labels(&[Some(b"a"), None, Some("é".as_bytes())]), text([Some("a"), None, Some("é")]));
        assert_eq!(labels(&[Some(b"a"), None, Some(b"\xff\x01")]), text([Some("61"), None, Some("ff01")]));
        let id: Vec<u8> = (0..16).collect();
        assert_eq!(uuid(&id), "00010203-0405-0607-0809-0a0b0c0d0e0f");
    }
}
