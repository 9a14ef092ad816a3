//! The link rules, and the weights of edges.

use ironforge::csr::CsrPattern;
use ironforge::dag::{
    Dag, DagConfig, DagError, DagView, EdgeWeights, IntervalDag, KeyScope, LinkRule, Linker, SharedKey,
    WindowKnn, temporal_view,
};
use ironforge::scale::TimeScale;
use ironforge::table::{EventTable, KeyColumn, Labels};
use proptest::prelude::*;

use super::edges;

/// Two hours.
const HORIZON_MS: i64 = 7_200_000;

fn key(name: &str, rows: &[&str]) -> KeyColumn {
    KeyColumn {
        name: name.to_owned(),
        labels: Labels::encode(rows.iter().map(|&r| (!r.is_empty()).then_some(r))),
    }
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
        prop_assert_eq!(csr.edges(), dag.edges());
        prop_assert_eq!(IntervalDag::from_pattern(csr.pattern()).map(|d| d.to_csr()), Some(dag.to_csr()));
    }

    #[test]
    fn shared_key_is_its_definition(
        rows in prop::collection::vec((0_i64..40, 0_u8..5, 0_u8..5), 0..40),
        k in 1_u32..4, window in 0_i64..20, any: bool,
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
            prop_assert_eq!(dag.successors(i as u32).collect::<Vec<_>>(), want);
        }
    }

    #[test]
    fn relinked_events_have_the_edges_of_events_in_that_order(
        rows in prop::collection::vec((0_i64..400_000, 0_i64..400_000, 0_usize..5, 0_usize..5), 0..40),
        k in 1_u32..4, any: bool,
    ) {
        let mut rows = rows;
        rows.sort_by_key(|r| r.0);
        let mut order: Vec<u32> = (0..rows.len() as u32).collect();
        order.sort_by_key(|&event| rows[event as usize].1);
        let names = ["x", "y", "z", "w", ""];
        let table = |t_ms: Vec<i64>, at: &dyn Fn(usize) -> usize| {
            let column = |of: &dyn Fn(usize) -> usize| {
                key("k", &(0..rows.len()).map(|p| names[of(at(p))]).collect::<Vec<_>>())
            };
            let keys = vec![column(&|i| rows[i].2), column(&|i| rows[i].3)];
            EventTable { t_ms, keys, ..EventTable::default() }
        };
        let before = table(rows.iter().map(|r| r.0).collect(), &|p| p);
        let after_t: Vec<i64> = order.iter().map(|&event| rows[event as usize].1).collect();
        let after = table(after_t.clone(), &|p| order[p] as usize);
        let key_scope = if any { KeyScope::Any } else { KeyScope::Column };
        use LinkRule::{SharedKey as Shared, WindowKnn as Window};
        for links in [vec![Window], vec![Shared], vec![Window, Shared], vec![Shared, Window]] {
            let config = DagConfig {
                links: links.clone(), k, key_window_minutes: 3.0.into(), key_scope, ..DagConfig::default()
            };
            let resolved = config.resolved(TimeScale::NoGap).unwrap();
            let linker = Linker::of(&before, &resolved).unwrap();
            let (row_ptr, col_idx) = linker.relink(&order, &after_t).unwrap();
            let relinked = Dag::from_parts(row_ptr, col_idx).unwrap();
            prop_assert_eq!(&relinked, &Dag::from_events(&after, &resolved).unwrap());
            let linked = |i: usize, j: usize| {
                let of = |rows: (Vec<u32>, Vec<u32>)| Dag::from_parts(rows.0, rows.1).unwrap().has_edge(i as u32, j as u32);
                let near = || of(resolved.window_knn.build(&after.t_ms).unwrap().to_csr().unwrap());
                let kin = || of(resolved.shared_key.build(&after.t_ms, &after.keys).unwrap());
                (links.contains(&Window) && near()) || (links.contains(&Shared) && kin())
            };
            for i in 0..rows.len().min(6) {
                for j in 0..rows.len() {
                    prop_assert_eq!(relinked.has_edge(i as u32, j as u32), linked(i, j));
                }
            }
        }
    }
}

#[test]
fn no_events_and_extreme_times_are_valid() {
    let rule = WindowKnn { k: 4, dt_min_ms: 0, dt_max_ms: i64::MAX };
    assert_eq!(rule.build(&[]).unwrap().nodes(), 0);
    assert_eq!(rule.build(&[i64::MIN, 0, i64::MAX]).unwrap().edges(), 3);
    assert_eq!(rule.build(&[2, 1]), Err(DagError::Unsorted { index: 1 }));
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
    let with = |links| DagConfig { links, ..DagConfig::default() }.resolved(TimeScale::NoGap).unwrap();
    let linked = |links| edges(&Dag::from_events(&events, &with(links)).unwrap());
    assert_eq!(linked(vec![LinkRule::WindowKnn]), [(0, 1)]);
    assert_eq!(linked(vec![LinkRule::SharedKey]), [(0, 2)]);
    assert_eq!(linked(vec![LinkRule::WindowKnn, LinkRule::SharedKey]), [(0, 1), (0, 2)]);
    let keyless = EventTable { keys: vec![], ..events };
    let error = Dag::from_events(&keyless, &with(vec![LinkRule::WindowKnn, LinkRule::SharedKey]));
    assert_eq!(error, Err(DagError::NoKey));
}

#[test]
fn a_missing_price_enters_as_zero_and_no_price_column_drops_the_term() {
    let config = DagConfig::default();
    let kind = Labels::encode([Some("Liquidity_Sweep"), Some("reversal"), None]);
    let t_ms = [0, 3_600_000, 7_200_000];
    let weigh = |prices: Option<[Option<f64>; 3]>, i, j| {
        let prices = prices.map(|prices| prices.to_vec().into());
        EdgeWeights::new(&config.causality(), HORIZON_MS, &t_ms, &kind, prices.as_ref()).unwrap().at(i, j)
    };
    // The shares are divided before they are added: the last bit may differ.
    let is = |got: f64, want: f64| assert!((got - want).abs() <= f64::EPSILON, "{got} {want}");
    let near = 0.25 + 0.3 * 0.8;
    is(weigh(Some([Some(100.0), Some(100.0), None]), 0, 1), near + 0.2);
    is(weigh(Some([Some(100.0), None, None]), 0, 1), near + 0.1);
    is(weigh(Some([None, Some(100.0), None]), 0, 1), near);
    is(weigh(None, 0, 1), near / 0.8);
    is(weigh(None, 0, 2), (0.3 * 0.3) / 0.8);
    // A missing kind matches no entry of the table.
    is(weigh(None, 2, 1), (0.25 + 0.3 * 0.3) / 0.8);
    // 0.3 * 0.3 alone
    assert_eq!(weigh(Some([None, None, None]), 0, 2), 0.1, "no edge weighs less than a tenth");
}

#[test]
fn settings_out_of_range_name_themselves() {
    let broken = [
        (DagConfig { links: vec![], ..DagConfig::default() }, "dag.links"),
        (DagConfig { links: vec![LinkRule::SharedKey; 2], ..DagConfig::default() }, "dag.links"),
        (DagConfig { k: 0, ..DagConfig::default() }, "dag.k"),
        (
            DagConfig { dt_min_minutes: 200.0.into(), dt_max_minutes: 120.0.into(), ..DagConfig::default() },
            "dag.dt_min_minutes",
        ),
        (DagConfig { dt_max_minutes: f64::NAN.into(), ..DagConfig::default() }, "dag.dt_max_minutes"),
        (
            DagConfig { causality: vec![("a".into(), "b".into(), 2.0)], ..DagConfig::default() },
            "dag.causality",
        ),
        (DagConfig { zone_exponent: -1.0, ..DagConfig::default() }, "dag.zone_exponent"),
        (DagConfig { zone_exponent: f64::NAN, ..DagConfig::default() }, "dag.zone_exponent"),
        (DagConfig { zones: vec![0.4, 1.5], ..DagConfig::default() }, "dag.zones"),
        (DagConfig { zones: vec![], ..DagConfig::default() }, "dag.zones"),
    ];
    for (config, key) in broken {
        let error = config.check().unwrap_err();
        assert_eq!(error.setting(), Some(key));
        assert!(error.to_string().contains(key), "{error}");
    }
    DagConfig::default().check().unwrap();
}

#[test]
fn only_rising_ranges_of_a_square_pattern_have_an_interval_form() {
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
fn zones_lower_the_weight_of_events_far_from_them() {
    let t_ms = [0, 60_000, 120_000, 180_000];
    let kind = Labels::encode(vec![None; 4]);
    let prices = vec![Some(100.0), Some(140.0), Some(200.0), None].into();
    let causality = DagConfig::default().causality();
    let weigh = || EdgeWeights::new(&causality, HORIZON_MS, &t_ms, &kind, Some(&prices)).unwrap();
    let (plain, zoned) = (weigh(), weigh().zoned(&[0.40], 1.0));
    // 140 is the zone's level; 100 is 8 radii away, 200 twelve.
    let score = |x: f64| (0.7 * 1.2 + 0.3) * 0.1 * (-0.5 * (x - 1.0)).exp();
    let want = plain.at(0, 1) * score(8.0).sqrt();
    assert!((zoned.at(0, 1) - want.max(0.1)).abs() < 1e-12, "{} {want}", zoned.at(0, 1));
    assert_eq!(zoned.at(0, 2), 0.1, "far from it at both ends");
    let half = (plain.at(1, 3) * 0.5).max(0.1);
    assert!((zoned.at(1, 3) - half).abs() < 1e-12, "half of the one that has a price");
    assert_eq!(weigh().zoned(&[0.40], 0.0).at(0, 2), plain.at(0, 2));
}

#[test]
fn as_many_kinds_as_events_take_linear_memory() {
    let names: Vec<String> = (0..200_000).map(|i| format!("user {i}")).collect();
    let kind = Labels::encode(names.iter().map(|name| Some(name.as_str())));
    let t_ms = vec![0; names.len()];
    let causality = DagConfig::default().causality();
    let weights = EdgeWeights::new(&causality, HORIZON_MS, &t_ms, &kind, None).unwrap();
    assert_eq!(weights.at(7, 199_999), (0.5 + 0.3 * 0.3) / 0.8);
}

#[test]
fn few_events_and_many_weigh_the_same() {
    let names = ["liquidity_sweep", "reversal", "a_reversal_b", "other", ""];
    let causality = DagConfig::default().causality();
    let of = |events: usize| {
        let kind = Labels::encode((0..events).map(|i| Some(names[i * 3 % 5])));
        let t_ms: Vec<i64> = (0..events).map(|i| i as i64 * 60_000).collect();
        let dag = WindowKnn { k: 9, dt_min_ms: 0, dt_max_ms: 7_200_000 }.build(&t_ms).unwrap();
        let weigh = EdgeWeights::new(&causality, HORIZON_MS, &t_ms, &kind, None).unwrap();
        let weights: Vec<f64> = dag.edge_iter().map(|(u, v)| weigh.at(u as usize, v as usize)).collect();
        assert!(weigh.of(&dag).into_iter().eq(weights.iter().map(|&w| w as f32)));
        weights[..20].to_vec()
    };
    // 6 kinds with the missing one: 36 pairs, looked up or worked out.
    assert_eq!(of(20), of(200));
}
