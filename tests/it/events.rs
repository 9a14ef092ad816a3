//! Events from tables: order, columns, times, and errors of the source.

mod delimited;
mod dialects;
mod json;
mod labels;
mod times;

use ironforge::events::{
    ColumnMap, EventsError, TieOrder, TimeColumn, features, from_table, numeric_names, sample, standardise,
};
use ironforge::table::{Array, Column, Labels, Session, Table, Values};
use proptest::prelude::*;

/// Memory limit of a test, bytes.
pub const LIMIT: u64 = 256 << 20;

pub fn map(time: &str) -> ColumnMap {
    ColumnMap { time: Some(TimeColumn::parse(time).unwrap()), ..ColumnMap::default() }
}

pub fn table<const N: usize>(columns: [(&str, Values); N]) -> Table {
    Table::new(columns.into_iter().map(|(name, values)| Column::new(name, "", values)).collect())
}

pub fn text<const N: usize>(rows: [Option<&str>; N]) -> Values {
    Values::Text(Labels::encode(rows))
}

fn one(table: Table, map: &ColumnMap) -> Result<Session, EventsError> {
    from_table(table, map, "file.csv", "file", TieOrder::Source).map(|mut sessions| {
        assert_eq!(sessions.len(), 1);
        sessions.remove(0)
    })
}

/// The error message of a table that must be refused; it names the file.
fn refused(table: Table, map: &ColumnMap) -> String {
    let message = one(table, map).unwrap_err().to_string();
    assert!(message.contains("file.csv"), "{message}");
    message
}

#[test]
fn ties_keep_seq_then_the_order_of_the_file() {
    let columns = || {
        [
            ("t", Values::I64(vec![5, 3, 5, 3, 5].into())),
            ("n", Values::I64([9, 1, 2, 1, 2].map(Some).to_vec().into())),
        ]
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
    assert!(events.numeric.is_empty(), "a column with another role is not a number");
}

#[test]
fn finer_times_decide_before_seq() {
    let t = Values::I64(vec![1_500, 1_200, 900, 1_200].into());
    let by_seq = ColumnMap { seq: Some("seq".to_owned()), ..map("t:us") };
    let events =
        one(table([("t", t), ("seq", Values::U32(vec![0, 7, 3, 2].into()))]), &by_seq).unwrap().events;
    assert_eq!(events.event_index, [2, 3, 1, 0]);
    assert_eq!(events.t_ms, [0, 1, 1, 1]);
    let pairs: Vec<_> = events.t_ms.iter().zip(&events.seq).collect();
    assert!(pairs.is_sorted(), "sorting by (t_ms, seq) again changes nothing");
}

#[test]
fn groups_become_sessions_by_id() {
    let columns = || {
        [
            ("t", Values::I64(vec![4, 3, 2, 1].into())),
            ("case", text([Some("b"), Some("a"), Some("b"), Some("../x")])),
            ("user", Values::U32(vec![7, 7, 8, 9].into())),
            ("kind", text([Some("x"), None, Some(""), Some("y")])),
            ("price", Values::F64(vec![Some(1.5), None, Some(f64::NAN), Some(2.0)].into())),
        ]
    };
    let full = ColumnMap {
        group: Some("case".to_owned()),
        kind: Some("kind".to_owned()),
        keys: vec!["user".to_owned()],
        ..map("t:s")
    };
    let sessions = from_table(table(columns()), &full, "file.csv", "file", TieOrder::Source).unwrap();
    let ids: Vec<&str> = sessions.iter().map(|s| s.id.as_str()).collect();
    assert_eq!(ids, ["../x", "a", "b"]);
    let b = &sessions[2].events;
    assert_eq!((b.t_ms.as_slice(), b.event_index.as_slice()), (&[2000, 4000][..], &[2, 0][..]));
    assert_eq!(b.kind.iter().collect::<Vec<_>>(), [None, Some("x")]);
    assert_eq!(b.keys[0].labels.iter().collect::<Vec<_>>(), [Some("8"), Some("7")]);
    assert_eq!(*b.prices().unwrap(), [None, Some(1.5)], "NaN is missing, and the price is found by its name");
    let mut gap = columns();
    gap[1].1 = text([Some("b"), None, Some("b"), Some("c")]);
    let message = refused(table(gap), &full);
    assert!(message.contains("row 1") && message.contains("group"), "{message}");
}

#[test]
fn numbers_are_the_named_columns_or_all_without_another_role() {
    let columns = || {
        table([
            ("t", Values::I64(vec![1].into())),
            ("i", Values::I64(vec![Some(3)].into())),
            ("flag", Values::Bool(vec![Some(true)].into())),
            ("word", text([Some("w")])),
            ("f", Values::F32(vec![0.5].into())),
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
        (ColumnMap { keys: vec!["f".to_owned()], ..map("t:s") }, "row 0 (from 0) holds 0.5"),
        (ColumnMap { kind: Some("f".to_owned()), ..map("t:s") }, "kind"),
        (ColumnMap { seq: Some("word".to_owned()), ..map("t:s") }, "integers"),
        (ColumnMap { group: Some("nope".to_owned()), ..map("t:s") }, "t, i, flag, word, f"),
    ] {
        let message = one(columns(), &map).unwrap_err().to_string();
        assert!(message.contains(part), "{message}");
    }
    let infinite =
        table([("t", Values::I64(vec![1, 2].into())), ("x", Values::F64(vec![0.0, f64::INFINITY].into()))]);
    let message = refused(infinite, &map("t:s"));
    assert!(
        message.contains("row 1") && message.contains("\"x\"") && message.contains("finite"),
        "{message}"
    );
}

#[test]
fn no_events_are_an_error_and_one_event_is_a_session() {
    let none = one(table([("t", Values::I64(Array::default()))]), &map("t:s")).unwrap_err();
    assert!(matches!(none, EventsError::NoEvents { .. }), "{none}");
    let session = one(table([("t", Values::I64(vec![0].into()))]), &map("t:s")).unwrap();
    let s = standardise(&features(&session.events, &numeric_names(std::slice::from_ref(&session))));
    assert_eq!(s.x, [0.0; 3]);
}

#[test]
fn the_sample_has_finite_features_of_equal_width() {
    let sessions = sample(TieOrder::Source);
    let names = numeric_names(&sessions);
    assert_eq!(names, ["price", "size"]);
    for session in &sessions {
        let f = features(&session.events, &names);
        assert_eq!(f.values.len(), session.events.len() * 5);
        assert!(standardise(&f).x.iter().all(|x| x.is_finite()));
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(128))]

    #[test]
    fn any_events_are_sorted_and_none_is_lost(
        rows in prop::collection::vec((0i64..30, 0i64..4, prop::option::of(-9i64..9), "[ab]?"), 1..60),
    ) {
        let column = |f: &dyn Fn(usize) -> Option<i64>| Values::I64((0..rows.len()).map(f).collect());
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
            prop_assert_eq!(events.numeric[0].values.get(i), row.2.map(|x| x as f64));
            prop_assert_eq!(events.kind.get(i), Some(row.3.as_str()).filter(|w| !w.is_empty()));
        }
    }
}
