//! Looking before decoding: what a file declares is held against what it is, and against the memory allowed.

use std::fs::File;
use std::io::{Read, Seek, SeekFrom};
use std::ops::Range;
use std::path::Path;

use parquet::file::metadata::{ColumnChunkMetaData, ParquetMetaData};

use super::StoreError;
use super::thrift::{Bad, Cursor, Kind};

/// First and last bytes of a Parquet file.
const MAGIC: [u8; 4] = *b"PAR1";
/// Last bytes of a Parquet file whose footer is encrypted.
const MAGIC_ENCRYPTED: [u8; 4] = *b"PARE";
/// Footer length and magic at the end of the file, bytes.
const TAIL: u64 = 8;
/// Largest footer that is read, bytes: decoding takes up to some hundred times that.
const MAX_FOOTER: u64 = 16 << 20;
/// Nesting of the schema that is followed; the decoder recurses by it.
const MAX_SCHEMA_DEPTH: usize = 64;
/// Sizes in which a page header is looked for: it is short, unless its statistics hold long strings.
const HEADER_WINDOWS: [u64; 3] = [1 << 9, 1 << 16, 1 << 24];

/// A file that begins and ends like Parquet, and whose footer may be decoded.
pub(super) struct Shell {
    pub(super) file: File,
    /// Where the data ends and the footer begins.
    pub(super) data_end: u64,
}

fn damaged(path: &Path, why: impl Into<String>) -> StoreError {
    StoreError::Damaged { path: path.to_owned(), why: why.into() }
}

/// Opens a file and checks length, magic, footer length and schema tree.
pub(super) fn open(path: &Path) -> Result<Shell, StoreError> {
    let io = |action, source| StoreError::Io { path: path.to_owned(), action, source };
    let foreign = |why: &str| StoreError::NotParquet { path: path.to_owned(), why: why.to_owned() };
    let meta = std::fs::metadata(path).map_err(|e| io("open", e))?;
    if !meta.is_file() {
        return Err(foreign("it is no regular file"));
    }
    let mut file = File::open(path).map_err(|e| io("open", e))?;
    let len = meta.len();
    if len < 4 + TAIL {
        return Err(foreign(&format!("it has {len} bytes, the shortest Parquet file has 12")));
    }
    let head: [u8; 4] = at(&mut file, 0).map_err(|e| io("read", e))?;
    let tail: [u8; 8] = at(&mut file, len - TAIL).map_err(|e| io("read", e))?;
    if tail[4..] == MAGIC_ENCRYPTED {
        return Err(StoreError::Encrypted { path: path.to_owned() });
    }
    if head != MAGIC {
        return Err(foreign("it does not begin with PAR1"));
    }
    if tail[4..] != MAGIC {
        return Err(damaged(path, "it begins like Parquet but does not end with PAR1: the end is cut off"));
    }
    let footer = u64::from(u32::from_le_bytes([tail[0], tail[1], tail[2], tail[3]]));
    if footer > len - 4 - TAIL {
        return Err(damaged(path, format!("its footer of {footer} bytes is longer than the file")));
    }
    if footer > MAX_FOOTER {
        return Err(damaged(path, format!("its footer of {footer} bytes is above the {MAX_FOOTER} allowed")));
    }
    let data_end = len - TAIL - footer;
    let bytes = span(&mut file, data_end..len - TAIL).map_err(|e| io("read", e))?;
    if schema_tree(&bytes).map_err(|why| damaged(path, why))? == Columns::Encrypted {
        return Err(StoreError::Encrypted { path: path.to_owned() });
    }
    Ok(Shell { file, data_end })
}

fn at<const N: usize>(file: &mut File, offset: u64) -> std::io::Result<[u8; N]> {
    let mut bytes = [0; N];
    file.seek(SeekFrom::Start(offset))?;
    file.read_exact(&mut bytes)?;
    Ok(bytes)
}

fn span(file: &mut File, range: Range<u64>) -> std::io::Result<Vec<u8>> {
    file.seek(SeekFrom::Start(range.start))?;
    let mut bytes = Vec::new();
    file.take(range.end - range.start).read_to_end(&mut bytes)?;
    Ok(bytes)
}

/// Whether the footer says that columns are encrypted though it is not.
#[derive(PartialEq, Eq)]
enum Columns {
    Plain,
    Encrypted,
}

/// Walks the schema list of the footer: child counts must fit the list, the tree must be shallow.
fn schema_tree(footer: &[u8]) -> Result<Columns, String> {
    let broken = |_: Bad| "its footer is no Thrift struct".to_owned();
    let mut cursor = Cursor::new(footer);
    let (mut id, mut columns) = (0, Columns::Plain);
    while let Some(kind) = cursor.field(&mut id).map_err(broken)? {
        // Field 8 is the encryption algorithm.
        if id == 8 {
            columns = Columns::Encrypted;
        }
        if id != 2 || kind != Kind::List {
            cursor.skip(kind).map_err(broken)?;
            continue;
        }
        let (len, kind) = cursor.list().map_err(broken)?;
        if kind != Kind::Struct {
            return Err("its schema is no list of elements".to_owned());
        }
        // Children still expected on each level, the root's level included.
        let mut open = vec![1u64];
        for _ in 0..len {
            let children = children(&mut cursor).map_err(broken)?;
            while open.last() == Some(&0) {
                open.pop();
            }
            let Some(level) = open.last_mut() else { return Err("its schema has two roots".to_owned()) };
            *level -= 1;
            match u64::try_from(children) {
                Ok(0) => {}
                Ok(n) if n <= len && open.len() < MAX_SCHEMA_DEPTH => open.push(n),
                _ => return Err(format!("its schema has a group of {children} columns, or is too deep")),
            }
        }
        if open.iter().any(|&left| left > 0) {
            return Err("its schema ends too soon".to_owned());
        }
    }
    Ok(columns)
}

/// The child count of the schema element under the cursor.
fn children(cursor: &mut Cursor) -> Result<i64, Bad> {
    let (mut id, mut children) = (0, 0);
    while let Some(kind) = cursor.field(&mut id)? {
        match (id, kind) {
            (5, Kind::Int) => children = cursor.int()?,
            _ => cursor.skip(kind)?,
        }
    }
    Ok(children)
}

/// Checks that counts add up and that every column chunk lies inside the data. Returns the number of rows.
pub(super) fn metadata(path: &Path, metadata: &ParquetMetaData, data_end: u64) -> Result<u64, StoreError> {
    let mut rows = 0u64;
    for (g, group) in metadata.row_groups().iter().enumerate() {
        let count = u64::try_from(group.num_rows())
            .map_err(|_| damaged(path, format!("row group {g} declares {} rows", group.num_rows())))?;
        rows = rows.checked_add(count).ok_or_else(|| damaged(path, "its row counts overflow"))?;
        for chunk in group.columns() {
            let place = || format!("column {} of row group {g}", chunk.column_path());
            if chunk.file_path().is_some() {
                return Err(damaged(path, format!("{} lies in another file", place())));
            }
            // A group without rows has no data that could lie anywhere; some writers give it no offsets.
            let range = chunk_range(chunk).filter(|r| count == 0 || r.start >= 4 && r.end <= data_end);
            if range.is_none() {
                return Err(damaged(path, format!("{} lies outside the file", place())));
            }
            let flat = chunk.column_descr().max_rep_level() == 0;
            let values = u64::try_from(chunk.num_values()).ok().filter(|&n| !flat || n == count);
            if values.is_none() || chunk.uncompressed_size() < 0 {
                return Err(damaged(path, format!("{} declares impossible counts", place())));
            }
        }
    }
    let declared = metadata.file_metadata().num_rows();
    if u64::try_from(declared) != Ok(rows) {
        return Err(damaged(path, format!("it declares {declared} rows, its row groups hold {rows}")));
    }
    Ok(rows)
}

/// Where a chunk lies, as the decoder takes it.
fn chunk_range(chunk: &ColumnChunkMetaData) -> Option<Range<u64>> {
    let start = u64::try_from(chunk.dictionary_page_offset().unwrap_or(chunk.data_page_offset())).ok()?;
    u64::try_from(chunk.data_page_offset()).ok()?;
    let end = start.checked_add(u64::try_from(chunk.compressed_size()).ok()?)?;
    Some(start..end)
}

/// Walks the page headers of a chunk and returns the bytes its pages declare, uncompressed.
///
/// The decoder reserves what a page header declares; this keeps a header that lies from being believed.
///
/// # Errors
/// [`StoreError::Damaged`] for a header that cannot be true, [`StoreError::Memory`] for pages above `limit` bytes.
pub(super) fn pages(
    path: &Path,
    file: &mut File,
    chunk: &ColumnChunkMetaData,
    limit: u64,
) -> Result<u64, StoreError> {
    let bad = |what: &str| damaged(path, format!("a page header of column {} {what}", chunk.column_path()));
    let range = chunk_range(chunk).ok_or_else(|| bad("lies outside the file"))?;
    let (mut offset, mut total, mut values) = (range.start, 0u64, 0u64);
    let expected = u64::try_from(chunk.num_values()).unwrap_or_default();
    while offset < range.end && values < expected {
        let (page, header_len) =
            page_header(path, file, offset..range.end)?.ok_or_else(|| bad("is broken"))?;
        let sizes = (u64::try_from(page.compressed), u64::try_from(page.uncompressed));
        let (Ok(compressed), Ok(uncompressed)) = sizes else { return Err(bad("has a negative size")) };
        offset = offset.saturating_add(header_len).saturating_add(compressed);
        if offset > range.end {
            return Err(bad("reaches beyond its column chunk"));
        }
        total = total.saturating_add(uncompressed);
        if total > limit {
            return Err(StoreError::Memory { path: path.to_owned(), needs: total, limit });
        }
        // A dictionary value takes a byte at least; the decoder reserves by their number.
        if page.dictionary_values.is_some_and(|n| u64::try_from(n).is_ok_and(|n| n > uncompressed) || n < 0) {
            return Err(bad("declares more dictionary values than bytes"));
        }
        if let Some(n) = page.values {
            values = values.saturating_add(u64::try_from(n).map_err(|_| bad("has a negative count"))?);
            if values > expected {
                return Err(bad("declares more values than its column chunk"));
            }
        }
    }
    Ok(total)
}

#[derive(Default)]
struct PageHeader {
    uncompressed: i64,
    compressed: i64,
    values: Option<i64>,
    dictionary_values: Option<i64>,
}

fn page_header(
    path: &Path,
    file: &mut File,
    range: Range<u64>,
) -> Result<Option<(PageHeader, u64)>, StoreError> {
    let room = range.end - range.start;
    for window in HEADER_WINDOWS {
        let bytes = span(file, range.start..range.start + room.min(window))
            .map_err(|source| StoreError::Io { path: path.to_owned(), action: "read", source })?;
        let mut cursor = Cursor::new(&bytes);
        match parse_page_header(&mut cursor) {
            Ok(header) => return Ok(Some((header, cursor.position() as u64))),
            Err(Bad::Broken) => return Ok(None),
            Err(Bad::Short) if room <= window => return Ok(None),
            Err(Bad::Short) => {}
        }
    }
    Ok(None)
}

fn parse_page_header(cursor: &mut Cursor) -> Result<PageHeader, Bad> {
    let mut header = PageHeader::default();
    let mut id = 0;
    while let Some(kind) = cursor.field(&mut id)? {
        match (id, kind) {
            (2, Kind::Int) => header.uncompressed = cursor.int()?,
            (3, Kind::Int) => header.compressed = cursor.int()?,
            // Data page (5) and data page v2 (8): how many values; dictionary page (7) likewise.
            (5 | 8, Kind::Struct) => header.values = first_int(cursor)?,
            (7, Kind::Struct) => header.dictionary_values = first_int(cursor)?,
            _ => cursor.skip(kind)?,
        }
    }
    Ok(header)
}

/// Field 1 of the struct under the cursor, which is passed over.
fn first_int(cursor: &mut Cursor) -> Result<Option<i64>, Bad> {
    let (mut id, mut found) = (0, None);
    while let Some(kind) = cursor.field(&mut id)? {
        match (id, kind) {
            (1, Kind::Int) => found = Some(cursor.int()?),
            _ => cursor.skip(kind)?,
        }
    }
    Ok(found)
}
