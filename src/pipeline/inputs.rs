//! Finding and reading the input.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use rayon::prelude::*;
use serde::Serialize;

use super::{estimate, staging::OUTPUTS};
use crate::config::Config;
use crate::error::Error;
use crate::events::{self, ColumnMap, TimeColumn};
use crate::store;
use crate::table::Session;

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
    /// Whether the sessions are the built-in sample.
    pub sample: bool,
}

/// A file to read, and whether the user named it or it was found in a folder.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Candidate {
    path: PathBuf,
    named: bool,
}

enum Outcome {
    Sessions(Vec<Session>),
    Skipped(Skipped),
}

/// Reads the named files, and every session file and table in the named folders.
pub(super) fn read(paths: &[PathBuf], out: &Path, config: &Config) -> Result<Inputs, Error> {
    if paths.is_empty() {
        return Ok(Inputs { sessions: sorted(events::sample())?, sample: true, ..Inputs::default() });
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
    Ok(Inputs { sessions: sorted(sessions)?, skipped, sample: false })
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

/// All files under the paths, each once, sorted; the run's own output is left out.
fn find(paths: &[PathBuf], out: &Path) -> Result<(Vec<Candidate>, Vec<Skipped>), Error> {
    let own = out.canonicalize().ok();
    let (mut found, mut skipped) = (BTreeMap::new(), Vec::new());
    for path in paths {
        let meta = std::fs::metadata(path).map_err(|source| Error::input(path, source))?;
        if meta.is_dir() {
            let mut folders = BTreeSet::from([path.clone()]);
            while let Some(folder) = folders.pop_first() {
                list(&folder, own.as_deref(), &mut folders, &mut found, &mut skipped)?;
            }
        } else {
            let key = path.canonicalize().map_err(|source| Error::input(path, source))?;
            found.insert(key, Candidate { path: path.clone(), named: true });
        }
    }
    let mut candidates: Vec<_> = found.into_values().collect();
    candidates.sort();
    Ok((candidates, skipped))
}

fn list(
    folder: &Path,
    own: Option<&Path>,
    folders: &mut BTreeSet<PathBuf>,
    found: &mut BTreeMap<PathBuf, Candidate>,
    skipped: &mut Vec<Skipped>,
) -> Result<(), Error> {
    let entries = std::fs::read_dir(folder).map_err(|source| Error::input(folder, source))?;
    let is_out = own.is_some() && folder.canonicalize().ok().as_deref() == own;
    for entry in entries {
        let entry = entry.map_err(|source| Error::input(folder, source))?;
        let path = entry.path();
        // What an earlier run left in a folder that is both input and output, and where this one prepares its own.
        let name = entry.file_name();
        let name = name.to_string_lossy();
        if is_out && (OUTPUTS.contains(&&*name) || name.starts_with(".ironforge-")) {
            continue;
        }
        let mut skip = |reason: &str| {
            skipped.push(Skipped { path: path.display().to_string(), reason: reason.to_owned() })
        };
        let linked = std::fs::symlink_metadata(&path).is_ok_and(|m| m.is_symlink());
        match (std::fs::metadata(&path), path.canonicalize()) {
            (Ok(meta), Ok(canonical)) if meta.is_dir() => {
                if own == Some(&canonical) {
                    skip("the output folder of this run");
                } else if linked {
                    skip("a symbolic link to a folder: name the folder itself to read it");
                } else {
                    folders.insert(path);
                }
            }
            (Ok(meta), Ok(canonical)) if meta.is_file() => {
                found.entry(canonical).or_insert(Candidate { path, named: false });
            }
            (Ok(_), _) => skip("neither a file nor a folder"),
            (Err(e), _) => skip(&format!("cannot be opened: {e}")),
        }
    }
    Ok(())
}

fn read_one(candidate: &Candidate, map: &ColumnMap, config: &Config) -> Result<Outcome, Error> {
    let path = &candidate.path;
    let source = path.display().to_string();
    let skip = |reason: String| Ok(Outcome::Skipped(Skipped { path: source.clone(), reason }));
    let extension = path.extension().map(|e| e.to_string_lossy().to_lowercase()).unwrap_or_default();
    let read = match extension.as_str() {
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
    Ok(vec![events::session_from_json(&bytes, source, &stem(path), map.zone.as_deref())?])
}

fn parquet_file(path: &Path, source: &str, map: &ColumnMap, config: &Config) -> Result<Vec<Session>, Error> {
    estimate::check_rows(store::footer(path)?.rows, source, config)?;
    let read = store::read_table(path, map.columns().as_deref(), config.memory_bytes())?;
    Ok(events::from_table(read.table, map, source, &events::session_id_from_stem(&stem(path)))?)
}

fn csv_file(path: &Path, source: &str, map: &ColumnMap, config: &Config) -> Result<Vec<Session>, Error> {
    let columns = map.columns();
    estimate::check_csv(path, columns.as_ref().map(Vec::len), config)?;
    let table = events::csv_table(path, columns.as_deref(), &map.text_columns(), config.memory_bytes())?;
    Ok(events::from_table(table, map, source, &events::session_id_from_stem(&stem(path)))?)
}

/// Bytes of memory that one byte of JSON takes once it is parsed.
const PARSED_BYTES: u64 = 12;

/// The bytes of a JSON file that, parsed, fits the memory limit.
fn bounded(path: &Path, source: &str, config: &Config) -> Result<Vec<u8>, Error> {
    let bytes = std::fs::metadata(path).map_err(|e| Error::input(path, e))?.len();
    let needed = bytes.saturating_mul(PARSED_BYTES);
    if needed > config.memory_bytes() {
        return Err(Error::Memory {
            what: format!("reading {source}"),
            needed,
            limit: config.memory_bytes(),
        });
    }
    std::fs::read(path).map_err(|e| Error::input(path, e))
}
