//! From a log to tested patterns, by the library's own order, link rules and miner.
//!
//! Only this file knows how: the library has no public function that takes sessions in memory and mines them. Once it
//! has one, [`mined`] should be a call of it, so that the logs pass through everything that a user's log passes
//! through.

use ironforge::dag::{Dag, DagConfig, Linker};
use ironforge::events::{Time, time_order};
use ironforge::motif::{MiningResult, MotifConfig, MotifGraph, mine};
use ironforge::scale::TimeScale;
use ironforge::table::{EventTable, KeyColumn, Labels, Session};

use super::log::{EventLog, LoggedEvent};

/// Start of the first session: 2025-01-06, 09:00 UTC. Another starts every day.
const START_MS: i64 = 1_736_154_000_000;
const DAY_MS: i64 = 86_400_000;

/// The patterns of a log. Label codes are the kinds of the log; `seed` also decides whatever the order of events
/// draws at random.
pub fn mined(log: &EventLog, seed: u64, config: &MotifConfig) -> MiningResult {
    let dag_config = DagConfig { links: vec![log.link], ..DagConfig::default() };
    let sessions: Vec<Session> = log.sessions.iter().zip(0..).map(|(rows, at)| session(rows, at)).collect();
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

/// The session of some rows, events in the library's order.
fn session(rows: &[LoggedEvent], number: i64) -> Session {
    let start_ms = START_MS + number * DAY_MS;
    let time = |row: &LoggedEvent| {
        Time::from_ns((i128::from(start_ms) * 1000 + i128::from(row.t_us)) * 1000).unwrap()
    };
    let times: Vec<Time> = rows.iter().map(time).collect();
    let order = time_order(&times, None);
    let kinds: Vec<String> = rows.iter().map(|row| name(row.kind)).collect();
    let keys: Vec<Option<String>> =
        rows.iter().map(|row| row.key.map(|key| format!("entity-{key}"))).collect();
    let has_keys = keys.iter().any(Option::is_some);
    let key_column = || KeyColumn {
        name: "entity".to_owned(),
        labels: Labels::encode(order.iter().map(|&row| keys[row].as_deref())),
    };
    let events = EventTable {
        t_ms: order.iter().map(|&row| times[row].t_ms).collect(),
        seq: (0..rows.len() as i64).collect(),
        event_index: order.iter().map(|&row| row as u32).collect(),
        kind: Labels::encode(order.iter().map(|&row| Some(kinds[row].as_str()))),
        keys: has_keys.then(key_column).into_iter().collect(),
        ..EventTable::default()
    };
    Session {
        id: format!("session-{number}"),
        source: "calibration".to_owned(),
        events,
        ..Session::default()
    }
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
