//! From events and from edges to graphs.

use std::hint::black_box;

use ironforge::dag::{Dag, DagConfig, DagView, Digraph, EdgeWeights};
use ironforge::events::{Time, time_order};
use ironforge::table::{Array, Labels};
use petgraph::algo::toposort;
use petgraph::graph::DiGraph;

use crate::graphs::{RULE, renamed, shuffled, times, window};
use crate::{Bench, SIZES, group};

const KINDS: [&str; 5] = ["liquidity_sweep", "reversal", "expansion", "fvg_formation", "other"];

/// Events in time order with their kinds: the DAG and its weights.
fn weigh(t_ms: &[i64], kind: &Labels) -> (Dag, Vec<f32>) {
    let config = DagConfig::default();
    let dag = Dag::from_intervals(&RULE.build(t_ms).unwrap()).unwrap();
    let weigh = EdgeWeights::new(&config.causality(), RULE.dt_max_ms, t_ms, kind, None).unwrap();
    let weights = weigh.of(&dag);
    (dag, weights)
}

fn from_events(c: &mut Bench, n: usize) {
    let t_ms = times(n);
    let kind = Labels::encode((0..n).map(|i| Some(KINDS[i * 7 % 5])));
    let rows = shuffled(n);
    let unsorted: Vec<Time> = rows.iter().map(|&i| Time::from_ms(t_ms[i as usize])).collect();
    let unsorted_kind = kind.take(&rows.iter().map(|&i| i as usize).collect::<Vec<_>>());
    let prices: Array<f64> =
        (0..n).map(|i| (i % 11 != 0).then_some(20_000.0 + (i * 37 % 101) as f64)).collect();
    let mut group = group(c, "build", window(n).edges());
    group.bench_function(format!("intervals/n{n}"), |b| b.iter(|| RULE.build(black_box(&t_ms)).unwrap()));
    group.bench_function(format!("weighted_sorted/n{n}"), |b| b.iter(|| weigh(black_box(&t_ms), &kind)));
    let config = DagConfig::default();
    let weigher =
        |prices| EdgeWeights::new(&config.causality(), RULE.dt_max_ms, &t_ms, &kind, prices).unwrap();
    // The interval form with weights: half the memory of rows.
    group.bench_function(format!("weighted_intervals/n{n}"), |b| {
        b.iter(|| {
            let dag = RULE.build(black_box(&t_ms)).unwrap();
            let weights = weigher(None).of(&dag);
            (dag, weights)
        });
    });
    let (plain, priced) = (weigher(None), weigher(Some(&prices)));
    let dag = window(n);
    group.bench_function(format!("rows/n{n}"), |b| b.iter(|| Dag::from_intervals(black_box(&dag)).unwrap()));
    group.bench_function(format!("weights/n{n}"), |b| b.iter(|| plain.of(black_box(&dag))));
    group.bench_function(format!("weights_priced/n{n}"), |b| b.iter(|| priced.of(black_box(&dag))));
    group.bench_function(format!("order/n{n}"), |b| b.iter(|| time_order(black_box(&unsorted), None)));
    group.bench_function(format!("weighted_unsorted/n{n}"), |b| {
        b.iter(|| {
            let order = time_order(black_box(&unsorted), None);
            let sorted: Vec<i64> = order.iter().map(|&row| unsorted[row].t_ms).collect();
            weigh(&sorted, &unsorted_kind.take(&order))
        });
    });
}

/// Sorting, and building from, edges with ids in topological order and with ids in any order.
fn from_edges(c: &mut Bench, n: usize) {
    let time_order: Vec<_> = window(n).edge_iter().collect();
    let shuffled_ids = renamed(&time_order, n);
    for (ids, edges) in [("time_order", time_order), ("any", shuffled_ids)] {
        let ours = Digraph::from_edges(n, edges.iter().copied()).unwrap();
        let theirs = DiGraph::<(), (), u32>::from_edges(edges.iter().copied());
        assert_eq!(toposort(&theirs, None).unwrap().len(), ours.topological_sort().unwrap().len());
        let mut sort = group(c, "topological_sort", ours.edges());
        sort.bench_function(format!("rows/{ids}_n{n}"), |b| {
            b.iter(|| black_box(&ours).topological_sort().unwrap())
        });
        sort.bench_function(format!("petgraph/{ids}_n{n}"), |b| {
            b.iter(|| toposort(black_box(&theirs), None).unwrap())
        });
        sort.finish();
        let mut build = group(c, "from_edges", ours.edges());
        build.bench_function(format!("dag/{ids}_n{n}"), |b| {
            b.iter(|| Dag::from_edges(n, black_box(&edges)).unwrap())
        });
        build.bench_function(format!("petgraph/{ids}_n{n}"), |b| {
            b.iter(|| DiGraph::<(), (), u32>::from_edges(black_box(&edges).iter().copied()));
        });
    }
}

pub fn benches(c: &mut Bench) {
    for n in SIZES {
        from_events(c, n);
        from_edges(c, n);
    }
}
