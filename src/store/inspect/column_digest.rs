//! Digest of a leaf column: every page is decoded, for flat and nested columns alike.

use std::sync::Arc;

use parquet::column::reader::{ColumnReader, ColumnReaderImpl, get_column_reader};
use parquet::data_type::DataType;

use crate::store::StoreError;
use crate::store::inspect::value_digest::ValueDigest;
use crate::store::untrusted::catch_panic::catch_panic;
use crate::store::untrusted::memory_budget::MemoryBudget;
use crate::store::untrusted::parquet_file::ParquetFile;

/// Maximum records that are decoded at once.
const BATCH_RECORDS: usize = 4096;
/// Memory of a decoded value and its levels in addition to its bytes, bytes.
const VALUE_OVERHEAD_BYTES: u64 = 48;

/// Counts and digest of the values of a leaf column.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct ColumnDigest {
    /// Number of values that are not null.
    pub(crate) values: u64,
    /// Number of nulls; in a list also the levels of empty and null lists.
    pub(crate) nulls: u64,
    /// 64 hexadecimal digits.
    pub(crate) sha256: String,
}

/// Decodes every page of a leaf column and digests its values.
///
/// # Errors
/// [`StoreError::Damaged`], [`StoreError::Feature`], [`StoreError::Memory`] above the limit of the budget.
pub(crate) fn digest_column(
    file: &ParquetFile,
    leaf: usize,
    budget: &Arc<MemoryBudget>,
) -> Result<ColumnDigest, StoreError> {
    let descriptor = file.schema().column(leaf);
    let mut digest = ValueDigest::new(&descriptor);
    let (mut values, mut levels) = (0u64, 0u64);
    for (g, group) in file.metadata.row_groups().iter().enumerate().filter(|(_, group)| group.num_rows() > 0)
    {
        let work = || -> Result<RecordCounts, String> {
            let mut pages = file.page_reader(g, leaf, budget).map_err(|error| budget.record(error))?;
            pages.set_batch(BATCH_RECORDS as u64, VALUE_OVERHEAD_BYTES, true);
            let reader = get_column_reader(Arc::clone(&descriptor), Box::new(pages));
            read_chunk(reader, budget, &mut digest)
        };
        let counts =
            catch_panic(work).and_then(|counts| counts).map_err(|why| budget.store_error(&file.path, why))?;
        let column = || format!("column {} of row group {g}", descriptor.path());
        let (rows, declared) =
            (group.num_rows().unsigned_abs(), group.column(leaf).num_values().unsigned_abs());
        if counts.records != rows {
            return Err(file.damaged(format!(
                "{} holds {} rows instead of {rows}",
                column(),
                counts.records
            )));
        }
        if counts.levels != declared {
            let why = format!("{} holds {} values instead of {declared}", column(), counts.levels);
            return Err(file.damaged(why));
        }
        values += counts.values;
        levels += counts.levels;
    }
    Ok(ColumnDigest { values, nulls: levels - values, sha256: digest.finish() })
}

/// Numbers of records, values and levels of a column chunk.
#[derive(Default)]
struct RecordCounts {
    records: u64,
    values: u64,
    levels: u64,
}

fn read_chunk(
    reader: ColumnReader,
    budget: &MemoryBudget,
    digest: &mut ValueDigest,
) -> Result<RecordCounts, String> {
    match reader {
        ColumnReader::BoolColumnReader(r) => for_each_value(r, budget, |&v| {
            digest.boolean(v);
            Ok(())
        }),
        ColumnReader::Int32ColumnReader(r) => for_each_value(r, budget, |&v| {
            digest.integer(v.into());
            Ok(())
        }),
        ColumnReader::Int64ColumnReader(r) => for_each_value(r, budget, |&v| {
            digest.integer(v);
            Ok(())
        }),
        ColumnReader::Int96ColumnReader(r) => for_each_value(r, budget, |v| {
            digest.int96(v.data());
            Ok(())
        }),
        ColumnReader::FloatColumnReader(r) => for_each_value(r, budget, |&v| {
            digest.float(v.into());
            Ok(())
        }),
        ColumnReader::DoubleColumnReader(r) => for_each_value(r, budget, |&v| {
            digest.float(v);
            Ok(())
        }),
        ColumnReader::ByteArrayColumnReader(r) => for_each_value(r, budget, |v| digest.bytes(v.data())),
        ColumnReader::FixedLenByteArrayColumnReader(r) => {
            for_each_value(r, budget, |v| digest.bytes(v.data()))
        }
    }
}

fn for_each_value<T: DataType>(
    mut reader: ColumnReaderImpl<T>,
    budget: &MemoryBudget,
    mut digest_value: impl FnMut(&T::T) -> Result<(), String>,
) -> Result<RecordCounts, String> {
    let (mut def, mut rep, mut values) = (Vec::new(), Vec::new(), Vec::new());
    let mut counts = RecordCounts::default();
    loop {
        def.clear();
        rep.clear();
        values.clear();
        budget.begin_batch();
        let read = reader.read_records(BATCH_RECORDS, Some(&mut def), Some(&mut rep), &mut values);
        let (records, value_count, level_count) = read.map_err(|e| e.to_string())?;
        if level_count == 0 && records == 0 {
            return Ok(counts);
        }
        counts.records += records as u64;
        counts.values += value_count as u64;
        counts.levels += level_count as u64;
        values.iter().try_for_each(&mut digest_value)?;
    }
}
