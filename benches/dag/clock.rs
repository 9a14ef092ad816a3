//! CPU time instead of wall-clock time: independent of other load on the machine.

use std::fs;
use std::time::{Duration, Instant};

use criterion::measurement::{Measurement, ValueFormatter, WallTime};

/// CPU time of the threads of this process on Linux; wall-clock time elsewhere. With one thread and no other load
/// the two are the same.
pub struct CpuTime {
    wall: WallTime,
    start: Instant,
}

impl CpuTime {
    pub fn new() -> Self {
        Self { wall: WallTime, start: Instant::now() }
    }

    fn now(&self) -> Duration {
        // The kernel updates the time of a thread when it yields the core.
        std::thread::yield_now();
        let ran = |task: fs::DirEntry| {
            let text = fs::read_to_string(task.path().join("schedstat")).ok()?;
            text.split(' ').next()?.parse().ok().map(Duration::from_nanos)
        };
        match fs::read_dir("/proc/self/task") {
            Ok(tasks) => tasks.filter_map(|task| ran(task.ok()?)).sum(),
            Err(_) => self.start.elapsed(),
        }
    }
}

impl Measurement for CpuTime {
    type Intermediate = Duration;
    type Value = Duration;

    fn start(&self) -> Duration {
        self.now()
    }

    fn end(&self, start: Duration) -> Duration {
        self.now().saturating_sub(start)
    }

    fn add(&self, a: &Duration, b: &Duration) -> Duration {
        *a + *b
    }

    fn zero(&self) -> Duration {
        Duration::ZERO
    }

    fn to_f64(&self, value: &Duration) -> f64 {
        value.as_nanos() as f64
    }

    fn formatter(&self) -> &dyn ValueFormatter {
        self.wall.formatter()
    }
}
