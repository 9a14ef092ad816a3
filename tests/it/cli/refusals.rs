//! Errors of `discover` with their exit codes, and the files that a failed run keeps.

use super::{CSV, CSV_MAP, NO_CUDA, Workspace, contents, ironforge, ok, refused, session};

#[test]
fn invalid_input_is_an_error_that_names_it_and_nothing_is_written() {
    let workspace = Workspace::new();
    let good = session(&[("09:30:00", "open", Some(1.0)), ("09:31:00", "sweep", None)]);
    let csv = workspace.file("t.csv", CSV);
    let deep = format!("{{\"events\": {}", "[".repeat(100_000));
    let cases: Vec<(Vec<String>, i32, &str)> = vec![
        (vec![workspace.path("absent.json").display().to_string()], 66, "absent.json"),
        (vec![workspace.file("empty.json", "")], 65, "empty.json"),
        (vec![workspace.file("cut.json", &good[..good.len() / 2])], 65, "cut.json"),
        (vec![workspace.file("time.json", good.replace("09:31:00", "25:61:00"))], 65, "25:61:00"),
        (vec![workspace.file("types.json", good.replace("\"09:31:00\"", "[1]"))], 65, "timestamp"),
        (vec![workspace.file("deep.json", deep)], 65, "deep.json"),
        (vec![workspace.file("none.json", session(&[]))], 65, "none.json"),
        (vec![workspace.file("a.parquet", [7_u8; 999]), "--time".into(), "t:s".into()], 65, "a.parquet"),
        (vec![workspace.file("b.parquet", ""), "--time".into(), "t:s".into()], 65, "b.parquet"),
        (vec![workspace.file("c.bin", "x")], 65, "c.bin"),
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
            vec![csv.clone(), "--config".into(), workspace.path("absent.toml").display().to_string()],
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
        (vec!["--weights".into(), workspace.file("w.safetensors", "nonsense")], 65, "w.safetensors"),
        (
            vec!["--weights".into(), workspace.path("absent.safetensors").display().to_string()],
            66,
            "absent.safetensors",
        ),
        (vec!["--set".into(), "motif.labels=colour".into()], 78, "colour"),
        (vec!["--threads".into(), "0".into()], 2, "threads"),
        (vec!["--kind".into(), "kind".into()], 78, "session.kind is set, and no input was read as a table"),
        (vec![workspace.file("good.json", &good), "--num".into(), "price".into()], 78, "session.numeric"),
        (vec!["--zone".into(), "Nowhere/Bad".into()], 78, "session.zone"),
        (vec!["--set".into(), "preset=1.10".into()], 78, "1.10"),
    ];
    for (args, code, holds) in cases {
        let args: Vec<&str> = args.iter().map(String::as_str).collect();
        let output = workspace.discover(&args);
        if code == 2 {
            assert_eq!(output.status.code(), Some(2), "{args:?}");
        } else {
            refused(&output, code, holds);
        }
        assert!(!workspace.path("out").exists(), "{args:?} left something");
    }
}

#[test]
fn a_failed_run_keeps_the_earlier_outputs_and_a_new_run_replaces_them() {
    let workspace = Workspace::new();
    ok(workspace.discover(&[]));
    workspace.file("out/mine.txt", "kept");
    let before = contents(&workspace.path("out"));
    let broken = workspace.file("broken.json", "{");
    refused(&workspace.discover(&[&broken]), 65, "broken.json");
    assert_eq!(contents(&workspace.path("out")), before);
    let csv = workspace.file("t.csv", CSV);
    let mut args = vec![csv.as_str()];
    args.extend(CSV_MAP);
    ok(workspace.discover(&args));
    assert_eq!(workspace.report()["sessions"].as_array().unwrap().len(), 1);
    assert_eq!(
        std::fs::read_dir(workspace.path("out/nodes")).unwrap().count(),
        1,
        "sessions of the old run are gone"
    );
    assert_eq!(std::fs::read_to_string(workspace.path("out/mine.txt")).unwrap(), "kept");
}

#[test]
fn an_output_that_cannot_be_written_is_an_error_before_any_work() {
    let workspace = Workspace::new();
    let file = workspace.file("taken", "x");
    for out in [file.clone(), format!("{file}/below")] {
        refused(&ironforge(&["discover", "--out", &out]), 73, "taken");
    }
    refused(&ironforge(&["discover", "--out", "/proc/ironforge-out"]), 73, "/proc");
}
