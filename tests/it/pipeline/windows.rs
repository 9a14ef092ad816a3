//! The time windows of a run, and their report.

use std::path::PathBuf;

use ironforge::pipeline::{MotifReport, MotifRequest, Silent, motifs};
use serde_json::{Value, json};

use super::load;

/// Runs `motifs` on files, given by name and text.
fn run(files: &[(&str, String)], sets: &[&str]) -> MotifReport {
    let folder = tempfile::tempdir().unwrap();
    let paths: Vec<PathBuf> = files.iter().map(|(name, _)| folder.path().join(name)).collect();
    for (path, (_, text)) in paths.iter().zip(files) {
        std::fs::write(path, text).unwrap();
    }
    let table = files.iter().any(|(name, _)| name.ends_with(".csv"));
    let map = ["session.time=t:ms", "session.kind=kind"];
    let base = map.iter().filter(|_| table).chain(&["motif.iterations=19", "motif.max_nodes=3"]);
    let effective = load(base.chain(sets));
    motifs(&MotifRequest { paths: &paths, out: None, effective: &effective }, &Silent).unwrap()
}

fn scale(report: &MotifReport) -> Value {
    serde_json::to_value(&report.run).unwrap()["scale"].clone()
}

/// The scale as `run.json` has it, if all windows have one source.
fn all_from(source: &str, gap: Option<u64>, ms: [u64; 5]) -> Value {
    let [dt_min, dt_max, key_window, block, jitter] = ms.map(|ms| json!({"ms": ms, "source": source}));
    json!({
        "median_gap_ms": gap, "mixed": false, "links": ["window-knn"], "dt_min": dt_min, "dt_max": dt_max,
        "key_window": key_window, "block": block, "jitter": jitter,
    })
}

/// The widths that the Python system had.
const FIXED: [u64; 5] = [60_000, 7_200_000, 86_400_000, 900_000, 1_800_000];

/// A table of events at `times`, with kinds in turn.
fn csv(times: impl IntoIterator<Item = i64>) -> String {
    let rows =
        times.into_iter().map(|t| format!("{t},{}\n", ["open", "pay", "close"][(t / 60 % 3) as usize]));
    "t,kind\n".to_owned() + &rows.collect::<String>()
}

fn session(times: &[&str]) -> String {
    let event = |t: &&str| json!({"type": "open", "timestamp": t, "price_level": 5});
    let meta = json!({"session_type": "lunch", "session_date": "2025-08-06", "timezone": "ET"});
    let events: Vec<Value> = times.iter().map(event).collect();
    json!({"original_format": "enhanced_session", "session_metadata": meta, "events": events}).to_string()
}

const SESSION: &str = "adapted_X_2025_08_06.json";

#[test]
fn the_windows_of_tables_follow_from_the_gaps_of_all_sessions() {
    // Gaps of 60 ms, and of 90 in the smaller table.
    let (short, long) = (csv((0..500).map(|i| i * 60)), csv((0..20).map(|i| i * 90)));
    let report = run(&[("a.csv", short.clone()), ("b.csv", long.clone())], &[]);
    assert_eq!(scale(&report), all_from("auto", Some(60), [30, 3840, 46_080, 600, 960]));
    let (config, windows) = (&report.run.config, &report.run.scale);
    assert_eq!(serde_json::to_value(config).unwrap()["motif"]["block_minutes"], "auto");
    assert!(!windows.is_fallback());
    assert!(report.summary.instances > 0 && report.summary.movable_events == 520);

    // The rows of a file and the names of the files change nothing.
    let reversed = csv((0..500).rev().map(|i| i * 60));
    let other = run(&[("z.csv", reversed), ("c.csv", long)], &[]);
    assert_eq!(scale(&other), scale(&report));
    assert_eq!(other.summary.instances, report.summary.instances);
}

#[test]
fn the_same_numbers_as_seconds_and_as_milliseconds_give_the_same_motifs() {
    let text = csv((0..200).map(|i| (i * 50 + i * i % 40) / 30 * 30));
    let [ms, s] =
        ["session.time=t:ms", "session.time=t:s"].map(|time| run(&[("a.csv", text.clone())], &[time]));
    assert!(ms.motifs.len() > 10);
    assert_eq!(ms.motifs, s.motifs);
    let gap = |report: &MotifReport| report.run.scale.median_gap_ms.unwrap();
    assert_eq!(gap(&s), 1000 * gap(&ms));
}

#[test]
fn many_steps_too_quick_for_a_link_are_said_unless_the_minimum_is_set() {
    // gaps of 600 ms, but for `quick` of every ten, of 60 ms
    let times = |quick: i64| {
        (0..200).scan(0, move |t, i| {
            *t += if i % 10 < quick { 60 } else { 600 };
            Some(*t)
        })
    };
    let notes = |quick, sets: &[&str]| {
        let report = run(&[("a.csv", csv(times(quick)))], sets);
        report.run.notes.iter().map(|note| note.code).collect::<Vec<_>>()
    };
    assert!(notes(4, &[]).contains(&"quick-steps"));
    assert!(!notes(3, &[]).contains(&"quick-steps"));
    assert!(!notes(4, &["dag.dt_min_minutes=0.001"]).contains(&"quick-steps"));
}

#[test]
fn numbers_win_over_auto() {
    let sets = ["dag.dt_max_minutes=2", "motif.block_minutes=0.5"];
    let scale = scale(&run(&[("a.csv", csv((0..50).map(|i| i * 60)))], &sets));
    assert_eq!(scale["dt_max"], json!({"ms": 120_000, "source": "set"}));
    assert_eq!(scale["block"], json!({"ms": 30_000, "source": "set"}));
    assert_eq!(scale["dt_min"], json!({"ms": 30, "source": "auto"}));
    assert_eq!(scale["jitter"], json!({"ms": 960, "source": "auto"}));
}

#[test]
fn session_files_keep_their_windows_unless_they_are_set() {
    let files = [(SESSION, session(&["12:00:00", "12:00:10", "12:00:20", "12:00:50"]))];
    assert_eq!(scale(&run(&files, &[])), all_from("session", None, FIXED));
    let set = scale(&run(&files, &["dag.dt_min_minutes=0.1"]));
    assert_eq!(set["dt_min"], json!({"ms": 6000, "source": "set"}));
    assert_eq!(set["dt_max"], json!({"ms": 7_200_000, "source": "session"}));
}

#[test]
fn session_files_read_together_with_tables_have_the_scale_of_all_sessions() {
    let files = [(SESSION, session(&["12:00:00", "12:00:10"])), ("a.csv", csv((0..50).map(|i| i * 60)))];
    let scale = scale(&run(&files, &[]));
    assert_eq!((&scale["median_gap_ms"], &scale["mixed"]), (&json!(60), &json!(true)));
    assert_eq!(scale["dt_max"], json!({"ms": 3840, "source": "auto"}));
}

#[test]
fn events_without_a_gap_have_fixed_windows_and_the_report_says_so() {
    for times in [vec![7, 7, 7], vec![7]] {
        let report = run(&[("a.csv", csv(times))], &[]);
        assert_eq!(scale(&report), all_from("fallback", None, FIXED));
        assert!(report.run.scale.is_fallback());
    }
    let all = ["dag.dt_min_minutes=1", "dag.dt_max_minutes=2", "dag.key_window_minutes=3"];
    let sets = [&all[..], &["motif.block_minutes=4", "motif.jitter_minutes=5"]].concat();
    assert!(!run(&[("a.csv", csv([7]))], &sets).run.scale.is_fallback(), "no window falls back");
}
