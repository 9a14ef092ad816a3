//! The pages of one column chunk, each checked before it is decompressed and before the decoder sees it.
//!
//! What the decoder would believe, and must not: sizes (against the chunk, the codec and the memory allowed), counts
//! (against the chunk), the checksum of a page, and how far a few bytes may unfold: a dictionary of one long string
//! that stands in a million rows, a delta-encoded string that repeats its predecessor.

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
use crate::store::untrusted::codec::{Codec, CodecFault};
use crate::store::untrusted::memory_budget::{Fault, MemoryBudget};
use crate::store::untrusted::page_header::{PageHeader, PageKind};

/// Bytes that are read ahead of the page at hand, if the file is not mapped.
const READ_AHEAD: u64 = 256 << 10;
/// Bytes a decoded dictionary value takes beside its own.
const PER_DICTIONARY_VALUE: u64 = 32;

/// What a column chunk is, for whoever reads its pages.
pub(crate) struct Chunk {
    pub(crate) name: String,
    pub(crate) range: Range<u64>,
    pub(crate) values: u64,
    physical: Type,
    type_length: u64,
    repeated: bool,
    max_def: i16,
    max_rep: i16,
}

impl Chunk {
    /// `range` is where the chunk lies, as `check` found it inside the file.
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

/// A page reader that believes nothing.
pub(crate) struct Pages {
    chunk: Chunk,
    input: Arc<ByteSource>,
    budget: Arc<MemoryBudget>,
    codec: Codec,
    offset: u64,
    /// Bytes from the file, and where they begin.
    window: (u64, Bytes),
    values_seen: u64,
    header: Option<PageHeader>,
    /// The dictionary, read ahead or passed over.
    dictionary: Option<Page>,
    /// Bytes of the longest value of the dictionary.
    longest: u64,
    unfolding: Unfolding,
    held: Held,
}

/// What a batch can become beyond the bytes of its pages.
#[derive(Clone, Copy)]
struct Unfolding {
    /// Rows that are decoded at once: all that a flat column gives.
    batch_rows: u64,
    /// Bytes of levels, offsets and views that stand beside a decoded value.
    per_value: u64,
    /// A value of the dictionary is shared by all its rows, not copied into each.
    shared: bool,
    /// The batch at hand, and what its page before this one became.
    batch: u64,
    last_page: u64,
}

/// What the budget was told, bytes.
#[derive(Default, Clone, Copy)]
struct Held {
    window: u64,
    dictionary: u64,
    page: u64,
    unfolded: u64,
}

impl Held {
    fn total(&self) -> u64 {
        self.window.saturating_add(self.dictionary).saturating_add(self.page).saturating_add(self.unfolded)
    }
}

impl Pages {
    /// # Errors
    /// [`Fault::Unsupported`] for a codec that is not known.
    pub(crate) fn new(
        chunk: Chunk,
        compression: parquet::basic::Compression,
        input: Arc<ByteSource>,
        budget: Arc<MemoryBudget>,
    ) -> std::result::Result<Self, Fault> {
        let codec = Codec::new(compression).map_err(|e| fault(&chunk.name, e))?;
        Ok(Self {
            offset: chunk.range.start,
            chunk,
            input,
            budget,
            codec,
            window: (0, Bytes::new()),
            values_seen: 0,
            header: None,
            dictionary: None,
            longest: 0,
            unfolding: Unfolding {
                batch_rows: u64::MAX,
                per_value: 8,
                shared: false,
                batch: 0,
                last_page: 0,
            },
            held: Held::default(),
        })
    }

    /// Reads the dictionary, if one stands in front; gives the bytes of its longest value.
    pub(crate) fn prime(&mut self) -> std::result::Result<u64, Fault> {
        if let Some(PageHeader { kind: PageKind::Dictionary { .. }, .. }) = self.peek()? {
            let page = self.read()?;
            self.dictionary = page;
        }
        Ok(self.longest)
    }

    /// How it will be decoded: rows at once, bytes that stand beside each value, and whether the values of the
    /// dictionary are shared.
    pub(crate) fn set_batch(&mut self, rows: u64, per_value: u64, shared: bool) {
        self.unfolding = Unfolding { batch_rows: rows, per_value, shared, ..self.unfolding };
    }

    fn hold(&mut self, held: Held) -> std::result::Result<(), Fault> {
        self.budget.change(self.held.total(), held.total())?;
        self.held = held;
        Ok(())
    }

    fn damaged(&self, why: &str) -> Fault {
        Fault::Damaged(format!("a page of column {} {why}", self.chunk.name))
    }

    /// The bytes of a range of the chunk, read ahead.
    fn bytes(&mut self, range: Range<u64>) -> std::result::Result<Bytes, Fault> {
        let (start, window) = &self.window;
        let end = start + window.len() as u64;
        if range.start < *start || range.end > end {
            let ahead = if self.input.copies() { READ_AHEAD } else { 0 };
            let to = range.end.max(range.start.saturating_add(ahead)).min(self.chunk.range.end);
            let held = if self.input.copies() { to - range.start } else { 0 };
            self.hold(Held { window: held, ..self.held })?;
            self.window = (range.start, self.input.bytes(range.start..to).map_err(Fault::Io)?);
        }
        let (start, window) = &self.window;
        Ok(window.slice((range.start - start) as usize..(range.end - start) as usize))
    }

    /// Reads, checks and decompresses the next page.
    fn read(&mut self) -> std::result::Result<Option<Page>, Fault> {
        let Some(header) = self.peek()? else { return Ok(None) };
        self.header = None;
        let (compressed, uncompressed) = (u64::from(header.compressed), u64::from(header.uncompressed));
        // The page before is let go only when this one is there.
        let before = self.held.page;
        self.hold(Held { page: before.saturating_add(uncompressed), ..self.held })?;
        let bytes = self.bytes(self.offset..self.offset + compressed)?;
        self.offset += compressed;
        if header.crc.is_some_and(|crc| crc != crc32fast::hash(&bytes)) {
            return Err(self.damaged("does not have the checksum that it declares"));
        }
        self.budget.page(header.crc.is_some());
        let buf = self.decompressed(&header, bytes)?;
        let page = self.page(&header, buf)?;
        self.values_seen += u64::from(header.kind.values().unwrap_or_default());
        let held = match page {
            Page::DictionaryPage { num_values, .. } => {
                let dictionary = uncompressed + u64::from(num_values) * PER_DICTIONARY_VALUE;
                Held { dictionary, page: 0, ..self.held }
            }
            _ => Held { page: uncompressed, ..self.held },
        };
        self.hold(held)?;
        Ok(Some(page))
    }

    fn decompressed(&mut self, header: &PageHeader, bytes: Bytes) -> std::result::Result<Bytes, Fault> {
        let (levels, packed) = match header.kind {
            PageKind::DataV2 { def_bytes, rep_bytes, compressed, .. } => {
                ((def_bytes + rep_bytes) as usize, compressed)
            }
            _ => (0, true),
        };
        if !packed || matches!(self.codec, Codec::None) {
            return Ok(bytes);
        }
        let len = header.uncompressed as usize - levels;
        let mut out = Vec::with_capacity(header.uncompressed as usize);
        out.extend_from_slice(&bytes[..levels]);
        if len > 0 {
            let appended = self.codec.append(&bytes[levels..], len, &mut out);
            appended.map_err(|e| fault(&self.chunk.name, e))?;
        }
        Ok(Bytes::from(out))
    }
}

fn fault(column: &str, fault: CodecFault) -> Fault {
    match fault {
        CodecFault::Unknown(codec) => {
            Fault::Unsupported(format!("the compression {codec} (column {column})"))
        }
        CodecFault::Damaged(why) => {
            Fault::Damaged(format!("a page of column {column} cannot be decompressed: {why}"))
        }
    }
}

impl Drop for Pages {
    fn drop(&mut self) {
        // Giving back never fails.
        let _ = self.budget.change(self.held.total(), 0);
    }
}

impl Iterator for Pages {
    type Item = Result<Page>;

    fn next(&mut self) -> Option<Self::Item> {
        self.get_next_page().transpose()
    }
}

impl PageReader for Pages {
    fn get_next_page(&mut self) -> Result<Option<Page>> {
        if let Some(dictionary) = self.dictionary.take() {
            return Ok(Some(dictionary));
        }
        self.read().map_err(|fault| ParquetError::General(self.budget.keep(fault)))
    }

    fn peek_next_page(&mut self) -> Result<Option<PageMetadata>> {
        if self.dictionary.is_some() {
            return Ok(Some(PageMetadata { num_rows: None, num_levels: None, is_dict: true }));
        }
        let header = self.peek().map_err(|fault| ParquetError::General(self.budget.keep(fault)))?;
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
        let header = self.peek().map_err(|fault| ParquetError::General(self.budget.keep(fault)))?;
        if let Some(header) = header {
            self.header = None;
            self.offset += u64::from(header.compressed);
            self.values_seen += u64::from(header.kind.values().unwrap_or_default());
        }
        Ok(())
    }
}
