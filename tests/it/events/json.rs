//! JSON records: one a line, or a list.

use ironforge::events::{BadRows, TextOptions, is_json_lines, read_json_records};
use ironforge::table::Values;

use super::{table, text};

fn read(json: &str, words: &[&str]) -> ironforge::events::RawTable {
    read_json_records(json.as_bytes(), "f.json", words, &TextOptions::default()).unwrap()
}

#[test]
fn fields_become_columns_of_their_type() {
    let lines = r#"{"t": 1700000000000000001, "who": "a", "x": 1, "deep": {"v": true}, "tags": ["p"]}
{"who": null, "t": 1700000000000000002, "x": 2.5, "deep": {"v": false, "w": "007"}, "tags": []}
"#;
    let want = table([
        ("t", Values::I64(vec![Some(1_700_000_000_000_000_001), Some(1_700_000_000_000_000_002)].into())),
        ("who", text([Some("a"), None])),
        ("x", Values::F64(vec![Some(1.0), Some(2.5)].into())),
        ("deep.v", Values::Bool(vec![Some(true), Some(false)].into())),
        ("deep.w", text([None, Some("007")])),
    ]);
    let from_lines = read(lines, &[]);
    assert_eq!(from_lines.table, want);
    assert_eq!(from_lines.ignored, [("tags".to_owned(), "lists".to_owned())]);
    let list = format!("[{}]", lines.trim().replace('\n', ","));
    assert_eq!(read(&list, &[]).table, want);
    assert!(is_json_lines(lines.as_bytes()) && !is_json_lines(list.as_bytes()));
    assert_eq!(
        read("{\"id\": 7}\n{\"id\": \"x\"}", &["id"]).table,
        table([("id", text([Some("7"), Some("x")]))])
    );
}

#[test]
fn a_broken_record_is_an_error_with_its_line_or_is_counted() {
    let lines = "{\"a\": 1}\n{\"a\": \n5\n\n{\"a\": 2}\n";
    let strict = TextOptions::default();
    let error = read_json_records(lines.as_bytes(), "f.json", &[], &strict).unwrap_err().to_string();
    assert!(error.contains("f.json, line 2") && error.contains("--bad-rows skip"), "{error}");
    let lenient = TextOptions { bad_rows: BadRows::Skip, ..TextOptions::default() };
    let read = read_json_records(lines.as_bytes(), "f.json", &[], &lenient).unwrap();
    assert_eq!((read.table.rows(), read.skipped.positions.clone()), (4, vec![1, 2]));
    let twice = read_json_records(b"{\"a.b\": 1, \"a\": {\"b\": 2}}", "f", &[], &strict).unwrap_err();
    assert!(twice.to_string().contains("a.b"), "{twice}");
    assert!(read_json_records(b" \n", "f", &[], &strict).unwrap_err().to_string().contains("no events"));
}
