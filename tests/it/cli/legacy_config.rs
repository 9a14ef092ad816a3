//! Legacy configuration files through the command line; presets and the memory limit.

use serde_json::Value;

use super::{Workspace, command, ironforge, ok, refused};

/// A legacy configuration file: components, flags, and the parts of the application that are supported.
const YAML: &str = "\
# IRONFORGE, session study
dag:
  k_successors: 6
  dt_min_minutes: 1
  dt_max_minutes: 90
  predicate: WINDOW_KNN
  strict_acyclicity: true
m1:
  enabled: false
tgat:
  enhanced: true
  attention_impl: sdpa
  use_edge_mask: true
  use_time_bias: rbf
  is_causal: false
  num_layers: 3
  c7_optimizations:
    tgat_enable_amp: True
    tgat_enable_time_bias_caching: true
motifs: {min_nodes: 3, max_nodes: 4, min_frequency: 3, max_motifs: 5, null_iterations: 25, random_seed: 7}
storage:
  compression: zstd
  zstd_compression_level: 5
  row_group_size: 1000
  dtype_optimization_enabled: true
  dictionary_encoding_columns: [event_type, session_id]
max_concurrent_sessions: 2
memory_limit_gb: 4
outputs:
  overwrite: true
oracle:
  enabled: false
";

#[test]
fn a_legacy_file_runs_and_the_report_lists_its_options() {
    let workspace = Workspace::new();
    let yaml = workspace.file("dev.yml", YAML);
    let out = workspace.out();
    ok(ironforge(&["discover", "--config", &yaml, "--out", &out]));
    let report = workspace.report();
    let config = &report["config"];
    for (pointer, want) in [
        ("/dag/k", Value::from(6)),
        ("/dag/dt_max_minutes", Value::from(90.0)),
        ("/attention/bias", "sqrt".into()),
        ("/attention/direction", "both".into()),
        ("/attention/keys", "edges".into()),
        ("/tgat/precision", "f16".into()),
        ("/tgat/num_layers", 3.into()),
        ("/motif/max_nodes", 4.into()),
        ("/motif/iterations", 25.into()),
        ("/seed", 7.into()),
        ("/store/compression_level", 5.into()),
        ("/store/narrow", true.into()),
        ("/limits/concurrent_sessions", 2.into()),
        ("/limits/memory_gb", 4.0.into()),
    ] {
        assert_eq!(config.pointer(pointer), Some(&want), "{pointer}");
    }
    assert!(report["motifs"]["reported"].as_u64().unwrap() <= 5);
    let memory = &report["memory"];
    assert_eq!(memory["limit_bytes"], 4_000_000_000_u64);
    assert!(memory["estimated_bytes"].as_u64().is_some_and(|bytes| bytes > 0));
    assert_eq!(memory["peak_bytes"].is_u64(), cfg!(target_os = "linux"));
    let original = report["original"].as_array().unwrap();
    let of = |name: &str| original.iter().find(|o| o["option"] == name).unwrap();
    assert_eq!(of("dag.k_successors")["key"], "dag.k");
    assert!(of("dag.k_successors")["origin"].as_str().unwrap().ends_with("dev.yml:3"));
    assert_eq!(of("tgat.c7_optimizations.tgat_enable_amp")["key"], "tgat.precision");
    assert_eq!(of("m1.enabled")["key"], Value::Null);

    let shown = ok(command(&["config", "show", "--config", &yaml])
        .env("IFG_MOTIFS__NULL_ITERATIONS", "33")
        .output()
        .unwrap());
    assert!(
        shown.contains("dag.k = 6  # ") && shown.contains("dev.yml:3, given as dag.k_successors"),
        "{shown}"
    );
    assert!(shown.contains("motif.iterations = 33  # environment IFG_MOTIFS__NULL_ITERATIONS"), "{shown}");
    let shown = ok(ironforge(&["config", "show", "--config", &yaml, "--json"]));
    let shown: Value = serde_json::from_str(&shown).unwrap();
    assert_eq!(shown["settings"]["attention.bias"]["original"], "tgat.use_time_bias");
    ok(ironforge(&["config", "check", &yaml]));

    let refused_yaml =
        workspace.file("scored.yml", format!("{YAML}scoring:\n  weights:\n    cluster_z: 0.3\n"));
    let output = ironforge(&["discover", "--config", &refused_yaml, "--out", &out]);
    refused(&output, 78, "`scoring.weights.cluster_z` is not part of ironforge");
}

#[test]
fn every_preset_is_named_in_the_help_and_runs() {
    let help = ok(ironforge(&["discover", "--help"]));
    let help = help.split_whitespace().collect::<Vec<_>>().join(" ");
    for (_, name) in ironforge::config::Preset::all() {
        assert!(help.contains(name), "{name}");
        let workspace = Workspace::new();
        // A short log: what a preset sets is tested with the configuration.
        let rows: String = (0..60).map(|i| format!("{},kind{},{}\n", i * 120, i % 3, i % 7)).collect();
        let csv = workspace.file("log.csv", format!("t,kind,amount\n{rows}"));
        let log = [csv.as_str(), "--time", "t:s", "--kind", "kind"];
        ok(workspace.discover(&[&log[..], &["--preset", name, "--threads", "2"]].concat()));
        let report = workspace.report();
        assert_eq!((&report["preset"], &report["threads"]), (&Value::from(name), &Value::from(2)));
    }
}

#[test]
fn work_above_the_memory_limit_is_refused_before_it_starts() {
    let workspace = Workspace::new();
    let rows: String = (0..20_000).map(|i| format!("{},kind{},{}\n", i * 60, i % 3, i % 7)).collect();
    let csv = workspace.file("log.csv", format!("t,kind,who\n{rows}"));
    let out = workspace.out();
    let log = [csv.as_str(), "--time", "t:s", "--kind", "kind"];
    let limit = ["--set", "limits.memory_gb=0.001"];
    let table = workspace.path("m.parquet").display().to_string();
    let commands: [&[&str]; 4] = [
        &["discover", "--out", &out],
        &["build-graph", "--out", &out],
        &["motifs"],
        &["motifs", "--out", &table],
    ];
    for start in commands {
        let args: Vec<&str> = [start, &log, &limit].concat();
        let output = ironforge(&args);
        refused(&output, 75, "limits.memory_gb allows 0.00");
        refused(&output, 75, "needs about 0.0");
        refused(&output, 75, "--set limits.memory_gb=N");
        assert!(!workspace.path("out").exists() && !workspace.path("m.parquet").exists());
    }
    // Mining needs more memory than the events: a limit between the two refuses it after they are read.
    let mined = |gb: &str| {
        let set = format!("limits.memory_gb={gb}");
        ironforge(&[&["motifs"], &log[..], &["--set", &set, "--iterations", "0"]].concat())
    };
    refused(&mined("0.1"), 75, "mining the motifs needs about");
    ok(mined("1"));
}
