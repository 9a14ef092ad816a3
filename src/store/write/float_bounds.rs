//! Statistics of floats in the order that other readers know.
//!
//! The library declares bounds of floats in the IEEE 754 total order, which pyarrow does not know yet: it then sees no
//! bounds at all (measured with pyarrow 26). Without NaN among them they are bounds in the order of the type, too: that
//! one is declared instead, and bounds that are NaN, those of nothing but NaN, are left out as the format asks.

use parquet::column::writer::ColumnCloseResult;
use parquet::errors::ParquetError;
use parquet::file::page_index::column_index::ColumnIndexMetaData;
use parquet::file::statistics::Statistics;

use crate::store::untrusted::thrift::{Cursor, Kind, ThriftError};

/// Field of the footer that lists the orders of columns.
const COLUMN_ORDERS: i64 = 7;
/// Heads of a union's only field, a struct: its number in the high half. Both orders are an empty struct.
const TYPE_ORDER: u8 = 0x1c;
const TOTAL_ORDER: u8 = 0x2c;

/// Leaves out bounds that are NaN.
///
/// # Errors
/// The library cannot rebuild what it has built.
pub(crate) fn without_nan(close: &mut ColumnCloseResult) -> Result<(), ParquetError> {
    let (nan, bare) = match close.metadata.statistics() {
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
        close.metadata = close.metadata.clone().into_builder().set_statistics(bare).build()?;
    }
    let page_of_nan = match &close.column_index {
        Some(ColumnIndexMetaData::FLOAT(index)) => index.min_values_iter().flatten().any(|v| v.is_nan()),
        Some(ColumnIndexMetaData::DOUBLE(index)) => index.min_values_iter().flatten().any(|v| v.is_nan()),
        _ => false,
    };
    if page_of_nan {
        close.column_index = None;
    }
    Ok(())
}

/// Declares the order of the type wherever a footer declares the total order. Its length stays.
///
/// # Errors
/// The bytes are no footer.
pub(crate) fn of_types(footer: &mut [u8]) -> Result<(), ThriftError> {
    let mut heads = Vec::new();
    let mut cursor = Cursor::new(footer);
    let mut id = 0;
    while let Some(kind) = cursor.field(&mut id)? {
        if id != COLUMN_ORDERS || kind != Kind::List {
            cursor.skip(kind)?;
            continue;
        }
        let (len, kind) = cursor.list()?;
        for _ in 0..len {
            heads.push(cursor.position());
            cursor.skip(kind)?;
        }
    }
    for head in heads {
        if footer[head] == TOTAL_ORDER {
            footer[head] = TYPE_ORDER;
        }
    }
    Ok(())
}
