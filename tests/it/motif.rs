//! Motifs: the census against brute force, the test against what is known about permutations.

use ironforge::csr::CsrPattern;
use ironforge::motif::{
    Census, MotifConfig, MotifGraph, MotifRow, Verdict, class_of, count, estimate_instances, mine,
};
use ironforge::philox::Philox;
use proptest::prelude::*;
use std::collections::BTreeMap;

/// A graph that owns its parts.
#[derive(Debug, Clone)]
pub struct Owned {
    row_ptr: Vec<u32>,
    col_idx: Vec<u32>,
    labels: Vec<u32>,
    t_ms: Vec<i64>,
}

impl Owned {
    /// From edges, each forward; labels 0 and times 0.
    pub fn new(nodes: usize, edges: &[(u32, u32)]) -> Self {
        let mut edges = edges.to_vec();
        edges.sort_unstable();
        edges.dedup();
        let row_ptr = (0..=nodes as u32).map(|u| edges.partition_point(|e| e.0 < u) as u32).collect();
        let col_idx = edges.iter().map(|e| e.1).collect();
        Self { row_ptr, col_idx, labels: vec![0; nodes], t_ms: vec![0; nodes] }
    }

    /// Events at `t_ms`, each linked with its next 4 within an hour.
    pub fn window(t_ms: Vec<i64>, labels: Vec<u32>) -> Self {
        let n = t_ms.len();
        let linked = |&(i, j): &(u32, u32)| t_ms[j as usize] - t_ms[i as usize] <= HOUR_MS;
        let edges: Vec<(u32, u32)> = (0..n as u32)
            .flat_map(|i| (i + 1..=i + 4).map(move |j| (i, j)))
            .filter(|e| (e.1 as usize) < n)
            .filter(linked)
            .collect();
        Self { labels, t_ms, ..Self::new(n, &edges) }
    }

    fn labelled(self, labels: &[u32]) -> Self {
        Self { labels: labels.to_vec(), ..self }
    }

    pub fn lend(&self) -> MotifGraph<'_> {
        let pattern = CsrPattern::new(&self.row_ptr, &self.col_idx, self.labels.len()).unwrap();
        MotifGraph::new(pattern, &self.labels, &self.t_ms).unwrap()
    }

    fn linked(&self, i: usize, j: usize) -> bool {
        self.col_idx[self.row_ptr[i] as usize..self.row_ptr[i + 1] as usize].contains(&(j as u32))
    }
}

const HOUR_MS: i64 = 3_600_000;

fn lend(graphs: &[Owned]) -> Vec<MotifGraph<'_>> {
    graphs.iter().map(Owned::lend).collect()
}

pub fn all_patterns() -> MotifConfig {
    MotifConfig { min_count: 1, ..MotifConfig::default() }
}

type Key = (usize, u32, Vec<u32>);

/// Every set of k events, tried one by one.
fn brute_force(graphs: &[Owned]) -> BTreeMap<Key, (u64, u32)> {
    let mut counts: BTreeMap<Key, (u64, u32)> = BTreeMap::new();
    for graph in graphs {
        let mut here: BTreeMap<Key, u64> = BTreeMap::new();
        for set in 0_u32..1 << graph.labels.len() {
            let k = set.count_ones() as usize;
            if !(3..=5).contains(&k) {
                continue;
            }
            let nodes: Vec<usize> = (0..graph.labels.len()).filter(|&i| set >> i & 1 == 1).collect();
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
                *here.entry((k, mask, labels)).or_default() += 1;
            }
        }
        for (key, count) in here {
            let total = counts.entry(key).or_default();
            *total = (total.0 + count, total.1 + 1);
        }
    }
    counts
}

fn counted(census: &Census) -> BTreeMap<Key, (u64, u32)> {
    let key = |p: &ironforge::motif::Pattern| (usize::from(p.k()), p.mask(), p.labels().to_vec());
    census.patterns.iter().map(|p| (key(&p.pattern), (p.count, p.support))).collect()
}

fn a_graph() -> impl Strategy<Value = Owned> {
    (0_usize..=11, 0.0_f64..0.7, any::<u64>(), 1_u32..5).prop_map(|(nodes, density, seed, vocabulary)| {
        let mut numbers = Philox::new(seed).stream(0, 0);
        let n = nodes as u32;
        let pairs = (0..n).flat_map(|i| (i + 1..n).map(move |j| (i, j)));
        let edges: Vec<_> = pairs.filter(|_| f64::from(numbers.next_f32()) < density).collect();
        // far apart: codes need not be dense
        let labels: Vec<u32> = (0..n).map(|_| numbers.below(vocabulary) * 1_000_003).collect();
        Owned::new(nodes, &edges).labelled(&labels)
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn the_census_counts_what_brute_force_counts(graphs in prop::collection::vec(a_graph(), 0..4)) {
        let census = count(&lend(&graphs), &all_patterns()).unwrap();
        let want = brute_force(&graphs);
        prop_assert_eq!(census.distinct, want.len() as u64);
        prop_assert_eq!(census.instances(), want.values().map(|w| w.0).sum::<u64>());
        prop_assert_eq!(counted(&census), want);
        let estimate = estimate_instances(&lend(&graphs), &all_patterns(), 1).unwrap();
        prop_assert_eq!(estimate, census.instances() as f64);
    }

    #[test]
    fn sizes_and_min_count_only_leave_out(graph in a_graph(), min in 3_usize..=5, more in 0_usize..=2, min_count in 1_u64..6) {
        let max_nodes = (min + more).min(5);
        let config = MotifConfig { min_nodes: min, max_nodes, min_count, ..MotifConfig::default() };
        let census = count(&[graph.lend()], &config).unwrap();
        let mut want = brute_force(&[graph]);
        want.retain(|key, value| (min..=max_nodes).contains(&key.0) && value.0 >= min_count);
        prop_assert_eq!(counted(&census), want);
    }
}

/// Events linked with some of those up to `reach` later: sparse, so that a set may span four times `reach`.
fn a_wide_graph() -> impl Strategy<Value = Owned> {
    (0_usize..260, 1_u32..140, 1_u32..4, any::<u64>()).prop_map(|(nodes, reach, degree, seed)| {
        let mut numbers = Philox::new(seed).stream(0, 0);
        let n = nodes as u32;
        let starts = (0..n).flat_map(|i| vec![i; degree as usize]);
        let edges: Vec<_> =
            starts.map(|i| (i, i + 1 + numbers.below(reach))).filter(|&(_, to)| to < n).collect();
        Owned::new(nodes, &edges)
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(32))]

    // one label has a counter for each shape; the labels 0 to 19 are counted shape by shape
    #[test]
    fn one_label_is_counted_as_many_are(graphs in prop::collection::vec(a_wide_graph(), 1..4)) {
        let many: Vec<Owned> = graphs
            .iter()
            .map(|g| g.clone().labelled(&(0..g.labels.len() as u32).map(|i| i % 20).collect::<Vec<_>>()))
            .collect();
        let one = count(&lend(&graphs), &all_patterns()).unwrap();
        let many = count(&lend(&many), &all_patterns()).unwrap();
        prop_assert_eq!(one.instances(), many.instances());
        let mut shapes: BTreeMap<(u8, u32), (u64, u32)> = BTreeMap::new();
        for p in &many.patterns {
            let shape = shapes.entry((p.pattern.k(), p.pattern.mask())).or_default();
            // a shape stands in at least as many graphs as each of its patterns
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

#[test]
fn the_support_of_a_shape_does_not_depend_on_how_its_graphs_are_cut() {
    // graphs of 3 to 902 events: pieces of work end inside graphs, and hold many of them; a few labels, and one
    let sizes: Vec<usize> = (0..60).map(|i| 3 + i * i % 901).collect();
    for vocabulary in [1, 2, 4] {
        let path = |&n: &usize| {
            let labels: Vec<u32> = (0..n as u32).map(|i| i * i % vocabulary).collect();
            Owned::new(n, &(1..n as u32).map(|i| (i - 1, i)).collect::<Vec<_>>()).labelled(&labels)
        };
        let graphs: Vec<Owned> = sizes.iter().map(path).collect();
        let census = count(&lend(&graphs), &all_patterns()).unwrap();
        let each = graphs.iter().map(|g| counted(&count(&[g.lend()], &all_patterns()).unwrap()));
        let mut want: BTreeMap<Key, (u64, u32)> = BTreeMap::new();
        for (key, (count, support)) in each.flatten() {
            let total = want.entry(key).or_default();
            *total = (total.0 + count, total.1 + support);
        }
        assert_eq!(counted(&census), want);
    }
}

#[test]
fn there_are_4_24_and_267_classes() {
    for (k, want) in [(3, 4), (4, 24), (5, 267)] {
        let pairs: Vec<u32> = (0..k).flat_map(|i| (i + 1..k).map(move |j| 1 << (i * k + j))).collect();
        let mut classes = std::collections::BTreeSet::new();
        for subset in 0_u32..1 << pairs.len() {
            let mask: u32 =
                pairs.iter().enumerate().filter(|(i, _)| subset >> i & 1 == 1).map(|(_, p)| p).sum();
            let linked = |i: usize, j: usize| mask >> (i * k + j) & 1 == 1;
            let mut reached = vec![0];
            let mut next = 0;
            while next < reached.len() {
                let i = reached[next];
                reached.extend((0..k).filter(|&j| linked(i, j) || linked(j, i)).collect::<Vec<_>>());
                let mut seen = std::collections::BTreeSet::new();
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
fn tens_of_thousands_of_labels_are_told_apart() {
    // beyond 64 bits for five labels: a chain of blocks of 5, each label its own, and one pattern three times
    let blocks = 4_000;
    let edges: Vec<_> = (0..blocks * 5).filter(|i| i % 5 != 4).map(|i| (i, i + 1)).collect();
    let mut labels: Vec<u32> = (0..blocks * 5).collect();
    for copy in [1, 2] {
        labels.copy_within(0..5, copy * 5);
    }
    let graph = Owned::new(labels.len(), &edges).labelled(&labels);
    let census = count(&[graph.lend()], &MotifConfig::default()).unwrap();
    let fives: Vec<_> = census.patterns.iter().filter(|p| p.pattern.k() == 5).collect();
    assert_eq!(fives.len(), 1);
    assert_eq!((fives[0].pattern.labels(), fives[0].count, fives[0].support), (&[0, 1, 2, 3, 4][..], 3, 1));
}

#[test]
fn an_estimate_is_near_the_number_on_even_graphs_and_on_hubs() {
    let choose = |n: f64, k: i32| (0..k).map(|i| (n - f64::from(i)) / (f64::from(i) + 1.0)).product::<f64>();
    // a star: every set holds the hub
    let leaves = 3_000_u32;
    let star = Owned::new(leaves as usize + 1, &(1..=leaves).map(|j| (0, j)).collect::<Vec<_>>());
    let inward = Owned::new(leaves as usize + 1, &(0..leaves).map(|i| (i, leaves)).collect::<Vec<_>>());
    for k in 3..=5 {
        let config = MotifConfig { min_nodes: k, max_nodes: k, ..MotifConfig::default() };
        let want = choose(f64::from(leaves), k as i32 - 1);
        for graph in [&star, &inward] {
            let got = estimate_instances(&[graph.lend()], &config, 7).unwrap();
            assert!((got / want - 1.0).abs() < 0.25, "k = {k}: {got} for {want}");
        }
    }
    let window = Owned::window((0..30_000).map(|i| i * 60_000).collect(), vec![0; 30_000]);
    let got = estimate_instances(&[window.lend()], &MotifConfig::default(), 7).unwrap();
    let want = count(&[window.lend()], &MotifConfig::default()).unwrap().instances() as f64;
    assert!(want > 2e6 && (got / want - 1.0).abs() < 0.1, "{got} for {want}");
}

/// Sessions of `n` events about 2 minutes apart, labels drawn by `label(numbers, share of the session passed)`.
fn sessions(
    seed: u64,
    count: u32,
    n: usize,
    label: impl Fn(&mut ironforge::philox::Stream, f64) -> u32,
) -> Vec<Owned> {
    let philox = Philox::new(seed);
    let session = |session| {
        let mut numbers = philox.stream(77, session);
        let mut t = 0;
        let times: Vec<i64> = (0..n)
            .map(|_| {
                t += i64::from(numbers.below(240_000));
                t
            })
            .collect();
        let labels = (0..n).map(|i| label(&mut numbers, i as f64 / n as f64)).collect();
        Owned::window(times, labels)
    };
    (0..count).map(session).collect()
}

fn mined(graphs: &[Owned], config: &MotifConfig, seed: u64) -> Vec<MotifRow> {
    mine(&lend(graphs), config, seed, &|_, _| {}).unwrap().rows
}

fn with(rows: &[MotifRow], verdict: Verdict) -> usize {
    rows.iter().filter(|row| row.verdict == verdict).count()
}

#[test]
fn the_null_mean_is_the_expected_count_under_permutation() {
    // a path of 6 events in one block, labels 0 0 0 1 1 2: P(a, b, c) is a product of falling factorials
    let edges: Vec<_> = (0..5).map(|i| (i, i + 1)).collect();
    let graph = Owned::new(6, &edges).labelled(&[0, 0, 0, 1, 1, 2]);
    let config = MotifConfig { max_nodes: 3, min_count: 1, iterations: 20_000, ..MotifConfig::default() };
    let rows = mined(&[graph], &config, 3);
    assert!(!rows.is_empty());
    let stock = [3.0, 2.0, 1.0];
    for row in rows {
        let mut left = stock;
        let mut chance = 1.0;
        for (taken, &label) in row.pattern.labels().iter().enumerate() {
            chance *= left[label as usize] / (6.0 - taken as f64);
            left[label as usize] -= 1.0;
        }
        let s = row.significance.unwrap();
        let (want, se) = (4.0 * chance, s.null_sd / 20_000_f64.sqrt());
        assert!((s.null_mean - want).abs() < 5.0 * se, "{row:?}: expected {want}");
        assert!((s.lift - row.count as f64 / s.null_mean).abs() < 1e-12);
    }
}

#[test]
fn p_values_are_those_of_the_draws_and_never_above_the_family_wise_ones() {
    let graphs = sessions(5, 4, 40, |numbers, _| numbers.below(3));
    let config = MotifConfig { max_nodes: 4, iterations: 99, ..MotifConfig::default() };
    for row in mined(&graphs, &config, 5) {
        let s = row.significance.unwrap();
        let hundredths = s.p_value * 100.0;
        assert!((hundredths - hundredths.round()).abs() < 1e-9 && hundredths > 0.99, "{row:?}");
        assert!(s.p_value <= s.p_fwer && s.p_fwer <= 1.0 && s.p_value <= s.q_value, "{row:?}");
        assert!([s.null_mean, s.null_sd, s.lift].iter().all(|v| v.is_finite()), "{row:?}");
    }
}

#[test]
fn the_deviation_of_two_draws_is_their_distance_over_the_root_of_two() {
    let graphs = sessions(5, 4, 40, |numbers, _| numbers.below(3));
    let rows = mined(&graphs, &small(2), 5);
    let distances: Vec<f64> =
        rows.iter().map(|row| row.significance.unwrap().null_sd * 2.0_f64.sqrt()).collect();
    assert!(distances.iter().all(|d| (d - d.round()).abs() < 1e-9), "{distances:?}");
    assert!(distances.iter().any(|&d| d.round() == 1.0), "over n - 1, not over n");
}

/// Share of data sets without structure in which something is promoted or parked.
fn false_alarms(sets: u64, graphs: impl Fn(u64) -> Vec<Owned>, config: &MotifConfig) -> f64 {
    let alarm = |seed| mined(&graphs(seed), config, seed).iter().any(|row| row.verdict < Verdict::Discard);
    (0..sets).filter(|&seed| alarm(seed)).count() as f64 / sets as f64
}

fn small(iterations: u32) -> MotifConfig {
    MotifConfig { max_nodes: 4, iterations, ..MotifConfig::default() }
}

#[test]
fn noise_of_few_labels_raises_no_more_false_alarms_than_promised() {
    let rate = false_alarms(200, |seed| sessions(seed, 3, 25, |n, _| n.below(3)), &small(59));
    let two_se = 2.0 * (0.05_f64 * 0.95 / 200.0).sqrt();
    assert!(rate <= 0.05 + two_se, "{rate}");
}

#[test]
fn noise_of_many_rare_labels_raises_no_more_false_alarms_than_promised() {
    // thousands of patterns can occur here, few do, and those that reach min_count do it by chance
    let label = |n: &mut ironforge::philox::Stream, _: f64| n.below(12).min(n.below(40));
    let rate = false_alarms(150, |seed| sessions(seed, 3, 25, label), &small(59));
    let two_se = 2.0 * (0.05_f64 * 0.95 / 150.0).sqrt();
    assert!(rate <= 0.05 + two_se, "{rate}");
}

/// Sessions in which every tenth event starts a run of the labels 1, 2, 3; all else is 0 or 4 to 7.
fn planted(seed: u64) -> Vec<Owned> {
    let mut graphs = sessions(seed, 6, 50, |n, _| [0, 4, 5, 6, 7, 1, 2, 3][n.below(8) as usize]);
    for graph in &mut graphs {
        for start in (3..45).step_by(10) {
            graph.labels[start..start + 3].copy_from_slice(&[1, 2, 3]);
        }
    }
    graphs
}

#[test]
fn a_planted_motif_is_promoted() {
    let found = (0..10).filter(|&seed| {
        mined(&planted(seed), &small(199), seed)
            .iter()
            .any(|row| row.verdict == Verdict::Promote && row.pattern.labels() == [1, 2, 3])
    });
    assert!(found.count() >= 8);
}

#[test]
fn drifting_labels_are_no_motif_unless_the_blocks_are_too_wide() {
    // label 0 gives way to 1 in the course of 6 hours
    let drifting = |seed| sessions(seed, 3, 180, |n, passed| u32::from(f64::from(n.next_f32()) < passed));
    let narrow = MotifConfig { max_nodes: 3, iterations: 99, ..MotifConfig::default() };
    let wide = MotifConfig { block_minutes: 100_000.0, ..narrow.clone() };
    let rate = |config| false_alarms(30, drifting, config);
    let (narrow, wide) = (rate(&narrow), rate(&wide));
    assert!(narrow <= 0.15, "blocks of half an hour: {narrow}");
    assert!(wide > 0.8, "one block: {wide}");
}

#[test]
fn results_do_not_depend_on_the_number_of_threads() {
    let graphs = sessions(11, 5, 60, |n, _| n.below(5));
    let on = |threads| {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
        pool.install(|| mine(&lend(&graphs), &small(57), 4, &|_, _| {}).unwrap())
    };
    let one = on(1);
    assert!(one.rows.len() > 20);
    // also other pieces of the draws
    for threads in [2, 3, 7] {
        assert_eq!(on(threads), one, "{threads} threads");
    }
}

#[test]
fn another_seed_draws_other_nulls() {
    let graphs = sessions(11, 2, 40, |n, _| n.below(3));
    assert_ne!(mined(&graphs, &small(50), 1), mined(&graphs, &small(50), 2));
}

#[test]
fn labels_that_cannot_move_show_nothing_and_cost_nothing() {
    let graphs = sessions(1, 2, 40, |_, _| 9);
    let drawn = std::sync::atomic::AtomicU64::new(0);
    let tick = |_, _| {
        drawn.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
    };
    let mined = mine(&lend(&graphs), &small(50), 1, &tick).unwrap();
    assert_eq!((mined.movable_events, drawn.into_inner()), (0, 0));
    assert!(!mined.rows.is_empty());
    for row in mined.rows {
        let s = row.significance.unwrap();
        assert_eq!(row.verdict, Verdict::Discard);
        assert_eq!((s.p_value, s.p_fwer, s.q_value), (1.0, 1.0, 1.0));
        assert_eq!((s.null_mean, s.null_sd, s.lift), (row.count as f64, 0.0, 1.0));
    }
}

#[test]
fn without_draws_patterns_are_counted_and_not_judged() {
    let rows = mined(&sessions(1, 2, 40, |n, _| n.below(2)), &small(0), 1);
    assert_eq!(with(&rows, Verdict::Untested), rows.len());
    assert!(!rows.is_empty() && rows.iter().all(|row| row.significance.is_none()));
    assert!(rows.windows(2).all(|w| w[0].count >= w[1].count));
}

#[test]
fn progress_ends_at_its_total() {
    let last = std::sync::Mutex::new((0, 0));
    let note = |done, total| {
        let mut last = last.lock().unwrap();
        last.0 = last.0.max(done);
        last.1 = total;
    };
    mine(&lend(&planted(0)), &small(10), 1, &note).unwrap();
    let (done, total) = last.into_inner().unwrap();
    assert!(total > 0 && done == total, "{done} of {total}");
}

#[test]
fn no_graph_and_empty_graphs_give_no_motif() {
    let empty = Owned::new(0, &[]);
    let single = Owned::new(1, &[]);
    for graphs in [vec![], vec![empty.clone()], vec![single.clone(), empty, single]] {
        assert_eq!(mined(&graphs, &MotifConfig::default(), 1), []);
        assert_eq!(estimate_instances(&lend(&graphs), &MotifConfig::default(), 1), Ok(0.0));
    }
}

#[test]
fn labels_are_written_as_a_json_array() {
    let graph = Owned::new(3, &[(0, 1), (1, 2)]).labelled(&[1, 0, 1]);
    let config = MotifConfig { min_count: 1, iterations: 0, ..MotifConfig::default() };
    let names = ["a|\"b\"".to_owned(), "sweep".to_owned()];
    assert_eq!(mined(&[graph], &config, 1)[0].labels_json(&names), r#"["sweep","a|\"b\"","sweep"]"#);
}
