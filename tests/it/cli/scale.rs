//! The line of the summaries that states the scale, and windows as settings of the command.

use super::{Workspace, ironforge, ok, refused, session};

/// The line `scale` of a summary.
fn scale_line(summary: &str) -> &str {
    summary.lines().find(|line| line.starts_with("scale ")).unwrap_or_else(|| panic!("{summary}"))
}

/// A table of events `step_ms` apart.
fn table(workspace: &Workspace, step_ms: i64) -> String {
    let rows: String = (0..40).map(|i| format!("{},{},{}\n", i * step_ms, i % 3, i % 5)).collect();
    workspace.file("a.csv", format!("t,kind,who\n{rows}"))
}

#[test]
fn summaries_state_the_scale_and_the_windows_in_use() {
    let workspace = Workspace::new();
    let line = |step_ms: i64, args: &[&str]| {
        let file = table(&workspace, step_ms);
        let shared = ["motifs", &file, "--time", "t:ms", "--key", "who", "--k", "3", "--iterations", "9"];
        let rule: &[&str] = if args.contains(&"--link") { &[] } else { &["--link", "window-knn"] };
        scale_line(&ok(ironforge(&[&shared, args, rule].concat()))).to_owned()
    };
    let of = |windows: &str| format!("scale    median gap {windows}");
    assert_eq!(line(90_000, &[]), of("1.5 min: links 0.75 to 96 min, blocks 15 min"));
    assert_eq!(line(60, &[]), of("60 ms: links 30 to 3840 ms, blocks 600 ms"));
    assert_eq!(line(86_400_000, &["--null", "label"]), of("1 d: links 0.5 to 64 d"));
    assert_eq!(
        line(90_000, &["--null", "jitter", "--link", "both"]),
        of("1.5 min: links 0.75 to 96 min, shared keys up to 1152 min, jitter within 24 min")
    );
    assert_eq!(
        line(90_000, &["--set", "motif.block_minutes=20", "--link", "shared-key"]),
        of("1.5 min: shared keys up to 1152 min, blocks 20 min")
    );
    assert_eq!(line(0, &[]), "scale    no two events of different times: links 1 to 120 min, blocks 15 min");

    let file = workspace.file("adapted_X_2025_08_06.json", session(&[("12:00:00", "open", Some(5.0))]));
    let out = workspace.out();
    let summary = ok(ironforge(&["discover", &file, "--out", &out, "--set", "motif.iterations=9"]));
    assert_eq!(scale_line(&summary), "scale    session files: links 1 to 120 min, blocks 15 min");
}

#[test]
fn windows_are_shown_as_set_and_a_contradiction_names_its_origin() {
    let shown = ok(ironforge(&["config", "show", "--set", "motif.block_minutes=20"]));
    assert!(shown.contains("motif.block_minutes = 20.0  # --set motif.block_minutes=20\n"), "{shown}");
    assert!(shown.contains("motif.jitter_minutes = \"auto\"  # preset standard\n"), "{shown}");
    let workspace = Workspace::new();
    let file = table(&workspace, 90_000);
    let run = ironforge(&["motifs", &file, "--time", "t:ms", "--set", "dag.dt_max_minutes=0"]);
    refused(&run, 78, "--set dag.dt_max_minutes=0: dag.dt_min_minutes = auto, ");
}
