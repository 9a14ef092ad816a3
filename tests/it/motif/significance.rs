//! The test: null counts are those of permutations, the false-alarm rate keeps the level, planted patterns are found.

use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};

use ironforge::motif::{
    HeldOut, HoldoutBy, MotifConfig, MotifRow, Significance, Verdict, estimate_instances, mine,
};
use ironforge::philox::{Philox, Stream};

use super::{OwnedGraph, views};

/// Sessions of `n` events about 2 minutes apart, labels drawn by `label(stream, fraction of the session passed)`.
fn sessions(seed: u64, count: u32, n: usize, label: impl Fn(&mut Stream, f64) -> u32) -> Vec<OwnedGraph> {
    let philox = Philox::new(seed);
    let session = |session| {
        let mut stream = philox.stream(77, session);
        let mut t = 0;
        let times: Vec<i64> = (0..n)
            .map(|_| {
                t += i64::from(stream.below(240_000));
                t
            })
            .collect();
        let labels = (0..n).map(|i| label(&mut stream, i as f64 / n as f64)).collect();
        OwnedGraph::window(times, labels)
    };
    (0..count).map(session).collect()
}

fn mined(graphs: &[OwnedGraph], config: &MotifConfig, seed: u64) -> Vec<MotifRow> {
    mine(&views(graphs), config, seed, &|_, _| {}).unwrap().rows
}

fn count_with(rows: &[MotifRow], verdict: Verdict) -> usize {
    rows.iter().filter(|row| row.verdict == verdict).count()
}

#[test]
fn the_null_mean_is_the_expected_count_under_permutation() {
    // a path of 3 events in one block: one occurrence, so P(a, b, c) is a product of falling factorials
    let edges: Vec<_> = (0..2).map(|i| (i, i + 1)).collect();
    let graph = OwnedGraph::new(6, &edges).labelled(&[0, 0, 0, 1, 1, 2]);
    let mut often: std::collections::BTreeMap<Vec<u32>, f64> = std::collections::BTreeMap::new();
    let config = MotifConfig { max_nodes: 3, min_count: 1, iterations: 100, ..MotifConfig::default() };
    const SEEDS: u64 = 100;
    for seed in 0..SEEDS {
        for row in mined(std::slice::from_ref(&graph), &config, seed) {
            let s = row.significance.unwrap();
            *often.entry(row.pattern.labels().to_vec()).or_default() += s.null_mean / SEEDS as f64;
            assert!((s.lift - (row.disjoint as f64 + 0.5) / (s.null_mean + 0.5)).abs() < 1e-12);
        }
    }
    // 3 / 6 * 2 / 5 * 1 / 4, of 10,000 replicates
    let mean = often[&vec![0, 0, 0]];
    assert!((mean - 0.05).abs() < 5.0 * (0.05_f64 / 10_000.0).sqrt(), "{mean}");
}

#[test]
fn p_values_are_fractions_of_the_replicates_and_fall_with_the_score() {
    let graphs = sessions(5, 4, 40, |stream, _| stream.below(3));
    let config = MotifConfig { max_nodes: 4, iterations: 99, ..MotifConfig::default() };
    let mut below_one = 0;
    let mut by_size: [Vec<(f64, f64, f64)>; 2] = Default::default();
    for row in mined(&graphs, &config, 5) {
        let s = row.significance.unwrap();
        let hundredths = s.p_fwer * 100.0;
        assert!((hundredths - hundredths.round()).abs() < 1e-9 && hundredths > 0.99, "{row:?}");
        assert!(s.p_fwer <= 1.0 && (0.01..=1.0).contains(&s.q_value), "{row:?}");
        assert!([s.null_mean, s.null_sd, s.lift, s.score].iter().all(|v| v.is_finite()), "{row:?}");
        assert_eq!((s.score * 64.0).fract(), 0.0);
        let (low, high) = s.lift_interval.unwrap();
        assert!(low <= s.lift && s.lift <= high, "{row:?}");
        assert!(0 < row.disjoint && row.disjoint <= row.count, "{row:?}");
        by_size[usize::from(row.pattern.k()) - 3].push((s.score, s.p_fwer, s.q_value));
        below_one += u32::from(s.p_fwer < 1.0);
    }
    assert!(below_one > 0);
    for mut rows in by_size {
        rows.sort_by(|a, b| b.0.total_cmp(&a.0));
        assert!(rows.is_sorted_by(|a, b| a.1 <= b.1 && a.2 <= b.2));
    }
}

#[test]
fn a_pattern_that_one_session_has_is_found_and_not_confirmed() {
    let block_minutes = 240.0.into();
    let config = MotifConfig { max_nodes: 3, iterations: 99, block_minutes, ..MotifConfig::default() };
    let mut graphs = sessions(8, 8, 100, |n, _| n.below(16));
    (3..95).step_by(8).for_each(|at| graphs[2].labels[at..at + 3].copy_from_slice(&[1, 2, 3]));
    for holdout_by in [HoldoutBy::Lot, HoldoutBy::Time] {
        let rows = mined(&graphs, &MotifConfig { holdout_by, ..config.clone() }, 8);
        let planted = rows.iter().find(|row| row.pattern.labels() == [1, 2, 3]).unwrap();
        let s = planted.significance.unwrap();
        assert!(s.p_fwer <= 0.02 && s.p_holdout.unwrap() > 0.1, "{planted:?}");
        assert_eq!(planted.verdict, Verdict::Park);
    }
}

#[test]
fn what_pairs_of_labels_explain_is_parked_and_marked() {
    // a label is repeated with chance .6: runs of three are frequent, and follow from runs of two
    let sticky = |seed: u64| {
        let last = std::cell::Cell::new(0);
        sessions(seed, 12, 80, |n, passed| {
            last.set(if passed > 0.0 && n.below(10) < 6 { last.get() } else { n.below(5) });
            last.get()
        })
    };
    let config = MotifConfig { max_nodes: 3, iterations: 199, ..MotifConfig::default() };
    let (mut parked, mut explained, mut promoted) = (0, 0, 0);
    for seed in 0..8 {
        let result = mine(&views(&sticky(seed)), &config, seed, &|_, _| {}).unwrap();
        assert!(result.repeats.z > 5.0 && result.repeats.same_label > result.repeats.expected);
        parked += count_with(&result.rows, Verdict::Park);
        promoted += count_with(&result.rows, Verdict::Promote);
        let marks = result.rows.iter().filter_map(|row| row.significance.unwrap().explained_by_pairs);
        explained += marks.filter(|&explained| explained).count();
    }
    assert!(parked >= 3 && promoted == 0, "{parked} parked, {promoted} promoted");
    assert!(explained * 5 >= parked * 4, "{explained} of {parked} explained");
}

#[test]
fn results_depend_neither_on_the_order_of_the_sessions_nor_on_the_scale_of_time() {
    let graphs = planted(3);
    let config = MotifConfig { max_nodes: 3, iterations: 99, ..MotifConfig::default() };
    let of = |graphs: &[OwnedGraph]| mined(graphs, &config, 7);
    let want = of(&graphs);
    assert!(want.iter().any(|row| row.verdict == Verdict::Promote));
    let mut other = graphs.clone();
    other.reverse();
    other.swap(1, 4);
    assert_eq!(of(&other), want);
}

#[test]
fn a_single_session_is_held_out_by_slices_of_time() {
    let mut graphs = sessions(21, 1, 400, |n, _| [0, 4, 5, 6, 7, 1, 2, 3][n.below(8) as usize]);
    (3..390).step_by(8).for_each(|at| plant(&mut graphs[0].labels, at));
    let config = MotifConfig { max_nodes: 3, iterations: 199, ..MotifConfig::default() };
    let result = mine(&views(&graphs), &config, 5, &|_, _| {}).unwrap();
    assert!(matches!(result.held_out, Some(HeldOut::Slices { slices: 6.., .. })), "{:?}", result.held_out);
    let planted = result.rows.iter().find(|row| row.pattern.labels() == [1, 2, 3]).unwrap();
    assert_eq!(planted.verdict, Verdict::Promote, "{planted:?}");
}

#[test]
fn the_sd_of_two_counts_is_their_difference_over_the_root_of_two() {
    let graphs = sessions(5, 4, 40, |stream, _| stream.below(3));
    let rows = mined(&graphs, &small(2), 5);
    let distances: Vec<f64> =
        rows.iter().map(|row| row.significance.unwrap().null_sd * 2.0_f64.sqrt()).collect();
    assert!(distances.iter().all(|d| (d - d.round()).abs() < 1e-9), "{distances:?}");
    assert!(distances.iter().any(|&d| d.round() == 1.0), "over n - 1, not over n");
}

/// Share of data sets without structure in which a pattern is promoted or parked.
fn false_alarms(sets: u64, graphs: impl Fn(u64) -> Vec<OwnedGraph>, config: &MotifConfig) -> f64 {
    let alarm = |seed| mined(&graphs(seed), config, seed).iter().any(|row| row.verdict < Verdict::Discard);
    (0..sets).filter(|&seed| alarm(seed)).count() as f64 / sets as f64
}

fn small(iterations: u32) -> MotifConfig {
    MotifConfig { max_nodes: 4, iterations, ..MotifConfig::default() }
}

#[test]
fn noise_of_few_labels_keeps_the_level() {
    let rate = false_alarms(600, |seed| sessions(seed, 3, 25, |n, _| n.below(3)), &small(59));
    let two_se = 2.0 * (0.05_f64 * 0.95 / 600.0).sqrt();
    assert!(rate <= 0.05 + two_se, "{rate}");
}

#[test]
fn noise_of_many_rare_labels_keeps_the_level() {
    // thousands of patterns are possible, few occur, and those that reach min_count do so by chance
    let label = |n: &mut Stream, _: f64| n.below(12).min(n.below(40));
    let rate = false_alarms(150, |seed| sessions(seed, 3, 25, label), &small(59));
    let two_se = 2.0 * (0.05_f64 * 0.95 / 150.0).sqrt();
    assert!(rate <= 0.05 + two_se, "{rate}");
}

/// Plants the labels 1, 2, 3, another event between each two: then pairs of successive labels do not explain them.
fn plant(labels: &mut [u32], at: usize) {
    (1..4).for_each(|label| labels[at + 2 * (label as usize - 1)] = label);
}

/// Sessions in which the labels 1, 2, 3 are planted at every eighth event.
fn planted(seed: u64) -> Vec<OwnedGraph> {
    let mut graphs = sessions(seed, 6, 50, |n, _| [0, 4, 5, 6, 7, 1, 2, 3][n.below(8) as usize]);
    for graph in &mut graphs {
        for start in (3..45).step_by(8) {
            plant(&mut graph.labels, start);
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
fn only_significant_patterns_are_tested_further() {
    for seed in 0..3 {
        let rows = mined(&planted(seed), &small(99), seed);
        let all: Vec<Significance> = rows.iter().map(|row| row.significance.unwrap()).collect();
        for s in &all {
            let further = s.p_fwer <= 0.05;
            let tested = [s.p_pairs.is_some(), s.explained_by_pairs.is_some(), s.p_holdout.is_some()];
            assert_eq!(tested, [further; 3], "{s:?}");
            assert!(s.lots.is_none_or(|lots| lots <= 11) && s.lots.is_some() == further);
        }
        assert!(rows.is_sorted_by_key(|row| row.verdict));
        assert!(rows[0].verdict < Verdict::Discard && rows[rows.len() - 1].verdict == Verdict::Discard);
    }
}

#[test]
fn drifting_labels_raise_no_alarms() {
    // label 1 replaces label 0 over 6 hours
    let drifting = |seed| sessions(seed, 3, 180, |n, passed| u32::from(f64::from(n.next_f32()) < passed));
    let config = MotifConfig { max_nodes: 3, iterations: 99, ..MotifConfig::default() };
    let rate = false_alarms(30, drifting, &config);
    assert!(rate <= 0.15, "{rate}");
}

#[test]
fn results_do_not_depend_on_the_number_of_threads() {
    let graphs = sessions(11, 5, 60, |n, _| n.below(5));
    let on = |threads| {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
        pool.install(|| mine(&views(&graphs), &small(57), 4, &|_, _| {}).unwrap())
    };
    let one = on(1);
    assert!(one.rows.len() > 20);
    // the number of threads also determines how the replicates are divided into pieces
    for threads in [2, 3, 7] {
        assert_eq!(on(threads), one, "{threads} threads");
    }
}

#[test]
fn another_seed_draws_other_replicates() {
    let graphs = sessions(11, 2, 40, |n, _| n.below(3));
    assert_ne!(mined(&graphs, &small(50), 1), mined(&graphs, &small(50), 2));
}

#[test]
fn without_movable_labels_every_p_is_1_and_no_replicate_is_drawn() {
    let graphs = sessions(1, 2, 40, |_, _| 9);
    let drawn = AtomicU64::new(0);
    let tick = |_, _| {
        drawn.fetch_add(1, Ordering::Relaxed);
    };
    let mined = mine(&views(&graphs), &small(50), 1, &tick).unwrap();
    assert_eq!((mined.movable_events, drawn.into_inner()), (0, 0));
    assert!(!mined.rows.is_empty());
    for row in mined.rows {
        let s = row.significance.unwrap();
        assert_eq!(row.verdict, Verdict::Discard);
        assert_eq!((s.score, s.p_fwer, s.q_value), (0.0, 1.0, 1.0));
        assert_eq!((s.null_mean, s.null_sd, s.lift), (row.disjoint as f64, 0.0, 1.0));
    }
}

#[test]
fn without_replicates_patterns_are_counted_and_not_tested() {
    let rows = mined(&sessions(1, 2, 40, |n, _| n.below(2)), &small(0), 1);
    assert_eq!(count_with(&rows, Verdict::Untested), rows.len());
    assert!(!rows.is_empty() && rows.iter().all(|row| row.significance.is_none()));
    assert!(rows.windows(2).all(|w| w[0].count >= w[1].count));
}

#[test]
fn progress_ends_at_its_total() {
    let last = Mutex::new((0, 0));
    let note = |done, total| {
        let mut last = last.lock().unwrap();
        last.0 = last.0.max(done);
        last.1 = total;
    };
    mine(&views(&planted(0)), &small(10), 1, &note).unwrap();
    let (done, total) = last.into_inner().unwrap();
    assert!(total > 0 && done == total, "{done} of {total}");
}

#[test]
fn no_graphs_and_empty_graphs_give_no_motifs() {
    let empty = OwnedGraph::new(0, &[]);
    let single = OwnedGraph::new(1, &[]);
    for graphs in [vec![], vec![empty.clone()], vec![single.clone(), empty, single]] {
        assert_eq!(mined(&graphs, &MotifConfig::default(), 1), []);
        assert_eq!(estimate_instances(&views(&graphs), &MotifConfig::default(), 1), Ok(0.0));
    }
}

#[test]
fn labels_are_written_as_a_json_array() {
    let graph = OwnedGraph::new(3, &[(0, 1), (1, 2)]).labelled(&[1, 0, 1]);
    let config = MotifConfig { min_count: 1, iterations: 0, ..MotifConfig::default() };
    let names = ["a|\"b\"", "sweep"].map(|name| Some(name.to_owned()));
    assert_eq!(mined(&[graph], &config, 1)[0].labels_json(&names), r#"["sweep","a|\"b\"","sweep"]"#);
}
