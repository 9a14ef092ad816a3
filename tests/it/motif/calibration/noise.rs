//! Noise: logs without any pattern of three events, by row of the table of error rates.

use ironforge::dag::LinkRule;

use super::log::{EventLog, LoggedEvent};
use super::marks::Marks;
use super::random::Draws;
use super::times::Times;

/// A row: a process of logs.
#[derive(Debug, Clone, Copy)]
pub struct NoiseRow {
    /// Name in the table; also selects the random numbers, so a row that is renamed has other logs.
    pub name: &'static str,
    /// True if labels are exchangeable inside blocks of 15 minutes, exactly or nearly: the assumption of the stratified
    /// null. Rows that are equal in time count as exchangeable: a source's order among them carries no information
    /// about the process.
    pub exchangeable: bool,
    sessions: u32,
    /// Events of a session.
    events: u32,
    minutes: f64,
    labels: u32,
    times: Times,
    marks: Marks,
    /// Step of the clock in minutes; rows of equal time are then sorted by label.
    step_minutes: Option<f64>,
    /// Factor on the times, applied last.
    time_scale: f64,
    /// Number of entities, by which the events are then linked; 0: they are linked by time.
    entities: u32,
}

const INDEPENDENT: NoiseRow = NoiseRow {
    name: "independent",
    exchangeable: true,
    sessions: 6,
    events: 80,
    minutes: 200.0,
    labels: 5,
    times: Times::Uniform,
    marks: Marks::Independent,
    step_minutes: None,
    time_scale: 1.0,
    entities: 0,
};

/// A row of [`INDEPENDENT`] with other labels, which depend on one another.
const fn dependent(name: &'static str, marks: Marks) -> NoiseRow {
    NoiseRow { name, exchangeable: false, marks, ..INDEPENDENT }
}

/// A row of [`INDEPENDENT`] on a coarse clock, sessions of four hours.
const fn tied(name: &'static str, step_minutes: f64, labels: u32) -> NoiseRow {
    NoiseRow { name, step_minutes: Some(step_minutes), minutes: 240.0, labels, ..INDEPENDENT }
}

/// The row with the mean gap of 2.5 minutes brought to `gap_minutes`.
const fn rescaled(name: &'static str, row: NoiseRow, gap_minutes: f64) -> NoiseRow {
    NoiseRow { name, time_scale: gap_minutes / 2.5, ..row }
}

const BURSTS: Times = Times::Bursts { events: 8 };
/// Gap of 80 events in 30 seconds.
const SHORT_GAP_MINUTES: f64 = 0.5 / 80.0;
/// Half a millisecond: times in whole milliseconds coincide, in microseconds they do not.
const TINY_GAP_MINUTES: f64 = 0.000_5 / 60.0;
const DAY_MINUTES: f64 = 1440.0;
const STICKY_65: NoiseRow = dependent("sticky .65", Marks::Sticky(0.65));

/// The rows in the order of the table.
pub const NOISE: &[NoiseRow] = &[
    INDEPENDENT,
    tied("ties of 1 min", 1.0, 5),
    tied("ties of 5 min", 5.0, 5),
    tied("ties of 15 min", 15.0, 3),
    NoiseRow { exchangeable: true, ..dependent("drift", Marks::Drift { sticky: 0.0 }) },
    dependent("drift and sticky", Marks::Drift { sticky: 0.5 }),
    NoiseRow { name: "bursts", times: BURSTS, ..INDEPENDENT },
    // clusters of three, so that a block of 15 minutes holds several and can mix their labels
    NoiseRow { times: Times::Bursts { events: 3 }, ..dependent("clustered marks", Marks::BurstLabel) },
    dependent("sticky .5", Marks::Sticky(0.5)),
    STICKY_65,
    dependent("sticky .8", Marks::Sticky(0.8)),
    NoiseRow { sessions: 24, ..dependent("sticky .65, 24 sessions", Marks::Sticky(0.65)) },
    NoiseRow { times: BURSTS, ..dependent("sticky .65 in bursts", Marks::Sticky(0.65)) },
    NoiseRow { exchangeable: true, ..dependent("wave of 2 h", Marks::Wave { sticky: 0.0 }) },
    dependent("wave and sticky", Marks::Wave { sticky: 0.5 }),
    dependent("order 2", Marks::OrderTwo),
    dependent("hidden chain", Marks::Hidden),
    dependent("state in clock time", Marks::ClockState),
    NoiseRow { times: BURSTS, ..dependent("bursts with their own mix", Marks::BurstMix) },
    NoiseRow { name: "shared key", entities: 8, events: 160, minutes: 150.0, ..INDEPENDENT },
    rescaled("independent, 30 s", INDEPENDENT, SHORT_GAP_MINUTES),
    rescaled("sticky .65, 30 s", STICKY_65, SHORT_GAP_MINUTES),
    rescaled("independent, gaps of 0.5 ms", INDEPENDENT, TINY_GAP_MINUTES),
    rescaled("sticky .65, gaps of 0.5 ms", STICKY_65, TINY_GAP_MINUTES),
    rescaled("independent, gaps of a day", INDEPENDENT, DAY_MINUTES),
    rescaled("sticky .65, gaps of a day", STICKY_65, DAY_MINUTES),
];

impl NoiseRow {
    /// The log of a number.
    pub fn log(&self, number: u32) -> EventLog {
        let link = if self.entities > 0 { LinkRule::SharedKey } else { LinkRule::WindowKnn };
        let session = |session| self.session(&mut Draws::new(self.name, number, session));
        EventLog { sessions: (0..self.sessions).map(session).collect(), link }
    }

    fn session(&self, draws: &mut Draws) -> Vec<LoggedEvent> {
        let arrivals = self.times.draw(self.events, self.minutes, draws);
        let kinds = self.marks.draw(&arrivals, self.minutes, self.labels, draws);
        let event = |(arrival, kind): (f64, u32)| {
            let key = (self.entities > 0).then(|| draws.below(self.entities));
            LoggedEvent { key, ..LoggedEvent::new(arrival * self.time_scale, kind) }
        };
        let on_clock =
            |minutes: f64| self.step_minutes.map_or(minutes, |step| (minutes / step).floor() * step);
        let mut rows: Vec<LoggedEvent> =
            arrivals.iter().map(|arrival| on_clock(arrival.minutes)).zip(kinds).map(event).collect();
        if self.step_minutes.is_some() {
            rows.sort_by_key(|row| (row.t_us, row.kind));
        }
        rows
    }
}
