//! Page headers, read and compared with the column chunk before any byte of the page is read.

use super::CheckedPageReader;
use crate::store::untrusted::memory_budget::ReadError;
use crate::store::untrusted::page_header::{PageHeader, PageKind, read_page_header};
use crate::store::untrusted::thrift::{ThriftError, ThriftReader};

/// Maximum length of a page header, bytes: it contains statistics, and so strings of the column.
const MAX_HEADER_BYTES: u64 = 16 << 20;

impl CheckedPageReader {
    /// The next header of a data or dictionary page; `offset` is then the start of that page. `None` at the end of
    /// the column chunk. Other pages are skipped.
    pub(super) fn peek_header(&mut self) -> std::result::Result<Option<PageHeader>, ReadError> {
        while self.header.is_none() {
            let remaining = self.chunk.range.end - self.offset;
            if remaining == 0 || self.values_seen >= self.chunk.values && self.chunk.values > 0 {
                return Ok(None);
            }
            let (header, len) = self.read_header(remaining)?;
            self.offset += len;
            if u64::from(header.compressed_len) > self.chunk.range.end - self.offset {
                return Err(self.damaged("extends beyond its column chunk"));
            }
            match header.kind {
                PageKind::Other => self.offset += u64::from(header.compressed_len),
                _ => self.header = Some(self.validated(header)?),
            }
        }
        Ok(self.header)
    }

    /// Reads the header at `offset`; returns it and its length.
    fn read_header(&mut self, remaining: u64) -> std::result::Result<(PageHeader, u64), ReadError> {
        let mut len = remaining.min(1 << 9);
        loop {
            let bytes = self.bytes(self.offset..self.offset + len)?;
            let mut reader = ThriftReader::new(&bytes);
            match read_page_header(&mut reader) {
                Ok(header) => return Ok((header, reader.position() as u64)),
                Err(ThriftError::Truncated) if len < remaining.min(MAX_HEADER_BYTES) => {
                    len = remaining.min(len.saturating_mul(16))
                }
                Err(_) => return Err(self.damaged("has an invalid header")),
            }
        }
    }

    /// The header, if its lengths and counts are possible.
    fn validated(&self, header: PageHeader) -> std::result::Result<PageHeader, ReadError> {
        let (compressed_len, uncompressed_len) =
            (header.compressed_len as usize, header.uncompressed_len as usize);
        let (mut levels_len, mut is_compressed) = (0usize, true);
        if let PageKind::DataV2 { def_bytes, rep_bytes, is_compressed: is, values, nulls, .. } = header.kind {
            levels_len = (def_bytes as usize).saturating_add(rep_bytes as usize);
            is_compressed = is;
            if levels_len > compressed_len || levels_len > uncompressed_len {
                return Err(self.damaged("has levels that are longer than the page"));
            }
            if nulls > values {
                return Err(self.damaged("declares more nulls than values"));
            }
        }
        let (from, to) = (compressed_len - levels_len, uncompressed_len - levels_len);
        // Some writers give a page without values any compressed size.
        let plausible = if is_compressed { self.codec.plausible(from, to) || to == 0 } else { from == to };
        if !plausible {
            return Err(self.damaged(&format!(
                "declares that its {from} bytes decompress to {to}, which is impossible"
            )));
        }
        if let Some(values) = header.kind.values() {
            let seen = self.values_seen.saturating_add(values.into());
            if seen > self.chunk.values {
                return Err(self.damaged("declares more values than its column chunk"));
            }
        }
        if let PageKind::Dictionary { values, .. } = header.kind {
            // A value takes at least one byte, and much more once decoded.
            if values > header.uncompressed_len {
                return Err(self.damaged("declares more dictionary values than bytes"));
            }
        }
        Ok(header)
    }
}
