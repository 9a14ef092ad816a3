//! Session files of the form adapted: their sessions, and errors of wrong files.

use std::path::PathBuf;

use ironforge::events::{ColumnMap, EventsError, TieOrder, from_table};
use ironforge::legacy::{LegacyError, attributes, session_from_json, session_id_from_stem};
use ironforge::store::read_table;
use ironforge::table::Session;
use proptest::prelude::*;

use crate::data::data;
use crate::events::{LIMIT, map};

const SESSION: &str = r#"{"original_format": "enhanced_session",
  "session_metadata": {"session_date": "2025-07-24", "timezone": "ET"},
  "events": [
    {"type": "b", "timestamp": "09:31:00", "price_level": 2.5, "z": 1, "a": 0.5, "ok": true},
    {"type": "", "timestamp": "09:30:00", "price_level": null, "a": 2, "note": "x"},
    {"type": "a", "timestamp": "09:30:00", "price_level": 3}]}"#;

fn session(json: &str) -> Result<Session, LegacyError> {
    session_from_json(
        json.as_bytes(),
        "dir/NY_AM_Lvl-1_2025_07_24.json",
        "NY_AM_Lvl-1_2025_07_24",
        None,
        TieOrder::Source,
    )
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
    assert_eq!(*events.prices().unwrap(), [None, Some(3.0), Some(2.5)]);
    assert_eq!(events.numeric[2].values, [None, None, Some(1.0)]);
    let berlin =
        session_from_json(SESSION.as_bytes(), "f", "f", Some("Europe/Berlin"), TieOrder::Source).unwrap();
    assert_eq!(berlin.events.t_ms[0], 1_753_363_800_000 - 6 * 3_600_000);
}

#[test]
fn texts_times_of_day_and_attributes_of_the_session_are_kept() {
    let plain = session(SESSION).unwrap();
    assert!(plain.attributes.is_empty());
    assert_eq!(plain.events.time_of_day_s, Some(vec![34_200.0, 34_200.0, 34_260.0]));
    let typed = plain.events.text("type").unwrap().iter().collect::<Vec<_>>();
    assert_eq!(typed, [Some(""), Some("a"), Some("b")], "unchanged, in time order");
    assert!(plain.events.text("original_type").is_none());

    let stated = SESSION
        .replace(
            "\"events\"",
            "\"relativity_stats\": {\"session_high\": 5, \"session_low\": null}, \"events\"",
        )
        .replace("\"z\": 1", "\"semantic_context\": {\"phase\": \"late\"}, \"original_type\": 7");
    let stated = session(&stated).unwrap();
    let values =
        |session: &Session, names: [&str; 3]| names.map(|name| session.attributes.get(name).copied());
    let names = [attributes::HIGH, attributes::LOW, attributes::THEORY_B];
    assert_eq!(values(&stated, names), [Some(5.0), None, Some(1.0)]);
    let phase = stated.events.text("semantic_context.phase").unwrap().iter().collect::<Vec<_>>();
    assert_eq!(phase, [None, None, Some("late")]);
    assert!(stated.events.text("original_type").is_none(), "a number is not a text");

    let above = SESSION.replace("\"events\"", "\"session_open\": 4, \"session_duration\": 60, \"events\"");
    let names = [attributes::OPEN, attributes::DURATION_S, attributes::THEORY_B];
    assert_eq!(values(&session(&above).unwrap(), names), [Some(4.0), Some(60.0), None]);
    let wrong = session(&above.replace(": 60,", ": \"60\",")).unwrap_err().to_string();
    assert!(wrong.contains("session_duration"), "{wrong}");
}

#[test]
fn the_error_of_a_wrong_session_file_names_event_and_field() {
    for (from, to, part) in [
        ("\"09:31:00\"", "\"25:61:00\"", "event 0"),
        ("\"09:31:00\"", "\"25:61:00\"", "25:61:00"),
        ("\"09:31:00\"", "34260", "\"timestamp\" of event 0"),
        ("\"09:31:00\"", "\"09:31\"", "HH:MM:SS"),
        ("\"timestamp\": \"09:31:00\", ", "", "is missing"),
        ("\"price_level\": 3", "\"price_level\": \"3\"", "\"price_level\" of event 2"),
        ("\"a\": 2", "\"a\": \"2\"", "\"a\" of event 1"),
        ("\"a\": 2", "\"a\": 2, \"a\": 3", "twice"),
        ("\"type\": \"b\"", "\"type\": 3", "\"type\" of event 0"),
        ("\"session_date\": \"2025-07-24\", ", "", "session_date is missing"),
        ("\"2025-07-24\"", "\"2025-02-30\"", "2025-02-30"),
        ("\"2025-07-24\"", "20250724", "session_date is a number"),
        ("\"ET\"", "\"Mars\"", "timezone"),
        ("\"ET\"", "5", "timezone"),
        ("\"timezone\": \"ET\"", "\"timezone\": \"ET\", \"timezone\": \"UTC\"", "twice"),
        ("\"events\": [", "\"events\": [7, ", "event 0"),
        ("\"events\":", "\"events\": {}, \"more\":", "events is an object"),
        ("\"events\":", "\"more\":", "events is missing"),
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
    // The clocks of New York skipped the one hour and repeated the other.
    for (day, part) in [("2025-03-09", "forward"), ("2025-11-02", "twice")] {
        let json = SESSION.replace("2025-07-24\"", &format!("{day}\"")).replace("09:31:00", "01:30:00");
        let json = if day == "2025-03-09" { json.replace("01:30:00", "02:30:00") } else { json };
        let message = session(&json).unwrap_err().to_string();
        assert!(message.contains(part), "{message}");
    }
}

#[test]
fn json_of_another_kind_and_malformed_json_are_different_errors() {
    for other in
        ["[]", "3", "{}", "{\"events\": []}", "{\"original_format\": \"shards\", \"events\": []}", "null"]
    {
        assert!(matches!(session(other), Err(LegacyError::NotASession { .. })), "{other}");
    }
    for end in 0..SESSION.len() {
        assert!(matches!(session(&SESSION[..end]), Err(LegacyError::Json { .. })), "cut at {end}");
    }
    for deep in ["[".repeat(100_000), "{\"a\":".repeat(100_000)] {
        assert!(matches!(session(&deep), Err(LegacyError::Json { .. })));
    }
    let no_events = r#"{"original_format": "enhanced_session",
        "session_metadata": {"session_date": "2025-07-24"}, "events": []}"#;
    assert!(matches!(session(no_events), Err(LegacyError::Events(EventsError::NoEvents { .. }))));
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
    let mut oracle: Vec<_> = from_table(flat, &map, "flat", "flat", TieOrder::Source).unwrap();
    let mut files: Vec<PathBuf> = std::fs::read_dir(folder).unwrap().map(|e| e.unwrap().path()).collect();
    files.sort();
    let mut ids = std::collections::BTreeSet::new();
    for path in &files {
        let stem = path.file_stem().unwrap().to_str().unwrap();
        let session =
            session_from_json(&std::fs::read(path).unwrap(), "f", stem, None, TieOrder::Source).unwrap();
        assert!(ids.insert(session.id.clone()), "{} twice", session.id);
        let same = |other: &Session| {
            let (a, b) = (&session.events, &other.events);
            // The seq of the flat copy is the position in the file.
            a.t_ms == b.t_ms && a.seq == b.seq && a.kind.iter().eq(b.kind.iter()) && a.prices() == b.prices()
        };
        let found = oracle.iter().position(same).unwrap_or_else(|| panic!("{stem} is not in the flat copy"));
        let other = oracle.remove(found).events;
        for column in &other.numeric {
            match session.events.numeric.iter().find(|c| c.name == column.name) {
                Some(own) => assert_eq!(own.values, column.values, "{stem} {}", column.name),
                None => assert!(column.values.present().next().is_none(), "{stem} {}", column.name),
            }
        }
    }
    assert_eq!((files.len(), ids.len(), oracle.len()), (45, 45, 0));
    assert_eq!(session_id_from_stem("adapted_enhanced_rel_NY_AM_Lvl-1_2025_07_24"), "NY_AM_2025-07-24");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(128))]

    #[test]
    fn no_session_file_panics(position in 0usize..600, byte in any::<u8>()) {
        let mut bytes = SESSION.as_bytes().to_vec();
        let position = position % bytes.len();
        bytes[position] = byte;
        let _ = session_from_json(&bytes, "f", "f", None, TieOrder::Source);
        bytes.remove(position);
        let _ = session_from_json(&bytes, "f", "f", None, TieOrder::Source);
    }
}
