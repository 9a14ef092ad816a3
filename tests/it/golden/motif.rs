//! Goldens of motifs: counts by class, as other programs enumerate them.

use std::collections::BTreeMap;

use ironforge::motif::{class_of, count};
use serde_json::Value;

use super::{Run, Tally};
use crate::motif::{OwnedGraph, all_patterns};

pub fn compare(run: &mut Run) {
    run.each("motif_counts", ".json", |path, tally| {
        let golden: Value = serde_json::from_slice(&std::fs::read(path).unwrap()).unwrap();
        classes(&golden["classes"], tally);
        for (name, graph) in golden["graphs"].as_object().unwrap() {
            counts(name, graph, tally);
        }
    });
    #[cfg(feature = "store")]
    run.each("window_counts", ".json", window);
}

/// Connected sets of the window-kNN DAG (k = 4, 1 to 120 minutes) of the events stored beside the golden.
#[cfg(feature = "store")]
fn window(path: &std::path::Path, tally: &mut Tally) {
    use ironforge::dag::{Dag, DagConfig, DagView};
    use ironforge::events::{ColumnMap, TieOrder, TimeColumn, from_table};
    use ironforge::motif::MotifGraph;
    use ironforge::scale::TimeScale;

    let golden: Value = serde_json::from_slice(&std::fs::read(path).unwrap()).unwrap();
    let nodes = golden["nodes"].as_u64().unwrap();
    let Some(events) = Run::input(path.parent().unwrap(), &format!("window_events_{nodes}.parquet")) else {
        return;
    };
    let table = ironforge::store::read_table(&events, None, 1 << 30).unwrap().table;
    let session = |time: &str| {
        let time = Some(TimeColumn::parse(time).unwrap());
        let map = ColumnMap { time, seq: Some("seq".to_owned()), ..ColumnMap::default() };
        from_table(table.clone(), &map, "window events", "window", TieOrder::Source).unwrap().remove(0)
    };
    // rows are shuffled, and `seq` numbers the events: sorted by time they have its order, and also if all times are
    // equal, as they are once seconds are read as nanoseconds: then `seq` alone decides
    let (session, tied) = (session("t:s"), session("t:ns"));
    let in_order: Vec<i64> = (0..nodes as i64).collect();
    tally.equal("rows that are shuffled", session.events.event_index.is_sorted(), false);
    tally.equal("order by time", &session.events.seq, &in_order);
    tally.equal("times that are equal", tied.events.t_ms.iter().all(|&t| t == 0), true);
    tally.equal("order of equal times", &tied.events.seq, &in_order);
    // Its windows are those of the golden, 1 to 120 minutes, whatever the gaps.
    let links = DagConfig::default().resolved(TimeScale::SessionFiles).unwrap();
    let dag = Dag::from_events(&session.events, &links).unwrap();
    tally.equal("edges", dag.edges(), golden["edges"].as_u64().unwrap());
    let labels = vec![0; dag.nodes()];
    let graph = MotifGraph::new(dag.pattern(), &labels, &session.events.t_ms).unwrap();
    let census = count(&[graph], &all_patterns()).unwrap();
    for k in 3..=5 {
        let classes = census.classes(k);
        let total: u64 = classes.iter().map(|&(_, n)| n).sum();
        tally.equal(&format!("{k} nodes"), total, golden[format!("k{k}")].as_u64().unwrap());
        if let Some(want) = golden.get(format!("k{k}_classes")) {
            let numbers = want.as_array().unwrap().iter().map(|n| n.as_u64().unwrap());
            let masks = if k == 3 { &IGRAPH_3[..] } else { &IGRAPH_4[..] };
            tally.equal(&format!("classes of {k} nodes that occur"), numbers.len(), masks.len());
            let ids = masks.iter().map(|&mask| class_of(k, mask).unwrap());
            let want: BTreeMap<u32, u64> = ids.zip(numbers).collect();
            tally.equal(&format!("classes of {k} nodes"), classes.into_iter().collect(), want);
        }
    }
}

/// The connected acyclic classes of three nodes that occur, in the order of igraph's `motifs_randesu`: one numbering
/// of each (`Graph.Isoclass`, sorted topologically), bit 3i + j for the edge i -> j.
#[cfg(feature = "store")]
const IGRAPH_3: [u32; 4] = [0x24, 0x22, 0x6, 0x26];

/// The same of four nodes, bit 4i + j.
#[cfg(feature = "store")]
const IGRAPH_4: [u32; 21] = [
    0x888, 0x844, 0x884, 0x8c, 0x88c, 0x84c, 0xcc, 0x8cc, 0xc2, 0x842, 0x8c2, 0x86, 0x846, 0xc6, 0x886,
    0x8c6, 0xe, 0x8e, 0x88e, 0xce, 0x8ce,
];

fn pairs(edges: &Value) -> Vec<(u32, u32)> {
    let end = |edge: &Value, at: usize| edge[at].as_u64().unwrap() as u32;
    edges.as_array().unwrap().iter().map(|edge| (end(edge, 0), end(edge, 1))).collect()
}

/// New numbers for the nodes, so that every edge leads forward.
fn forward(nodes: usize, edges: &[(u32, u32)]) -> Vec<(u32, u32)> {
    let mut number = vec![None; nodes];
    for next in 0..nodes as u32 {
        let ready = |v: usize| edges.iter().all(|&(a, b)| b as usize != v || number[a as usize].is_some());
        let v = (0..nodes).find(|&v| number[v].is_none() && ready(v)).expect("the golden is acyclic");
        number[v] = Some(next);
    }
    edges.iter().map(|&(a, b)| (number[a as usize].unwrap(), number[b as usize].unwrap())).collect()
}

fn classes(golden: &Value, tally: &mut Tally) {
    for (k, of_size) in golden.as_object().unwrap() {
        let k: usize = k.parse().unwrap();
        for (id, edges) in of_size.as_object().unwrap() {
            let mask =
                forward(k, &pairs(edges)).iter().map(|&(a, b)| 1 << (a as usize * k + b as usize)).sum();
            tally.equal(&format!("class {id} of {k} nodes"), class_of(k, mask), Some(id.parse().unwrap()));
        }
    }
}

fn counts(name: &str, golden: &Value, tally: &mut Tally) {
    let nodes = golden["n"].as_u64().unwrap() as usize;
    let graph = OwnedGraph::new(nodes, &forward(nodes, &pairs(&golden["edges"])));
    let census = count(&[graph.view()], &all_patterns()).unwrap();
    for (k, of_size) in golden["counts"].as_object().unwrap() {
        let counts = of_size.as_object().unwrap().iter();
        let want: BTreeMap<u32, u64> = counts
            .map(|(id, n)| (id.parse().unwrap(), n.as_u64().unwrap()))
            .filter(|&(_, n)| n > 0)
            .collect();
        let got = census.classes(k.parse().unwrap()).into_iter().collect();
        tally.equal(&format!("{name}, {k} nodes"), got, want);
    }
}
