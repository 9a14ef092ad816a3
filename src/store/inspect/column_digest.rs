//! A file leaf by leaf: every page decoded, whatever the nesting, and a digest of what was in them.

use std::sync::Arc;

use parquet::column::reader::{ColumnReader, ColumnReaderImpl, get_column_reader};
use parquet::data_type::DataType;

use crate::store::StoreError;
use crate::store::inspect::value_digest::Digest;
use crate::store::untrusted::catch_panic::catch_panic;
use crate::store::untrusted::memory_budget::MemoryBudget;
use crate::store::untrusted::parquet_file::ParquetFile;

/// Records that are decoded at once.
const BATCH: usize = 4096;
/// Bytes that a decoded value and its levels take beside its bytes.
const PER_VALUE: u64 = 48;

/// What all pages of a leaf hold.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Decoded {
    /// Values that are there.
    pub(crate) values: u64,
    /// Values that are missing; below lists also what an empty or missing list has in their place.
    pub(crate) nulls: u64,
    pub(crate) sha256: String,
}

/// Decodes every page of a leaf column.
///
/// # Errors
/// [`StoreError::Damaged`], [`StoreError::Feature`], [`StoreError::Memory`] above the limit of the budget.
pub(crate) fn decode(
    file: &ParquetFile,
    leaf: usize,
    budget: &Arc<MemoryBudget>,
) -> Result<Decoded, StoreError> {
    let descriptor = file.schema().column(leaf);
    let mut digest = Digest::new(&descriptor);
    let (mut values, mut levels) = (0u64, 0u64);
    for (g, group) in file.metadata.row_groups().iter().enumerate().filter(|(_, group)| group.num_rows() > 0)
    {
        let work = || -> Result<Counts, String> {
            let mut pages = file.pages(g, leaf, budget).map_err(|fault| budget.keep(fault))?;
            pages.set_batch(BATCH as u64, PER_VALUE, true);
            let reader = get_column_reader(Arc::clone(&descriptor), Box::new(pages));
            read(reader, budget, &mut digest)
        };
        let counts =
            catch_panic(work).and_then(|counts| counts).map_err(|why| budget.error(&file.path, why))?;
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
    Ok(Decoded { values, nulls: levels - values, sha256: digest.finish() })
}

#[derive(Default)]
struct Counts {
    records: u64,
    values: u64,
    levels: u64,
}

fn read(reader: ColumnReader, budget: &MemoryBudget, digest: &mut Digest) -> Result<Counts, String> {
    match reader {
        ColumnReader::BoolColumnReader(r) => each(r, budget, |&v| {
            digest.boolean(v);
            Ok(())
        }),
        ColumnReader::Int32ColumnReader(r) => each(r, budget, |&v| {
            digest.integer(v.into());
            Ok(())
        }),
        ColumnReader::Int64ColumnReader(r) => each(r, budget, |&v| {
            digest.integer(v);
            Ok(())
        }),
        ColumnReader::Int96ColumnReader(r) => each(r, budget, |v| {
            digest.int96(v.data());
            Ok(())
        }),
        ColumnReader::FloatColumnReader(r) => each(r, budget, |&v| {
            digest.float(v.into());
            Ok(())
        }),
        ColumnReader::DoubleColumnReader(r) => each(r, budget, |&v| {
            digest.float(v);
            Ok(())
        }),
        ColumnReader::ByteArrayColumnReader(r) => each(r, budget, |v| digest.bytes(v.data())),
        ColumnReader::FixedLenByteArrayColumnReader(r) => each(r, budget, |v| digest.bytes(v.data())),
    }
}

fn each<T: DataType>(
    mut reader: ColumnReaderImpl<T>,
    budget: &MemoryBudget,
    mut put: impl FnMut(&T::T) -> Result<(), String>,
) -> Result<Counts, String> {
    let (mut def, mut rep, mut values) = (Vec::new(), Vec::new(), Vec::new());
    let mut counts = Counts::default();
    loop {
        def.clear();
        rep.clear();
        values.clear();
        budget.next_batch();
        let read = reader.read_records(BATCH, Some(&mut def), Some(&mut rep), &mut values);
        let (records, value_count, level_count) = read.map_err(|e| e.to_string())?;
        if level_count == 0 && records == 0 {
            return Ok(counts);
        }
        counts.records += records as u64;
        counts.values += value_count as u64;
        counts.levels += level_count as u64;
        values.iter().try_for_each(&mut put)?;
    }
}
