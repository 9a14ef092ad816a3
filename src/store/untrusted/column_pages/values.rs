//! Decompressed pages in the form of the decoder, and the memory of their decoded values.

use bytes::Bytes;
use parquet::basic::{Encoding, Type};
use parquet::column::page::Page;

use super::{CheckedPageReader, DecodedSizeEstimate, ReservedBytes};
use crate::store::untrusted::delta;
use crate::store::untrusted::memory_budget::ReadError;
use crate::store::untrusted::page_header::{EncodingId, PageHeader, PageKind};

impl CheckedPageReader {
    /// A decompressed page in the form that the decoder accepts; reserves the memory of its decoded values.
    pub(super) fn decoder_page(
        &mut self,
        header: &PageHeader,
        buf: Bytes,
    ) -> std::result::Result<Page, ReadError> {
        let encoding = |id: EncodingId| {
            id.encoding().ok_or_else(|| {
                ReadError::Unsupported(format!("the encoding {} (column {})", id.0, self.chunk.name))
            })
        };
        Ok(match header.kind {
            PageKind::Data { values, encoding: id, def_levels, rep_levels } => {
                let value_encoding = encoding(id)?;
                let (def_level_encoding, rep_level_encoding) = (encoding(def_levels)?, encoding(rep_levels)?);
                let data = after_levels(&buf, self.chunk.max_rep, rep_level_encoding, values)
                    .and_then(|buf| after_levels(buf, self.chunk.max_def, def_level_encoding, values));
                let data = data.ok_or_else(|| self.damaged("ends inside its levels"))?;
                self.reserve_decoded(value_encoding, values, data, buf.len())?;
                Page::DataPage {
                    buf,
                    num_values: values,
                    encoding: value_encoding,
                    def_level_encoding,
                    rep_level_encoding,
                    statistics: None,
                }
            }
            PageKind::DataV2 { values, nulls, rows, encoding: id, def_bytes, rep_bytes, is_compressed } => {
                let encoding = encoding(id)?;
                let data = buf.get((def_bytes + rep_bytes) as usize..);
                let data = data.ok_or_else(|| self.damaged("ends inside its levels"))?;
                self.reserve_decoded(encoding, values, data, buf.len())?;
                Page::DataPageV2 {
                    num_values: values,
                    encoding,
                    num_nulls: nulls,
                    num_rows: rows,
                    def_levels_byte_len: def_bytes,
                    rep_levels_byte_len: rep_bytes,
                    is_compressed,
                    statistics: None,
                    buf,
                }
            }
            PageKind::Dictionary { values, encoding: id, sorted } => {
                let encoding = encoding(id)?;
                self.longest_dictionary_value = match self.chunk.physical {
                    Type::BYTE_ARRAY => longest_string(&buf, values).ok_or_else(|| {
                        self.damaged("holds a dictionary value that is longer than the page")
                    })?,
                    _ => self.value_width(),
                };
                Page::DictionaryPage { buf, num_values: values, encoding, is_sorted: sorted }
            }
            PageKind::Other => return Err(self.damaged("is of an unknown kind")),
        })
    }

    /// Upper bound of the decoded size of a value of fixed width, bytes; 0 for strings.
    fn value_width(&self) -> u64 {
        match self.chunk.physical {
            Type::BOOLEAN => 1,
            Type::INT32 | Type::FLOAT => 4,
            Type::INT64 | Type::DOUBLE | Type::INT96 => 12,
            Type::BYTE_ARRAY => 0,
            Type::FIXED_LEN_BYTE_ARRAY => self.chunk.type_length,
        }
    }

    /// Reserves the memory of the decoded values of a data page that one batch can hold. `data` is the encoded
    /// values, `len` the length of the page, levels included.
    fn reserve_decoded(
        &mut self,
        encoding: Encoding,
        values: u32,
        data: &[u8],
        len: usize,
    ) -> std::result::Result<(), ReadError> {
        let DecodedSizeEstimate { batch_rows, value_overhead, dictionary_shared, batch, last_page_bytes } =
            self.estimate;
        let rows = if self.chunk.repeated { u64::from(values) } else { batch_rows.min(values.into()) };
        #[allow(deprecated, reason = "old files use this name of the dictionary encoding")]
        let dictionary = matches!(encoding, Encoding::PLAIN_DICTIONARY | Encoding::RLE_DICTIONARY);
        // A page of nulls alone may end after its levels.
        let delta = match data {
            [] => None,
            data => delta::decoded_size(encoding, data, values).map_err(|e| self.damaged(e))?,
        };
        let bytes = match (self.chunk.physical, delta) {
            (Type::BYTE_ARRAY, Some(size)) => size.string_bytes,
            _ if dictionary && dictionary_shared => 0,
            (Type::BYTE_ARRAY, None) if dictionary => rows.saturating_mul(self.longest_dictionary_value),
            (Type::BYTE_ARRAY, None) => len as u64,
            _ => rows.saturating_mul(self.value_width()),
        };
        let bytes = bytes.saturating_add(rows.saturating_mul(value_overhead));
        // A batch holds the rest of the previous page, and every page that begins in it.
        let now = self.budget.batch();
        let before = if now == batch { self.reserved.decoded } else { last_page_bytes };
        self.reserve(ReservedBytes { decoded: before.saturating_add(bytes), ..self.reserved })?;
        self.estimate = DecodedSizeEstimate { batch: now, last_page_bytes: bytes, ..self.estimate };
        Ok(())
    }
}

/// The bytes after the definition or repetition levels in a data page of version 1; `None` if the levels are
/// truncated.
fn after_levels(buf: &[u8], max: i16, encoding: Encoding, values: u32) -> Option<&[u8]> {
    if max == 0 {
        return Some(buf);
    }
    #[allow(deprecated, reason = "old files have BIT_PACKED levels")]
    if encoding == Encoding::BIT_PACKED {
        let bits = u64::from(u16::BITS - max.unsigned_abs().leading_zeros());
        return buf.get((u64::from(values) * bits).div_ceil(8) as usize..);
    }
    let (head, rest) = buf.split_first_chunk::<4>()?;
    rest.get(u32::from_le_bytes(*head) as usize..)
}

/// Length of the longest of `values` strings, each after its 32-bit length; `None` if one is truncated.
fn longest_string(mut buf: &[u8], values: u32) -> Option<u64> {
    let mut longest = 0;
    for _ in 0..values {
        let (head, rest) = buf.split_first_chunk::<4>()?;
        let len = u32::from_le_bytes(*head) as usize;
        buf = rest.get(len..)?;
        longest = longest.max(len as u64);
    }
    Some(longest)
}
