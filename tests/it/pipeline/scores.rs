//! The embeddings and scores of a run equal those of the network called directly.

use ironforge::attention::{Cpu, Keys, attention_pattern};
use ironforge::config::Config;
use ironforge::dag::Dag;
use ironforge::events;
use ironforge::table::{EventTable, Table};
use ironforge::tgat::{Batch, FeatureStats, Model};

use super::{Run, csv, events_of, events_of_session, links, numbers, settings};

/// Embeddings, significance and patterns in the files of a run, row-major.
fn scores_of(run: &Run, session: &str) -> [Vec<f32>; 3] {
    let (embeddings, scores) = (run.table("embeddings", session), run.table("scores", session));
    let rows = |table: &Table, prefix: &str| -> Vec<f32> {
        let columns: Vec<_> = table
            .columns()
            .iter()
            .filter(|c| c.name.starts_with(prefix))
            .map(|c| numbers(table, &c.name))
            .collect();
        (0..table.rows()).flat_map(|row| columns.iter().map(move |c| c[row].unwrap() as f32)).collect()
    };
    [rows(&embeddings, "e"), rows(&scores, "significance"), rows(&scores, "pattern_")]
}

/// Embeddings, significance and patterns that the network gives for these events and standardised features.
fn network(events: &EventTable, config: &Config, model: &Model, x: &[f32]) -> [Vec<f32>; 3] {
    let dag = Dag::from_events(events, &links(&config.dag, &[events])).unwrap();
    let keys =
        attention_pattern(dag.pattern(), config.attention.direction, config.attention.self_loops).unwrap();
    let offsets = [0, events.len()];
    let batch = Batch {
        t_ms: Some(&events.t_ms),
        bias: config.attention.time_bias().unwrap(),
        empty_row: config.attention.empty_row,
        accuracy: config.attention.accuracy,
        ..Batch::new(x, &offsets, Keys::Edges(keys.as_pattern()))
    };
    let scores = model.forward(&Cpu, &batch).unwrap();
    [scores.embeddings, scores.significance, scores.pattern]
}

#[test]
fn embeddings_and_scores_equal_those_of_the_network_under_every_setting() {
    let text = csv(40, 1);
    let cases: [&[&str]; 9] = [
        &[],
        &["seed=43"],
        &["attention.direction=successors"],
        &["attention.direction=both"],
        &["attention.self_loops=false"],
        &["attention.self_loops=false", "attention.empty_row=uniform"],
        &["attention.bias=none"],
        &["attention.accuracy=fast"],
        &["tgat.num_layers=1", "tgat.residual=true"],
    ];
    let mut earlier: Vec<[Vec<f32>; 3]> = Vec::new();
    for sets in cases {
        let config = settings(sets).config;
        // The seed is also that of the order of events of equal time.
        let events = events_of_session(&text, "a", config.seed);
        let features = events::features(&events, &["turn", "cost", "size"].map(str::to_owned));
        let x = events::standardise(&features).x;
        let model = Model::seeded(&config.tgat, features.info.len(), config.seed).unwrap();
        let got = scores_of(&Run::new(&[("a.csv", &text)], sets), "a");
        assert_eq!(got, network(&events, &config, &model, &x), "{sets:?}");
        assert!(!earlier.contains(&got), "{sets:?} changes nothing");
        earlier.push(got);
    }
}

#[test]
fn features_are_standardised_with_the_statistics_of_the_weights_file() {
    let text = csv(40, 1);
    let events = events_of(&text);
    let features = events::features(&events, &["turn", "cost", "size"].map(str::to_owned));
    let width = features.info.len();
    let (mean, std) = (vec![3.0_f32; width], vec![50.0_f32; width]);
    let config = settings(&[]).config;
    let model = Model::seeded(&config.tgat, width, 5).unwrap();
    let model = model.with_feature_stats(FeatureStats { mean, std }).unwrap();
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("w.safetensors");
    std::fs::write(&path, model.to_bytes().unwrap()).unwrap();

    let run = Run::with_weights(&[("a.csv", &text)], &[], Some(&path));
    let x = events::standardise_with(&features, &vec![3.0; width], &vec![50.0; width]).unwrap().x;
    assert_eq!(scores_of(&run, "a"), network(&events, &config, &model, &x));
    assert_eq!(run.report.feature_stats.statistics_of, "weights");
    assert_eq!(run.report.feature_stats.mean["a"], serde_json::json!(vec![3.0; width]));
}
