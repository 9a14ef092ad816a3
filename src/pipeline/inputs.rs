//! Reading the input.

mod find;
mod supersede;

use std::fs::File;
use std::io::Read;
use std::path::{Path, PathBuf};

use rayon::prelude::*;
use serde::Serialize;

use super::estimate;
use crate::config::Config;
use crate::error::Error;
use crate::events::{self, ColumnMap, TimeColumn};
use crate::legacy::{self, Shard, forms};
use crate::store;
use crate::table::{Session, SourceForm};
use find::{Candidate, META, NODE_MAP, NODES, find};
pub use supersede::Superseded;

/// A file that is no input, and why.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Skipped {
    /// The file.
    pub path: String,
    /// Why it was left out.
    pub reason: String,
}

/// Everything a run reads.
#[derive(Debug, Clone, Default)]
pub struct Inputs {
    /// Sessions by id.
    pub sessions: Vec<Session>,
    /// Files found in a folder that are no input.
    pub skipped: Vec<Skipped>,
    /// Inputs whose session another one holds in a richer form.
    pub superseded: Vec<Superseded>,
    /// Whether the sessions are the built-in sample.
    pub sample: bool,
}

enum Outcome {
    Sessions(Vec<Session>),
    Skipped(Skipped),
}

/// Reads the named files, and every session file, shard and table in the named folders; a session that is there in
/// several forms is taken once.
pub(super) fn read(paths: &[PathBuf], out: &Path, config: &Config) -> Result<Inputs, Error> {
    if paths.is_empty() {
        let sessions = sorted(events::sample())?;
        applies(&sessions, &[], config)?;
        return Ok(Inputs { sessions, sample: true, ..Inputs::default() });
    }
    let map = column_map(config)?;
    let (candidates, mut skipped) = find(paths, out)?;
    let mut outcomes = Vec::with_capacity(candidates.len());
    for together in candidates.chunks(config.at_once(candidates.len())) {
        outcomes.extend(together.par_iter().map(|c| read_one(c, &map, config)).collect::<Vec<_>>());
    }
    let mut sessions = Vec::new();
    for outcome in outcomes {
        match outcome? {
            Outcome::Sessions(found) => sessions.extend(found),
            Outcome::Skipped(skip) => skipped.push(skip),
        }
    }
    if sessions.is_empty() {
        let paths = paths.iter().map(|p| p.display().to_string()).collect::<Vec<_>>().join(", ");
        return Err(Error::NoSessions { paths, skipped });
    }
    skipped.sort_by(|a, b| a.path.cmp(&b.path));
    applies(&sessions, &skipped, config)?;
    let (sessions, superseded) = supersede::richest(sessions);
    Ok(Inputs { sessions: sorted(sessions)?, skipped, superseded, sample: false })
}

/// A setting that says how inputs are read is an error where none is read by it: a session file says itself what its
/// fields are, a shard its times too.
fn applies(sessions: &[Session], skipped: &[Skipped], config: &Config) -> Result<(), Error> {
    let any = |form: &dyn Fn(SourceForm) -> bool| sessions.iter().any(|session| form(session.origin.form));
    let table = any(&|form| form == SourceForm::TABLE);
    let clock = any(&|form| form != forms::SHARD && form != SourceForm::SAMPLE);
    let session = &config.session;
    let (of_table, of_clock) = ("a table", "a table or a session file");
    let set = [
        ("time", !session.time.is_empty(), table, of_table),
        ("seq", !session.seq.is_empty(), table, of_table),
        ("kind", !session.kind.is_empty(), table, of_table),
        ("group", !session.group.is_empty(), table, of_table),
        ("keys", !session.keys.is_empty(), table, of_table),
        ("numeric", !session.numeric.is_empty(), table, of_table),
        ("price", !session.price.is_empty(), table, of_table),
        ("zone", session.zone != "auto", clock, of_clock),
    ];
    match set.into_iter().find(|&(_, set, used, _)| set && !used) {
        Some((key, _, _, want)) => Err(Error::NothingToApply { key, want, skipped: skipped.to_vec() }),
        None => Ok(()),
    }
}

/// The sessions by id; two of one id are an error.
fn sorted(mut sessions: Vec<Session>) -> Result<Vec<Session>, Error> {
    // An id that cannot name a folder is known now, not when everything is done.
    sessions.iter().try_for_each(|session| store::partition_dir("session_id", &session.id).map(|_| ()))?;
    sessions.sort_by(|a, b| a.id.cmp(&b.id).then_with(|| a.source.cmp(&b.source)));
    if let Some(pair) = sessions.windows(2).find(|pair| pair[0].id == pair[1].id) {
        return Err(Error::Clash {
            id: pair[0].id.clone(),
            first: pair[0].source.clone(),
            second: pair[1].source.clone(),
        });
    }
    Ok(sessions)
}

/// The column map that the configuration spells.
pub(super) fn column_map(config: &Config) -> Result<ColumnMap, Error> {
    let session = &config.session;
    let named = |text: &String| (!text.is_empty()).then(|| text.clone());
    Ok(ColumnMap {
        time: named(&session.time).map(|text| TimeColumn::parse(&text)).transpose()?,
        seq: named(&session.seq),
        zone: (session.zone != "auto").then(|| session.zone.clone()),
        kind: named(&session.kind),
        group: named(&session.group),
        keys: session.keys.clone(),
        numeric: (!session.numeric.is_empty()).then(|| session.numeric.clone()),
        price: named(&session.price),
    })
}

fn read_one(candidate: &Candidate, map: &ColumnMap, config: &Config) -> Result<Outcome, Error> {
    let path = &candidate.path;
    let source = path.display().to_string();
    let skip = |reason: String| Ok(Outcome::Skipped(Skipped { path: source.clone(), reason }));
    let extension = path.extension().map(|e| e.to_string_lossy().to_lowercase()).unwrap_or_default();
    let read = match extension.as_str() {
        _ if candidate.shard => shard(path, &source, config),
        "json" => session_file(path, &source, map, config),
        "parquet" => parquet_file(path, &source, map, config),
        "csv" => csv_file(path, &source, map, config),
        _ if candidate.named => return Err(Error::UnknownFile { path: source }),
        _ => return skip("neither a session file (.json) nor a table (.parquet, .csv)".to_owned()),
    };
    match read {
        Ok(sessions) => Ok(Outcome::Sessions(sessions)),
        Err(error) if !candidate.named && error.is_no_input() => skip(error.to_string()),
        Err(error) => Err(error),
    }
}

fn stem(path: &Path) -> String {
    path.file_stem().map(|s| s.to_string_lossy().into_owned()).unwrap_or_default()
}

fn session_file(path: &Path, source: &str, map: &ColumnMap, config: &Config) -> Result<Vec<Session>, Error> {
    let bytes = bounded(path, source, config)?;
    Ok(legacy::sessions_from_json(&bytes, source, &stem(path), map.zone.as_deref())?)
}

/// The session of a shard's folder.
fn shard(folder: &Path, source: &str, config: &Config) -> Result<Vec<Session>, Error> {
    let meta = folder.join(META);
    let meta = bounded(&meta, &meta.display().to_string(), config)?;
    let table = |name: &str| {
        let path = folder.join(name);
        estimate::check_rows(store::footer(&path)?.rows, &path.display().to_string(), config)?;
        read_table(&path, None, config)
    };
    let store::Read { table: nodes, ignored } = table(NODES)?;
    let node_map = folder.join(NODE_MAP).is_file().then(|| table(NODE_MAP)).transpose()?;
    let (node_map, others) = node_map.map(|read| (read.table, read.ignored)).unzip();
    let ignored: Vec<_> = ignored.into_iter().chain(others.unwrap_or_default()).collect();
    let session = legacy::session_from_shard(Shard { source, meta: &meta, nodes, node_map })?;
    Ok(without(vec![session], &ignored))
}

/// Sessions that say which columns of their table no event can use.
fn without(mut sessions: Vec<Session>, ignored: &[(String, String)]) -> Vec<Session> {
    for session in &mut sessions {
        let events = session.events.len();
        session.origin.unknown_fields.extend(ignored.iter().map(|(name, _)| (name.clone(), events)));
    }
    sessions
}

fn parquet_file(path: &Path, source: &str, map: &ColumnMap, config: &Config) -> Result<Vec<Session>, Error> {
    estimate::check_rows(store::footer(path)?.rows, source, config)?;
    let read = read_table(path, map.columns().as_deref(), config)?;
    let sessions = events::from_table(read.table, map, source, &legacy::session_id_from_stem(&stem(path)))?;
    Ok(without(sessions, &read.ignored))
}

/// A Parquet file as the configuration wants it read.
#[allow(unsafe_code, reason = "hands on what the user promises of the inputs")]
fn read_table(path: &Path, columns: Option<&[&str]>, config: &Config) -> Result<store::Read, Error> {
    let limit = config.memory_bytes();
    Ok(if config.session.memory_map {
        // SAFETY: who sets `session.memory_map` promises that nobody changes the inputs during the run; it says so.
        unsafe { store::read_table_mapped(path, columns, limit) }
    } else {
        store::read_table(path, columns, limit)
    }?)
}

fn csv_file(path: &Path, source: &str, map: &ColumnMap, config: &Config) -> Result<Vec<Session>, Error> {
    let columns = map.columns();
    estimate::check_csv(path, columns.as_ref().map(Vec::len), config)?;
    let table = events::csv_table(path, columns.as_deref(), &map.text_columns(), config.memory_bytes())?;
    Ok(events::from_table(table, map, source, &legacy::session_id_from_stem(&stem(path)))?)
}

/// Bytes of memory that one byte of JSON takes once it is parsed, where it is all brackets.
const PARSED_BYTES: u64 = 48;

/// The bytes of a JSON file that, parsed, fits the memory limit. What says no length, as a device does, is read up to
/// the limit too.
fn bounded(path: &Path, source: &str, config: &Config) -> Result<Vec<u8>, Error> {
    let most = config.memory_bytes() / PARSED_BYTES;
    let too_large = |bytes: u64| Error::Memory {
        what: format!("reading {source}"),
        needed: bytes.saturating_mul(PARSED_BYTES),
        limit: config.memory_bytes(),
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
