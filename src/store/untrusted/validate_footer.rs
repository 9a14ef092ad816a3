//! Looking before decoding: what a file declares is held against what it is, and against the memory allowed.

use std::fs::File;
use std::io::{Read, Seek, SeekFrom};
use std::ops::Range;
use std::path::Path;

use parquet::file::metadata::{ColumnChunkMetaData, ParquetMetaData};

use crate::store::StoreError;
use crate::store::untrusted::thrift::{Cursor, Kind, ThriftError};

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
/// Memory that the decoded footer may take, bytes.
const MAX_FOOTER_MEMORY: u64 = 128 << 20;
/// Bytes that an element of a list of structs takes once decoded, at most.
const PER_STRUCT: u64 = 512;
/// Bytes that an element of another list takes once decoded, at most.
const PER_ELEMENT: u64 = 64;

/// A file that begins and ends like Parquet, and whose footer may be decoded.
pub(crate) struct Shell {
    pub(crate) file: File,
    /// Bytes of the file.
    pub(crate) len: u64,
    /// Where the data ends and the footer begins.
    pub(crate) data_end: u64,
    /// The footer, still encoded.
    pub(crate) footer: Vec<u8>,
}

fn damaged(path: &Path, why: impl Into<String>) -> StoreError {
    StoreError::Damaged { path: path.to_owned(), why: why.into() }
}

/// Opens a file and checks length, magic, footer length and schema tree.
pub(crate) fn open(path: &Path) -> Result<Shell, StoreError> {
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
    let shape = walk(&bytes).map_err(|why| damaged(path, why))?;
    if shape.encrypted {
        return Err(StoreError::Encrypted { path: path.to_owned() });
    }
    if shape.memory() > MAX_FOOTER_MEMORY {
        let why = format!("its footer would take {} bytes, {MAX_FOOTER_MEMORY} are allowed", shape.memory());
        return Err(damaged(path, why));
    }
    Ok(Shell { file, len, data_end, footer: bytes })
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

/// What a footer holds, as far as memory is reserved by it.
#[derive(Default)]
struct Shape {
    /// Columns are encrypted though the footer is not.
    encrypted: bool,
    schema_elements: u64,
    row_groups: u64,
    /// Bytes of all lists, once decoded.
    lists: u64,
}

impl Shape {
    fn memory(&self) -> u64 {
        // Each row group reserves a chunk for every column of the schema.
        let chunks = self.row_groups.saturating_mul(self.schema_elements);
        self.lists.saturating_add(chunks.saturating_mul(PER_STRUCT))
    }
}

/// Walks the footer without allocating: child counts of the schema must fit its list, its tree must be shallow, and
/// what all lists will take is added up.
fn walk(footer: &[u8]) -> Result<Shape, String> {
    let broken = |_: ThriftError| "its footer is no Thrift struct".to_owned();
    let mut cursor = Cursor::new(footer);
    let (mut id, mut shape) = (0, Shape::default());
    while let Some(kind) = cursor.field(&mut id).map_err(broken)? {
        match (id, kind) {
            (2, Kind::List) => shape.schema_elements = schema_tree(&mut cursor)?,
            (4, Kind::List) => shape.row_groups = cursor.clone().list().map_err(broken)?.0,
            // The encryption algorithm.
            (8, _) => shape.encrypted = true,
            _ => {}
        }
        if (id, kind) != (2, Kind::List) {
            shape.lists = shape.lists.saturating_add(lists(&mut cursor, kind).map_err(broken)?);
        }
    }
    shape.lists = shape.lists.saturating_add(shape.schema_elements.saturating_mul(PER_STRUCT));
    Ok(shape)
}

/// Passes over a value; gives the bytes that its lists take once decoded.
fn lists(cursor: &mut Cursor, kind: Kind) -> Result<u64, ThriftError> {
    let mut bytes = 0u64;
    cursor.skip_counting(kind, &mut |len, of| {
        let each = if of == Kind::Struct { PER_STRUCT } else { PER_ELEMENT };
        bytes = bytes.saturating_add(len.saturating_mul(each));
    })?;
    Ok(bytes)
}

/// Bytes that the lists of a Thrift struct take once decoded: of a page index, which is decoded like a footer.
pub(crate) fn index_memory(bytes: &[u8]) -> Option<u64> {
    lists(&mut Cursor::new(bytes), Kind::Struct).ok()
}

/// Passes over the schema list; gives the number of its elements.
fn schema_tree(cursor: &mut Cursor) -> Result<u64, String> {
    let broken = |_: ThriftError| "its footer is no Thrift struct".to_owned();
    let (len, kind) = cursor.list().map_err(broken)?;
    if kind != Kind::Struct {
        return Err("its schema is no list of elements".to_owned());
    }
    // Children still expected on each level, the root's level included.
    let mut open = vec![1u64];
    for _ in 0..len {
        let children = children(cursor).map_err(broken)?;
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
    Ok(len)
}

/// The child count of the schema element under the cursor.
fn children(cursor: &mut Cursor) -> Result<i64, ThriftError> {
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
pub(crate) fn metadata(path: &Path, metadata: &ParquetMetaData, data_end: u64) -> Result<u64, StoreError> {
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

/// Where a chunk lies; some writers give a dictionary that is not there the offset 0.
pub(crate) fn chunk_range(chunk: &ColumnChunkMetaData) -> Option<Range<u64>> {
    let data = u64::try_from(chunk.data_page_offset()).ok()?;
    let dictionary = chunk.dictionary_page_offset().map_or(Ok(0), u64::try_from).ok()?;
    let start = if dictionary > 0 { dictionary.min(data) } else { data };
    let end = start.checked_add(u64::try_from(chunk.compressed_size()).ok()?)?;
    Some(start..end)
}
