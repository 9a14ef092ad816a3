//! Logs with a pattern planted among other events: what a test should find is known.

use ironforge::dag::LinkRule;

use super::log::{EventLog, LoggedEvent};
use super::random::Draws;

const SESSIONS: u32 = 6;
/// Minutes from the first to each event of a planted pattern.
const TRIPLE: &[f64] = &[0.0, 1.5, 4.0];
const QUADRUPLE: &[f64] = &[0.0, 1.5, 4.0, 6.0];
/// Shares of the three labels of the background.
const FEW: &[f64] = &[0.45, 0.35, 0.2];
/// Twelve of them.
const MANY: &[f64] = &[1.0; 12];

/// A process of logs with a planted pattern.
#[derive(Debug, Clone, Copy)]
pub struct PlantedRow {
    /// Name in tables; also selects the random numbers.
    pub name: &'static str,
    /// Occurrences planted in a session.
    pub planted: u32,
    offsets_minutes: &'static [f64],
    minutes: f64,
    background: Background,
}

/// The events beside the planted ones.
#[derive(Debug, Clone, Copy)]
enum Background {
    /// Events of labels of their own with these shares, and for each label of the pattern as many single events as
    /// bring it to 7: decoys, from which chance makes occurrences too.
    Own { events: u32, shares: &'static [f64] },
    /// Five labels alike, 16 events each, planted ones included: the pattern's labels are everywhere.
    Same,
}

/// Events of each label of a pattern in [`Background::Own`].
const EACH: u32 = 7;
const SAME_LABELS: u32 = 5;
const SAME_EACH: u32 = 16;

const fn rare(name: &'static str, planted: u32, shares: &'static [f64]) -> PlantedRow {
    let background = Background::Own { events: 50, shares };
    PlantedRow { name, planted, offsets_minutes: TRIPLE, minutes: 125.0, background }
}

const fn common(name: &'static str, planted: u32) -> PlantedRow {
    PlantedRow { name, planted, offsets_minutes: TRIPLE, minutes: 150.0, background: Background::Same }
}

/// The rows of the power grid. 71 events a session in `rare` and `quad`, 80 in `common`.
pub const POWER: &[PlantedRow] = &[
    rare("rare2", 2, FEW),
    rare("rare3", 3, FEW),
    common("common4", 4),
    common("common6", 6),
    PlantedRow {
        offsets_minutes: QUADRUPLE,
        background: Background::Own { events: 43, shares: FEW },
        ..rare("quad2", 2, FEW)
    },
];

/// The rows of the false discovery rate. Without planted occurrences every discovery is false.
pub const MIXED: &[PlantedRow] = &[
    rare("noise, 6 labels", 0, FEW),
    rare("mixed, 6 labels", 3, FEW),
    rare("noise, 15 labels", 0, MANY),
    rare("mixed, 15 labels", 3, MANY),
];

impl PlantedRow {
    /// The labels of the planted pattern, in order of time.
    pub fn target(&self) -> Vec<u32> {
        let first = match self.background {
            Background::Own { shares, .. } => shares.len() as u32,
            Background::Same => 0,
        };
        (first..).take(self.offsets_minutes.len()).collect()
    }

    /// Returns whether a pattern of these labels is there for a reason: it holds two of the planted labels.
    pub fn is_true(&self, labels: &[u32]) -> bool {
        self.planted > 0 && self.target().iter().filter(|planted| labels.contains(planted)).count() >= 2
    }

    /// The log of a number.
    pub fn log(&self, number: u32) -> EventLog {
        let session = |session| self.session(&mut Draws::new(self.name, number, session));
        EventLog { sessions: (0..SESSIONS).map(session).collect(), link: LinkRule::WindowKnn }
    }

    fn session(&self, draws: &mut Draws) -> Vec<LoggedEvent> {
        let mut rows = self.occurrences(draws);
        let mut add = |minutes: f64, kind: u32| rows.push(LoggedEvent::new(minutes, kind));
        match self.background {
            Background::Own { events, shares } => {
                for _ in 0..events {
                    add(clock_time(self.minutes, draws), draws.weighted(shares));
                }
                for label in self.target() {
                    (self.planted..EACH).for_each(|_| add(clock_time(self.minutes, draws), label));
                }
            }
            Background::Same => {
                for label in 0..SAME_LABELS {
                    let planted = if self.target().contains(&label) { self.planted } else { 0 };
                    (planted..SAME_EACH).for_each(|_| add(clock_time(self.minutes, draws), label));
                }
            }
        }
        // a file's order says nothing here: the rows of a tie are in any order
        draws.shuffle(&mut rows);
        rows
    }

    /// The events of the planted occurrences, on whole seconds.
    fn occurrences(&self, draws: &mut Draws) -> Vec<LoggedEvent> {
        let longest = self.offsets_minutes[self.offsets_minutes.len() - 1];
        let mut rows = Vec::new();
        for _ in 0..self.planted {
            let start = draws.uniform() * (self.minutes - longest);
            for (offset, label) in self.offsets_minutes.iter().zip(self.target()) {
                rows.push(LoggedEvent::new(whole_seconds(start + offset), label));
            }
        }
        rows
    }
}

/// A time of a session of `minutes`; two clocks of three show whole minutes, the third whole seconds.
fn clock_time(minutes: f64, draws: &mut Draws) -> f64 {
    let at = minutes * draws.uniform();
    if draws.chance(2.0 / 3.0) { at.floor() } else { whole_seconds(at) }
}

fn whole_seconds(minutes: f64) -> f64 {
    (minutes * 60.0).floor() / 60.0
}
