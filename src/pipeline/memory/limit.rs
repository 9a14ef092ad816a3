//! Refusal of work above the memory limit, before it starts.

use std::io::{self, Read as _};
use std::path::Path;

use super::RunSize;
use crate::config::{Config, LimitsConfig};
use crate::events;
use crate::pipeline::error::{Error, MemoryTask};

/// Returns `needed`, or an error if it is above the limit.
pub(crate) fn within(task: MemoryTask, needed: u64, limits: &LimitsConfig) -> Result<u64, Error> {
    let limit = limits.memory_bytes();
    if needed > limit {
        return Err(Error::Memory { task, needed, limit });
    }
    Ok(needed)
}

/// Refuses a table whose events alone, without numeric columns, need more than the memory limit.
pub(crate) fn check_rows(rows: u64, source: &str, config: &Config) -> Result<(), Error> {
    let events = usize::try_from(rows).unwrap_or(usize::MAX);
    let size = RunSize { events, node_features: events::TIME_FEATURES, ..RunSize::default() };
    let task = MemoryTask::RunOverFile { rows, source: source.to_owned() };
    within(task, size.bytes(config), &config.limits).map(|_| ())
}

/// Bytes at the start of a CSV file from which the number of cells of the whole file is estimated.
const CSV_SAMPLE_BYTES: u64 = 1 << 16;
/// Bytes that a CSV cell needs in addition to its characters, while it is read and once its column has a type.
const CSV_CELL_BYTES: u64 = 24;

/// Size of a CSV file, estimated from its beginning.
#[derive(Debug, Clone, Copy)]
pub(crate) struct CsvEstimate {
    /// Bytes of memory that reading it needs.
    pub(crate) bytes: u64,
    /// Number of rows.
    pub(crate) rows: u64,
}

/// Estimates what reading a CSV file needs. `columns` is the number of columns that are read, `None` for all.
pub(crate) fn csv_estimate(path: &Path, columns: Option<usize>) -> io::Result<CsvEstimate> {
    let mut head = Vec::new();
    let mut file = std::fs::File::open(path)?;
    let bytes = file.metadata()?.len();
    file.by_ref().take(CSV_SAMPLE_BYTES).read_to_end(&mut head)?;
    let count = |text: &[u8], ends: &[u8]| text.iter().filter(|b| ends.contains(b)).count() as u64;
    let header = head.split(|&b| b == b'\n').next().unwrap_or_default();
    let delimiter = *b",\t;|".iter().max_by_key(|&&byte| count(header, &[byte])).unwrap_or(&b',');
    let width = 1 + count(header, &[delimiter]);
    let columns_read = columns.map_or(width, |columns| width.min(columns as u64));
    let cells = bytes as f64 * count(&head, &[delimiter, b'\n']) as f64 / (head.len() as f64).max(1.0);
    let share = columns_read as f64 / width as f64;
    let needed = (bytes as f64 + cells * CSV_CELL_BYTES as f64) * share;
    Ok(CsvEstimate { bytes: needed as u64, rows: (cells / width as f64) as u64 })
}

/// Refuses a file of delimited events, called `source` in messages, that is estimated to need more than the memory limit. `columns` is the number of
/// columns that are read, `None` for all.
pub(crate) fn check_csv(
    path: &Path,
    source: &str,
    columns: Option<usize>,
    config: &Config,
) -> Result<(), Error> {
    let estimate = csv_estimate(path, columns).map_err(|e| Error::input(path, e))?;
    within(MemoryTask::Reading { source: source.to_owned() }, estimate.bytes, &config.limits)?;
    check_rows(estimate.rows, source, config)
}
