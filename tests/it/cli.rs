//! The command, as a user meets it.

use std::collections::{BTreeMap, HashMap};
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use safetensors::tensor::TensorView;
use safetensors::{Dtype, SafeTensors};
use serde_json::Value;
use tempfile::TempDir;

/// What a refusal of CUDA says, where no GPU is shown.
const NO_CUDA: &str = if cfg!(feature = "cuda") { "device cuda cannot run" } else { "--features cuda" };

/// Runs the command without settings from outside, and without a GPU: `cuda.rs` is about those.
fn ironforge(args: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_ironforge"));
    for (name, _) in std::env::vars_os().filter(|(n, _)| n.to_string_lossy().starts_with("IRONFORGE_")) {
        command.env_remove(name);
    }
    command.env("CUDA_VISIBLE_DEVICES", "").args(args).output().unwrap()
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

/// A folder with files to read, and a place for results.
struct Bench {
    folder: TempDir,
}

impl Bench {
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

    /// Runs `discover` with few nulls into `out`.
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

/// Fails unless the command stopped with this code and one paragraph that holds the text.
fn refused(output: &Output, code: i32, holds: &str) {
    let said = text(&output.stderr);
    assert_eq!(output.status.code(), Some(code), "{said}");
    assert!(said.contains(holds), "expected {holds:?} in: {said}");
    assert!(!said.contains("panicked"), "{said}");
    let error = said.lines().rfind(|l| l.starts_with("ironforge: ")).unwrap();
    assert!(said.trim_end().ends_with(error), "more than a paragraph: {said}");
}

/// Every file under a folder with its bytes; of `run.json` what does not depend on the clock and the threads.
fn contents(folder: &Path) -> BTreeMap<PathBuf, Vec<u8>> {
    let mut found = BTreeMap::new();
    let mut folders = vec![folder.to_owned()];
    while let Some(at) = folders.pop() {
        for entry in std::fs::read_dir(&at).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
                continue;
            }
            let mut bytes = std::fs::read(&path).unwrap();
            if path.ends_with("run.json") {
                let mut report: Value = serde_json::from_slice(&bytes).unwrap();
                report.as_object_mut().unwrap().retain(|key, _| key != "timings" && key != "threads");
                bytes = report.to_string().into_bytes();
            }
            found.insert(path.strip_prefix(folder).unwrap().to_owned(), bytes);
        }
    }
    found
}

/// A session file with these events: (time of day, kind, price).
fn session(events: &[(&str, &str, Option<f64>)]) -> String {
    let events: Vec<Value> = events
        .iter()
        .map(|(t, kind, price)| serde_json::json!({"type": kind, "timestamp": t, "price_level": price, "magnitude": 0.5}))
        .collect();
    let meta = serde_json::json!({"session_type": "lunch", "session_date": "2025-08-06", "timezone": "ET"});
    serde_json::json!({"original_format": "enhanced_session", "session_metadata": meta, "events": events})
        .to_string()
}

const CSV: &str = "when,who,what,amount\n0,a,pay,1.5\n90,b,pay,2\n200,a,refund,\n260,a,pay,4\n";
const CSV_MAP: [&str; 6] = ["--time", "when:s", "--kind", "what", "--key", "who"];

#[test]
fn the_sample_runs_to_every_output_and_says_so() {
    let bench = Bench::new();
    let output = bench.discover(&[]);
    assert!(text(&output.stderr).contains("built-in sample"));
    let summary = ok(output);
    assert!(summary.contains("sessions") && summary.contains("untrained"), "{summary}");
    let report = bench.report();
    assert_eq!((&report["schema_version"], &report["trained"]), (&Value::from(1), &Value::from(false)));
    for session in report["sessions"].as_array().unwrap() {
        for dataset in ["nodes", "temporal_edges", "dag_edges", "embeddings", "scores"] {
            let id = session["id"].as_str().unwrap();
            let part = bench.path(&format!("out/{dataset}/session_id={id}/part-0.parquet"));
            assert!(part.is_file(), "{}", part.display());
        }
    }
    assert!(bench.path("out/motifs.parquet").is_file());
    let left: Vec<_> =
        std::fs::read_dir(bench.folder.path()).unwrap().map(|e| e.unwrap().file_name()).collect();
    assert_eq!(left, ["out"], "nothing else may be left behind");
}

#[test]
fn the_same_run_gives_the_same_files_whatever_the_threads() {
    let (one, two, again) = (Bench::new(), Bench::new(), Bench::new());
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
    let seeded = Bench::new();
    ok(seeded.discover(&["--seed", "43"]));
    let name = Path::new("motifs.parquet");
    assert_ne!(first[name], contents(&seeded.path("out"))[name], "the seed must matter");
}

#[test]
fn a_csv_table_runs_through_with_its_own_names() {
    let bench = Bench::new();
    let csv = bench.file("payments.csv", CSV);
    let mut args = vec![csv.as_str(), "--link", "both", "--json"];
    args.extend(CSV_MAP);
    let printed: Value = serde_json::from_str(&ok(bench.discover(&args))).unwrap();
    assert_eq!(printed, bench.report());
    assert_eq!(printed["sessions"][0]["id"], "payments");
    assert_eq!(printed["feature_stats"]["features"][0]["name"], "amount");
    assert_eq!(printed["config"]["session"]["time"], "when:s");
}

#[test]
fn a_group_that_looks_like_a_path_stays_inside_the_output() {
    let bench = Bench::new();
    let csv = bench.file("t.csv", "t,g\n1,../x\n2,../x\n3,a/b\n4,..\n");
    ok(bench.discover(&[&csv, "--time", "t:s", "--group", "g"]));
    assert!(!bench.path("x").exists() && !bench.path("out/x").exists());
    let ids: Vec<_> =
        bench.report()["sessions"].as_array().unwrap().iter().map(|s| s["id"].clone()).collect();
    assert_eq!(ids, ["..", "../x", "a/b"]);
    for dataset in ["nodes", "scores"] {
        let folders = std::fs::read_dir(bench.path(&format!("out/{dataset}"))).unwrap().count();
        assert_eq!(folders, 3, "{dataset}");
    }
}

#[test]
fn bad_input_is_refused_with_its_place_and_nothing_is_written() {
    let bench = Bench::new();
    let good = session(&[("09:30:00", "open", Some(1.0)), ("09:31:00", "sweep", None)]);
    let csv = bench.file("t.csv", CSV);
    let deep = format!("{{\"events\": {}", "[".repeat(100_000));
    let cases: Vec<(Vec<String>, i32, &str)> = vec![
        (vec![bench.path("absent.json").display().to_string()], 66, "absent.json"),
        (vec![bench.file("empty.json", "")], 65, "empty.json"),
        (vec![bench.file("cut.json", &good[..good.len() / 2])], 65, "cut.json"),
        (vec![bench.file("time.json", good.replace("09:31:00", "25:61:00"))], 65, "25:61:00"),
        (vec![bench.file("types.json", good.replace("\"09:31:00\"", "[1]"))], 65, "timestamp"),
        (vec![bench.file("deep.json", deep)], 65, "deep.json"),
        (vec![bench.file("none.json", session(&[]))], 65, "none.json"),
        (vec![bench.file("a.parquet", [7_u8; 999]), "--time".into(), "t:s".into()], 65, "a.parquet"),
        (vec![bench.file("b.parquet", ""), "--time".into(), "t:s".into()], 65, "b.parquet"),
        (vec![bench.file("c.bin", "x")], 65, "c.bin"),
        (vec![csv.clone()], 65, "--time"),
        (vec![csv.clone(), "--time".into(), "whem:s".into()], 65, "when"),
        (
            vec![csv.clone(), "--time".into(), "when:s".into(), "--link".into(), "shared-key".into()],
            78,
            "--key",
        ),
        (vec![csv.clone(), "--set".into(), "dag.kk=3".into()], 78, "dag.k"),
        (vec![csv.clone(), "--preset".into(), "x".into()], 78, "standard"),
        (
            vec![csv.clone(), "--config".into(), bench.path("absent.toml").display().to_string()],
            66,
            "absent.toml",
        ),
        (vec![csv.clone(), "--time".into(), "when:s".into(), "--device".into(), "cuda".into()], 71, NO_CUDA),
        (
            vec![
                csv.clone(),
                "--time".into(),
                "when:s".into(),
                "--set".into(),
                "limits.memory_gb=1e-6".into(),
            ],
            75,
            "limits.memory_gb",
        ),
        (vec!["--set".into(), "limits.motif_instances=10".into()], 75, "limits.motif_instances"),
        (vec!["--weights".into(), bench.file("w.safetensors", "nonsense")], 65, "w.safetensors"),
        (
            vec!["--weights".into(), bench.path("absent.safetensors").display().to_string()],
            66,
            "absent.safetensors",
        ),
        (vec!["--set".into(), "motif.labels=colour".into()], 78, "colour"),
        (vec!["--threads".into(), "0".into()], 2, "threads"),
    ];
    for (args, code, holds) in cases {
        let args: Vec<&str> = args.iter().map(String::as_str).collect();
        let output = bench.discover(&args);
        if code == 2 {
            assert_eq!(output.status.code(), Some(2), "{args:?}");
        } else {
            refused(&output, code, holds);
        }
        assert!(!bench.path("out").exists(), "{args:?} left something");
    }
}

#[test]
fn a_run_that_fails_leaves_the_earlier_one_and_a_new_one_replaces_it() {
    let bench = Bench::new();
    ok(bench.discover(&[]));
    bench.file("out/mine.txt", "kept");
    let before = contents(&bench.path("out"));
    let broken = bench.file("broken.json", "{");
    refused(&bench.discover(&[&broken]), 65, "broken.json");
    assert_eq!(contents(&bench.path("out")), before);
    let csv = bench.file("t.csv", CSV);
    let mut args = vec![csv.as_str()];
    args.extend(CSV_MAP);
    ok(bench.discover(&args));
    assert_eq!(bench.report()["sessions"].as_array().unwrap().len(), 1);
    assert_eq!(
        std::fs::read_dir(bench.path("out/nodes")).unwrap().count(),
        1,
        "sessions of the old run are gone"
    );
    assert_eq!(std::fs::read_to_string(bench.path("out/mine.txt")).unwrap(), "kept");
}

#[test]
fn an_output_that_cannot_be_written_is_known_before_any_work() {
    let bench = Bench::new();
    let file = bench.file("taken", "x");
    for out in [file.clone(), format!("{file}/below")] {
        refused(&ironforge(&["discover", "--out", &out]), 73, "taken");
    }
    refused(&ironforge(&["discover", "--out", "/proc/ironforge-out"]), 73, "/proc");
}

#[test]
fn one_event_is_a_session() {
    let bench = Bench::new();
    ok(bench.discover(&[&bench.file("one.json", session(&[("10:00:00", "open", Some(5.0))]))]));
    let report = bench.report();
    assert_eq!(report["sessions"][0]["events"], 1);
    assert_eq!(report["motifs"]["instances"], 0);
}

#[test]
fn a_folder_is_searched_and_what_is_no_input_is_named() {
    let bench = Bench::new();
    let events = [("09:30:00", "open", Some(1.0)), ("09:32:00", "", None), ("09:31:00", "sweep", Some(2.0))];
    bench.file("in/deep/adapted_enhanced_rel_NY_AM_Lvl-1_2025_07_24.json", session(&events));
    bench.file("in/adapted_enhanced_rel_NYAM_Lvl-1_2025_08_07_FRESH.json", session(&events));
    bench.file("in/notes.txt", "x");
    bench.file("in/other.json", "{\"a\": 1}");
    bench.file("in/table.csv", CSV);
    let folder = bench.path("in").display().to_string();
    ok(bench.discover(&[&folder]));
    let report = bench.report();
    let ids: Vec<_> =
        report["sessions"].as_array().unwrap().iter().map(|s| s["id"].as_str().unwrap()).collect();
    assert_eq!(ids, ["NYAM_2025-08-07_FRESH", "NY_AM_2025-07-24"]);
    assert_eq!(
        (&report["sessions"][0]["missing_price"], &report["sessions"][0]["missing_kind"]),
        (&Value::from(1), &Value::from(1))
    );
    assert_eq!(report["skipped"].as_array().unwrap().len(), 3, "{}", report["skipped"]);

    bench.file("in/x/NY_AM_Lvl-1_2025_07_24.json", session(&events));
    refused(&bench.discover(&[&folder]), 65, "NY_AM_2025-07-24");
}

#[test]
fn settings_are_shown_with_their_origin_and_files_are_checked() {
    let bench = Bench::new();
    let file = bench.file("run.toml", "[dag]\nk = 3\n");
    let shown = ok(ironforge(&["config", "show", "--config", &file, "--set", "tgat.num_layers=3"]));
    assert!(shown.contains(&format!("dag.k = 3  # {file}:2")), "{shown}");
    assert!(shown.contains("tgat.num_layers = 3  # --set tgat.num_layers=3"), "{shown}");
    let json: Value = serde_json::from_str(&ok(ironforge(&["config", "show", "--json"]))).unwrap();
    assert_eq!(json["settings"]["dag.k"]["origin"], "preset standard");
    assert!(ok(ironforge(&["config", "check", &file])).contains("ok"));
    refused(&ironforge(&["config", "check", &bench.file("bad.toml", "[dag]\nkay = 3\n")]), 78, "bad.toml:2");
}

#[test]
fn info_says_why_there_is_no_gpu() {
    let shown = ok(ironforge(&["info"]));
    assert!(shown.contains("cuda") && shown.contains(env!("CARGO_PKG_VERSION")), "{shown}");
    let json: Value = serde_json::from_str(&ok(ironforge(&["info", "--json"]))).unwrap();
    assert!(json["auto"].is_null() && json["device_auto"].as_str().unwrap().starts_with("cpu"));
}

#[cfg(unix)]
#[test]
fn an_interrupted_run_leaves_nothing_and_says_130() {
    let bench = Bench::new();
    let mut run = Command::new(env!("CARGO_BIN_EXE_ironforge"))
        .args(["discover", "--set", "motif.iterations=1000000", "--out", &bench.out()])
        .stderr(std::process::Stdio::null())
        .spawn()
        .unwrap();
    let staged = || std::fs::read_dir(bench.folder.path()).unwrap().count() > 0;
    while !staged() && run.try_wait().unwrap().is_none() {
        std::thread::sleep(std::time::Duration::from_millis(5));
    }
    let killed = Command::new("kill").args(["-INT", &run.id().to_string()]).status().unwrap();
    assert!(killed.success());
    assert_eq!(run.wait().unwrap().code(), Some(130));
    assert!(!staged(), "the staging folder must be gone");
}

#[test]
fn attend_writes_what_it_says_and_refuses_with_its_codes() {
    let bench = Bench::new();
    let values: Vec<u8> = (0..8).flat_map(|i| (i as f32 / 4.0).to_le_bytes()).collect();
    let view = || TensorView::new(Dtype::F32, vec![4, 1, 2], &values).unwrap();
    let metadata = HashMap::from([("keys".to_owned(), "causal".to_owned())]);
    let bytes = safetensors::serialize(["q", "k", "v"].map(|name| (name, view())), Some(metadata)).unwrap();
    let (input, out) = (bench.file("in.safetensors", bytes), bench.out());
    let attend = |args: &[&str]| ironforge(&[&["attend", &input, "--out", &out], args].concat());

    let json: Value = serde_json::from_str(&ok(attend(&["--backend", "reference", "--json"]))).unwrap();
    assert_eq!((&json["schema_version"], &json["backend"]), (&Value::from(1), &Value::from("reference")));
    let shown = ok(attend(&["--backend", "cpu"]));
    assert!(shown.contains("4 nodes in 1 graphs, 1 heads of 2"), "{shown}");
    let written = std::fs::read(&out).unwrap();
    let written = SafeTensors::deserialize(&written).unwrap();
    // the first node sees itself alone
    assert_eq!(written.tensor("out").unwrap().data()[..8], values[..8]);

    refused(&attend(&["--backend", "cuda"]), 71, NO_CUDA);
    refused(&attend(&["--accuracy", "fast"]), 65, "in.safetensors");
    let absent = bench.path("absent.safetensors").display().to_string();
    refused(&ironforge(&["attend", &absent, "--out", &out]), 66, "absent.safetensors");
    refused(&ironforge(&["attend", &input, "--out", "/proc/out.safetensors"]), 73, "/proc");
}
