//! A Parquet file as a source of tables: its columns in Arrow types, and the selection of the requested ones.

use std::collections::HashSet;
use std::path::Path;

use arrow_schema::{DataType, Field, Schema};
use parquet::arrow::{FieldLevels, ProjectionMask, parquet_to_arrow_field_levels, parquet_to_arrow_schema};
use parquet::file::metadata::ColumnChunkMetaData;

use crate::store::StoreError;
use crate::store::columns::from_arrow::Decoder;
use crate::store::untrusted::catch_panic::catch_panic;
use crate::store::untrusted::parquet_file::{OpenOptions, ParquetFile};
use crate::suggest::suggest;

/// The selected columns: position in the schema, and decoder.
pub(crate) type SelectedColumns = Vec<(usize, Decoder)>;

/// A Parquet file with its schema in Arrow types.
pub(crate) struct TableSource {
    pub(crate) file: ParquetFile,
    pub(crate) schema: Schema,
}

impl TableSource {
    pub(crate) fn open(path: &Path, options: OpenOptions) -> Result<Self, StoreError> {
        Self::new(ParquetFile::open(path, options)?)
    }

    pub(crate) fn new(file: ParquetFile) -> Result<Self, StoreError> {
        // The Arrow schema that the writer stored is not trusted: the Parquet types are sufficient. Strings are
        // decoded to dictionaries, so that repeated ones are neither copied nor compared.
        let plain = catch_panic(|| parquet_to_arrow_schema(file.schema(), None));
        let plain = plain.map_err(|why| file.damaged(why))?;
        let plain = plain.map_err(|e| file.damaged(format!("its schema is invalid: {e}")))?;
        let fields: Vec<Field> = plain.fields().iter().map(|f| as_dictionary(f)).collect();
        Ok(Self { schema: Schema::new(fields), file })
    }

    /// The column chunks of all row groups.
    pub(crate) fn column_chunks(&self) -> impl Iterator<Item = &ColumnChunkMetaData> {
        self.file.metadata.row_groups().iter().flat_map(|group| group.columns())
    }

    /// The Arrow fields of some columns as the decoder takes them, and the indices of their leaf columns.
    pub(crate) fn field_levels(&self, roots: &[usize]) -> Result<(FieldLevels, Vec<usize>), StoreError> {
        let schema = self.file.schema();
        let mask = ProjectionMask::roots(schema, roots.iter().copied());
        let levels = catch_panic(|| parquet_to_arrow_field_levels(schema, mask, Some(self.schema.fields())));
        let levels = levels.map_err(|why| self.file.damaged(why))?;
        let levels = levels.map_err(|e| self.file.damaged(e.to_string()))?;
        let selected = |leaf: &usize| roots.contains(&schema.get_column_root_idx(*leaf));
        Ok((levels, (0..schema.num_columns()).filter(selected).collect()))
    }

    /// Returns whether the column called `name` is read without being named.
    pub(crate) fn is_plain(&self, name: &str) -> bool {
        let field = self.schema.fields().iter().find(|field| field.name() == name);
        // Wide integers are read as floats then, which do not hold them.
        field.is_some_and(|field| {
            Decoder::new(field).is_some() && !matches!(field.data_type(), DataType::Decimal128(19.., 0))
        })
    }

    /// Position of a column in the schema.
    ///
    /// # Errors
    /// [`StoreError::UnknownColumn`], with the nearest name.
    pub(crate) fn position(&self, column: &str) -> Result<usize, StoreError> {
        let names = || self.schema.fields().iter().map(|f| f.name().as_str());
        names().position(|name| name == column).ok_or_else(|| StoreError::UnknownColumn {
            path: self.file.path.clone(),
            column: column.to_owned(),
            nearest: suggest(column, names()).map(str::to_owned),
            columns: names().map(str::to_owned).collect(),
        })
    }

    /// The named columns, in the order of the schema. Without names: all columns of a supported type, and name and
    /// type of the ignored others.
    ///
    /// # Errors
    /// [`StoreError::UnknownColumn`], [`StoreError::Unsupported`] for a named column,
    /// [`StoreError::DuplicateColumn`].
    pub(crate) fn select(
        &self,
        columns: Option<&[&str]>,
    ) -> Result<(SelectedColumns, Vec<(String, String)>), StoreError> {
        for column in columns.into_iter().flatten() {
            self.position(column)?;
        }
        let named: Option<HashSet<&str>> = columns.map(|columns| columns.iter().copied().collect());
        let mut before: HashSet<&str> = HashSet::with_capacity(self.schema.fields().len());
        let (mut selected, mut ignored): (SelectedColumns, _) = (Vec::new(), Vec::new());
        for (root, field) in self.schema.fields().iter().enumerate() {
            let is_named = named.as_ref().is_some_and(|named| named.contains(field.name().as_str()));
            if named.is_some() && !is_named {
                continue;
            }
            let is_double = !before.insert(field.name());
            let column = || field.name().clone();
            match Decoder::new(field) {
                Some(_) if is_double => {
                    return Err(StoreError::DuplicateColumn {
                        path: self.file.path.clone(),
                        column: column(),
                    });
                }
                Some(decoder) => selected.push((root, decoder)),
                None if is_named => {
                    return Err(StoreError::Unsupported {
                        path: self.file.path.clone(),
                        column: column(),
                        type_name: type_name(field),
                    });
                }
                None => ignored.push((column(), type_name(field))),
            }
        }
        Ok((selected, ignored))
    }
}

/// The Arrow schema that the writer of a file stored in it, with the metadata of each field; empty if there is none
/// or it cannot be decoded.
pub(crate) fn stored_schema(file: &ParquetFile) -> Schema {
    let metadata = file.metadata.file_metadata();
    let decoded = catch_panic(|| parquet_to_arrow_schema(file.schema(), metadata.key_value_metadata()));
    decoded.ok().and_then(Result::ok).unwrap_or_else(Schema::empty)
}

/// Value of a key in the metadata of a field of a stored schema.
pub(crate) fn field_metadata(stored: &Schema, root: usize, key: &str) -> Option<String> {
    stored.fields().get(root)?.metadata().get(key).cloned()
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

/// Name of a field's type for messages.
pub(crate) fn type_name(field: &Field) -> String {
    match field.data_type() {
        DataType::Dictionary(_, value) => value.to_string(),
        other => other.to_string(),
    }
}
