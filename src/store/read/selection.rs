//! A file of whatever writer as columns, and those that are wanted of it.

use std::path::Path;
use std::sync::Arc;

use arrow_schema::{DataType, Field, Schema};
use parquet::arrow::{FieldLevels, ProjectionMask, parquet_to_arrow_field_levels, parquet_to_arrow_schema};
use parquet::file::metadata::ColumnChunkMetaData;

use crate::store::StoreError;
use crate::store::columns::from_arrow::Decoder;
use crate::store::untrusted::catch_panic::catch_panic;
use crate::store::untrusted::parquet_file::{Open, ParquetFile};
use crate::suggest::suggest;

/// A column that is wanted: its position in the schema, and what decodes it.
pub(crate) type Chosen = Vec<(usize, Decoder)>;

/// A file with its schema in Arrow's terms.
pub(crate) struct Source {
    pub(crate) file: ParquetFile,
    pub(crate) schema: Schema,
}

impl Source {
    pub(crate) fn open(path: &Path, open: Open) -> Result<Self, StoreError> {
        Self::of(ParquetFile::open(path, open)?)
    }

    pub(crate) fn of(file: ParquetFile) -> Result<Self, StoreError> {
        // The writer's own Arrow schema is not believed: the Parquet types say all that is needed. Strings are asked
        // for as dictionaries, so that repeated ones are neither copied nor compared.
        let plain = catch_panic(|| parquet_to_arrow_schema(file.schema(), None));
        let plain = plain.map_err(|why| file.damaged(why))?;
        let plain = plain.map_err(|e| file.damaged(format!("its schema cannot be: {e}")))?;
        let fields: Vec<Field> = plain.fields().iter().map(|f| as_dictionary(f)).collect();
        Ok(Self { schema: Schema::new(fields), file })
    }

    pub(crate) fn chunks(&self) -> impl Iterator<Item = &ColumnChunkMetaData> {
        self.file.metadata.row_groups().iter().flat_map(|group| group.columns())
    }

    /// What the decoder needs to know of some columns, and their leaves.
    pub(crate) fn levels(&self, roots: &[usize]) -> Result<(FieldLevels, Vec<usize>), StoreError> {
        let schema = self.file.schema();
        let mask = ProjectionMask::roots(schema, roots.iter().copied());
        let levels = catch_panic(|| parquet_to_arrow_field_levels(schema, mask, Some(self.schema.fields())));
        let levels = levels.map_err(|why| self.file.damaged(why))?;
        let levels = levels.map_err(|e| self.file.damaged(e.to_string()))?;
        let wanted = |leaf: &usize| roots.contains(&schema.get_column_root_idx(*leaf));
        Ok((levels, (0..schema.num_columns()).filter(wanted).collect()))
    }

    /// The position of a column.
    ///
    /// # Errors
    /// [`StoreError::UnknownColumn`] with the nearest name.
    pub(crate) fn position(&self, column: &str) -> Result<usize, StoreError> {
        let names = || self.schema.fields().iter().map(|f| f.name().as_str());
        names().position(|name| name == column).ok_or_else(|| StoreError::UnknownColumn {
            path: self.file.path.clone(),
            column: column.to_owned(),
            nearest: suggest(column, names()).map(str::to_owned),
            columns: names().map(str::to_owned).collect(),
        })
    }

    /// Finds the columns asked for; without names all that can be read, and the rest by name and type.
    pub(crate) fn choose(
        &self,
        columns: Option<&[&str]>,
    ) -> Result<(Chosen, Vec<(String, String)>), StoreError> {
        for column in columns.into_iter().flatten() {
            self.position(column)?;
        }
        let names: Vec<&str> = self.schema.fields().iter().map(|f| f.name().as_str()).collect();
        let (mut chosen, mut ignored): (Chosen, _) = (Vec::new(), Vec::new());
        for (root, field) in self.schema.fields().iter().enumerate() {
            let named = columns.is_some_and(|c| c.contains(&field.name().as_str()));
            if columns.is_some() && !named {
                continue;
            }
            let column = || field.name().clone();
            match Decoder::new(field) {
                Some(_) if names[..root].contains(&field.name().as_str()) => {
                    return Err(StoreError::DuplicateColumn {
                        path: self.file.path.clone(),
                        column: column(),
                    });
                }
                Some(decoder) => chosen.push((root, decoder)),
                None if named => {
                    return Err(StoreError::Unsupported {
                        path: self.file.path.clone(),
                        column: column(),
                        type_name: type_name(field),
                    });
                }
                None => ignored.push((column(), type_name(field))),
            }
        }
        Ok((chosen, ignored))
    }

    /// The metadata that the writer left with each field of its own schema; nothing if that cannot be read.
    pub(crate) fn noted(&self) -> Arc<Schema> {
        let file = self.file.metadata.file_metadata();
        let schema = catch_panic(|| parquet_to_arrow_schema(file.schema_descr(), file.key_value_metadata()));
        Arc::new(schema.ok().and_then(Result::ok).unwrap_or_else(Schema::empty))
    }
}

/// What this crate's writer left with a column under a key.
pub(crate) fn field_metadata(noted: &Schema, root: usize, key: &str) -> Option<String> {
    noted.fields().get(root)?.metadata().get(key).cloned()
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
pub(crate) fn type_name(field: &Field) -> String {
    match field.data_type() {
        DataType::Dictionary(_, value) => value.to_string(),
        other => other.to_string(),
    }
}
