//! Reading of Parquet files of any writer into plain tables.
//!
//! - [`selection`]: a file as a source of tables: its columns, and the requested ones
//! - [`row_group_batches`]: one row group as batches of Arrow arrays
//! - [`read_table`]: a whole file as one table
//! - [`special_columns`]: columns that are read only if they are named
//! - [`int96`]: the unit of INT96 timestamps
//! - [`pandas`]: columns that pandas made of its index
//! - [`predicate`]: row predicates
//! - [`statistics`]: bounds of a column's values from the footer and the page index
//! - [`prune`]: the row groups and pages that a predicate excludes by these bounds
//! - [`scan`]: a file as a stream of tables in bounded memory
//! - [`schema_evolution`]: concatenation of tables whose columns changed over time

pub(crate) mod int96;
pub(crate) mod pandas;
pub(crate) mod predicate;
pub(crate) mod prune;
pub(crate) mod read_table;
pub(crate) mod row_group_batches;
pub(crate) mod scan;
pub(crate) mod schema_evolution;
pub(crate) mod selection;
pub(crate) mod special_columns;
pub(crate) mod statistics;
