//! The unit of INT96 timestamps.
//!
//! An INT96 value holds a day and the nanoseconds of the day. As nanoseconds since 1970 it fits 64 bits from 1677 to
//! 2262 only, and the decoder wraps others around; as microseconds it fits from any year.

use std::sync::Arc;

use arrow_array::cast::AsArray;
use arrow_array::types::{TimestampMicrosecondType, TimestampNanosecondType};
use arrow_schema::{DataType, Field, Fields, TimeUnit};
use parquet::arrow::{ProjectionMask, parquet_to_arrow_field_levels};
use parquet::basic::Type;

use crate::store::StoreError;
use crate::store::read::row_group_batches::RowGroupReader;
use crate::store::read::selection::TableSource;
use crate::store::untrusted::catch_panic::catch_panic;
use crate::store::untrusted::memory_budget::MemoryBudget;

/// Maximum rows that are decoded at once.
const BATCH_ROWS: u64 = 10_000;

impl TableSource {
    /// Decodes the INT96 columns among `roots` from now on in microseconds if nanoseconds do not hold all their values.
    /// Reads these columns twice; others cost nothing.
    ///
    /// # Errors
    /// [`StoreError::OutOfRange`] for a column with times that only nanoseconds, and times that only microseconds hold.
    pub(crate) fn choose_int96_units(&mut self, roots: &[usize], limit: u64) -> Result<(), StoreError> {
        for &root in roots {
            let Some(leaf) = self.int96_leaf(root) else { continue };
            if self.needs_microseconds(root, leaf, limit)? {
                let mut fields: Vec<Field> =
                    self.schema.fields().iter().map(|f| f.as_ref().clone()).collect();
                fields[root] = fields[root].clone().with_data_type(MICROSECONDS);
                self.schema = arrow_schema::Schema::new(fields);
            }
        }
        Ok(())
    }

    /// The leaf of a column that is INT96.
    fn int96_leaf(&self, root: usize) -> Option<usize> {
        let schema = self.file.schema();
        if !matches!(self.schema.fields().get(root)?.data_type(), DataType::Timestamp(..)) {
            return None;
        }
        let leaf = (0..schema.num_columns()).find(|&leaf| schema.get_column_root_idx(leaf) == root)?;
        (schema.column(leaf).physical_type() == Type::INT96).then_some(leaf)
    }

    fn needs_microseconds(&self, root: usize, leaf: usize, limit: u64) -> Result<bool, StoreError> {
        let budget = Arc::new(MemoryBudget::new(limit));
        let levels = |kind: DataType| {
            let mut fields: Vec<Field> = self.schema.fields().iter().map(|f| f.as_ref().clone()).collect();
            fields[root] = fields[root].clone().with_data_type(kind);
            let mask = ProjectionMask::leaves(self.file.schema(), [leaf]);
            let levels = catch_panic(|| {
                parquet_to_arrow_field_levels(self.file.schema(), mask, Some(&Fields::from(fields)))
            });
            let levels = levels.map_err(|why| self.file.damaged(why))?;
            levels.map_err(|e| self.file.damaged(e.to_string()))
        };
        let (fine, coarse) = (levels(NANOSECONDS)?, levels(MICROSECONDS)?);
        let leaves = [leaf];
        let reader = |levels| RowGroupReader {
            file: &self.file,
            levels,
            leaves: &leaves,
            budget: &budget,
            batch_rows: BATCH_ROWS,
        };
        // The first row that only nanoseconds hold, and the first that only microseconds do.
        let (mut only_fine, mut only_coarse) = (None, None);
        let mut first_row = 0u64;
        for group in 0..self.file.metadata.num_row_groups() {
            let rows = self.file.metadata.row_group(group).num_rows();
            if rows == 0 {
                continue;
            }
            let nanoseconds = self.int96_values(reader(&fine), group, |array| {
                array.as_primitive::<TimestampNanosecondType>().iter().collect()
            })?;
            let microseconds = self.int96_values(reader(&coarse), group, |array| {
                array.as_primitive::<TimestampMicrosecondType>().iter().collect()
            })?;
            for (row, (ns, us)) in (first_row..).zip(nanoseconds.into_iter().zip(microseconds)) {
                let (Some(ns), Some(us)) = (ns, us) else { continue };
                if ns.div_euclid(1000) != us {
                    only_coarse.get_or_insert((row, us));
                } else if ns.rem_euclid(1000) != 0 {
                    only_fine.get_or_insert(row);
                }
            }
            first_row += rows.unsigned_abs();
        }
        match (only_fine, only_coarse) {
            (Some(_), Some((row, us))) => Err(StoreError::OutOfRange {
                path: self.file.path.clone(),
                column: self.schema.field(root).name().clone(),
                row,
                value: format!("{us} us since 1970, beyond nanoseconds, which other rows need"),
            }),
            (_, only_coarse) => Ok(only_coarse.is_some()),
        }
    }

    fn int96_values(
        &self,
        reader: RowGroupReader<'_>,
        group: usize,
        values: impl Fn(&dyn arrow_array::Array) -> Vec<Option<i64>>,
    ) -> Result<Vec<Option<i64>>, StoreError> {
        let mut batches = reader.batches(group, None)?;
        let mut all = Vec::new();
        while let Some(batch) = batches.next(&self.file)? {
            all.extend(values(batch.column(0).as_ref()));
        }
        Ok(all)
    }
}

const NANOSECONDS: DataType = DataType::Timestamp(TimeUnit::Nanosecond, None);
const MICROSECONDS: DataType = DataType::Timestamp(TimeUnit::Microsecond, None);
