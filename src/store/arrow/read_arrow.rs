//! Arrow IPC files and streams as plain tables.

use std::path::Path;

use arrow_schema::{DataType, Field};

use super::ipc::IpcReader;
use crate::store::StoreError;
use crate::store::columns::from_arrow::Decoder;
use crate::store::columns::special::{Builder, Kind, at_path};
use crate::store::columns::to_arrow::UNIT;
use crate::store::read::read_table::ReadResult;
use crate::store::read::selection::type_name;
use crate::store::untrusted::catch_panic::catch_panic;
use crate::suggest::suggest;
use crate::table::{Column, Table};

/// Key of the metadata of a field that names its extension type, and that of UUIDs.
const EXTENSION: &str = "ARROW:extension:name";
const UUID: &str = "arrow.uuid";

/// A column to read: where it is in a batch, and what decodes it.
struct Selected {
    name: String,
    unit: String,
    path: Vec<usize>,
    builder: Builder,
}

/// Reads the named columns of an Arrow IPC file or stream, in the given order, or all columns, by the rules of
/// [`read_table`](crate::store::read_table). Compressed buffers are read too.
///
/// # Errors
/// As [`read_table`](crate::store::read_table).
pub fn read_arrow(
    path: &Path,
    columns: Option<&[&str]>,
    memory_limit_bytes: u64,
) -> Result<ReadResult, StoreError> {
    let mut reader = IpcReader::open(path, memory_limit_bytes)?;
    let schema = std::sync::Arc::clone(&reader.schema);
    let fields = schema.fields();
    let mut ignored = Vec::new();
    let mut selected = Vec::new();
    match columns {
        Some(names) => {
            for name in names {
                selected.push(named(path, fields, name)?);
            }
        }
        None => {
            for (root, field) in fields.iter().enumerate() {
                if fields[..root].iter().any(|other| other.name() == field.name()) {
                    let column = field.name().clone();
                    return Err(StoreError::DuplicateColumn { path: path.to_owned(), column });
                }
                match Decoder::new(field) {
                    Some(decoder) => selected.push(Selected {
                        name: field.name().clone(),
                        unit: unit(field),
                        path: vec![root],
                        builder: Builder::Plain(decoder),
                    }),
                    None => ignored.push((field.name().clone(), type_name(field))),
                }
            }
        }
    }
    let mut rows = 0u64;
    while let Some(batch) = reader.next()? {
        for column in &mut selected {
            let array = at_path(batch.columns(), &column.path).map_err(|why| reader.damaged(why))?;
            let appended =
                catch_panic(|| column.builder.append(&array)).map_err(|why| reader.damaged(why))?;
            appended.map_err(|why| reader.damaged(format!("column {:?}: {why}", column.name)))?;
        }
        rows += batch.num_rows() as u64;
        let held = |column: &Selected| {
            rows.saturating_mul(column.builder.bytes_per_row()).saturating_add(column.builder.text_bytes())
        };
        let needs = selected.iter().map(held).fold(0, u64::saturating_add);
        if needs > memory_limit_bytes {
            return Err(StoreError::Memory { path: path.to_owned(), needs, limit: memory_limit_bytes });
        }
    }
    let index_columns = crate::store::read::pandas::index_columns(
        schema.metadata().get(crate::store::read::pandas::PANDAS).map(String::as_str),
        fields.iter().map(|field| field.name().as_str()),
    );
    let column = |Selected { name, unit, builder, .. }: Selected| Column::new(name, unit, builder.finish());
    Ok(ReadResult { table: Table::new(selected.into_iter().map(column).collect()), ignored, index_columns })
}

fn unit(field: &Field) -> String {
    field.metadata().get(UNIT).cloned().unwrap_or_default()
}

/// The column called `name`: a field, or a field of structs by its dotted name.
fn named(path: &Path, fields: &arrow_schema::Fields, name: &str) -> Result<Selected, StoreError> {
    let Some((place, field)) = find(fields, name) else {
        let names = || fields.iter().map(|field| field.name().as_str());
        return Err(StoreError::UnknownColumn {
            path: path.to_owned(),
            column: name.to_owned(),
            nearest: suggest(name, names()).map(str::to_owned),
            columns: names().map(str::to_owned).collect(),
        });
    };
    let is_uuid = field.metadata().get(EXTENSION).is_some_and(|extension| extension == UUID);
    // A field of a missing struct is missing.
    let nullable = field.clone().with_nullable(field.is_nullable() || place.len() > 1);
    let kind = match field.data_type() {
        DataType::FixedSizeBinary(16) if is_uuid => Some(Kind::Uuid),
        DataType::Binary | DataType::LargeBinary | DataType::BinaryView | DataType::FixedSizeBinary(_) => {
            Some(Kind::Bytes)
        }
        DataType::Decimal128(19.., 0) => Some(Kind::Wide),
        _ if Decoder::new(&nullable).is_some() => Some(Kind::Plain(nullable)),
        _ => None,
    };
    let builder = kind.as_ref().and_then(Builder::new).ok_or_else(|| StoreError::Unsupported {
        path: path.to_owned(),
        column: name.to_owned(),
        type_name: type_name(&field),
    })?;
    Ok(Selected { name: name.to_owned(), unit: unit(&field), path: place, builder })
}

/// Position and field of a name, at any depth of structs.
fn find(fields: &arrow_schema::Fields, name: &str) -> Option<(Vec<usize>, Field)> {
    if let Some((at, field)) = fields.find(name) {
        return Some((vec![at], field.as_ref().clone()));
    }
    fields.iter().enumerate().find_map(|(at, field)| {
        let DataType::Struct(inner) = field.data_type() else { return None };
        let rest = name.strip_prefix(field.name().as_str())?.strip_prefix('.')?;
        let (mut path, field) = find(inner, rest)?;
        path.insert(0, at);
        Some((path, field))
    })
}
