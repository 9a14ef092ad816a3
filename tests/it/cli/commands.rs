//! The commands `config`, `info` and `attend`, and inputs in several forms.

use std::collections::HashMap;

use safetensors::tensor::TensorView;
use safetensors::{Dtype, SafeTensors};
use serde_json::Value;

use super::{NO_CUDA, Workspace, ironforge, ok, refused, session, text};

#[test]
fn settings_are_printed_with_their_origin_and_files_are_checked() {
    let workspace = Workspace::new();
    let file = workspace.file("run.toml", "[dag]\nk = 3\n");
    let shown = ok(ironforge(&["config", "show", "--config", &file, "--set", "tgat.num_layers=3"]));
    assert!(shown.contains(&format!("dag.k = 3  # {file}:2")), "{shown}");
    assert!(shown.contains("tgat.num_layers = 3  # --set tgat.num_layers=3"), "{shown}");
    let json: Value = serde_json::from_str(&ok(ironforge(&["config", "show", "--json"]))).unwrap();
    assert_eq!(json["settings"]["dag.k"]["origin"], "preset standard");
    assert!(ok(ironforge(&["config", "check", &file])).contains("ok"));
    refused(
        &ironforge(&["config", "check", &workspace.file("bad.toml", "[dag]\nkay = 3\n")]),
        78,
        "bad.toml:2",
    );
}

#[test]
fn a_session_in_two_forms_is_read_once_and_reported() {
    let workspace = Workspace::new();
    workspace.file("in/adapted_X_2025_08_06.json", session(&[("12:00:00", "open", Some(5.0))]));
    let poorer = r#"{"session_metadata": {"session_date": "2025-08-06"}, "price_movements":
        [{"timestamp": "12:00:00", "price": 5, "action": "open"}]}"#;
    workspace.file("in/enhanced_X_2025_08_06.json", poorer);
    let folder = workspace.path("in").display().to_string();
    for args in [
        &["build-graph", "--out", &workspace.out()][..],
        &["motifs", "--json"],
        &["discover", "--out", &workspace.out()],
    ] {
        let output = ironforge(&[args, &[&folder, "--set", "motif.iterations=20"]].concat());
        let printed = text(&output.stderr);
        assert!(
            printed.contains("1 input holds a session that another holds in a richer form"),
            "{args:?}: {printed}"
        );
        let shown = ok(output);
        if args[0] == "motifs" {
            let report: Value = serde_json::from_str(&shown).unwrap();
            assert_eq!(
                (&report["sessions"], &report["superseded"][0]["session"]),
                (&1.into(), &"X_2025-08-06".into())
            );
        }
    }
    assert_eq!(workspace.report()["sessions"][0]["form"], "adapted");
}

#[test]
fn info_gives_the_reason_why_no_gpu_is_used() {
    let shown = ok(ironforge(&["info"]));
    assert!(shown.contains("cuda") && shown.contains(env!("CARGO_PKG_VERSION")), "{shown}");
    let json: Value = serde_json::from_str(&ok(ironforge(&["info", "--json"]))).unwrap();
    assert!(json["auto"].is_null() && json["device_auto"].as_str().unwrap().starts_with("cpu"));
}

#[test]
fn attend_writes_its_output_and_fails_with_its_exit_codes() {
    let workspace = Workspace::new();
    let values: Vec<u8> = (0..8).flat_map(|i| (i as f32 / 4.0).to_le_bytes()).collect();
    let view = || TensorView::new(Dtype::F32, vec![4, 1, 2], &values).unwrap();
    let metadata = HashMap::from([("keys".to_owned(), "causal".to_owned())]);
    let bytes = safetensors::serialize(["q", "k", "v"].map(|name| (name, view())), Some(metadata)).unwrap();
    let (input, out) = (workspace.file("in.safetensors", bytes), workspace.out());
    let attend = |args: &[&str]| ironforge(&[&["attend", &input, "--out", &out], args].concat());

    let json: Value = serde_json::from_str(&ok(attend(&["--backend", "reference", "--json"]))).unwrap();
    assert_eq!((&json["schema_version"], &json["backend"]), (&Value::from(1), &Value::from("reference")));
    let shown = ok(attend(&["--backend", "cpu"]));
    assert!(shown.contains("4 nodes in 1 graphs, 1 heads of 2"), "{shown}");
    let written = std::fs::read(&out).unwrap();
    let written = SafeTensors::deserialize(&written).unwrap();
    // the first node attends to itself only
    assert_eq!(written.tensor("out").unwrap().data()[..8], values[..8]);

    refused(&attend(&["--backend", "cuda"]), 71, NO_CUDA);
    refused(&attend(&["--accuracy", "fast"]), 65, "in.safetensors");
    let absent = workspace.path("absent.safetensors").display().to_string();
    refused(&ironforge(&["attend", &absent, "--out", &out]), 66, "absent.safetensors");
    refused(&ironforge(&["attend", &input, "--out", "/proc/out.safetensors"]), 73, "/proc");
}
