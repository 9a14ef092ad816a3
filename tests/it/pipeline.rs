//! The tables of a run equal the results of the modules called directly, session by session, under the same settings.

mod features;
mod inputs;
mod labels;
mod motifs;
mod scores;
mod ties;
mod windows;

use std::path::{Path, PathBuf};

use ironforge::config::{Effective, Sources};
use ironforge::dag::{Dag, DagConfig, DagView, EdgeWeights, ResolvedLinks, temporal_view};
use ironforge::events::{self, ColumnMap, TieOrder, TimeColumn};
use ironforge::pipeline::{DiscoverReport, DiscoverRequest, MotifReport, MotifRequest, Silent, discover};
use ironforge::scale::TimeScale;
use ironforge::store::{partition_dir, read_table};
use ironforge::table::{EventTable, Table, Values};
use tempfile::TempDir;

/// Settings of every run of tables, as `--set` takes them.
const MAP: [&str; 6] = [
    "dag.link=window-knn",
    "session.time=when:s",
    "session.kind=what",
    "session.keys=[\"who\", \"whom\"]",
    "session.price=cost",
    "motif.iterations=40",
];

struct Run {
    folder: TempDir,
    report: DiscoverReport,
}

impl Run {
    /// Runs `discover` on files, given by name and text.
    fn new(files: &[(&str, &str)], sets: &[&str]) -> Self {
        Self::with_weights(files, sets, None)
    }

    fn with_weights(files: &[(&str, &str)], sets: &[&str], weights: Option<&Path>) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let paths: Vec<PathBuf> = files.iter().map(|(name, _)| folder.path().join(name)).collect();
        for (path, (_, text)) in paths.iter().zip(files) {
            std::fs::write(path, text).unwrap();
        }
        // Session files need no column map: they define their fields themselves.
        let tables = files.iter().any(|(name, _)| !name.ends_with(".json"));
        let effective = if tables { settings(sets) } else { load(sets.iter()) };
        let out = folder.path().join("out");
        let request = DiscoverRequest { paths: &paths, out: &out, effective: &effective, weights };
        let report = discover(&request, &Silent).unwrap();
        Self { folder, report }
    }

    fn part(&self, dataset: &str, session: &str) -> PathBuf {
        let partition = partition_dir("session_id", session).unwrap();
        self.folder.path().join("out").join(dataset).join(partition).join("part-0.parquet")
    }

    fn table(&self, dataset: &str, session: &str) -> Table {
        read(&self.part(dataset, session))
    }

    fn motifs(&self) -> Table {
        read(&self.folder.path().join("out/motifs.parquet"))
    }
}

/// The motifs of a CSV file with these settings.
fn motifs_of(text: &str, sets: &[&str]) -> MotifReport {
    let folder = tempfile::tempdir().unwrap();
    let paths = [folder.path().join("log.csv")];
    std::fs::write(&paths[0], text).unwrap();
    let effective = load(sets.iter());
    ironforge::pipeline::motifs(&MotifRequest { paths: &paths, out: None, effective: &effective }, &Silent)
        .unwrap()
}

fn settings(sets: &[&str]) -> Effective {
    load(MAP.iter().chain(sets))
}

fn load<'a>(sets: impl Iterator<Item = &'a &'a str>) -> Effective {
    let sets: Vec<String> = sets.map(|&set| set.to_owned()).collect();
    Effective::load(&Sources { sets: &sets, ..Sources::default() }).unwrap()
}

fn read(path: &Path) -> Table {
    read_table(path, None, 1 << 30).unwrap().table
}

/// A column of numbers, whatever their type.
fn numbers(table: &Table, name: &str) -> Vec<Option<f64>> {
    match &table.column(name).unwrap().values {
        Values::U32(v) => v.map(f64::from).iter().collect(),
        Values::U64(v) => v.map(|x| x as f64).iter().collect(),
        Values::I64(v) => v.map(|x| x as f64).iter().collect(),
        Values::F32(v) => v.map(f64::from).iter().collect(),
        Values::F64(v) => v.iter().collect(),
        other => panic!("{name} is {}", other.type_name()),
    }
}

/// The link rules of a run over these tables.
fn links(config: &DagConfig, tables: &[&EventTable]) -> ResolvedLinks {
    config.resolved(TimeScale::of_times(tables.iter().map(|table| &table.t_ms[..]))).unwrap()
}

fn wide<T: Copy + Into<f64>>(values: impl IntoIterator<Item = T>) -> Vec<Option<f64>> {
    values.into_iter().map(|x| Some(x.into())).collect()
}

fn times(values: &[i64]) -> Vec<Option<f64>> {
    values.iter().map(|&t| Some(t as f64)).collect()
}

fn texts(table: &Table, name: &str) -> Vec<Option<String>> {
    match &table.column(name).unwrap().values {
        Values::Text(labels) => labels.iter().map(|text| text.map(str::to_owned)).collect(),
        other => panic!("{name} is {}", other.type_name()),
    }
}

/// CSV of `n` events out of order, some without kind, cost or size, a few minutes apart; `seed` varies them.
fn csv(n: u64, seed: u64) -> String {
    let mut text = "when,turn,what,who,whom,cost,size\n".to_owned();
    for i in 0..n {
        let x = (i + seed) * 7919 % 101;
        let kind = ["Sweep", "", "reversal", "expansion"][(x % 4) as usize];
        let cost = if x.is_multiple_of(5) { String::new() } else { (100 + x).to_string() };
        let size = if x.is_multiple_of(7) { String::new() } else { format!("{}.5", x * x % 37) };
        text.push_str(&format!("{},{},{kind},u{},u{},{cost},{size}\n", x / 2 * 150, n - i, x % 3, x % 5));
    }
    text
}

/// The events of such a CSV, read without the pipeline, as those of the session `a` under the default seed.
fn events_of(text: &str) -> EventTable {
    events_of_session(text, "a", 42)
}

fn events_of_session(text: &str, id: &str, seed: u64) -> EventTable {
    let map = ColumnMap {
        time: Some(TimeColumn::parse("when:s").unwrap()),
        kind: Some("what".to_owned()),
        keys: vec!["who".to_owned(), "whom".to_owned()],
        price: Some("cost".to_owned()),
        ..ColumnMap::default()
    };
    let options = events::TextOptions::default();
    let table =
        events::read_delimited(text.as_bytes(), "a.csv", None, &map.text_columns(), &options, 1 << 30)
            .unwrap();
    let ties = TieOrder::Hash { seed, fold_case: false };
    events::from_table(table, &map, "a.csv", id, ties).unwrap().remove(0).events
}

#[test]
fn a_session_gives_the_same_files_alone_and_with_other_sessions() {
    let (a, b, c) = (csv(30, 1), csv(70, 2), csv(5, 3));
    let files = [("a.csv", a.as_str()), ("b.csv", b.as_str()), ("c.csv", c.as_str())];
    // Set, since `auto` follows all sessions of a run.
    let sets =
        ["dag.link=both", "dag.dt_min_minutes=1", "dag.dt_max_minutes=120", "dag.key_window_minutes=1440"];
    let together = Run::new(&files, &sets);
    for (i, file) in files.into_iter().enumerate() {
        let alone = Run::new(&[file], &sets);
        let id = &alone.report.sessions[0].id;
        for dataset in ["nodes", "temporal_edges", "dag_edges", "embeddings", "scores"] {
            let [one, other] = [&alone, &together].map(|run| std::fs::read(run.part(dataset, id)).unwrap());
            assert!(one == other, "{dataset} of {id}");
        }
        assert_eq!(together.report.sessions[i].events, alone.report.sessions[0].events);
        assert_eq!(together.report.feature_stats.mean[id], alone.report.feature_stats.mean[id]);
    }
}

#[test]
fn nodes_hold_the_events_in_time_order_with_their_generation_and_features() {
    let text = csv(40, 1);
    let (run, events) = (Run::new(&[("a.csv", &text)], &[]), events_of(&text));
    let nodes = run.table("nodes", "a");
    assert_ne!(events.event_index, (0..40).collect::<Vec<u32>>(), "the file is out of order");
    assert_eq!(numbers(&nodes, "node_id"), wide(0..40_u32));
    assert_eq!(numbers(&nodes, "event_index"), wide(events.event_index.iter().copied()));
    assert_eq!(numbers(&nodes, "t_ms"), times(&events.t_ms));
    let kinds: Vec<_> = events.kind.iter().map(|kind| kind.map(str::to_owned)).collect();
    assert!(kinds.contains(&None));
    assert_eq!(texts(&nodes, "kind"), kinds);
    assert_eq!(numbers(&nodes, "price"), events.prices().unwrap().iter().collect::<Vec<_>>());
    let dag = Dag::from_events(&events, &links(&settings(&[]).config.dag, &[&events])).unwrap();
    assert_eq!(numbers(&nodes, "generation"), wide(dag.topological_generations().level));

    let features = events::features(&events, &["turn", "cost", "size"].map(str::to_owned));
    let names: Vec<&str> = run.report.feature_stats.features.iter().map(|f| f.name.as_str()).collect();
    assert_eq!(names, features.info.iter().map(|f| f.name.as_str()).collect::<Vec<_>>());
    for f in 0..names.len() {
        let want =
            features.values.iter().skip(f).step_by(names.len()).map(|v| v.map(|v| f64::from(v as f32)));
        assert_eq!(numbers(&nodes, &format!("f{f:02}")), want.collect::<Vec<_>>(), "{}", names[f]);
    }
    let standardised = events::standardise(&features);
    let of_run = &run.report.feature_stats;
    assert_eq!(of_run.statistics_of, "session");
    assert_eq!(of_run.mean["a"], serde_json::json!(standardised.mean));
    assert_eq!(of_run.std["a"], serde_json::json!(standardised.std));
}

#[test]
fn edges_are_those_of_both_graphs_with_their_times_and_weights() {
    let text = csv(40, 1);
    let events = events_of(&text);
    for link in ["window-knn", "shared-key", "both"] {
        let sets = [&format!("dag.link={link}"), "dag.temporal_neighbours=2", "dag.dt_max_minutes=20"];
        let run = Run::new(&[("a.csv", &text)], &sets);
        let config = settings(&sets).config.dag;
        let temporal = temporal_view(&events.t_ms, 2).unwrap();
        let dag = Dag::from_events(&events, &links(&config, &[&events])).unwrap();
        for (dataset, want) in [("temporal_edges", &temporal), ("dag_edges", &dag.links(&events.t_ms))] {
            let table = run.table(dataset, "a");
            assert_eq!(numbers(&table, "src"), wide(want.src.iter().copied()), "{link} {dataset}");
            assert_eq!(numbers(&table, "dst"), wide(want.dst.iter().copied()), "{link} {dataset}");
            assert_eq!(numbers(&table, "dt_ms"), times(&want.dt_ms), "{link} {dataset}");
        }
        // the time term reaches 0 at the longest time that the rule allows: 20 minutes, or 768 gaps
        let horizon = if link == "window-knn" { 20 * 60_000 } else { 768 * 150_000 };
        let weigh =
            EdgeWeights::new(&config.causality(), horizon, &events.t_ms, &events.kind, events.prices())
                .unwrap();
        let want = dag.edge_iter().map(|(u, v)| weigh.at(u as usize, v as usize) as f32);
        assert_eq!(numbers(&run.table("dag_edges", "a"), "weight"), wide(want), "{link}");
    }
}

#[test]
fn the_report_holds_the_counters_of_the_plan_cache() {
    let run = Run::new(&[("a.csv", &csv(30, 1))], &["attention.plan_cache_mb=3"]);
    let report = serde_json::to_value(&run.report).unwrap();
    assert_eq!(report["config"]["attention"]["plan_cache_mb"], 3);
    // The CPU needs no plan.
    assert_eq!(report["plan_cache"], serde_json::json!({"hits": 0, "misses": 0, "evictions": 0, "bytes": 0}));
    assert_eq!(
        (&report["timings"]["plan_build_s"], &report["timings"]["plan_saved_s"]),
        (&0.0.into(), &0.0.into())
    );
}

#[test]
fn the_column_map_of_the_settings_reaches_the_reader() {
    let text = "when,turn,what,who,whom,cost,size\n\
        2025-08-06 09:30:00,2,a,u,v,1,7\n2025-08-06 09:30:00,1,b,u,v,2,8\n2025-08-06 09:29:00,3,,u,v,3,9\n";
    let sets = [
        "session.time=when:text",
        "session.zone=America/New_York",
        "session.seq=turn",
        "session.price=size",
        "session.numeric=[\"size\"]",
    ];
    let nodes = Run::new(&[("a.csv", text)], &sets).table("nodes", "a");
    assert_eq!(numbers(&nodes, "event_index"), wide([2_u32, 1, 0]), "ties by turn");
    // 09:29 in New York, where it is summer
    assert_eq!(numbers(&nodes, "t_ms")[0], Some(1_754_486_940_000.0));
    assert_eq!(numbers(&nodes, "price"), wide([9.0, 8.0, 7.0]));
    assert_eq!(numbers(&nodes, "f00"), wide([9.0, 8.0, 7.0]));
    assert_eq!(nodes.columns().iter().filter(|c| c.name.starts_with('f')).count(), 1 + events::TIME_FEATURES);
    assert_eq!(texts(&nodes, "kind"), [None, Some("b".to_owned()), Some("a".to_owned())]);
}
