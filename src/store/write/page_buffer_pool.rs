//! Where the encoded pages of a column wait until they are written.
//!
//! The thread that encodes a column is seldom the one that writes it. Pages of the heap would be freed by another
//! thread than made them, and the allocator lets the two wait for each other, many times a row group.
//! Here the pages of a column lie in one buffer, which goes back to its pool instead of being freed.

use std::ops::Range;
use std::sync::{Arc, Mutex, PoisonError};

use bytes::Bytes;
use parquet::column::page_store::{PageKey, PageStore, PageStoreArgs, PageStoreFactory};
use parquet::errors::{ParquetError, Result};

/// A buffer that has room for more than so many times what it held is freed after all: one wide row group must not
/// widen all that follow.
const MOST_SPARE: usize = 4;

/// Buffers that are free; each column has a pool of its own, since columns differ in width.
#[derive(Debug, Default, Clone)]
pub(crate) struct PageBufferPool(Arc<Mutex<Vec<Vec<u8>>>>);

impl PageBufferPool {
    /// A buffer without content.
    fn take(&self) -> Vec<u8> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).pop().unwrap_or_default()
    }

    fn put(&self, mut buffer: Vec<u8>) {
        if buffer.capacity() > buffer.len().saturating_mul(MOST_SPARE) {
            return;
        }
        buffer.clear();
        self.0.lock().unwrap_or_else(PoisonError::into_inner).push(buffer);
    }
}

impl PageStoreFactory for PageBufferPool {
    fn create(&self, _: &PageStoreArgs<'_>) -> Result<Box<dyn PageStore>> {
        let lent = Lent { buffer: self.take(), pool: self.clone() };
        Ok(Box::new(Pages { state: State::Growing(lent), places: Vec::new() }))
    }
}

/// A buffer that returns to its pool.
struct Lent {
    buffer: Vec<u8>,
    pool: PageBufferPool,
}

impl AsRef<[u8]> for Lent {
    fn as_ref(&self) -> &[u8] {
        &self.buffer
    }
}

impl Drop for Lent {
    fn drop(&mut self) {
        self.pool.put(std::mem::take(&mut self.buffer));
    }
}

/// The pages of a column of a row group.
struct Pages {
    state: State,
    /// Where each part lies.
    places: Vec<Range<usize>>,
}

enum State {
    Growing(Lent),
    /// HiveDataset of it are out.
    Shared(Bytes),
}

impl PageStore for Pages {
    fn put(&mut self, part: Bytes) -> Result<PageKey> {
        let State::Growing(lent) = &mut self.state else {
            return Err(ParquetError::General("a page after the first was taken back".to_owned()));
        };
        let start = lent.buffer.len();
        lent.buffer.extend_from_slice(&part);
        self.places.push(start..lent.buffer.len());
        Ok(PageKey::new(self.places.len() as u64 - 1))
    }

    fn take(&mut self, key: PageKey) -> Result<Bytes> {
        let place = self.places.get(key.get() as usize).cloned();
        let place = place.ok_or_else(|| ParquetError::General(format!("no page {}", key.get())))?;
        let bytes = match std::mem::replace(&mut self.state, State::Shared(Bytes::new())) {
            State::Growing(lent) => Bytes::from_owner(lent),
            State::Shared(bytes) => bytes,
        };
        let part = bytes.slice(place);
        self.state = State::Shared(bytes);
        Ok(part)
    }

    fn memory_size(&self) -> usize {
        match &self.state {
            State::Growing(lent) => lent.buffer.len(),
            State::Shared(bytes) => bytes.len(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pages(pool: &PageBufferPool) -> Pages {
        Pages { state: State::Growing(Lent { buffer: pool.take(), pool: pool.clone() }), places: Vec::new() }
    }

    #[test]
    fn parts_come_back_in_any_order_and_the_buffer_goes_to_its_shelf() {
        let pool = PageBufferPool::default();
        let mut pages = pages(&pool);
        let [a, b, c] =
            [&b"first"[..], b"", b"third"].map(|part| pages.put(Bytes::from_static(part)).unwrap());
        assert_eq!(pages.memory_size(), 10);
        let third = pages.take(c).unwrap();
        assert_eq!((&pages.take(a).unwrap()[..], &pages.take(b).unwrap()[..]), (&b"first"[..], &b""[..]));
        drop(pages);
        assert!(pool.0.lock().unwrap().is_empty(), "a part is still out");
        assert_eq!(&third[..], b"third");
        drop(third);
        assert_eq!(pool.0.lock().unwrap().len(), 1);
        let again = pool.take();
        assert!(again.is_empty() && again.capacity() >= 10);
    }

    #[test]
    fn a_buffer_that_was_wide_once_is_not_kept() {
        let pool = PageBufferPool::default();
        for (bytes, kept) in [(1000, 1), (400, 1), (200, 0), (100, 1), (0, 0)] {
            let mut pages = pages(&pool);
            pages.put(Bytes::from(vec![1; bytes])).unwrap();
            drop(pages);
            assert_eq!(pool.0.lock().unwrap().len(), kept, "{bytes}");
        }
    }

    #[test]
    fn misuse_is_an_error() {
        let pool = PageBufferPool::default();
        let mut pages = pages(&pool);
        assert!(pages.take(PageKey::new(0)).is_err());
        let key = pages.put(Bytes::from_static(b"page")).unwrap();
        assert!(pages.take(PageKey::new(1)).is_err());
        pages.take(key).unwrap();
        assert!(pages.put(Bytes::from_static(b"late")).is_err());
        drop(pages);
        assert_eq!(pool.0.lock().unwrap().len(), 1);
    }
}
