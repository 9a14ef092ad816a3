//! Reads one session file, shard or table.

use std::fs::File;
use std::io::Read;
use std::path::Path;

use super::find::{InputPath, META, NODE_MAP, NODES};
use crate::config::Config;
use crate::events::{self, ColumnMap, TieOrder};
use crate::legacy::{self, Shard};
use crate::pipeline::error::{Error, MemoryTask, SkippedInput};
use crate::pipeline::memory;
use crate::store;
use crate::table::Session;

/// Largest number of bytes of memory that a byte of JSON takes once parsed: reached by nested brackets.
const PARSED_BYTES: u64 = 48;

/// Result of reading one input.
pub(super) enum ReadOutcome {
    Sessions(Vec<Session>),
    Skipped(SkippedInput),
}

/// Reads inputs under the settings of a run.
pub(super) struct FileReader<'a> {
    pub(super) map: ColumnMap,
    /// The order of events of equal time.
    pub(super) ties: TieOrder,
    pub(super) config: &'a Config,
}

impl FileReader<'_> {
    /// Reads an input, in the format given by its extension. A file that is not an event log is skipped if it was
    /// found in a folder, and is an error if the caller named it.
    pub(super) fn read(&self, input: &InputPath) -> Result<ReadOutcome, Error> {
        let path = &input.path;
        let source = path.display().to_string();
        let skip = |reason: String| Ok(ReadOutcome::Skipped(SkippedInput { path: source.clone(), reason }));
        let extension = path.extension().map(|e| e.to_string_lossy().to_lowercase()).unwrap_or_default();
        let read = match extension.as_str() {
            _ if input.is_shard => self.shard(path, &source),
            "json" => self.session_file(path, &source),
            "parquet" => self.parquet_file(path, &source),
            "csv" => self.csv_file(path, &source),
            _ if input.is_named => return Err(Error::UnknownFile { path: source }),
            _ => return skip("neither a session file (.json) nor a table (.parquet, .csv)".to_owned()),
        };
        match read {
            Ok(sessions) => Ok(ReadOutcome::Sessions(sessions)),
            Err(error) if !input.is_named && error.is_not_an_input() => skip(error.to_string()),
            Err(error) => Err(error),
        }
    }

    fn session_file(&self, path: &Path, source: &str) -> Result<Vec<Session>, Error> {
        let bytes = self.json_bytes(path, source)?;
        let zone = self.map.zone.as_deref();
        Ok(legacy::sessions_from_json(&bytes, source, &stem(path), zone, self.ties)?)
    }

    /// The session of a shard's folder.
    fn shard(&self, folder: &Path, source: &str) -> Result<Vec<Session>, Error> {
        let meta = folder.join(META);
        let meta = self.json_bytes(&meta, &meta.display().to_string())?;
        let table = |name: &str| {
            let path = folder.join(name);
            memory::check_rows(store::footer(&path)?.rows, &path.display().to_string(), self.config)?;
            self.table(&path, None)
        };
        let store::ReadResult { table: nodes, ignored } = table(NODES)?;
        let node_map = folder.join(NODE_MAP).is_file().then(|| table(NODE_MAP)).transpose()?;
        let (node_map, others) = node_map.map(|read| (read.table, read.ignored)).unzip();
        let ignored: Vec<_> = ignored.into_iter().chain(others.unwrap_or_default()).collect();
        let session = legacy::session_from_shard(Shard { source, meta: &meta, nodes, node_map }, self.ties)?;
        Ok(with_ignored_columns(vec![session], &ignored))
    }

    fn parquet_file(&self, path: &Path, source: &str) -> Result<Vec<Session>, Error> {
        memory::check_rows(store::footer(path)?.rows, source, self.config)?;
        let read = self.table(path, self.map.columns().as_deref())?;
        let id = legacy::session_id_from_stem(&stem(path));
        let sessions = events::from_table(read.table, &self.map, source, &id, self.ties)?;
        Ok(with_ignored_columns(sessions, &read.ignored))
    }

    fn csv_file(&self, path: &Path, source: &str) -> Result<Vec<Session>, Error> {
        let columns = self.map.columns();
        memory::check_csv(path, columns.as_ref().map(Vec::len), self.config)?;
        let limit = self.config.limits.memory_bytes();
        let table = events::csv_table(path, columns.as_deref(), &self.map.text_columns(), limit)?;
        let id = legacy::session_id_from_stem(&stem(path));
        Ok(events::from_table(table, &self.map, source, &id, self.ties)?)
    }

    /// A Parquet file, mapped into memory if the configuration says so.
    #[allow(unsafe_code, reason = "passes on the caller's promise about the input files")]
    fn table(&self, path: &Path, columns: Option<&[&str]>) -> Result<store::ReadResult, Error> {
        let limit = self.config.limits.memory_bytes();
        Ok(if self.config.session.memory_map {
            // SAFETY: whoever sets `session.memory_map` promises that the inputs do not change during the run; the
            // documentation of the setting requires it.
            unsafe { store::read_table_mapped(path, columns, limit) }
        } else {
            store::read_table(path, columns, limit)
        }?)
    }

    /// The bytes of a JSON file that, once parsed, fits the memory limit. A file without a length, such as a device,
    /// is read up to the limit.
    fn json_bytes(&self, path: &Path, source: &str) -> Result<Vec<u8>, Error> {
        let limit = self.config.limits.memory_bytes();
        let most = limit / PARSED_BYTES;
        let too_large = |bytes: u64| Error::Memory {
            task: MemoryTask::Reading { source: source.to_owned() },
            needed: bytes.saturating_mul(PARSED_BYTES),
            limit,
        };
        let file = File::open(path).map_err(|e| Error::input(path, e))?;
        let length = file.metadata().map_err(|e| Error::input(path, e))?.len();
        if length > most {
            return Err(too_large(length));
        }
        let mut bytes = Vec::with_capacity(usize::try_from(length).unwrap_or(0));
        file.take(most.saturating_add(1)).read_to_end(&mut bytes).map_err(|e| Error::input(path, e))?;
        if bytes.len() as u64 > most {
            return Err(too_large(bytes.len() as u64));
        }
        Ok(bytes)
    }
}

fn stem(path: &Path) -> String {
    path.file_stem().map(|s| s.to_string_lossy().into_owned()).unwrap_or_default()
}

/// Adds the columns that were ignored, because of their type, to the unknown fields of the sessions.
fn with_ignored_columns(mut sessions: Vec<Session>, ignored: &[(String, String)]) -> Vec<Session> {
    for session in &mut sessions {
        let events = session.events.len();
        session.origin.unknown_fields.extend(ignored.iter().map(|(name, _)| (name.clone(), events)));
    }
    sessions
}
