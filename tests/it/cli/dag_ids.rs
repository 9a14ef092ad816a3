//! `ironforge dag`: ids with gaps, ids that are texts, and CSV files.

use ironforge::store::read_table;
use ironforge::table::Values;
use serde_json::json;

use super::dag::{cyclic, document, texts, write};
use super::{Workspace, ironforge, ok, refused};

fn integers(ids: &[i64]) -> Values {
    Values::I64(ids.to_vec().into())
}

/// The rows of a column, as text.
fn column(path: &str, name: &str) -> Vec<String> {
    let table = read_table(path.as_ref(), Some(&[name]), 1 << 20).unwrap().table;
    match &table.column(name).unwrap().values {
        Values::U32(values) => values.present().map(|id| id.to_string()).collect(),
        Values::U64(values) => values.present().map(|id| id.to_string()).collect(),
        Values::Text(labels) => labels.iter().map(|id| id.unwrap().to_owned()).collect(),
        other => panic!("{name}: {}", other.type_name()),
    }
}

#[test]
fn ids_without_an_edge_are_counted_apart() {
    let workspace = Workspace::new();
    // Ids of seven digits, as arXiv's; the limit on memory excludes a graph of ten million nodes.
    let path = write(
        &workspace,
        "cit.parquet",
        vec![
            ("src", integers(&[9_907_233, 9_907_233, 9_304_045])),
            ("dst", integers(&[9_304_045, 9_301_111, 9_301_111])),
        ],
    );
    let small = ["--set", "limits.memory_gb=1e-5"];
    let got = document(&[&[path.as_str(), "--descendants", "9907233"], &small[..]].concat());
    let counts =
        ["nodes", "weakly_connected_components", "roots", "sinks", "generations", "ids_without_edge"];
    assert_eq!(counts.map(|name| got[name].as_u64().unwrap()), [3, 1, 1, 1, 3, 9_907_231]);
    assert_eq!(got["descendants"], json!({"9907233": 2}));
    let printed = ok(ironforge(&["dag", &path]));
    assert!(printed.contains("9,907,231 ids have no edge: they are not nodes"), "{printed}");
}

#[test]
fn ids_of_64_bits_are_nodes() {
    let workspace = Workspace::new();
    let (large, map) = (u64::MAX, workspace.path("map.parquet").display().to_string());
    let column_of = |ids: Vec<u64>| Values::U64(ids.into());
    let path = write(
        &workspace,
        "large.parquet",
        vec![("src", column_of(vec![large, 7])), ("dst", column_of(vec![large - 1, large]))],
    );
    let got = document(&[&path, "--ancestors", "18446744073709551614", "--node-map", &map]);
    assert_eq!((&got["nodes"], &got["ids_without_edge"]), (&3.into(), &(large - 2).into()));
    assert_eq!(got["ancestors"], json!({"18446744073709551614": 2}));
    assert_eq!(column(&map, "id"), ["7", "18446744073709551614", "18446744073709551615"]);
}

#[test]
fn ids_that_are_texts_are_numbered_by_their_bytes() {
    let workspace = Workspace::new();
    let path = write(
        &workspace,
        "words.parquet",
        vec![("src", texts(&["éa", "b", "Z", "b"])), ("dst", texts(&["b", "10", "b", "9"]))],
    );
    let [levels, map, reduction] =
        ["levels.parquet", "map.parquet", "kept.parquet"].map(|n| workspace.path(n).display().to_string());
    let outputs = ["--levels", &levels, "--node-map", &map, "--transitive-reduction", &reduction];
    let got = document(&[&[path.as_str(), "--descendants", "Z", "--ancestors", "9"], &outputs[..]].concat());
    assert_eq!((&got["nodes"], &got["ids_without_edge"], &got["roots"]), (&5.into(), &0.into(), &2.into()));
    assert_eq!((&got["descendants"], &got["ancestors"]), (&json!({"Z": 3}), &json!({"9": 3})));
    let ids = ["10", "9", "Z", "b", "éa"];
    assert_eq!(
        (column(&map, "id"), column(&levels, "id")),
        (ids.map(String::from).into(), ids.map(String::from).into())
    );
    assert_eq!(column(&map, "node"), ["0", "1", "2", "3", "4"]);
    assert_eq!(column(&levels, "level"), ["2", "2", "0", "1", "0"]);
    assert_eq!(column(&reduction, "src"), ["Z", "b", "b", "éa"]);
    assert_eq!(column(&reduction, "dst"), ["b", "10", "9", "b"]);
    let nodes = write(&workspace, "nodes.parquet", vec![("id", texts(&["b", "alone"]))]);
    let got = document(&[&path, "--nodes", &nodes, "--descendants", "alone"]);
    assert_eq!((&got["nodes"], &got["ids_without_edge"], &got["roots"]), (&6.into(), &1.into(), &3.into()));
    let ring = write(
        &workspace,
        "ring.parquet",
        vec![("src", texts(&["a", "b", "c\u{1b}[2J\n"])), ("dst", texts(&["b", "c\u{1b}[2J\n", "b"]))],
    );
    let (got, error) = cyclic(&[&ring, "--descendants", "a"]);
    assert_eq!((&got["cycle"], &got["descendants"]), (&json!(["b", "c\u{1b}[2J\n"]), &json!({"a": 2})));
    assert!(error.contains(r"b -> c\u{1b}[2J\n -> b closes"), "{error}");
}

#[test]
fn a_csv_file_is_an_edge_list() {
    let workspace = Workspace::new();
    let numbers = workspace.file("numbers.CSV", "weight,src,dst\n1,10,9\n2,9,100\n");
    let map = workspace.path("map.parquet").display().to_string();
    let got = document(&[&numbers, "--descendants", "10", "--node-map", &map]);
    assert_eq!((&got["descendants"], &got["ids_without_edge"]), (&json!({"10": 2}), &98.into()));
    assert_eq!(column(&map, "id"), ["9", "10", "100"], "integers are in the order of numbers");
    // One id that is no plain integer makes all of them texts: none is shown otherwise than it is written.
    for odd in ["007", "a7", "+7", "7.0", "18446744073709551616"] {
        let texts = workspace.file("texts.csv", format!("src,dst\n10,9\n9,{odd}\n"));
        let got = document(&[&texts, "--ancestors", odd, "--node-map", &map]);
        assert_eq!(got["ancestors"], json!({odd: 2}));
        let mut want = ["10", "9", odd];
        want.sort_unstable();
        assert_eq!(column(&map, "id"), want);
    }
    let empty = workspace.file("empty.csv", "src,dst\n");
    assert_eq!(document(&[&empty])["nodes"], 0);
    for (csv, code, holds) in [
        ("src,dst\n1,2\n1,\n", 65, "dst of row 1 is missing"),
        ("src,dst\n1,2\n-1,2\n", 65, "src of row 1 is -1"),
        ("src,dts\n1,2\n", 65, "no column \"dst\" for the edges, did you mean \"dts\"?"),
        ("src,dst\n1,2\n3,4\n1,2,3\n", 65, "line 4"),
        ("", 65, "the file is empty"),
    ] {
        refused(&ironforge(&["dag", &workspace.file("bad.csv", csv)]), code, holds);
    }
    let many = workspace.file("many.csv", format!("src,dst\n{}", "1,2\n".repeat(1000)));
    refused(&ironforge(&["dag", &many, "--set", "limits.memory_gb=1e-5"]), 75, "limits.memory_gb");
    refused(&ironforge(&["dag", &workspace.path("absent.csv").display().to_string()]), 66, "absent.csv");
}

#[test]
fn the_same_edges_give_the_same_report_from_csv_and_parquet() {
    let workspace = Workspace::new();
    let csv = workspace.file("edges.csv", "src,dst,w\n5,3,1.5\n3,70,-2\n5,70,\n".replace("70,\n", "70,0\n"));
    let weights = Values::F64(vec![1.5, -2.0, 0.0].into());
    let columns = vec![("src", integers(&[5, 3, 5])), ("dst", integers(&[3, 70, 70])), ("w", weights)];
    let parquet = write(&workspace, "edges.parquet", columns);
    let args = ["--weight", "w", "--descendants", "5"];
    let [a, b] = [csv, parquet].map(|path| document(&[&[path.as_str()], &args[..]].concat()));
    assert_eq!(a, b);
}
