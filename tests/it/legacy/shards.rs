//! Shards: their sessions, and errors of wrong shards.

use ironforge::events::{EventsError, TieOrder};
use ironforge::legacy::{LegacyError, Shard, forms, session_from_shard};
use ironforge::table::{Array, Column, Session, Table, Values};

use crate::events::{table, text};

const META: &str = r#"{"session_id": "NY_2025-07-29", "session_type": "NY", "date": "2025-07-29",
  "source_file": "data/enhanced/enhanced_rel_NY_PM_Lvl-1_2025_07_29.json", "node_count": 3, "symbol": "NQ",
  "timeframe": "M5"}"#;

fn nodes() -> Table {
    table([
        ("node_id", Values::U32(vec![10, 11, 12].into())),
        ("t", Values::I64(vec![3000, 1000, 1000].into())),
        ("kind", Values::I64(vec![0, 1, 9].into())),
        ("session_id", text([Some("NY"); 3])),
        ("price", Values::F64(vec![1.5, f64::NAN, 2.0].into())),
        ("f0", Values::F32(vec![1.0, 0.0, 1.0].into())),
        ("f45", Values::F32(vec![f32::NAN, 0.5, 0.0].into())),
        ("mood", Values::F32(vec![0.0; 3].into())),
    ])
}

fn node_map() -> Table {
    table([
        ("node_id", Values::I64(vec![12, 10, 11].into())),
        ("timestamp", text([Some("00:00:01"), Some("00:00:03"), Some("00:00:01")])),
        ("source_type", text([Some("anchor"), None, Some("liquidity_event")])),
    ])
}

fn read(meta: &str, nodes: Table, node_map: Option<Table>) -> Result<Session, LegacyError> {
    session_from_shard(
        Shard { source: "dir/shard", meta: meta.as_bytes(), nodes, node_map },
        TieOrder::Source,
    )
}

/// The nodes with the column called `name` replaced.
fn with(name: &str, values: Values) -> Table {
    let other =
        |column: Column| if column.name == name { Column::new(name, "", values.clone()) } else { column };
    Table::new(nodes().into_columns().into_iter().map(other).collect())
}

fn kinds(session: &Session) -> Vec<&str> {
    session.events.kind.iter().map(Option::unwrap).collect()
}

#[test]
fn a_shard_becomes_a_session_named_by_its_source() {
    let session = read(META, nodes(), None).unwrap();
    assert_eq!((session.id.as_str(), session.source.as_str()), ("NY_PM_2025-07-29", "dir/shard"));
    let events = &session.events;
    assert_eq!((&events.t_ms[..], &events.event_index[..]), (&[1000, 1000, 3000][..], &[1, 2, 0][..]));
    assert_eq!(kinds(&session), ["liquidity_event", "9", "price_movement"]);
    assert_eq!(*events.prices().unwrap(), [None, Some(2.0), Some(1.5)]);
    let names: Vec<&str> = events.numeric.iter().map(|c| c.name.as_str()).collect();
    assert_eq!(names, ["f00", "f45", "price"]);
    assert_eq!(*events.number("f45").unwrap(), [Some(0.5), Some(0.0), None]);
    assert!(events.keys.is_empty() && events.time_of_day_s.is_none() && session.attributes.is_empty());
    assert_eq!((session.origin.form, session.origin.dataset.as_deref()), (forms::SHARD, Some("NQ_M5")));
    assert_eq!(session.origin.unknown_fields["mood"], 3);
}

#[test]
fn the_node_map_gives_kinds_and_times_of_day() {
    let session = read(META, nodes(), Some(node_map())).unwrap();
    assert_eq!(kinds(&session), ["liquidity_event", "anchor", "price_movement"]);
    assert_eq!(session.events.time_of_day_s, Some(vec![1.0, 1.0, 3.0]));
    let short = table([("node_id", Values::I64(vec![12].into())), ("timestamp", text([Some("00:00:01")]))]);
    let session = read(META, nodes(), Some(short)).unwrap();
    assert_eq!(kinds(&session), ["liquidity_event", "9", "price_movement"]);
    assert_eq!(session.events.time_of_day_s, None, "not of every event");
}

#[test]
fn columns_may_be_missing_and_feature_names_may_have_one_digit() {
    let few = table([
        ("t", Values::I64(vec![1].into())),
        ("f01", Values::F64(vec![2.0].into())),
        ("f1", Values::F64(vec![3.0].into())),
    ]);
    let session = read(r#"{"session_id": "a"}"#, few, None).unwrap();
    assert_eq!((session.id.as_str(), session.origin.dataset.as_deref()), ("a", None));
    let names: Vec<&str> = session.events.numeric.iter().map(|c| c.name.as_str()).collect();
    assert_eq!(names, ["f01", "f1"], "two columns stay two");
    assert_eq!(session.events.prices(), None);
    assert_eq!(read(&META.replace("data/", "C:\\\\data\\\\"), nodes(), None).unwrap().id, "NY_PM_2025-07-29");
}

#[test]
fn the_error_of_a_wrong_shard_names_file_row_and_column() {
    for (meta, part) in [
        ("{", "dir/shard/meta.json is not readable JSON"),
        ("[]", "source_file"),
        ("{\"session_id\": 3}", "session_id"),
        ("{\"session_id\": \"a\", \"session_id\": \"b\"}", "twice"),
        ("{\"session_id\": \"a\", \"node_count\": 4}", "node_count is 4, nodes.parquet has 3 rows"),
    ] {
        let message = read(meta, nodes(), None).unwrap_err().to_string();
        assert!(message.contains(part) && message.contains("dir/shard/meta.json"), "{message}");
    }
    for (name, values, part) in [
        ("node_id", Values::U32(vec![10, 11, 10].into()), "another row has the same id"),
        ("node_id", Values::I64(vec![Some(1), None, Some(2)].into()), "every node needs an id"),
        ("t", Values::I64(vec![Some(1), None, Some(2)].into()), "row 1"),
        ("t", Values::F64(vec![1.0, f64::INFINITY, 2.0].into()), "row 1"),
        ("price", Values::F64(vec![1.0, f64::NEG_INFINITY, 2.0].into()), "finite"),
        ("f0", text([Some("a"); 3]), "\"f0\""),
        ("kind", Values::F64(vec![0.5; 3].into()), "kind"),
        ("session_id", text([Some("NY"), None, Some("LO")]), "row 2 (from 0) of column \"session_id\""),
    ] {
        let message = read(META, with(name, values), None).unwrap_err().to_string();
        assert!(message.contains(part) && message.contains("dir/shard/nodes.parquet"), "{message}");
    }
    for (ids, part) in [
        (
            vec![12, 10, 12],
            "row 2 (from 0) of column \"node_id\" in dir/shard/node_map.parquet holds 12: another row",
        ),
        (vec![1, 2, 3], "holds 1: no node has an id of this map"),
    ] {
        let map = table([("node_id", Values::I64(ids.into()))]);
        let message = read(META, nodes(), Some(map)).unwrap_err().to_string();
        assert!(message.contains(part) && message.contains("dir/shard/node_map.parquet"), "{message}");
    }
    for (ids, part) in [
        (Values::F64(vec![10.0, 11.0].into()), "joined by ids"),
        (Values::I64(vec![None].into()), "holds no id"),
    ] {
        let message = read(META, nodes(), Some(table([("node_id", ids)]))).unwrap_err().to_string();
        assert!(message.contains(part), "{message}");
    }
    let no_ids = table([("t", Values::I64(vec![1].into()))]);
    let message = read("{\"session_id\": \"a\"}", no_ids, Some(node_map())).unwrap_err().to_string();
    assert!(message.contains("nothing to join by"), "{message}");
    let none = table([("t", Values::I64(Array::default()))]);
    assert!(matches!(
        read("{\"session_id\": \"a\"}", none, None),
        Err(LegacyError::Events(EventsError::NoEvents { .. }))
    ));
    let timeless = table([("price", Values::F64(vec![1.0; 3].into()))]);
    assert!(matches!(
        read(META, timeless, None),
        Err(LegacyError::Events(EventsError::UnknownColumn { .. }))
    ));
}
