//! `ironforge dag --weight`, and reports and files that do not depend on the order of the rows.

use std::collections::BTreeMap;

use ironforge::config::Config;
use ironforge::pipeline::{EdgeListReport, EdgeListRequest, NodeId, describe_edge_list};
use ironforge::store::{StoreConfig, read_table, write_table};
use ironforge::table::{Column, Table, Values};
use proptest::prelude::*;
use serde_json::json;

use super::dag::{document, texts, write};
use super::{Workspace, ironforge, ok, refused};

fn floats(workspace: &Workspace, name: &str, weights: Values) -> String {
    let ids = |ids: [u32; 4]| Values::U32(ids.to_vec().into());
    let columns = vec![("src", ids([10, 10, 20, 30])), ("dst", ids([20, 30, 40, 40])), ("cost", weights)];
    write(workspace, name, columns)
}

fn times(path: &str, name: &str) -> Vec<f64> {
    let table = read_table(path.as_ref(), Some(&[name]), 1 << 20).unwrap().table;
    match &table.column(name).unwrap().values {
        Values::F64(values) => values.present().collect(),
        other => panic!("{name}: {}", other.type_name()),
    }
}

#[test]
fn the_longest_path_is_that_by_the_column() {
    let workspace = Workspace::new();
    let path = floats(&workspace, "edges.parquet", Values::F64(vec![1.5, 4.0, 2.0, -1.25].into()));
    let levels = workspace.path("levels.parquet").display().to_string();
    let got = document(&[&path, "--weight", "cost", "--levels", &levels]);
    let want = json!({"column": "cost", "unit": "that of column cost", "length": 4.0, "path": [10, 30]});
    assert_eq!((&got["longest_path_weighted"], &got["longest_path_edges"]), (&want, &2.into()));
    // Ids 10, 20, 30, 40.
    assert_eq!(times(&levels, "earliest"), [0.0, 1.5, 4.0, 3.5]);
    assert_eq!(times(&levels, "latest"), [0.0, 2.0, 4.0, 4.0]);
    assert_eq!(times(&levels, "slack"), [0.0, 0.5, 0.0, 0.5]);
    let printed = ok(ironforge(&["dag", &path, "--weight", "cost"]));
    assert!(printed.contains("longest path 4 (unit: that of column cost): 10 -> 30"), "{printed}");
    let below = floats(&workspace, "below.parquet", Values::I64(vec![-1, -2, -3, -4].into()));
    let got = document(&[&below, "--weight", "cost"]);
    assert_eq!(got["longest_path_weighted"]["length"], 0.0, "a single node is longer than any path");
    assert_eq!(got["longest_path_weighted"]["path"], json!([10]));
    assert_eq!(document(&[&path]).get("longest_path_weighted"), None);
}

#[test]
fn the_unit_is_that_of_the_column() {
    let workspace = Workspace::new();
    let path = workspace.path("edges.parquet");
    let columns = vec![
        Column::new("src", "", texts(&["a"])),
        Column::new("dst", "", texts(&["b"])),
        Column::new("took", "ms", Values::U64(vec![250].into())),
    ];
    write_table(&path, &Table::new(columns), &StoreConfig::default()).unwrap();
    let got = document(&[&path.display().to_string(), "--weight", "took"]);
    let want = json!({"column": "took", "unit": "ms", "length": 250.0, "path": ["a", "b"]});
    assert_eq!(got["longest_path_weighted"], want);
}

#[test]
fn weights_that_are_no_finite_numbers_are_errors_that_name_row_and_column() {
    let workspace = Workspace::new();
    let nan = floats(&workspace, "nan.parquet", Values::F64(vec![1.0, 2.0, f64::NAN, 1.0].into()));
    let infinite = floats(&workspace, "inf.parquet", Values::F32(vec![1.0, f32::INFINITY, 2.0, 1.0].into()));
    let missing = floats(&workspace, "none.parquet", Values::I64(vec![Some(1), None, Some(1), None].into()));
    let words = floats(&workspace, "words.parquet", texts(&["1", "2", "3", "4"]));
    let huge = floats(&workspace, "huge.parquet", Values::F64(vec![f64::MAX; 4].into()));
    let csv = |text: &str| workspace.file(&format!("{}.csv", text.len()), format!("src,dst,cost\n{text}"));
    for (path, column, code, holds) in [
        (&nan, "cost", 65, "cost of row 2 is NaN, a weight is a finite number"),
        (&infinite, "cost", 65, "cost of row 1 is inf"),
        (&missing, "cost", 65, "cost of row 1 is missing"),
        (&words, "cost", 65, "column `cost` is text, --weight needs a column of numbers"),
        (&huge, "cost", 65, "to id 40, is longer than the largest f64"),
        (&nan, "price", 65, "price"),
        (&csv("0,1,1\n1,2,\n"), "cost", 65, "cost of row 1 is missing"),
        (&csv("0,1,1\n1,2,ten\n"), "cost", 65, "cost of row 1 is \"ten\""),
        (&csv("0,1,1\n1,2,3\n2,3,NaN\n"), "cost", 65, "cost of row 2 is missing"),
    ] {
        refused(&ironforge(&["dag", path, "--weight", column]), code, holds);
    }
}

/// Length of the longest path from `at`, over every path: the largest of the weights of an edge counts.
fn longest_from(edges: &[(u32, u32, i32)], at: u32) -> i32 {
    let from = edges.iter().filter(|edge| edge.0 == at);
    from.map(|&(_, v, weight)| weight + longest_from(edges, v)).fold(0, i32::max)
}

/// Edges from lower to higher of 12 numbers, some of them twice with other weights.
fn weighted_edges() -> impl Strategy<Value = Vec<(u32, u32, i32)>> {
    prop::collection::vec((0_u32..12, 0_u32..12, -9_i32..10), 1..16).prop_map(|edges| {
        let forward = edges.into_iter().filter(|(u, v, _)| u != v);
        forward.map(|(u, v, weight)| (u.min(v), u.max(v), weight)).collect()
    })
}

/// Describes edges whose ids are named by `name`, and reads the bytes of every file.
fn described(
    edges: &[(u32, u32, i32)],
    name: impl Fn(u32) -> String,
) -> (EdgeListReport, BTreeMap<&'static str, Vec<u8>>) {
    let workspace = Workspace::new();
    let rows: String =
        edges.iter().map(|&(u, v, weight)| format!("{},{},{weight}\n", name(u), name(v))).collect();
    let input = workspace.file("edges.csv", format!("src,dst,w\n{rows}"));
    let asked: Vec<String> = edges.iter().take(1).map(|edge| name(edge.0)).collect();
    let files = ["levels", "reduction", "map"].map(|file| (file, workspace.path(file)));
    let config = Config::default();
    let report = describe_edge_list(&EdgeListRequest {
        edges: input.as_ref(),
        nodes: None,
        descendants: &asked,
        ancestors: &[],
        weight: Some("w"),
        levels: Some(&files[0].1),
        transitive_reduction: Some(&files[1].1),
        node_map: Some(&files[2].1),
        limits: &config.limits,
        store: &config.store,
    });
    let mut report = report.unwrap();
    // The folder is another one for each run.
    let folder = format!("{}/", workspace.folder.path().display());
    report.not_written.iter_mut().for_each(|path| *path = path.replace(&folder, ""));
    let bytes = |path| std::fs::read(path).unwrap_or_default();
    (report, files.into_iter().map(|(file, path)| (file, bytes(path))).collect())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    #[test]
    fn the_longest_path_is_the_longest_of_all(edges in weighted_edges(), seed: u32) {
        // Names whose order is not that of the numbers.
        let name = |id: u32| (id.wrapping_mul(7).wrapping_add(seed % 12) % 12).to_string();
        let (report, _) = described(&edges, name);
        let longest = report.order.unwrap().longest_path_weighted.unwrap();
        let want = (0..12).map(|id| longest_from(&edges, id)).max().unwrap();
        prop_assert_eq!(longest.length, f64::from(want));
        let weight = |pair: &[NodeId]| {
            let ends = (pair[0].to_string(), pair[1].to_string());
            let of_pair = edges.iter().filter(|edge| (name(edge.0), name(edge.1)) == ends);
            of_pair.map(|edge| edge.2).max().unwrap()
        };
        prop_assert_eq!(longest.path.windows(2).map(weight).sum::<i32>(), want, "{:?}", longest.path);
    }

    #[test]
    fn the_order_of_the_rows_changes_nothing(
        (edges, shuffled) in weighted_edges().prop_flat_map(|edges| (Just(edges.clone()), Just(edges).prop_shuffle())),
        back in prop::option::of((0_u32..12, 0_u32..12)), letters: bool,
    ) {
        let name = |id: u32| if letters { format!("n{id}") } else { (id * 1000).to_string() };
        // An edge back makes some of the graphs cyclic.
        let with_back = |edges: Vec<_>, at: usize| {
            let mut edges: Vec<(u32, u32, i32)> = edges;
            if let Some((u, v)) = back {
                edges.insert(at.min(edges.len()), (u, v, 1));
            }
            edges
        };
        let (mut a, mut b) = (with_back(edges, 0), with_back(shuffled, 5));
        // The id that is asked for is of the first row.
        if let Some(first) = a.first().copied() {
            b.insert(0, first);
            a.insert(0, first);
        }
        let ((a_report, a_files), (b_report, b_files)) = (described(&a, name), described(&b, name));
        prop_assert!(!a_files["map"].is_empty());
        prop_assert_eq!(a_files["levels"].is_empty(), !a_report.is_dag);
        prop_assert_eq!(a_report, b_report);
        for (file, bytes) in a_files {
            prop_assert!(bytes == b_files[file], "{} differs", file);
        }
    }
}
