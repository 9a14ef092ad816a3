//! Goldens of graphs: window-kNN edges, order, generations, weights; the causality table; operations.

use std::path::Path;

use ironforge::dag::{Causality, Dag, DagConfig, DagView, EdgeWeights};
use ironforge::scale::TimeScale;
use ironforge::table::{Array, EventTable, Labels, NumericColumn};
use serde_json::Value;

use super::{Run, Tally};
use crate::close::Tolerance;

const WEIGHT: Tolerance = Tolerance::abs(1e-6);
const MINUTES: Tolerance = Tolerance::abs(2e-5);

pub fn compare(run: &mut Run) {
    #[cfg(feature = "store")]
    {
        let data = run.data.clone();
        run.each("dag_adapted", ".json", |file, tally| adapted(file, &data, tally));
        run.each("dag_operations", ".json", |file, tally| operations(file, &data, tally));
    }
    run.each("dag_synthetic", ".json", synthetic);
    run.each("dag_causality_table", ".json", causality);
}

fn json(path: &Path) -> Value {
    serde_json::from_slice(&std::fs::read(path).unwrap()).unwrap()
}

fn numbers(value: &Value) -> Vec<f64> {
    value.as_array().unwrap().iter().map(|x| x.as_f64().unwrap()).collect()
}

fn ids(value: &Value) -> Vec<u32> {
    numbers(value).into_iter().map(|x| x as u32).collect()
}

fn config(k: u32, dt_min: f64, dt_max: f64) -> DagConfig {
    DagConfig { k, dt_min_minutes: dt_min.into(), dt_max_minutes: dt_max.into(), ..DagConfig::default() }
}

/// The settings in a variant's name, `k4_dt5_30` or `k8`.
fn variant(name: &str) -> DagConfig {
    let mut parts = name.split('_');
    let k = parts.next().and_then(|p| p.strip_prefix('k')).unwrap().parse().unwrap();
    match (parts.next(), parts.next()) {
        (Some(lo), Some(hi)) => {
            config(k, lo.strip_prefix("dt").unwrap().parse().unwrap(), hi.parse().unwrap())
        }
        _ => config(k, 1.0, 120.0),
    }
}

fn edges(name: &str, want: &Value, events: &EventTable, config: &DagConfig, tally: &mut Tally) -> Dag {
    let dag = Dag::from_events(events, &config.resolved(TimeScale::SessionFiles).unwrap()).unwrap();
    let links = dag.links(&events.t_ms);
    tally.equal(&format!("{name} src"), links.src, ids(&want["src"]));
    tally.equal(&format!("{name} dst"), links.dst, ids(&want["dst"]));
    if want.get("dt_minutes").is_some() {
        let got: Vec<f64> = links.dt_ms.iter().map(|&ms| ms as f64 / 60_000.0).collect();
        let want = numbers(&want["dt_minutes"]);
        tally.case(&format!("{name} dt"), MINUTES.compare(got.into_iter(), want.into_iter()));
    }
    dag
}

fn generations(name: &str, want: &Value, dag: &Dag, tally: &mut Tally) {
    let got = dag.topological_generations();
    let sizes: Vec<u32> = (0..got.count()).map(|g| got.nodes(g).len() as u32).collect();
    if want.get("generation_of_node").is_some() {
        tally.equal(&format!("{name} generation of node"), got.level, ids(&want["generation_of_node"]));
    }
    tally.equal(&format!("{name} generation sizes"), sizes, ids(&want["generation_sizes"]));
    if let Some(longest) = want["longest_path_edges"].as_u64() {
        let path = dag.longest_path();
        assert!(path.windows(2).all(|w| dag.has_edge(w[0], w[1])), "{name}: not a path");
        tally.equal(&format!("{name} longest path"), path.len().saturating_sub(1) as u64, longest);
    }
}

#[allow(clippy::too_many_arguments)]
fn weights(
    name: &str,
    want: &Value,
    dag: &Dag,
    events: &EventTable,
    kind: &Labels,
    prices: &Array<f64>,
    config: &DagConfig,
    tally: &mut Tally,
) {
    let horizon_ms = config.resolved(TimeScale::SessionFiles).unwrap().horizon_ms();
    let weigh = EdgeWeights::new(&config.causality(), horizon_ms, &events.t_ms, kind, Some(prices))
        .unwrap()
        .zoned(&config.zones, config.zone_exponent);
    let got: Vec<f64> = dag.edge_iter().map(|(u, v)| weigh.at(u as usize, v as usize)).collect();
    tally.case(name, WEIGHT.compare(got.into_iter(), numbers(want).into_iter()));
}

#[cfg(feature = "store")]
fn adapted(file: &Path, data: &Path, tally: &mut Tally) {
    for (key, want) in json(file).as_object().unwrap() {
        let Some(path) = Run::input(data, &format!("peer/adapted/{key}.json")) else { continue };
        let bytes = std::fs::read(&path).unwrap();
        let session = ironforge::legacy::session_from_json(
            &bytes,
            &path.display().to_string(),
            key,
            None,
            ironforge::events::TieOrder::Source,
        )
        .unwrap();
        let events = session.events;
        tally.equal(&format!("{key} order"), events.event_index.clone(), ids(&want["order"]));
        let dag = edges(key, want, &events, &config(4, 1.0, 120.0), tally);
        generations(key, want, &dag, tally);
        let untyped = Labels::all_missing(events.len());
        let unpriced = Array::all_missing(events.len());
        let plain = DagConfig::default();
        let raw = &want["weight_raw"];
        weights(&format!("{key} weight_raw"), raw, &dag, &events, &untyped, &unpriced, &plain, tally);
        let prices = events.prices().unwrap();
        let zoned = DagConfig { zone_exponent: 0.85, ..DagConfig::default() };
        for (name, config) in [("weight_mapped", &plain), ("weight_zone", &zoned)] {
            let (want, kind) = (&want[name], &events.kind);
            weights(&format!("{key} {name}"), want, &dag, &events, kind, prices, config, tally);
        }
        for (name, want) in want["variants"].as_object().into_iter().flatten() {
            let name_of = format!("{key} {name}");
            let dag = edges(&name_of, want, &events, &variant(name), tally);
            if want.get("generation_sizes").is_some() {
                generations(&name_of, want, &dag, tally);
            }
        }
    }
}

fn synthetic(file: &Path, tally: &mut Tally) {
    for (key, want) in json(file).as_object().unwrap() {
        let source = want["events"].as_array().unwrap();
        let t_ms = |e: &Value| (e["timestamp"].as_f64().unwrap() * 1000.0).round() as i64;
        let seq = |e: &Value| e.get("seq_idx").and_then(Value::as_i64).unwrap_or(0);
        let mut order: Vec<usize> = (0..source.len()).collect();
        order.sort_by_key(|&i| (t_ms(&source[i]), seq(&source[i])));
        let sorted: Vec<&Value> = order.iter().map(|&i| &source[i]).collect();
        let events = EventTable {
            t_ms: sorted.iter().map(|e| t_ms(e)).collect(),
            kind: Labels::encode(sorted.iter().map(|e| e["event_type"].as_str())),
            numeric: vec![NumericColumn {
                name: "price".to_owned(),
                values: sorted.iter().map(|e| e["price"].as_f64()).collect(),
            }],
            price: Some(0),
            ..EventTable::default()
        };
        tally.equal(&format!("{key} order"), order.iter().map(|&i| i as u32).collect(), ids(&want["order"]));
        let dag = edges(key, want, &events, &config(4, 1.0, 120.0), tally);
        generations(key, want, &dag, tally);
        let prices = events.prices().unwrap();
        let (want, config) = (&want["weight"], DagConfig::default());
        weights(&format!("{key} weight"), want, &dag, &events, &events.kind, prices, &config, tally);
    }
}

fn causality(file: &Path, tally: &mut Tally) {
    let table: Causality = DagConfig::default().causality();
    for (pair, want) in json(file).as_object().unwrap() {
        let (source, target) = pair.split_once('|').unwrap();
        let want = want.as_f64().unwrap();
        tally.case(
            pair,
            Tolerance::abs(1e-15).compare([table.at(source, target)].into_iter(), [want].into_iter()),
        );
    }
}

#[cfg(feature = "store")]
fn operations(file: &Path, data: &Path, tally: &mut Tally) {
    use ironforge::dag::{DagError, Digraph};
    use ironforge::table::{Table, Values};

    let column = |table: &Table, name: &str| match table.column(name).map(|c| &c.values) {
        Some(Values::I64(v)) => v.iter().map(|x| x.unwrap() as u32).collect::<Vec<_>>(),
        Some(Values::U32(v)) => v.iter().map(Option::unwrap).collect(),
        other => panic!("{name}: {:?}", other.map(Values::type_name)),
    };
    for (name, want) in json(file).as_object().unwrap() {
        let Some(path) = Run::input(data, &format!("dag/{name}.edges.parquet")) else { continue };
        let table = ironforge::store::read_table(&path, Some(&["src", "dst"]), 1 << 30).unwrap().table;
        let edges: Vec<_> = column(&table, "src").into_iter().zip(column(&table, "dst")).collect();
        let number = |key: &str| want[key].as_u64().unwrap();
        let graph = Digraph::from_edges(number("nodes") as usize, edges.iter().copied()).unwrap();
        tally.equal(&format!("{name} edges"), graph.edges(), number("edges"));
        let components = graph.weakly_connected_components().count;
        tally.equal(
            &format!("{name} components"),
            u64::from(components),
            number("weakly_connected_components"),
        );
        let dag = graph.into_dag();
        tally.equal(&format!("{name} is_dag"), dag.is_ok(), want["is_dag"].as_bool().unwrap());
        match dag {
            Err(DagError::Cycle { cycle }) => {
                let next = cycle.iter().cycle().skip(1);
                let closed = cycle.iter().zip(next).all(|(&u, &v)| edges.contains(&(u, v)));
                tally.equal(&format!("{name} cycle holds"), closed && !cycle.is_empty(), true);
            }
            Err(other) => panic!("{name}: {other}"),
            Ok(dag) => {
                ordered(name, want, &dag, tally);
                reached(name, want, &dag, tally);
            }
        }
    }
}

#[cfg(feature = "store")]
fn sha256(values: impl Iterator<Item = u32>) -> String {
    use sha2::{Digest, Sha256};

    let digest = Sha256::digest(values.flat_map(u32::to_le_bytes).collect::<Vec<u8>>());
    digest.iter().map(|b| format!("{b:02x}")).collect()
}

#[cfg(feature = "store")]
fn ordered(name: &str, want: &Value, dag: &Dag, tally: &mut Tally) {
    let generations = dag.topological_generations();
    let level_of = |id| generations.level[dag.number(id).unwrap() as usize];
    let level = sha256((0..dag.nodes() as u32).map(level_of));
    tally.equal(&format!("{name} levels"), level.as_str(), want["level_sha256"].as_str().unwrap());
    let components = dag.weakly_connected_components().count;
    let numbers = [
        ("nodes", dag.nodes() as u64),
        ("generations", generations.count() as u64),
        ("widest", generations.widest() as u64),
        ("longest_path_edges", dag.longest_path().len().saturating_sub(1) as u64),
        ("weakly_connected_components", components.into()),
        ("roots", dag.roots().len() as u64),
        ("sinks", dag.sinks().len() as u64),
    ];
    for (key, got) in numbers {
        tally.equal(&format!("{name} {key}"), got, want[key].as_u64().unwrap());
    }
}

/// Numbers of ancestors and descendants, batched and one by one, and the reduction if the golden holds one.
#[cfg(feature = "store")]
fn reached(name: &str, want: &Value, dag: &Dag, tally: &mut Tally) {
    type Direction = (&'static str, fn(&Dag, &[u32]) -> Vec<u32>, fn(&Dag, u32) -> Vec<u32>);
    let directions: [Direction; 2] = [
        ("descendant_counts", Dag::descendant_counts, Dag::descendants),
        ("ancestor_counts", Dag::ancestor_counts, Dag::ancestors),
    ];
    for (key, counts, one) in directions {
        let golden = want[key].as_object().unwrap();
        let numbers: Vec<u32> = golden.keys().map(|id| dag.number(id.parse().unwrap()).unwrap()).collect();
        let want: Vec<u32> = golden.values().map(|n| n.as_u64().unwrap() as u32).collect();
        let walked = numbers.iter().map(|&u| one(dag, u).len() as u32).collect();
        tally.equal(&format!("{name} {key}"), counts(dag, &numbers), want.clone());
        tally.equal(&format!("{name} {key} one by one"), walked, want);
    }
    let reduced = dag.transitive_reduction().unwrap();
    if let Some(edges) = want["transitive_reduction_edges"].as_u64() {
        tally.equal(&format!("{name} reduction"), reduced.edges(), edges);
        let mut edges: Vec<_> = reduced.edge_iter().map(|(u, v)| (dag.id(u), dag.id(v))).collect();
        edges.sort_unstable();
        let digest = sha256(edges.into_iter().flat_map(|(u, v)| [u, v]));
        let golden = want["transitive_reduction_sha256"].as_str().unwrap();
        tally.equal(&format!("{name} reduction edges"), digest.as_str(), golden);
    }
}
