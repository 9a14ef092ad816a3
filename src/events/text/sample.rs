//! The first rows of a file.

use std::io::{self, Read};

use csv::{ReaderBuilder, StringRecord};

use super::clean_reader::{CellSyntax, CleanReader};

/// Bytes at the start of a file in which its format is looked for.
pub(super) const SAMPLE_BYTES: usize = 1 << 16;
/// Rows in which its format is looked for.
const SAMPLE_ROWS: usize = 200;

/// The start of a file, and whether it is all of it.
#[derive(Debug)]
pub(super) struct Head {
    pub(super) bytes: Vec<u8>,
    pub(super) is_all: bool,
}

impl Head {
    /// Reads the start of a file.
    pub(super) fn read(input: &mut impl Read) -> io::Result<Self> {
        let mut bytes = Vec::new();
        input.take(SAMPLE_BYTES as u64).read_to_end(&mut bytes)?;
        let is_all = bytes.len() < SAMPLE_BYTES;
        Ok(Self { bytes, is_all })
    }

    /// The first rows after the first `skipped` bytes, with the cells of each trimmed; rows that the end of the
    /// sample may cut off are left out.
    pub(super) fn rows(&self, skipped: usize, syntax: CellSyntax) -> Vec<Vec<String>> {
        let text = &self.bytes[skipped..];
        let whole = match text.iter().rposition(|&byte| byte == b'\n' || byte == b'\r') {
            Some(end) if !self.is_all => &text[..=end],
            _ => text,
        };
        let mut reader = ReaderBuilder::new()
            .has_headers(false)
            .flexible(true)
            .quoting(syntax.quotes)
            .delimiter(syntax.clean_delimiter())
            .from_reader(CleanReader::new(whole, syntax, 1));
        let mut rows = Vec::new();
        let mut record = StringRecord::new();
        // An error ends the sample: the whole file gives it again, with its line.
        while rows.len() < SAMPLE_ROWS && reader.read_record(&mut record).unwrap_or(false) {
            rows.push(record.iter().map(|cell| cell.trim().to_owned()).collect());
        }
        rows
    }
}
