//! A decompressed page as the decoder takes it, and how much it can unfold to.

use bytes::Bytes;
use parquet::basic::{Encoding, Type};
use parquet::column::page::Page;

use super::{Held, Pages, Unfolding};
use crate::store::untrusted::delta;
use crate::store::untrusted::memory_budget::Fault;
use crate::store::untrusted::page_header::{Code, PageHeader, PageKind};

impl Pages {
    pub(super) fn page(&mut self, header: &PageHeader, buf: Bytes) -> std::result::Result<Page, Fault> {
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
        let now = self.budget.batch();
        let before = if now == batch { self.held.unfolded } else { last_page };
        self.hold(Held { unfolded: before.saturating_add(bytes), ..self.held })?;
        self.unfolding = Unfolding { batch: now, last_page: bytes, ..self.unfolding };
        Ok(())
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
