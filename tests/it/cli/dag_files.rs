//! `ironforge dag`: what stands at the requested paths after a run is of that run.

use std::path::PathBuf;

use super::dag::{TAILED, cyclic, edges, pairs};
use super::{Workspace, ironforge, ok, refused, text};

const OPTIONS: [&str; 3] = ["--levels", "--transitive-reduction", "--node-map"];

/// A workspace in which a run has written every file, the options for them, and their paths.
fn after_a_run() -> (Workspace, Vec<String>, Vec<PathBuf>) {
    let workspace = Workspace::new();
    let paths: Vec<PathBuf> = OPTIONS.iter().map(|option| workspace.path(&option[2..])).collect();
    let named = OPTIONS.iter().zip(&paths);
    let args: Vec<String> =
        named.flat_map(|(option, path)| [(*option).to_owned(), path.display().to_string()]).collect();
    run(&edges(&workspace, &TAILED), &args, &[]);
    assert!(paths.iter().all(|path| path.is_file()));
    (workspace, args, paths)
}

fn run(edges: &str, args: &[String], more: &[&str]) {
    let args: Vec<&str> = args.iter().map(String::as_str).collect();
    ok(ironforge(&[&["dag", edges], &args[..], more].concat()));
}

#[test]
fn a_graph_with_a_cycle_leaves_no_order_of_an_earlier_run() {
    let (workspace, args, paths) = after_a_run();
    let ring = edges(&workspace, &[(5, 6), (6, 5)]);
    let all: Vec<&str> = [ring.as_str()].into_iter().chain(args.iter().map(String::as_str)).collect();
    let (got, error) = cyclic(&all);
    assert!(!paths[0].exists() && !paths[1].exists(), "levels and reduction are of the earlier graph");
    assert_eq!(pairs(&paths[2], ["node", "id"]), [(0, 5), (1, 6)], "a node map needs no order");
    let names: Vec<String> = paths[..2].iter().map(|path| path.display().to_string()).collect();
    assert_eq!(got["not_written"], serde_json::json!(names));
    assert!(error.contains(&format!("not written: {}, {}", names[0], names[1])), "{error}");
    let printed = text(&ironforge(&[&["dag"], &all[..]].concat()).stdout);
    assert!(printed.contains(&format!("not written  {}", names[0])), "{printed}");
    assert_eq!(printed.matches("wrote").count(), 1, "{printed}");
}

#[test]
fn a_run_that_fails_leaves_no_file_of_an_earlier_run() {
    for (input, more, code) in [
        ("bad.csv", &[][..], 65),
        ("absent.csv", &[], 66),
        ("good.csv", &["--descendants", "9"], 65),
        ("good.csv", &["--weight", "src,"], 65),
        ("good.csv", &["--set", "limits.max_nodes=1"], 75),
    ] {
        let (workspace, args, paths) = after_a_run();
        workspace.file("bad.csv", "src,dst\n0,1\n,1\n");
        workspace.file("good.csv", "src,dst\n0,1\n");
        let input = workspace.path(input).display().to_string();
        let args: Vec<&str> = args.iter().map(String::as_str).collect();
        let output = ironforge(&[&["dag", &input], &args[..], more].concat());
        assert_eq!(output.status.code(), Some(code), "{input} {more:?}: {}", text(&output.stderr));
        let left: Vec<&PathBuf> = paths.iter().filter(|path| path.exists()).collect();
        assert!(left.is_empty(), "{input} {more:?}: {left:?}");
    }
}

#[test]
fn files_that_are_left_are_named() {
    let (workspace, args, paths) = after_a_run();
    let input = edges(&workspace, &TAILED);
    let args: Vec<&str> = args.iter().map(String::as_str).collect();
    // Wrong settings: the run has not begun.
    let output = ironforge(&[&["dag", &input], &args[..], &["--set", "limits.max_nodes=0"]].concat());
    refused(&output, 78, "limits.max_nodes");
    for path in &paths {
        assert!(
            path.exists() && text(&output.stderr).contains(&format!("{} is not of this run", path.display()))
        );
    }
    // An input that is named as an output too is not removed.
    let levels = paths[0].display().to_string();
    refused(&ironforge(&["dag", &levels, "--levels", &levels]), 2, "is also the edges");
    assert!(paths[0].exists());
    // A folder is no file of an earlier run.
    let folder = workspace.path("folder");
    std::fs::create_dir(&folder).unwrap();
    workspace.file("folder/mine.txt", "mine");
    let output = ironforge(&["dag", &input, "--levels", &folder.display().to_string()]);
    assert_eq!(output.status.code(), Some(74), "{}", text(&output.stderr));
    assert!(folder.join("mine.txt").exists());
}

#[cfg(unix)]
#[test]
fn a_link_is_removed_and_not_the_file_that_it_leads_to() {
    let workspace = Workspace::new();
    let ring = edges(&workspace, &[(5, 6), (6, 5)]);
    let (mine, link) = (workspace.file("mine.txt", "mine"), workspace.path("link"));
    std::os::unix::fs::symlink(&mine, &link).unwrap();
    cyclic(&[&ring, "--levels", &link.display().to_string()]);
    assert!(link.symlink_metadata().is_err());
    assert_eq!(std::fs::read_to_string(mine).unwrap(), "mine");
}
