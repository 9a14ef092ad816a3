//! The encoding of each column: chosen on a sample of the first row group, and recorded in the file.

use std::collections::HashSet;
use std::ops::Range;

use arrow_array::{ArrayRef, RecordBatch};
use arrow_schema::Schema;
use parquet::arrow::ArrowWriter;
use parquet::basic::{self, Compression, ZstdLevel};
use parquet::errors::ParquetError;
use parquet::file::metadata::KeyValue;
use parquet::file::properties::{EnabledStatistics, WriterProperties, WriterPropertiesBuilder};
use parquet::schema::types::ColumnPath;
use rayon::prelude::*;

use crate::store::config::{EncodingPolicy, StoreConfig};
use crate::table::{Column, MISSING, Values};

/// Key of the file's metadata that records the encodings: a JSON object of column names and encoding names.
const KEY: &str = "ironforge.encodings";
/// Maximum rows of a sample.
const SAMPLE_ROWS: usize = 4096;
/// Minimum rows of a sample: with fewer, the type alone decides.
const MIN_SAMPLE_ROWS: usize = 512;
/// A dictionary of numbers is tried if each distinct value occurs in at least this many rows on average.
const NUMBER_REPEATS: usize = 4;
/// A dictionary of strings is chosen if each distinct value occurs in at least this many rows on average.
const TEXT_REPEATS: usize = 2;
/// Lower bound of the size limit of a number dictionary, bytes.
const MIN_DICTIONARY_BYTES: usize = 1 << 10;
/// Upper bound of that limit, bytes.
const MAX_DICTIONARY_BYTES: usize = 1 << 20;

/// Encoding of a column, before compression.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum ColumnEncoding {
    Plain,
    Dictionary,
    DeltaBinaryPacked,
    ByteStreamSplit,
    DeltaLengthByteArray,
    DeltaByteArray,
}

impl ColumnEncoding {
    /// Name of the encoding, as the file records it.
    fn name(self) -> &'static str {
        match self {
            Self::Plain => "plain",
            Self::Dictionary => "dictionary",
            Self::DeltaBinaryPacked => "delta_binary_packed",
            Self::ByteStreamSplit => "byte_stream_split",
            Self::DeltaLengthByteArray => "delta_length_byte_array",
            Self::DeltaByteArray => "delta_byte_array",
        }
    }

    /// Factor of the encoded size in the choice: an encoding that is slower to write or read must save 2 %
    /// (dictionary: 5 %), not just noise.
    fn weight(self) -> f64 {
        match self {
            Self::Plain => 1.0,
            Self::Dictionary => 1.05,
            _ => 1.02,
        }
    }
}

/// Chooses the encoding of each column: the one that makes a sample, the first of the rows `rows`, smallest.
///
/// `sample` gives rows of a column as an array.
///
/// # Errors
/// Those of the `parquet` crate on the sample.
pub(crate) fn choose(
    columns: &[Column],
    rows: Range<usize>,
    schema: &Schema,
    config: &StoreConfig,
    sample: impl Fn(usize, Range<usize>) -> ArrayRef + Sync,
) -> Result<Vec<ColumnEncoding>, ParquetError> {
    let rows = rows.start..rows.end.min(rows.start + SAMPLE_ROWS);
    let choose_one = |(i, column): (usize, &Column)| {
        let candidates = candidates(column, rows.clone(), config);
        if candidates.len() == 1 {
            return Ok(candidates[0]);
        }
        let schema = Schema::new(vec![schema.field(i).clone()]);
        let batch = RecordBatch::try_from_iter([(column.name.as_str(), sample(i, rows.clone()))])?;
        let (mut best_size, mut best) = (f64::INFINITY, candidates[0]);
        for encoding in candidates {
            let builder = properties_builder(config.compression_level)?;
            let properties = set_encodings(builder, &schema, &[encoding], usize::MAX)
                .set_statistics_enabled(EnabledStatistics::None)
                .build();
            let mut writer = ArrowWriter::try_new(std::io::sink(), batch.schema(), Some(properties))?;
            writer.write(&batch)?;
            let file = writer.close()?;
            let size: i64 =
                file.row_groups().iter().flat_map(|g| g.columns()).map(|c| c.compressed_size()).sum();
            let size = size as f64 * encoding.weight();
            if size < best_size {
                (best_size, best) = (size, encoding);
            }
        }
        Ok(best)
    };
    columns.par_iter().enumerate().map(choose_one).collect()
}

/// The encodings to try on a column; the first is the default of its type.
fn candidates(column: &Column, rows: Range<usize>, config: &StoreConfig) -> Vec<ColumnEncoding> {
    use ColumnEncoding::{
        ByteStreamSplit, DeltaBinaryPacked, DeltaByteArray, DeltaLengthByteArray, Dictionary, Plain,
    };
    if config.dictionary.contains(&column.name) && !matches!(column.values, Values::Bool(_)) {
        return vec![Dictionary];
    }
    let distinct = distinct(&column.values, rows.clone());
    let repeats = |times: usize| distinct.saturating_mul(times) <= rows.len();
    let too_few = rows.len() < MIN_SAMPLE_ROWS;
    let measured = config.encodings == EncodingPolicy::Measured;
    let mut candidates = match &column.values {
        Values::Bool(_) => vec![Plain],
        Values::Text(_) if repeats(TEXT_REPEATS) || too_few => vec![Dictionary],
        Values::Text(_) if measured => vec![DeltaLengthByteArray, DeltaByteArray, Plain],
        Values::Text(_) => vec![Plain],
        Values::F32(_) | Values::F64(_) if measured => vec![Plain, ByteStreamSplit],
        Values::F32(_) | Values::F64(_) => vec![Plain],
        // Ids, indices and times are nearly sorted: their differences are small.
        _ => vec![DeltaBinaryPacked, Plain],
    };
    if too_few {
        candidates.truncate(1);
    } else if repeats(NUMBER_REPEATS) && !matches!(column.values, Values::Bool(_) | Values::Text(_)) {
        candidates.push(Dictionary);
    }
    candidates
}

/// Number of distinct values, without missing ones.
fn distinct(values: &Values, rows: Range<usize>) -> usize {
    fn count(values: impl Iterator<Item = u64>) -> usize {
        values.collect::<HashSet<u64>>().len()
    }
    match &values.slice(rows) {
        Values::U32(array) => count(array.present().map(u64::from)),
        Values::U64(array) => count(array.present()),
        Values::I64(array) | Values::Time { values: array, .. } => count(array.present().map(|v| v as u64)),
        Values::F32(array) => count(array.present().map(|v| v.to_bits().into())),
        Values::F64(array) => count(array.present().map(f64::to_bits)),
        Values::Bool(array) => count(array.present().map(u64::from)),
        Values::Text(labels) => {
            count(labels.codes.iter().filter(|&&code| code != MISSING).map(|&code| code.into()))
        }
    }
}

/// Writer properties with the compression; the encodings of the columns are set by [`set_encodings`].
///
/// # Errors
/// The `parquet` crate does not accept the compression level.
pub(crate) fn properties_builder(compression_level: i32) -> Result<WriterPropertiesBuilder, ParquetError> {
    let level = ZstdLevel::try_new(compression_level)?;
    Ok(WriterProperties::builder().set_compression(Compression::ZSTD(level)).set_dictionary_enabled(false))
}

/// Sets the encoding of each column, for row groups of at most `group_rows` rows.
pub(crate) fn set_encodings(
    mut builder: WriterPropertiesBuilder,
    schema: &Schema,
    encodings: &[ColumnEncoding],
    group_rows: usize,
) -> WriterPropertiesBuilder {
    for (field, encoding) in schema.fields().iter().zip(encodings) {
        let path = ColumnPath::new(vec![field.name().clone()]);
        let encoding = match encoding {
            ColumnEncoding::Plain => continue,
            ColumnEncoding::Dictionary => {
                // The sample may not be representative: a dictionary larger than half of the plain values is
                // abandoned.
                if let Some(width) = field.data_type().primitive_width() {
                    let limit_bytes = group_rows.saturating_mul(width.max(4)) / 2;
                    let limit_bytes = limit_bytes.clamp(MIN_DICTIONARY_BYTES, MAX_DICTIONARY_BYTES);
                    builder = builder.set_column_dictionary_page_size_limit(path.clone(), limit_bytes);
                }
                builder = builder.set_column_dictionary_enabled(path, true);
                continue;
            }
            ColumnEncoding::DeltaBinaryPacked => basic::Encoding::DELTA_BINARY_PACKED,
            ColumnEncoding::ByteStreamSplit => basic::Encoding::BYTE_STREAM_SPLIT,
            ColumnEncoding::DeltaLengthByteArray => basic::Encoding::DELTA_LENGTH_BYTE_ARRAY,
            ColumnEncoding::DeltaByteArray => basic::Encoding::DELTA_BYTE_ARRAY,
        };
        builder = builder.set_column_encoding(path, encoding);
    }
    builder
}

/// The entry of the file's metadata that records the encodings.
pub(crate) fn metadata_entry(columns: &[Column], encodings: &[ColumnEncoding]) -> KeyValue {
    let names = columns.iter().zip(encodings).map(|(c, e)| (c.name.clone(), e.name().into()));
    KeyValue::new(KEY.to_owned(), serde_json::Value::Object(names.collect()).to_string())
}
