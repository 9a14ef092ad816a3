//! arrow2/parquet2 and ironforge read each other's files.
#![allow(clippy::unwrap_used)]

use std::fs::File;
use std::path::Path;

use arrow2::array::{Array, BooleanArray, DictionaryArray, MutableDictionaryArray, MutableUtf8Array, PrimitiveArray, TryExtend, Utf8Array};
use arrow2::chunk::Chunk;
use arrow2::datatypes::{DataType, Field, Schema, TimeUnit as Unit};
use arrow2::io::parquet::read;
use arrow2::io::parquet::write::{
    CompressionOptions, Encoding, FileWriter, RowGroupIterator, Version, WriteOptions, transverse,
};
use ironforge::store::{EncodingPolicy, StoreConfig, read_table, verify_checksum, write_table};
use ironforge::table::{self, Column, Labels, Table, TimeUnit, Values};

const LIMIT: u64 = 256 << 20;

/// A table with a column of every type, with extreme and missing values.
fn table(rows: usize) -> Table {
    let i = || 0..rows as i64;
    let some = |i: i64| (i % 7 != 3).then_some(i);
    let words: Vec<Option<String>> = i().map(|i| some(i).map(|i| format!("kind {}", i % 5))).collect();
    let ids: Vec<String> = i().map(|i| format!("order {i:x}")).collect();
    let time = |unit, utc| Values::Time { unit, utc, values: i().map(|i| some(i).map(|i| i * 997 - 5)).collect() };
    Table::new(vec![
        Column::new("node_id", "", Values::U32(i().map(|i| i as u32 * 17).collect())),
        Column::new("count", "", Values::U64(i().map(|i| u64::MAX - i as u64).collect())),
        Column::new("t_ms", "ms", Values::I64(i().map(|i| i64::MIN + i).collect())),
        Column::new("weight", "", Values::F32(i().map(|i| i as f32 / 3.0).collect())),
        Column::new("sum", "USD", Values::F64(i().map(|i| i as f64 / 7.0).collect())),
        Column::new("flag", "", Values::Bool(i().map(|i| some(i).map(|i| i % 2 == 0)).collect())),
        Column::new("seq", "", Values::I64(i().map(some).collect())),
        Column::new("f00", "", Values::F32(i().map(|i| some(i).map(|i| i as f32)).collect())),
        Column::new("price", "points", Values::F64(i().map(|i| some(i).map(|i| i as f64 * 0.1)).collect())),
        Column::new("kind", "", Values::Text(Labels::encode(words.iter().map(Option::as_deref)))),
        Column::new("order", "", Values::Text(Labels::encode(ids.iter().map(|id| Some(id.as_str()))))),
        Column::new("ms", "", time(TimeUnit::Millisecond, true)),
        Column::new("us", "", time(TimeUnit::Microsecond, false)),
        Column::new("ns", "", time(TimeUnit::Nanosecond, true)),
    ])
}

fn primitive<T: arrow2::types::NativeType>(array: &dyn Array, like: &table::Array<T>) -> table::Array<T> {
    let array = array.as_any().downcast_ref::<PrimitiveArray<T>>().unwrap();
    match like.is_nullable() {
        true => array.iter().map(|v| v.copied()).collect(),
        false => array.iter().map(|v| *v.unwrap()).collect(),
    }
}

/// An array of arrow2 as values of the type expected.
fn values(array: &dyn Array, like: &Values) -> Values {
    match like {
        Values::U32(like) => Values::U32(primitive(array, like)),
        Values::U64(like) => Values::U64(primitive(array, like)),
        Values::I64(like) => Values::I64(primitive(array, like)),
        Values::F32(like) => Values::F32(primitive(array, like)),
        Values::F64(like) => Values::F64(primitive(array, like)),
        Values::Bool(_) => {
            Values::Bool(array.as_any().downcast_ref::<BooleanArray>().unwrap().iter().collect())
        }
        Values::Text(_) => {
            let array = array.as_any().downcast_ref::<Utf8Array<i32>>().unwrap();
            Values::Text(Labels::encode(array.iter()))
        }
        Values::Time { unit, utc, values } => {
            let want = match unit {
                TimeUnit::Second | TimeUnit::Millisecond => Unit::Millisecond,
                TimeUnit::Microsecond => Unit::Microsecond,
                TimeUnit::Nanosecond => Unit::Nanosecond,
            };
            assert_eq!(array.data_type(), &DataType::Timestamp(want, utc.then(|| "UTC".to_owned())));
            Values::Time { unit: *unit, utc: *utc, values: primitive(array, values) }
        }
    }
}

/// Reads a file with arrow2 and compares it with a table, row group by row group.
fn read_by_arrow2(path: &Path, want: &Table) -> Result<(), arrow2::error::Error> {
    let mut file = File::open(path)?;
    let metadata = read::read_metadata(&mut file)?;
    let schema = read::infer_schema(&metadata)?;
    let names: Vec<&str> = schema.fields.iter().map(|field| field.name.as_str()).collect();
    assert_eq!(names, want.columns().iter().map(|c| c.name.as_str()).collect::<Vec<_>>());
    for (field, column) in schema.fields.iter().zip(want.columns()) {
        assert_eq!(field.is_nullable, column.values.is_nullable(), "{}", field.name);
        let unit = field.metadata.get("unit").cloned().unwrap_or_default();
        assert_eq!(unit, column.unit, "{}", field.name);
    }
    let mut first = 0;
    for chunk in read::FileReader::new(file, metadata.row_groups, schema, None, None, None) {
        let chunk = chunk?;
        let rows: Vec<usize> = (first..first + chunk.len()).collect();
        for (array, column) in chunk.arrays().iter().zip(want.columns()) {
            assert_eq!(values(array.as_ref(), &column.values), column.values.take(&rows), "{}", column.name);
        }
        first += chunk.len();
    }
    assert_eq!(first, want.rows());
    Ok(())
}

#[test]
fn arrow2_reads_files_with_basic_encodings() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("t.parquet");
    let basic = StoreConfig { encodings: EncodingPolicy::Basic, row_group_rows: 700, ..StoreConfig::default() };
    let content_defined =
        StoreConfig { content_defined: true, min_row_group_rows: 300, max_row_group_rows: 1_500, ..basic.clone() };
    for config in [basic, content_defined] {
        for rows in [0, 1, 699, 3_000] {
            write_table(&path, &table(rows), &config).unwrap();
            read_by_arrow2(&path, &table(rows)).unwrap();
        }
    }
}

#[test]
fn an_encoding_that_arrow2_lacks_is_an_error_there_and_not_a_wrong_value() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("t.parquet");
    write_table(&path, &table(3_000), &StoreConfig::default()).unwrap();
    let error = read_by_arrow2(&path, &table(3_000)).unwrap_err().to_string();
    assert!(error.contains("not yet implemented") || error.contains("yet"), "{error}");
}

/// Writes arrays with arrow2.
fn write_by_arrow2(path: &Path, columns: Vec<(Field, Box<dyn Array>, Encoding)>, options: WriteOptions) {
    let schema = Schema::from(columns.iter().map(|(field, _, _)| field.clone()).collect::<Vec<_>>());
    let encodings = columns.iter().map(|(f, _, encoding)| transverse(&f.data_type, |_| *encoding)).collect();
    let arrays: Vec<Box<dyn Array>> = columns.into_iter().map(|(_, array, _)| array).collect();
    let rows = arrays[0].len();
    let half = |from: usize, to: usize| {
        Chunk::new(arrays.iter().map(|array| array.sliced(from, to - from)).collect::<Vec<_>>())
    };
    let chunks = vec![Ok(half(0, rows / 2)), Ok(half(rows / 2, rows))];
    let groups = RowGroupIterator::try_new(chunks.into_iter(), &schema, options, encodings).unwrap();
    let mut writer = FileWriter::try_new(File::create(path).unwrap(), schema, options).unwrap();
    groups.for_each(|group| writer.write(group.unwrap()).unwrap());
    writer.end(None).unwrap();
}

#[test]
fn files_written_by_arrow2_are_read() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("t.parquet");
    let rows = 2_500i64;
    let some = |i: i64| (i % 7 != 3).then_some(i);
    let words: Vec<Option<String>> = (0..rows).map(|i| some(i).map(|i| format!("kind {}", i % 5))).collect();
    let labels = || Values::Text(Labels::encode(words.iter().map(Option::as_deref)));
    let mut coded = MutableDictionaryArray::<i32, MutableUtf8Array<i32>>::new();
    coded.try_extend(words.iter().map(Option::as_deref)).unwrap();
    let coded: DictionaryArray<i32> = coded.into();
    let utc = DataType::Timestamp(Unit::Millisecond, Some("UTC".to_owned()));
    let times: Vec<Option<i64>> = (0..rows).map(|i| some(i).map(|i| i * 997)).collect();
    let columns = || -> Vec<(Field, Box<dyn Array>, Encoding)> {
        let field = |name: &str, array: &dyn Array, null| Field::new(name, array.data_type().clone(), null);
        let mut columns: Vec<(Field, Box<dyn Array>, Encoding)> = Vec::new();
        let mut add = |name: &str, array: Box<dyn Array>, null, encoding| {
            columns.push((field(name, array.as_ref(), null), array, encoding));
        };
        add("u32", PrimitiveArray::from_vec((0..rows as u32).collect()).boxed(), false, Encoding::Plain);
        add("i64", PrimitiveArray::from_vec((0..rows).map(|i| i * i - 9).collect()).boxed(), false, Encoding::DeltaBinaryPacked);
        add("n", PrimitiveArray::from((0..rows).map(some).collect::<Vec<_>>()).boxed(), true, Encoding::Plain);
        let floats: Vec<f32> = (0..rows).map(|i| i as f32 / 3.0).collect();
        add("f32", PrimitiveArray::from_vec(floats).boxed(), false, Encoding::Plain);
        let floats: Vec<Option<f64>> = (0..rows).map(|i| some(i).map(|i| i as f64 / 7.0)).collect();
        add("f64", PrimitiveArray::from(floats).boxed(), true, Encoding::Plain);
        let flags: Vec<Option<bool>> = (0..rows).map(|i| some(i).map(|i| i % 2 == 0)).collect();
        add("flag", BooleanArray::from(flags).boxed(), true, Encoding::Plain);
        add("text", Utf8Array::<i32>::from(&words).boxed(), true, Encoding::Plain);
        add("coded", coded.clone().boxed(), true, Encoding::RleDictionary);
        add("t", PrimitiveArray::from(times.clone()).to(utc.clone()).boxed(), true, Encoding::Plain);
        columns
    };
    let want = Table::new(vec![
        Column::new("u32", "", Values::U32((0..rows as u32).collect())),
        Column::new("i64", "", Values::I64((0..rows).map(|i| i * i - 9).collect())),
        Column::new("n", "", Values::I64((0..rows).map(some).collect())),
        Column::new("f32", "", Values::F32((0..rows).map(|i| i as f32 / 3.0).collect())),
        Column::new("f64", "", Values::F64((0..rows).map(|i| some(i).map(|i| i as f64 / 7.0)).collect())),
        Column::new("flag", "", Values::Bool((0..rows).map(|i| some(i).map(|i| i % 2 == 0)).collect())),
        Column::new("text", "", labels()),
        Column::new("coded", "", labels()),
        Column::new("t", "", Values::Time { unit: TimeUnit::Millisecond, utc: true, values: times.iter().copied().collect() }),
    ]);
    for version in [Version::V1, Version::V2] {
        for compression in [
            CompressionOptions::Uncompressed,
            CompressionOptions::Zstd(None),
            CompressionOptions::Snappy,
            CompressionOptions::Gzip(None),
            CompressionOptions::Lz4Raw,
        ] {
            let options = WriteOptions { write_statistics: true, compression, version, data_pagesize_limit: Some(4_096) };
            write_by_arrow2(&path, columns(), options);
            let read = read_table(&path, None, LIMIT).unwrap();
            assert_eq!(read.table, want, "{version:?} {compression:?}");
            assert!(read.ignored.is_empty());
            assert_eq!(verify_checksum(&path).unwrap(), None);
        }
    }
}
