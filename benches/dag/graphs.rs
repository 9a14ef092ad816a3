//! The graphs that are timed: events in a window, and shapes that events do not have.

use ironforge::dag::{Dag, Digraph, IntervalDag, WindowKnn};
use ironforge::philox::{Philox, Stream};

pub const RULE: WindowKnn = WindowKnn { k: 4, dt_min_ms: 60_000, dt_max_ms: 7_200_000 };

fn stream(purpose: u32) -> Stream {
    Philox::new(7).stream(purpose, 0)
}

/// Rising times with gaps of 1 to 119 seconds.
pub fn times(n: usize) -> Vec<i64> {
    let mut stream = stream(0);
    let gap = |_| 1000 * i64::from(1 + stream.below(119));
    (0..n).map(gap).scan(0, |t, gap| Some(std::mem::replace(t, *t + gap))).collect()
}

/// Each event and the next 4 that are 1 to 120 minutes away.
pub fn window(n: usize) -> IntervalDag {
    RULE.build(&times(n)).unwrap()
}

/// `0..n`, shuffled.
pub fn shuffled(n: usize) -> Vec<u32> {
    let mut stream = stream(1);
    let mut order: Vec<u32> = (0..n as u32).collect();
    for i in (1..n).rev() {
        order.swap(i, stream.below(i as u32 + 1) as usize);
    }
    order
}

/// The same edges between shuffled ids.
pub fn renamed(edges: &[(u32, u32)], n: usize) -> Vec<(u32, u32)> {
    let id = shuffled(n);
    edges.iter().map(|&(u, v)| (id[u as usize], id[v as usize])).collect()
}

/// Edges between any two nodes.
pub fn random(n: usize, edges: usize) -> Dag {
    let mut stream = stream(2);
    let mut end = || stream.below(n as u32);
    let pairs = (0..edges).map(|_| (end(), end())).filter(|(u, v)| u != v).map(|(u, v)| (u.min(v), u.max(v)));
    forward(n, pairs.collect())
}

/// Layers of `width` nodes, each node with `degree` edges to the next layer.
pub fn layered(layers: usize, width: usize, degree: usize) -> Dag {
    let mut stream = stream(3);
    let n = layers * width;
    let mut to = |u: usize| ((u / width + 1) * width) as u32 + stream.below(width as u32);
    forward(
        n,
        (0..n - width).flat_map(|u| (0..degree).map(|_| (u as u32, to(u))).collect::<Vec<_>>()).collect(),
    )
}

/// Edges to `degree` of the next `reach` nodes.
pub fn banded(n: usize, reach: usize, degree: usize) -> Dag {
    let mut stream = stream(4);
    let mut pairs = Vec::new();
    for u in 0..n - reach {
        pairs.extend((0..degree).map(|_| (u as u32, u as u32 + 1 + stream.below(reach as u32))));
    }
    forward(n, pairs)
}

fn forward(n: usize, pairs: Vec<(u32, u32)>) -> Dag {
    Digraph::from_edges(n, pairs).unwrap().into_dag().unwrap()
}
