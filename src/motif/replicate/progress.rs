//! The progress of the replicates.

use std::sync::atomic::{AtomicU64, Ordering};

/// Counts replicates as they are done, and reports them.
pub(crate) struct ProgressCounter<'a> {
    done: AtomicU64,
    total: u64,
    report: &'a (dyn Fn(u64, u64) + Sync),
}

impl<'a> ProgressCounter<'a> {
    /// `total`: number of replicates, times shapes. `report(done, total)` is called from any thread.
    pub(crate) fn new(total: u64, report: &'a (dyn Fn(u64, u64) + Sync)) -> Self {
        Self { done: AtomicU64::new(0), total, report }
    }

    /// Adds replicates that are done.
    pub(super) fn add(&self, replicates: u64) {
        let done = self.done.fetch_add(replicates, Ordering::Relaxed) + replicates;
        (self.report)(done.min(self.total), self.total);
    }
}
