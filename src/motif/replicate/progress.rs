//! Progress of the test.

use std::sync::atomic::{AtomicU64, Ordering};

/// Counts finished work, in replicates times shapes, and reports it.
pub(crate) struct ProgressCounter<'a> {
    done: AtomicU64,
    total: u64,
    report: &'a (dyn Fn(u64, u64) + Sync),
}

impl<'a> ProgressCounter<'a> {
    /// `total`: number of replicates times number of shapes. `report(done, total)` is called from any thread.
    pub(crate) fn new(total: u64, report: &'a (dyn Fn(u64, u64) + Sync)) -> Self {
        Self { done: AtomicU64::new(0), total, report }
    }

    /// Adds finished replicates of one shape.
    pub(super) fn add(&self, replicates: u64) {
        let done = self.done.fetch_add(replicates, Ordering::Relaxed) + replicates;
        (self.report)(done.min(self.total), self.total);
    }
}
