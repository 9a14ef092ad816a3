//! Columns that are read only if they are named: fields of structs, bytes, UUIDs and integers wider than 64 bits.
//!
//! They serve as entities of events. Without names they are listed as ignored: bytes may be images, and structs hold
//! anything.

use std::sync::Arc;

use arrow_schema::{DataType, Field};
use parquet::arrow::{
    FieldLevels, ProjectionMask, parquet_to_arrow_field_levels, parquet_to_arrow_schema_by_columns,
};
use parquet::basic::LogicalType;

use crate::store::StoreError;
use crate::store::columns::from_arrow::Decoder;
use crate::store::columns::special::{Builder, Kind, innermost};
use crate::store::read::row_group_batches::RowGroupReader;
use crate::store::read::selection::TableSource;
use crate::store::untrusted::catch_panic::catch_panic;
use crate::store::untrusted::memory_budget::MemoryBudget;
use crate::table::Values;

/// Maximum rows that are decoded at once.
const BATCH_ROWS: u64 = 10_000;
/// Bytes of memory of a row of any of these columns.
const ROW_BYTES: u64 = 32;
/// Length of a UUID, bytes.
const UUID_BYTES: i32 = 16;

/// A column that is read only if it is named.
pub(crate) struct SpecialColumn {
    leaf: usize,
    kind: Kind,
}

impl TableSource {
    /// The special column called `name`: a field of structs by its dotted name, or a column of bytes or wide integers.
    /// `None` if it is none.
    pub(crate) fn special(&self, name: &str) -> Result<Option<SpecialColumn>, StoreError> {
        let schema = self.file.schema();
        let leaf = (0..schema.num_columns()).find(|&leaf| {
            let column = schema.column(leaf);
            column.max_rep_level() == 0 && column.path().parts().join(".") == name
        });
        let Some(leaf) = leaf else { return Ok(None) };
        let column = schema.column(leaf);
        let field = self.leaf_field(leaf)?;
        let is_uuid = column.type_length() == UUID_BYTES
            && matches!(column.logical_type_ref(), Some(LogicalType::Uuid));
        let kind = match field.data_type() {
            DataType::FixedSizeBinary(_) if is_uuid => Kind::Uuid,
            DataType::Binary
            | DataType::LargeBinary
            | DataType::BinaryView
            | DataType::FixedSizeBinary(_) => Kind::Bytes,
            DataType::Decimal128(precision, 0) if *precision > 18 => Kind::Wide,
            _ if Decoder::new(&field).is_some() && column.path().parts().len() > 1 => Kind::Plain(field),
            _ => return Ok(None),
        };
        Ok(Some(SpecialColumn { leaf, kind }))
    }

    /// The Arrow field of a leaf column, nullable.
    fn leaf_field(&self, leaf: usize) -> Result<Field, StoreError> {
        let schema = self.file.schema();
        let mask = ProjectionMask::leaves(schema, [leaf]);
        let plain = catch_panic(|| parquet_to_arrow_schema_by_columns(schema, mask, None));
        let plain = plain.map_err(|why| self.file.damaged(why))?;
        let plain = plain.map_err(|e| self.file.damaged(e.to_string()))?;
        let mut field = plain.fields().first().cloned();
        while let Some(DataType::Struct(fields)) = field.as_ref().map(|field| field.data_type().clone()) {
            field = fields.first().cloned();
        }
        let field = field.ok_or_else(|| self.file.damaged("a column of it has no type".to_owned()))?;
        Ok(field.as_ref().clone().with_nullable(true))
    }

    /// The leaf column as the decoder takes it.
    fn leaf_levels(&self, leaf: usize) -> Result<FieldLevels, StoreError> {
        let schema = self.file.schema();
        let mask = ProjectionMask::leaves(schema, [leaf]);
        let levels = catch_panic(|| parquet_to_arrow_field_levels(schema, mask, None));
        let levels = levels.map_err(|why| self.file.damaged(why))?;
        levels.map_err(|e| self.file.damaged(e.to_string()))
    }

    /// The values of a special column.
    pub(crate) fn read_special(
        &self,
        column: &SpecialColumn,
        budget: &Arc<MemoryBudget>,
    ) -> Result<Values, StoreError> {
        let needs = self.file.rows.saturating_mul(ROW_BYTES);
        if budget.resize(0, needs).is_err() {
            return Err(StoreError::Memory { path: self.file.path.clone(), needs, limit: budget.limit() });
        }
        let levels = self.leaf_levels(column.leaf)?;
        let leaves = [column.leaf];
        let reader = RowGroupReader {
            file: &self.file,
            levels: &levels,
            leaves: &leaves,
            budget,
            batch_rows: BATCH_ROWS,
        };
        let mut builder = Builder::new(&column.kind)
            .ok_or_else(|| self.file.damaged("a column of it has no type that can be read".to_owned()))?;
        let (mut first_row, mut text_bytes) = (0u64, 0);
        for group in 0..self.file.metadata.num_row_groups() {
            if self.file.metadata.row_group(group).num_rows() == 0 {
                continue;
            }
            let mut batches = reader.batches(group, None)?;
            while let Some(batch) = batches.next(&self.file)? {
                let array = innermost(batch.column(0)).map_err(|why| self.file.damaged(why))?;
                let appended =
                    catch_panic(|| builder.append(&array)).map_err(|why| self.file.damaged(why))?;
                appended.map_err(|why| self.file.damaged(why))?;
                first_row += batch.num_rows() as u64;
                budget.resize(text_bytes, builder.text_bytes()).map_err(|error| {
                    let text = budget.record(error);
                    budget.store_error(&self.file.path, text)
                })?;
                text_bytes = builder.text_bytes();
            }
        }
        if first_row != self.file.rows {
            return Err(self
                .file
                .damaged(format!("a column holds {first_row} rows instead of {}", self.file.rows)));
        }
        Ok(builder.finish())
    }
}
