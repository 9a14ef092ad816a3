//! The headers of pages: found, and held against the chunk before a byte of the page is read.

use super::Pages;
use crate::store::untrusted::memory_budget::Fault;
use crate::store::untrusted::page_header::{self, PageHeader, PageKind};
use crate::store::untrusted::thrift::{Cursor, ThriftError};

/// Longest page header that is looked for; it holds statistics, which hold strings.
const MAX_HEADER: u64 = 16 << 20;

impl Pages {
    /// The next header that is no other page's, with the offset behind it; `None` at the end of the chunk.
    pub(super) fn peek(&mut self) -> std::result::Result<Option<PageHeader>, Fault> {
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
            match page_header::header(&mut cursor) {
                Ok(header) => return Ok((header, cursor.position() as u64)),
                Err(ThriftError::Short) if len < room.min(MAX_HEADER) => {
                    len = room.min(len.saturating_mul(16))
                }
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
}
