//! Events of equal time: their number, and the notes on them.

use serde::Serialize;

use super::Note;
use crate::events::greatest_common_divisor;
use crate::table::{Session, SourceForm, TimeResolution};

/// Share of tied events above which times whose typical gap is the resolution itself are coarse: a clock that ticks
/// once an event is exact although its gaps are as short as they can be, since it hardly has ties.
const COARSE_SHARE: f64 = 0.25;

/// Events of equal time of a run.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct TieReport {
    /// Number of events whose time another event of their session has, at the resolution of the source.
    pub events: usize,
    /// Their share of all events.
    pub share: f64,
    /// Number of events whose order no `seq` of the source gives either: they are ordered by a hash.
    pub unordered: usize,
    /// Greatest common divisor of the gaps between the times of a session, over all sessions, milliseconds; `None` if
    /// no session has two times.
    pub resolution_ms: Option<f64>,
}

impl TieReport {
    pub(crate) fn new(sessions: &[Session]) -> Self {
        let all = together(sessions);
        let events = events(sessions);
        Self {
            events: all.tied,
            share: if events == 0 { 0.0 } else { all.tied as f64 / events as f64 },
            unordered: all.unordered,
            resolution_ms: (all.resolution_ns > 0).then_some(all.resolution_ns as f64 / 1e6),
        }
    }
}

fn events(sessions: &[Session]) -> usize {
    sessions.iter().map(|session| session.events.len()).sum()
}

/// The resolution of all sessions together.
fn together(sessions: &[Session]) -> TimeResolution {
    let of = || sessions.iter().map(|session| session.origin.resolution);
    let resolution_ns = of().map(|one| one.resolution_ns).fold(0, greatest_common_divisor);
    TimeResolution {
        tied: of().map(|one| one.tied).sum(),
        unordered: of().map(|one| one.unordered).sum(),
        resolution_ns,
        gaps: of().map(|one| one.gaps).sum(),
        // A session of a coarser resolution has no gap this short.
        shortest_gaps: of()
            .filter(|one| one.resolution_ns == resolution_ns)
            .map(|one| one.shortest_gaps)
            .sum(),
    }
}

/// The notes on ties of a run.
pub(super) fn tie_notes(sessions: &[Session]) -> Vec<Note> {
    let all = together(sessions);
    [unordered(sessions, &all), coarse_times(sessions, &all)].into_iter().flatten().collect()
}

fn percent(events: usize, of: usize) -> String {
    format!("{events} of {of} events ({:.1} %)", 100.0 * events as f64 / of as f64)
}

fn unordered(sessions: &[Session], all: &TimeResolution) -> Option<Note> {
    if all.unordered == 0 {
        return None;
    }
    let (remedy, setting) = match sessions.iter().any(|s| s.origin.form == SourceForm::TABLE) {
        true => ("; name a column that gives the order with --seq, if there is one", Some("session.seq")),
        false => ("", None),
    };
    let many = percent(all.unordered, events(sessions));
    let text = format!(
        "{many} have the time of another event of their session, and no order among them: they are ordered by a \
         hash of the seed and their content{remedy}"
    );
    Some(Note { code: "ties", text, setting })
}

/// Warns where most events are tied, or half of the gaps are as short as the resolution and a good part of the events
/// is tied: events closer than the resolution cannot be told apart.
fn coarse_times(sessions: &[Session], all: &TimeResolution) -> Option<Note> {
    let total = events(sessions);
    let most = 2 * all.tied > total;
    let typical_gap_is_resolution = all.gaps > 0 && 2 * all.shortest_gaps >= all.gaps;
    let is_coarse = most || typical_gap_is_resolution && all.tied as f64 > COARSE_SHARE * total as f64;
    if !is_coarse {
        return None;
    }
    let resolution = match all.resolution_ns {
        0 => "all times of a session are equal".to_owned(),
        ns => format!("the times have a resolution of {}", duration(ns)),
    };
    let many = percent(all.tied, total);
    let text = format!(
        "warning: {resolution}, and {many} have the time of another event of their session: what happens within \
         one time is lost, so a pattern that is faster than that cannot be found; use finer times if the source \
         has them"
    );
    Some(Note { code: "coarse-times", text, setting: Some("session.time") })
}

/// A duration in the largest unit that divides it.
fn duration(ns: u128) -> String {
    let units = [(3_600_000_000_000, "h"), (60_000_000_000, "min"), (1_000_000_000, "s"), (1_000_000, "ms")];
    let units = units.into_iter().chain([(1000, "us"), (1, "ns")]);
    units
        .into_iter()
        .find(|(unit, _)| ns.is_multiple_of(*unit))
        .map_or_else(String::new, |(unit, name)| format!("{} {name}", ns / unit))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::table::{EventTable, SessionOrigin};

    fn session(events: usize, resolution: TimeResolution) -> Session {
        let events = EventTable { t_ms: vec![0; events], ..EventTable::default() };
        Session {
            events,
            origin: SessionOrigin { resolution, ..SessionOrigin::default() },
            ..Session::default()
        }
    }

    #[test]
    fn times_are_coarse_by_the_documented_rule() {
        let codes = |tied, resolution_ns, gaps, shortest_gaps| {
            let one = TimeResolution { tied, unordered: tied, resolution_ns, gaps, shortest_gaps };
            tie_notes(&[session(100, one)]).iter().map(|note| note.code).collect::<Vec<_>>()
        };
        assert_eq!(codes(0, 1, 99, 99), [""; 0]);
        assert_eq!(codes(51, 1, 60, 0), ["ties", "coarse-times"]);
        assert_eq!(codes(50, 1, 60, 29), ["ties"]);
        assert_eq!(codes(26, 1, 60, 30), ["ties", "coarse-times"]);
        assert_eq!(codes(25, 1, 60, 60), ["ties"]);
        assert_eq!(codes(100, 0, 0, 0), ["ties", "coarse-times"]);
    }

    #[test]
    fn sessions_share_one_resolution() {
        let one = |resolution_ns, shortest_gaps| {
            let resolution = TimeResolution { resolution_ns, gaps: 10, shortest_gaps, ..Default::default() };
            session(11, resolution)
        };
        let of = |sessions: &[Session]| together(sessions);
        assert_eq!(of(&[one(6_000_000, 4), one(9_000_000, 5)]).resolution_ns, 3_000_000);
        assert_eq!(of(&[one(6_000_000, 4), one(9_000_000, 5)]).shortest_gaps, 0);
        assert_eq!(of(&[one(6_000_000, 4), one(12_000_000, 5), one(0, 0)]).shortest_gaps, 4);
        assert_eq!(TieReport::new(&[one(6_500_000, 4)]).resolution_ms, Some(6.5));
        assert_eq!(duration(90_000_000_000), "90 s");
        assert_eq!(duration(300_000_000_000), "5 min");
        assert_eq!(duration(7), "7 ns");
    }
}
