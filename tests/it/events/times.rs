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

#[test]
fn the_only_format_that_fits_is_found() {
    let format = |values: Values| {
        let read = ironforge::events::read_events(&table([("t", values)]).into(), &map("t"), "f").unwrap();
        assert!(read.report.time.detected);
        read.report.time.format
    };
    assert_eq!(format(Values::I64(vec![1_700_000_000, 1_700_000_060].into())), "s");
    assert_eq!(format(Values::F64(vec![1_700_000_000.25].into())), "s");
    assert_eq!(format(text([Some("1700000000123"), Some("1700000060123")])), "ms");
    assert_eq!(format(Values::I64(vec![1_700_000_000_000_000_001].into())), "ns");
    assert_eq!(format(text([Some("2024-01-05"), Some("20240105")])), "text");
    assert_eq!(format(text([Some("20240105"), Some("20240106")])), "text");
    assert_eq!(format(text([Some("13/01/2024"), Some("02/01/2024")])), "text");
    for (values, part) in [
        (Values::I64(vec![0, 36].into()), "1970"),
        (Values::I64(vec![1_700_000_000, 1_700_000_000_000].into()), "doubt"),
        (text([Some("05/01/2024"), Some("02/01/2024")]), "%d/%m/%Y"),
    ] {
        let message = refused(table([("t", values)]), &map("t"));
        assert!(message.contains("--time") && message.contains(part), "{message}");
    }
    let message = refused(table([("t", text([Some("1700000000"), Some("NA")]))]), &map("t"));
    assert!(
        message.contains("row 1") && message.contains("\"NA\"") && message.contains("--bad-rows"),
        "{message}"
    );
    let march = map("t:%d|%m|%y");
    let times = one(table([("t", text([Some("05|01|24")]))]), &march).unwrap().events.t_ms;
    assert_eq!(times, [1_704_412_800_000]);
}

#[test]
fn a_time_outside_the_allowed_years_is_refused_with_a_guess() {
    let mixed = Values::I64(vec![1_735_603_200_000, 1_735_689_600_000_000].into());
    let message = refused(table([("t", mixed)]), &map("t:ms"));
    for part in ["row 1", "56971", "microseconds", "units change here", "session.years"] {
        assert!(message.contains(part), "{part}: {message}");
    }
    // Within the years, and hardly meant.
    let seconds = table([("t", Values::I64(vec![1_735_603_200; 3].into()))]);
    let read = ironforge::events::read_events(&seconds.into(), &map("t:ns"), "f").unwrap();
    assert_eq!(read.report.time.likelier_unit, Some("s"));
    let years = ironforge::events::Years { first: -400, last: 9999 };
    let far = ColumnMap { years, ..map("t:s") };
    let values = Values::I64(vec![-62_135_596_800, 253_402_300_799].into());
    assert_eq!(one(table([("t", values)]), &far).unwrap().events.t_ms[1], 253_402_300_799_000);
}
