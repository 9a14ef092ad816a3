//! What Arrow arrays take once each row is written out by itself.
//!
//! Dictionaries, runs and views let many rows share one value, and a column of nothing takes no memory at all: a
//! megabyte can stand for terabytes.

use arrow_array::cast::AsArray;
use arrow_array::types::{Int16Type, Int32Type, Int64Type};
use arrow_array::{Array, ArrayRef, OffsetSizeTrait, RecordBatch};
use arrow_schema::DataType;

/// Bytes of a value beside what it is: two levels, and where it stands.
const BYTES_PER_VALUE: u64 = 32;
/// Bytes of the widest number.
const WIDEST_NUMBER: u64 = 32;

/// Rows of a batch that take at most `bytes` once they are written out; one at least.
///
/// # Errors
/// Bytes of the widest row, if it alone takes more.
pub(crate) fn rows_at_once(batch: &RecordBatch, bytes: u64) -> Result<usize, u64> {
    let whole = together(batch.columns());
    match whole.widest {
        _ if whole.total <= bytes => Ok(batch.num_rows().max(1)),
        widest if widest > bytes => Err(widest),
        widest => Ok((bytes / widest) as usize),
    }
}

/// Upper bounds of what the values of an array take, bytes.
#[derive(Clone, Copy)]
struct Size {
    /// The widest of them.
    widest: u64,
    /// All of them.
    total: u64,
}

/// Columns side by side.
fn together(columns: &[ArrayRef]) -> Size {
    columns.iter().map(of).fold(Size { widest: 0, total: 0 }, |sum, size| Size {
        widest: sum.widest.saturating_add(size.widest),
        total: sum.total.saturating_add(size.total),
    })
}

/// Every array is looked at once: nested ones have no more to say than they have parts.
fn of(array: &ArrayRef) -> Size {
    let rows = array.len() as u64;
    // Values of which each may be the widest.
    let each = |widest: u64| Size { widest, total: widest.saturating_mul(rows) };
    let size = match array.data_type() {
        DataType::Utf8 => cut(array.as_string::<i32>().value_offsets()),
        DataType::LargeUtf8 => cut(array.as_string::<i64>().value_offsets()),
        DataType::Binary => cut(array.as_binary::<i32>().value_offsets()),
        DataType::LargeBinary => cut(array.as_binary::<i64>().value_offsets()),
        DataType::Utf8View => viewed(array.as_string_view().views()),
        DataType::BinaryView => viewed(array.as_binary_view().views()),
        DataType::FixedSizeBinary(size) => each(*size as u64),
        DataType::Dictionary(..) => each(of(array.as_any_dictionary().values()).widest),
        DataType::RunEndEncoded(ends, _) => each(
            of(match ends.data_type() {
                DataType::Int16 => array.as_run::<Int16Type>().values(),
                DataType::Int32 => array.as_run::<Int32Type>().values(),
                _ => array.as_run::<Int64Type>().values(),
            })
            .widest,
        ),
        DataType::List(_) => {
            let list = array.as_list::<i32>();
            listed(of(list.values()), list.value_offsets())
        }
        DataType::LargeList(_) => {
            let list = array.as_list::<i64>();
            listed(of(list.values()), list.value_offsets())
        }
        DataType::Map(..) => {
            let map = array.as_map();
            listed(together(map.entries().columns()), map.value_offsets())
        }
        DataType::FixedSizeList(_, size) => {
            let values = of(array.as_fixed_size_list().values());
            Size { widest: values.widest.saturating_mul(*size as u64), ..values }
        }
        DataType::ListView(_) => {
            let list = array.as_list_view::<i32>();
            each(shared(of(list.values()), list.value_sizes().iter().map(|&size| size as u64)))
        }
        DataType::LargeListView(_) => {
            let list = array.as_list_view::<i64>();
            each(shared(of(list.values()), list.value_sizes().iter().map(|&size| size as u64)))
        }
        DataType::Struct(_) => together(array.as_struct().columns()),
        _ => each(WIDEST_NUMBER),
    };
    Size {
        widest: size.widest.saturating_add(BYTES_PER_VALUE),
        total: size.total.saturating_add(rows.saturating_mul(BYTES_PER_VALUE)),
    }
}

/// Bytes between offsets.
fn cut<O: OffsetSizeTrait>(offsets: &[O]) -> Size {
    let lengths = || offsets.windows(2).map(|pair| (pair[1] - pair[0]).as_usize() as u64);
    Size { widest: lengths().max().unwrap_or_default(), total: lengths().sum() }
}

/// Bytes that views stand for: the lowest 32 bits of a view are its length.
fn viewed(views: &[u128]) -> Size {
    let lengths = || views.iter().map(|&view| u64::from(view as u32));
    Size { widest: lengths().max().unwrap_or_default(), total: lengths().fold(0, u64::saturating_add) }
}

/// Lists that share no value.
fn listed<O: OffsetSizeTrait>(values: Size, offsets: &[O]) -> Size {
    let widest = values.widest.saturating_mul(cut(offsets).widest);
    Size { widest: widest.min(values.total), ..values }
}

/// The widest of lists that may share their values.
fn shared(values: Size, sizes: impl Iterator<Item = u64>) -> u64 {
    values.widest.saturating_mul(sizes.max().unwrap_or_default()).min(values.total)
}
