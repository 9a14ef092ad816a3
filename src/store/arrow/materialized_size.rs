//! Memory of Arrow arrays once every row is materialized, that is, has its own copy of its values.
//!
//! Dictionaries, runs and views let many rows share one value, and a column of type Null takes no memory at all: one
//! megabyte can expand to terabytes.

use arrow_array::cast::AsArray;
use arrow_array::types::{Int16Type, Int32Type, Int64Type};
use arrow_array::{Array, ArrayRef, OffsetSizeTrait, RecordBatch};
use arrow_schema::DataType;

/// Bytes of a value in addition to its content: two levels and an offset.
const BYTES_PER_VALUE: u64 = 32;
/// Bytes of the widest number, a 256-bit decimal.
const WIDEST_NUMBER_BYTES: u64 = 32;

/// Number of rows of a batch that take at most `bytes` once they are materialized; at least one.
///
/// # Errors
/// The size of the widest row, bytes, if it exceeds `bytes`.
pub(crate) fn rows_within(batch: &RecordBatch, bytes: u64) -> Result<usize, u64> {
    let whole = columns_size(batch.columns());
    match whole.widest {
        _ if whole.total <= bytes => Ok(batch.num_rows().max(1)),
        widest if widest > bytes => Err(widest),
        widest => Ok((bytes / widest) as usize),
    }
}

/// Upper bounds of the size of an array's values, bytes.
#[derive(Clone, Copy)]
struct MaterializedSize {
    /// The widest value.
    widest: u64,
    /// All values.
    total: u64,
}

/// Size of the rows of several columns.
fn columns_size(columns: &[ArrayRef]) -> MaterializedSize {
    columns.iter().map(array_size).fold(MaterializedSize { widest: 0, total: 0 }, |sum, size| {
        MaterializedSize {
            widest: sum.widest.saturating_add(size.widest),
            total: sum.total.saturating_add(size.total),
        }
    })
}

/// Size of an array. Each array nested in it is visited once.
fn array_size(array: &ArrayRef) -> MaterializedSize {
    let rows = array.len() as u64;
    // Upper bound: any value may be as wide as the widest.
    let each = |widest: u64| MaterializedSize { widest, total: widest.saturating_mul(rows) };
    let size = match array.data_type() {
        DataType::Utf8 => offsets_size(array.as_string::<i32>().value_offsets()),
        DataType::LargeUtf8 => offsets_size(array.as_string::<i64>().value_offsets()),
        DataType::Binary => offsets_size(array.as_binary::<i32>().value_offsets()),
        DataType::LargeBinary => offsets_size(array.as_binary::<i64>().value_offsets()),
        DataType::Utf8View => views_size(array.as_string_view().views()),
        DataType::BinaryView => views_size(array.as_binary_view().views()),
        DataType::FixedSizeBinary(size) => each(*size as u64),
        DataType::Dictionary(..) => each(array_size(array.as_any_dictionary().values()).widest),
        DataType::RunEndEncoded(ends, _) => each(
            array_size(match ends.data_type() {
                DataType::Int16 => array.as_run::<Int16Type>().values(),
                DataType::Int32 => array.as_run::<Int32Type>().values(),
                _ => array.as_run::<Int64Type>().values(),
            })
            .widest,
        ),
        DataType::List(_) => {
            let list = array.as_list::<i32>();
            lists_size(array_size(list.values()), list.value_offsets())
        }
        DataType::LargeList(_) => {
            let list = array.as_list::<i64>();
            lists_size(array_size(list.values()), list.value_offsets())
        }
        DataType::Map(..) => {
            let map = array.as_map();
            lists_size(columns_size(map.entries().columns()), map.value_offsets())
        }
        DataType::FixedSizeList(_, size) => {
            let values = array_size(array.as_fixed_size_list().values());
            MaterializedSize { widest: values.widest.saturating_mul(*size as u64), ..values }
        }
        DataType::ListView(_) => {
            let list = array.as_list_view::<i32>();
            each(widest_list_view(
                array_size(list.values()),
                list.value_sizes().iter().map(|&size| size as u64),
            ))
        }
        DataType::LargeListView(_) => {
            let list = array.as_list_view::<i64>();
            each(widest_list_view(
                array_size(list.values()),
                list.value_sizes().iter().map(|&size| size as u64),
            ))
        }
        DataType::Struct(_) => columns_size(array.as_struct().columns()),
        _ => each(WIDEST_NUMBER_BYTES),
    };
    MaterializedSize {
        widest: size.widest.saturating_add(BYTES_PER_VALUE),
        total: size.total.saturating_add(rows.saturating_mul(BYTES_PER_VALUE)),
    }
}

/// Size of values given by offsets.
fn offsets_size<O: OffsetSizeTrait>(offsets: &[O]) -> MaterializedSize {
    let lengths = || offsets.windows(2).map(|pair| (pair[1] - pair[0]).as_usize() as u64);
    MaterializedSize { widest: lengths().max().unwrap_or_default(), total: lengths().sum() }
}

/// Size of values given by views: the lowest 32 bits of a view are its length.
fn views_size(views: &[u128]) -> MaterializedSize {
    let lengths = || views.iter().map(|&view| u64::from(view as u32));
    MaterializedSize {
        widest: lengths().max().unwrap_or_default(),
        total: lengths().fold(0, u64::saturating_add),
    }
}

/// Size of lists that share no value.
fn lists_size<O: OffsetSizeTrait>(values: MaterializedSize, offsets: &[O]) -> MaterializedSize {
    let widest = values.widest.saturating_mul(offsets_size(offsets).widest);
    MaterializedSize { widest: widest.min(values.total), ..values }
}

/// Size of the widest of several lists that may share values.
fn widest_list_view(values: MaterializedSize, sizes: impl Iterator<Item = u64>) -> u64 {
    values.widest.saturating_mul(sizes.max().unwrap_or_default()).min(values.total)
}
