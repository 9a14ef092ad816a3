//! From a log to tested patterns, by the library's own reader, order of ties, link rules and miner.
//!
//! Only this file knows how: the library has no public function that takes a table in memory and mines it. Once it has
//! one, [`mined`] should be a call of it, so that the logs pass through everything that a user's log passes through.

use ironforge::dag::{Dag, DagConfig, Linker};
use ironforge::events::{ColumnMap, TieOrder, TimeColumn, from_table};
use ironforge::motif::{MiningResult, MotifConfig, MotifGraph, mine};
use ironforge::scale::TimeScale;
use ironforge::table::{Column, EventTable, Labels, Session, Table, Values};

use super::log::{EventLog, LoggedEvent};

/// Start of the first session: 2025-01-06, 09:00 UTC. Another starts every day.
const START_US: i64 = 1_736_154_000_000_000;
const DAY_US: i64 = 86_400_000_000;

/// The patterns of a log. Label codes are the kinds of the log; `seed` also decides the order of ties.
pub fn mined(log: &EventLog, seed: u64, config: &MotifConfig) -> MiningResult {
    let dag_config = DagConfig { links: vec![log.link], ..DagConfig::default() };
    let sessions = sessions(log, seed);
    let labels: Vec<Vec<u32>> = sessions.iter().map(|session| codes(&session.events)).collect();
    let scale = TimeScale::of_times(sessions.iter().map(|session| &session.events.t_ms[..]));
    let links = dag_config.resolved(scale).unwrap();
    let dags: Vec<Dag> =
        sessions.iter().map(|session| Dag::from_events(&session.events, &links).unwrap()).collect();
    let linkers: Vec<Linker> =
        sessions.iter().map(|session| Linker::of(&session.events, &links).unwrap()).collect();
    let graphs: Vec<MotifGraph<'_>> = (0..sessions.len())
        .map(|i| {
            let graph = MotifGraph::new(dags[i].pattern(), &labels[i], &sessions[i].events.t_ms).unwrap();
            graph.with_edge_rule(&linkers[i])
        })
        .collect();
    mine(&graphs, config, seed, &|_, _| {}).unwrap()
}

/// The sessions of a log, read from one table.
fn sessions(log: &EventLog, seed: u64) -> Vec<Session> {
    let rows: Vec<(usize, &LoggedEvent)> = log
        .sessions
        .iter()
        .enumerate()
        .flat_map(|(at, rows)| rows.iter().map(move |row| (at, row)))
        .collect();
    let texts = |of: &dyn Fn(&(usize, &LoggedEvent)) -> Option<String>| {
        let texts: Vec<Option<String>> = rows.iter().map(of).collect();
        Values::Text(Labels::encode(texts.iter().map(Option::as_deref)))
    };
    let t_us = |&(at, row): &(usize, &LoggedEvent)| START_US + at as i64 * DAY_US + row.t_us;
    let has_keys = rows.iter().any(|(_, row)| row.key.is_some());
    let table = Table::new(vec![
        Column::new("t", "", Values::I64(rows.iter().map(t_us).collect())),
        Column::new("kind", "", texts(&|(_, row)| Some(name(row.kind)))),
        Column::new("session", "", texts(&|(at, _)| Some(format!("session-{at:03}")))),
        Column::new("entity", "", texts(&|(_, row)| row.key.map(|key| format!("entity-{key}")))),
    ]);
    let map = ColumnMap {
        time: Some(TimeColumn::parse("t:us").unwrap()),
        kind: Some("kind".to_owned()),
        group: Some("session".to_owned()),
        keys: if has_keys { vec!["entity".to_owned()] } else { Vec::new() },
        numeric: Some(Vec::new()),
        ..ColumnMap::default()
    };
    from_table(table, &map, "calibration", "", TieOrder::Hash { seed, fold_case: false }).unwrap()
}

/// The text of a kind; texts sort as the kinds do.
fn name(kind: u32) -> String {
    char::from_u32(u32::from('a') + kind).unwrap().to_string()
}

/// The kinds of a session's events.
fn codes(events: &EventTable) -> Vec<u32> {
    let code = |text: Option<&str>| u32::from(text.unwrap().chars().next().unwrap()) - u32::from('a');
    events.kind.iter().map(code).collect()
}
