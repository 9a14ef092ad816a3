//! Text files of events: delimited cells and JSON lines become tables of typed columns.
//!
//! Files are read as their writers leave them: the delimiter, comment lines at the top, a missing header, row names
//! and trailing delimiters are found in the first rows, and what was found is in the [`Dialect`]. Nothing is dropped
//! without a record: a row of another length, text after a closing quote and a quote that is never closed are errors
//! with their line, and what each column was taken for is in its [`ColumnReading`].
//!
//! * `options`: [`TextOptions`], what the caller sets about the format.
//! * `clean_reader`: delimited bytes without blanks around cells, with every quote checked.
//! * `sample`: the first rows of a file.
//! * `dialect`: finds the [`Dialect`] of a file in its first rows.
//! * `names`: the names of the columns.
//! * `cells`: the cells of a column.
//! * `number`: cells that are numbers.
//! * `typing`: the type of a column's values.
//! * `delimited`: delimited files as tables.
//! * `json_lines`: JSON records as tables.

mod cells;
mod clean_reader;
mod delimited;
mod dialect;
mod json_lines;
mod names;
mod number;
mod options;
mod sample;
mod typing;

#[cfg(doc)]
use super::raw::{ColumnReading, Dialect};

pub use delimited::read_delimited;
pub(crate) use json_lines::ends_of_values;
pub use json_lines::{is_json_lines, read_json_records};
pub use number::NumberFormat;
pub(super) use number::number_in;
pub use options::{Comments, Delimiter, TextOptions};
