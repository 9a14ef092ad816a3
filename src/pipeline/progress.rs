//! Progress of a run, and the time of its phases.

use std::time::Instant;

/// Receives the progress of a run. Methods are called from any thread.
///
/// ```
/// use ironforge::pipeline::Progress;
///
/// struct Stderr;
///
/// impl Progress for Stderr {
///     fn phase(&self, name: &str) {
///         eprintln!("{name}");
///     }
///     fn step(&self, done: u64, total: u64) {
///         eprintln!("{done} of {total}");
///     }
/// }
/// ```
pub trait Progress: Sync {
    /// A phase begins.
    fn phase(&self, name: &str);
    /// `done` of `total` steps of the phase are done.
    fn step(&self, done: u64, total: u64);
    /// Something that the caller should know before the run goes on; the report has it among its notes too.
    fn note(&self, _text: &str) {}
}

/// Ignores progress.
#[derive(Debug, Clone, Copy)]
pub struct Silent;

impl Progress for Silent {
    fn phase(&self, _: &str) {}
    fn step(&self, _: u64, _: u64) {}
}

/// Name and duration in seconds of each phase, in order.
pub(crate) type PhaseSeconds = Vec<(&'static str, f64)>;

/// Announces the phases of a run and measures their time.
pub(crate) struct PhaseTimer<'a> {
    progress: &'a dyn Progress,
    seconds: PhaseSeconds,
    since: Instant,
}

impl<'a> PhaseTimer<'a> {
    pub(crate) fn new(progress: &'a dyn Progress) -> Self {
        Self { progress, seconds: Vec::new(), since: Instant::now() }
    }

    /// Ends the current phase and begins the next one.
    pub(crate) fn phase(&mut self, name: &'static str) {
        self.stop();
        self.seconds.push((name, 0.0));
        self.progress.phase(name);
    }

    fn stop(&mut self) {
        let now = Instant::now();
        if let Some((_, seconds)) = self.seconds.last_mut() {
            *seconds = (now - self.since).as_secs_f64();
        }
        self.since = now;
    }

    /// Ends the last phase.
    pub(crate) fn finish(mut self) -> PhaseSeconds {
        self.stop();
        self.seconds
    }
}
