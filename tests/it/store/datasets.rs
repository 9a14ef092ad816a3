//! Datasets: sessions are appended to and replaced, by writers that may be killed or run out of disk space.

use std::path::{Path, PathBuf};
use std::process::{Child, Command};
use std::time::{Duration, Instant};

use ironforge::store::{
    Dataset, StoreConfig, StoreError, read_table, session_files, sessions, verify_checksum, write_table,
};
use ironforge::table::{Table, Values};

use super::{LIMIT, column, every_type, small};

const KEY: &str = "session_id";
/// Environment variable that makes a process a child: the name of its job, and the folder.
const JOB: &str = "IRONFORGE_TEST_JOB";

/// A table whose rows all contain the version.
fn version(n: u32) -> Table {
    let rows = 200 + n as usize % 7;
    Table::new(vec![
        column("version", "", Values::U32(vec![n; rows].into())),
        column("x", "", Values::F64((0..rows).map(|i| f64::from(n) + i as f64).collect())),
    ])
}

/// The version of a file, whose whole content is checked.
fn read_version(path: &Path) -> u32 {
    assert!(verify_checksum(path).unwrap().is_some());
    let table = read_table(path, None, LIMIT).unwrap().table;
    let Values::U32(v) = &table.columns()[0].values else { panic!("{table:?}") };
    assert_eq!(table, version(v.values()[0]));
    v.values()[0]
}

#[test]
fn sessions_are_appended_to_replaced_and_listed() {
    let dir = tempfile::tempdir().unwrap();
    let folder = dir.path().join("deep/er");
    let dataset = Dataset::open(&folder, KEY).unwrap();
    assert!(dataset.sessions().unwrap().is_empty() && dataset.files("none").unwrap().is_empty());
    let config = small(90);
    for (session, n) in [("NY_AM", 0), ("a/../b", 1), ("NY_AM", 2), ("é = %", 3), ("NY_AM", 4)] {
        let written = dataset.append(session, &version(n), &config).unwrap();
        assert_eq!(written.rows, version(n).rows() as u64);
    }
    let versions = |session: &str| -> Vec<u32> {
        dataset.files(session).unwrap().iter().map(|path| read_version(path)).collect()
    };
    assert_eq!(dataset.sessions().unwrap(), ["NY_AM", "a/../b", "é = %"]);
    assert_eq!((versions("NY_AM"), versions("a/../b"), versions("é = %")), (vec![0, 2, 4], vec![1], vec![3]));
    let names: Vec<String> = dataset.files("NY_AM").unwrap().iter().map(|path| name(path)).collect();
    assert_eq!(names, ["part-0.parquet", "part-000001.parquet", "part-000002.parquet"]);
    dataset.replace("NY_AM", &version(9), &config).unwrap();
    dataset.replace("new", &version(8), &config).unwrap();
    assert_eq!((versions("NY_AM"), versions("new")), (vec![9], vec![8]));
    dataset.append("NY_AM", &version(10), &config).unwrap();
    assert_eq!(versions("NY_AM"), [9, 10]);
    assert!(unfinished(&folder).is_empty(), "{:?}", unfinished(&folder));
    assert_eq!(std::fs::read_dir(dir.path()).unwrap().count(), 1, "nothing is written outside the dataset");
    // With numbers of more than one digit the files are still in order.
    for n in 11..21 {
        dataset.append("NY_AM", &version(n), &config).unwrap();
    }
    assert_eq!(versions("NY_AM"), (9..21).collect::<Vec<_>>());
}

fn name(path: &Path) -> String {
    path.file_name().unwrap().to_string_lossy().into_owned()
}

/// Paths that readers skip, except the lock.
fn unfinished(folder: &Path) -> Vec<PathBuf> {
    let (mut folders, mut found) = (vec![folder.to_owned()], Vec::new());
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if name(&path).starts_with(".ironforge-") && name(&path) != ".ironforge-lock" {
                found.push(path);
            } else if path.is_dir() {
                folders.push(path);
            }
        }
    }
    found
}

#[test]
fn only_one_writer_at_a_time_is_allowed() {
    let dir = tempfile::tempdir().unwrap();
    let first = Dataset::open(dir.path(), KEY).unwrap();
    assert!(matches!(Dataset::open(dir.path(), KEY), Err(StoreError::Busy { .. })));
    drop(first);
    assert!(Dataset::open(dir.path(), KEY).is_ok());
}

#[test]
fn impossible_keys_and_sessions_are_refused() {
    let dir = tempfile::tempdir().unwrap();
    let here = dir.path().join("d");
    for key in ["", ".hidden", "_hidden"] {
        assert!(matches!(Dataset::open(&here, key), Err(StoreError::Partition { .. })), "{key}");
        assert!(!here.exists());
    }
    let dataset = Dataset::open(&here, KEY).unwrap();
    for session in ["", "__HIVE_DEFAULT_PARTITION__", "x".repeat(300).as_str()] {
        let error = dataset.append(session, &version(1), &small(9)).unwrap_err();
        assert!(matches!(error, StoreError::Partition { .. }), "{error}");
        assert!(dataset.replace(session, &version(1), &small(9)).is_err() && dataset.files(session).is_err());
    }
    let config = StoreConfig { row_group_rows: 0, ..StoreConfig::default() };
    assert!(dataset.append("a", &version(1), &config).is_err());
    assert!(dataset.sessions().unwrap().is_empty());
    for session in ["..", "/etc/passwd", "../../x", "C:\\x", "CON", "a\0b"] {
        dataset.append(session, &version(1), &small(900)).unwrap();
    }
    assert_eq!(std::fs::read_dir(dir.path()).unwrap().count(), 1, "nothing is written outside the folder");
    assert_eq!(dataset.sessions().unwrap().len(), 6);
}

#[cfg(unix)]
#[test]
fn symbolic_links_are_not_followed() {
    let dir = tempfile::tempdir().unwrap();
    let (here, elsewhere) = (dir.path().join("here"), dir.path().join("elsewhere"));
    std::fs::create_dir_all(&elsewhere).unwrap();
    std::fs::write(elsewhere.join("part-0.parquet"), "kept").unwrap();
    let dataset = Dataset::open(&here, KEY).unwrap();
    std::os::unix::fs::symlink(&elsewhere, here.join("session_id=a")).unwrap();
    for error in [
        dataset.append("a", &version(1), &small(9)).unwrap_err(),
        dataset.replace("a", &version(1), &small(9)).unwrap_err(),
        dataset.files("a").unwrap_err(),
        dataset.sessions().unwrap_err(),
    ] {
        assert!(matches!(&error, StoreError::NotAFolder { what: "a link", .. }), "{error}");
    }
    // A link among the leftovers is removed; its target stays.
    std::os::unix::fs::symlink(&elsewhere, here.join(".ironforge-x")).unwrap();
    std::fs::remove_file(here.join("session_id=a")).unwrap();
    drop(dataset);
    let dataset = Dataset::open(&here, KEY).unwrap();
    assert!(unfinished(&here).is_empty() && dataset.sessions().unwrap().is_empty());
    // A link with the name of a file is replaced, not followed.
    dataset.replace("b", &version(1), &small(900)).unwrap();
    let part = here.join("session_id=b/part-0.parquet");
    std::fs::remove_file(&part).unwrap();
    std::os::unix::fs::symlink(elsewhere.join("part-0.parquet"), &part).unwrap();
    write_table(&part, &version(2), &small(900)).unwrap();
    assert_eq!(read_version(&part), 2);
    assert_eq!(std::fs::read_to_string(elsewhere.join("part-0.parquet")).unwrap(), "kept");
    assert_eq!(std::fs::read_dir(&elsewhere).unwrap().count(), 1);
}

/// Starts this test binary again as a child that does a job in a folder.
fn child(job: &str, folder: &Path, shell: &str) -> Child {
    let test = "store::datasets::child_process_does_its_job";
    let script = format!("{shell}exec \"$0\" --exact {test} --nocapture --test-threads 1");
    Command::new("sh")
        .args(["-c", &script])
        .arg(std::env::current_exe().unwrap())
        .env(JOB, format!("{job} {}", folder.display()))
        .stdout(std::process::Stdio::null())
        .spawn()
        .unwrap()
}

/// Does nothing unless the process is a child.
#[test]
fn child_process_does_its_job() {
    let Ok(job) = std::env::var(JOB) else { return };
    let (job, folder) = job.split_once(' ').unwrap();
    let folder = Path::new(folder);
    match job {
        "write" => write_without_end(folder),
        "full" => write_on_a_full_disk(folder),
        other => panic!("{other}"),
    }
}

/// Replaces one session and appends to another, which it replaces every eighth round.
fn write_without_end(folder: &Path) {
    let dataset = Dataset::open(folder, KEY).unwrap();
    std::fs::write(folder.join("started"), "").unwrap();
    for n in 1.. {
        dataset.replace("replaced", &version(n), &small(50)).unwrap();
        match n % 8 {
            0 => dataset.replace("grown", &version(n), &small(50)).unwrap(),
            _ => dataset.append("grown", &version(n), &small(50)).unwrap(),
        };
    }
}

/// The visible state of the folder: the version of the replaced session, and those of the growing one.
fn state(folder: &Path) -> (Option<u32>, Vec<u32>) {
    let versions = |session: &str| -> Vec<u32> {
        session_files(folder, KEY, session).unwrap().iter().map(|path| read_version(path)).collect()
    };
    let replaced = versions("replaced");
    assert!(replaced.len() <= 1, "{replaced:?}");
    (replaced.first().copied(), versions("grown"))
}

#[cfg(unix)]
#[test]
fn a_writer_killed_at_any_time_leaves_the_old_state_or_the_new() {
    let mut random = ironforge::philox::Philox::new(100).stream(0, 0);
    let (mut caught, mut states) = (0, std::collections::BTreeSet::new());
    for kill in 0..100 {
        let dir = tempfile::tempdir().unwrap();
        let folder = dir.path();
        let mut writer = child("write", folder, "");
        let begun = Instant::now();
        while !folder.join("started").exists() {
            assert!(begun.elapsed() < Duration::from_secs(60), "the child does not start");
            std::thread::sleep(Duration::from_micros(200));
        }
        std::thread::sleep(Duration::from_micros(u64::from(random.below(100_000))));
        // Readable before the kill, too: a reader may run while the writer does.
        assert!(sessions(folder, KEY).unwrap().len() <= 2);
        writer.kill().unwrap();
        writer.wait().unwrap();

        let before = state(folder);
        caught += usize::from(!unfinished(folder).is_empty());
        // Each round replaces one session, then writes the other: the second is at the same round or one behind.
        let (replaced, grown) = (before.0.unwrap_or(0), &before.1);
        let last = grown.last().copied().unwrap_or(0);
        assert!(last == replaced || last + 1 == replaced, "kill {kill}: {before:?}");
        assert!(grown.windows(2).all(|pair| pair[1] == pair[0] + 1), "kill {kill}: {grown:?}");
        assert!(grown.first().is_none_or(|&first| first == 1 || first % 8 == 0), "kill {kill}: {grown:?}");

        let dataset = Dataset::open(folder, KEY).unwrap();
        assert!(unfinished(folder).is_empty(), "kill {kill}: {:?}", unfinished(folder));
        assert_eq!(state(folder), before, "removing leftovers changes nothing visible, kill {kill}");
        // The next writer continues.
        dataset.replace("replaced", &version(77), &small(50)).unwrap();
        assert_eq!(state(folder).0, Some(77));
        states.insert(before);
    }
    println!("{} different states, {caught} of 100 kills left something unfinished", states.len());
    assert!(states.len() >= 4 && caught >= 4, "{} states, {caught} kills in the middle", states.len());
}

#[cfg(unix)]
#[test]
fn a_full_disk_is_an_error_and_leaves_the_old_file() {
    let dir = tempfile::tempdir().unwrap();
    let folder = dir.path();
    write_table(&folder.join("t.parquet"), &version(1), &small(50)).unwrap();
    let dataset = Dataset::open(folder, KEY).unwrap();
    dataset.append("a", &version(1), &small(50)).unwrap();
    drop(dataset);
    // Files of at most 64 blocks of 512 bytes; the signal of that limit is ignored, since a full disk sends none.
    let mut child = child("full", folder, "trap '' XFSZ; ulimit -f 64; ");
    assert!(child.wait().unwrap().success());
    assert_eq!(read_version(&folder.join("t.parquet")), 1);
    assert_eq!(
        session_files(folder, KEY, "a").unwrap().iter().map(|p| read_version(p)).collect::<Vec<_>>(),
        [1]
    );
    assert_eq!(sessions(folder, KEY).unwrap(), ["a"]);
    assert!(unfinished(folder).is_empty(), "{:?}", unfinished(folder));
}

fn write_on_a_full_disk(folder: &Path) {
    let large = every_type(60_000);
    let dataset = Dataset::open(folder, KEY).unwrap();
    for content_defined in [false, true] {
        let config = StoreConfig { content_defined, ..StoreConfig::default() };
        for error in [
            write_table(&folder.join("t.parquet"), &large, &config).unwrap_err(),
            dataset.append("a", &large, &config).unwrap_err(),
            dataset.replace("a", &large, &config).unwrap_err(),
            dataset.append("b", &large, &config).unwrap_err(),
            dataset.replace("b", &large, &config).unwrap_err(),
        ] {
            let full = std::io::ErrorKind::FileTooLarge;
            assert!(matches!(&error, StoreError::Io { source, .. } if source.kind() == full), "{error:?}");
            assert!(error.to_string().contains(".parquet"), "{error}");
        }
    }
    // Here the footer alone is too large: an error in the last bytes is reported like one in the first.
    let wide: Vec<_> =
        (0..1_500).map(|i| column(&format!("c{i}"), "", Values::U32(vec![1].into()))).collect();
    assert!(write_table(&folder.join("t.parquet"), &Table::new(wide), &small(9)).is_err());
}
