//! Times of every format, and times that are not an instant.

use ironforge::events::ColumnMap;
use ironforge::table::{TimeUnit, Values};

use super::{map, one, refused, table, text};

#[test]
fn times_of_every_format_give_the_same_instant() {
    let want = 1_753_363_800_000;
    let zoned = |time: &str| ColumnMap { zone: Some("America/New_York".to_owned()), ..map(time) };
    let stamp = |unit, utc, value| Values::Time { unit, utc, values: vec![Some(value)].into() };
    for (values, map) in [
        (Values::I64(vec![want / 1000].into()), map("t:s")),
        (Values::U64(vec![want as u64].into()), map("t:ms")),
        (Values::I64(vec![Some(want * 1000)].into()), map("t:us")),
        (Values::I64(vec![want * 1_000_000].into()), map("t:ns")),
        (Values::F64(vec![want as f64 / 1000.0].into()), map("t:s")),
        (Values::F64(vec![Some(want as f64)].into()), map("t:ms")),
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
fn the_error_of_a_time_that_is_not_an_instant_names_its_row() {
    let stamp =
        |value| Values::Time { unit: TimeUnit::Millisecond, utc: true, values: vec![Some(0), value].into() };
    let zoned = ColumnMap { zone: Some("America/New_York".to_owned()), ..map("t:text") };
    for (values, map) in [
        (text([Some("2025-07-24 09:30:00"), Some("2025-07-24 25:61:00")]), map("t:text")),
        (text([Some("2025-07-24 09:30:00"), Some("1753363800")]), map("t:text")),
        (text([Some("2025-07-24 09:30:00"), None]), map("t:text")),
        (text([Some("2025-07-24 09:30:00"), Some("")]), map("t")),
        (text([Some("2025-07-24 09:30:00"), Some("2025-03-09 02:30:00")]), zoned),
        (Values::I64(vec![Some(1), None].into()), map("t:ms")),
        (Values::I64(vec![1, i64::MAX].into()), map("t:s")),
        (Values::U64(vec![1, u64::MAX].into()), map("t:ms")),
        (Values::F64(vec![1.0, f64::NAN].into()), map("t:s")),
        (Values::F64(vec![1.0, 1e300].into()), map("t:s")),
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
    let stamp = || Values::Time { unit: TimeUnit::Millisecond, utc: true, values: vec![Some(0)].into() };
    for (values, map) in [
        (Values::I64(vec![0].into()), map("t")),
        (Values::I64(vec![0].into()), map("t:text")),
        (text([Some("5")]), map("t:s")),
        (stamp(), map("t:s")),
        (stamp(), map("t:text")),
        (Values::Bool(vec![Some(true)].into()), map("t:s")),
    ] {
        let message = refused(table([("t", values)]), &map);
        assert!(message.contains("--time") || message.contains("time needs"), "{message}");
    }
    assert!(refused(table([("t", Values::I64(vec![0].into()))]), &ColumnMap::default()).contains("--time"));
    let two = table([("a", stamp()), ("b", stamp())]);
    assert!(refused(two, &ColumnMap::default()).contains("a, b"));
    let zone = ColumnMap { zone: Some("Mars".to_owned()), ..map("t:s") };
    assert!(
        one(table([("t", Values::I64(vec![0].into()))]), &zone).unwrap_err().to_string().contains("Mars")
    );
}
