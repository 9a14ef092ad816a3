//! Tables as they were read from files, before their columns have roles.
//!
//! * `raw_table`: [`RawTable`], and the format of a delimited file.
//! * `column_reading`: [`ColumnReading`], what a column was taken for.
//! * `skipped_rows`: [`SkippedRows`], rows that become no event.

mod column_reading;
mod raw_table;
mod skipped_rows;

pub use column_reading::{ColumnReading, MixedColumn, WordCount};
pub(super) use column_reading::{missing_words, shown};
pub use raw_table::{Dialect, RawTable};
pub use skipped_rows::{BadRows, SkippedRow, SkippedRows};
