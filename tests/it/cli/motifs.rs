//! `ironforge motifs`: its motifs equal those of `discover`.

use serde_json::Value;

use super::{Workspace, ironforge, ok, refused};

#[test]
fn the_motifs_equal_those_of_discover() {
    let workspace = Workspace::new();
    ok(workspace.discover(&[]));
    let table = workspace.path("deep/motifs.parquet").display().to_string();
    let run = |args: &[&str]| ok(ironforge(&[&["motifs", "--iterations", "20", "--json"], args].concat()));
    let report: Value = serde_json::from_str(&run(&["--out", &table])).unwrap();
    assert_eq!(std::fs::read(&table).unwrap(), std::fs::read(workspace.path("out/motifs.parquet")).unwrap());
    let whole = workspace.report();
    assert_eq!(report["summary"], whole["motifs"]);
    assert_eq!((&report["sessions"], &report["events"]), (&6.into(), &726.into()));
    let motifs = report["motifs"].as_array().unwrap();
    assert_eq!(motifs.len() as u64, whole["motifs"]["patterns"].as_u64().unwrap());
    let planted = serde_json::json!(["probe", "liquidity_sweep", "reversal"]);
    let first =
        motifs.iter().filter(|motif| motif["labels"] == planted).max_by_key(|m| m["count"].as_u64()).unwrap();
    assert_eq!((&first["k"], &first["count"]), (&3.into(), &30.into()));
    let columns = [
        "pattern",
        "mask",
        "class_id",
        "support",
        "non_overlapping",
        "null_mean",
        "null_sd",
        "lift",
        "lift_low",
        "lift_high",
        "disjoint",
        "score",
        "p_fwer",
        "q_value",
        "p_pairs",
        "explained_by_pairs",
        "p_holdout",
        "lots",
        "verdict",
    ];
    assert!(columns.iter().all(|column| !first[column].is_null()), "{first}");

    let of_one: Value = serde_json::from_str(&run(&["--threads", "1"])).unwrap();
    assert_eq!(of_one["motifs"], report["motifs"]);
}

#[test]
fn every_null_and_correction_is_an_option() {
    let run = |args: &[&str]| {
        let shared = ["motifs", "--iterations", "10", "--k", "3", "--json"];
        serde_json::from_str::<Value>(&ok(ironforge(&[&shared, args].concat()))).unwrap()
    };
    let by_default = run(&[]);
    for (null, name, key) in [
        ("stratified", "StratifiedPermutation", "stratified-permutation"),
        ("pairs", "Pairs", "pairs"),
        ("label", "LabelPermutation", "label-permutation"),
        ("jitter", "IntervalJitter", "interval-jitter"),
    ] {
        let report = run(&["--null", null]);
        assert_eq!(
            (&report["summary"]["null"], &report["config"]["motif"]["null"]),
            (&name.into(), &key.into())
        );
        assert_eq!(report["motifs"] == by_default["motifs"], null == "stratified", "{null}");
    }
    for correction in ["max-t", "fdr"] {
        let report = run(&["--correction", correction]);
        assert_eq!(report["config"]["motif"]["correction"], correction);
    }
    assert_eq!(ironforge(&["motifs", "--null", "shuffle"]).status.code(), Some(2));
    for gone in ["none", "bonferroni", "bh", "by"] {
        assert_eq!(ironforge(&["motifs", "--correction", gone]).status.code(), Some(2));
    }
    refused(&ironforge(&["motifs", "--set", "motif.null=interval-jiter"]), 78, "interval-jitter");
    refused(
        &ironforge(&["motifs", "--null", "jitter", "--set", "motif.jitter_minutes=0"]),
        78,
        "jitter_minutes",
    );
}

#[test]
fn sizes_and_nulls_are_options() {
    let workspace = Workspace::new();
    let counted = ok(ironforge(&["motifs", "--iterations", "0", "--k", "4", "--json"]));
    let counted: Value = serde_json::from_str(&counted).unwrap();
    let motifs = counted["motifs"].as_array().unwrap();
    assert!(!motifs.is_empty());
    assert!(motifs.iter().all(|m| m["k"] == 4 && m["verdict"] == "untested" && m.get("p_fwer").is_none()));
    let printed = ok(ironforge(&["motifs", "--k", "3..3", "--iterations", "20"]));
    assert!(printed.contains(": probe -> liquidity_sweep; ") && printed.contains("more"), "{printed}");

    refused(&ironforge(&["motifs", "--k", "2..9"]), 78, "motif");
    assert_eq!(ironforge(&["motifs", "--k", "three"]).status.code(), Some(2));
    refused(&ironforge(&["motifs", "absent.csv"]), 66, "absent.csv");
    let table = workspace.file("a.csv", "t\n0\n60\n");
    refused(
        &ironforge(&["motifs", &table, "--time", "t:s", "--out", &table]),
        73,
        "it is an input of this run",
    );
    let folder = workspace.folder.path().display().to_string();
    refused(&ironforge(&["motifs", &table, "--time", "t:s", "--out", &folder]), 73, "it is a folder");
    refused(
        &ironforge(&["motifs", &folder, "--time", "t:s", "--out", &table]),
        73,
        "it is an input of this run",
    );
    assert_eq!(std::fs::read_to_string(&table).unwrap(), "t\n0\n60\n");
}

/// Codes and settings of the notes of `motifs` on a table, each of which must be a line on stderr too.
fn notes(table: &str, args: &[&str]) -> Vec<(String, Option<String>)> {
    let shared = ["motifs", table, "--time", "t:s", "--iterations", "99", "--json"];
    let output = ironforge(&[&shared, args].concat());
    let printed = super::text(&output.stderr);
    let report: Value = serde_json::from_str(&ok(output)).unwrap();
    let notes = report["notes"].as_array().unwrap();
    let string = |value: &Value| value.as_str().map(str::to_owned);
    for note in notes {
        assert!(printed.contains(note["text"].as_str().unwrap()), "{printed}");
    }
    notes.iter().map(|note| (string(&note["code"]).unwrap(), string(&note["setting"]))).collect()
}

#[test]
fn notes_say_what_the_results_cannot_show() {
    let workspace = Workspace::new();
    let log = |step: u64| {
        let row = |i: u64| format!("{},{},{}\n", i * step, ["a", "b"][(i % 2) as usize], i / 20);
        format!("t,kind,day\n{}", (0..40).map(row).collect::<String>())
    };
    let (near, far) = (workspace.file("near.csv", log(90)), workspace.file("far.csv", log(9000)));
    let note = |code: &str, setting: &str| (code.to_owned(), Some(setting.to_owned()));
    let days = ["--group", "day", "--kind", "kind"];
    // alternating labels: no runs
    assert_eq!(notes(&near, &days), []);
    assert_eq!(notes(&near, &["--kind", "kind"]), [note("one-session", "session.group")]);
    let no_kind = [note("unused-columns", "session.kind"), note("one-label", "session.kind")];
    assert_eq!(notes(&near, &["--group", "day"]), no_kind);
    let none = [&days[..], &["--set", "motif.labels=none"]].concat();
    assert_eq!(notes(&near, &none), [note("one-label", "motif.null")]);
    assert_eq!(notes(&near, &[&none[..], &["--null", "jitter"]].concat()), []);
    let rare = [&days[..], &["--set", "motif.min_count=1000000"]].concat();
    assert_eq!(notes(&near, &rare), [note("no-patterns", "motif.min_count")]);
    let unlinked = [note("no-edges", "dag.dt_max_minutes"), ("no-patterns".to_owned(), None)];
    // the windows follow the gaps unless they are set
    let apart = [&days[..], &["--set", "dag.dt_max_minutes=120"]].concat();
    assert_eq!(notes(&far, &apart), unlinked);
}
