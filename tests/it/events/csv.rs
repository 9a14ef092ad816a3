//! CSV files: types, malformed files, and copies of Parquet files.

use std::path::Path;

use ironforge::events::{ColumnMap, EventsError, TieOrder, csv_from, csv_table, from_table};
use ironforge::store::read_table;
use ironforge::table::{Table, Values};
use proptest::prelude::*;

use super::{LIMIT, map, table, text};
use crate::data::data;

fn csv(text: &str, columns: Option<&[&str]>, words: &[&str]) -> Result<Table, EventsError> {
    csv_from(text.as_bytes(), "file.csv", columns, words, LIMIT)
}

#[test]
fn csv_types_are_inferred_from_the_values() {
    let read =
        csv("\u{feff}i,f,b,w,none,id\n1,1.5,True,x,,007\n,2,false,\"a,\"\"b\",,7\n", None, &["id"]).unwrap();
    let want = table([
        ("i", Values::I64(vec![Some(1), None].into())),
        ("f", Values::F64(vec![Some(1.5), Some(2.0)].into())),
        ("b", Values::Bool(vec![Some(true), Some(false)].into())),
        ("w", text([Some("x"), Some("a,\"b")])),
        ("none", Values::F64(vec![None, None].into())),
        ("id", text([Some("007"), Some("7")])),
    ]);
    assert_eq!(read, want);
    let some = csv("i,f\n1,2\n", Some(&["f"]), &[]).unwrap();
    assert_eq!(some, table([("f", Values::I64(vec![Some(2)].into()))]));
    assert_eq!(csv("a,b\n", None, &[]).unwrap().rows(), 0);
}

#[test]
fn errors_of_malformed_csv_name_the_line() {
    for (text, part) in [
        ("", "line 1"),
        ("a,a\n1,2\n", "\"a\""),
        ("a,\n1,2\n", "no name"),
        ("a,b\n1,2\n3\n", "line 3"),
        ("a,b\n1,2,3\n", "line 2"),
    ] {
        let message = csv(text, None, &[]).unwrap_err().to_string();
        assert!(message.contains(part) && message.contains("file.csv"), "{message}");
    }
    let message = csv_from(&b"a\nx\n\xff\xfe\n"[..], "file.csv", None, &[], LIMIT).unwrap_err().to_string();
    assert!(message.contains("line 3") && message.contains("UTF-8"), "{message}");
    let error = csv("time\n", Some(&["tme"]), &[]).unwrap_err();
    assert!(matches!(&error, EventsError::UnknownColumn { hint, .. } if hint.contains("time")), "{error}");
}

#[test]
fn csv_stays_within_the_memory_limit() {
    let endless = std::io::repeat(b'x');
    let error = csv_from(endless, "file.csv", None, &[], 1 << 20).unwrap_err();
    assert!(matches!(error, EventsError::Memory { limit: 1_048_576, .. }), "{error}");
    let rows = format!("a\n{}", "1\n".repeat(50_000));
    assert!(matches!(csv_from(rows.as_bytes(), "f", None, &[], 100_000), Err(EventsError::Memory { .. })));
    assert!(csv_from(rows.as_bytes(), "f", None, &[], 10_000_000).is_ok());
}

#[test]
fn a_csv_copy_gives_the_same_sessions_as_its_parquet_file() {
    for (name, map) in [
        ("bars/gc_m1.parquet", ColumnMap { kind: Some("symbol".to_owned()), ..map("ts:ms") }),
        ("bars/eurusd_h1.parquet", ColumnMap { group: Some("symbol".to_owned()), ..map("ts:ms") }),
        (
            "temporal/bitcoinotc.parquet",
            ColumnMap { keys: vec!["src".to_owned(), "dst".to_owned()], ..map("t:s") },
        ),
    ] {
        let Some(path) = data(name) else { continue };
        let table = read_table(&path, None, LIMIT).unwrap().table;
        let mut copy = String::new();
        let cells: Vec<Vec<String>> = table.columns().iter().map(|column| written(&column.values)).collect();
        let names: Vec<&str> = table.columns().iter().map(|c| c.name.as_str()).collect();
        copy += &names.join(",");
        for row in 0..table.rows() {
            let line: Vec<&str> = cells.iter().map(|column| column[row].as_str()).collect();
            copy += "\n";
            copy += &line.join(",");
        }
        let from_csv = csv(&copy, None, &map.text_columns()).unwrap();
        let parquet = from_table(table, &map, "f", "f", TieOrder::Source).unwrap();
        assert_eq!(from_table(from_csv, &map, "f", "f", TieOrder::Source).unwrap(), parquet, "{name}");
    }
}

/// A column as a program would write it to CSV.
fn written(values: &Values) -> Vec<String> {
    fn all<T: ToString>(rows: impl Iterator<Item = Option<T>>) -> Vec<String> {
        rows.map(|row| row.map_or(String::new(), |value| value.to_string())).collect()
    }
    match values {
        Values::U32(v) => all(v.iter()),
        Values::I64(v) => all(v.iter()),
        Values::F64(v) => all(v.iter()),
        Values::Text(labels) => all(labels.iter()),
        other => panic!("no {} in these files", other.type_name()),
    }
}

#[test]
fn the_error_of_an_unreadable_csv_file_names_it() {
    let error = csv_table(Path::new("no/such.csv"), None, &[], LIMIT).unwrap_err();
    assert!(matches!(&error, EventsError::Io { file, .. } if file == "no/such.csv"), "{error}");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(128))]

    #[test]
    fn no_csv_panics(bytes in prop::collection::vec(prop::sample::select(b"a1,.\"\n\r\xff e-".to_vec()), 0..80)) {
        let _ = csv_from(&bytes[..], "f", None, &["a"], 10_000);
    }
}
