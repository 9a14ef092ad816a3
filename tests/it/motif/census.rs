//! The census compared with brute force: every occurrence is counted once.

use std::collections::{BTreeMap, BTreeSet};

use ironforge::motif::{Census, MotifConfig, Pattern, class_of, count, estimate_instances};
use ironforge::philox::Philox;
use proptest::prelude::*;

use super::{OwnedGraph, all_patterns, views};

type Key = (usize, u32, Vec<u32>);

/// Count, support, and number of non-overlapping occurrences.
type Counts = (u64, u32, u64);

/// Counts of every pattern, by testing every set of 3 to 5 events.
fn brute_force(graphs: &[OwnedGraph]) -> BTreeMap<Key, Counts> {
    brute_force_where(graphs, |_| true)
}

/// As [`brute_force`], of the sets with `wanted` times.
fn brute_force_where(graphs: &[OwnedGraph], wanted: impl Fn(&[i64]) -> bool) -> BTreeMap<Key, Counts> {
    let mut counts: BTreeMap<Key, Counts> = BTreeMap::new();
    for graph in graphs {
        let mut here: BTreeMap<Key, Vec<(usize, usize)>> = BTreeMap::new();
        for set in 0_u32..1 << graph.labels.len() {
            let k = set.count_ones() as usize;
            if !(3..=5).contains(&k) {
                continue;
            }
            let nodes: Vec<usize> = (0..graph.labels.len()).filter(|&i| set >> i & 1 == 1).collect();
            if !wanted(&nodes.iter().map(|&i| graph.t_ms[i]).collect::<Vec<_>>()) {
                continue;
            }
            let mut mask = 0;
            let mut component: Vec<usize> = (0..k).collect();
            for i in 0..k {
                for j in i + 1..k {
                    if graph.linked(nodes[i], nodes[j]) {
                        mask |= 1 << (i * k + j);
                        let (a, b) = (component[i], component[j]);
                        component.iter_mut().filter(|c| **c == a).for_each(|c| *c = b);
                    }
                }
            }
            if component.iter().all(|&c| c == component[0]) {
                let labels = nodes.iter().map(|&i| graph.labels[i]).collect();
                here.entry((k, mask, labels)).or_default().push((nodes[0], nodes[k - 1]));
            }
        }
        for (key, spans) in here {
            let total = counts.entry(key).or_default();
            *total = (total.0 + spans.len() as u64, total.1 + 1, total.2 + max_non_overlapping(&spans));
        }
    }
    counts
}

/// The largest number of pairwise disjoint spans, by dynamic programming over the first event `at`.
fn max_non_overlapping(spans: &[(usize, usize)]) -> u64 {
    let end = spans.iter().map(|s| s.1 + 1).max().unwrap();
    let mut best = vec![0; end + 1];
    for at in (0..end).rev() {
        let chosen = spans.iter().filter(|s| s.0 == at).map(|s| 1 + best[s.1 + 1]);
        best[at] = chosen.chain([best[at + 1]]).max().unwrap();
    }
    best[0]
}

/// As [`brute_force`], of the sets whose events lie within `limit` minutes.
fn brute_force_within(graphs: &[OwnedGraph], limit: u64) -> BTreeMap<Key, Counts> {
    let limit_ms = i128::from(limit) * 60_000;
    brute_force_where(graphs, |times| {
        let times = || times.iter().map(|&t| i128::from(t));
        times().max().unwrap() - times().min().unwrap() <= limit_ms
    })
}

fn counted(census: &Census) -> BTreeMap<Key, Counts> {
    let key = |p: &Pattern| (usize::from(p.k()), p.mask(), p.labels().to_vec());
    census.patterns.iter().map(|p| (key(&p.pattern), (p.count, p.support, p.non_overlapping))).collect()
}

fn small_graph() -> impl Strategy<Value = OwnedGraph> {
    (0_usize..=13, 0.0_f64..0.7, any::<u64>(), 1_u32..7).prop_map(|(nodes, density, seed, vocabulary)| {
        let mut stream = Philox::new(seed).stream(0, 0);
        let n = nodes as u32;
        let pairs = (0..n).flat_map(|i| (i + 1..n).map(move |j| (i, j)));
        let edges: Vec<_> = pairs.filter(|_| f64::from(stream.next_f32()) < density).collect();
        // with gaps: label codes need not be dense
        let labels: Vec<u32> = (0..n).map(|_| stream.below(vocabulary) * 1_000_003).collect();
        OwnedGraph::new(nodes, &edges).labelled(&labels)
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn the_census_counts_what_brute_force_counts(graphs in prop::collection::vec(small_graph(), 0..4)) {
        let census = count(&views(&graphs), &all_patterns()).unwrap();
        let want = brute_force(&graphs);
        prop_assert_eq!(census.distinct, want.len() as u64);
        prop_assert_eq!(census.instances(), want.values().map(|w| w.0).sum::<u64>());
        prop_assert_eq!(counted(&census), want);
        let estimate = estimate_instances(&views(&graphs), &all_patterns(), 1).unwrap();
        prop_assert_eq!(estimate, census.instances() as f64);
    }

    #[test]
    fn sizes_and_min_count_only_filter_the_patterns(
        graph in small_graph(),
        min in 3_usize..=5,
        more in 0_usize..=2,
        min_count in 1_u64..6,
    ) {
        let max_nodes = (min + more).min(5);
        let config = MotifConfig { min_nodes: min, max_nodes, min_count, ..MotifConfig::default() };
        let census = count(&[graph.view()], &config).unwrap();
        let mut want = brute_force(&[graph]);
        want.retain(|key, value| (min..=max_nodes).contains(&key.0) && value.0 >= min_count);
        prop_assert_eq!(counted(&census), want);
    }
}

/// The graph with times of 0 to 40 minutes, sorted if `rising`; in one case of four the first and last times are the
/// extremes of i64.
fn with_times(graph: OwnedGraph, seed: u64, rising: bool) -> OwnedGraph {
    let mut stream = Philox::new(seed).stream(1, 0);
    let mut t_ms: Vec<i64> = graph.labels.iter().map(|_| 60_000 * i64::from(stream.below(40))).collect();
    if rising {
        t_ms.sort_unstable();
    }
    if stream.below(4) == 0 {
        t_ms.iter_mut().take(2).for_each(|t| *t = i64::MIN);
        t_ms.iter_mut().skip(6).for_each(|t| *t = i64::MAX);
    }
    OwnedGraph { t_ms, ..graph }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn only_sets_within_the_span_count(
        graphs in prop::collection::vec(small_graph(), 1..4),
        seed in any::<u64>(),
        rising in any::<bool>(),
        limit in 1_u64..45,
    ) {
        let graphs: Vec<OwnedGraph> = graphs.into_iter().map(|g| with_times(g, seed, rising)).collect();
        let config = MotifConfig { span_minutes: limit as f64, ..all_patterns() };
        let census = count(&views(&graphs), &config).unwrap();
        let want = brute_force_within(&graphs, limit);
        prop_assert_eq!(census.instances(), want.values().map(|w| w.0).sum::<u64>());
        prop_assert_eq!(counted(&census), want);
        let estimate = estimate_instances(&views(&graphs), &config, 1).unwrap();
        prop_assert_eq!(estimate, census.instances() as f64);
    }
}

/// A graph of random edges to one of the next `reach` events: sparse, so that a set may span four times `reach`.
fn wide_graph() -> impl Strategy<Value = OwnedGraph> {
    (0_usize..260, 1_u32..140, 1_u32..4, any::<u64>()).prop_map(|(nodes, reach, degree, seed)| {
        let mut stream = Philox::new(seed).stream(0, 0);
        let n = nodes as u32;
        let starts = (0..n).flat_map(|i| vec![i; degree as usize]);
        let edges: Vec<_> =
            starts.map(|i| (i, i + 1 + stream.below(reach))).filter(|&(_, to)| to < n).collect();
        OwnedGraph::new(nodes, &edges)
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(32))]

    // one label is counted with a counter for each shape; the labels 0 to 19 are counted shape by shape
    #[test]
    fn one_label_and_twenty_give_the_same_shape_counts(graphs in prop::collection::vec(wide_graph(), 1..4)) {
        let many: Vec<OwnedGraph> = graphs
            .iter()
            .map(|g| g.clone().labelled(&(0..g.labels.len() as u32).map(|i| i % 20).collect::<Vec<_>>()))
            .collect();
        let one = count(&views(&graphs), &all_patterns()).unwrap();
        let many = count(&views(&many), &all_patterns()).unwrap();
        prop_assert_eq!(one.instances(), many.instances());
        let mut shapes: BTreeMap<(u8, u32), (u64, u32)> = BTreeMap::new();
        for p in &many.patterns {
            let shape = shapes.entry((p.pattern.k(), p.pattern.mask())).or_default();
            // a shape occurs in at least as many graphs as each of its patterns
            *shape = (shape.0 + p.count, shape.1.max(p.support));
        }
        let counts: Vec<_> = one.patterns.iter().map(|p| ((p.pattern.k(), p.pattern.mask()), p.count)).collect();
        prop_assert_eq!(counts, shapes.iter().map(|(&shape, &(count, _))| (shape, count)).collect::<Vec<_>>());
        for p in &one.patterns {
            let least = shapes[&(p.pattern.k(), p.pattern.mask())].1;
            prop_assert!(least <= p.support && p.support <= graphs.len() as u32);
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(4))]

    // 9,000 isolated events with as many labels: few labels are counted with a counter for each possible pattern, 50
    // labels with a table for each shape
    #[test]
    fn a_counter_per_pattern_and_a_table_per_shape_give_the_same_counts(
        graphs in prop::collection::vec(wide_graph(), 1..4),
        vocabulary in 2_u32..=4,
    ) {
        let label = |i: u32| i * i / 3 % vocabulary;
        let graphs = graphs.into_iter().map(|g| {
            let labels: Vec<u32> = (0..g.labels.len() as u32).map(label).collect();
            g.labelled(&labels)
        });
        let counted = |label: &dyn Fn(u32) -> u32| {
            let unlinked = OwnedGraph::new(9_000, &[]).labelled(&(0..9_000).map(label).collect::<Vec<_>>());
            let all: Vec<OwnedGraph> = graphs.clone().chain([unlinked]).collect();
            count(&views(&all), &all_patterns()).unwrap()
        };
        prop_assert_eq!(counted(&|i| i % vocabulary), counted(&|i| i % 50));
    }
}

#[test]
fn counts_do_not_depend_on_how_graphs_are_divided_into_pieces() {
    // graphs of 3 to 902 events: pieces of work end inside graphs, and hold many of them; with one label and a few
    let sizes: Vec<usize> = (0..60).map(|i| 3 + i * i % 901).collect();
    for vocabulary in [1, 2, 4] {
        let path = |&n: &usize| {
            let labels: Vec<u32> = (0..n as u32).map(|i| i * i % vocabulary).collect();
            OwnedGraph::new(n, &(1..n as u32).map(|i| (i - 1, i)).collect::<Vec<_>>()).labelled(&labels)
        };
        let graphs: Vec<OwnedGraph> = sizes.iter().map(path).collect();
        let census = count(&views(&graphs), &all_patterns()).unwrap();
        let each = graphs.iter().map(|g| counted(&count(&[g.view()], &all_patterns()).unwrap()));
        let mut want: BTreeMap<Key, Counts> = BTreeMap::new();
        for (key, (count, support, non_overlapping)) in each.flatten() {
            let total = want.entry(key).or_default();
            *total = (total.0 + count, total.1 + support, total.2 + non_overlapping);
        }
        assert_eq!(counted(&census), want);
    }
}

#[test]
fn occurrences_that_overlap_or_are_nested_count_once_as_non_overlapping() {
    // two chains of three, one inside the other, then one after them: 0 4 5, 1 2 3, 6 7 8
    let edges = [(0, 4), (4, 5), (1, 2), (2, 3), (6, 7), (7, 8)];
    let graph = OwnedGraph::new(9, &edges);
    for labels in [[0; 9], [0, 1, 2, 3, 1, 2, 0, 1, 2]] {
        let census = count(&[graph.clone().labelled(&labels).view()], &all_patterns()).unwrap();
        let most = census.patterns.iter().map(|p| (p.count, p.non_overlapping)).max();
        assert_eq!(most, Some(if labels[1] == 0 { (3, 2) } else { (2, 2) }));
    }
    // a star: every set has its hub
    let star = OwnedGraph::new(12, &(1..12).map(|leaf| (0, leaf)).collect::<Vec<_>>());
    let census = count(&[star.view(), star.view()], &all_patterns()).unwrap();
    assert!(census.patterns.iter().all(|p| p.count > 2 && p.non_overlapping == 2));
}

#[test]
fn connected_shapes_of_3_4_and_5_events_form_4_24_and_267_classes() {
    for (k, want) in [(3, 4), (4, 24), (5, 267)] {
        let pairs: Vec<u32> = (0..k).flat_map(|i| (i + 1..k).map(move |j| 1 << (i * k + j))).collect();
        let mut classes = BTreeSet::new();
        for subset in 0_u32..1 << pairs.len() {
            let mask: u32 =
                pairs.iter().enumerate().filter(|(i, _)| subset >> i & 1 == 1).map(|(_, p)| p).sum();
            let linked = |i: usize, j: usize| mask >> (i * k + j) & 1 == 1;
            let mut reached = vec![0];
            let mut next = 0;
            while next < reached.len() {
                let i = reached[next];
                reached.extend((0..k).filter(|&j| linked(i, j) || linked(j, i)).collect::<Vec<_>>());
                let mut seen = BTreeSet::new();
                reached.retain(|&j| seen.insert(j));
                next += 1;
            }
            if reached.len() == k {
                classes.insert(class_of(k, mask).unwrap());
            }
        }
        assert_eq!(classes.len(), want, "k = {k}");
    }
}

#[test]
fn tens_of_thousands_of_labels_are_distinguished() {
    // more than 64 bits for five labels: chains of 5 events, every label different, except one pattern three times
    let blocks = 4_000;
    let edges: Vec<_> = (0..blocks * 5).filter(|i| i % 5 != 4).map(|i| (i, i + 1)).collect();
    let mut labels: Vec<u32> = (0..blocks * 5).collect();
    for copy in [1, 2] {
        labels.copy_within(0..5, copy * 5);
    }
    let graph = OwnedGraph::new(labels.len(), &edges).labelled(&labels);
    let census = count(&[graph.view()], &MotifConfig::default()).unwrap();
    let fives: Vec<_> = census.patterns.iter().filter(|p| p.pattern.k() == 5).collect();
    assert_eq!(fives.len(), 1);
    assert_eq!((fives[0].pattern.labels(), fives[0].count, fives[0].support), (&[0, 1, 2, 3, 4][..], 3, 1));
}

#[test]
fn an_estimate_is_near_the_exact_number_on_regular_graphs_and_on_hubs() {
    let choose = |n: f64, k: i32| (0..k).map(|i| (n - f64::from(i)) / (f64::from(i) + 1.0)).product::<f64>();
    // a star: every set has the hub
    let leaves = 3_000_u32;
    let star = OwnedGraph::new(leaves as usize + 1, &(1..=leaves).map(|j| (0, j)).collect::<Vec<_>>());
    let inward = OwnedGraph::new(leaves as usize + 1, &(0..leaves).map(|i| (i, leaves)).collect::<Vec<_>>());
    for k in 3..=5 {
        let config = MotifConfig { min_nodes: k, max_nodes: k, ..MotifConfig::default() };
        let want = choose(f64::from(leaves), k as i32 - 1);
        for graph in [&star, &inward] {
            let got = estimate_instances(&[graph.view()], &config, 7).unwrap();
            assert!((got / want - 1.0).abs() < 0.25, "k = {k}: {got} for {want}");
        }
    }
    let window = OwnedGraph::window((0..30_000).map(|i| i * 60_000).collect(), vec![0; 30_000]);
    let near = |graph: &OwnedGraph, config: &MotifConfig| {
        let got = estimate_instances(&[graph.view()], config, 7).unwrap();
        let want = count(&[graph.view()], config).unwrap().instances() as f64;
        assert!(want > 2e6 && (got / want - 1.0).abs() < 0.1, "{got} for {want}");
    };
    near(&window, &MotifConfig::default());
    let short = MotifConfig { span_minutes: 8.0, ..MotifConfig::default() };
    near(&window, &short);
    // clocks a few minutes behind: an event near the first may be far from another
    let late = |(i, &t): (usize, &i64)| t - if i % 7 == 3 { 240_000 } else { 0 };
    near(&OwnedGraph { t_ms: window.t_ms.iter().enumerate().map(late).collect(), ..window.clone() }, &short);
}
