//! Logs whose making is known.

use ironforge::csr::CsrPattern;
use ironforge::dag::WindowKnn;
use ironforge::motif::MotifGraph;
use ironforge::philox::{Philox, Stream};

/// The default rule.
const RULE: WindowKnn = WindowKnn { k: 4, dt_min_ms: 60_000, dt_max_ms: 7_200_000 };
const SESSIONS: u32 = 6;
/// Mean time between events, minutes.
const GAP: f64 = 6.0;
/// Labels of the pattern that [`Log::planted`] holds.
pub const PLANTED: [u32; 3] = [1, 2, 3];

/// The sessions of a log.
pub struct Log(Vec<Session>);

/// Events of one session, linked by [`RULE`].
struct Session {
    t_ms: Vec<i64>,
    labels: Vec<u32>,
    row_ptr: Vec<u32>,
    col_idx: Vec<u32>,
}

/// A process in which no event has to do with another: labels are drawn one by one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Generator {
    /// Events at a constant rate, labels alike.
    Stationary,
    /// Events at a constant rate; the mix of labels drifts in the course of the session.
    Drift,
    /// Events in bursts, labels alike.
    Bursts,
    /// Events at a constant rate; one label is frequent for two hours, then rare for two.
    Clusters120,
    /// As that, but for an hour.
    Clusters60,
}

impl Generator {
    pub const ALL: [Self; 5] =
        [Self::Stationary, Self::Drift, Self::Bursts, Self::Clusters120, Self::Clusters60];

    /// Time in which the mix of labels changes there and back; `None` if it does not.
    pub fn period_minutes(self) -> Option<f64> {
        match self {
            Self::Stationary | Self::Bursts => None,
            // once from end to end: half a period
            Self::Drift => Some(2.0 * 25.0 * GAP),
            Self::Clusters120 => Some(240.0),
            Self::Clusters60 => Some(120.0),
        }
    }

    pub fn log(self, seed: u32) -> Log {
        let philox = Philox::new(seed.into()).fork(0x6361);
        Log((0..SESSIONS).map(|session| self.session(&mut philox.stream(self as u32, session))).collect())
    }

    fn session(self, numbers: &mut Stream) -> Session {
        let n = 25 + numbers.below(26);
        // one event in five ends a burst
        let mean = |at: u32| {
            if self != Self::Bursts {
                GAP
            } else if at.is_multiple_of(5) {
                30.0
            } else {
                1.0
            }
        };
        let minutes = times(numbers, n, mean);
        let last = minutes[minutes.len() - 1];
        let phase = uniform(numbers);
        let label = |&at: &f64| match self {
            Self::Stationary | Self::Bursts => numbers.below(3),
            Self::Drift => mixed(numbers, 0.9 - 0.8 * at / last),
            Self::Clusters120 | Self::Clusters60 => {
                let turns = self.period_minutes().map_or(0.0, |period| at / period);
                mixed(numbers, 0.5 + 0.4 * (std::f64::consts::TAU * (turns + phase)).sin())
            }
        };
        let labels: Vec<u32> = minutes.iter().map(label).collect();
        Session::new(minutes.into_iter().zip(labels).collect())
    }
}

impl Log {
    /// Events of six labels at a constant rate and, five times a session, three more that follow each other in two to
    /// four minutes: [`PLANTED`].
    pub fn planted(seed: u32) -> Self {
        let philox = Philox::new(seed.into()).fork(0x6370);
        let session = |session| {
            let mut numbers = philox.stream(0, session);
            let minutes = times(&mut numbers, 30, |_| GAP);
            let last = minutes[minutes.len() - 1];
            let mut events: Vec<(f64, u32)> = minutes.into_iter().map(|at| (at, numbers.below(6))).collect();
            for _ in 0..5 {
                let mut at = uniform(&mut numbers) * last;
                for label in PLANTED {
                    events.push((at, label));
                    at += 2.0 + 2.0 * uniform(&mut numbers);
                }
            }
            Session::new(events)
        };
        Self((0..2 * SESSIONS).map(session).collect())
    }

    pub fn lend(&self) -> Vec<MotifGraph<'_>> {
        self.0.iter().map(Session::lend).collect()
    }
}

impl Session {
    /// Of events at minutes in any order, to the second.
    fn new(mut events: Vec<(f64, u32)>) -> Self {
        events.sort_by(|a, b| a.0.total_cmp(&b.0));
        let (t_ms, labels): (Vec<i64>, Vec<u32>) =
            events.into_iter().map(|(at, label)| ((at * 60.0).round() as i64 * 1000, label)).unzip();
        let (row_ptr, col_idx) = RULE.build(&t_ms).unwrap().to_csr().unwrap();
        Self { t_ms, labels, row_ptr, col_idx }
    }

    fn lend(&self) -> MotifGraph<'_> {
        let pattern = CsrPattern::new(&self.row_ptr, &self.col_idx, self.t_ms.len()).unwrap();
        MotifGraph::new(pattern, &self.labels, &self.t_ms).unwrap().with_edge_rule(&RULE)
    }
}

/// Above 0 and below 1.
fn uniform(numbers: &mut Stream) -> f64 {
    (f64::from(numbers.next_u32()) + 0.5) / 4_294_967_296.0
}

/// Label 0 with this chance, else 1 or 2.
fn mixed(numbers: &mut Stream, chance: f64) -> u32 {
    if uniform(numbers) < chance { 0 } else { 1 + numbers.below(2) }
}

/// Minutes of `n` events, the time before each exponential with a mean of its own.
fn times(numbers: &mut Stream, n: u32, mean: impl Fn(u32) -> f64) -> Vec<f64> {
    let mut now = 0.0;
    (0..n).map(|at| (now -= mean(at) * uniform(numbers).ln(), now).1).collect()
}
