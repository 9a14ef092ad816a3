//! Kinds, entities and sessions: missing words, ids that became floats, sessions over several tables.

use ironforge::events::{ColumnMap, TieOrder, from_table, read_events, sessions};
use ironforge::table::Values;

use super::{map, refused, table, text};

fn keyed(columns: &[&str]) -> ColumnMap {
    ColumnMap { keys: columns.iter().map(|&column| column.to_owned()).collect(), ..map("t:s") }
}

/// The entities of each event under each key.
fn entities(columns: Vec<(&str, Values)>) -> Vec<Vec<Option<String>>> {
    let names: Vec<&str> = columns.iter().map(|(name, _)| *name).collect();
    let rows = columns[0].1.len() as i64;
    let mut all = vec![("t", Values::I64((0..rows).collect()))];
    all.extend(columns.iter().cloned());
    let columns =
        all.into_iter().map(|(name, values)| ironforge::table::Column::new(name, "", values)).collect();
    let table = ironforge::table::Table::new(columns);
    let events = from_table(table, &keyed(&names), "f", "f", TieOrder::Source).unwrap().remove(0).events;
    events.keys.iter().map(|key| key.labels.iter().map(|label| label.map(str::to_owned)).collect()).collect()
}

#[test]
fn ids_that_became_floats_are_the_integers_they_were() {
    let want = [Some("1".to_owned()), None, Some("30".to_owned())];
    let written = text([Some("1.0"), Some("nan"), Some("30")]);
    let doubles = Values::F64(vec![Some(1.0), None, Some(30.0)].into());
    assert_eq!(entities(vec![("a", written)])[0], want);
    assert_eq!(entities(vec![("a", doubles)])[0], want);
    // one text that is no number, and they are names
    let names = entities(vec![("a", text([Some("1.0"), Some("x"), Some("007")]))]);
    assert_eq!(names[0], ["1.0", "x", "007"].map(|name| Some(name.to_owned())));
    let times = || ("t", Values::I64(vec![0, 1].into()));
    for values in [
        text([Some("1"), Some("9007199254740993.0")]),
        Values::F64(vec![1.0, 1e17].into()),
        Values::F64(vec![1.0, 1.5].into()),
    ] {
        let message = refused(table([times(), ("a", values)]), &keyed(&["a"]));
        assert!(message.contains("\"a\"") && message.contains("row 1"), "{message}");
    }
}

#[test]
fn words_for_a_missing_entity_link_nothing_unless_the_map_says_so() {
    let column = || text([Some("NULL"), Some("\\N"), Some("NA")]);
    assert_eq!(entities(vec![("a", column())])[0], [None, None, Some("NA".to_owned())]);
    let table = table([("t", Values::I64(vec![0, 1, 2].into())), ("a", column())]);
    let map = ColumnMap { missing_keys: vec!["NA".to_owned()], ..keyed(&["a"]) };
    let read = read_events(&table.into(), &map, "f").unwrap();
    let report = read.report.columns.iter().find(|column| column.name == "a").unwrap();
    assert_eq!((report.role, report.missing, report.missing_words[0].first_row), ("key", 1, 2));
}

#[test]
fn a_session_gathers_its_events_from_all_tables() {
    let part = |times: [i64; 3], ids: [&str; 3], name| {
        let table = table([("t", Values::I64(times.to_vec().into())), ("who", text(ids.map(Some)))]);
        let map = ColumnMap { group: Some("who".to_owned()), ..map("t:s") };
        (read_events(&table.into(), &map, name).unwrap(), String::new())
    };
    let (a, b) = (part([10, 50, 30], ["u", "v", "u"], "a"), part([20, 40, 60], ["u", "u", "v"], "b"));
    let gathered = sessions(vec![a, b], TieOrder::Source).unwrap();
    let times = |i: usize| gathered[i].events.t_ms.clone();
    assert_eq!((times(0), times(1)), (vec![10_000, 20_000, 30_000, 40_000], vec![50_000, 60_000]));
    assert_eq!(gathered[0].events.event_index, [0, 3, 2, 4]);
    let parts: Vec<_> =
        gathered[0].origin.parts.iter().map(|part| (part.source.as_str(), part.first_index)).collect();
    assert_eq!(parts, [("a", 0), ("b", 3)]);
}
