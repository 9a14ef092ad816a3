//! Page reader of one column chunk; each page is checked before it is decompressed and passed to the decoder.
//!
//! The decoder trusts its input, so these are checked first: lengths (against the column chunk, the codec and the
//! memory limit), counts (against the column chunk), the checksum of a page, and the decoded size, which may exceed
//! the page by orders of magnitude: a dictionary with one long string used by a million rows, or a delta-encoded
//! string that repeats its predecessor.

mod headers;
mod values;

use std::ops::Range;
use std::sync::Arc;

use bytes::Bytes;
use parquet::basic::Type;
use parquet::column::page::{Page, PageMetadata, PageReader};
use parquet::errors::{ParquetError, Result};
use parquet::file::metadata::ColumnChunkMetaData;

use crate::store::untrusted::byte_source::ByteSource;
use crate::store::untrusted::codec::{Codec, CodecError};
use crate::store::untrusted::memory_budget::{MemoryBudget, ReadError};
use crate::store::untrusted::page_header::{PageHeader, PageKind};

/// Minimum bytes of a read, if the file is not mapped.
const READ_AHEAD_BYTES: u64 = 256 << 10;
/// Memory of a decoded dictionary value in addition to its bytes, bytes.
const DICTIONARY_VALUE_OVERHEAD_BYTES: u64 = 32;

/// The properties of a column chunk that its pages are checked against.
pub(crate) struct ColumnChunk {
    pub(crate) name: String,
    pub(crate) range: Range<u64>,
    pub(crate) values: u64,
    physical: Type,
    type_length: u64,
    repeated: bool,
    max_def: i16,
    max_rep: i16,
}

impl ColumnChunk {
    /// Properties of a column chunk; `range` is its validated byte range in the file.
    pub(crate) fn new(chunk: &ColumnChunkMetaData, range: Range<u64>) -> Self {
        let descriptor = chunk.column_descr();
        Self {
            name: chunk.column_path().string(),
            range,
            values: u64::try_from(chunk.num_values()).unwrap_or_default(),
            physical: descriptor.physical_type(),
            type_length: u64::try_from(descriptor.type_length()).unwrap_or_default(),
            repeated: descriptor.max_rep_level() > 0,
            max_def: descriptor.max_def_level(),
            max_rep: descriptor.max_rep_level(),
        }
    }
}

/// A page reader that checks every page.
pub(crate) struct CheckedPageReader {
    chunk: ColumnChunk,
    source: Arc<ByteSource>,
    budget: Arc<MemoryBudget>,
    codec: Codec,
    /// Offset of the next header, or of the page whose header is in `header`.
    offset: u64,
    /// Bytes read from the file, and their offset in it.
    window: (u64, Bytes),
    values_seen: u64,
    header: Option<PageHeader>,
    /// The dictionary page, if it was read ahead and not yet returned or skipped.
    dictionary: Option<Page>,
    /// Length of the longest value of the dictionary, bytes.
    longest_dictionary_value: u64,
    estimate: DecodedSizeEstimate,
    reserved: ReservedBytes,
}

/// Parameters and state of the estimate of the memory of a decoded batch.
#[derive(Clone, Copy)]
struct DecodedSizeEstimate {
    /// Rows that are decoded at once; in a flat column also the number of values.
    batch_rows: u64,
    /// Memory of levels, offsets and views for each decoded value, bytes.
    value_overhead: u64,
    /// True if rows share the values of the dictionary instead of copying them.
    dictionary_shared: bool,
    /// Index of the batch of the last page.
    batch: u64,
    /// Decoded size of the last page, bytes.
    last_page_bytes: u64,
}

/// Bytes that are reserved in the budget, by purpose.
#[derive(Default, Clone, Copy)]
struct ReservedBytes {
    window: u64,
    dictionary: u64,
    page: u64,
    decoded: u64,
}

impl ReservedBytes {
    fn total(&self) -> u64 {
        self.window.saturating_add(self.dictionary).saturating_add(self.page).saturating_add(self.decoded)
    }
}

impl CheckedPageReader {
    /// Reader of the pages of a column chunk, at the first page.
    ///
    /// # Errors
    /// [`ReadError::Unsupported`] for an unsupported codec.
    pub(crate) fn new(
        chunk: ColumnChunk,
        compression: parquet::basic::Compression,
        source: Arc<ByteSource>,
        budget: Arc<MemoryBudget>,
    ) -> std::result::Result<Self, ReadError> {
        let codec = Codec::new(compression).map_err(|e| codec_error(&chunk.name, e))?;
        Ok(Self {
            offset: chunk.range.start,
            chunk,
            source,
            budget,
            codec,
            window: (0, Bytes::new()),
            values_seen: 0,
            header: None,
            dictionary: None,
            longest_dictionary_value: 0,
            estimate: DecodedSizeEstimate {
                batch_rows: u64::MAX,
                value_overhead: 8,
                dictionary_shared: false,
                batch: 0,
                last_page_bytes: 0,
            },
            reserved: ReservedBytes::default(),
        })
    }

    /// Reads the dictionary page, if the column chunk begins with one; returns the length of its longest value,
    /// bytes.
    pub(crate) fn read_dictionary(&mut self) -> std::result::Result<u64, ReadError> {
        if let Some(PageHeader { kind: PageKind::Dictionary { .. }, .. }) = self.peek_header()? {
            self.dictionary = self.read_page()?;
        }
        Ok(self.longest_dictionary_value)
    }

    /// Sets the parameters of the estimate of decoded sizes: rows decoded at once, memory for each value in
    /// addition to its bytes, and whether rows share the values of the dictionary.
    pub(crate) fn set_batch(&mut self, batch_rows: u64, value_overhead: u64, dictionary_shared: bool) {
        self.estimate =
            DecodedSizeEstimate { batch_rows, value_overhead, dictionary_shared, ..self.estimate };
    }

    fn reserve(&mut self, reserved: ReservedBytes) -> std::result::Result<(), ReadError> {
        self.budget.resize(self.reserved.total(), reserved.total())?;
        self.reserved = reserved;
        Ok(())
    }

    fn damaged(&self, why: &str) -> ReadError {
        ReadError::Damaged(format!("a page of column {} {why}", self.chunk.name))
    }

    /// The bytes of a range of the file inside the column chunk; reads ahead.
    fn bytes(&mut self, range: Range<u64>) -> std::result::Result<Bytes, ReadError> {
        let (start, window) = &self.window;
        let end = start + window.len() as u64;
        if range.start < *start || range.end > end {
            let ahead = if self.source.copies() { READ_AHEAD_BYTES } else { 0 };
            let to = range.end.max(range.start.saturating_add(ahead)).min(self.chunk.range.end);
            let window_len = if self.source.copies() { to - range.start } else { 0 };
            self.reserve(ReservedBytes { window: window_len, ..self.reserved })?;
            self.window = (range.start, self.source.bytes(range.start..to).map_err(ReadError::Io)?);
        }
        let (start, window) = &self.window;
        Ok(window.slice((range.start - start) as usize..(range.end - start) as usize))
    }

    /// Reads, checks and decompresses the next page.
    fn read_page(&mut self) -> std::result::Result<Option<Page>, ReadError> {
        let Some(header) = self.peek_header()? else { return Ok(None) };
        self.header = None;
        let (compressed_len, uncompressed_len) =
            (u64::from(header.compressed_len), u64::from(header.uncompressed_len));
        // The decoder frees the previous page only after it received this one.
        let previous = self.reserved.page;
        self.reserve(ReservedBytes { page: previous.saturating_add(uncompressed_len), ..self.reserved })?;
        let bytes = self.bytes(self.offset..self.offset + compressed_len)?;
        self.offset += compressed_len;
        if header.crc.is_some_and(|crc| crc != crc32fast::hash(&bytes)) {
            return Err(self.damaged("does not match its checksum"));
        }
        self.budget.count_page(header.crc.is_some());
        let buf = self.decompress(&header, bytes)?;
        let page = self.decoder_page(&header, buf)?;
        self.values_seen += u64::from(header.kind.values().unwrap_or_default());
        let reserved = match page {
            Page::DictionaryPage { num_values, .. } => {
                let dictionary = uncompressed_len + u64::from(num_values) * DICTIONARY_VALUE_OVERHEAD_BYTES;
                ReservedBytes { dictionary, page: 0, ..self.reserved }
            }
            _ => ReservedBytes { page: uncompressed_len, ..self.reserved },
        };
        self.reserve(reserved)?;
        Ok(Some(page))
    }

    fn decompress(&mut self, header: &PageHeader, bytes: Bytes) -> std::result::Result<Bytes, ReadError> {
        let (levels_len, is_compressed) = match header.kind {
            PageKind::DataV2 { def_bytes, rep_bytes, is_compressed, .. } => {
                ((def_bytes + rep_bytes) as usize, is_compressed)
            }
            _ => (0, true),
        };
        if !is_compressed || matches!(self.codec, Codec::None) {
            return Ok(bytes);
        }
        let len = header.uncompressed_len as usize - levels_len;
        let mut out = Vec::with_capacity(header.uncompressed_len as usize);
        out.extend_from_slice(&bytes[..levels_len]);
        if len > 0 {
            let appended = self.codec.append(&bytes[levels_len..], len, &mut out);
            appended.map_err(|e| codec_error(&self.chunk.name, e))?;
        }
        Ok(Bytes::from(out))
    }
}

fn codec_error(column: &str, error: CodecError) -> ReadError {
    match error {
        CodecError::Unsupported(codec) => {
            ReadError::Unsupported(format!("the compression {codec} (column {column})"))
        }
        CodecError::Damaged(why) => {
            ReadError::Damaged(format!("a page of column {column} cannot be decompressed: {why}"))
        }
    }
}

impl Drop for CheckedPageReader {
    fn drop(&mut self) {
        // A smaller reservation is never refused.
        let _ = self.budget.resize(self.reserved.total(), 0);
    }
}

impl Iterator for CheckedPageReader {
    type Item = Result<Page>;

    fn next(&mut self) -> Option<Self::Item> {
        self.get_next_page().transpose()
    }
}

impl PageReader for CheckedPageReader {
    fn get_next_page(&mut self) -> Result<Option<Page>> {
        if let Some(dictionary) = self.dictionary.take() {
            return Ok(Some(dictionary));
        }
        self.read_page().map_err(|error| ParquetError::General(self.budget.record(error)))
    }

    fn peek_next_page(&mut self) -> Result<Option<PageMetadata>> {
        if self.dictionary.is_some() {
            return Ok(Some(PageMetadata { num_rows: None, num_levels: None, is_dict: true }));
        }
        let header = self.peek_header().map_err(|error| ParquetError::General(self.budget.record(error)))?;
        Ok(header.map(|header| match header.kind {
            PageKind::DataV2 { values, rows, .. } => PageMetadata {
                num_rows: Some(rows as usize),
                num_levels: Some(values as usize),
                is_dict: false,
            },
            PageKind::Data { values, .. } => {
                PageMetadata { num_rows: None, num_levels: Some(values as usize), is_dict: false }
            }
            _ => PageMetadata { num_rows: None, num_levels: None, is_dict: true },
        }))
    }

    fn skip_next_page(&mut self) -> Result<()> {
        if self.dictionary.take().is_some() {
            return Ok(());
        }
        let header = self.peek_header().map_err(|error| ParquetError::General(self.budget.record(error)))?;
        if let Some(header) = header {
            self.header = None;
            self.offset += u64::from(header.compressed_len);
            self.values_seen += u64::from(header.kind.values().unwrap_or_default());
        }
        Ok(())
    }
}
