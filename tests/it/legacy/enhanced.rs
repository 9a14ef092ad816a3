//! Enhanced and day-news files: both variants of each list, missing parts and wrong fields.

use ironforge::events::{EventsError, TieOrder};
use ironforge::legacy::{LegacyError, attributes, features45, forms, session_from_json};
use ironforge::table::Session;
use proptest::prelude::*;

use crate::data::data;

const ENHANCED: &str = r#"{
  "session_metadata": {"session_type": "ny_am", "session_date": "2025-07-24", "session_start": "09:30:00",
    "session_end": "11:59:00", "timezone": "ET"},
  "price_movements": [
    {"timestamp": "09:31:00", "price_level": 104, "movement_type": "expansion_high", "range_position": 0.4},
    {"timestamp": "09:30:00", "price": 101.5, "action": "break", "context": "words"},
    {"timestamp": "12:00:00", "price_level": null, "movement_type": "session_high"}],
  "session_liquidity_events": [
    {"timestamp": "09:30:00", "event_type": "rebalance", "liquidity_type": "internal", "target_level": "x",
      "magnitude": "high", "context": "words"},
    {"timestamp": "09:40:00", "event_type": "fvg_creation", "intensity": 0.5, "price_level": 103, "impact_duration": 7}]}"#;
const STEM: &str = "enhanced_NY_AM_Lvl-1_2025_07_24_FRESH";
const STATS: &str = r#""relativity_stats": {"session_open": 101, "session_high": 110, "session_low": 100},
  "price_movements""#;

fn session(json: &str) -> Result<Session, LegacyError> {
    session_from_json(json.as_bytes(), "dir/file.json", STEM, None, TieOrder::Source)
}

fn rel() -> String {
    ENHANCED.replace("\"price_movements\"", STATS)
}

#[test]
fn both_variants_of_both_lists_become_events_in_time_order() {
    let session = session(ENHANCED).unwrap();
    assert_eq!((session.id.as_str(), session.origin.form), ("NY_AM_2025-07-24_FRESH", forms::ENHANCED));
    let events = &session.events;
    assert_eq!(
        events.event_index,
        [1, 3, 0, 4, 2],
        "positions of liquidity events follow those of the movements"
    );
    assert_eq!(events.t_ms[0], 1_753_363_800_000, "09:30 in New York, where it is summer");
    let kinds: Vec<_> = events.kind.iter().map(Option::unwrap).collect();
    assert_eq!(kinds, ["break", "rebalance", "expansion_high", "fvg_creation", "session_high"]);
    assert_eq!(*events.prices().unwrap(), [Some(101.5), None, Some(104.0), Some(103.0), None]);
    let names: Vec<&str> = events.numeric.iter().map(|c| c.name.as_str()).collect();
    assert_eq!(names, ["impact_duration", "intensity", "price_level", "range_position"]);
    assert_eq!(*events.number("intensity").unwrap(), [None, None, None, Some(0.5), None]);
    assert_eq!(events.time_of_day_s.as_ref().unwrap()[4], 43_200.0);
    for text in ["type", "original_type"] {
        assert_eq!(events.text(text).unwrap().get(2), Some("expansion_high"));
    }
}

#[test]
fn values_measured_over_the_session_allow_the_45_features() {
    assert_eq!(
        features45::lacking(&session(ENHANCED).unwrap()),
        Some("a context (open, high, low) of the session")
    );
    let rel = session(&rel()).unwrap();
    assert_eq!((rel.origin.form, features45::lacking(&rel)), (forms::ENHANCED_REL, None));
    let stated = |name: &str| rel.attributes.get(name).copied();
    let values = [attributes::OPEN, attributes::DURATION_S, attributes::THEORY_B].map(stated);
    assert_eq!(values, [Some(101.0), None, Some(1.0)]);
    let features = features45::nodes(&rel).unwrap();
    assert_eq!(features.values.len(), 5 * features45::NODE_FEATURES);
    let bare =
        session_from_json(ENHANCED.as_bytes(), "f", "enhanced_rel_X_2025_07_24", None, TieOrder::Source)
            .unwrap();
    assert_eq!(bare.origin.form, forms::ENHANCED_REL, "the name decides if the block is missing");
}

#[test]
fn anomalies_are_kept_and_counted() {
    let anomalous = ENHANCED
        .replace("\"price\": 101.5", "\"price\": 101.5, \"surprise\": {\"a\": 1}, \"mixed\": 1")
        .replace("\"intensity\"", "\"mixed\": \"x\", \"extra\": 3, \"intensity\"")
        .replace("09:40:00", "08:00:00");
    let session = session(&anomalous).unwrap();
    assert_eq!(session.events.len(), 5);
    let origin = &session.origin;
    assert_eq!((origin.outside_window, origin.placeholder_times), (Some(2), Some(1)));
    let unknown: Vec<_> = origin.unknown_fields.iter().map(|(name, &n)| (name.as_str(), n)).collect();
    assert_eq!(unknown, [("mixed", 2), ("surprise", 1)]);
    assert!(session.events.number("extra").is_some(), "a number with any name is a column");
    let windowless = ENHANCED.replace("session_start", "start");
    let session = self::session(&windowless).unwrap();
    assert_eq!((session.origin.outside_window, session.origin.placeholder_times), (None, Some(0)));
}

#[test]
fn one_list_is_enough_and_the_rest_may_be_missing() {
    let count = |json: &str| session(json).map(|session| session.events.len()).unwrap();
    assert_eq!(count(&ENHANCED.replace("session_liquidity_events", "other")), 3);
    assert_eq!(count(&ENHANCED.replace("price_movements", "other")), 2);
    assert_eq!(
        count(&ENHANCED.replace("\"price_movements\": [", "\"price_movements\": null, \"other\": [")),
        2
    );
    assert_eq!(count(&ENHANCED.replace("\"price_movements\"", "\"events\": [], \"price_movements\"")), 5);
    // Another day, an unknown type of session, no time zone.
    let other = ENHANCED
        .replace("2025-07-24", "2031-01-02")
        .replace("\"ny_am\"", "\"sydney\"")
        .replace(", \"timezone\": \"ET\"", "");
    assert_eq!(session(&other).unwrap().events.t_ms[0], 1_925_130_600_000);
    let none = ENHANCED.replace("price_movements", "other").replace("session_liquidity_events", "more");
    assert!(matches!(session(&none), Err(LegacyError::NotASession { .. })));
    let empty = r#"{"session_metadata": {"session_date": "2025-07-24"}, "price_movements": []}"#;
    assert!(matches!(session(empty), Err(LegacyError::Events(EventsError::NoEvents { .. }))));
}

#[test]
fn the_error_of_a_wrong_enhanced_file_names_list_and_field() {
    for (from, to, part) in [
        ("\"09:31:00\"", "\"unknown\"", "\"price_movements[0].timestamp\" of event 0"),
        ("\"09:40:00\"", "\"24:00:00\"", "\"session_liquidity_events[1].timestamp\" of event 4"),
        ("\"timestamp\": \"09:40:00\", ", "", "session_liquidity_events[1].timestamp"),
        ("\"price\": 101.5", "\"price\": \"NaN\"", "price_movements[1].price"),
        ("\"price_level\": 104", "\"price_level\": [104]", "is a list"),
        ("\"intensity\": 0.5", "\"intensity\": \"0.5\"", "intensity"),
        ("\"action\": \"break\"", "\"action\": 7", "price_movements[1].action"),
        ("\"price\": 101.5", "\"price\": 101.5, \"price\": 1", "twice"),
        ("\"price\": 101.5", "\"price\": NaN", "line 6"),
        ("\"price_movements\": [", "\"price_movements\": {}, \"other\": [", "price_movements is an object"),
        ("\"price_movements\": [", "\"price_movements\": [3, ", "event 0"),
        ("\"session_date\": \"2025-07-24\", ", "", "session_date is missing"),
        ("\"session_metadata\"", "\"metadata\"", "session_date is missing"),
        ("2025-07-24", "2025-24-07", "2025-24-07"),
        ("\"ET\"", "\"Mars\"", "timezone"),
    ] {
        assert!(ENHANCED.contains(from), "{from}");
        let message = session(&ENHANCED.replacen(from, to, 1)).unwrap_err().to_string();
        assert!(message.contains(part) && message.contains("dir/file.json"), "{part}: {message}");
    }
    let wrong = rel().replace("\"session_open\": 101", "\"session_open\": \"101\"");
    assert!(session(&wrong).unwrap_err().to_string().contains("relativity_stats.session_open"));
    assert_eq!(
        session(&ENHANCED.replace("103", "1e308")).unwrap().events.prices().unwrap().get(3),
        Some(1e308)
    );
}

#[test]
fn a_day_news_file_is_read_as_an_adapted_one() {
    let json = r#"{"original_format": "enhanced_session", "day_profile": {},
      "session_metadata": {"trading_date": "2025-08-05"},
      "events": [{"type": "a", "timestamp": "09:30:00", "timestamp_et": "2025-08-05 09:30:00 ET", "price_level": 3,
        "day_context": {"is_enhanced": true}, "news_context": {"news_distance_mins": null}}]}"#;
    let stem = "day_news_enhanced_rel_NY_AM_Lvl-1_2025_08_05";
    let session = session_from_json(json.as_bytes(), "f", stem, None, TieOrder::Source).unwrap();
    assert_eq!((session.id.as_str(), session.origin.form), ("NY_AM_2025-08-05", forms::DAY_NEWS));
    assert_eq!(
        (session.events.t_ms[0], session.events.prices().unwrap().get(0)),
        (1_754_400_600_000, Some(3.0))
    );
    assert!(session.origin.unknown_fields.is_empty(), "{:?}", session.origin.unknown_fields);
    let elsewhere = json.replace(
        "\"session_metadata\": {\"trading_date\"",
        "\"session_metadata\": {}, \"session_info\": {\"trading_day\"",
    );
    let session = session_from_json(elsewhere.as_bytes(), "f", stem, None, TieOrder::Source).unwrap();
    assert_eq!(session.events.t_ms[0], 1_754_400_600_000);
}

#[test]
fn number_fields_that_are_nearly_all_missing_are_refused() {
    let mut events = String::new();
    for i in 0..4000 {
        events.push_str(&format!("{{\"timestamp\": \"09:30:00\", \"n{i}\": 1}},"));
    }
    let json = format!(
        "{{\"session_metadata\": {{\"session_date\": \"2025-07-24\"}}, \"price_movements\": [{}]}}",
        events.trim_end_matches(',')
    );
    let message = session(&json).unwrap_err().to_string();
    assert!(message.contains("4000 number fields"), "{message}");
}

#[test]
fn real_enhanced_sessions_hold_all_movements_and_liquidity_events() {
    let Some(folder) = data("peer/enhanced") else { return };
    let (mut files, mut events) = (0, 0);
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let stem = path.file_stem().unwrap().to_str().unwrap();
        let session =
            session_from_json(&std::fs::read(&path).unwrap(), "f", stem, None, TieOrder::Source).unwrap();
        let rel = session.origin.form == forms::ENHANCED_REL;
        assert_eq!((rel, features45::lacking(&session).is_none()), (stem.contains("_rel_"), rel), "{stem}");
        assert!(session.origin.unknown_fields.is_empty(), "{stem} {:?}", session.origin.unknown_fields);
        assert!(session.events.kind.iter().all(|kind| kind.is_some()), "{stem}");
        (files, events) = (files + 1, events + session.events.len());
    }
    assert_eq!((files, events), (36, 2 * (336 + 241)));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(128))]

    #[test]
    fn no_enhanced_file_panics(position in 0usize..1200, byte in any::<u8>()) {
        let mut bytes = rel().into_bytes();
        let position = position % bytes.len();
        bytes[position] = byte;
        let _ = session_from_json(&bytes, "f", "f", None, TieOrder::Source);
        bytes.remove(position);
        let _ = session_from_json(&bytes, "f", "f", None, TieOrder::Source);
    }
}
