//! Memory of one read, counted before it is taken, and the first fault met on the way.
//!
//! The decoder hands errors on as text; what kind of fault it was is kept here.

use std::path::Path;
use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};

use crate::store::StoreError;

/// What a page reader can meet.
#[derive(Debug)]
pub(crate) enum Fault {
    /// The bytes are not what they claim to be.
    Damaged(String),
    /// The file uses something that is not read here.
    Unsupported(String),
    /// More memory than allowed, in all.
    Memory(u64),
    /// The operating system refused.
    Io(std::io::Error),
}

/// Counts what is held, against a limit.
pub(crate) struct MemoryBudget {
    limit: u64,
    held: AtomicU64,
    batch: AtomicU64,
    pages: AtomicU64,
    checked_pages: AtomicU64,
    fault: Mutex<Option<Fault>>,
}

impl MemoryBudget {
    pub(crate) fn new(limit: u64) -> Self {
        Self {
            limit,
            held: AtomicU64::new(0),
            batch: AtomicU64::new(0),
            pages: AtomicU64::new(0),
            checked_pages: AtomicU64::new(0),
            fault: Mutex::new(None),
        }
    }

    /// Bytes that may be taken in all.
    pub(crate) fn limit(&self) -> u64 {
        self.limit
    }

    /// Bytes that may still be taken.
    pub(crate) fn left(&self) -> u64 {
        self.limit.saturating_sub(self.held.load(Ordering::Relaxed))
    }

    /// Says that the next batch is decoded from here on: what the one before became is no longer held.
    pub(crate) fn next_batch(&self) {
        self.batch.fetch_add(1, Ordering::Relaxed);
    }

    /// Number of the batch at hand.
    pub(crate) fn batch(&self) -> u64 {
        self.batch.load(Ordering::Relaxed)
    }

    /// Counts a page, and whether its checksum was there and right.
    pub(crate) fn page(&self, checked: bool) {
        self.pages.fetch_add(1, Ordering::Relaxed);
        self.checked_pages.fetch_add(checked.into(), Ordering::Relaxed);
    }

    /// Pages read, and those of them with a checksum.
    pub(crate) fn pages(&self) -> (u64, u64) {
        (self.pages.load(Ordering::Relaxed), self.checked_pages.load(Ordering::Relaxed))
    }

    /// Replaces `old` bytes that were counted by `new`.
    pub(crate) fn change(&self, old: u64, new: u64) -> Result<(), Fault> {
        let before = self.held.load(Ordering::Relaxed);
        let after = before.saturating_sub(old).saturating_add(new);
        if after > self.limit && new > old {
            return Err(Fault::Memory(after));
        }
        // Columns that are decoded side by side change it between load and store.
        self.held.fetch_add(new, Ordering::Relaxed);
        self.held.fetch_sub(old, Ordering::Relaxed);
        Ok(())
    }

    /// Keeps a fault, if it is the first, and gives its text for the decoder to hand on.
    pub(crate) fn keep(&self, fault: Fault) -> String {
        let text = match &fault {
            Fault::Damaged(why) | Fault::Unsupported(why) => why.clone(),
            Fault::Memory(needs) => format!("needs {needs} bytes"),
            Fault::Io(error) => error.to_string(),
        };
        // A thread that panicked while it held the lock was not in the middle of anything.
        let mut kept = self.fault.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        kept.get_or_insert(fault);
        text
    }

    /// The error that a fault is, or else one of the decoder with this text.
    pub(crate) fn error(&self, path: &Path, text: String) -> StoreError {
        let path = path.to_owned();
        let kept = self.fault.lock().unwrap_or_else(std::sync::PoisonError::into_inner).take();
        match kept {
            Some(Fault::Memory(needs)) => StoreError::Memory { path, needs, limit: self.limit },
            Some(Fault::Io(source)) => StoreError::Io { path, action: "read", source },
            Some(Fault::Unsupported(feature)) => StoreError::Feature { path, feature },
            Some(Fault::Damaged(why)) => StoreError::Damaged { path, why },
            // The decoder's own word for what it has not been taught.
            None => match text.strip_prefix("NYI: ").or_else(|| text.split_once(" NYI: ").map(|(_, r)| r)) {
                Some(feature) => StoreError::Feature { path, feature: feature.to_owned() },
                None => StoreError::Damaged { path, why: text },
            },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_taken_is_counted_and_given_back() {
        let budget = MemoryBudget::new(100);
        assert!(budget.change(0, 60).is_ok());
        assert!(matches!(budget.change(10, 60), Err(Fault::Memory(110))));
        assert_eq!(budget.left(), 40);
        assert!(budget.change(60, 0).is_ok());
        assert_eq!(budget.left(), 100);
        budget.keep(Fault::Memory(7));
        budget.keep(Fault::Damaged("later".to_owned()));
        let error = budget.error(Path::new("x"), "text".to_owned());
        assert!(matches!(error, StoreError::Memory { needs: 7, limit: 100, .. }), "{error}");
    }
}
