//! `ironforge inspect`: reports and errors.

use ironforge::store::{StoreConfig, write_table};
use ironforge::table::{Column, Labels, Table, Values};
use serde_json::{Value, json};

use super::{Workspace, ironforge, ok, refused, text};
use crate::data::data;

fn written(workspace: &Workspace) -> String {
    let kind = Labels::encode([Some("a"), None, Some("b")]);
    let table = Table::new(vec![
        Column::new("t_ms", "ms", Values::I64(vec![1, 2, 3].into())),
        Column::new("kind", "", Values::Text(kind)),
    ]);
    let path = workspace.path("x.parquet");
    write_table(&path, &table, &StoreConfig { row_group_rows: 2, ..StoreConfig::default() }).unwrap();
    path.display().to_string()
}

fn document(args: &[&str]) -> Value {
    serde_json::from_str(&ok(ironforge(&[&["inspect"], args, &["--json"]].concat()))).unwrap()
}

#[test]
fn a_file_is_described_with_a_digest_of_each_column() {
    let workspace = Workspace::new();
    let path = written(&workspace);
    let got = document(&[&path]);
    assert_eq!(got["schema_version"], 1);
    assert_eq!((&got["rows"], &got["row_groups"][1]["rows"]), (&json!(3), &json!(1)));
    let leaf = |i: usize| {
        let leaf = &got["leaves"][i];
        [&leaf["path"], &leaf["values"], &leaf["nulls"], &leaf["sha256"]].map(Value::clone)
    };
    // sha256 of 1, 2 and 3 as eight bytes each; of "a" and "b", each after its length as four bytes.
    let integers = "e2e2033ae7e19d680599d4eb0a1359a2b48ec5baac75066c317fbf85159c54ef";
    let strings = "37efc929c5c40fd796cc3111e218b304223414aa11ecf5c41f8187cd40cb5955";
    assert_eq!(leaf(0), [json!("t_ms"), json!(3), json!(0), json!(integers)]);
    assert_eq!(leaf(1), [json!("kind"), json!(2), json!(1), json!(strings)]);
    let printed = ok(ironforge(&["inspect", &path]));
    for word in ["3 in 2 row groups of 1 to 2", "zstd", "page index", integers] {
        assert!(printed.contains(word), "{word:?} in: {printed}");
    }
}

#[test]
fn the_footer_alone_has_no_values() {
    let workspace = Workspace::new();
    let path = written(&workspace);
    let got = document(&[&path, "--footer"]);
    assert_eq!(got["leaves"][0]["physical_type"], "INT64");
    assert!(got["leaves"][0].get("sha256").is_none() && got["leaves"][0].get("values").is_none());
    // The first page is damaged: the footer is not.
    let mut bytes = std::fs::read(&path).unwrap();
    bytes[4..12].fill(0xff);
    let damaged = workspace.file("damaged.parquet", bytes);
    document(&[&damaged, "--footer"]);
    refused(&ironforge(&["inspect", &damaged]), 65, "damaged.parquet");
}

#[test]
fn each_kind_of_unreadable_file_has_its_exit_code() {
    let workspace = Workspace::new();
    refused(&ironforge(&["inspect", &workspace.path("none").display().to_string()]), 66, "cannot open");
    refused(&ironforge(&["inspect", &workspace.file("x.csv", "a,b")]), 65, "not a Parquet file");
    let path = written(&workspace);
    refused(&ironforge(&["inspect", &path, "--set", "limits.memory_gb=0.0000001"]), 75, "the limit is 100");
    let Some(encrypted) = data("parquet-testing/data/encrypt_columns_and_footer.parquet.encrypted") else {
        return;
    };
    refused(&ironforge(&["inspect", &encrypted.display().to_string()]), 65, "encrypted");
}

#[test]
fn progress_stays_out_of_the_result() {
    let workspace = Workspace::new();
    let output = ironforge(&["inspect", &written(&workspace), "--json"]);
    assert!(text(&output.stderr).contains("decoding"));
    serde_json::from_slice::<Value>(&output.stdout).unwrap();
}
