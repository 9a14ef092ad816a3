//! Hostile files, in child processes with little memory: a value or an error, whatever the bytes.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use ironforge::philox::Philox;
use ironforge::store::{
    InspectOptions, Predicate, ScanOptions, StoreConfig, StoreError, convert, footer, inspect, read_table,
    scan, write_table,
};

use super::every_type;
use crate::data::data;

/// Address space of a child, kB: the program itself, its stacks, and whatever it reads.
const ADDRESS_SPACE_KB: u64 = 256 << 10;
/// Memory that reading may take, bytes.
pub const LIMIT: u64 = 96 << 20;
/// Longest time for one file.
const PATIENCE: Duration = Duration::from_secs(20);

/// How a file is called that is no Parquet file.
pub const ARROW: &str = "arrow";
/// What the children do; the parent sets the variable.
const TASK: &str = "HOSTILE_TASK";

/// Reads one file in every way there is. What comes out does not matter, that it comes out does.
fn read(path: &Path) -> bool {
    if path.extension().is_some_and(|extension| extension == ARROW) {
        return to_parquet(path);
    }
    let depth = InspectOptions { pages: true, memory_limit_bytes: LIMIT };
    let leaves = inspect(path, depth, |_, _| ());
    // A predicate brings statistics and page index in.
    let column = footer(path).ok().and_then(|f| f.columns.into_iter().next());
    let predicate = column.map(|(name, _)| Predicate::Present(name));
    let scan = scan(path, &ScanOptions { predicate, memory_limit_bytes: LIMIT, ..ScanOptions::default() });
    let scanned = scan.and_then(|scan| scan.map(|table| table.map(|t| t.rows())).sum::<Result<usize, _>>());
    let table = read_table(path, None, LIMIT);
    for error in [leaves.as_ref().err(), table.as_ref().err(), scanned.as_ref().err()].into_iter().flatten() {
        assert!(error.to_string().contains(&path.display().to_string()), "{error}");
    }
    leaves.is_ok() || table.is_ok()
}

/// Makes a Parquet file of an Arrow IPC file: what is accepted can be read, what is refused leaves nothing behind.
fn to_parquet(path: &Path) -> bool {
    let out = path.with_extension("parquet");
    let _ = std::fs::remove_file(&out);
    match convert(path, &out, &StoreConfig::default(), LIMIT) {
        Ok(converted) => {
            let depth = InspectOptions { pages: true, memory_limit_bytes: LIMIT };
            match inspect(&out, depth, |_, _| ()) {
                Ok(found) => assert_eq!(found.rows, converted.rows),
                // What was written row by row is decoded page by page.
                Err(error) => assert!(matches!(error, StoreError::Memory { .. }), "{error}"),
            }
            true
        }
        Err(error) => {
            // An error that blames the output would be one of ours.
            let blames_input = !matches!(error, StoreError::Encode { .. } | StoreError::Io { .. });
            assert!(blames_input && error.to_string().contains(&path.display().to_string()), "{error}");
            assert!(!out.exists(), "{error}");
            false
        }
    }
}

/// Mutants `from..` of a file, each one byte away from it; the child says how far it got.
fn mutants(path: &Path, count: u32) {
    let whole = std::fs::read(path).unwrap();
    let sound = read(path);
    let dir = tempfile::tempdir().unwrap();
    let at = dir.path().join("mutant").with_extension(path.extension().unwrap());
    let mut stream = Philox::new(2026).stream(0, 0);
    let (mut accepted, mut refused) = (0, 0);
    for _ in 0..count {
        let mut bytes = whole.clone();
        let place = stream.below(whole.len() as u32) as usize;
        bytes[place] ^= 1 + stream.below(255) as u8;
        std::fs::write(&at, &bytes).unwrap();
        let start = Instant::now();
        match read(&at) {
            true => accepted += 1,
            false => refused += 1,
        }
        assert!(start.elapsed() < PATIENCE, "byte {place} took {:?}", start.elapsed());
    }
    println!("{}: {accepted} accepted, {refused} refused", path.display());
    // A changed value makes a sound file, a changed length none.
    assert!((accepted > 0) == sound && refused > count / 50, "{refused} refused");
}

/// Every beginning of a file that is whole kilobytes long, and the last 1,024.
fn truncations(path: &Path) {
    let whole = std::fs::read(path).unwrap();
    let dir = tempfile::tempdir().unwrap();
    let at = dir.path().join("cut").with_extension(path.extension().unwrap());
    let last = whole.len().saturating_sub(1024)..whole.len();
    for end in (0..whole.len()).step_by(1024).chain(last) {
        std::fs::write(&at, &whole[..end]).unwrap();
        assert!(!read(&at), "{} cut at {end}", path.display());
    }
}

/// Scans a file with so many bytes of memory.
fn bounded(path: &Path, memory_limit_bytes: u64) {
    // A small file first: the code itself, read from disk when it first runs, is no memory of the scan.
    let dir = tempfile::tempdir().unwrap();
    let small = dir.path().join("small.parquet");
    write_table(&small, &every_type(100), &StoreConfig::default()).unwrap();
    assert!(scan(&small, &ScanOptions::default()).unwrap().all(|table| table.is_ok()));
    let before = peak_kb();
    let tables = scan(path, &ScanOptions { memory_limit_bytes, ..ScanOptions::default() }).unwrap();
    let rows: usize = tables.map(|table| table.unwrap().rows()).sum();
    let took = (peak_kb() - before) * 1024;
    println!("{}: accepted, {rows} rows, {took} bytes of {memory_limit_bytes}", path.display());
    // Beside what is counted, the footer and what the heap does not give back at once.
    assert!(took < memory_limit_bytes + (2 << 20), "{took} bytes");
}

/// Peak of the resident memory of this process, kB.
fn peak_kb() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find(|line| line.starts_with("VmHWM:")).unwrap();
    line.split_whitespace().nth(1).unwrap().parse().unwrap()
}

/// Not a test of its own: what a child of the tests below runs.
#[test]
#[cfg(target_os = "linux")]
fn hostile_child() {
    let Ok(task) = std::env::var(TASK) else { return };
    let (what, path) = task.split_once(' ').unwrap();
    let path = Path::new(path);
    match what {
        "mutants" => mutants(path, 2000),
        "truncations" => truncations(path),
        scan if scan.starts_with("scan-") => bounded(path, scan[5..].parse().unwrap()),
        _ => {
            println!("{}: {}", path.display(), if read(path) { "accepted" } else { "refused" });
        }
    }
    println!("peak {} kB", peak_kb());
    assert!(peak_kb() <= ADDRESS_SPACE_KB);
}

/// Runs a task in a child of its own that cannot take more memory than it was given.
#[cfg(target_os = "linux")]
pub fn child(what: &str, path: &Path) -> String {
    let program = std::env::current_exe().unwrap();
    let limited =
        "ulimit -v \"$1\" && exec \"$2\" --exact store::hostile::hostile_child --nocapture --test-threads 1";
    let output = Command::new("sh")
        .args(["-c", limited, "sh", &ADDRESS_SPACE_KB.to_string()])
        .arg(program)
        .env(TASK, format!("{what} {}", path.display()))
        // A thread of its own heap would take 64 MB of addresses it never uses.
        .env("MALLOC_ARENA_MAX", "1")
        .env("RAYON_NUM_THREADS", "1")
        .stdin(Stdio::null())
        .output()
        .unwrap();
    let said =
        format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert!(output.status.success(), "{what} {}: {}\n{said}", path.display(), output.status);
    assert!(!said.contains("panicked"), "{said}");
    said.lines()
        .filter(|line| ["accepted", "refused", "peak"].iter().any(|word| line.contains(word)))
        .collect::<Vec<_>>()
        .join(", ")
}

/// The three kinds of file: plain values, dictionaries, nested columns.
fn three(dir: &Path) -> Vec<PathBuf> {
    let own = dir.join("own.parquet");
    write_table(&own, &every_type(300), &StoreConfig { row_group_rows: 100, ..StoreConfig::default() })
        .unwrap();
    let mut files = vec![own];
    for name in [
        "parquet-writers/pyarrow_edges_delta_v1_none.parquet",
        "parquet-writers/pyarrow_events_v1_dict_zstd.parquet",
        "parquet-writers/pyarrow_nested_v1_zstd.parquet",
    ] {
        files.extend(data(name));
    }
    files
}

#[test]
#[cfg(target_os = "linux")]
fn two_thousand_mutants_of_each_kind_of_file_do_no_harm() {
    let dir = tempfile::tempdir().unwrap();
    for file in three(dir.path()) {
        println!("{}", child("mutants", &file));
    }
}

#[test]
#[cfg(target_os = "linux")]
fn a_file_cut_off_at_any_kilobyte_or_near_its_end_does_no_harm() {
    let dir = tempfile::tempdir().unwrap();
    for file in three(dir.path()) {
        println!("{}", child("truncations", &file));
    }
}

#[test]
#[cfg(target_os = "linux")]
fn files_that_are_known_to_be_bad_do_no_harm() {
    let Some(folder) = data("parquet-testing/bad_data") else { return };
    let mut files: Vec<PathBuf> = std::fs::read_dir(folder).unwrap().map(|e| e.unwrap().path()).collect();
    files.sort();
    for file in &files {
        println!("{}", child("one", file));
    }
}
