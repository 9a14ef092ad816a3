//! Hostile Arrow IPC files, in the child processes of `hostile`: any bytes give a Parquet file or an error.
#![cfg(target_os = "linux")]

use std::fs::File;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use arrow_array::builder::{FixedSizeListBuilder, Int64Builder, MapBuilder, StringBuilder};
use arrow_array::types::{Float64Type, Int8Type, Int32Type};
use arrow_array::{
    ArrayRef, Decimal128Array, DictionaryArray, FixedSizeBinaryArray, Int32Array, Int64Array, ListArray,
    ListViewArray, NullArray, RecordBatch, RunArray, StringArray, StringViewArray, StructArray,
};
use arrow_buffer::{OffsetBuffer, ScalarBuffer};
use arrow_ipc::writer::{DictionaryHandling, FileWriter, IpcWriteOptions, StreamWriter};
use arrow_ipc::{
    Block, Buffer, FieldBuilder, FieldNode, FooterBuilder, IntBuilder, MessageBuilder, MessageHeader,
    MetadataVersion, RecordBatchBuilder, SchemaBuilder, Type, convert::IpcSchemaEncoder,
};
use arrow_schema::{DataType, Field, Schema};
use flatbuffers::{FlatBufferBuilder, TableFinishedWIPOffset, WIPOffset};
use ironforge::store::{StoreConfig, StoreError, convert, write_table};

use super::hostile::{ARROW, LIMIT, child};
use super::{every_type, small};

const ROWS: usize = 120;

/// A file written by this crate.
fn own(dir: &Path) -> PathBuf {
    let (parquet, arrow) = (dir.join("own.parquet"), dir.join("own").with_extension(ARROW));
    write_table(&parquet, &every_type(300), &small(100)).unwrap();
    convert(&parquet, &arrow, &small(100), 1 << 30).unwrap();
    arrow
}

fn write_batches(path: PathBuf, batches: &[RecordBatch]) -> PathBuf {
    let delta = IpcWriteOptions::default().with_dictionary_handling(DictionaryHandling::Delta);
    let file = File::create(&path).unwrap();
    let mut writer = FileWriter::try_new_with_options(file, &batches[0].schema(), delta).unwrap();
    batches.iter().for_each(|batch| writer.write(batch).unwrap());
    writer.finish().unwrap();
    path
}

fn words(i: usize) -> Option<String> {
    (i % 7 != 3).then(|| format!("word {}", i % 11))
}

/// Strings as dictionaries that grow from batch to batch, as strings and as views.
fn coded(dir: &Path) -> PathBuf {
    let batch = |names: usize| {
        let values: ArrayRef =
            Arc::new((0..names).map(|i| Some(format!("name {i}"))).collect::<StringArray>());
        let keys = |i: usize| (i % 5 != 1).then_some(i % names);
        let narrow = (0..ROWS).map(|i| keys(i).map(|key| key as i8)).collect();
        let wide = (0..ROWS).map(|i| keys(i).map(|key| key as i32)).collect();
        let strings = || (0..ROWS).map(words);
        RecordBatch::try_from_iter([
            ("narrow", Arc::new(DictionaryArray::<Int8Type>::new(narrow, Arc::clone(&values))) as ArrayRef),
            ("wide", Arc::new(DictionaryArray::<Int32Type>::new(wide, values))),
            ("text", Arc::new(strings().collect::<StringArray>())),
            ("view", Arc::new(strings().map(|s| s.map(|s| s.repeat(4))).collect::<StringViewArray>())),
        ])
        .unwrap()
    };
    write_batches(dir.join("coded").with_extension(ARROW), &[batch(3), batch(9), batch(20)])
}

fn nested(dir: &Path) -> PathBuf {
    let numbers = |i: usize| {
        (i % 5 != 2).then(|| (0..i as i64 % 4).map(|j| (j != 1).then_some(j as f64)).collect::<Vec<_>>())
    };
    let mut pairs = FixedSizeListBuilder::new(Int64Builder::new(), 2);
    let mut maps = MapBuilder::new(None, StringBuilder::new(), Int64Builder::new());
    for i in 0..ROWS {
        pairs.values().append_value(i as i64);
        pairs.values().append_option((i % 3 > 0).then_some(i as i64));
        pairs.append(i % 4 > 0);
        maps.keys().append_value(format!("key {}", i % 3));
        maps.values().append_value(i as i64);
        maps.append(i % 6 > 0).unwrap();
    }
    let ints: ArrayRef = Arc::new((0..ROWS as i64).map(Some).collect::<Int64Array>());
    let text: ArrayRef = Arc::new((0..ROWS).map(words).collect::<StringArray>());
    let offsets = OffsetBuffer::new((0..=ROWS as i32).map(|i| i * 2).collect());
    let nothing = Arc::new(NullArray::new(2 * ROWS));
    let field = |kind: &DataType| Arc::new(Field::new("item", kind.clone(), true));
    let views = ListViewArray::new(
        field(&DataType::Int64),
        (0..ROWS as i32).collect::<ScalarBuffer<i32>>(),
        (0..ROWS as i32).map(|i| i % 2).collect::<ScalarBuffer<i32>>(),
        Arc::clone(&ints),
        None,
    );
    let ends: Int32Array = (1..=ROWS as i32 / 4).map(|i| Some(i * 4)).collect();
    let bytes = (0..ROWS).map(|i| (i % 3 > 0).then_some([i as u8; 5]));
    let columns: [(&str, ArrayRef); 10] = [
        ("list", Arc::new(ListArray::from_iter_primitive::<Float64Type, _, _>((0..ROWS).map(numbers)))),
        ("nothings", Arc::new(ListArray::new(field(&DataType::Null), offsets, nothing, None))),
        ("nothing", Arc::new(NullArray::new(ROWS))),
        ("pair", Arc::new(pairs.finish())),
        ("map", Arc::new(maps.finish())),
        ("views", Arc::new(views)),
        ("runs", Arc::new(RunArray::<Int32Type>::try_new(&ends, &text.slice(0, ROWS / 4)).unwrap())),
        ("bytes", Arc::new(FixedSizeBinaryArray::try_from_sparse_iter_with_size(bytes, 5).unwrap())),
        ("decimal", Arc::new((0..ROWS as i128).map(Some).collect::<Decimal128Array>())),
        (
            "struct",
            Arc::new(StructArray::from(vec![
                (field(&DataType::Int64), ints),
                (Arc::new(Field::new("text", DataType::Utf8, true)), text),
            ])),
        ),
    ];
    let nullable = columns.map(|(name, column)| (name, column, true));
    let batch = RecordBatch::try_from_iter_with_nullable(nullable).unwrap();
    write_batches(dir.join("nested").with_extension(ARROW), &[batch.clone(), batch.slice(7, 50)])
}

/// A small file of pyarrow with ZSTD-compressed bodies.
fn compressed(dir: &Path) -> PathBuf {
    let path = dir.join("compressed").with_extension(ARROW);
    let golden = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/goldens/compressed_zstd.arrow");
    std::fs::copy(golden, &path).unwrap();
    path
}

/// The batches of a file as a stream.
fn streamed(dir: &Path) -> PathBuf {
    let path = dir.join("stream").with_extension(ARROW);
    let file = File::open(coded(dir)).unwrap();
    let batches = arrow_ipc::reader::FileReader::try_new(file, None).unwrap();
    let mut stream = StreamWriter::try_new(File::create(&path).unwrap(), &batches.schema()).unwrap();
    batches.for_each(|batch| stream.write(&batch.unwrap()).unwrap());
    stream.finish().unwrap();
    path
}

fn sample_files(dir: &Path) -> [PathBuf; 5] {
    [own(dir), coded(dir), nested(dir), compressed(dir), streamed(dir)]
}

#[test]
fn two_thousand_mutants_of_each_kind_of_arrow_file_give_a_file_or_an_error() {
    let dir = tempfile::tempdir().unwrap();
    for file in sample_files(dir.path()) {
        let output = child("mutants", &file);
        println!("{output}");
        assert!(!output.contains(" 0 accepted"));
    }
}

#[test]
fn an_arrow_file_truncated_at_any_kilobyte_or_near_its_end_is_an_error() {
    let dir = tempfile::tempdir().unwrap();
    // A stream may end after any batch: its end need not be marked.
    for file in sample_files(dir.path()).into_iter().filter(|file| !file.ends_with("stream.arrow")) {
        println!("{}", child("truncations", &file));
    }
}

#[test]
fn streams_and_compressed_files_hold_what_files_do() {
    let dir = tempfile::tempdir().unwrap();
    let read = |path: &Path| ironforge::store::read_arrow(path, None, 1 << 30).unwrap();
    assert_eq!(read(&streamed(dir.path())).table, read(&coded(dir.path())).table);
    let table = read(&compressed(dir.path())).table;
    assert!(table.rows() > 0);
    let parquet = dir.path().join("out.parquet");
    convert(&compressed(dir.path()), &parquet, &StoreConfig::default(), 1 << 30).unwrap();
    assert_eq!(ironforge::store::read_table(&parquet, None, 1 << 30).unwrap().table.rows(), table.rows());
    // Room for the file, and none for what its buffers say that they hold.
    let length = std::fs::metadata(compressed(dir.path())).unwrap().len();
    let is_memory = |limit: u64| {
        let read = ironforge::store::read_arrow(&compressed(dir.path()), None, limit);
        matches!(read, Err(StoreError::Memory { .. }))
    };
    assert!((0..6).any(|doubled| is_memory(length << doubled)));
}

type Root<'b> = WIPOffset<arrow_ipc::Schema<'b>>;

/// A file of one batch whose buffers are at given offsets in its body.
fn crafted(
    path: PathBuf,
    schema: impl FnOnce(&mut FlatBufferBuilder<'static>) -> Root<'static>,
    nodes: &[FieldNode],
    buffers: &[Buffer],
    body: &[u8],
) -> PathBuf {
    let finished = |mut fbb: FlatBufferBuilder, root: WIPOffset<TableFinishedWIPOffset>| {
        fbb.finish(root, None);
        let mut bytes = fbb.finished_data().to_vec();
        bytes.resize(bytes.len().next_multiple_of(8), 0);
        bytes
    };
    let mut fbb = FlatBufferBuilder::new();
    let (nodes, rows) = (fbb.create_vector(nodes), nodes[0].length());
    let buffers = fbb.create_vector(buffers);
    let mut batch = RecordBatchBuilder::new(&mut fbb);
    batch.add_length(rows);
    batch.add_nodes(nodes);
    batch.add_buffers(buffers);
    let batch = batch.finish().as_union_value();
    let mut message = MessageBuilder::new(&mut fbb);
    message.add_version(MetadataVersion::V5);
    message.add_header_type(MessageHeader::RecordBatch);
    message.add_bodyLength(body.len() as i64);
    message.add_header(batch);
    let message = WIPOffset::new(message.finish().value());
    let message = finished(fbb, message);
    let mut bytes = b"ARROW1\0\0\xff\xff\xff\xff".to_vec();
    bytes.extend((message.len() as u32).to_le_bytes());
    bytes.extend(&message);
    bytes.extend(body);
    let mut fbb = FlatBufferBuilder::new();
    let schema = schema(&mut fbb);
    let blocks = fbb.create_vector(&[Block::new(8, message.len() as i32 + 8, body.len() as i64)]);
    let mut footer = FooterBuilder::new(&mut fbb);
    footer.add_version(MetadataVersion::V5);
    footer.add_schema(schema);
    footer.add_recordBatches(blocks);
    let footer = WIPOffset::new(footer.finish().value());
    let footer = finished(fbb, footer);
    bytes.extend(&footer);
    bytes.extend((footer.len() as u32).to_le_bytes());
    bytes.extend(b"ARROW1");
    std::fs::write(&path, bytes).unwrap();
    path
}

/// A schema that names one field `times` times.
fn one_field(times: usize) -> impl FnOnce(&mut FlatBufferBuilder<'static>) -> Root<'static> {
    move |fbb| {
        let name = fbb.create_string("x");
        let mut kind = IntBuilder::new(fbb);
        kind.add_bitWidth(8);
        let kind = kind.finish().as_union_value();
        let children = fbb.create_vector::<WIPOffset<arrow_ipc::Field>>(&[]);
        let mut field = FieldBuilder::new(fbb);
        field.add_name(name);
        field.add_type_type(Type::Int);
        field.add_type_(kind);
        field.add_children(children);
        let field = field.finish();
        let fields = fbb.create_vector(&vec![field; times]);
        let mut schema = SchemaBuilder::new(fbb);
        schema.add_fields(fields);
        schema.finish()
    }
}

/// Files of a few megabytes that decode to gigabytes. The peak includes the program in addition to the counted
/// memory.
#[test]
fn the_decoded_size_of_a_small_file_is_checked_before_decoding() {
    let dir = tempfile::tempdir().unwrap();
    let at = |name: &str| dir.path().join(name).with_extension(ARROW);
    let batch = |column: ArrayRef| RecordBatch::try_from_iter_with_nullable([("x", column, true)]).unwrap();
    let fields = (0..400).map(|i| Field::new(format!("x{i}"), DataType::Int64, false));
    let rows = 1 << 17;
    // Every column has the same bytes, at an address that is not aligned for i64: each is copied.
    let shared = crafted(
        at("shared"),
        |fbb| IpcSchemaEncoder::new().schema_to_fb_offset(fbb, &Schema::new(fields.collect::<Vec<_>>())),
        &vec![FieldNode::new(rows, 0); 400],
        &[Buffer::new(0, 0), Buffer::new(4, rows * 8)].repeat(400),
        &vec![1; rows as usize * 8 + 8],
    );
    let item = |kind: &DataType| Arc::new(Field::new("item", kind.clone(), true));
    let many = 1 << 10;
    let zeros = || (0..many).map(|_| 0).collect::<ScalarBuffer<i32>>();
    let whole = |len: i32| (0..many).map(|_| len).collect::<ScalarBuffer<i32>>();
    let ints: ArrayRef = Arc::new(Int64Array::from(vec![7; 1 << 16]));
    let views = ListViewArray::new(item(&DataType::Int64), zeros(), whole(1 << 16), ints, None);
    let nothing: ArrayRef = Arc::new(NullArray::new(1 << 16));
    let nothings = ListViewArray::new(item(&DataType::Null), zeros(), whole(1 << 16), nothing, None);
    let long = "x".repeat(1 << 20);
    let value: ArrayRef = Arc::new(StringArray::from(vec![long.as_str()]));
    let coded = DictionaryArray::<Int32Type>::new((0..many).map(|_| Some(0)).collect(), Arc::clone(&value));
    let runs = RunArray::<Int32Type>::try_new(&Int32Array::from(vec![many]), &value).unwrap();
    let fields = |times: usize| {
        let (nodes, buffers) =
            (vec![FieldNode::new(1, 0); times], vec![Buffer::new(0, 0), Buffer::new(0, 1)]);
        crafted(at(&format!("fields_{times}")), one_field(times), &nodes, &buffers.repeat(times), &[7; 8])
    };
    for (file, accepted) in [
        (shared, false),
        // Each column has a writer with its own hash table and compressor.
        (fields(700), true),
        (fields(1_000), false),
        (fields(90_000), false),
        (fields(500_000), false),
        (write_batches(at("views"), &[batch(Arc::new(views))]), true),
        (write_batches(at("nothings"), &[batch(Arc::new(nothings))]), true),
        (write_batches(at("coded"), &[batch(Arc::new(coded))]), true),
        (write_batches(at("runs"), &[batch(Arc::new(runs))]), true),
    ] {
        let output = child("one", &file);
        println!("{output}");
        assert_eq!(output.contains("accepted"), accepted, "{}", file.display());
        let peak = output.split("peak ").nth(1).and_then(|rest| rest.split(' ').next()).unwrap();
        assert!(peak.parse::<u64>().unwrap() << 10 < LIMIT + (24 << 20), "{output}");
    }
}
