//! Writing: the encoding of each column, narrowed columns, and rows that come in batches.

use std::path::Path;

use ironforge::store::{
    EncodingPolicy, StoreConfig, StoreError, TableWriter, read_table, write_table, write_table_unsynced,
};
use ironforge::table::{Column, Labels, Table, TimeUnit, Values};
use parquet::file::metadata::ParquetMetaData;
use parquet::file::reader::{FileReader, SerializedFileReader};
use proptest::prelude::*;

use super::{LIMIT, column, every_type, small};

pub fn metadata(path: &Path) -> ParquetMetaData {
    SerializedFileReader::new(std::fs::File::open(path).unwrap()).unwrap().metadata().clone()
}

/// The encodings that a file records in its metadata.
fn recorded(path: &Path) -> serde_json::Value {
    let metadata = metadata(path);
    let entries = metadata.file_metadata().key_value_metadata().unwrap().clone();
    let entry = entries.iter().find(|entry| entry.key == "ironforge.encodings").unwrap();
    serde_json::from_str(entry.value.as_ref().unwrap()).unwrap()
}

/// The rows of a table in batches whose sizes cycle through `sizes`.
pub fn batches(table: &Table, sizes: &[usize]) -> Vec<Table> {
    let (mut start, mut sizes, mut batches) = (0, sizes.iter().cycle(), Vec::new());
    while start < table.rows() {
        let end = (start + sizes.next().unwrap()).min(table.rows());
        batches.push(slice(table, start..end));
        start = end;
    }
    batches
}

/// Some rows of a table.
pub fn slice(table: &Table, rows: std::ops::Range<usize>) -> Table {
    let columns = table.columns().iter().map(|c| {
        let values = c.values.take(&rows.clone().collect::<Vec<_>>());
        Column::new(&c.name, &c.unit, values)
    });
    Table::new(columns.collect())
}

/// Writes batches and returns the bytes of the file.
pub fn streamed(path: &Path, batches: &[Table], config: &StoreConfig) -> Vec<u8> {
    let mut writer = TableWriter::create(path, config).unwrap();
    batches.iter().for_each(|batch| writer.append(batch).unwrap());
    writer.finish().unwrap();
    std::fs::read(path).unwrap()
}

#[test]
fn batches_of_any_size_give_the_same_bytes() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("t.parquet");
    let table = every_type(2_345);
    for config in [small(1_000), small(2_345), small(100_000)] {
        write_table(&path, &table, &config).unwrap();
        let whole = std::fs::read(&path).unwrap();
        for sizes in [&[1][..], &[7, 990, 3], &[1_000], &[1_001], &[2_345], &[345, 1_000]] {
            let bytes = streamed(&path, &batches(&table, sizes), &config);
            assert!(bytes == whole, "batches of {sizes:?} rows, row groups of {}", config.row_group_rows);
        }
        assert_eq!(read_table(&path, None, LIMIT).unwrap().table, table);
        std::fs::remove_file(&path).unwrap();
        write_table_unsynced(&path, &table, &config).unwrap();
        assert!(std::fs::read(&path).unwrap() == whole);
        std::fs::remove_file(&path).unwrap();
    }
}

#[test]
fn the_number_of_threads_changes_no_byte() {
    let dir = tempfile::tempdir().unwrap();
    let write = |threads: usize| {
        let path = dir.path().join(format!("{threads}.parquet"));
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
        pool.install(|| write_table(&path, &every_type(30_000), &StoreConfig::default()).unwrap());
        std::fs::read(path).unwrap()
    };
    assert!(write(1) == write(2) && write(1) == write(5));
}

#[test]
fn an_unfinished_file_is_never_visible() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("t.parquet");
    write_table(&path, &every_type(3), &small(9)).unwrap();
    let mut writer = TableWriter::create(&path, &small(9)).unwrap();
    writer.append(&every_type(50)).unwrap();
    drop(writer);
    assert_eq!(read_table(&path, None, LIMIT).unwrap().table, every_type(3));
    assert_eq!(std::fs::read_dir(dir.path()).unwrap().count(), 1, "no temporary file stays");
}

#[test]
fn a_batch_with_other_columns_is_refused() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("t.parquet");
    let table = |name: &str, unit: &str, values| Table::new(vec![column(name, unit, values)]);
    let time = |unit, utc| Values::Time { unit, utc, values: vec![Some(1)].into() };
    for (first, second) in [
        (table("a", "", Values::U32(vec![1].into())), table("b", "", Values::U32(vec![1].into()))),
        (table("a", "", Values::U32(vec![1].into())), table("a", "ms", Values::U32(vec![1].into()))),
        (table("a", "", Values::U32(vec![1].into())), table("a", "", Values::U64(vec![1].into()))),
        (table("a", "", Values::I64(vec![1].into())), table("a", "", Values::I64(vec![None].into()))),
        (table("a", "", time(TimeUnit::Second, true)), table("a", "", time(TimeUnit::Millisecond, true))),
        (table("a", "", time(TimeUnit::Second, true)), table("a", "", time(TimeUnit::Second, false))),
        (table("a", "", Values::U32(vec![1].into())), Table::new(vec![])),
    ] {
        let mut writer = TableWriter::create(&path, &small(1)).unwrap();
        writer.append(&first).unwrap();
        let error = writer.append(&second).unwrap_err();
        assert!(matches!(error, StoreError::Schema { .. }), "{error}");
    }
    let error = TableWriter::create(&path, &small(1)).unwrap().finish().unwrap_err();
    assert!(error.to_string().contains("no table was given"), "{error}");
    assert_eq!(std::fs::read_dir(dir.path()).unwrap().count(), 0);
}

#[test]
fn errors_count_rows_from_the_first_row_of_the_file() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("t.parquet");
    let times = |values: Vec<Option<i64>>| {
        let values = values.into();
        Table::new(vec![column("t", "", Values::Time { unit: TimeUnit::Second, utc: true, values })])
    };
    let mut writer = TableWriter::create(&path, &small(3)).unwrap();
    writer.append(&times(vec![Some(0); 7])).unwrap();
    let error = writer.append(&times(vec![Some(1), Some(i64::MAX), Some(1)])).unwrap_err();
    assert!(matches!(error, StoreError::OutOfRange { row: 8, .. }), "{error}");
    let error = writer.append(&times(vec![Some(1); 9])).unwrap_err();
    assert!(error.to_string().contains("has ended this file"), "{error}");
    assert!(writer.finish().is_err() && !path.exists());
}

/// A table in which different encodings suit the columns.
fn varied_columns(rows: usize) -> Table {
    let mut random = ironforge::philox::Philox::new(3).stream(0, 0);
    let mut floats = |of: &dyn Fn(f32) -> f32| {
        Values::F32((0..rows).map(|_| of((random.next_u32() >> 8) as f32 / 1e7)).collect())
    };
    let noise = floats(&|x| x - 0.5);
    let prices = floats(&|x| (x * 16.0).floor() / 4.0);
    let steps = Values::I64((0..rows as i64).map(|i| 1_700_000_000_000 + i * 250 + i % 3).collect());
    let kinds: Vec<String> = (0..rows).map(|i| format!("kind {}", i * i % 17)).collect();
    let urls: Vec<String> = (0..rows).map(|i| format!("https://example.org/object/{i:08}")).collect();
    let text = |words: &[String]| Values::Text(Labels::encode(words.iter().map(|w| Some(w.as_str()))));
    Table::new(vec![
        column("noise", "", noise),
        column("price", "", prices),
        column("t_ms", "ms", steps),
        column("kind", "", text(&kinds)),
        column("url", "", text(&urls)),
        column("flag", "", Values::Bool((0..rows).map(|i| Some(i % 3 == 0)).collect())),
    ])
}

#[test]
fn each_column_gets_the_smallest_encoding_and_the_file_records_it() {
    use parquet::basic::Encoding;
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("t.parquet");
    let table = varied_columns(12_000);
    let measured = write_table(&path, &table, &StoreConfig::default()).unwrap();
    let want = serde_json::json!({
        "noise": "byte_stream_split", "price": "dictionary", "t_ms": "delta_binary_packed", "kind": "dictionary",
        "url": "delta_byte_array", "flag": "plain",
    });
    assert_eq!(recorded(&path), want);
    let metadata = metadata(&path);
    for (i, encoding) in [
        Encoding::BYTE_STREAM_SPLIT,
        Encoding::RLE_DICTIONARY,
        Encoding::DELTA_BINARY_PACKED,
        Encoding::RLE_DICTIONARY,
        Encoding::DELTA_BYTE_ARRAY,
        Encoding::PLAIN,
    ]
    .into_iter()
    .enumerate()
    {
        for group in metadata.row_groups() {
            assert!(group.column(i).encodings().any(|e| e == encoding), "column {i} has {encoding}");
        }
    }
    assert_eq!(read_table(&path, None, LIMIT).unwrap().table, table);

    let basic = StoreConfig { encodings: EncodingPolicy::Basic, ..StoreConfig::default() };
    let written = write_table(&path, &table, &basic).unwrap();
    assert_eq!(recorded(&path)["noise"], "plain");
    assert_eq!(recorded(&path)["url"], "plain");
    assert!(measured.bytes < written.bytes, "{} and {} bytes", measured.bytes, written.bytes);
    assert_eq!(read_table(&path, None, LIMIT).unwrap().table, table);

    let named = StoreConfig { dictionary: vec!["noise".into(), "flag".into()], ..StoreConfig::default() };
    write_table(&path, &table, &named).unwrap();
    assert_eq!(
        (&recorded(&path)["noise"], &recorded(&path)["flag"]),
        (&"dictionary".into(), &"plain".into())
    );
    assert_eq!(read_table(&path, None, LIMIT).unwrap().table, table);
}

#[test]
fn a_dictionary_that_grows_too_large_is_abandoned() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("t.parquet");
    // The values of the first rows repeat, those of the rest do not.
    let mut random = ironforge::philox::Philox::new(5).stream(0, 0);
    let draws = (0..60_000).map(|i| if i < 5_000 { random.below(10) } else { random.next_u32() });
    let values: Vec<f64> = draws.map(|i| f64::from(i) / 3.0).collect();
    let table = Table::new(vec![column("x", "", Values::F64(values.into()))]);
    write_table(&path, &table, &StoreConfig::default()).unwrap();
    assert_eq!(recorded(&path)["x"], "dictionary");
    let metadata = metadata(&path);
    let last = metadata.row_group(5).column(0);
    assert!(
        last.encodings().any(|e| e == parquet::basic::Encoding::PLAIN) && last.uncompressed_size() < 100_000
    );
    assert_eq!(read_table(&path, None, LIMIT).unwrap().table, table);
}

#[test]
fn narrowed_columns_keep_their_values_and_their_declared_type() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("t.parquet");
    let rows = 20_000i64;
    let table = Table::new(vec![
        column("volume", "contracts", Values::I64((0..rows).map(|i| i * 7 % 30_000).collect())),
        column("change", "", Values::I64((0..rows).map(|i| (i % 5 > 0).then_some(i % 200 - 100)).collect())),
        column(
            "price",
            "points",
            Values::F64((0..rows).map(|i| Some(23_388.75 + (i % 40) as f64 / 4.0)).collect()),
        ),
        column("ratio", "", Values::F64((0..rows).map(|i| i as f64 / 3.0).collect())),
        column("dt", "ms", Values::I64((0..rows).map(|i| i % 100).collect())),
        column("order_id", "", Values::I64((0..rows).map(|i| i % 100).collect())),
        column("node", "", Values::U32((0..rows).map(|i| i as u32 % 100).collect())),
    ]);
    let narrow = StoreConfig { narrow: true, ..StoreConfig::default() };
    write_table(&path, &table, &narrow).unwrap();
    assert_eq!(read_table(&path, None, LIMIT).unwrap().table, table, "the declared types are restored");
    let stored = ironforge::store::footer(&path).unwrap().columns;
    let stored: Vec<(&str, &str)> =
        stored.iter().map(|(name, kind)| (name.as_str(), kind.as_str())).collect();
    let want = [
        ("volume", "Int16"),
        ("change", "Int8"),
        ("price", "Float32"),
        ("ratio", "Float64"),
        ("dt", "Int64"),
        ("order_id", "Int64"),
        ("node", "UInt32"),
    ];
    assert_eq!(stored, want);
    write_table(&path, &table, &StoreConfig::default()).unwrap();
    let stored = ironforge::store::footer(&path).unwrap().columns;
    assert!(stored[..3].iter().all(|(_, kind)| kind.ends_with("64")), "{stored:?}");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(32))]

    #[test]
    fn any_values_in_any_batches_and_settings_are_read_back(
        rows in prop::collection::vec((any::<i64>(), any::<u32>(), prop::option::of(".{0,7}"), 0u8..4), 0..1_500),
        sizes in prop::collection::vec(1usize..700, 1..5),
        group in 1u32..900,
        narrow in any::<bool>(),
        basic in any::<bool>(),
    ) {
        let table = Table::new(vec![
            column("i", "", Values::I64(rows.iter().map(|r| r.0).collect())),
            column("n", "", Values::I64(rows.iter().map(|r| (r.3 > 0).then_some(r.0 % 100)).collect())),
            column("f", "", Values::F32(rows.iter().map(|r| (r.3 > 1).then_some(f32::from_bits(r.1 & 0xff7f_ffff))).collect())),
            column("d", "", Values::F64(rows.iter().map(|r| f64::from(r.1 % 1_000) / 4.0).collect())),
            column("w", "", Values::Text(Labels::encode(rows.iter().map(|r| r.2.as_deref())))),
            column("b", "", Values::Bool(rows.iter().map(|r| (r.3 > 0).then_some(r.3 > 2)).collect())),
        ]);
        let encodings = if basic { EncodingPolicy::Basic } else { EncodingPolicy::Measured };
        let config = StoreConfig { row_group_rows: group, narrow, encodings, ..StoreConfig::default() };
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("t.parquet");
        write_table(&path, &table, &config).unwrap();
        let read = read_table(&path, None, LIMIT).unwrap().table;
        prop_assert_eq!(&read, &table);
        let mut batches = batches(&table, &sizes);
        batches.push(slice(&table, 0..0));
        let whole = std::fs::read(&path).unwrap();
        prop_assert!(narrow || streamed(&path, &batches, &config) == whole);
    }
}
