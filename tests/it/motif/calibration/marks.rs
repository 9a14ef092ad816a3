//! Which labels events have: processes without any pattern of three events, but with the structure of real logs.

use std::f64::consts::TAU;

use super::random::Draws;
use super::times::Arrival;

/// A process of labels, given the times.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Marks {
    /// Every label equally likely.
    Independent,
    /// With this chance the label of the event before, else any.
    Sticky(f64),
    /// With chance .4 the label of the last event but one, else any.
    OrderTwo,
    /// A sticky chain (.85) of hidden states, each seen as itself with chance .7, else as any label.
    Hidden,
    /// A state that changes every 6 minutes on average, whatever the events; seen with chance .8, else any label.
    ClockState,
    /// One label is frequent at the start of the session, another at its end.
    Drift {
        /// Chance of the label of the event before.
        sticky: f64,
    },
    /// The share of one label oscillates between .1 and .9 with a period of two hours.
    Wave {
        /// Chance of the label of the event before.
        sticky: f64,
    },
    /// Each burst prefers a label: it has chance .5, else any.
    BurstMix,
    /// All events of a burst have the same label.
    BurstLabel,
}

const WAVE_MINUTES: f64 = 120.0;
/// Mean time between changes of [`Marks::ClockState`].
const STATE_MINUTES: f64 = 6.0;

impl Marks {
    /// The label of each event of a session of `minutes`: one of 0..`labels`.
    pub fn draw(self, arrivals: &[Arrival], minutes: f64, labels: u32, draws: &mut Draws) -> Vec<u32> {
        let n = arrivals.len();
        match self {
            Self::Independent => (0..n).map(|_| draws.below(labels)).collect(),
            Self::Sticky(stay) => chain(n, stay, draws, |_, draws| draws.below(labels)),
            Self::OrderTwo => {
                let mut drawn: Vec<u32> = (0..n).map(|_| draws.below(labels)).collect();
                for i in 2..n {
                    if draws.chance(0.4) {
                        drawn[i] = drawn[i - 2];
                    }
                }
                drawn
            }
            Self::Hidden => {
                let states = chain(n, 0.85, draws, |_, draws| draws.below(labels));
                seen(&states, 0.7, labels, draws)
            }
            Self::ClockState => seen(&clock_states(arrivals, labels, draws), 0.8, labels, draws),
            Self::Drift { sticky } => chain(n, sticky, draws, |i, draws| {
                let share = arrivals[i].minutes / minutes;
                let weight = |label| match label {
                    0 => 8.0 * (1.0 - share) + 0.3,
                    1 => 8.0 * share + 0.3,
                    _ => 1.0,
                };
                draws.weighted(&(0..labels).map(weight).collect::<Vec<f64>>())
            }),
            Self::Wave { sticky } => {
                let phase = draws.uniform();
                chain(n, sticky, draws, |i, draws| {
                    let turns = arrivals[i].minutes / WAVE_MINUTES + phase;
                    if draws.chance(0.5 + 0.4 * (TAU * turns).sin()) {
                        0
                    } else {
                        1 + draws.below(labels - 1)
                    }
                })
            }
            Self::BurstMix => seen(&burst_labels(arrivals, labels, draws), 0.5, labels, draws),
            Self::BurstLabel => burst_labels(arrivals, labels, draws),
        }
    }
}

/// Labels that repeat the one before with chance `stay`; else `fresh(i)`, which may repeat it too.
fn chain(n: usize, stay: f64, draws: &mut Draws, fresh: impl Fn(usize, &mut Draws) -> u32) -> Vec<u32> {
    let mut labels: Vec<u32> = Vec::with_capacity(n);
    for i in 0..n {
        let repeated = labels.last().copied().filter(|_| draws.chance(stay));
        labels.push(repeated.unwrap_or_else(|| fresh(i, draws)));
    }
    labels
}

/// Each state with this chance, else any label.
fn seen(states: &[u32], chance: f64, labels: u32, draws: &mut Draws) -> Vec<u32> {
    states.iter().map(|&state| if draws.chance(chance) { state } else { draws.below(labels) }).collect()
}

/// The state at each event.
fn clock_states(arrivals: &[Arrival], labels: u32, draws: &mut Draws) -> Vec<u32> {
    let (mut state, mut ends) = (draws.below(labels), draws.exponential(STATE_MINUTES));
    let at = |arrival: &Arrival| {
        while ends <= arrival.minutes {
            (state, ends) = (draws.below(labels), ends + draws.exponential(STATE_MINUTES));
        }
        state
    };
    arrivals.iter().map(at).collect()
}

/// A label for each burst, by event.
fn burst_labels(arrivals: &[Arrival], labels: u32, draws: &mut Draws) -> Vec<u32> {
    let bursts = arrivals.iter().map(|arrival| arrival.burst + 1).max().unwrap_or(0);
    let own: Vec<u32> = (0..bursts).map(|_| draws.below(labels)).collect();
    arrivals.iter().map(|arrival| own[arrival.burst as usize]).collect()
}
