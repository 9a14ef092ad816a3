//! Progress of a run on stderr: a bar on a terminal, plain lines otherwise.

use std::io::IsTerminal;
use std::sync::Mutex;
use std::time::{Duration, Instant};

use indicatif::{ProgressBar, ProgressStyle};
use ironforge::pipeline::Progress;

use crate::output::note;

/// Time between plain lines of one phase.
const EVERY: Duration = Duration::from_secs(10);

/// A bar if stderr is a terminal that can show one, else plain lines.
pub fn for_stderr() -> Box<dyn Progress> {
    let quiet = |name| std::env::var_os(name).is_some_and(|v| !v.is_empty());
    let dumb = std::env::var_os("TERM").is_some_and(|t| t == "dumb");
    if std::io::stderr().is_terminal() && !quiet("CI") && !quiet("NO_COLOR") && !dumb {
        Box::new(Bar(ProgressBar::hidden().with_style(style())).shown())
    } else {
        Box::new(Lines(Mutex::new(LineState {
            phase: String::new(),
            since: Instant::now(),
            printed: Instant::now(),
        })))
    }
}

fn style() -> ProgressStyle {
    let template = ProgressStyle::with_template("{msg:>10} [{bar:40}] {percent:>3} % {eta}");
    template.unwrap_or_else(|_| ProgressStyle::default_bar()).progress_chars("=> ")
}

struct Bar(ProgressBar);

impl Bar {
    fn shown(self) -> Self {
        self.0.set_draw_target(indicatif::ProgressDrawTarget::stderr());
        self
    }
}

impl Drop for Bar {
    fn drop(&mut self) {
        self.0.finish_and_clear();
    }
}

impl Progress for Bar {
    fn phase(&self, name: &str) {
        self.0.set_message(name.to_owned());
        self.0.set_length(1);
        self.0.set_position(0);
        self.0.reset_eta();
    }

    fn step(&self, done: u64, total: u64) {
        self.0.set_length(total);
        self.0.set_position(done);
    }

    fn note(&self, text: &str) {
        self.0.suspend(|| note(&format!("ironforge: {text}")));
    }
}

struct LineState {
    phase: String,
    since: Instant,
    /// Time of the last line.
    printed: Instant,
}

struct Lines(Mutex<LineState>);

impl Progress for Lines {
    fn note(&self, text: &str) {
        note(&format!("ironforge: {text}"));
    }

    fn phase(&self, name: &str) {
        if let Ok(mut state) = self.0.lock() {
            note(&format!("ironforge: {name}"));
            *state = LineState { phase: name.to_owned(), since: Instant::now(), printed: Instant::now() };
        }
    }

    fn step(&self, done: u64, total: u64) {
        let Ok(mut state) = self.0.lock() else { return };
        if state.printed.elapsed() >= EVERY && done > 0 {
            state.printed = Instant::now();
            let spent = state.since.elapsed().as_secs_f64();
            let left = spent / done as f64 * total.saturating_sub(done) as f64;
            note(&format!("ironforge: {} {done} of {total}, about {left:.0} s left", state.phase));
        }
    }
}
