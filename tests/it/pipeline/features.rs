//! The features of a run: selection, columns and report.

use ironforge::config::{Effective, Sources};
use ironforge::dag::{Dag, EdgeWeights};
use ironforge::events::Features;
use ironforge::events::TieOrder;
use ironforge::legacy::{features45, session_from_json};
use ironforge::pipeline::{DiscoverRequest, Silent, discover};
use ironforge::tgat::Model;

use super::{Run, csv, events_of, links, numbers, settings, wide};

/// An invented session of five events.
const SESSION: &str = r#"{"original_format": "enhanced_session",
  "session_metadata": {"session_date": "2025-07-24", "timezone": "ET"},
  "relativity_stats": {"session_open": 101, "session_high": 110, "session_low": 100, "session_duration_seconds": 3600},
  "events": [
    {"type": "liquidity_sweep", "original_type": "x", "timestamp": "09:31:00", "price_level": 104},
    {"type": "", "original_type": "fpfvg_open", "timestamp": "09:30:00", "price_level": null},
    {"type": "reversal", "timestamp": "09:40:00", "price_level": 111, "volume": 3},
    {"type": "expansion", "timestamp": "09:50:00", "price_level": 105},
    {"type": "consolidation", "timestamp": "10:30:00", "price_level": 100.5}]}"#;

const STEM: &str = "NY_AM_Lvl-1_2025_07_24";

#[test]
fn sessions_with_prices_types_and_context_get_45_features_and_20_of_edges() {
    let run = Run::new(&[(&format!("{STEM}.json"), SESSION)], &[]);
    let choice = &run.report.feature_choice;
    assert_eq!((choice.set, choice.temporal_edge_features.len()), ("session45", 20));
    assert!(choice.reason.starts_with("auto"), "{}", choice.reason);
    let session =
        session_from_json(SESSION.as_bytes(), "f", STEM, None, TieOrder::Hash { seed: 42, fold_case: false })
            .unwrap();
    let check = |dataset: &str, prefix: &str, want: &Features| {
        let table = run.table(dataset, &session.id);
        let width = want.info.len();
        for f in 0..width {
            let column = numbers(&table, &format!("{prefix}{f:02}"));
            let want: Vec<_> =
                want.values.iter().skip(f).step_by(width).map(|v| v.map(|v| f64::from(v as f32))).collect();
            assert_eq!(column, want, "{dataset} {}", f);
        }
    };
    let nodes = features45::nodes(&session).unwrap();
    check("nodes", "f", &nodes);
    let ends = |dataset: &str, end: &str| -> Vec<u32> {
        numbers(&run.table(dataset, &session.id), end).into_iter().map(|v| v.unwrap() as u32).collect()
    };
    let (src, dst) = (ends("temporal_edges", "src"), ends("temporal_edges", "dst"));
    check("temporal_edges", "x", &features45::temporal_edges(&session, &src, &dst).unwrap());
    let (src, dst) = (ends("dag_edges", "src"), ends("dag_edges", "dst"));
    let weights = numbers(&run.table("dag_edges", &session.id), "weight");
    let weights: Vec<f32> = weights.into_iter().map(|w| w.unwrap() as f32).collect();
    check("dag_edges", "x", &features45::dag_edges(&session, &src, &dst, &weights).unwrap());
    assert_eq!(run.report.feature_stats.features, nodes.info);
    assert!(run.table("dag_edges", &session.id).column("x10").is_none(), "noise columns are not features");
}

#[test]
fn any_other_log_keeps_the_generic_features() {
    let table = csv(20, 1);
    let mixed = Run::new(&[("s.json", SESSION), ("a.csv", &table)], &[]);
    assert_eq!(mixed.report.feature_choice.set, "generic");
    assert!(mixed.report.feature_choice.reason.contains("session a has not times of day"));
    assert!(mixed.table("temporal_edges", "a").column("x00").is_none());
    let asked = Run::new(&[("s.json", SESSION)], &["session.features=generic"]);
    assert_eq!(asked.report.feature_choice.set, "generic");
    assert!(asked.report.feature_choice.dag_edge_features.is_empty());
}

#[test]
fn session45_is_an_error_if_a_session_lacks_one_of_its_inputs() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("s.json");
    let refusal = |text: String| {
        std::fs::write(&path, text).unwrap();
        let sets = ["session.features=session45".to_owned()];
        let effective = Effective::load(&Sources { sets: &sets, ..Sources::default() }).unwrap();
        let paths = [path.clone()];
        let out = folder.path().join("out");
        let request = DiscoverRequest { paths: &paths, out: &out, effective: &effective, weights: None };
        let error = discover(&request, &Silent).unwrap_err();
        (error.exit_code(), error.to_string())
    };
    for (from, to, lacks) in [
        ("price_level", "other", "a price"),
        ("\"type\"", "\"typ\"", "the field `type`"),
        ("relativity_stats", "other_stats", "a context"),
    ] {
        let (code, message) = refusal(SESSION.replace(from, to));
        assert_eq!(code, 78, "{message}");
        assert!(message.contains(lacks) && message.contains("s.json"), "{message}");
    }
}

#[test]
fn the_report_lists_which_results_need_trained_weights() {
    let text = csv(20, 1);
    let untrained = Run::new(&[("a.csv", &text)], &[]);
    let meaning = serde_json::to_value(&untrained.report).unwrap()["meaning"].clone();
    assert_eq!(meaning["descriptive"], serde_json::json!(["nodes", "temporal_edges", "dag_edges", "motifs"]));
    assert_eq!(meaning["needs_trained_weights"], serde_json::json!(["embeddings", "scores"]));
    assert_eq!(meaning["of_trained_weights"], serde_json::json!([]));

    let width = untrained.report.feature_stats.features.len();
    let model = Model::seeded(&settings(&[]).config.tgat, width, 5).unwrap();
    let path = untrained.folder.path().join("w.safetensors");
    // The file marks its network as untrained: mark it as trained, in the same number of bytes.
    let mut bytes = model.to_bytes().unwrap();
    let (no, yes) = (br#""trained":"false""#, br#""trained":"true" "#);
    let mark = bytes.windows(no.len()).position(|window| window == no).unwrap();
    bytes[mark..mark + yes.len()].copy_from_slice(yes);
    std::fs::write(&path, bytes).unwrap();
    let trained = Run::with_weights(&[("a.csv", &text)], &[], Some(&path));
    assert!(trained.report.trained);
    assert!(trained.report.meaning.needs_trained_weights.is_empty());
    assert_eq!(trained.report.meaning.of_trained_weights, ["embeddings", "scores"]);
}

#[test]
fn edge_weights_use_the_zones_of_the_settings() {
    let text = csv(40, 1);
    let events = events_of(&text);
    let sets = ["dag.zone_exponent=0.85", "dag.zones=[0.25, 0.5]", "dag.dt_max_minutes=120"];
    let config = settings(&sets).config.dag;
    let dag = Dag::from_events(&events, &links(&config, &[&events])).unwrap();
    let weigh = EdgeWeights::new(&config.causality(), 7_200_000, &events.t_ms, &events.kind, events.prices());
    let want = weigh.unwrap().zoned(&[0.25, 0.5], 0.85).of(&dag);
    let weight =
        |sets: &[&str]| numbers(&Run::new(&[("a.csv", &text)], sets).table("dag_edges", "a"), "weight");
    let zoned = weight(&sets);
    assert_eq!(zoned, wide(want));
    assert_ne!(zoned, weight(&sets[2..]));
}

#[test]
fn a_feature_beyond_the_f32_range_is_an_error() {
    for (features, location) in [("session45", "(f08) of row 1"), ("generic", "of row 1")] {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("s.json");
        std::fs::write(&path, SESSION.replace("104", "1e300")).unwrap();
        let sets = [format!("session.features={features}"), "motif.iterations=0".to_owned()];
        let effective = Effective::load(&Sources { sets: &sets, ..Sources::default() }).unwrap();
        let (paths, out) = ([path], folder.path().join("out"));
        let request = DiscoverRequest { paths: &paths, out: &out, effective: &effective, weights: None };
        let error = discover(&request, &Silent).unwrap_err();
        assert_eq!(error.exit_code(), 65);
        let message = error.to_string();
        assert!(
            message.contains(location) && message.contains("s.json") && message.contains("1e300"),
            "{message}"
        );
        assert!(!out.exists(), "nothing is left of the run");
    }
}
