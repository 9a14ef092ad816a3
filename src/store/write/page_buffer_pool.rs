//! Pool of the buffers that hold encoded pages until they are written.
//!
//! The thread that encodes a column is seldom the one that writes it. Pages on the heap would be allocated by one
//! thread and freed by another, and the two would contend for the allocator many times per row group. Here the pages
//! of a column chunk share one buffer, which returns to its pool instead of being freed.

use std::ops::Range;
use std::sync::{Arc, Mutex, PoisonError};

use bytes::Bytes;
use parquet::column::page_store::{PageKey, PageStore, PageStoreArgs, PageStoreFactory};
use parquet::errors::{ParquetError, Result};

/// A buffer whose capacity exceeds its length by more than this factor is freed instead of kept: one wide row group
/// must not enlarge the buffers of all later ones.
const MAX_SPARE: usize = 4;

/// Unused buffers. Each column has its own pool, since columns differ in width.
#[derive(Debug, Default, Clone)]
pub(crate) struct PageBufferPool(Arc<Mutex<Vec<Vec<u8>>>>);

impl PageBufferPool {
    /// Takes an empty buffer.
    fn take(&self) -> Vec<u8> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).pop().unwrap_or_default()
    }

    /// Returns a buffer to the pool.
    fn put(&self, mut buffer: Vec<u8>) {
        if buffer.capacity() > buffer.len().saturating_mul(MAX_SPARE) {
            return;
        }
        buffer.clear();
        self.0.lock().unwrap_or_else(PoisonError::into_inner).push(buffer);
    }
}

impl PageStoreFactory for PageBufferPool {
    fn create(&self, _: &PageStoreArgs<'_>) -> Result<Box<dyn PageStore>> {
        Ok(Box::new(ChunkPages::new(self)))
    }
}

/// A buffer that returns to its pool.
struct PooledBuffer {
    buffer: Vec<u8>,
    pool: PageBufferPool,
}

impl AsRef<[u8]> for PooledBuffer {
    fn as_ref(&self) -> &[u8] {
        &self.buffer
    }
}

impl Drop for PooledBuffer {
    fn drop(&mut self) {
        self.pool.put(std::mem::take(&mut self.buffer));
    }
}

/// The pages of a column chunk, as blobs: the writer puts a page in one or more pieces.
struct ChunkPages {
    buffer: PageBuffer,
    /// The range of each blob in the buffer.
    ranges: Vec<Range<usize>>,
}

enum PageBuffer {
    Growing(PooledBuffer),
    /// A blob was handed out: none can be added.
    Shared(Bytes),
}

impl ChunkPages {
    fn new(pool: &PageBufferPool) -> Self {
        let buffer = PooledBuffer { buffer: pool.take(), pool: pool.clone() };
        Self { buffer: PageBuffer::Growing(buffer), ranges: Vec::new() }
    }
}

impl PageStore for ChunkPages {
    fn put(&mut self, blob: Bytes) -> Result<PageKey> {
        let PageBuffer::Growing(PooledBuffer { buffer, .. }) = &mut self.buffer else {
            return Err(ParquetError::General("a page was added after one was taken".to_owned()));
        };
        let start = buffer.len();
        buffer.extend_from_slice(&blob);
        self.ranges.push(start..buffer.len());
        Ok(PageKey::new(self.ranges.len() as u64 - 1))
    }

    fn take(&mut self, key: PageKey) -> Result<Bytes> {
        let range = self.ranges.get(key.get() as usize).cloned();
        let range = range.ok_or_else(|| ParquetError::General(format!("no page {}", key.get())))?;
        let bytes = match std::mem::replace(&mut self.buffer, PageBuffer::Shared(Bytes::new())) {
            PageBuffer::Growing(buffer) => Bytes::from_owner(buffer),
            PageBuffer::Shared(bytes) => bytes,
        };
        let blob = bytes.slice(range);
        self.buffer = PageBuffer::Shared(bytes);
        Ok(blob)
    }

    fn memory_size(&self) -> usize {
        match &self.buffer {
            PageBuffer::Growing(pooled) => pooled.buffer.len(),
            PageBuffer::Shared(bytes) => bytes.len(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pages_are_taken_in_any_order_and_the_buffer_returns_to_its_pool() {
        let pool = PageBufferPool::default();
        let mut pages = ChunkPages::new(&pool);
        let [a, b, c] =
            [&b"first"[..], b"", b"third"].map(|blob| pages.put(Bytes::from_static(blob)).unwrap());
        assert_eq!(pages.memory_size(), 10);
        let third = pages.take(c).unwrap();
        assert_eq!((&pages.take(a).unwrap()[..], &pages.take(b).unwrap()[..]), (&b"first"[..], &b""[..]));
        drop(pages);
        assert!(pool.0.lock().unwrap().is_empty(), "a page is still in use");
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
            let mut pages = ChunkPages::new(&pool);
            pages.put(Bytes::from(vec![1; bytes])).unwrap();
            drop(pages);
            assert_eq!(pool.0.lock().unwrap().len(), kept, "{bytes}");
        }
    }

    #[test]
    fn an_unknown_page_and_a_page_added_too_late_are_errors() {
        let pool = PageBufferPool::default();
        let mut pages = ChunkPages::new(&pool);
        assert!(pages.take(PageKey::new(0)).is_err());
        let key = pages.put(Bytes::from_static(b"page")).unwrap();
        assert!(pages.take(PageKey::new(1)).is_err());
        pages.take(key).unwrap();
        assert!(pages.put(Bytes::from_static(b"late")).is_err());
        drop(pages);
        assert_eq!(pool.0.lock().unwrap().len(), 1);
    }
}
