//! Refusal of work above the memory limit, before it starts.

use std::io::Read as _;
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

/// Refuses a CSV file that is estimated from its beginning to need more than the memory limit. `columns` is the
/// number of columns that are read, `None` for all.
pub(crate) fn check_csv(path: &Path, columns: Option<usize>, config: &Config) -> Result<(), Error> {
    let (mut head, mut bytes) = (Vec::new(), 0);
    let read = std::fs::File::open(path).and_then(|mut file| {
        bytes = file.metadata()?.len();
        file.by_ref().take(CSV_SAMPLE_BYTES).read_to_end(&mut head)
    });
    read.map_err(|e| Error::input(path, e))?;
    let count = |text: &[u8], ends: &[u8]| text.iter().filter(|b| ends.contains(b)).count() as u64;
    let header = head.split(|&b| b == b'\n').next().unwrap_or_default();
    let width = 1 + count(header, b",");
    let columns_read = columns.map_or(width, |columns| width.min(columns as u64));
    let cells = bytes as f64 * count(&head, b",\n") as f64 / (head.len() as f64).max(1.0);
    let share = columns_read as f64 / width as f64;
    let needed = (bytes as f64 + cells * CSV_CELL_BYTES as f64) * share;
    let source = path.display().to_string();
    within(MemoryTask::Reading { source: source.clone() }, needed as u64, &config.limits)?;
    check_rows((cells / width as f64) as u64, &source, config)
}
