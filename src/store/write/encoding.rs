//! Which encoding each column gets: tried on a sample of the first row group, and recorded in the file.

use std::collections::HashSet;
use std::ops::Range;

use arrow_array::{ArrayRef, RecordBatch};
use arrow_schema::Schema;
use parquet::arrow::ArrowWriter;
use parquet::basic::{self, Compression, ZstdLevel};
use parquet::errors::ParquetError;
use parquet::file::properties::{EnabledStatistics, WriterProperties, WriterPropertiesBuilder};
use parquet::schema::types::ColumnPath;
use rayon::prelude::*;

use crate::store::config::{Encodings, StoreConfig};
use crate::table::{Column, MISSING, Values};

/// Key of the file's metadata that holds the choice: a JSON object of column names and encodings.
pub(crate) const KEY: &str = "ironforge.encodings";
/// Most rows of a sample.
const SAMPLE_ROWS: usize = 4096;
/// Fewest rows that say something; below, the type decides.
const FEWEST_ROWS: usize = 512;
/// A dictionary of numbers is tried where a value stands in so many rows on the average; one of strings in two.
const REPEATS: usize = 4;
/// Fewest bytes at which a dictionary of numbers may be given up for plain values.
const LEAST_DICTIONARY: usize = 1 << 10;

/// How the values of a column are laid out before compression.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Encoding {
    Plain,
    Dictionary,
    DeltaBinaryPacked,
    ByteStreamSplit,
    DeltaLengthByteArray,
    DeltaByteArray,
}

impl Encoding {
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Plain => "plain",
            Self::Dictionary => "dictionary",
            Self::DeltaBinaryPacked => "delta_binary_packed",
            Self::ByteStreamSplit => "byte_stream_split",
            Self::DeltaLengthByteArray => "delta_length_byte_array",
            Self::DeltaByteArray => "delta_byte_array",
        }
    }

    /// What a byte of the sample counts: something dearer to write or read must save more than noise.
    fn weight(self) -> f64 {
        match self {
            Self::Plain => 1.0,
            Self::Dictionary => 1.05,
            _ => 1.02,
        }
    }
}

/// The encoding of each column, from the first rows of the first row group: `sample` gives them as arrays.
///
/// # Errors
/// The library fails on the sample.
pub(crate) fn choose(
    columns: &[Column],
    rows: Range<usize>,
    schema: &Schema,
    config: &StoreConfig,
    sample: impl Fn(usize, Range<usize>) -> ArrayRef + Sync,
) -> Result<Vec<Encoding>, ParquetError> {
    let rows = rows.start..rows.end.min(rows.start + SAMPLE_ROWS);
    let one = |(i, column): (usize, &Column)| {
        let tried = candidates(column, rows.clone(), config);
        if tried.len() == 1 {
            return Ok(tried[0]);
        }
        let schema = Schema::new(vec![schema.field(i).clone()]);
        let batch = RecordBatch::try_from_iter([(column.name.as_str(), sample(i, rows.clone()))])?;
        let (mut least, mut best) = (f64::INFINITY, tried[0]);
        for encoding in tried {
            let properties = set(builder(config)?, &schema, &[encoding], usize::MAX)
                .set_statistics_enabled(EnabledStatistics::None)
                .build();
            let mut writer = ArrowWriter::try_new(std::io::sink(), batch.schema(), Some(properties))?;
            writer.write(&batch)?;
            let file = writer.close()?;
            let size: i64 =
                file.row_groups().iter().flat_map(|g| g.columns()).map(|c| c.compressed_size()).sum();
            let size = size as f64 * encoding.weight();
            if size < least {
                (least, best) = (size, encoding);
            }
        }
        Ok(best)
    };
    columns.par_iter().enumerate().map(one).collect()
}

/// What may suit a column; the first is what its type suggests.
fn candidates(column: &Column, rows: Range<usize>, config: &StoreConfig) -> Vec<Encoding> {
    use Encoding::{
        ByteStreamSplit, DeltaBinaryPacked, DeltaByteArray, DeltaLengthByteArray, Dictionary, Plain,
    };
    if config.dictionary.contains(&column.name) && !matches!(column.values, Values::Bool(_)) {
        return vec![Dictionary];
    }
    let distinct = distinct(&column.values, rows.clone());
    let repeats = |times: usize| distinct.saturating_mul(times) <= rows.len();
    let few = rows.len() < FEWEST_ROWS;
    let all = config.encodings == Encodings::Measured;
    let mut candidates = match &column.values {
        Values::Bool(_) => vec![Plain],
        Values::Text(_) if repeats(2) || few => vec![Dictionary],
        Values::Text(_) if all => vec![DeltaLengthByteArray, DeltaByteArray, Plain],
        Values::Text(_) => vec![Plain],
        Values::F32(_) | Values::F64(_) if all => {
            vec![Plain, ByteStreamSplit]
        }
        Values::F32(_) | Values::F64(_) => vec![Plain],
        // Ids, positions and times are nearly sorted: their differences are small.
        _ => vec![DeltaBinaryPacked, Plain],
    };
    if few {
        candidates.truncate(1);
    } else if repeats(REPEATS) && !matches!(column.values, Values::Bool(_) | Values::Text(_)) {
        candidates.push(Dictionary);
    }
    candidates
}

/// Number of different values, missing ones apart.
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

/// Properties without any column's encoding.
///
/// # Errors
/// The library knows no such compression level.
pub(crate) fn builder(config: &StoreConfig) -> Result<WriterPropertiesBuilder, ParquetError> {
    let level = ZstdLevel::try_new(config.compression_level)?;
    Ok(WriterProperties::builder().set_compression(Compression::ZSTD(level)).set_dictionary_enabled(false))
}

/// Sets the encoding of each column, for groups of at most so many rows.
pub(crate) fn set(
    mut builder: WriterPropertiesBuilder,
    schema: &Schema,
    encodings: &[Encoding],
    group_rows: usize,
) -> WriterPropertiesBuilder {
    for (field, encoding) in schema.fields().iter().zip(encodings) {
        let path = ColumnPath::new(vec![field.name().clone()]);
        let library = match encoding {
            Encoding::Plain => continue,
            Encoding::Dictionary => {
                // Where the sample misled, a dictionary larger than half of its values is given up.
                if let Some(width) = field.data_type().primitive_width() {
                    let most = group_rows.saturating_mul(width.max(4)) / 2;
                    let most = most.clamp(LEAST_DICTIONARY, 1 << 20);
                    builder = builder.set_column_dictionary_page_size_limit(path.clone(), most);
                }
                builder = builder.set_column_dictionary_enabled(path, true);
                continue;
            }
            Encoding::DeltaBinaryPacked => basic::Encoding::DELTA_BINARY_PACKED,
            Encoding::ByteStreamSplit => basic::Encoding::BYTE_STREAM_SPLIT,
            Encoding::DeltaLengthByteArray => basic::Encoding::DELTA_LENGTH_BYTE_ARRAY,
            Encoding::DeltaByteArray => basic::Encoding::DELTA_BYTE_ARRAY,
        };
        builder = builder.set_column_encoding(path, library);
    }
    builder
}

/// The choice as the file records it.
pub(crate) fn record(columns: &[Column], encodings: &[Encoding]) -> String {
    let chosen = columns.iter().zip(encodings).map(|(c, e)| (c.name.clone(), e.name().into()));
    serde_json::Value::Object(chosen.collect()).to_string()
}
