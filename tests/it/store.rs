//! The store: tables are read back as they were written, and a damaged file gives an error, never a panic.

mod c_stream;
mod content_defined_chunking;
mod corpus;
mod damaged;
mod datasets;
mod digests;
mod footers;
mod hive_datasets;
mod hostile;
mod hostile_arrow;
#[cfg(feature = "cli")]
mod interop;
mod scanning;
mod writing;

use std::path::Path;

use ironforge::store::{StoreConfig, StoreError, footer, partition_dir, read_table, write_table};
use ironforge::table::{Column, Labels, Table, TimeUnit, Values};
use proptest::prelude::*;

/// Memory limit of a read, bytes.
const LIMIT: u64 = 64 << 20;

fn column(name: &str, unit: &str, values: Values) -> Column {
    Column::new(name, unit, values)
}

/// A table with a column of every type, with extreme and missing values.
fn every_type(rows: usize) -> Table {
    let i = || 0..rows as i64;
    let some = |i: i64| (i % 7 != 3).then_some(i);
    let text: Vec<Option<String>> = i().map(|i| some(i).map(|i| format!("kind {}", i % 5))).collect();
    let time =
        |unit, utc| Values::Time { unit, utc, values: i().map(|i| some(i).map(|i| i * 997 - 5)).collect() };
    Table::new(vec![
        column("node_id", "", Values::U32(i().map(|i| i as u32 * 17).collect())),
        column("count", "", Values::U64(i().map(|i| u64::MAX - i as u64).collect())),
        column("t_ms", "ms", Values::I64(i().map(|i| i64::MIN + i).collect())),
        column("weight", "", Values::F32(i().map(|i| i as f32 / 3.0).collect())),
        column("sum", "USD", Values::F64(i().map(|i| i as f64 / 7.0).collect())),
        column("flag", "", Values::Bool(i().map(|i| some(i).map(|i| i % 2 == 0)).collect())),
        column("seq", "", Values::I64(i().map(some).collect())),
        column("f00", "", Values::F32(i().map(|i| some(i).map(|i| i as f32)).collect())),
        column("price", "points", Values::F64(i().map(|i| some(i).map(|i| i as f64 * 0.1)).collect())),
        column("kind", "", Values::Text(Labels::encode(text.iter().map(Option::as_deref)))),
        column("ms", "", time(TimeUnit::Millisecond, true)),
        column("us", "", time(TimeUnit::Microsecond, false)),
        column("ns", "", time(TimeUnit::Nanosecond, true)),
    ])
}

fn small(rows: u32) -> StoreConfig {
    StoreConfig { row_group_rows: rows, ..StoreConfig::default() }
}

#[test]
fn every_type_is_read_back_with_its_unit() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("deep/er/part-0.parquet");
    for rows in [0, 1, 99, 100, 101, 250] {
        let table = every_type(rows);
        let written = write_table(&path, &table, &small(100)).unwrap();
        assert_eq!(written.rows, rows as u64);
        assert_eq!(written.bytes, std::fs::metadata(&path).unwrap().len());
        let read = read_table(&path, None, LIMIT).unwrap();
        assert_eq!(read.table, table, "{rows} rows");
        assert!(read.ignored.is_empty());
        assert_eq!(footer(&path).unwrap().rows, rows as u64);
    }
    assert_eq!(std::fs::read_dir(path.parent().unwrap()).unwrap().count(), 1, "no temporary file stays");
}

#[test]
fn two_writes_give_the_same_bytes() {
    let dir = tempfile::tempdir().unwrap();
    let write = |name: &str| {
        let path = dir.path().join(name);
        write_table(&path, &every_type(257), &small(100)).unwrap();
        std::fs::read(path).unwrap()
    };
    assert_eq!(write("a"), write("b"));
}

#[test]
fn row_groups_have_exactly_the_configured_rows() {
    use parquet::file::reader::{FileReader, SerializedFileReader};
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("t.parquet");
    write_table(&path, &every_type(25_001), &StoreConfig::default()).unwrap();
    let reader = SerializedFileReader::new(std::fs::File::open(&path).unwrap()).unwrap();
    let meta = reader.metadata();
    let rows: Vec<i64> = meta.row_groups().iter().map(|group| group.num_rows()).collect();
    assert_eq!(rows, [10_000, 10_000, 5_001]);
    let created_by = meta.file_metadata().created_by().unwrap();
    assert_eq!(created_by, concat!("ironforge ", env!("CARGO_PKG_VERSION")));
    for chunk in meta.row_group(0).columns() {
        assert!(matches!(chunk.compression(), parquet::basic::Compression::ZSTD(_)));
        assert!(
            chunk.statistics().is_some() && chunk.column_index_offset().is_some(),
            "{}",
            chunk.column_path()
        );
    }
    let root = meta.file_metadata().schema_descr().root_schema().get_fields();
    let optional: Vec<bool> = root.iter().map(|field| field.is_optional()).collect();
    let want: Vec<bool> = every_type(1).columns().iter().map(|c| c.values.is_nullable()).collect();
    assert_eq!(optional, want, "nullability depends on the type, not on the values");
}

#[test]
fn seconds_become_milliseconds_or_an_error() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("t.parquet");
    let time = |unit, values: Vec<Option<i64>>| {
        let values = values.into();
        Table::new(vec![column("t", "", Values::Time { unit, utc: true, values })])
    };
    write_table(&path, &time(TimeUnit::Second, vec![Some(-3), None]), &small(9)).unwrap();
    let read = read_table(&path, None, LIMIT).unwrap().table;
    assert_eq!(read, time(TimeUnit::Millisecond, vec![Some(-3000), None]));
    let before = std::fs::read(&path).unwrap();
    let error =
        write_table(&path, &time(TimeUnit::Second, vec![None, Some(i64::MAX)]), &small(9)).unwrap_err();
    assert!(matches!(error, StoreError::OutOfRange { row: 1, .. }), "{error}");
    assert_eq!(std::fs::read(&path).unwrap(), before, "the old file is intact");
}

#[test]
fn columns_are_read_in_the_requested_order() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("t.parquet");
    write_table(&path, &every_type(20), &small(100)).unwrap();
    let table = read_table(&path, Some(&["price", "node_id"]), LIMIT).unwrap().table;
    let names: Vec<&str> = table.columns().iter().map(|c| c.name.as_str()).collect();
    assert_eq!(names, ["price", "node_id"]);
    let error = read_table(&path, Some(&["prise"]), LIMIT).unwrap_err();
    assert!(matches!(&error, StoreError::UnknownColumn { nearest: Some(n), .. } if n == "price"), "{error}");
    assert!(error.to_string().contains("node_id"), "{error}");
}

#[test]
fn a_read_beyond_the_memory_limit_is_refused_before_it_allocates() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("t.parquet");
    write_table(&path, &every_type(20_000), &small(10_000)).unwrap();
    let error = read_table(&path, None, 100_000).unwrap_err();
    assert!(matches!(error, StoreError::Memory { needs, limit: 100_000, .. } if needs > 100_000), "{error}");
    assert!(read_table(&path, Some(&["node_id"]), 200_000).is_ok(), "one column fits");
}

#[test]
fn settings_out_of_range_are_named() {
    for (config, key) in [
        (StoreConfig { compression_level: 0, ..StoreConfig::default() }, "compression_level"),
        (StoreConfig { compression_level: 23, ..StoreConfig::default() }, "compression_level"),
        (small(0), "row_group_rows"),
    ] {
        let error = config.validate().unwrap_err();
        assert_eq!(error.setting().unwrap(), format!("store.{key}"));
        assert!(error.to_string().contains(key), "{error}");
        assert!(write_table(Path::new("never"), &every_type(1), &config).is_err());
    }
    assert!(!Path::new("never").exists());
    let unknown = serde_json::from_str::<StoreConfig>(r#"{"compresion_level": 3}"#);
    assert!(unknown.unwrap_err().to_string().contains("compresion_level"));
}

#[test]
fn a_folder_that_cannot_be_written_is_named() {
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("file");
    std::fs::write(&file, "x").unwrap();
    let error = write_table(&file.join("t.parquet"), &every_type(1), &small(9)).unwrap_err();
    assert!(matches!(&error, StoreError::Io { .. }) && error.to_string().contains("t.parquet"), "{error}");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn any_values_are_read_back(
        integers in prop::collection::vec(prop::option::of(any::<i64>()), 0..300),
        words in prop::collection::vec(prop::option::of(".{0,9}"), 300),
        floats in prop::collection::vec(prop::option::of(prop::num::f64::NORMAL | prop::num::f64::ZERO), 300),
        unsigned in prop::collection::vec(any::<u64>(), 300),
        group in 1u32..120,
    ) {
        let rows = integers.len();
        let table = Table::new(vec![
            column("i", "", Values::I64(integers.into())),
            column("w", "", Values::Text(Labels::encode(words[..rows].iter().map(Option::as_deref)))),
            column("f", "", Values::F64(floats[..rows].to_vec().into())),
            column("u", "", Values::U64(unsigned[..rows].to_vec().into())),
            column("u32", "", Values::U32(unsigned[..rows].iter().map(|&u| u as u32).collect())),
        ]);
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("t.parquet");
        write_table(&path, &table, &small(group)).unwrap();
        prop_assert_eq!(read_table(&path, None, LIMIT).unwrap().table, table);
    }

    #[test]
    fn any_id_gives_one_folder_name_that_decodes_to_it(id in ".{1,60}") {
        if let Ok(name) = partition_dir("session_id", &id) {
            let encoded = name.strip_prefix("session_id=").unwrap();
            let mut decoded = Vec::new();
            let mut bytes = encoded.bytes();
            while let Some(byte) = bytes.next() {
                decoded.push(match byte {
                    b'%' => {
                        let hex: String = bytes.by_ref().take(2).map(char::from).collect();
                        u8::from_str_radix(&hex, 16).unwrap()
                    }
                    byte => byte,
                });
            }
            prop_assert_eq!(String::from_utf8(decoded).unwrap(), id);
        }
    }
}
