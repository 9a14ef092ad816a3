//! Validation of the footer: declared offsets, sizes and counts are compared with the file and the memory limit
//! before anything is decoded.

use std::fs::File;
use std::ops::Range;
use std::path::Path;

use parquet::file::metadata::{ColumnChunkMetaData, ParquetMetaData};

use crate::store::error::{IoAction, StoreError};
use crate::store::untrusted::byte_source::read_range;
use crate::store::untrusted::thrift::{ThriftError, ThriftReader, ThriftType};

/// First and last bytes of a Parquet file.
const MAGIC: [u8; 4] = *b"PAR1";
/// Last bytes of a Parquet file whose footer is encrypted.
const MAGIC_ENCRYPTED: [u8; 4] = *b"PARE";
/// Length of the end of the file, bytes: footer length and magic.
const TAIL_BYTES: u64 = 8;
/// Maximum length of a footer, bytes; decoding takes up to several hundred times as much memory.
const MAX_FOOTER_BYTES: u64 = 16 << 20;
/// Maximum levels of a schema: the decoder recurses once per level.
const MAX_SCHEMA_DEPTH: usize = 64;
/// Maximum memory of a decoded footer, bytes.
const MAX_FOOTER_MEMORY_BYTES: u64 = 128 << 20;
/// Upper bound of the decoded size of an element of a list of structs, bytes.
const BYTES_PER_STRUCT: u64 = 512;
/// Upper bound of the decoded size of an element of any other list, bytes.
const BYTES_PER_ELEMENT: u64 = 64;

/// A file with correct magic and a footer that is safe to decode.
pub(crate) struct EncodedFooter {
    pub(crate) file: File,
    /// Length of the file, bytes.
    pub(crate) file_len: u64,
    /// Offset at which the data ends and the footer begins.
    pub(crate) data_end: u64,
    /// The encoded footer.
    pub(crate) bytes: Vec<u8>,
}

fn damaged(path: &Path, why: impl Into<String>) -> StoreError {
    StoreError::Damaged { path: path.to_owned(), why: why.into() }
}

/// Opens a file, checks length, magic, footer length and schema tree, and reads the footer.
pub(crate) fn read_footer(path: &Path) -> Result<EncodedFooter, StoreError> {
    let io = |action, source| StoreError::Io { path: path.to_owned(), action, source };
    let foreign = |why: &str| StoreError::NotParquet { path: path.to_owned(), why: why.to_owned() };
    let metadata = std::fs::metadata(path).map_err(|e| io(IoAction::Open, e))?;
    if !metadata.is_file() {
        return Err(foreign("it is not a regular file"));
    }
    let file = File::open(path).map_err(|e| io(IoAction::Open, e))?;
    let len = metadata.len();
    if len < 4 + TAIL_BYTES {
        return Err(foreign(&format!("it has {len} bytes, the shortest Parquet file has 12")));
    }
    let read = |range| read_range(&file, range).map_err(|e| io(IoAction::Read, e));
    let head = read(0..4)?;
    let tail = read(len - TAIL_BYTES..len)?;
    if tail[4..] == MAGIC_ENCRYPTED {
        return Err(StoreError::Encrypted { path: path.to_owned() });
    }
    if head != MAGIC {
        return Err(foreign("it does not begin with PAR1"));
    }
    if tail[4..] != MAGIC {
        return Err(damaged(path, "it begins like Parquet but does not end with PAR1: the end is cut off"));
    }
    let footer_len = u64::from(u32::from_le_bytes([tail[0], tail[1], tail[2], tail[3]]));
    if footer_len > len - 4 - TAIL_BYTES {
        return Err(damaged(path, format!("its footer of {footer_len} bytes is longer than the file")));
    }
    if footer_len > MAX_FOOTER_BYTES {
        return Err(damaged(
            path,
            format!("its footer of {footer_len} bytes exceeds the limit of {MAX_FOOTER_BYTES}"),
        ));
    }
    let data_end = len - TAIL_BYTES - footer_len;
    let bytes = read(data_end..len - TAIL_BYTES)?;
    let summary = summarize(&bytes).map_err(|why| damaged(path, why))?;
    if summary.encrypted {
        return Err(StoreError::Encrypted { path: path.to_owned() });
    }
    if summary.memory() > MAX_FOOTER_MEMORY_BYTES {
        let why = format!(
            "its footer needs {} bytes of memory, the limit is {MAX_FOOTER_MEMORY_BYTES}",
            summary.memory()
        );
        return Err(damaged(path, why));
    }
    Ok(EncodedFooter { file, file_len: len, data_end, bytes })
}

/// The counts of a footer that determine the memory of decoding it.
#[derive(Default)]
struct FooterSummary {
    /// True if columns are encrypted although the footer is not.
    encrypted: bool,
    schema_elements: u64,
    row_groups: u64,
    /// Upper bound of the decoded size of all lists, bytes.
    list_bytes: u64,
}

impl FooterSummary {
    /// Upper bound of the memory of the decoded footer, bytes.
    fn memory(&self) -> u64 {
        // The decoder reserves a column chunk for every schema element in each row group.
        let chunks = self.row_groups.saturating_mul(self.schema_elements);
        self.list_bytes.saturating_add(chunks.saturating_mul(BYTES_PER_STRUCT))
    }
}

/// Reads the counts of a footer without allocating. The child counts of the schema must fit its list, and its tree
/// must not be too deep.
fn summarize(footer: &[u8]) -> Result<FooterSummary, String> {
    let invalid = |_: ThriftError| "its footer is not a Thrift struct".to_owned();
    let mut reader = ThriftReader::new(footer);
    let (mut id, mut summary) = (0, FooterSummary::default());
    while let Some(kind) = reader.next_field(&mut id).map_err(invalid)? {
        match (id, kind) {
            (2, ThriftType::List) => summary.schema_elements = skip_schema(&mut reader)?,
            (4, ThriftType::List) => summary.row_groups = reader.clone().list_header().map_err(invalid)?.0,
            // The encryption algorithm.
            (8, _) => summary.encrypted = true,
            _ => {}
        }
        if (id, kind) != (2, ThriftType::List) {
            summary.list_bytes =
                summary.list_bytes.saturating_add(list_bytes(&mut reader, kind).map_err(invalid)?);
        }
    }
    summary.list_bytes =
        summary.list_bytes.saturating_add(summary.schema_elements.saturating_mul(BYTES_PER_STRUCT));
    Ok(summary)
}

/// Skips a value; returns an upper bound of the decoded size of its lists, bytes.
fn list_bytes(reader: &mut ThriftReader, kind: ThriftType) -> Result<u64, ThriftError> {
    let mut bytes = 0u64;
    reader.skip_visiting_lists(kind, &mut |len, element| {
        let each = if element == ThriftType::Struct { BYTES_PER_STRUCT } else { BYTES_PER_ELEMENT };
        bytes = bytes.saturating_add(len.saturating_mul(each));
    })?;
    Ok(bytes)
}

/// Upper bound of the memory of a decoded page index, bytes; `None` if it is not a Thrift struct.
pub(crate) fn page_index_memory(bytes: &[u8]) -> Option<u64> {
    list_bytes(&mut ThriftReader::new(bytes), ThriftType::Struct).ok()
}

/// Skips the schema list and checks its tree; returns the number of elements.
fn skip_schema(reader: &mut ThriftReader) -> Result<u64, String> {
    let invalid = |_: ThriftError| "its footer is not a Thrift struct".to_owned();
    let (len, kind) = reader.list_header().map_err(invalid)?;
    if kind != ThriftType::Struct {
        return Err("its schema is not a list of elements".to_owned());
    }
    // Number of children still expected on each level, the level of the root included.
    let mut open = vec![1u64];
    for _ in 0..len {
        let children = child_count(reader).map_err(invalid)?;
        while open.last() == Some(&0) {
            open.pop();
        }
        let Some(level) = open.last_mut() else { return Err("its schema has two roots".to_owned()) };
        *level -= 1;
        match u64::try_from(children) {
            Ok(0) => {}
            Ok(n) if n <= len && open.len() < MAX_SCHEMA_DEPTH => open.push(n),
            _ => {
                return Err(format!(
                    "its schema has a group of {children} columns, or more than {MAX_SCHEMA_DEPTH} levels"
                ));
            }
        }
    }
    if open.iter().any(|&left| left > 0) {
        return Err("its schema ends too soon".to_owned());
    }
    Ok(len)
}

/// Skips a schema element; returns the number of its children.
fn child_count(reader: &mut ThriftReader) -> Result<i64, ThriftError> {
    let (mut id, mut children) = (0, 0);
    while let Some(kind) = reader.next_field(&mut id)? {
        match (id, kind) {
            (5, ThriftType::Int) => children = reader.read_int()?,
            _ => reader.skip(kind)?,
        }
    }
    Ok(children)
}

/// Checks that counts add up and that every column chunk lies inside the data; returns the number of rows.
pub(crate) fn validate_metadata(
    path: &Path,
    metadata: &ParquetMetaData,
    data_end: u64,
) -> Result<u64, StoreError> {
    let mut rows = 0u64;
    for (g, group) in metadata.row_groups().iter().enumerate() {
        let count = u64::try_from(group.num_rows())
            .map_err(|_| damaged(path, format!("row group {g} declares {} rows", group.num_rows())))?;
        rows = rows.checked_add(count).ok_or_else(|| damaged(path, "its row counts overflow"))?;
        for chunk in group.columns() {
            let column = || format!("column {} of row group {g}", chunk.column_path());
            if chunk.file_path().is_some() {
                return Err(damaged(path, format!("{} is stored in another file", column())));
            }
            // A row group without rows has no data; some writers give its chunks no offsets.
            let range = chunk_range(chunk).filter(|r| count == 0 || r.start >= 4 && r.end <= data_end);
            if range.is_none() {
                return Err(damaged(path, format!("{} lies outside the file", column())));
            }
            let flat = chunk.column_descr().max_rep_level() == 0;
            let values = u64::try_from(chunk.num_values()).ok().filter(|&n| !flat || n == count);
            if values.is_none() || chunk.uncompressed_size() < 0 {
                return Err(damaged(path, format!("{} declares impossible counts", column())));
            }
        }
    }
    let declared = metadata.file_metadata().num_rows();
    if u64::try_from(declared) != Ok(rows) {
        return Err(damaged(path, format!("it declares {declared} rows, but its row groups hold {rows}")));
    }
    Ok(rows)
}

/// Byte range of a column chunk. Some writers give an absent dictionary the offset 0.
pub(crate) fn chunk_range(chunk: &ColumnChunkMetaData) -> Option<Range<u64>> {
    let data = u64::try_from(chunk.data_page_offset()).ok()?;
    let dictionary = chunk.dictionary_page_offset().map_or(Ok(0), u64::try_from).ok()?;
    let start = if dictionary > 0 { dictionary.min(data) } else { data };
    let end = start.checked_add(u64::try_from(chunk.compressed_size()).ok()?)?;
    Some(start..end)
}
