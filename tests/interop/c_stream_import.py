"""Streams of pyarrow that ironforge imports: every supported type and layout, and errors that name the column."""

import datetime
import decimal
import gc

import pyarrow as pa
import pyarrow.parquet as pq
from c_library import CountedStream, fails

ROWS = 200
INDICES = [pa.int8(), pa.int16(), pa.int32(), pa.int64(), pa.uint8(), pa.uint16(), pa.uint32(), pa.uint64()]
TEXTS = [pa.string(), pa.large_string(), pa.string_view()]


def some(make):
    """One value per row, every seventh missing."""
    return [None if i % 7 == 3 else make(i) for i in range(ROWS)]


def words(i):
    return ("", "ä", "\U0001f480", "a\0b", f"word {i % 40}", "x" * 300)[i % 6]


def dictionary(index, text):
    """Strings as a dictionary with unused values and a missing one."""
    values = pa.array(["unused", *sorted({words(i) for i in range(ROWS)}), None], text)
    index_of = {word: i for i, word in enumerate(values.to_pylist())}
    keys = [None if i % 7 == 3 else index_of[words(i)] if i % 7 != 5 else index_of[None] for i in range(ROWS)]
    return pa.DictionaryArray.from_arrays(pa.array(keys, index), values)


def columns():
    """Nullable columns: name, array, and the type that they are stored with."""
    day = datetime.date(2024, 2, 29)
    for kind in (pa.int8(), pa.int16(), pa.int32(), pa.int64(), pa.uint8(), pa.uint16(), pa.uint32(), pa.uint64()):
        yield str(kind), pa.array(some(lambda i: i % 128), kind), kind if kind == pa.uint64() else pa.int64()
    for kind, stored in ((pa.float16(), pa.float32()), (pa.float32(), pa.float32()), (pa.float64(), pa.float64())):
        yield str(kind), pa.array(some(lambda i: i / 8), kind), stored
    for kind in (pa.decimal128(12, 3), pa.decimal256(40, 3)):
        yield str(kind), pa.array(some(lambda i: decimal.Decimal(i - 50) / 8), kind), pa.float64()
    yield "bool", pa.array(some(lambda i: i % 3 == 0)), pa.bool_()
    yield "null", pa.nulls(ROWS), pa.float64()
    yield "date32", pa.array(some(lambda i: day - datetime.timedelta(i * 99))), pa.timestamp("ms")
    for unit, stored in (("s", "ms"), ("ms", "ms"), ("us", "us"), ("ns", "ns")):
        for zone, kept in ((None, None), ("America/New_York", "UTC")):
            array = pa.array(some(lambda i: i * 86_399 - 10**6), pa.timestamp(unit, zone))
            yield f"{unit} {zone}", array, pa.timestamp(stored, kept)
    for text in TEXTS:
        yield str(text), pa.array(some(words), text), pa.string()
        for index in INDICES:
            yield f"{text} by {index}", dictionary(index, text), pa.string()


def required():
    """Columns declared as not nullable, which they stay."""
    floats = pa.array([i / 8 for i in range(ROWS)])
    for kind in (pa.uint32(), pa.uint64(), pa.int64()):
        yield f"all {kind}", pa.array(range(ROWS), kind), kind
    yield "all int16", pa.array(range(ROWS), pa.int16()), pa.int64()
    for kind in (pa.float32(), pa.float64()):
        yield f"all {kind}", floats.cast(kind), kind


def tables():
    """A table of all columns as it is imported, and as it is stored."""
    imported, stored = [], []
    for nullable, made in ((True, columns()), (False, required())):
        for name, array, kind in made:
            unit = {"unit": f"of {name}"} if len(name) % 2 else None
            imported.append((pa.field(name, array.type, nullable, unit), array))
            plain = pa.array(array.to_pylist(), kind) if kind == pa.string() else array.cast(kind)
            stored.append((pa.field(name, kind, nullable, unit), plain))
    return [pa.table([a for _, a in part], schema=pa.schema([f for f, _ in part])) for part in (imported, stored)]


def reader(table, bounds):
    """A reader of the table in batches from bound to bound. They are slices that share its buffers."""
    (whole,) = table.to_batches()
    batches = [whole.slice(start, end - start) for start, end in zip(bounds, bounds[1:])]
    return pa.RecordBatchReader.from_batches(table.schema, batches)


def check_batches(library, path):
    table, stored = tables()
    splits = [[0, ROWS], [3, 90], [0, 1, 1, 8, 9, 150, ROWS], [5, 5], [7, 8], []]
    for bounds in splits:
        library.write(reader(table, bounds), path)
        want = stored.slice(bounds[0], bounds[-1] - bounds[0]) if bounds else stored.slice(0, 0)
        got = pq.read_table(path)
        for field in want.schema:
            case = (bounds, field.name)
            assert got.schema.field(field.name).equals(field, check_metadata=True), (*case, got.schema.field(field.name))
            assert got[field.name].combine_chunks().equals(want[field.name].combine_chunks()), case
        assert got.column_names == want.column_names and got.num_rows == want.num_rows, bounds
    # Each batch has another dictionary: the same key is another string.
    arrays = [pa.array(words, pa.string()).dictionary_encode() for words in (["a", "b", "a"], ["b", None, "c"], [], ["c", "a"])]
    batches = [pa.record_batch([array], ["word"]) for array in arrays]
    library.write(pa.RecordBatchReader.from_batches(batches[0].schema, batches), path)
    assert pq.read_table(path)["word"].to_pylist() == ["a", "b", "a", "b", None, "c", "c", "a"]
    return len(splits) + 1


def check_refused(library, path, text, table, limit=1 << 30):
    path.unlink(missing_ok=True)
    fails(text, library.write, table.to_reader(), path, limit)
    assert not path.exists(), (text, "a file was written")


def check_refusals(library, path):
    good = pa.array([1, None, 3])
    bad = {
        "list<item: int64>": pa.array([[1], None, []]),
        "struct": pa.array([{"a": 1}, None, {"a": 3}]),
        "binary": pa.array([b"a", None, b"c"]),
        "duration": pa.array([1, None, 3], pa.duration("s")),
        "dictionary of numbers": pa.array([5, None, 5]).dictionary_encode(),
        "union": pa.UnionArray.from_sparse(pa.array([0, 0, 0], pa.int8()), [pa.array([1, 2, 3])]),
        "run ends": pa.RunEndEncodedArray.from_arrays(pa.array([3], pa.int16()), pa.array([7])),
    }
    for name, array in bad.items():
        check_refused(library, path, f'"{name}"', pa.table({"good": good, name: array}))
    twice = pa.Table.from_arrays([good, good], names=["one", "one"])
    check_refused(library, path, 'two columns called "one"', twice)
    large = pa.table({"good": [1, 2], "large": pa.array([1, 2**63], pa.uint64())})
    library.write(large.to_reader(), path)
    assert pq.read_table(path).column("large").to_pylist() == [1, 2**63]
    lie = pa.Table.from_arrays([good], schema=pa.schema([pa.field("required", pa.int64(), False)]))
    check_refused(library, path, "required", lie)
    # pyarrow does not check the batches of a reader against the schema: here the dictionary has values of type null.
    other = pa.record_batch([pa.array([None]).dictionary_encode()], ["word"])
    schema = pa.schema([pa.field("word", pa.dictionary(pa.int32(), pa.string()))])
    fails("is damaged", library.write, pa.RecordBatchReader.from_batches(schema, [other]), path)
    check_refused(library, path, "the limit is 1000", pa.table({"i": range(1000)}), 1000)
    return len(bad) + 5


def check_failing_producer(library, path):
    """A producer that fails, or whose stream is refused, is closed, and the error message arrives."""
    good, list_ = pa.table({"i": range(1000)}), pa.table({"i": [[1]]})
    for table, fails_at, text in ((good, 3, "the producer failed"), (good, 0, "the producer failed"), (list_, None, '"i"')):
        closed = []

        def batches():
            try:
                for i in range(5):
                    if i == fails_at:
                        raise ValueError("the producer failed")
                    yield from table.to_batches()
            finally:
                closed.append(True)

        started = batches()
        # A generator that was never started is not closed.
        if fails_at is None:
            next(started)
        path.unlink(missing_ok=True)
        fails(text, library.write, pa.RecordBatchReader.from_batches(table.schema, started), path)
        del started
        gc.collect()
        assert closed == [True] and not path.exists(), (text, closed)
    return 3


def check_released(library, path):
    """A stream that was imported cannot be imported again, nor can an empty one."""
    counted = library.write(pa.table({"i": [1]}).to_reader(), path)
    fails("already released", library.import_stream, counted, path)
    fails("already released", library.import_stream, CountedStream(), path)
    assert counted.streams_released == 1
    return 2


def check_imports(library, path):
    """Runs all checks. Returns the number of imported streams."""
    gc.collect()
    before = pa.total_allocated_bytes()
    checks = (check_batches, check_refusals, check_failing_producer, check_released)
    count = sum(check(library, path) for check in checks)
    gc.collect()
    assert pa.total_allocated_bytes() == before, (pa.total_allocated_bytes(), before)
    return count
