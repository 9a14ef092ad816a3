//! Input folders: each file is read, superseded or skipped, and reported.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use ironforge::config::{Effective, Sources};
use ironforge::pipeline::{BuildGraphReport, BuildGraphRequest, Error, Silent, build_graph};
use ironforge::store::{StoreConfig, write_table};
use ironforge::table::{Column, Table, Values};
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::data::data;

/// A temporary folder with input files.
struct Folder(TempDir);

impl Folder {
    fn new() -> Self {
        Self(tempfile::tempdir().unwrap())
    }

    fn path(&self, name: &str) -> PathBuf {
        let path = self.0.path().join("in").join(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        path
    }

    fn text(&self, name: &str, text: impl ToString) {
        std::fs::write(self.path(name), text.to_string()).unwrap();
    }

    /// A shard of two nodes at `folder`.
    fn shard(&self, folder: &str, symbol: &str, session: &str) {
        let source = format!("data/enhanced/enhanced_rel_{session}.json");
        let meta = json!({"source_file": source, "symbol": symbol, "timeframe": "M5", "node_count": 2});
        self.text(&format!("{folder}/meta.json"), meta);
        let table = |columns: Vec<(&str, Values)>| {
            Table::new(columns.into_iter().map(|(name, values)| Column::new(name, "", values)).collect())
        };
        let nodes = table(vec![
            ("node_id", Values::U32(vec![1, 2].into())),
            ("t", Values::I64(vec![1_753_363_800_000, 1_753_363_860_000].into())),
            ("kind", Values::I64(vec![0, 1].into())),
            ("price", Values::F64(vec![1.0, 2.0].into())),
            ("f0", Values::F32(vec![0.0, 1.0].into())),
        ]);
        let edges = table(vec![("src", Values::U32(vec![1].into())), ("dst", Values::U32(vec![2].into()))]);
        for (name, table) in [("nodes", nodes), ("edges", edges)] {
            write_table(&self.path(&format!("{folder}/{name}.parquet")), &table, &StoreConfig::default())
                .unwrap();
        }
    }

    fn read(&self, names: &[&str]) -> Result<BuildGraphReport, Error> {
        let paths: Vec<PathBuf> = names.iter().map(|name| self.0.path().join("in").join(name)).collect();
        build(&paths, &self.0.path().join("out"))
    }

    /// Paths, below the folder, of the inputs that were read, superseded and skipped.
    fn fates(&self, report: &BuildGraphReport) -> Value {
        let root = format!("{}/", self.0.path().join("in").display());
        let short = |path: &str| path.replace(&root, "");
        let read = report.sessions.iter().map(|s| format!("{}={}", short(&s.session.source), s.session.id));
        let superseded = report.run.superseded.iter().map(|s| format!("{}<{}", short(&s.file), short(&s.by)));
        let skipped = report.run.skipped.iter().map(|s| short(&s.path));
        json!([read.collect::<Vec<_>>(), superseded.collect::<Vec<_>>(), skipped.collect::<Vec<_>>()])
    }
}

fn build(paths: &[PathBuf], out: &Path) -> Result<BuildGraphReport, Error> {
    let effective = Effective::load(&Sources::default()).unwrap();
    build_graph(&BuildGraphRequest { paths, out, effective: &effective }, &Silent)
}

fn metadata() -> Value {
    json!({"session_date": "2025-07-24", "session_start": "09:30:00", "session_end": "11:59:00", "timezone": "ET"})
}

fn adapted() -> Value {
    let event = json!({"type": "open", "timestamp": "09:30:00", "price_level": 1, "surprise": "x"});
    json!({"original_format": "enhanced_session", "session_metadata": metadata(), "events": [event, event]})
}

fn enhanced() -> Value {
    let movement = json!({"timestamp": "12:30:00", "price": 1, "action": "open"});
    json!({"session_metadata": metadata(), "price_movements": [movement], "session_liquidity_events": []})
}

fn enhanced_rel() -> Value {
    let mut json = enhanced();
    json["relativity_stats"] = json!({"session_high": 2, "session_low": 1, "session_open": 1});
    json
}

#[test]
fn each_input_of_a_folder_is_read_superseded_or_skipped() {
    let folder = Folder::new();
    folder.text("a/adapted_enhanced_rel_X_Lvl-1_2025_07_24.json", adapted());
    for name in ["X", "Y"] {
        folder.text(&format!("e/enhanced_{name}_Lvl-1_2025_07_24.json"), enhanced());
        folder.text(&format!("e/enhanced_rel_{name}_Lvl-1_2025_07_24.json"), enhanced_rel());
    }
    folder.text("e/summary.json", json!({"batch": "phase 2", "processed": 2, "sessions": []}));
    folder.shard("s/one", "NQ", "X_Lvl-1_2025_07_24");
    folder.shard("s/two", "NQ", "Z_Lvl-1_2025_07_24");
    folder.shard("s/three", "ES", "Z_Lvl-1_2025_07_24");
    folder.shard("s/four", "ES", "W_Lvl-1_2025_07_24");
    folder.text("s/manifest.jsonl", "{}");
    folder.text("s/_id_counter.json", json!({"next_id": 3}));
    folder.text("s/four/notes.txt", "");
    let report = folder.read(&[""]).unwrap();
    let [x, y] = ["X", "Y"].map(|name| format!("e/enhanced_rel_{name}_Lvl-1_2025_07_24.json"));
    let winner = "a/adapted_enhanced_rel_X_Lvl-1_2025_07_24.json";
    assert_eq!(
        folder.fates(&report),
        json!([
            [
                "s/three=ES_M5_Z_2025-07-24",
                "s/two=NQ_M5_Z_2025-07-24",
                "s/four=W_2025-07-24",
                format!("{winner}=X_2025-07-24"),
                format!("{y}=Y_2025-07-24"),
            ],
            [
                format!("e/enhanced_X_Lvl-1_2025_07_24.json<{winner}"),
                format!("e/enhanced_Y_Lvl-1_2025_07_24.json<{y}"),
                format!("{x}<{winner}"),
                format!("s/one<{winner}"),
            ],
            ["e/summary.json", "s/_id_counter.json", "s/four/notes.txt", "s/manifest.jsonl"],
        ])
    );
    let reason = &report.run.skipped[0].reason;
    assert!(reason.contains("only: batch, processed, sessions"), "{reason}");
    let run: Value =
        serde_json::from_slice(&std::fs::read(folder.0.path().join("out/run.json")).unwrap()).unwrap();
    let superseded = &run["superseded"][0];
    assert_eq!(superseded["session"], "X_2025-07-24");
    let why = superseded["why"].as_str().unwrap();
    assert!(why.contains("adapted comes before enhanced"), "{superseded}");
    assert_eq!([&superseded["events"], &superseded["by_events"]], [1, 2], "{superseded}");
}

#[test]
fn anomalies_of_a_session_are_counted_in_the_report() {
    let folder = Folder::new();
    folder.text("adapted_X_2025_07_24.json", adapted());
    folder.text("enhanced_Y_2025_07_24.json", enhanced());
    folder.text("plain.csv", "price\n1\n");
    let report = serde_json::to_value(folder.read(&[""]).unwrap()).unwrap();
    let of = |i: usize| {
        let names =
            ["form", "events", "repeated_times", "outside_window", "placeholder_times", "unknown_fields"];
        json!(names.map(|name| report["sessions"][i][name].clone()))
    };
    assert_eq!(of(0), json!(["adapted", 2, 1, 0, 0, {"surprise": 2}]));
    assert_eq!(of(1), json!(["enhanced", 1, 0, 1, 1, {}]));
    assert_eq!(report["skipped"].as_array().unwrap().len(), 1);
}

#[test]
fn columns_that_no_event_can_use_are_counted_in_the_report() {
    let Some(corpus) = data("parquet-writers") else { return };
    let out = tempfile::tempdir().unwrap();
    let sets = ["session.time=seq:ms".to_owned(), "session.group=session_id".to_owned()];
    let effective = Effective::load(&Sources { sets: &sets, ..Sources::default() }).unwrap();
    let paths = [corpus.join("duckdb_nested_zstd.parquet")];
    let request = BuildGraphRequest { paths: &paths, out: &out.path().join("o"), effective: &effective };
    let report = build_graph(&request, &Silent).unwrap();
    assert!(report.sessions.len() > 1);
    for session in report.sessions {
        let unknown: Vec<_> = session.session.unknown_fields.into_iter().collect();
        let all = session.session.events;
        let names = ["attrs", "feats", "levels", "liquidity", "ll"];
        assert_eq!(unknown, names.map(|name| (name.to_owned(), all)));
    }
}

#[test]
fn two_files_of_one_form_and_session_are_an_error() {
    let folder = Folder::new();
    for part in ["a", "b"] {
        folder.text(&format!("{part}/enhanced_rel_X_2025_07_24.json"), enhanced_rel());
    }
    folder.text("enhanced_X_2025_07_24.json", enhanced());
    let error = folder.read(&[""]).unwrap_err();
    assert!(
        matches!(&error, Error::DuplicateSession { id, first, second }
        if id == "X_2025-07-24" && first.contains("a/") && second.contains("b/")),
        "{error}"
    );
    assert_eq!(folder.read(&["a", "enhanced_X_2025_07_24.json"]).unwrap().run.superseded.len(), 1);
    folder.shard("s/a", "NQ", "Z_2025_07_24");
    folder.shard("s/b", "NQ", "Z_2025_07_24");
    assert!(matches!(folder.read(&["s"]), Err(Error::DuplicateSession { .. })), "nothing tells these apart");
}

#[test]
fn a_records_file_can_be_superseded_in_part() {
    let folder = Folder::new();
    let record =
        |id: &str| json!({"timestamp_et": "2025-07-24 09:30:00 ET", "event_type": "a", "session_id": id});
    folder.text("log.json", json!({"events": [record("X_2025-07-24"), record("other")]}));
    folder.text("enhanced_X_2025_07_24.json", enhanced());
    let report = folder.read(&[""]).unwrap();
    assert_eq!(
        folder.fates(&report),
        json!([
            ["enhanced_X_2025_07_24.json=X_2025-07-24", "log.json=other"],
            ["log.json<enhanced_X_2025_07_24.json"],
            []
        ])
    );
}

#[test]
fn a_shard_needs_complete_nodes_and_meta_files() {
    let folder = Folder::new();
    folder.shard("s", "NQ", "Z_2025_07_24");
    let edges = folder.path("s/edges.parquet");
    std::fs::remove_file(&edges).unwrap();
    let report = folder.read(&["s"]).unwrap();
    assert_eq!(folder.fates(&report), json!([["s=Z_2025-07-24"], [], []]), "edges are rebuilt, not read");

    folder.text("s/edges.parquet", "no table");
    assert_eq!(folder.read(&["s"]).unwrap().sessions.len(), 1, "invalid edges are not read");
    std::fs::remove_file(&edges).unwrap();
    for (meta, part) in
        [("{\"session_id\":", "not readable JSON"), ("{\"session_id\": \"a\", \"node_count\": 3}", "3")]
    {
        folder.text("s/meta.json", meta);
        let error = folder.read(&[""]).unwrap_err();
        assert!(error.to_string().contains(part) && error.to_string().contains("meta.json"), "{error}");
        assert_eq!(error.exit_code(), 65);
    }
    folder.text("s/meta.json", "{\"author\": \"me\"}");
    folder.text("adapted_X_2025_07_24.json", adapted());
    let report = folder.read(&[""]).unwrap();
    assert_eq!(folder.fates(&report)[2], json!(["s"]), "a folder of another kind is skipped as one input");
    assert!(folder.read(&["s"]).is_err(), "a named folder is not skipped");
    folder.text("s/meta.json", "{\"session_id\": \"a\"}");
    folder.text("s/nodes.parquet", "no table");
    assert!(folder.read(&[""]).unwrap_err().to_string().contains("nodes.parquet"));
    std::fs::remove_file(folder.path("s/nodes.parquet")).unwrap();
    assert_eq!(folder.fates(&folder.read(&[""]).unwrap())[2], json!(["s/meta.json"]));
}

#[test]
fn every_file_of_the_legacy_folders_is_accounted_for() {
    let Some(root) = data("peer") else { return };
    let out = tempfile::tempdir().unwrap();
    let read = |name: &str| build(&[root.join(name)], &out.path().join("out")).unwrap();
    for (name, sessions, superseded, set) in [
        ("adapted", 45, 0, "session45"),
        ("enhanced", 18, 18, "session45"),
        ("day_news", 3, 0, "session45"),
        ("shards", 41, 0, "generic"),
    ] {
        let report = read(name);
        let counts = (report.sessions.len(), report.run.superseded.len(), report.run.skipped.len());
        assert_eq!(counts, (sessions, superseded, 0), "{name}");
        assert_eq!(report.feature_choice.set, set, "{name}: {}", report.feature_choice.reason);
        let ids: BTreeSet<&str> = report.sessions.iter().map(|s| s.session.id.as_str()).collect();
        assert_eq!(ids.len(), sessions, "{name}");
    }
    let all = read("");
    let mut named: Vec<&str> = all.sessions.iter().map(|s| s.session.source.as_str()).collect();
    named.extend(all.run.superseded.iter().map(|s| s.file.as_str()));
    named.extend(all.run.skipped.iter().map(|s| s.path.as_str()));
    let distinct: BTreeSet<&str> = named.iter().copied().collect();
    // 45 adapted, 36 enhanced, 3 with day and news, 41 shards, and one table without a named time column.
    assert_eq!((named.len(), distinct.len(), all.run.skipped.len()), (126, 126, 1));
}

#[test]
fn memory_mapped_files_give_the_same_tables() {
    let folder = Folder::new();
    folder.shard("s", "NQ", "LONDON_Lvl-1_2025_07_24");
    let read = |memory_map: bool| {
        let sets = [format!("session.memory_map={memory_map}")];
        let effective = Effective::load(&Sources { sets: &sets, ..Sources::default() }).unwrap();
        let out = folder.0.path().join("out");
        let paths = [folder.path("s")];
        build_graph(&BuildGraphRequest { paths: &paths, out: &out, effective: &effective }, &Silent).unwrap();
        let nodes = out.join("nodes/session_id=LONDON_2025-07-24/part-0.parquet");
        std::fs::read(nodes).unwrap()
    };
    assert_eq!(read(true), read(false));
}

#[test]
fn an_endless_device_is_read_up_to_the_limit() {
    if !cfg!(unix) {
        return;
    }
    let folder = Folder::new();
    #[cfg(unix)]
    std::os::unix::fs::symlink("/dev/zero", folder.path("zero.json")).unwrap();
    let sets = ["limits.memory_gb=0.1".to_owned()];
    let effective = Effective::load(&Sources { sets: &sets, ..Sources::default() }).unwrap();
    let (paths, out) = ([folder.path("zero.json")], folder.0.path().join("out"));
    let read = build_graph(&BuildGraphRequest { paths: &paths, out: &out, effective: &effective }, &Silent);
    assert!(matches!(read, Err(Error::Memory { .. })), "{read:?}");
}
