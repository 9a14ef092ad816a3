//! Windows set to `auto`: the same results for times in any unit, and widths that suit any log.

use ironforge::dag::{Dag, DagConfig, DagError, DagView, LinkRule, Linker, ResolvedLinks};
use ironforge::motif::{MiningResult, MotifConfig, MotifGraph, Null, mine};
use ironforge::scale::{TimeScale, Widths, WindowMinutes};
use ironforge::table::{EventTable, KeyColumn, Labels};
use proptest::prelude::*;

/// Sessions of events with a label and a user.
type Log = Vec<Vec<(i64, u32, u32)>>;

const USERS: [&str; 3] = ["ann", "bob", "cid"];
const BOTH: [LinkRule; 2] = [LinkRule::WindowKnn, LinkRule::SharedKey];

/// A log with ties: most steps are small, and one in three is 0.
fn log() -> impl Strategy<Value = Log> {
    let step = prop_oneof![Just(0_i64), 1..5_i64, 1..40_i64];
    let event = (step, 0..3_u32, 0..3_u32);
    let session = (-1000..1000_i64, prop::collection::vec(event, 0..40));
    prop::collection::vec(session, 1..4).prop_map(|sessions| {
        let in_order = |(mut t, steps): (i64, Vec<(i64, u32, u32)>)| {
            let at = |(step, label, user)| {
                t += step;
                (t, label, user)
            };
            steps.into_iter().map(at).collect()
        };
        sessions.into_iter().map(in_order).collect()
    })
}

fn tables(log: &Log, factor: i64) -> Vec<EventTable> {
    let table = |session: &Vec<(i64, u32, u32)>| EventTable {
        t_ms: session.iter().map(|event| event.0 * factor).collect(),
        keys: vec![KeyColumn {
            name: "user".to_owned(),
            labels: Labels::encode(session.iter().map(|event| Some(USERS[event.2 as usize]))),
        }],
        ..EventTable::default()
    };
    log.iter().map(table).collect()
}

fn scale_of(tables: &[EventTable]) -> TimeScale {
    TimeScale::of_times(tables.iter().map(|table| &table.t_ms[..]))
}

fn links(tables: &[EventTable]) -> ResolvedLinks {
    let config = DagConfig { links: BOTH.to_vec(), ..DagConfig::default() };
    config.resolved(scale_of(tables)).unwrap()
}

fn dags(tables: &[EventTable], links: &ResolvedLinks) -> Vec<Dag> {
    tables.iter().map(|table| Dag::from_events(table, links).unwrap()).collect()
}

/// The motifs of a log whose times are multiplied by `factor`, with every window `auto`.
fn mined(log: &Log, factor: i64, null: Null) -> (Vec<Dag>, MiningResult) {
    let tables = tables(log, factor);
    let links = links(&tables);
    let dags = dags(&tables, &links);
    let rules: Vec<Linker> = tables.iter().map(|table| Linker::of(table, &links).unwrap()).collect();
    let labels: Vec<Vec<u32>> = log.iter().map(|s| s.iter().map(|event| event.1).collect()).collect();
    let graphs: Vec<MotifGraph<'_>> = (0..log.len())
        .map(|i| {
            let graph = MotifGraph::new(dags[i].pattern(), &labels[i], &tables[i].t_ms).unwrap();
            graph.with_edge_rule(&rules[i])
        })
        .collect();
    let config = MotifConfig { null, max_nodes: 4, min_count: 2, iterations: 19, ..MotifConfig::default() };
    let result = mine(&graphs, &config, 5, &|_, _| {}).unwrap();
    (dags, result)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    #[test]
    fn times_in_another_unit_give_the_same_edges_counts_and_p_values(log in log(), other in 2_i64..50) {
        for null in Null::ALL {
            let (dags, result) = mined(&log, 1, null);
            for factor in [other, 1000] {
                let (scaled_dags, scaled) = mined(&log, factor, null);
                prop_assert_eq!(&scaled_dags, &dags, "{}", factor);
                prop_assert_eq!(&scaled.rows, &result.rows, "{} {}", null.name(), factor);
                prop_assert_eq!(&scaled.census, &result.census, "{} {}", null.name(), factor);
                prop_assert_eq!(scaled.held_out, result.held_out, "{} {}", null.name(), factor);
            }
        }
    }

    #[test]
    fn the_scale_depends_on_neither_the_order_of_sessions_nor_that_of_rows(log in log(), turn in 0_usize..40) {
        let tables = tables(&log, 1);
        let mut turned: Vec<Vec<i64>> = tables.iter().rev().map(|table| table.t_ms.clone()).collect();
        for t_ms in turned.iter_mut().filter(|t_ms| !t_ms.is_empty()) {
            let by = turn % t_ms.len();
            t_ms.rotate_left(by);
        }
        prop_assert_eq!(TimeScale::of_times(turned.iter().map(|t_ms| &t_ms[..])), scale_of(&tables));
    }
}

/// Numbers of events of the blocks that hold any.
fn block_sizes(t_ms: &[i64], widths: Widths) -> Vec<usize> {
    let block = |t: &i64| t.abs_diff(t_ms[0]) / widths.block_ms;
    t_ms.chunk_by(|a, b| block(a) == block(b)).map(<[i64]>::len).collect()
}

#[test]
fn half_a_minute_of_milliseconds_and_years_of_days_have_edges_and_blocks_of_several_events() {
    let half_a_minute: Vec<i64> = (0..500).map(|i| i * 60 + i * i % 7).collect();
    // Five bars a week.
    let days: Vec<i64> = (0..700).filter(|day| day % 7 < 5).map(|day| day * 86_400_000).collect();
    for t_ms in [half_a_minute, days] {
        let table = EventTable { t_ms, ..EventTable::default() };
        let scale = scale_of(std::slice::from_ref(&table));
        let links = DagConfig::default().resolved(scale).unwrap();
        let dag = Dag::from_events(&table, &links).unwrap();
        assert!(dag.edges() >= 4 * (table.len() as u64 - 4), "{scale:?}: {} edges", dag.edges());
        let sizes = block_sizes(&table.t_ms, scale.widths());
        assert!(sizes.len() > 10 && sizes[..sizes.len() - 1].iter().all(|&n| n >= 5), "{scale:?}: {sizes:?}");
    }
}

#[test]
fn a_number_wins_each_setting_by_itself() {
    let scale = TimeScale::of_times([&[0, 3, 6][..]]);
    assert_eq!(
        scale.widths(),
        Widths { dt_min_ms: 2, dt_max_ms: 192, key_window_ms: 2304, block_ms: 30, jitter_ms: 48 }
    );
    let windows = |config: DagConfig| {
        let links = config.resolved(scale).unwrap();
        (links.window_knn.dt_min_ms, links.window_knn.dt_max_ms, links.shared_key.window_ms)
    };
    let auto = DagConfig::default();
    assert_eq!(windows(auto.clone()), (2, 192, 2304));
    assert_eq!(windows(DagConfig { dt_min_minutes: 0.0.into(), ..auto.clone() }), (0, 192, 2304));
    assert_eq!(windows(DagConfig { dt_max_minutes: 2.0.into(), ..auto.clone() }), (2, 120_000, 2304));
    assert_eq!(windows(DagConfig { key_window_minutes: 0.5.into(), ..auto.clone() }), (2, 192, 30_000));
    let horizon = |links: &[LinkRule]| {
        let config = DagConfig { links: links.to_vec(), ..auto.clone() };
        config.resolved(scale).unwrap().horizon_ms()
    };
    assert_eq!((horizon(&BOTH[..1]), horizon(&BOTH[1..]), horizon(&BOTH)), (192, 2304, 2304));
}

#[test]
fn a_number_that_contradicts_auto_is_refused_and_the_remedy_named() {
    let scale = TimeScale::of_times([&[0, 60_000][..]]);
    for (config, setting) in [
        (DagConfig { dt_max_minutes: 0.0.into(), ..DagConfig::default() }, "dag.dt_min_minutes"),
        (DagConfig { dt_min_minutes: 65.0.into(), ..DagConfig::default() }, "dag.dt_max_minutes"),
    ] {
        config.check().unwrap();
        let error = config.resolved(scale).unwrap_err();
        assert_eq!(error.setting(), Some(setting));
        let text = error.to_string();
        assert!(text.starts_with(&format!("{setting} = auto")) && text.ends_with("set both"), "{text}");
    }
    let invalid = DagConfig { dt_min_minutes: f64::NAN.into(), ..DagConfig::default() };
    assert!(matches!(invalid.resolved(scale), Err(DagError::Setting { .. })));
}

#[test]
fn motifs_are_tested_with_the_width_that_is_set() {
    // Events a minute apart, whose labels 0 and 1 take turns every twelve minutes.
    let t_ms: Vec<i64> = (0..60).map(|i| i * 60_000).collect();
    let labels: Vec<u32> = (0..60).map(|i| i / 12 % 2).collect();
    let links = DagConfig::default().resolved(TimeScale::of_times([&t_ms[..]])).unwrap();
    let events = EventTable { t_ms, ..EventTable::default() };
    let dag = Dag::from_events(&events, &links).unwrap();
    let graph = MotifGraph::new(dag.pattern(), &labels, &events.t_ms).unwrap();
    let movable = |block_minutes| {
        let config = MotifConfig { block_minutes, max_nodes: 3, iterations: 9, ..MotifConfig::default() };
        mine(&[graph], &config, 1, &|_, _| {}).unwrap().movable_events
    };
    assert_eq!(movable(WindowMinutes::Set(12.0)), 0, "every block has one label");
    assert_eq!(movable(WindowMinutes::Auto), movable(WindowMinutes::Set(10.0)));
    assert!(movable(WindowMinutes::Auto) > 0);
}
