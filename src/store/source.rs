//! A file of whatever writer, with its footer checked, and the columns that are wanted of it.

use std::fs::File;
use std::path::Path;
use std::sync::Arc;

use arrow_schema::{DataType, Field, Schema};
use parquet::arrow::arrow_reader::{ArrowReaderMetadata, ArrowReaderOptions};
use parquet::arrow::parquet_to_arrow_schema;
use parquet::file::metadata::{ColumnChunkMetaData, ParquetMetaData, ParquetStatisticsPolicy};

use super::decode::Decoder;
use super::shield::shield;
use super::{StoreError, check};
use crate::nearest::nearest;

/// Columns in the file's order: their position in the schema, and what decodes them.
pub(super) type Chosen = Vec<(usize, Decoder)>;

/// A file whose footer has been checked.
pub(super) struct Source<'a> {
    pub(super) path: &'a Path,
    pub(super) file: File,
    pub(super) arrow: ArrowReaderMetadata,
    pub(super) schema: Schema,
    pub(super) rows: u64,
}

impl<'a> Source<'a> {
    pub(super) fn open(path: &'a Path) -> Result<Self, StoreError> {
        let shell = check::open(path)?;
        let load = || {
            // The writer's own Arrow schema is not believed: the Parquet types say all that is needed. Strings
            // are asked for as dictionaries, so that repeated ones are neither copied nor compared.
            let options = || {
                ArrowReaderOptions::new()
                    .with_skip_arrow_metadata(true)
                    .with_column_stats_policy(ParquetStatisticsPolicy::SkipAll)
                    .with_size_stats_policy(ParquetStatisticsPolicy::SkipAll)
            };
            let plain = ArrowReaderMetadata::load(&shell.file, options())?;
            let fields: Vec<Field> = plain.schema().fields().iter().map(|f| as_dictionary(f)).collect();
            let schema = Arc::new(Schema::new(fields));
            ArrowReaderMetadata::try_new(Arc::clone(plain.metadata()), options().with_schema(schema))
        };
        let arrow = match shield(load) {
            Ok(Ok(arrow)) => arrow,
            Ok(Err(e)) => return Err(StoreError::Damaged { path: path.to_owned(), why: e.to_string() }),
            Err(why) => return Err(StoreError::Damaged { path: path.to_owned(), why }),
        };
        let rows = check::metadata(path, arrow.metadata(), shell.data_end)?;
        let schema = arrow.schema().as_ref().clone();
        Ok(Self { path, file: shell.file, arrow, schema, rows })
    }

    pub(super) fn metadata(&self) -> &ParquetMetaData {
        self.arrow.metadata()
    }

    pub(super) fn chunks(&self) -> impl Iterator<Item = &ColumnChunkMetaData> {
        self.metadata().row_groups().iter().flat_map(|group| group.columns())
    }

    /// Finds the columns asked for; without names all that can be read, and the rest by name and type.
    pub(super) fn choose(
        &self,
        columns: Option<&[&str]>,
    ) -> Result<(Chosen, Vec<(String, String)>), StoreError> {
        let names: Vec<&str> = self.schema.fields().iter().map(|f| f.name().as_str()).collect();
        let unknown = columns.and_then(|c| c.iter().find(|name| !names.contains(name)));
        if let Some(&column) = unknown {
            return Err(StoreError::UnknownColumn {
                path: self.path.to_owned(),
                column: column.to_owned(),
                nearest: nearest(column, names.iter().copied()).map(str::to_owned),
                columns: names.into_iter().map(str::to_owned).collect(),
            });
        }
        let (mut chosen, mut ignored): (Chosen, _) = (Vec::new(), Vec::new());
        for (root, field) in self.schema.fields().iter().enumerate() {
            let named = columns.is_some_and(|c| c.contains(&field.name().as_str()));
            if columns.is_some() && !named {
                continue;
            }
            let column = || field.name().clone();
            match Decoder::new(field) {
                Some(_) if names[..root].contains(&field.name().as_str()) => {
                    return Err(StoreError::DuplicateColumn { path: self.path.to_owned(), column: column() });
                }
                Some(decoder) => chosen.push((root, decoder)),
                None if named => {
                    return Err(StoreError::Unsupported {
                        path: self.path.to_owned(),
                        column: column(),
                        type_name: type_name(field),
                    });
                }
                None => ignored.push((column(), type_name(field))),
            }
        }
        Ok((chosen, ignored))
    }

    /// What this crate's writer noted on a column under a key; nothing if the writer's schema cannot be read.
    pub(super) fn noted(&self, root: usize, key: &str) -> Option<String> {
        let file = self.metadata().file_metadata();
        let schema = shield(|| parquet_to_arrow_schema(file.schema_descr(), file.key_value_metadata()));
        let schema = schema.ok().and_then(Result::ok);
        schema.as_ref()?.fields().get(root)?.metadata().get(key).cloned()
    }
}

fn as_dictionary(field: &Field) -> Field {
    match field.data_type() {
        DataType::Utf8 => {
            let kind = DataType::Dictionary(Box::new(DataType::Int32), Box::new(DataType::Utf8));
            field.clone().with_data_type(kind)
        }
        _ => field.clone(),
    }
}

/// A field's type as messages print it.
pub(super) fn type_name(field: &Field) -> String {
    match field.data_type() {
        DataType::Dictionary(_, value) => value.to_string(),
        other => other.to_string(),
    }
}
