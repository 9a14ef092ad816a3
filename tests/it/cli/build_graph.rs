//! `ironforge build-graph`: its graphs equal those of `discover`.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use serde_json::Value;

use super::{Workspace, ironforge, ok, refused};

/// Bytes of every file of a dataset, by its path below `out`.
fn files(out: &Path, dataset: &str) -> BTreeMap<PathBuf, Vec<u8>> {
    let mut found = BTreeMap::new();
    for partition in std::fs::read_dir(out.join(dataset)).unwrap() {
        for file in std::fs::read_dir(partition.unwrap().path()).unwrap() {
            let path = file.unwrap().path();
            let bytes = std::fs::read(&path).unwrap();
            found.insert(path.strip_prefix(out).unwrap().to_owned(), bytes);
        }
    }
    found
}

#[test]
fn the_graphs_equal_those_of_discover_and_replace_its_outputs() {
    let workspace = Workspace::new();
    ok(workspace.discover(&[]));
    let out = workspace.path("out");
    let datasets = ["nodes", "temporal_edges", "dag_edges"];
    let whole = datasets.map(|dataset| files(&out, dataset));
    let of_run = workspace.report();
    let printed = ok(ironforge(&["build-graph", "--out", &workspace.out(), "--threads", "1", "--json"]));
    assert_eq!(datasets.map(|dataset| files(&out, dataset)), whole);
    let report: Value = serde_json::from_str(&printed).unwrap();
    assert_eq!(report, workspace.report());
    assert_eq!(std::fs::read_dir(&out).unwrap().count(), 4, "nothing of the whole run is left");
    for (built, whole) in
        report["sessions"].as_array().unwrap().iter().zip(of_run["sessions"].as_array().unwrap())
    {
        for (key, value) in whole.as_object().unwrap() {
            assert_eq!(&built[key], value, "{key}");
        }
        let number = |key: &str| built[key].as_u64().unwrap_or_else(|| panic!("{key}: {}", built[key]));
        assert_eq!(number("longest_path_edges") + 1, number("generations"));
        assert!(number("max_out_degree") <= 4 && number("max_in_degree") >= 1);
        assert!((1..=number("roots")).contains(&number("weakly_connected_components")));
        assert!(number("sinks") >= 1 && number("widest_generation") >= 1);
        assert!((1..number("dag_edges")).contains(&number("transitive_reduction_edges")));
    }
    let printed = ok(ironforge(&["build-graph", "--out", &workspace.out()]));
    assert!(
        printed.contains("built-in sample, 6 sessions, 726 events") && printed.contains("2836 DAG edges"),
        "{printed}"
    );
}

#[test]
fn options_and_errors_are_those_of_discover() {
    let workspace = Workspace::new();
    let table = workspace.file("a.csv", "t,who\n0,a\n60,b\n120,a\n180,a\n");
    let run = |args: &[&str]| {
        let out = workspace.out();
        ironforge(&[&["build-graph", &table, "--out", &out, "--time", "t:s"], args].concat())
    };
    ok(run(&["--key", "who", "--link", "shared-key"]));
    assert_eq!(workspace.report()["sessions"][0]["dag_edges"], 3);
    ok(run(&["--set", "dag.k=1"]));
    assert_eq!(workspace.report()["sessions"][0]["dag_edges"], 3);
    assert_eq!(workspace.report()["sessions"][0]["generations"], 4);
    refused(&run(&["--link", "shared-key"]), 78, "--key");
    refused(&run(&["--set", "limits.memory_gb=1e-9"]), 75, "limits.memory_gb");
    refused(&ironforge(&["build-graph", "absent.csv", "--out", &workspace.out()]), 66, "absent.csv");
    let foreign = workspace.file("mine/nodes", "x");
    let folder = Path::new(&foreign).parent().unwrap().display().to_string();
    refused(&ironforge(&["build-graph", "--out", &folder]), 73, "was not written by an earlier run");
}
