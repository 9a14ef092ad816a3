//! Reading Parquet files of any writer into plain tables.
//!
//! - [`selection`]: the columns of a file, and those requested
//! - [`row_group_batches`]: one row group as batches of Arrow arrays
//! - [`read_table`]: a whole file as one table
//! - [`predicate`], [`prune`]: row filters, and the row groups and pages that statistics exclude
//! - [`scan`]: a file as a stream of tables in bounded memory
//! - [`schema_evolution`]: tables with columns added over time, appended

pub(crate) mod predicate;
pub(crate) mod prune;
pub(crate) mod read_table;
pub(crate) mod row_group_batches;
pub(crate) mod scan;
pub(crate) mod schema_evolution;
pub(crate) mod selection;
