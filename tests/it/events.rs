//! Events: order, time, missing values, and every way a source can be wrong.

use std::path::PathBuf;

use ironforge::events::{
    ColumnMap, EventsError, TimeColumn, csv_from, csv_table, features, from_table, numeric_names, sample,
    session_from_json, session_id_from_stem, standardise,
};
use ironforge::store::read_table;
use ironforge::table::{Column, Labels, Session, Table, TimeUnit, Values};
use proptest::prelude::*;

/// Memory that a test may take, bytes.
const LIMIT: u64 = 256 << 20;

fn data(name: &str) -> Option<PathBuf> {
    let root =
        std::env::var_os("IRONFORGE_DATA").map_or_else(|| PathBuf::from("../shared/data"), PathBuf::from);
    let path = root.join(name);
    if path.exists() {
        return Some(path);
    }
    println!("SKIP {}", path.display());
    None
}

fn map(time: &str) -> ColumnMap {
    ColumnMap { time: Some(TimeColumn::parse(time).unwrap()), ..ColumnMap::default() }
}

fn table<const N: usize>(columns: [(&str, Values); N]) -> Table {
    Table::new(columns.into_iter().map(|(name, values)| Column::new(name, "", values)).collect())
}

fn text<const N: usize>(rows: [Option<&str>; N]) -> Values {
    Values::Text(Labels::encode(rows))
}

fn one(table: Table, map: &ColumnMap) -> Result<Session, EventsError> {
    from_table(table, map, "file.csv", "file").map(|mut sessions| {
        assert_eq!(sessions.len(), 1);
        sessions.remove(0)
    })
}

/// The message of a table that must be refused; it names the file.
fn refused(table: Table, map: &ColumnMap) -> String {
    let message = one(table, map).unwrap_err().to_string();
    assert!(message.contains("file.csv"), "{message}");
    message
}

#[test]
fn ties_keep_seq_then_the_order_of_the_file() {
    let columns = || {
        [("t", Values::I64(vec![5, 3, 5, 3, 5])), ("n", Values::OptI64([9, 1, 2, 1, 2].map(Some).to_vec()))]
    };
    let events = one(table(columns()), &map("t:s")).unwrap().events;
    assert_eq!(events.t_ms, [3000, 3000, 5000, 5000, 5000]);
    assert_eq!(events.event_index, [1, 3, 0, 2, 4]);
    assert_eq!(events.seq, [1, 3, 0, 2, 4]);
    assert_eq!(events.numeric[0].name, "n");
    let by_seq = ColumnMap { seq: Some("n".to_owned()), ..map("t:s") };
    let events = one(table(columns()), &by_seq).unwrap().events;
    assert_eq!(events.event_index, [1, 3, 2, 4, 0]);
    assert_eq!(events.seq, [1, 1, 2, 2, 9]);
    assert!(events.numeric.is_empty(), "a column named otherwise is no number of its own");
}

#[test]
fn finer_times_decide_before_seq() {
    let t = Values::I64(vec![1_500, 1_200, 900, 1_200]);
    let by_seq = ColumnMap { seq: Some("seq".to_owned()), ..map("t:us") };
    let events = one(table([("t", t), ("seq", Values::U32(vec![0, 7, 3, 2]))]), &by_seq).unwrap().events;
    assert_eq!(events.event_index, [2, 3, 1, 0]);
    assert_eq!(events.t_ms, [0, 1, 1, 1]);
    let pairs: Vec<_> = events.t_ms.iter().zip(&events.seq).collect();
    assert!(pairs.is_sorted(), "sorting by (t_ms, seq) again changes nothing");
}

#[test]
fn times_of_every_form_are_the_same_instant() {
    let want = 1_753_363_800_000;
    let zoned = |time: &str| ColumnMap { zone: Some("America/New_York".to_owned()), ..map(time) };
    let stamp = |unit, utc, value| Values::Time { unit, utc, values: vec![Some(value)] };
    for (values, map) in [
        (Values::I64(vec![want / 1000]), map("t:s")),
        (Values::U64(vec![want as u64]), map("t:ms")),
        (Values::OptI64(vec![Some(want * 1000)]), map("t:us")),
        (Values::I64(vec![want * 1_000_000]), map("t:ns")),
        (Values::F64(vec![want as f64 / 1000.0]), map("t:s")),
        (Values::OptF64(vec![Some(want as f64)]), map("t:ms")),
        (text([Some("2025-07-24T13:30:00Z")]), map("t:text")),
        (text([Some("2025-07-24 09:30:00")]), zoned("t")),
        (text([Some("2025-07-24 15:30:00+02:00")]), zoned("t:text")),
        (stamp(TimeUnit::Millisecond, true, want), zoned("t")),
        (stamp(TimeUnit::Second, false, want / 1000), map("t")),
        (stamp(TimeUnit::Microsecond, false, (want - 4 * 3_600_000) * 1000), zoned("t")),
        (stamp(TimeUnit::Nanosecond, true, want * 1_000_000), map("t:ns")),
        (stamp(TimeUnit::Nanosecond, true, want * 1_000_000), ColumnMap::default()),
    ] {
        let what = format!("{values:?} {map:?}");
        assert_eq!(one(table([("t", values)]), &map).map(|s| s.events.t_ms).unwrap(), [want], "{what}");
    }
}

#[test]
fn a_time_that_cannot_be_placed_is_named_with_its_row() {
    let stamp = |value| Values::Time { unit: TimeUnit::Millisecond, utc: true, values: vec![Some(0), value] };
    let zoned = ColumnMap { zone: Some("America/New_York".to_owned()), ..map("t:text") };
    for (values, map) in [
        (text([Some("2025-07-24 09:30:00"), Some("2025-07-24 25:61:00")]), map("t:text")),
        (text([Some("2025-07-24 09:30:00"), Some("1753363800")]), map("t:text")),
        (text([Some("2025-07-24 09:30:00"), None]), map("t:text")),
        (text([Some("2025-07-24 09:30:00"), Some("")]), map("t")),
        (text([Some("2025-07-24 09:30:00"), Some("2025-03-09 02:30:00")]), zoned),
        (Values::OptI64(vec![Some(1), None]), map("t:ms")),
        (Values::I64(vec![1, i64::MAX]), map("t:s")),
        (Values::U64(vec![1, u64::MAX]), map("t:ms")),
        (Values::F64(vec![1.0, f64::NAN]), map("t:s")),
        (Values::F64(vec![1.0, 1e300]), map("t:s")),
        (stamp(None), map("t")),
    ] {
        let message = refused(table([("t", values)]), &map);
        assert!(message.contains("row 1") && message.contains("\"t\""), "{message}");
    }
    let message = refused(table([("t", text([Some("25:61:00")]))]), &map("t:text"));
    assert!(message.contains("25:61:00") && message.contains("write 2025"), "{message}");
}

#[test]
fn a_time_column_of_another_type_is_refused() {
    let stamp = || Values::Time { unit: TimeUnit::Millisecond, utc: true, values: vec![Some(0)] };
    for (values, map) in [
        (Values::I64(vec![0]), map("t")),
        (Values::I64(vec![0]), map("t:text")),
        (text([Some("5")]), map("t:s")),
        (stamp(), map("t:s")),
        (stamp(), map("t:text")),
        (Values::OptBool(vec![Some(true)]), map("t:s")),
    ] {
        let message = refused(table([("t", values)]), &map);
        assert!(message.contains("--time") || message.contains("time needs"), "{message}");
    }
    assert!(refused(table([("t", Values::I64(vec![0]))]), &ColumnMap::default()).contains("--time"));
    let two = table([("a", stamp()), ("b", stamp())]);
    assert!(refused(two, &ColumnMap::default()).contains("a, b"));
    let zone = ColumnMap { zone: Some("Mars".to_owned()), ..map("t:s") };
    assert!(one(table([("t", Values::I64(vec![0]))]), &zone).unwrap_err().to_string().contains("Mars"));
}

#[test]
fn groups_become_sessions_by_id() {
    let columns = || {
        [
            ("t", Values::I64(vec![4, 3, 2, 1])),
            ("case", text([Some("b"), Some("a"), Some("b"), Some("../x")])),
            ("user", Values::U32(vec![7, 7, 8, 9])),
            ("kind", text([Some("x"), None, Some(""), Some("y")])),
            ("price", Values::OptF64(vec![Some(1.5), None, Some(f64::NAN), Some(2.0)])),
        ]
    };
    let full = ColumnMap {
        group: Some("case".to_owned()),
        kind: Some("kind".to_owned()),
        keys: vec!["user".to_owned()],
        ..map("t:s")
    };
    let sessions = from_table(table(columns()), &full, "file.csv", "file").unwrap();
    let ids: Vec<&str> = sessions.iter().map(|s| s.id.as_str()).collect();
    assert_eq!(ids, ["../x", "a", "b"]);
    let b = &sessions[2].events;
    assert_eq!((b.t_ms.as_slice(), b.event_index.as_slice()), (&[2000, 4000][..], &[2, 0][..]));
    assert_eq!(b.kind.iter().collect::<Vec<_>>(), [None, Some("x")]);
    assert_eq!(b.keys[0].labels.iter().collect::<Vec<_>>(), [Some("8"), Some("7")]);
    assert_eq!(b.prices(), Some(&[None, Some(1.5)][..]), "NaN is missing, and a price is found by its name");
    let mut gap = columns();
    gap[1].1 = text([Some("b"), None, Some("b"), Some("c")]);
    let message = refused(table(gap), &full);
    assert!(message.contains("row 1") && message.contains("group"), "{message}");
}

#[test]
fn numbers_are_those_named_or_all_that_are_left() {
    let columns = || {
        table([
            ("t", Values::I64(vec![1])),
            ("i", Values::OptI64(vec![Some(3)])),
            ("flag", Values::OptBool(vec![Some(true)])),
            ("word", text([Some("w")])),
            ("f", Values::F32(vec![0.5])),
        ])
    };
    let names = |map: &ColumnMap| -> Vec<String> {
        one(columns(), map).unwrap().events.numeric.into_iter().map(|c| c.name).collect()
    };
    assert_eq!(names(&map("t:s")), ["i", "f"]);
    let named = |numeric: &[&str], price: Option<&str>| ColumnMap {
        numeric: Some(numeric.iter().map(|&n| n.to_owned()).collect()),
        price: price.map(str::to_owned),
        ..map("t:s")
    };
    assert_eq!(names(&named(&["flag", "f"], None)), ["flag", "f"]);
    assert_eq!(names(&named(&[], None)), [""; 0]);
    assert_eq!(names(&named(&["f"], Some("i"))), ["f", "i"], "the price is a number");
    assert_eq!(one(columns(), &named(&["f"], Some("i"))).unwrap().events.price, Some(1));
    for (map, part) in [
        (named(&["word"], None), "\"word\""),
        (named(&["F1"], None), "did you mean"),
        (named(&["f", "f"], None), "twice"),
        (ColumnMap { keys: vec!["f".to_owned()], ..map("t:s") }, "text or integers"),
        (ColumnMap { kind: Some("f".to_owned()), ..map("t:s") }, "kind"),
        (ColumnMap { seq: Some("word".to_owned()), ..map("t:s") }, "integers"),
        (ColumnMap { group: Some("nope".to_owned()), ..map("t:s") }, "t, i, flag, word, f"),
    ] {
        let message = one(columns(), &map).unwrap_err().to_string();
        assert!(message.contains(part), "{message}");
    }
    let infinite = table([("t", Values::I64(vec![1, 2])), ("x", Values::F64(vec![0.0, f64::INFINITY]))]);
    let message = refused(infinite, &map("t:s"));
    assert!(
        message.contains("row 1") && message.contains("\"x\"") && message.contains("finite"),
        "{message}"
    );
}

#[test]
fn no_events_is_an_error_and_one_is_a_session() {
    let none = one(table([("t", Values::I64(vec![]))]), &map("t:s")).unwrap_err();
    assert!(matches!(none, EventsError::NoEvents { .. }), "{none}");
    let session = one(table([("t", Values::I64(vec![0]))]), &map("t:s")).unwrap();
    let s = standardise(&features(&session.events, &numeric_names(std::slice::from_ref(&session))));
    assert_eq!(s.x, [0.0; 3]);
}

fn csv(text: &str, columns: Option<&[&str]>, words: &[&str]) -> Result<Table, EventsError> {
    csv_from(text.as_bytes(), "file.csv", columns, words, LIMIT)
}

#[test]
fn csv_types_are_what_stands_there() {
    let read =
        csv("\u{feff}i,f,b,w,none,id\n1,1.5,True,x,,007\n,2,false,\"a,\"\"b\",,7\n", None, &["id"]).unwrap();
    let want = table([
        ("i", Values::OptI64(vec![Some(1), None])),
        ("f", Values::OptF64(vec![Some(1.5), Some(2.0)])),
        ("b", Values::OptBool(vec![Some(true), Some(false)])),
        ("w", text([Some("x"), Some("a,\"b")])),
        ("none", Values::OptF64(vec![None, None])),
        ("id", text([Some("007"), Some("7")])),
    ]);
    assert_eq!(read, want);
    let some = csv("i,f\n1,2\n", Some(&["f"]), &[]).unwrap();
    assert_eq!(some, table([("f", Values::OptI64(vec![Some(2)]))]));
    assert_eq!(csv("a,b\n", None, &[]).unwrap().rows(), 0);
}

#[test]
fn broken_csv_is_named_with_its_line() {
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
    assert!(
        matches!(csv("time\n", Some(&["tme"]), &[]), Err(EventsError::UnknownColumn { hint, .. }) if hint.contains("time"))
    );
}

#[test]
fn csv_takes_no_more_memory_than_allowed() {
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
        let parquet = from_table(table, &map, "f", "f").unwrap();
        assert_eq!(from_table(from_csv, &map, "f", "f").unwrap(), parquet, "{name}");
    }
}

/// A column as a program would write it to CSV.
fn written(values: &Values) -> Vec<String> {
    fn all<T: ToString>(rows: impl Iterator<Item = Option<T>>) -> Vec<String> {
        rows.map(|row| row.map_or(String::new(), |value| value.to_string())).collect()
    }
    match values {
        Values::U32(v) => all(v.iter().map(Some)),
        Values::I64(v) => all(v.iter().map(Some)),
        Values::F64(v) => all(v.iter().map(Some)),
        Values::OptI64(v) => all(v.iter().copied()),
        Values::OptF64(v) => all(v.iter().copied()),
        Values::Text(labels) => all(labels.iter()),
        other => panic!("no {} in these files", other.type_name()),
    }
}

const SESSION: &str = r#"{"original_format": "enhanced_session",
  "session_metadata": {"session_date": "2025-07-24", "timezone": "ET"},
  "events": [
    {"type": "b", "timestamp": "09:31:00", "price_level": 2.5, "z": 1, "a": 0.5, "ok": true},
    {"type": "", "timestamp": "09:30:00", "price_level": null, "a": 2, "note": "x"},
    {"type": "a", "timestamp": "09:30:00", "price_level": 3}]}"#;

fn session(json: &str) -> Result<Session, EventsError> {
    session_from_json(json.as_bytes(), "dir/NY_AM_Lvl-1_2025_07_24.json", "NY_AM_Lvl-1_2025_07_24", None)
}

#[test]
fn a_session_file_becomes_a_session() {
    let session = session(SESSION).unwrap();
    assert_eq!(session.id, "NY_AM_2025-07-24");
    let events = session.events;
    assert_eq!(events.t_ms, [1_753_363_800_000, 1_753_363_800_000, 1_753_363_860_000]);
    assert_eq!(events.event_index, [1, 2, 0]);
    assert_eq!(events.kind.iter().collect::<Vec<_>>(), [None, Some("a"), Some("b")]);
    let names: Vec<&str> = events.numeric.iter().map(|c| c.name.as_str()).collect();
    assert_eq!(names, ["a", "price_level", "z"]);
    assert_eq!(events.prices(), Some(&[None, Some(3.0), Some(2.5)][..]));
    assert_eq!(events.numeric[2].values, [None, None, Some(1.0)]);
    let berlin = session_from_json(SESSION.as_bytes(), "f", "f", Some("Europe/Berlin")).unwrap();
    assert_eq!(berlin.events.t_ms[0], 1_753_363_800_000 - 6 * 3_600_000);
}

#[test]
fn a_wrong_session_file_is_named_with_event_and_field() {
    for (from, to, part) in [
        ("\"09:31:00\"", "\"25:61:00\"", "event 0"),
        ("\"09:31:00\"", "\"25:61:00\"", "25:61:00"),
        ("\"09:31:00\"", "34260", "\"timestamp\" of event 0"),
        ("\"09:31:00\"", "\"09:31\"", "HH:MM:SS"),
        ("\"timestamp\": \"09:31:00\", ", "", "not there"),
        ("\"price_level\": 3", "\"price_level\": \"3\"", "\"price_level\" of event 2"),
        ("\"a\": 2", "\"a\": \"2\"", "\"a\" of event 1"),
        ("\"a\": 2", "\"a\": 2, \"a\": 3", "twice"),
        ("\"type\": \"b\"", "\"type\": 3", "\"type\" of event 0"),
        ("\"session_date\": \"2025-07-24\", ", "", "session_date is not there"),
        ("\"2025-07-24\"", "\"2025-02-30\"", "2025-02-30"),
        ("\"2025-07-24\"", "20250724", "session_date is a number"),
        ("\"ET\"", "\"Mars\"", "timezone"),
        ("\"ET\"", "5", "timezone"),
        ("\"timezone\": \"ET\"", "\"timezone\": \"ET\", \"timezone\": \"UTC\"", "twice"),
        ("\"events\": [", "\"events\": [7, ", "event 0"),
        ("\"events\":", "\"events\": {}, \"more\":", "events is an object"),
        ("\"events\":", "\"more\":", "events is not there"),
        ("\"ok\": true", "\"ok\": 1e999", "line 4"),
        ("\"type\": \"a\"", "\"type\": \"a", "line"),
    ] {
        assert!(SESSION.contains(from), "{from}");
        let message = session(&SESSION.replacen(from, to, 1)).unwrap_err().to_string();
        assert!(
            message.contains(part) && message.contains("NY_AM_Lvl-1_2025_07_24.json"),
            "{part}: {message}"
        );
    }
    // The clocks of New York skipped this hour, and showed the other one twice.
    for (day, part) in [("2025-03-09", "forward"), ("2025-11-02", "twice")] {
        let json = SESSION.replace("2025-07-24\"", &format!("{day}\"")).replace("09:31:00", "01:30:00");
        let json = if day == "2025-03-09" { json.replace("01:30:00", "02:30:00") } else { json };
        let message = session(&json).unwrap_err().to_string();
        assert!(message.contains(part), "{message}");
    }
}

#[test]
fn what_is_no_session_is_told_apart_from_what_is_broken() {
    for other in
        ["[]", "3", "{}", "{\"events\": []}", "{\"original_format\": \"shards\", \"events\": []}", "null"]
    {
        assert!(matches!(session(other), Err(EventsError::NotASession { .. })), "{other}");
    }
    for end in 0..SESSION.len() {
        assert!(matches!(session(&SESSION[..end]), Err(EventsError::Json { .. })), "cut at {end}");
    }
    for deep in ["[".repeat(100_000), "{\"a\":".repeat(100_000)] {
        assert!(matches!(session(&deep), Err(EventsError::Json { .. })));
    }
    let no_events = r#"{"original_format": "enhanced_session", "session_metadata": {"session_date": "2025-07-24"}, "events": []}"#;
    assert!(matches!(session(no_events), Err(EventsError::NoEvents { .. })));
}

#[test]
fn real_sessions_hold_what_their_flat_copy_holds() {
    let (Some(folder), Some(flat)) = (data("peer/adapted"), data("peer/events.parquet")) else { return };
    let columns = ["session_id", "seq", "ts_ms", "type", "price_level", "range_position", "zone_percentage"];
    let flat = read_table(&flat, Some(&columns), LIMIT).unwrap().table;
    let map = ColumnMap {
        seq: Some("seq".to_owned()),
        kind: Some("type".to_owned()),
        group: Some("session_id".to_owned()),
        ..map("ts_ms:ms")
    };
    let mut oracle: Vec<_> = from_table(flat, &map, "flat", "flat").unwrap();
    let mut files: Vec<PathBuf> = std::fs::read_dir(folder).unwrap().map(|e| e.unwrap().path()).collect();
    files.sort();
    let mut ids = std::collections::BTreeSet::new();
    for path in &files {
        let stem = path.file_stem().unwrap().to_str().unwrap();
        let session = session_from_json(&std::fs::read(path).unwrap(), "f", stem, None).unwrap();
        assert!(ids.insert(session.id.clone()), "{} twice", session.id);
        let same = |other: &Session| {
            let (a, b) = (&session.events, &other.events);
            // What the flat copy names as seq is the position in the file.
            a.t_ms == b.t_ms && a.seq == b.seq && a.kind.iter().eq(b.kind.iter()) && a.prices() == b.prices()
        };
        let found = oracle.iter().position(same).unwrap_or_else(|| panic!("{stem} is not in the flat copy"));
        let other = oracle.remove(found).events;
        for column in &other.numeric {
            match session.events.numeric.iter().find(|c| c.name == column.name) {
                Some(own) => assert_eq!(own.values, column.values, "{stem} {}", column.name),
                None => assert!(column.values.iter().all(Option::is_none), "{stem} {}", column.name),
            }
        }
    }
    assert_eq!((files.len(), ids.len(), oracle.len()), (45, 45, 0));
    assert_eq!(session_id_from_stem("adapted_enhanced_rel_NY_AM_Lvl-1_2025_07_24"), "NY_AM_2025-07-24");
}

#[test]
fn the_sample_has_sessions_of_one_shape() {
    let sessions = sample();
    let names = numeric_names(&sessions);
    assert_eq!(names, ["price", "size"]);
    for session in &sessions {
        let f = features(&session.events, &names);
        assert_eq!(f.values.len(), session.events.len() * 5);
        assert!(standardise(&f).x.iter().all(|x| x.is_finite()));
    }
}

#[test]
fn an_unreadable_csv_file_is_named() {
    let error = csv_table(std::path::Path::new("no/such.csv"), None, &[], LIMIT).unwrap_err();
    assert!(matches!(&error, EventsError::Io { file, .. } if file == "no/such.csv"), "{error}");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(128))]

    #[test]
    fn any_events_come_out_sorted_and_whole(
        rows in prop::collection::vec((0i64..30, 0i64..4, prop::option::of(-9i64..9), "[ab]?"), 1..60),
    ) {
        let column = |f: &dyn Fn(usize) -> Option<i64>| Values::OptI64((0..rows.len()).map(f).collect());
        let words: Vec<&str> = rows.iter().map(|row| row.3.as_str()).collect();
        let input = table([
            ("t", column(&|i| Some(rows[i].0 * 250))),
            ("seq", column(&|i| Some(rows[i].1))),
            ("x", column(&|i| rows[i].2)),
            ("w", Values::Text(Labels::encode(words.iter().map(|&w| Some(w))))),
        ]);
        let map = ColumnMap { seq: Some("seq".to_owned()), kind: Some("w".to_owned()), ..map("t:us") };
        let events = one(input, &map).unwrap().events;
        let mut seen = events.event_index.clone();
        seen.sort_unstable();
        prop_assert!(seen.iter().copied().eq(0..rows.len() as u32));
        let key = |i: usize| { let row = &rows[events.event_index[i] as usize]; (row.0, row.1, events.event_index[i]) };
        prop_assert!((0..rows.len()).map(key).is_sorted());
        prop_assert!(events.t_ms.iter().zip(&events.seq).is_sorted());
        for i in 0..events.len() {
            let row = &rows[events.event_index[i] as usize];
            prop_assert_eq!(events.t_ms[i], row.0 * 250 / 1000);
            prop_assert_eq!(events.numeric[0].values[i], row.2.map(|x| x as f64));
            prop_assert_eq!(events.kind.get(i), Some(row.3.as_str()).filter(|w| !w.is_empty()));
        }
    }

    #[test]
    fn no_session_file_panics(place in 0usize..600, byte in any::<u8>()) {
        let mut bytes = SESSION.as_bytes().to_vec();
        let place = place % bytes.len();
        bytes[place] = byte;
        let _ = session_from_json(&bytes, "f", "f", None);
        bytes.remove(place);
        let _ = session_from_json(&bytes, "f", "f", None);
    }

    #[test]
    fn no_csv_panics(bytes in prop::collection::vec(prop::sample::select(b"a1,.\"\n\r\xff e-".to_vec()), 0..80)) {
        let _ = csv_from(&bytes[..], "f", None, &["a"], 10_000);
    }
}
