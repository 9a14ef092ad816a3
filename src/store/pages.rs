//! The pages of one column chunk, each checked before it is decompressed and before the decoder sees it.
//!
//! What the decoder would believe, and must not: sizes (against the chunk, the codec and the memory allowed), counts
//! (against the chunk), the checksum of a page, and how far a few bytes may unfold: a dictionary of one long string
//! that stands in a million rows, a delta-encoded string that repeats its predecessor.

use std::ops::Range;
use std::sync::Arc;

use bytes::Bytes;
use parquet::basic::{Encoding, Type};
use parquet::column::page::{Page, PageMetadata, PageReader};
use parquet::errors::{ParquetError, Result};
use parquet::file::metadata::ColumnChunkMetaData;

use super::codec::{Codec, CodecFault};
use super::delta;
use super::input::Input;
use super::meter::{Fault, Meter};
use super::page::{self, Code, PageHeader, PageKind};
use super::thrift::{Bad, Cursor};

/// Bytes that are read ahead of the page at hand, if the file is not mapped.
const READ_AHEAD: u64 = 256 << 10;
/// Longest page header that is looked for; it holds statistics, which hold strings.
const MAX_HEADER: u64 = 16 << 20;
/// Bytes a decoded dictionary value takes beside its own.
const PER_DICTIONARY_VALUE: u64 = 32;

/// What a column chunk is, for whoever reads its pages.
pub(super) struct Chunk {
    pub(super) name: String,
    pub(super) range: Range<u64>,
    pub(super) values: u64,
    physical: Type,
    type_length: u64,
    repeated: bool,
    max_def: i16,
    max_rep: i16,
}

impl Chunk {
    /// `range` is where the chunk lies, as `check` found it inside the file.
    pub(super) fn new(chunk: &ColumnChunkMetaData, range: Range<u64>) -> Self {
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
pub(super) struct Pages {
    chunk: Chunk,
    input: Arc<Input>,
    meter: Arc<Meter>,
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

/// What the meter was told, bytes.
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
    pub(super) fn new(
        chunk: Chunk,
        compression: parquet::basic::Compression,
        input: Arc<Input>,
        meter: Arc<Meter>,
    ) -> std::result::Result<Self, Fault> {
        let codec = Codec::new(compression).map_err(|e| fault(&chunk.name, e))?;
        Ok(Self {
            offset: chunk.range.start,
            chunk,
            input,
            meter,
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
    pub(super) fn prime(&mut self) -> std::result::Result<u64, Fault> {
        if let Some(PageHeader { kind: PageKind::Dictionary { .. }, .. }) = self.peek()? {
            let page = self.read()?;
            self.dictionary = page;
        }
        Ok(self.longest)
    }

    /// How it will be decoded: rows at once, bytes that stand beside each value, and whether the values of the
    /// dictionary are shared.
    pub(super) fn set_batch(&mut self, rows: u64, per_value: u64, shared: bool) {
        self.unfolding = Unfolding { batch_rows: rows, per_value, shared, ..self.unfolding };
    }

    fn hold(&mut self, held: Held) -> std::result::Result<(), Fault> {
        self.meter.change(self.held.total(), held.total())?;
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

    /// The next header that is no other page's, with the offset behind it; `None` at the end of the chunk.
    fn peek(&mut self) -> std::result::Result<Option<PageHeader>, Fault> {
        while self.header.is_none() {
            let room = self.chunk.range.end - self.offset;
            if room == 0 || self.values_seen >= self.chunk.values && self.chunk.values > 0 {
                return Ok(None);
            }
            let (header, len) = self.parse(room)?;
            self.offset += len;
            if u64::from(header.compressed) > self.chunk.range.end - self.offset {
                return Err(self.damaged("reaches beyond its column chunk"));
            }
            match header.kind {
                PageKind::Other => self.offset += u64::from(header.compressed),
                _ => self.header = Some(self.checked(header)?),
            }
        }
        Ok(self.header)
    }

    fn parse(&mut self, room: u64) -> std::result::Result<(PageHeader, u64), Fault> {
        let mut len = room.min(1 << 9);
        loop {
            let bytes = self.bytes(self.offset..self.offset + len)?;
            let mut cursor = Cursor::new(&bytes);
            match page::header(&mut cursor) {
                Ok(header) => return Ok((header, cursor.position() as u64)),
                Err(Bad::Short) if len < room.min(MAX_HEADER) => len = room.min(len.saturating_mul(16)),
                Err(_) => return Err(self.damaged("has a broken header")),
            }
        }
    }

    /// Sizes and counts that cannot be true.
    fn checked(&self, header: PageHeader) -> std::result::Result<PageHeader, Fault> {
        let (compressed, uncompressed) = (header.compressed as usize, header.uncompressed as usize);
        let (mut levels, mut packed) = (0usize, true);
        if let PageKind::DataV2 { def_bytes, rep_bytes, compressed: is, values, nulls, .. } = header.kind {
            levels = (def_bytes as usize).saturating_add(rep_bytes as usize);
            packed = is;
            if levels > compressed || levels > uncompressed {
                return Err(self.damaged("has levels that are longer than it"));
            }
            if nulls > values {
                return Err(self.damaged("has more missing values than values"));
            }
        }
        let (from, to) = (compressed - levels, uncompressed - levels);
        // Some writers give a page without values any compressed size.
        let plausible = if packed { self.codec.plausible(from, to) || to == 0 } else { from == to };
        if !plausible {
            return Err(self.damaged(&format!("cannot become {to} bytes from {from}")));
        }
        if let Some(values) = header.kind.values() {
            let seen = self.values_seen.saturating_add(values.into());
            if seen > self.chunk.values {
                return Err(self.damaged("declares more values than its column chunk"));
            }
        }
        if let PageKind::Dictionary { values, .. } = header.kind {
            // A value takes a byte at least, in memory many more.
            if values > header.uncompressed {
                return Err(self.damaged("declares more dictionary values than bytes"));
            }
        }
        Ok(header)
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
        self.meter.page(header.crc.is_some());
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

    fn page(&mut self, header: &PageHeader, buf: Bytes) -> std::result::Result<Page, Fault> {
        let encoding = |code: Code| {
            code.encoding().ok_or_else(|| {
                Fault::Unsupported(format!("the encoding {} (column {})", code.0, self.chunk.name))
            })
        };
        Ok(match header.kind {
            PageKind::Data { values, encoding: code, def_levels, rep_levels } => {
                let as_is = encoding(code)?;
                let (def_level_encoding, rep_level_encoding) = (encoding(def_levels)?, encoding(rep_levels)?);
                let data = after_levels(&buf, self.chunk.max_rep, rep_level_encoding, values)
                    .and_then(|buf| after_levels(buf, self.chunk.max_def, def_level_encoding, values));
                let data = data.ok_or_else(|| self.damaged("ends within its levels"))?;
                self.unfold(as_is, values, data, buf.len())?;
                Page::DataPage {
                    buf,
                    num_values: values,
                    encoding: as_is,
                    def_level_encoding,
                    rep_level_encoding,
                    statistics: None,
                }
            }
            PageKind::DataV2 { values, nulls, rows, encoding: code, def_bytes, rep_bytes, compressed } => {
                let encoding = encoding(code)?;
                let data = buf.get((def_bytes + rep_bytes) as usize..);
                let data = data.ok_or_else(|| self.damaged("ends within its levels"))?;
                self.unfold(encoding, values, data, buf.len())?;
                Page::DataPageV2 {
                    num_values: values,
                    encoding,
                    num_nulls: nulls,
                    num_rows: rows,
                    def_levels_byte_len: def_bytes,
                    rep_levels_byte_len: rep_bytes,
                    is_compressed: compressed,
                    statistics: None,
                    buf,
                }
            }
            PageKind::Dictionary { values, encoding: code, sorted } => {
                let encoding = encoding(code)?;
                self.longest = match self.chunk.physical {
                    Type::BYTE_ARRAY => longest(&buf, values).ok_or_else(|| {
                        self.damaged("holds a dictionary value that is longer than the page")
                    })?,
                    _ => self.width(),
                };
                Page::DictionaryPage { buf, num_values: values, encoding, is_sorted: sorted }
            }
            PageKind::Other => return Err(self.damaged("is of no known kind")),
        })
    }

    /// Bytes of a value of fixed width.
    fn width(&self) -> u64 {
        match self.chunk.physical {
            Type::BOOLEAN => 1,
            Type::INT32 | Type::FLOAT => 4,
            Type::INT64 | Type::DOUBLE | Type::INT96 => 12,
            Type::BYTE_ARRAY => 0,
            Type::FIXED_LEN_BYTE_ARRAY => self.chunk.type_length,
        }
    }

    /// Counts what the values of a data page become, as far as one batch can hold them. `data` are the values.
    fn unfold(
        &mut self,
        encoding: Encoding,
        values: u32,
        data: &[u8],
        len: usize,
    ) -> std::result::Result<(), Fault> {
        let Unfolding { batch_rows, per_value, shared, batch, last_page } = self.unfolding;
        let rows = if self.chunk.repeated { u64::from(values) } else { batch_rows.min(values.into()) };
        #[allow(deprecated, reason = "old files name their dictionaries so")]
        let dictionary = matches!(encoding, Encoding::PLAIN_DICTIONARY | Encoding::RLE_DICTIONARY);
        // A page whose values are all missing may hold nothing after its levels.
        let extent = match data {
            [] => None,
            data => delta::extent(encoding, data, values).map_err(|e| self.damaged(e))?,
        };
        let bytes = match (self.chunk.physical, extent) {
            (Type::BYTE_ARRAY, Some(extent)) => extent.bytes,
            _ if dictionary && shared => 0,
            (Type::BYTE_ARRAY, None) if dictionary => rows.saturating_mul(self.longest),
            (Type::BYTE_ARRAY, None) => len as u64,
            _ => rows.saturating_mul(self.width()),
        };
        let bytes = bytes.saturating_add(rows.saturating_mul(per_value));
        // A batch takes the rest of the page before, and every page that begins in it.
        let now = self.meter.batch();
        let before = if now == batch { self.held.unfolded } else { last_page };
        self.hold(Held { unfolded: before.saturating_add(bytes), ..self.held })?;
        self.unfolding = Unfolding { batch: now, last_page: bytes, ..self.unfolding };
        Ok(())
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

/// What follows the levels of one kind in a page of version 1; `None` if they are cut off.
fn after_levels(buf: &[u8], max: i16, encoding: Encoding, values: u32) -> Option<&[u8]> {
    if max == 0 {
        return Some(buf);
    }
    #[allow(deprecated, reason = "BIT_PACKED levels stand in old files")]
    if encoding == Encoding::BIT_PACKED {
        let bits = u64::from(u16::BITS - max.unsigned_abs().leading_zeros());
        return buf.get((u64::from(values) * bits).div_ceil(8) as usize..);
    }
    let (head, rest) = buf.split_first_chunk::<4>()?;
    rest.get(u32::from_le_bytes(*head) as usize..)
}

/// Bytes of the longest of `values` strings, each behind its length; `None` if one is cut off.
fn longest(mut buf: &[u8], values: u32) -> Option<u64> {
    let mut longest = 0;
    for _ in 0..values {
        let (head, rest) = buf.split_first_chunk::<4>()?;
        let len = u32::from_le_bytes(*head) as usize;
        buf = rest.get(len..)?;
        longest = longest.max(len as u64);
    }
    Some(longest)
}

impl Drop for Pages {
    fn drop(&mut self) {
        // Giving back never fails.
        let _ = self.meter.change(self.held.total(), 0);
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
        self.read().map_err(|fault| ParquetError::General(self.meter.keep(fault)))
    }

    fn peek_next_page(&mut self) -> Result<Option<PageMetadata>> {
        if self.dictionary.is_some() {
            return Ok(Some(PageMetadata { num_rows: None, num_levels: None, is_dict: true }));
        }
        let header = self.peek().map_err(|fault| ParquetError::General(self.meter.keep(fault)))?;
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
        let header = self.peek().map_err(|fault| ParquetError::General(self.meter.keep(fault)))?;
        if let Some(header) = header {
            self.header = None;
            self.offset += u64::from(header.compressed);
            self.values_seen += u64::from(header.kind.values().unwrap_or_default());
        }
        Ok(())
    }
}
