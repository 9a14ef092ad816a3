//! Tests of the command `ironforge` through its command line.

mod build_graph;
mod commands;
mod convert;
mod dag;
mod dag_files;
mod dag_ids;
mod dag_weights;
mod input_files;
mod inspect;
mod legacy_config;
mod motifs;
mod refusals;
mod scale;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use serde_json::Value;
use tempfile::TempDir;

/// Part of the error of `--device cuda` without a visible GPU.
const NO_CUDA: &str = if cfg!(feature = "cuda") { "device cuda cannot run" } else { "--features cuda" };

/// Runs the command without settings from the environment and without a GPU; `fake_driver` tests GPUs.
fn ironforge(args: &[&str]) -> Output {
    command(args).output().unwrap()
}

fn command(args: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_ironforge"));
    let setting = |name: &str| name.starts_with("IRONFORGE_") || name.starts_with("IFG_");
    for (name, _) in std::env::vars_os().filter(|(name, _)| setting(&name.to_string_lossy())) {
        command.env_remove(name);
    }
    command.env("CUDA_VISIBLE_DEVICES", "").args(args);
    command
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

/// A temporary folder for input files and results.
struct Workspace {
    folder: TempDir,
}

impl Workspace {
    fn new() -> Self {
        Self { folder: tempfile::tempdir().unwrap() }
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn file(&self, name: &str, bytes: impl AsRef<[u8]>) -> String {
        let path = self.path(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(&path, bytes).unwrap();
        path.display().to_string()
    }

    fn out(&self) -> String {
        self.path("out").display().to_string()
    }

    /// Runs `discover` with few null draws into `out`.
    fn discover(&self, args: &[&str]) -> Output {
        let out = self.out();
        let mut all = vec!["discover", "--out", &out, "--set", "motif.iterations=20"];
        all.extend(args);
        ironforge(&all)
    }

    fn report(&self) -> Value {
        serde_json::from_slice(&std::fs::read(self.path("out/run.json")).unwrap()).unwrap()
    }
}

fn ok(output: Output) -> String {
    assert!(output.status.success(), "{}", text(&output.stderr));
    text(&output.stdout)
}

/// Asserts the exit code, and that the error message is one paragraph that contains the text.
fn refused(output: &Output, code: i32, holds: &str) {
    let printed = text(&output.stderr);
    assert_eq!(output.status.code(), Some(code), "{printed}");
    assert!(printed.contains(holds), "expected {holds:?} in: {printed}");
    assert!(!printed.contains("panicked"), "{printed}");
    let error = printed.lines().rfind(|l| l.starts_with("ironforge: ")).unwrap();
    assert!(printed.trim_end().ends_with(error), "more than a paragraph: {printed}");
}

/// Bytes of every file under a folder; of `run.json` without the fields that depend on the clock or the threads.
fn contents(folder: &Path) -> BTreeMap<PathBuf, Vec<u8>> {
    crate::outputs::contents(folder, |report| {
        report.as_object_mut().unwrap().retain(|key, _| key != "timings" && key != "threads");
        report["config"]["limits"].as_object_mut().unwrap().remove("threads");
        report["memory"].as_object_mut().unwrap().remove("peak_bytes");
    })
}

/// A session file with these events: (time of day, kind, price).
fn session(events: &[(&str, &str, Option<f64>)]) -> String {
    let event = |(t, kind, price): &(&str, &str, Option<f64>)| {
        serde_json::json!({
            "type": kind, "timestamp": t, "price_level": price, "magnitude": 0.5
        })
    };
    let events: Vec<Value> = events.iter().map(event).collect();
    let meta = serde_json::json!({"session_type": "lunch", "session_date": "2025-08-06", "timezone": "ET"});
    serde_json::json!({"original_format": "enhanced_session", "session_metadata": meta, "events": events})
        .to_string()
}

const CSV: &str = "when,who,what,amount\n0,a,pay,1.5\n90,b,pay,2\n200,a,refund,\n260,a,pay,4\n";
const CSV_MAP: [&str; 6] = ["--time", "when:s", "--kind", "what", "--key", "who"];

#[test]
fn the_sample_gives_every_output_and_is_reported_as_the_input() {
    let workspace = Workspace::new();
    let output = workspace.discover(&[]);
    assert!(text(&output.stderr).contains("built-in sample"));
    let summary = ok(output);
    assert!(summary.contains("sessions") && summary.contains("untrained"), "{summary}");
    let report = workspace.report();
    assert_eq!((&report["schema_version"], &report["trained"]), (&Value::from(2), &Value::from(false)));
    for session in report["sessions"].as_array().unwrap() {
        for dataset in ["nodes", "temporal_edges", "dag_edges", "embeddings", "scores"] {
            let id = session["id"].as_str().unwrap();
            let part = workspace.path(&format!("out/{dataset}/session_id={id}/part-0.parquet"));
            assert!(part.is_file(), "{}", part.display());
        }
    }
    assert!(workspace.path("out/motifs.parquet").is_file());
    let left: Vec<_> =
        std::fs::read_dir(workspace.folder.path()).unwrap().map(|e| e.unwrap().file_name()).collect();
    assert_eq!(left, ["out"], "nothing else may be left behind");
}

#[test]
fn the_same_run_gives_the_same_files_for_any_number_of_threads() {
    let (one, two, again) = (Workspace::new(), Workspace::new(), Workspace::new());
    ok(one.discover(&["--threads", "1"]));
    ok(two.discover(&["--threads", "2"]));
    ok(again.discover(&["--threads", "2"]));
    let first = contents(&one.path("out"));
    assert!(first.len() > 10);
    for other in [two, again] {
        let second = contents(&other.path("out"));
        assert_eq!(first.keys().collect::<Vec<_>>(), second.keys().collect::<Vec<_>>());
        for (path, bytes) in &first {
            assert!(bytes == &second[path], "{} differs", path.display());
        }
    }
    let seeded = Workspace::new();
    ok(seeded.discover(&["--seed", "43"]));
    let name = Path::new("motifs.parquet");
    assert_ne!(first[name], contents(&seeded.path("out"))[name], "the seed must matter");
}

#[test]
fn a_csv_table_keeps_its_column_names() {
    let workspace = Workspace::new();
    let csv = workspace.file("payments.csv", CSV);
    let mut args = vec![csv.as_str(), "--link", "both", "--json"];
    args.extend(CSV_MAP);
    let printed: Value = serde_json::from_str(&ok(workspace.discover(&args))).unwrap();
    assert_eq!(printed, workspace.report());
    assert_eq!(printed["sessions"][0]["id"], "payments");
    assert_eq!(printed["feature_stats"]["features"][0]["name"], "amount");
    assert_eq!(printed["config"]["session"]["time"], "when:s");
}

#[test]
fn a_group_that_looks_like_a_path_stays_inside_the_output() {
    let workspace = Workspace::new();
    let csv = workspace.file("t.csv", "t,g\n1,../x\n2,../x\n3,a/b\n4,..\n");
    ok(workspace.discover(&[&csv, "--time", "t:s", "--group", "g"]));
    assert!(!workspace.path("x").exists() && !workspace.path("out/x").exists());
    let ids: Vec<_> =
        workspace.report()["sessions"].as_array().unwrap().iter().map(|s| s["id"].clone()).collect();
    assert_eq!(ids, ["..", "../x", "a/b"]);
    for dataset in ["nodes", "scores"] {
        let folders = std::fs::read_dir(workspace.path(&format!("out/{dataset}"))).unwrap().count();
        assert_eq!(folders, 3, "{dataset}");
    }
}

#[test]
fn one_event_is_a_session() {
    let workspace = Workspace::new();
    ok(workspace.discover(&[&workspace.file("one.json", session(&[("10:00:00", "open", Some(5.0))]))]));
    let report = workspace.report();
    assert_eq!(report["sessions"][0]["events"], 1);
    assert_eq!(report["motifs"]["instances"], 0);
}

#[test]
fn a_folder_is_searched_and_other_files_are_reported_as_skipped() {
    let workspace = Workspace::new();
    let events = [("09:30:00", "open", Some(1.0)), ("09:32:00", "", None), ("09:31:00", "sweep", Some(2.0))];
    workspace.file("in/deep/adapted_enhanced_rel_NY_AM_Lvl-1_2025_07_24.json", session(&events));
    workspace.file("in/adapted_enhanced_rel_NYAM_Lvl-1_2025_08_07_FRESH.json", session(&events));
    workspace.file("in/notes.txt", "x");
    workspace.file("in/other.json", "{\"a\": 1}");
    workspace.file("in/table.csv", CSV);
    let folder = workspace.path("in").display().to_string();
    ok(workspace.discover(&[&folder]));
    let report = workspace.report();
    let ids: Vec<_> =
        report["sessions"].as_array().unwrap().iter().map(|s| s["id"].as_str().unwrap()).collect();
    assert_eq!(ids, ["NYAM_2025-08-07_FRESH", "NY_AM_2025-07-24"]);
    assert_eq!(
        (&report["sessions"][0]["missing_price"], &report["sessions"][0]["missing_kind"]),
        (&Value::from(1), &Value::from(1))
    );
    assert_eq!(report["skipped"].as_array().unwrap().len(), 3, "{}", report["skipped"]);

    workspace.file("in/x/NY_AM_Lvl-1_2025_07_24.json", session(&events));
    refused(&workspace.discover(&[&folder]), 65, "NY_AM_2025-07-24");
}

#[cfg(unix)]
#[test]
fn an_interrupted_run_leaves_nothing_and_exits_with_130() {
    let workspace = Workspace::new();
    let mut run = command(&["discover", "--set", "motif.iterations=1000000", "--out", &workspace.out()])
        .stderr(std::process::Stdio::piped())
        .spawn()
        .unwrap();
    let staged = || std::fs::read_dir(workspace.folder.path()).unwrap().count() > 0;
    while !staged() {
        if let Some(status) = run.try_wait().unwrap() {
            panic!("{status} before anything was staged: {}", text(&run.wait_with_output().unwrap().stderr));
        }
        std::thread::sleep(std::time::Duration::from_millis(5));
    }
    let killed = Command::new("kill").args(["-INT", &run.id().to_string()]).status().unwrap();
    assert!(killed.success());
    let output = run.wait_with_output().unwrap();
    assert_eq!(output.status.code(), Some(130), "{}", text(&output.stderr));
    assert!(!staged(), "the staging folder must be gone");
}
