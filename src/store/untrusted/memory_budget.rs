//! Memory of one read, reserved before it is allocated, and the first error of its page readers.
//!
//! The decoder of the `parquet` crate forwards errors of a page reader as text; the typed error is kept here.

use std::path::Path;
use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};

use crate::store::error::{IoAction, StoreError};

/// Error of reading a page.
#[derive(Debug)]
pub(crate) enum ReadError {
    /// The bytes contradict what the file declares.
    Damaged(String),
    /// The file uses a feature that is not supported.
    Unsupported(String),
    /// More memory would be reserved than allowed; the total, bytes.
    Memory(u64),
    /// Error of the operating system.
    Io(std::io::Error),
}

/// Memory limit of a read, shared by its columns.
pub(crate) struct MemoryBudget {
    limit: u64,
    reserved: AtomicU64,
    batch: AtomicU64,
    pages: AtomicU64,
    checked_pages: AtomicU64,
    first_error: Mutex<Option<ReadError>>,
}

impl MemoryBudget {
    pub(crate) fn new(limit: u64) -> Self {
        Self {
            limit,
            reserved: AtomicU64::new(0),
            batch: AtomicU64::new(0),
            pages: AtomicU64::new(0),
            checked_pages: AtomicU64::new(0),
            first_error: Mutex::new(None),
        }
    }

    /// Maximum bytes that may be reserved at once.
    pub(crate) fn limit(&self) -> u64 {
        self.limit
    }

    /// Bytes that may still be reserved.
    pub(crate) fn available(&self) -> u64 {
        self.limit.saturating_sub(self.reserved.load(Ordering::Relaxed))
    }

    /// Begins the next batch: the decoded values of the previous one are no longer in memory.
    pub(crate) fn begin_batch(&self) {
        self.batch.fetch_add(1, Ordering::Relaxed);
    }

    /// Index of the current batch.
    pub(crate) fn batch(&self) -> u64 {
        self.batch.load(Ordering::Relaxed)
    }

    /// Counts a page; `has_checksum` if it had a checksum, which was correct.
    pub(crate) fn count_page(&self, has_checksum: bool) {
        self.pages.fetch_add(1, Ordering::Relaxed);
        self.checked_pages.fetch_add(has_checksum.into(), Ordering::Relaxed);
    }

    /// Number of pages read, and of those with a checksum.
    pub(crate) fn page_counts(&self) -> (u64, u64) {
        (self.pages.load(Ordering::Relaxed), self.checked_pages.load(Ordering::Relaxed))
    }

    /// Replaces a reservation of `old` bytes by one of `new` bytes.
    ///
    /// # Errors
    /// [`ReadError::Memory`] if the total would grow beyond the limit.
    pub(crate) fn resize(&self, old: u64, new: u64) -> Result<(), ReadError> {
        let before = self.reserved.load(Ordering::Relaxed);
        let after = before.saturating_sub(old).saturating_add(new);
        if after > self.limit && new > old {
            return Err(ReadError::Memory(after));
        }
        // Not a store of `after`: columns that are decoded in parallel change the total in the meantime.
        self.reserved.fetch_add(new, Ordering::Relaxed);
        self.reserved.fetch_sub(old, Ordering::Relaxed);
        Ok(())
    }

    /// Keeps an error if it is the first; returns its text for the decoder to forward.
    pub(crate) fn record(&self, error: ReadError) -> String {
        let text = match &error {
            ReadError::Damaged(why) | ReadError::Unsupported(why) => why.clone(),
            ReadError::Memory(needs) => format!("needs {needs} bytes"),
            ReadError::Io(error) => error.to_string(),
        };
        // A poisoned lock is harmless: the value under it is replaced in one step.
        let mut first = self.first_error.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        first.get_or_insert(error);
        text
    }

    /// The recorded error, or else an error of the decoder with the given text.
    pub(crate) fn store_error(&self, path: &Path, text: String) -> StoreError {
        let path = path.to_owned();
        let first = self.first_error.lock().unwrap_or_else(std::sync::PoisonError::into_inner).take();
        match first {
            Some(ReadError::Memory(needs)) => StoreError::Memory { path, needs, limit: self.limit },
            Some(ReadError::Io(source)) => StoreError::Io { path, action: IoAction::Read, source },
            Some(ReadError::Unsupported(feature)) => StoreError::Feature { path, feature },
            Some(ReadError::Damaged(why)) => StoreError::Damaged { path, why },
            // The decoder marks features that it does not support with NYI.
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
    fn reservations_are_counted_and_released() {
        let budget = MemoryBudget::new(100);
        assert!(budget.resize(0, 60).is_ok());
        assert!(matches!(budget.resize(10, 60), Err(ReadError::Memory(110))));
        assert_eq!(budget.available(), 40);
        assert!(budget.resize(60, 0).is_ok());
        assert_eq!(budget.available(), 100);
        budget.record(ReadError::Memory(7));
        budget.record(ReadError::Damaged("later".to_owned()));
        let error = budget.store_error(Path::new("x"), "text".to_owned());
        assert!(matches!(error, StoreError::Memory { needs: 7, limit: 100, .. }), "{error}");
    }
}
