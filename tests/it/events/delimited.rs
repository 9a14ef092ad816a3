//! Delimited text: types, malformed files, and copies of Parquet files.

use ironforge::events::{
    BadRows, ColumnMap, EventsError, RawTable, TextOptions, TieOrder, from_table, read_delimited,
};
use ironforge::store::read_table;
use ironforge::table::{Table, Values};
use proptest::prelude::*;

use super::{LIMIT, map, table, text};
use crate::data::data;

fn raw(
    bytes: impl std::io::Read,
    columns: Option<&[&str]>,
    words: &[&str],
    limit: u64,
) -> Result<RawTable, EventsError> {
    read_delimited(bytes, "file.csv", columns, words, &TextOptions::default(), limit)
}

fn csv(text: &str, columns: Option<&[&str]>, words: &[&str]) -> Result<Table, EventsError> {
    raw(text.as_bytes(), columns, words, LIMIT).map(|read| read.table)
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
        ("", "no events"),
        ("a,b\n1,2\n3\n", "line 3"),
        ("a,b\n1,2\n3,4\n1,2,3\n", "line 4"),
        ("a,b\n1,\"x\n2,3\n", "line 2"),
        ("a,b\n1,\"x\" y\n", "line 2"),
        ("a,b\n1,2\na,b\n3,4\n", "line 3"),
        ("\u{feff}#c\n#d\na,b\n1,2\n3\n", "line 5"),
    ] {
        let message = csv(text, None, &[]).unwrap_err().to_string();
        assert!(message.contains(part) && message.contains("file.csv"), "{message}");
    }
    let message = raw(&b"a\nx\n\xff\xfe\n"[..], None, &[], LIMIT).unwrap_err().to_string();
    assert!(message.contains("line 3") && message.contains("UTF-8"), "{message}");
    let message = raw(&b"\xff\xfea\0\n\0"[..], None, &[], LIMIT).unwrap_err().to_string();
    assert!(message.contains("UTF-16"), "{message}");
    let error = csv("time\n", Some(&["tme"]), &[]).unwrap_err();
    assert!(matches!(&error, EventsError::UnknownColumn { hint, .. } if hint.contains("time")), "{error}");
}

#[test]
fn csv_stays_within_the_memory_limit() {
    let endless = std::io::repeat(b'x');
    let error = raw(endless, None, &[], 1 << 20).unwrap_err();
    assert!(matches!(error, EventsError::Memory { limit: 1_048_576, .. }), "{error}");
    let rows = format!("a\n{}", "1\n".repeat(50_000));
    assert!(matches!(raw(rows.as_bytes(), None, &[], 100_000), Err(EventsError::Memory { .. })));
    assert!(raw(rows.as_bytes(), None, &[], 10_000_000).is_ok());
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

/// Names and values of the table of a text.
fn columns_of(text: &str) -> Vec<(String, Vec<Option<String>>)> {
    let table = csv(text, None, &[]).unwrap();
    let column = |column: &ironforge::table::Column| {
        let cells =
            written(&column.values).into_iter().map(|cell| Some(cell).filter(|cell| !cell.is_empty()));
        (column.name.clone(), cells.collect())
    };
    table.columns().iter().map(column).collect()
}

#[test]
fn dialects_of_one_table_give_the_same_columns() {
    let want = columns_of("t,who,x\n1700000000,a,1.5\n1700000060,b,-2\n1700000120,a,0.25\n");
    for text in [
        "\u{feff}t;who;x\r\n1700000000;a;1,5\r\n1700000060;b;-2\r\n1700000120;a;0,25\r\n",
        "t\twho\tx\n1700000000\ta\t1.5\n1700000060\tb\t-2\n1700000120\ta\t0.25",
        "t|who|x\n1700000000|a|1.5\n1700000060|b|-2\n1700000120|a|0.25\n",
        "# a comment; with, signs\n# another\nt, who, x\n1700000000, \"a\", 1.5\n1700000060, b, -2\n1700000120, a, .25\n",
        "t,who,x,\n1700000000,a,1.5,\n1700000060,b,-2,\n1700000120,a,0.25,\n",
        "\"t\",\"who\",\"x\"\n\"1\",1700000000,\"a\",1.5\n\"2\",1700000060,\"b\",-2\n\"3\",1700000120,\"a\",0.25\n",
        ",t,who,x\n0,1700000000,a,1.5\n1,1700000060,b,-2\n2,1700000120,a,0.25\n",
        "#t,who,x\n1700000000,a,1.5\n1700000060,b,-2\n1700000120,a,0.25\n",
    ] {
        assert_eq!(columns_of(text), want, "{text}");
    }
}

#[test]
fn published_edge_lists_are_read_without_a_header() {
    let numbers = |text: &str| {
        let columns = columns_of(text);
        let names: Vec<&str> = columns.iter().map(|(name, _)| name.as_str()).collect();
        (names.join(" "), columns[0].1.len())
    };
    // SNAP, KONECT and an export without a header
    assert_eq!(numbers("9 8 1217567877\n1 1 1217573801\n13 1 1217606247\n"), ("0 1 2".to_owned(), 3));
    assert_eq!(
        numbers("# Directed graph\n# Nodes: 3\n# FromNodeId\tToNodeId\n0\t1\n1\t2\n"),
        ("0 1".to_owned(), 2)
    );
    assert_eq!(
        numbers("% asym positive\n% 2 3 3\n1 2 1 1082008561\n3 1 1 1082008562 \n"),
        ("0 1 2 3".to_owned(), 2)
    );
    assert_eq!(numbers("2024-01-05 09:30:00,a,1\n2024-01-05 09:31:00,b,2\n"), ("0 1 2".to_owned(), 2));
    // JODIE: more features than names
    let jodie = "user_id,item_id,timestamp,state_label,comma_separated_list_of_features\n0,0,0.0,0,-0.1,0.3\n1,0,6.0,0,-0.1,0.2\n";
    let names = "user_id item_id timestamp state_label comma_separated_list_of_features \
                 comma_separated_list_of_features.1";
    assert_eq!(numbers(jodie), (names.to_owned(), 2));
    // a name above numbers makes it a header, whatever the others are
    assert_eq!(numbers("t,2019,2020\n5,1,2\n6,3,4\n").0, "t 2019 2020");
}

#[test]
fn missing_words_keep_a_column_of_numbers_and_other_words_are_reported() {
    let read = raw("x,y,z\n1,1,-\nNA,two,\n2.5,3,NULL\n".as_bytes(), None, &[], LIMIT).unwrap();
    let want = table([
        ("x", Values::F64(vec![Some(1.0), None, Some(2.5)].into())),
        ("y", text([Some("1"), Some("two"), Some("3")])),
        ("z", Values::F64(vec![None, None, None].into())),
    ]);
    assert_eq!(read.table, want);
    let report = |name: &str| read.columns.iter().find(|column| column.name == name).unwrap();
    assert_eq!((report("x").missing, report("x").missing_words[0].word.as_str()), (1, "NA"));
    let mixed = report("y").mixed.as_ref().unwrap();
    assert_eq!((mixed.numbers, mixed.first_row, mixed.cell.as_str()), (2, 1, "two"));
    assert_eq!(report("z").missing_words.iter().map(|word| word.first_row).collect::<Vec<_>>(), [0, 2]);
}

#[test]
fn rows_that_cannot_be_read_are_left_out_and_counted_if_asked_for() {
    let options = TextOptions { bad_rows: BadRows::Skip, ..TextOptions::default() };
    let cells = "t,u\n1700000000,a\n5\nt,u\nNA,b\n1700000060,c\n";
    let map = ColumnMap { kind: Some("u".to_owned()), bad_rows: BadRows::Skip, ..map("t:s") };
    let raw = read_delimited(cells.as_bytes(), "f", None, &map.text_columns(), &options, LIMIT).unwrap();
    let sessions = from_table(raw.clone(), &map, "f", "f", TieOrder::Source).unwrap();
    assert_eq!(sessions[0].events.event_index, [0, 4]);
    let report = ironforge::events::read_events(&raw, &map, "f").unwrap().report;
    assert_eq!((report.rows, report.events, report.skipped_rows.rows), (5, 2, 3));
    assert_eq!(report.skipped_rows.first.unwrap().row, 1);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(128))]

    #[test]
    fn no_csv_panics(bytes in prop::collection::vec(prop::sample::select(b"a1,.;\"\n\r\xff e-#%\t".to_vec()), 0..80)) {
        let _ = raw(&bytes[..], None, &["a"], 1_000_000);
    }
}
