//! Statistics of floats in the order that other readers know.
//!
//! The `parquet` crate declares the bounds of floats in the IEEE 754 total order, which pyarrow does not know yet: it
//! ignores such bounds (measured with pyarrow 26). Bounds that are not NaN are also bounds in the order of the type,
//! which is declared instead. Bounds are NaN only if all values are; they are omitted, as the format requires.

use parquet::column::writer::ColumnCloseResult;
use parquet::errors::ParquetError;
use parquet::file::page_index::column_index::ColumnIndexMetaData;
use parquet::file::statistics::Statistics;

use crate::store::untrusted::thrift::{ThriftError, ThriftReader, ThriftType};

/// Id of the footer's field `column_orders`.
const COLUMN_ORDERS: i64 = 7;
/// Headers of the only field of the union `ColumnOrder`, an empty struct; the field id is in the high four bits.
const TYPE_ORDER: u8 = 0x1c;
const TOTAL_ORDER: u8 = 0x2c;

/// Removes bounds that are NaN from the statistics and the column index of a column chunk.
///
/// # Errors
/// If the `parquet` crate cannot rebuild the metadata.
pub(crate) fn drop_nan_bounds(close: &mut ColumnCloseResult) -> Result<(), ParquetError> {
    let (nan, without_bounds) = match close.metadata.statistics() {
        Some(Statistics::Float(s)) => (
            s.min_opt().is_some_and(|v| v.is_nan()),
            Statistics::float(None, None, None, s.null_count_opt(), false),
        ),
        Some(Statistics::Double(s)) => (
            s.min_opt().is_some_and(|v| v.is_nan()),
            Statistics::double(None, None, None, s.null_count_opt(), false),
        ),
        _ => return Ok(()),
    };
    if nan {
        close.metadata = close.metadata.clone().into_builder().set_statistics(without_bounds).build()?;
    }
    let nan_page = match &close.column_index {
        Some(ColumnIndexMetaData::FLOAT(index)) => index.min_values_iter().flatten().any(|v| v.is_nan()),
        Some(ColumnIndexMetaData::DOUBLE(index)) => index.min_values_iter().flatten().any(|v| v.is_nan()),
        _ => false,
    };
    if nan_page {
        close.column_index = None;
    }
    Ok(())
}

/// Replaces the total order by the order of the type in the `column_orders` of a footer, whose length stays.
///
/// # Errors
/// If the bytes are not a footer.
pub(crate) fn declare_type_order(footer: &mut [u8]) -> Result<(), ThriftError> {
    let mut headers = Vec::new();
    let mut reader = ThriftReader::new(footer);
    let mut id = 0;
    while let Some(field_type) = reader.next_field(&mut id)? {
        if id != COLUMN_ORDERS || field_type != ThriftType::List {
            reader.skip(field_type)?;
            continue;
        }
        let (len, item_type) = reader.list_header()?;
        for _ in 0..len {
            headers.push(reader.position());
            reader.skip(item_type)?;
        }
    }
    for header in headers {
        if footer[header] == TOTAL_ORDER {
            footer[header] = TYPE_ORDER;
        }
    }
    Ok(())
}
