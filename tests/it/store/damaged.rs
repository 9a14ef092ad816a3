//! Damaged files, and files of another format: each gives an error, never a panic or unbounded memory.

use std::path::Path;

use ironforge::store::{StoreError, footer, read_table, write_table};
use ironforge::table::{Table, Values};
use proptest::prelude::*;

use super::{LIMIT, column, every_type, small};

#[test]
fn a_file_of_another_format_is_reported_as_not_parquet() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("x.parquet");
    let missing = read_table(&path, None, LIMIT).unwrap_err();
    assert!(
        matches!(&missing, StoreError::Io { source, .. } if source.kind() == std::io::ErrorKind::NotFound)
    );
    assert!(matches!(read_table(dir.path(), None, LIMIT), Err(StoreError::NotParquet { .. })));
    for bytes in [vec![], b"PAR1".to_vec(), b"hello, this is not parquet".to_vec(), vec![0xa7; 4096]] {
        std::fs::write(&path, &bytes).unwrap();
        assert!(matches!(read_table(&path, None, LIMIT), Err(StoreError::NotParquet { .. })), "{bytes:?}");
    }
    std::fs::write(&path, b"PAR1....\x04\0\0\0PARE").unwrap();
    assert!(matches!(read_table(&path, None, LIMIT), Err(StoreError::Encrypted { .. })));
    std::fs::write(&path, b"PAR1\xff\xff\xff\x7fPAR1").unwrap();
    assert!(matches!(read_table(&path, None, LIMIT), Err(StoreError::Damaged { .. })));
}

/// Reads `bytes` as a file; returns whether a table was read. An error must name the file.
fn is_read(path: &Path, bytes: &[u8]) -> bool {
    std::fs::write(path, bytes).unwrap();
    let _ = footer(path);
    match read_table(path, None, LIMIT) {
        Ok(read) => {
            assert!(read.table.rows() < 100_000);
            true
        }
        Err(error) => {
            assert!(error.to_string().contains("x.parquet"), "{error}");
            false
        }
    }
}

#[test]
fn a_truncated_file_is_an_error() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("x.parquet");
    write_table(&path, &every_type(60), &small(40)).unwrap();
    let whole = std::fs::read(&path).unwrap();
    let ends = (0..whole.len()).step_by(61).chain(whole.len() - 40..whole.len());
    for end in ends {
        assert!(!is_read(&path, &whole[..end]), "cut at {end}");
    }
}

#[test]
fn a_changed_byte_causes_at_most_an_error() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("x.parquet");
    write_table(&path, &every_type(60), &small(40)).unwrap();
    let whole = std::fs::read(&path).unwrap();
    let mut stream = ironforge::philox::Philox::new(11).stream(0, 0);
    let (mut read, mut refused) = (0, 0);
    for i in 0..600 {
        let mut bytes = whole.clone();
        // Half of the changes are in the last third, which holds footer and page index.
        let from = if i % 2 == 0 { 0 } else { whole.len() * 2 / 3 };
        let offset = from + stream.below((whole.len() - from) as u32) as usize;
        bytes[offset] =
            if i % 3 == 0 { stream.next_u32() as u8 } else { bytes[offset] ^ (1 << stream.below(8)) };
        match is_read(&path, &bytes) {
            true => read += 1,
            false => refused += 1,
        }
    }
    assert!(read > 0 && refused > 100, "{read} read, {refused} refused");
}

#[test]
fn a_schema_that_declares_two_billion_columns_allocates_nothing() {
    // FileMetaData { 1: version 1, 2: schema [ { 4: name "r", 5: num_children } ], 3: num_rows 0, 4: [] }
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("x.parquet");
    let file = |schema: &[u8]| {
        let footer = [&[0x15, 0x02][..], schema, &[0x16, 0x00, 0x19, 0x0c, 0x00]].concat();
        [b"PAR1", &footer[..], &(footer.len() as u32).to_le_bytes(), b"PAR1"].concat()
    };
    let false_count = [0x19, 0x1c, 0x48, 0x01, b'r', 0x15, 0xfe, 0xff, 0xff, 0xff, 0x0f, 0x00];
    assert!(!is_read(&path, &file(&false_count)));
    // A hundred thousand nested groups: [0xfc, varint] is the header of a long list of structs.
    let deep = [0x48, 0x01, b'g', 0x15, 0x02, 0x00].repeat(100_000);
    let deep = [&[0x19, 0xfc, 0xa0, 0x8d, 0x06][..], &deep].concat();
    assert!(!is_read(&path, &file(&deep)));
}

#[test]
fn a_page_with_a_false_size_is_refused() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("x.parquet");
    let zeros = Table::new(vec![column("a", "", Values::F64(vec![0.0; 20_000].into()))]);
    write_table(&path, &zeros, &small(20_000)).unwrap();
    assert!(read_table(&path, None, 400_000).is_ok(), "160 kB of values and as many bytes of pages");
    let mut bytes = std::fs::read(&path).unwrap();
    // The first page header: 1: type 0, 2: uncompressed_page_size 160000 as a zigzag varint; then 1 MiB - 1.
    assert_eq!(bytes[4..10], [0x15, 0x00, 0x15, 0x80, 0xc4, 0x13]);
    bytes[7..10].copy_from_slice(&[0xfe, 0xff, 0x7f]);
    std::fs::write(&path, &bytes).unwrap();
    let error = read_table(&path, None, 400_000).unwrap_err();
    assert!(matches!(error, StoreError::Memory { needs, .. } if needs > 1_048_575), "{error}");
    assert!(
        matches!(read_table(&path, None, LIMIT), Err(StoreError::Damaged { .. })),
        "the codec detects the false size"
    );
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn random_bytes_are_an_error(bytes in prop::collection::vec(any::<u8>(), 0..600)) {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("x.parquet");
        prop_assert!(!is_read(&path, &bytes));
        let framed = [b"PAR1", &bytes[..], &(bytes.len() as u32).to_le_bytes(), b"PAR1"].concat();
        prop_assert!(!is_read(&path, &framed));
    }
}
