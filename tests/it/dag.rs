//! Properties of the graph room.

use ironforge::csr::CsrPattern;
use ironforge::dag::{
    Dag, DagConfig, DagError, EdgeWeights, IntervalDag, KeyScope, Link, SharedKey, WindowKnn, temporal_view,
};
use ironforge::table::{EventTable, KeyColumn, Labels};
use proptest::prelude::*;

fn key(name: &str, rows: &[&str]) -> KeyColumn {
    KeyColumn {
        name: name.to_owned(),
        labels: Labels::encode(rows.iter().map(|&r| (!r.is_empty()).then_some(r))),
    }
}

fn edges(dag: &Dag) -> Vec<(u32, u32)> {
    dag.edge_iter().map(|(u, v)| (dag.id(u), dag.id(v))).collect()
}

proptest! {
    #[test]
    fn window_knn_is_its_definition(
        mut t in prop::collection::vec(-50_i64..50, 0..60), k in 1_u32..6, dt_min in 0_i64..10, span in 0_i64..30,
    ) {
        t.sort_unstable();
        let rule = WindowKnn { k, dt_min_ms: dt_min, dt_max_ms: dt_min + span };
        let dag = rule.build(&t).unwrap();
        for i in 0..t.len() {
            let in_window = (i + 1..t.len()).filter(|&j| (dt_min..=dt_min + span).contains(&(t[j] - t[i])));
            let want: Vec<u32> = in_window.take(k as usize).map(|j| j as u32).collect();
            let got: Vec<u32> = (0..t.len() as u32).filter(|&j| dag.has_edge(i as u32, j)).collect();
            prop_assert_eq!(got, want);
        }
        let csr = Dag::from_intervals(&dag).unwrap();
        prop_assert_eq!(csr.edges() as u64, dag.edges());
        prop_assert_eq!(IntervalDag::from_pattern(csr.pattern()).map(|d| d.to_csr()), Some(dag.to_csr()));
    }

    #[test]
    fn shared_key_is_its_definition(
        rows in prop::collection::vec((0_i64..40, 0_u8..5, 0_u8..5), 0..40),
        k in 1_u32..4,
        window in 0_i64..20,
        any: bool,
    ) {
        let mut rows = rows;
        rows.sort_by_key(|r| r.0);
        let t: Vec<i64> = rows.iter().map(|r| r.0).collect();
        let text = |x: u8| if x == 4 { String::new() } else { x.to_string() };
        let columns: Vec<[String; 2]> = rows.iter().map(|r| [text(r.1), text(r.2)]).collect();
        let keys: Vec<KeyColumn> = (0..2)
            .map(|c| key(["a", "b"][c], &columns.iter().map(|r| r[c].as_str()).collect::<Vec<_>>()))
            .collect();
        let share = |i: usize, j: usize| (0..2).any(|c| (0..2).any(|d| {
            (any || c == d) && !columns[i][c].is_empty() && columns[i][c] == columns[j][d]
        }));
        let scope = if any { KeyScope::Any } else { KeyScope::Column };
        let (row_ptr, col_idx) = SharedKey { k, window_ms: window, scope }.build(&t, &keys).unwrap();
        let dag = Dag::from_parts(row_ptr, col_idx).unwrap();
        for i in 0..t.len() {
            let linked = (i + 1..t.len()).filter(|&j| share(i, j) && t[j] - t[i] <= window);
            let want: Vec<u32> = linked.take(k as usize).map(|j| j as u32).collect();
            prop_assert_eq!(dag.successors(i as u32), want);
        }
    }

    #[test]
    fn any_edges_give_a_numbering_or_a_cycle(pairs in prop::collection::vec((0_u32..12, 0_u32..12), 0..30)) {
        match Dag::from_edges(12, &pairs) {
            Ok(dag) => {
                prop_assert!(dag.edge_iter().all(|(u, v)| u < v));
                let mut want = pairs.clone();
                want.sort_unstable();
                want.dedup();
                let mut got = edges(&dag);
                got.sort_unstable();
                prop_assert_eq!(got, want);
                prop_assert!(!petgraph::algo::is_cyclic_directed(&dag.to_petgraph()));
                let levels = dag.topological_generations().level;
                prop_assert!(dag.edge_iter().all(|(u, v)| levels[u as usize] < levels[v as usize]));
            }
            Err(DagError::Cycle { cycle }) => {
                prop_assert!(!cycle.is_empty());
                for (i, &u) in cycle.iter().enumerate() {
                    prop_assert!(pairs.contains(&(u, cycle[(i + 1) % cycle.len()])), "{:?}", cycle);
                }
            }
            Err(other) => prop_assert!(false, "{}", other),
        }
    }

    #[test]
    fn libraries_give_the_same_graph_back(pairs in prop::collection::vec((0_u32..20, 0_u32..20), 0..40)) {
        let forward: Vec<_> = pairs.iter().filter(|(u, v)| u < v).copied().collect();
        let dag = Dag::from_edges(20, &forward).unwrap();
        prop_assert_eq!(&Dag::from_petgraph(&dag.to_petgraph()).unwrap(), &dag);
        let ones = vec![1.0_f32; dag.edges()];
        prop_assert_eq!(&Dag::from_sprs(&dag.as_sprs(&ones).to_owned()).unwrap(), &dag);
    }
}

#[test]
fn a_chain_of_a_million_needs_no_stack() {
    let n = 1_000_000_u32;
    let backwards: Vec<_> = (1..n).map(|i| (i, i - 1)).collect();
    let dag = Dag::from_edges(n as usize, &backwards).unwrap();
    assert_eq!(dag.id(0), n - 1);
    assert_eq!((dag.topological_generations().count(), dag.longest_path().len()), (n as usize, n as usize));
}

#[test]
fn a_self_loop_and_a_foreign_id_are_refused() {
    assert_eq!(Dag::from_edges(3, &[(1, 1)]), Err(DagError::Cycle { cycle: vec![1] }));
    assert_eq!(Dag::from_edges(3, &[(0, 3)]), Err(DagError::Node { edge: 0, node: 3, nodes: 3 }));
    let text = Dag::from_edges(3, &[(0, 1), (1, 2), (2, 0)]).unwrap_err().to_string();
    assert!(text.contains("closes a cycle of 3 nodes"), "{text}");
}

#[test]
fn no_events_and_extreme_times_are_valid() {
    let rule = WindowKnn { k: 4, dt_min_ms: 0, dt_max_ms: i64::MAX };
    assert_eq!(rule.build(&[]).unwrap().nodes(), 0);
    assert_eq!(rule.build(&[i64::MIN, 0, i64::MAX]).unwrap().edges(), 3);
    assert_eq!(rule.build(&[2, 1]), Err(DagError::Unsorted { index: 1 }));
    let empty = Dag::from_edges(0, &[]).unwrap();
    assert_eq!((empty.topological_generations().count(), empty.longest_path()), (0, vec![]));
}

#[test]
fn the_temporal_view_links_the_next_events_whatever_their_distance() {
    let view = temporal_view(&[0, 0, 7], 4).unwrap();
    assert_eq!((view.src, view.dst, view.dt_ms), (vec![0, 0, 1], vec![1, 2, 2], vec![0, 7, 7]));
}

#[test]
fn both_rules_give_the_union() {
    let events = EventTable {
        t_ms: vec![0, 60_000, 7_300_000],
        kind: Labels::encode([None, None, None]),
        keys: vec![key("user", &["x", "y", "x"])],
        ..EventTable::default()
    };
    let with = |link| edges(&Dag::from_events(&events, &DagConfig { link, ..DagConfig::default() }).unwrap());
    assert_eq!(with(Link::WindowKnn), [(0, 1)]);
    assert_eq!(with(Link::SharedKey), [(0, 2)]);
    assert_eq!(with(Link::Both), [(0, 1), (0, 2)]);
    let keyless = EventTable { keys: vec![], ..events };
    let error = Dag::from_events(&keyless, &DagConfig { link: Link::Both, ..DagConfig::default() });
    assert_eq!(error, Err(DagError::NoKey { link: "both" }));
}

#[test]
fn a_missing_price_enters_as_zero_and_no_price_column_drops_the_term() {
    let config = DagConfig::default();
    let kind = Labels::encode([Some("Liquidity_Sweep"), Some("reversal"), None]);
    let t_ms = [0, 3_600_000, 7_200_000];
    let weigh = |prices: Option<&'static [Option<f64>]>, i, j| {
        EdgeWeights::new(&config.causality(), 120.0, &t_ms, &kind, prices).unwrap().at(i, j)
    };
    let near = 0.25 + 0.3 * 0.8;
    assert_eq!(weigh(Some(&[Some(100.0), Some(100.0), None]), 0, 1), near + 0.2);
    assert_eq!(weigh(Some(&[Some(100.0), None, None]), 0, 1), near + 0.1);
    assert_eq!(weigh(Some(&[None, Some(100.0), None]), 0, 1), near);
    assert_eq!(weigh(None, 0, 1), near / 0.8);
    assert_eq!(weigh(None, 0, 2), (0.3 * 0.3) / 0.8);
    assert_eq!(weigh(None, 2, 1), (0.25 + 0.3 * 0.3) / 0.8, "a missing kind is no kind of the table");
    // 0.3 * 0.3 alone
    assert_eq!(weigh(Some(&[None, None, None]), 0, 2), 0.1, "no edge weighs less than a tenth");
}

#[test]
fn of_longest_paths_the_one_whose_nodes_come_first_is_given() {
    let path = |edges: &[(u32, u32)]| Dag::from_edges(6, edges).unwrap().longest_path();
    assert_eq!(path(&[(0, 1), (0, 2), (1, 3), (2, 3)]), [0, 1, 3]);
    assert_eq!(path(&[(0, 4), (1, 2), (3, 5)]), [1, 2]);
}

#[test]
fn settings_out_of_range_name_themselves() {
    let broken = [
        (DagConfig { k: 0, ..DagConfig::default() }, "dag.k"),
        (DagConfig { dt_min_minutes: 200.0, ..DagConfig::default() }, "dag.dt_min_minutes"),
        (DagConfig { dt_max_minutes: f64::NAN, ..DagConfig::default() }, "dag.dt_max_minutes"),
        (
            DagConfig { causality: vec![("a".into(), "b".into(), 2.0)], ..DagConfig::default() },
            "dag.causality",
        ),
    ];
    for (config, key) in broken {
        let text = config.check().unwrap_err().to_string();
        assert!(text.contains(key), "{text}");
    }
    DagConfig::default().check().unwrap();
}

#[test]
fn only_rising_ranges_of_a_square_pattern_have_the_interval_form() {
    let form = |row_ptr: &[u32], col_idx: &[u32], cols| {
        let pattern = CsrPattern::new(row_ptr, col_idx, cols).unwrap();
        IntervalDag::from_pattern(pattern).map(|dag| (dag.bounds().0.to_vec(), dag.bounds().1.to_vec()))
    };
    assert_eq!(form(&[0, 2, 2, 3, 3], &[1, 2, 3], 4), Some((vec![1, 3, 3, 4], vec![3, 3, 4, 4])));
    assert_eq!(form(&[0, 2, 2, 2, 2], &[1, 3], 4), None, "a gap");
    assert_eq!(
        form(&[0, 3, 4, 4, 4], &[1, 2, 3, 2], 4),
        None,
        "an end that falls: predecessors of 3 would have a gap"
    );
    assert_eq!(form(&[0, 1, 1], &[0], 2), None, "an edge to itself");
    assert_eq!(form(&[0, 1], &[5], 9), None, "nodes 1 to 8 have no row");
    assert_eq!(form(&[0, 1], &[u32::MAX], 1 << 32), None);
}

#[test]
fn a_kind_for_every_event_costs_no_square() {
    let names: Vec<String> = (0..200_000).map(|i| format!("user {i}")).collect();
    let kind = Labels::encode(names.iter().map(|name| Some(name.as_str())));
    let t_ms = vec![0; names.len()];
    let causality = DagConfig::default().causality();
    let weights = EdgeWeights::new(&causality, 120.0, &t_ms, &kind, None).unwrap();
    assert_eq!(weights.at(7, 199_999), (0.5 + 0.3 * 0.3) / 0.8);
}
