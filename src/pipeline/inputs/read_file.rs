//! Reads one session file, shard or table.

use std::fs::File;
use std::io::Read;
use std::path::Path;

use super::find::{InputPath, META, NODE_MAP, NODES};
use super::format::{Format, format, is_named_as_log, stem};
use super::spool::{STANDARD_INPUT, Spooled};
use crate::config::Config;
use crate::events::{
    self, ColumnMap, RawTable, TableEvents, TextOptions, TieOrder, read_delimited, read_events,
    read_json_records,
};
use crate::legacy::{self, LegacyError, Shard};
use crate::pipeline::error::{Error, MemoryTask, SkippedInput};
use crate::pipeline::memory;
use crate::store;
use crate::table::Session;

/// Largest number of bytes of memory that a byte of JSON takes once parsed: reached by nested brackets.
const PARSED_BYTES: u64 = 48;
/// Bytes of memory that a byte of JSON records takes, each parsed by itself: its text and its cells.
const RECORD_BYTES: u64 = 4;

/// Result of reading one input.
pub(super) enum ReadOutcome {
    Sessions(Vec<Session>),
    Table(Box<TableEvents>),
    Skipped(SkippedInput),
}

/// Reads inputs under the settings of a run.
pub(super) struct FileReader<'a> {
    pub(super) map: ColumnMap,
    pub(super) text: TextOptions,
    /// The order of events of equal time.
    pub(super) ties: TieOrder,
    pub(super) config: &'a Config,
}

impl FileReader<'_> {
    /// Reads an input, in the format that its first bytes have. A file that was found in a folder and holds no events is
    /// skipped; it is an error if the caller named it.
    pub(super) fn read(&self, input: &InputPath) -> Result<ReadOutcome, Error> {
        let source = match input.path.as_os_str() == STANDARD_INPUT {
            true => "standard input".to_owned(),
            false => input.path.display().to_string(),
        };
        let read = if input.is_shard { self.shard(&input.path, &source) } else { self.file(input, &source) };
        match read {
            Err(error) if !input.is_named && self.is_skipped(input, &error) => {
                Ok(ReadOutcome::Skipped(SkippedInput { path: source, reason: error.to_string() }))
            }
            read => read,
        }
    }

    /// Returns whether an error of a file that was found in a folder ends no run: the file holds no events, or nothing
    /// says that it should.
    fn is_skipped(&self, input: &InputPath, error: &Error) -> bool {
        let name = input.path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
        let may_be_anything = !input.is_shard && !is_named_as_log(&name) && !name.starts_with("part-");
        error.is_not_an_input() || (may_be_anything && error.is_about_content())
    }

    fn file(&self, input: &InputPath, source: &str) -> Result<ReadOutcome, Error> {
        let spooled = Spooled::new(&input.path, self.config.limits.memory_bytes())?;
        let name = input.path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
        let Some(format) = format(&spooled.head, self.config.session.input_format) else {
            return Err(Error::UnknownFile { path: source.to_owned() });
        };
        // Messages name the file of the user, whatever copy of it is read.
        let named = |error: Error| match error {
            Error::Store(error) => Error::Store(error.with_path(Path::new(source))),
            error => error,
        };
        let raw = match format {
            Format::Delimited => self.delimited(&spooled, input, source)?,
            Format::Parquet => self.parquet(&spooled, input, source).map_err(named)?,
            Format::Arrow => self.arrow(&spooled, input).map_err(named)?,
            Format::Json => match self.json(&spooled, source, stem(&name))? {
                JsonContent::Sessions(sessions) => return Ok(ReadOutcome::Sessions(sessions)),
                JsonContent::Records(raw) => *raw,
            },
        };
        self.table(raw, input, source).map(|events| ReadOutcome::Table(Box::new(events)))
    }

    /// The events of a table, with the folders `key=value` above it as columns.
    fn table(&self, mut raw: RawTable, input: &InputPath, source: &str) -> Result<TableEvents, Error> {
        for (key, value) in &input.partition {
            raw.add_constant(key, value.as_deref());
        }
        Ok(read_events(&raw, &self.map, source)?)
    }

    /// The columns that the map asks the file for: without those that the folders above it give; `None`: all.
    fn columns(&self, input: &InputPath) -> Option<Vec<&str>> {
        let mut columns = self.map.columns()?;
        columns.retain(|column| input.partition.iter().all(|(key, _)| key != column));
        Some(columns)
    }

    /// Reads delimited text. The file is named as the user did, whatever holds its bytes.
    fn delimited(&self, spooled: &Spooled, input: &InputPath, source: &str) -> Result<RawTable, Error> {
        let columns = self.columns(input);
        memory::check_csv(spooled.path(), source, columns.as_ref().map(Vec::len), self.config)?;
        let limit = self.config.limits.memory_bytes();
        let read = read_delimited(
            spooled.open()?,
            source,
            columns.as_deref(),
            &self.map.text_columns(),
            &self.text,
            limit,
        )?;
        Ok(read)
    }

    fn json(&self, spooled: &Spooled, source: &str, stem: &str) -> Result<JsonContent, Error> {
        let limit = self.config.limits.memory_bytes();
        let length = spooled.open()?.metadata().map_err(|e| Error::input(spooled.path(), e))?.len();
        let fits = |factor: u64| {
            let needed = length.saturating_mul(factor);
            let task = MemoryTask::Reading { source: source.to_owned() };
            if needed > limit { Err(Error::Memory { task, needed, limit }) } else { Ok(()) }
        };
        fits(RECORD_BYTES)?;
        let bytes = read_all(spooled)?;
        let records = |bytes: &[u8]| {
            read_json_records(bytes, source, &self.map.text_columns(), &self.text)
                .map(|raw| JsonContent::Records(Box::new(raw)))
        };
        let zone = self.map.zone.as_deref();
        let sessions = |bytes: &[u8]| {
            legacy::sessions_from_json(bytes, source, stem, zone, self.ties).map(JsonContent::Sessions)
        };
        if self.map.time.is_none() && legacy::are_lines_of_records(&bytes) {
            fits(PARSED_BYTES)?;
            return Ok(sessions(&legacy::list_of_lines(&bytes))?);
        }
        if events::is_json_lines(&bytes) {
            return Ok(records(&bytes)?);
        }
        fits(PARSED_BYTES)?;
        let is_list = bytes.iter().find(|byte| !byte.is_ascii_whitespace()) == Some(&b'[');
        if is_list && self.map.time.is_some() {
            return Ok(records(&bytes)?);
        }
        match sessions(&bytes) {
            Err(LegacyError::NotASession { .. }) if self.map.time.is_some() || is_list => {
                Ok(records(&bytes)?)
            }
            read => Ok(read?),
        }
    }

    /// The session of a shard's folder.
    fn shard(&self, folder: &Path, source: &str) -> Result<ReadOutcome, Error> {
        let meta = folder.join(META);
        let meta_bytes = self.json_bytes(&meta, &meta.display().to_string())?;
        let table = |name: &str| {
            let path = folder.join(name);
            memory::check_rows(store::footer(&path)?.rows, &path.display().to_string(), self.config)?;
            self.parquet_table(&path, None)
        };
        let store::ReadResult { table: nodes, ignored, .. } = table(NODES)?;
        let node_map = folder.join(NODE_MAP).is_file().then(|| table(NODE_MAP)).transpose()?;
        let (node_map, others) = node_map.map(|read| (read.table, read.ignored)).unzip();
        let ignored: Vec<_> = ignored.into_iter().chain(others.unwrap_or_default()).collect();
        let session =
            legacy::session_from_shard(Shard { source, meta: &meta_bytes, nodes, node_map }, self.ties)?;
        Ok(ReadOutcome::Sessions(with_ignored_columns(vec![session], &ignored)))
    }

    fn parquet(&self, spooled: &Spooled, input: &InputPath, source: &str) -> Result<RawTable, Error> {
        let path = spooled.path();
        memory::check_rows(store::footer(path)?.rows, source, self.config)?;
        self.with_named(input, |columns| self.parquet_table(path, columns))
    }

    fn arrow(&self, spooled: &Spooled, input: &InputPath) -> Result<RawTable, Error> {
        let limit = self.config.limits.memory_bytes();
        self.with_named(input, |columns| Ok(store::read_arrow(spooled.path(), columns, limit)?))
    }

    /// Reads the columns that the map asks for. Without names all are read but for those that only entities may be: bytes
    /// and fields of structs; of these the ones that the map names are added.
    fn with_named(
        &self,
        input: &InputPath,
        read: impl Fn(Option<&[&str]>) -> Result<store::ReadResult, Error>,
    ) -> Result<RawTable, Error> {
        let columns = self.columns(input);
        let mut raw = raw_table(read(columns.as_deref())?);
        if columns.is_none() {
            let is_left_out = |name: &str| {
                let mut ignored = raw.ignored.iter().map(|(column, _)| column.as_str());
                ignored.any(|column| {
                    name == column || name.strip_prefix(column).is_some_and(|field| field.starts_with('.'))
                })
            };
            let named: Vec<&str> = self.map.named().filter(|name| is_left_out(name)).collect();
            if !named.is_empty() {
                let more = read(Some(&named))?.table;
                raw.ignored.retain(|(column, _)| more.column(column).is_none());
                raw.add_columns(more);
            }
        }
        Ok(raw)
    }

    /// A Parquet file, mapped into memory if the configuration says so.
    #[allow(unsafe_code, reason = "passes on the caller's promise about the input files")]
    fn parquet_table(&self, path: &Path, columns: Option<&[&str]>) -> Result<store::ReadResult, Error> {
        let limit = self.config.limits.memory_bytes();
        Ok(if self.config.session.memory_map {
            // SAFETY: whoever sets `session.memory_map` promises that the inputs do not change during the run; the
            // documentation of the setting requires it.
            unsafe { store::read_table_mapped(path, columns, limit) }
        } else {
            store::read_table(path, columns, limit)
        }?)
    }

    /// The bytes of a JSON file that, once parsed, fits the memory limit.
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

/// What a JSON file holds.
enum JsonContent {
    Sessions(Vec<Session>),
    Records(Box<RawTable>),
}

fn read_all(spooled: &Spooled) -> Result<Vec<u8>, Error> {
    let mut bytes = Vec::new();
    spooled.open()?.read_to_end(&mut bytes).map_err(|e| Error::input(spooled.path(), e))?;
    Ok(bytes)
}

fn raw_table(read: store::ReadResult) -> RawTable {
    RawTable {
        table: read.table,
        ignored: read.ignored,
        index_columns: read.index_columns,
        ..RawTable::default()
    }
}

/// Adds the columns that were ignored, because of their type, to the unknown fields of the sessions.
fn with_ignored_columns(mut sessions: Vec<Session>, ignored: &[(String, String)]) -> Vec<Session> {
    for session in &mut sessions {
        let events = session.events.len();
        session.origin.unknown_fields.extend(ignored.iter().map(|(name, _)| (name.clone(), events)));
    }
    sessions
}
