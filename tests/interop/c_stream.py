"""Tables between ironforge and pyarrow in one process, through the Arrow C stream interface, in both directions.

    python3 tests/interop/c_stream.py LIBRARY FOLDER

ironforge exports every *.parquet below the folder as a stream that pyarrow reads; then it imports tables of pyarrow and
writes them as files that pyarrow reads. Values must be equal bit by bit, NaN payloads included; names, order,
nullability and units must be equal too. Streams and batches must be released once, and errors must arrive as text.
"""

import gc
import os
import pathlib
import sys
import tempfile

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from c_library import Library, fails
from c_stream_import import check_imports

DECLARED = {"i64": pa.int64(), "f64": pa.float64()}


def bits(column):
    """A column as one array that can be compared exactly: dictionaries decoded, floats as the integers of their bits."""
    array = pa.concat_arrays(column.chunks) if column.num_chunks else pa.array([], column.type)
    if pa.types.is_dictionary(array.type):
        array = array.dictionary_decode()
    if pa.types.is_floating(array.type):
        return array.view({32: pa.int32(), 64: pa.int64()}[array.type.bit_width])
    return array


def own_metadata(field):
    """The unit of a column as field metadata, and the declared type of a narrowed column."""
    metadata = {key.decode(): value.decode() for key, value in (field.metadata or {}).items()}
    return {"unit": metadata["unit"]} if "unit" in metadata else {}, metadata.get("declared_type")


def check_equal(case, got, want):
    """Compares a table with `want`, which pyarrow read from a file of ironforge."""
    assert got.column_names == want.column_names, (case, got.column_names)
    assert got.num_rows == want.num_rows, (case, got.num_rows, want.num_rows)
    for field, wanted in zip(got.schema, want.schema):
        name = (case, field.name)
        (unit, declared), (found, none) = own_metadata(wanted), own_metadata(field)
        assert found == unit and none is None, (*name, found, unit)
        assert field.nullable == wanted.nullable, name
        column = want[field.name].cast(DECLARED[declared]) if declared else want[field.name]
        a, b = bits(got[field.name]), bits(column)
        assert a.type == b.type, (*name, a.type, b.type)
        assert a.equals(b), (*name, a.diff(b)[:300])


def read_all(counted):
    """The whole stream as a table, which owns the batches."""
    table = counted.reader().read_all()
    gc.collect()
    assert counted.streams_released == 1, counted.streams_released
    return table


def check_files(library, files, scratch):
    """Exports each file, and imports it again."""
    back = scratch / "back.parquet"
    for path in files:
        want = pq.read_table(path, partitioning=None)
        for export in (library.scan, library.table):
            counted = export(path)
            got = read_all(counted)
            check_equal(path, got, want)
            # Import it too: dictionaries and batches as they were exported.
            library.write(got.to_reader(), back)
            check_equal((path, "imported back"), pq.read_table(back), got)
            del got
            gc.collect()
            counted.check(path)


def payloads():
    """NaNs with different payloads, and fields with units."""
    f32 = np.array([0x7FC00001, 0xFFC12345, 0x7F800001, 0x7FFFFFFF, 0x80000000, 1], np.uint32).view(np.float32)
    f64 = np.array([0x7FF8 << 48 | 1, 0xFFF8 << 48 | 77, 0x7FF0 << 48 | 1, 2**63 - 1, 2**63, 1], np.uint64)
    f64 = f64.view(np.float64)
    missing = np.arange(6) % 3 == 2
    columns = {
        "f32": pa.array(f32), "f64": pa.array(f64),
        "some f32": pa.array(f32, mask=missing), "some f64": pa.array(f64, mask=missing),
    }
    fields = [
        pa.field(name, array.type, nullable=name.startswith("some"), metadata={"unit": f"1/{i}"})
        for i, (name, array) in enumerate(columns.items())
    ]
    return pa.table(list(columns.values()), schema=pa.schema(fields))


def check_payloads(library, scratch):
    exported, imported = scratch / "exported.parquet", scratch / "imported.parquet"
    pq.write_table(payloads(), exported)
    check_equal("payloads exported", read_all(library.scan(exported)), payloads())
    library.write(payloads().to_reader(), imported)
    check_equal("payloads imported", pq.read_table(imported), payloads())


def open_files(path):
    """Number of open descriptors of a file in this process."""
    links = pathlib.Path("/proc/self/fd").iterdir()
    return sum(os.path.realpath(link) == str(path) for link in links)


def check_unfinished_streams(library, path, damaged):
    """A stream that is dropped after no batch or one batch is released, and its file closed."""
    path = pathlib.Path(path).resolve()
    for batches_read in (0, 1):
        counted = library.scan(path, batch_rows=1000)
        reader = counted.reader()
        batches = [reader.read_next_batch() for _ in range(batches_read)]
        assert open_files(path) == 1 and counted.streams_released == 0
        del reader
        gc.collect()
        assert open_files(path) == 0, "the file of a stream that was dropped stays open"
        assert counted.streams_released == 1 and counted.batches_released == 0, "a batch is released with its stream"
        assert all(len(batch.column(0).to_pylist()) == 1000 for batch in batches)
        del batches
        gc.collect()
        counted.check("unfinished")
    bytes_ = bytearray(path.read_bytes())
    bytes_[4:2000] = b"\xff" * 1996
    damaged.write_bytes(bytes_)
    counted = library.scan(damaged)
    fails(damaged.name, counted.reader().read_all)
    gc.collect()
    counted.check("damaged")
    fails("No such file", library.scan, damaged.with_name("none"))


def main():
    library, folder = Library(sys.argv[1]), pathlib.Path(sys.argv[2])
    files = sorted(folder.rglob("*.parquet"))
    assert len(files) > 40, f"{len(files)} files"
    with tempfile.TemporaryDirectory() as scratch:
        scratch = pathlib.Path(scratch)
        check_files(library, files, scratch)
        check_payloads(library, scratch)
        check_unfinished_streams(library, folder / "default_23456.parquet", scratch / "damaged.parquet")
        streams = check_imports(library, scratch / "imported.parquet")
    print(f"C stream interface: {len(files)} files exported to pyarrow and imported back, {streams} other streams imported")


if __name__ == "__main__":
    main()
