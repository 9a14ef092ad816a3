//! Records with their own dates: sessions, times, features, and errors of wrong records.

use ironforge::events::TieOrder;
use ironforge::legacy::{LegacyError, forms, session_from_json, sessions_from_json};
use ironforge::table::Session;

const RECORDS: &str = r#"[
  {"timestamp_et": "2025-07-24 09:31:00 ET", "event_type": "expansion", "price_level": 7, "volume_profile": 3.5,
    "session_id": "NY_AM_2025-07-24"},
  {"timestamp_et": "2025-07-24 09:30:00 ET", "event_type": "", "price_level": null, "session_id": "NY_AM_2025-07-24"},
  {"timestamp_et": "2025-12-24T09:30:00", "event_type": "sweep", "price": 8, "session_id": 12},
  {"timestamp": "2025-07-24T13:32:00.5Z", "event_type": "sweep", "price": 9, "flag": true}]"#;

fn sessions(json: &str) -> Result<Vec<Session>, LegacyError> {
    sessions_from_json(json.as_bytes(), "dir/log.json", "log", None, TieOrder::Source)
}

fn ids(sessions: &[Session]) -> Vec<&str> {
    sessions.iter().map(|session| session.id.as_str()).collect()
}

#[test]
fn each_session_of_a_list_becomes_one() {
    let read = sessions(RECORDS).unwrap();
    assert_eq!(
        ids(&read),
        ["12", "NY_AM_2025-07-24", "log"],
        "a record without an id is in the session of the file"
    );
    let morning = &read[1].events;
    assert_eq!(morning.t_ms, [1_753_363_800_000, 1_753_363_860_000]);
    assert_eq!(morning.event_index, [1, 0], "the position in the list");
    assert_eq!(morning.kind.iter().collect::<Vec<_>>(), [None, Some("expansion")]);
    assert_eq!(*morning.prices().unwrap(), [None, Some(7.0)]);
    assert_eq!(*morning.number("volume_profile").unwrap(), [None, Some(3.5)]);
    assert_eq!(morning.time_of_day_s, Some(vec![34_200.0, 34_260.0]));
    assert_eq!(read[0].events.t_ms, [1_766_568_600_000], "without a zone it is UTC");
    assert_eq!(
        (read[2].events.t_ms[0], read[2].events.prices().unwrap().get(0)),
        (1_753_363_920_500, Some(9.0))
    );
    assert!(read.iter().all(|session| session.origin.form == forms::RECORDS));
    assert_eq!(read[2].origin.unknown_fields["flag"], 1);
    assert!(read[1].origin.unknown_fields.is_empty());
    assert!(matches!(
        session_from_json(RECORDS.as_bytes(), "f", "f", None, TieOrder::Source),
        Err(LegacyError::NotASession { .. })
    ));
}

#[test]
fn ids_beyond_exact_floats_are_refused() {
    let error =
        sessions(&RECORDS.replace("\"session_id\": 12", "\"session_id\": 9007199254740993")).unwrap_err();
    assert!(error.to_string().contains("write it as a string"), "{error}");
}

#[test]
fn records_may_be_in_an_object_that_names_their_session() {
    let inner = RECORDS
        .replace("\"session_id\": \"NY_AM_2025-07-24\"", "\"a\": 1")
        .replace("\"session_id\": 12", "\"a\": 1");
    let read = sessions(&format!("{{\"session_id\": \"day\", \"events\": {inner}}}")).unwrap();
    assert_eq!((ids(&read), read[0].events.len()), (vec!["day"], 4));
    let read = sessions(&format!("{{\"events\": {inner}}}")).unwrap();
    assert_eq!(ids(&read), ["log"]);
    let berlin =
        sessions_from_json(RECORDS.as_bytes(), "f", "f", Some("Europe/Berlin"), TieOrder::Source).unwrap();
    assert_eq!(
        berlin[0].events.t_ms,
        [1_766_568_600_000 - 3_600_000],
        "a time without a zone is in the named zone"
    );
    assert_eq!(berlin[1].events.t_ms[0], 1_753_363_800_000, "ET is New York in any zone");
}

#[test]
fn features_of_records_become_numbers() {
    let record = |features: &str| {
        format!(
            "{{\"timestamp_et\": \"2025-07-24 09:30:00 ET\", \"event_type\": \"a\", \"node_features\": {features}}}"
        )
    };
    let read = sessions(&format!("[{}, {}]", record("[1, 2.5]"), record("[null, 4]"))).unwrap();
    assert_eq!(*read[0].events.number("node_features.00").unwrap(), [Some(1.0), None]);
    assert_eq!(*read[0].events.number("node_features.01").unwrap(), [Some(2.5), Some(4.0)]);
    for (other, part) in [("[1]", "has 1 numbers"), ("[1, \"2\"]", "holds a string"), ("3", "is a number")] {
        let message =
            sessions(&format!("[{}, {}]", record("[1, 2]"), record(other))).unwrap_err().to_string();
        assert!(message.contains(part) && message.contains("event 1"), "{message}");
    }
    assert_eq!(sessions(&format!("[{}]", record("[]"))).unwrap()[0].events.len(), 1);
}

#[test]
fn the_error_of_a_wrong_record_names_its_field() {
    for (from, to, part) in [
        ("2025-07-24 09:31:00 ET", "unknown", "is \"unknown\""),
        ("2025-07-24 09:31:00 ET", "2025-07-24 25:31:00 ET", "\"timestamp_et\" of event 0"),
        ("2025-07-24 09:31:00 ET", "2025-11-02 01:30:00 ET", "twice"),
        ("2025-07-24 09:31:00 ET", "09:31:00", "date and time"),
        ("\"2025-07-24 09:31:00 ET\"", "1753363860", "is a number"),
        ("\"timestamp_et\": \"2025-07-24 09:31:00 ET\", ", "", "is missing"),
        ("\"session_id\": 12", "\"session_id\": [12]", "session_id"),
        ("\"price\": 8", "\"price\": \"8\"", "\"price\" of event 2"),
        ("\"event_type\": \"sweep\"", "\"event_type\": 3", "\"event_type\" of event 2"),
        ("\"price\": 8", "\"price\": 8, \"price\": 9", "twice"),
        ("[\n", "[5, ", "event 0"),
    ] {
        assert!(RECORDS.contains(from), "{from}");
        let message = sessions(&RECORDS.replacen(from, to, 1)).unwrap_err().to_string();
        assert!(message.contains(part) && message.contains("dir/log.json"), "{part}: {message}");
    }
}

#[test]
fn summaries_of_a_batch_are_not_records() {
    for other in [
        r#"[{"file": "a.json", "status": "ok"}, {"file": "b.json", "status": "ok"}]"#,
        r#"{"batch": "phase 2", "processed": 57, "sessions": [{"file": "a.json"}]}"#,
        r#"{"events": [], "total_events": 0}"#,
        r#"{"events": 57, "price_movements": 1287, "completed": ["a.json"]}"#,
        "[]",
    ] {
        let error = sessions(other).unwrap_err();
        assert!(matches!(error, LegacyError::NotASession { .. }), "{error}");
    }
}

#[test]
fn several_events_at_midnight_are_counted() {
    let json = RECORDS.replace("2025-07-24 09:31:00 ET", "2025-07-24 00:00:00 ET");
    assert_eq!(sessions(&json).unwrap()[1].origin.placeholder_times, Some(0), "one is plausible");
    let json = json.replace("2025-07-24 09:30:00 ET", "2025-07-24 00:00:00 ET");
    let read = sessions(&json).unwrap();
    assert_eq!((read[1].origin.placeholder_times, read[1].events.len()), (Some(2), 2));
}
