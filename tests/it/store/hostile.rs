//! Hostile files, read in child processes with little memory: any bytes give a value or an error.

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

/// Address space of a child process, kB: the program, its stacks, and all that it reads.
const ADDRESS_SPACE_KB: u64 = 256 << 10;
/// Memory limit of reading, bytes.
pub const LIMIT: u64 = 96 << 20;
/// Longest time for one file.
const TIME_LIMIT: Duration = Duration::from_secs(20);

/// Extension of Arrow IPC files; other files are read as Parquet.
pub const ARROW: &str = "arrow";
/// Environment variable with the task of a child process.
const TASK: &str = "HOSTILE_TASK";

/// Reads one file with every reader; returns whether one of them accepted it. The values do not matter.
fn read(path: &Path) -> bool {
    if path.extension().is_some_and(|extension| extension == ARROW) {
        return to_parquet(path);
    }
    let options = InspectOptions { pages: true, memory_limit_bytes: LIMIT };
    let leaves = inspect(path, options, |_, _| ());
    // A predicate makes the scan read statistics and page index.
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

/// Converts an Arrow IPC file to Parquet. The output of an accepted file must be readable; a refused file must
/// leave no output.
fn to_parquet(path: &Path) -> bool {
    let _ = ironforge::store::read_arrow(path, None, LIMIT);
    let out = path.with_extension("parquet");
    let _ = std::fs::remove_file(&out);
    match convert(path, &out, &StoreConfig::default(), LIMIT) {
        Ok(converted) => {
            let options = InspectOptions { pages: true, memory_limit_bytes: LIMIT };
            match inspect(&out, options, |_, _| ()) {
                Ok(found) => assert_eq!(found.rows, converted.rows),
                // Rows that fit the limit one by one may form a page that does not.
                Err(error) => assert!(matches!(error, StoreError::Memory { .. }), "{error}"),
            }
            true
        }
        Err(error) => {
            // An error about the output would be a bug of the writer.
            let blames_input = !matches!(error, StoreError::Encode { .. } | StoreError::Io { .. });
            assert!(blames_input && error.to_string().contains(&path.display().to_string()), "{error}");
            assert!(!out.exists(), "{error}");
            false
        }
    }
}

/// Reads `count` mutants of a file, each with one changed byte.
fn mutants(path: &Path, count: u32) {
    let whole = std::fs::read(path).unwrap();
    let valid = read(path);
    let dir = tempfile::tempdir().unwrap();
    let mutant = dir.path().join("mutant").with_extension(path.extension().unwrap());
    let mut stream = Philox::new(2026).stream(0, 0);
    let (mut accepted, mut refused) = (0, 0);
    for _ in 0..count {
        let mut bytes = whole.clone();
        let offset = stream.below(whole.len() as u32) as usize;
        bytes[offset] ^= 1 + stream.below(255) as u8;
        std::fs::write(&mutant, &bytes).unwrap();
        let start = Instant::now();
        match read(&mutant) {
            true => accepted += 1,
            false => refused += 1,
        }
        assert!(start.elapsed() < TIME_LIMIT, "byte {offset} took {:?}", start.elapsed());
    }
    println!("{}: {accepted} accepted, {refused} refused", path.display());
    // A file with a changed value is still valid, one with a changed length is not.
    assert!((accepted > 0) == valid && refused > count / 50, "{refused} refused");
}

/// Reads every prefix of a file with a length in whole kilobytes, and the 1,024 longest prefixes.
fn truncations(path: &Path) {
    let whole = std::fs::read(path).unwrap();
    let dir = tempfile::tempdir().unwrap();
    let cut = dir.path().join("cut").with_extension(path.extension().unwrap());
    let last = whole.len().saturating_sub(1024)..whole.len();
    for end in (0..whole.len()).step_by(1024).chain(last) {
        std::fs::write(&cut, &whole[..end]).unwrap();
        assert!(!read(&cut), "{} cut at {end}", path.display());
    }
}

/// Scans a file within `memory_limit_bytes`.
fn bounded_scan(path: &Path, memory_limit_bytes: u64) {
    // A small file first: pages of the program, loaded when it first runs, are not memory of the scan.
    let dir = tempfile::tempdir().unwrap();
    let small = dir.path().join("small.parquet");
    write_table(&small, &every_type(100), &StoreConfig::default()).unwrap();
    assert!(scan(&small, &ScanOptions::default()).unwrap().all(|table| table.is_ok()));
    let before = peak_kb();
    let tables = scan(path, &ScanOptions { memory_limit_bytes, ..ScanOptions::default() }).unwrap();
    let rows: usize = tables.map(|table| table.unwrap().rows()).sum();
    let took = (peak_kb() - before) * 1024;
    println!("{}: accepted, {rows} rows, {took} bytes of {memory_limit_bytes}", path.display());
    // In addition to the counted memory: the footer, and memory that the heap does not return at once.
    assert!(took < memory_limit_bytes + (2 << 20), "{took} bytes");
}

/// Peak of the resident memory of this process, kB.
fn peak_kb() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find(|line| line.starts_with("VmHWM:")).unwrap();
    line.split_whitespace().nth(1).unwrap().parse().unwrap()
}

/// Entry point of the child processes of the tests below; does nothing without a task.
#[test]
#[cfg(target_os = "linux")]
fn hostile_child() {
    let Ok(task) = std::env::var(TASK) else { return };
    let (what, path) = task.split_once(' ').unwrap();
    let path = Path::new(path);
    match what {
        "mutants" => mutants(path, 2000),
        "truncations" => truncations(path),
        scan if scan.starts_with("scan-") => bounded_scan(path, scan[5..].parse().unwrap()),
        _ => {
            println!("{}: {}", path.display(), if read(path) { "accepted" } else { "refused" });
        }
    }
    println!("peak {} kB", peak_kb());
    assert!(peak_kb() <= ADDRESS_SPACE_KB);
}

/// Runs a task in a child process with a limited address space; returns its result lines.
#[cfg(target_os = "linux")]
pub fn child(what: &str, path: &Path) -> String {
    let program = std::env::current_exe().unwrap();
    let limited =
        "ulimit -v \"$1\" && exec \"$2\" --exact store::hostile::hostile_child --nocapture --test-threads 1";
    let output = Command::new("sh")
        .args(["-c", limited, "sh", &ADDRESS_SPACE_KB.to_string()])
        .arg(program)
        .env(TASK, format!("{what} {}", path.display()))
        // Each further arena of the heap would take 64 MB of addresses.
        .env("MALLOC_ARENA_MAX", "1")
        .env("RAYON_NUM_THREADS", "1")
        .stdin(Stdio::null())
        .output()
        .unwrap();
    let output_text =
        format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert!(output.status.success(), "{what} {}: {}\n{output_text}", path.display(), output.status);
    assert!(!output_text.contains("panicked"), "{output_text}");
    output_text
        .lines()
        .filter(|line| ["accepted", "refused", "peak"].iter().any(|word| line.contains(word)))
        .collect::<Vec<_>>()
        .join(", ")
}

/// Files of every kind: own, delta encoded, dictionaries, nested columns.
fn sample_files(dir: &Path) -> Vec<PathBuf> {
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
fn two_thousand_mutants_of_each_kind_of_file_give_a_value_or_an_error() {
    let dir = tempfile::tempdir().unwrap();
    for file in sample_files(dir.path()) {
        println!("{}", child("mutants", &file));
    }
}

#[test]
#[cfg(target_os = "linux")]
fn a_file_truncated_at_any_kilobyte_or_near_its_end_is_an_error() {
    let dir = tempfile::tempdir().unwrap();
    for file in sample_files(dir.path()) {
        println!("{}", child("truncations", &file));
    }
}

#[test]
#[cfg(target_os = "linux")]
fn files_that_are_known_to_be_bad_give_a_value_or_an_error() {
    let Some(folder) = data("parquet-testing/bad_data") else { return };
    let mut files: Vec<PathBuf> = std::fs::read_dir(folder).unwrap().map(|e| e.unwrap().path()).collect();
    files.sort();
    for file in &files {
        println!("{}", child("one", file));
    }
}
