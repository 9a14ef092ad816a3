//! When events happen.

use super::random::Draws;

/// Mean time of an event after the start of its burst.
const BURST_MINUTES: f64 = 1.5;

/// A process of event times.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Times {
    /// Events at a constant rate.
    Uniform,
    /// Bursts at a constant rate; each event belongs to one of them, and follows its start by a short time.
    Bursts {
        /// Mean number of events of a burst.
        events: u32,
    },
}

/// An event without its label.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Arrival {
    /// Since the start of the session.
    pub minutes: f64,
    /// Number of its burst; 0 if there are none.
    pub burst: u32,
}

impl Times {
    /// `n` events of a session of `minutes`, in order.
    pub fn draw(self, n: u32, minutes: f64, draws: &mut Draws) -> Vec<Arrival> {
        let mut arrivals: Vec<Arrival> = match self {
            Self::Uniform => {
                (0..n).map(|_| Arrival { minutes: minutes * draws.uniform(), burst: 0 }).collect()
            }
            Self::Bursts { events } => {
                let starts: Vec<f64> = (0..n / events).map(|_| minutes * draws.uniform()).collect();
                let event = |_| {
                    let burst = draws.below(starts.len() as u32);
                    let minutes = starts[burst as usize] + draws.exponential(BURST_MINUTES);
                    Arrival { minutes, burst }
                };
                (0..n).map(event).collect()
            }
        };
        arrivals.sort_by(|a, b| a.minutes.total_cmp(&b.minutes));
        arrivals
    }
}
