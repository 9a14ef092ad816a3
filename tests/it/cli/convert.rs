//! `ironforge convert`: round trips and errors.

use ironforge::store::{InspectOptions, StoreConfig, inspect, write_table};
use ironforge::table::{Column, Labels, Table, Values};
use serde_json::Value;

use super::{Workspace, ironforge, ok, refused};
use crate::data::data;

/// Path, counts and digest of each column of a file.
fn content(path: &str) -> Vec<(String, u64, u64, String)> {
    let depth = InspectOptions { pages: true, memory_limit_bytes: 1 << 30 };
    let leaves = inspect(path.as_ref(), depth, |_, _| ()).unwrap().leaves;
    let content = |leaf: ironforge::store::ColumnReport| {
        let content = leaf.content.unwrap();
        (leaf.path, content.values, content.nulls, content.sha256)
    };
    leaves.into_iter().map(content).collect()
}

fn there_and_back(workspace: &Workspace, path: &str) {
    let [arrow, back] = ["x.arrow", "x.parquet"].map(|name| workspace.path(name).display().to_string());
    ok(ironforge(&["convert", path, &arrow]));
    ok(ironforge(&["convert", &arrow, &back]));
    // The inner names of lists may change; their values do not.
    let values = |path: &str| content(path).into_iter().map(|(_, v, n, d)| (v, n, d)).collect::<Vec<_>>();
    assert_eq!(values(&back), values(path), "{path}");
}

#[test]
fn files_of_every_writer_keep_their_values_in_a_round_trip() {
    let workspace = Workspace::new();
    for name in [
        "parquet-writers/pyarrow_events_v1_dict_zstd.parquet",
        "parquet-writers/pyarrow_events_rg100.parquet",
        "parquet-writers/pyarrow_nested_v1_zstd.parquet",
        "parquet-writers/pyarrow_odd_types.parquet",
        "parquet-writers/polars_nested_zstd.parquet",
        "parquet-writers/duckdb_events_brotli.parquet",
        "parquet-writers/pyarrow_decimal_flba.parquet",
        "parquet-writers/pyarrow_events_zero_rows.parquet",
        "parquet-testing/data/nullable.impala.parquet",
        "parquet-testing/data/list_columns.parquet",
    ] {
        let Some(path) = data(name) else { return };
        there_and_back(&workspace, &path.display().to_string());
    }
}

#[test]
fn an_arrow_file_of_another_writer_becomes_parquet() {
    let (Some(arrow), Some(parquet)) =
        (data("tabular/flights-200k.arrow"), data("tabular/flights-200k.parquet"))
    else {
        return;
    };
    let workspace = Workspace::new();
    let out = workspace.path("deep/flights.parquet").display().to_string();
    let got = ok(ironforge(&["convert", &arrow.display().to_string(), &out, "--json"]));
    let got: Value = serde_json::from_str(&got).unwrap();
    assert_eq!((&got["rows"], &got["kind"]), (&Value::from(200_000), &Value::from("parquet")));
    assert_eq!(content(&out), content(&parquet.display().to_string()));
}

#[test]
fn units_are_kept_and_a_failed_conversion_leaves_the_old_file() {
    let workspace = Workspace::new();
    let path = workspace.path("t.parquet");
    let table = Table::new(vec![
        Column::new("t_ms", "ms", Values::I64((0..30).collect())),
        Column::new("kind", "", Values::Text(Labels::encode((0..30).map(|i| (i % 3 > 0).then_some("x"))))),
    ]);
    write_table(&path, &table, &StoreConfig::default()).unwrap();
    let path = path.display().to_string();
    there_and_back(&workspace, &path);
    let back = ironforge::store::read_table(&workspace.path("x.parquet"), None, 1 << 20).unwrap().table;
    assert_eq!(back, table);
    let old = workspace.file("old.arrow", "old");
    let mut bytes = std::fs::read(&path).unwrap();
    bytes[4..20].fill(0xff);
    let damaged = workspace.file("damaged.parquet", bytes);
    refused(&ironforge(&["convert", &damaged, &old]), 65, "damaged.parquet");
    assert_eq!(std::fs::read(&old).unwrap(), b"old");
    assert!(
        std::fs::read_dir(workspace.folder.path())
            .unwrap()
            .all(|entry| { !entry.unwrap().file_name().to_string_lossy().starts_with('.') })
    );
}

#[test]
fn a_setting_that_a_conversion_does_not_use_is_an_error() {
    let workspace = Workspace::new();
    let path = workspace.path("t.parquet");
    let table = Table::new(vec![Column::new("node_id", "", Values::U32(vec![1].into()))]);
    write_table(&path, &table, &StoreConfig::default()).unwrap();
    let out = workspace.path("t.arrow");
    let [path, to] = [&path, &out].map(|p| p.display().to_string());
    for setting in
        ["content_defined=true", "encodings=basic", "dictionary=[\"node_id\"]", "max_page_bytes=2048"]
    {
        let set = format!("store.{setting}");
        let key = format!("--set {set}: a conversion has no store.");
        refused(&ironforge(&["convert", &path, &to, "--set", &set]), 78, &key);
        assert!(!out.exists());
    }
    // A preset applies to all commands: settings that a conversion does not use are ignored.
    ok(ironforge(&["convert", &path, &to, "--preset", "context7-standard"]));
}

#[test]
fn other_and_damaged_files_are_errors() {
    let workspace = Workspace::new();
    let out = workspace.out();
    refused(
        &ironforge(&["convert", &workspace.file("x.csv", "a,b"), &out]),
        65,
        "neither a Parquet file nor",
    );
    refused(&ironforge(&["convert", &workspace.path("none").display().to_string(), &out]), 66, "cannot open");
    refused(&ironforge(&["convert", &workspace.file("x.arrow", "ARROW1"), &out]), 65, "shorter than");
    let Some(arrow) = data("tabular/flights-200k.arrow") else { return };
    let whole = std::fs::read(arrow).unwrap();
    let tail = whole.len() - 10;
    for (name, at) in [("footer length", tail), ("footer", tail - 60), ("block", 1200)] {
        let mut bytes = whole.clone();
        bytes[at..at + 4].copy_from_slice(&[0xff; 4]);
        let output = ironforge(&["convert", &workspace.file("bad.arrow", &bytes), &out]);
        assert!(matches!(output.status.code(), Some(0 | 65)), "{name}: {:?}", output.status);
    }
    refused(
        &ironforge(&["convert", &workspace.file("cut.arrow", &whole[..whole.len() / 2]), &out]),
        65,
        "cut off",
    );
}
