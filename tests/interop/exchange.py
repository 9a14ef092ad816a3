"""Tables between this crate and pyarrow in one process, through the Arrow C stream interface, in both directions.

    python3 tests/interop/exchange.py LIBRARY FOLDER

Every *.parquet below the folder is scanned by us and read by pyarrow from the stream; then tables of pyarrow are taken
in, written by us and read by pyarrow. Values are equal bit by bit, NaN's payload included, and so are names, order,
nullability and units. What was given is released once, and errors arrive as text.
"""

import gc
import os
import pathlib
import sys
import tempfile

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from border import Library, says
from intake import check_intake

DECLARED = {"i64": pa.int64(), "f64": pa.float64()}


def bits(column):
    """A column as one array that can be compared exactly: strings not coded, floats as the integers of their bits."""
    array = pa.concat_arrays(column.chunks) if column.num_chunks else pa.array([], column.type)
    if pa.types.is_dictionary(array.type):
        array = array.dictionary_decode()
    if pa.types.is_floating(array.type):
        return array.view({32: pa.int32(), 64: pa.int64()}[array.type.bit_width])
    return array


def own_metadata(field):
    """What this crate keeps of a column: its unit. A declared type says that the file holds it in fewer bits."""
    metadata = {key.decode(): value.decode() for key, value in (field.metadata or {}).items()}
    return {"unit": metadata["unit"]} if "unit" in metadata else {}, metadata.get("declared_type")


def check_equal(place, got, want):
    """`want` is what pyarrow says of a file of ours."""
    assert got.column_names == want.column_names, (place, got.column_names)
    assert got.num_rows == want.num_rows, (place, got.num_rows, want.num_rows)
    for field, wanted in zip(got.schema, want.schema):
        name = (place, field.name)
        (unit, declared), (found, none) = own_metadata(wanted), own_metadata(field)
        assert found == unit and none is None, (*name, found, unit)
        assert field.nullable == wanted.nullable, name
        column = want[field.name].cast(DECLARED[declared]) if declared else want[field.name]
        a, b = bits(got[field.name]), bits(column)
        assert a.type == b.type, (*name, a.type, b.type)
        assert a.equals(b), (*name, a.diff(b)[:300])


def drained(counted):
    """The whole stream as a table; with the table goes what was given."""
    table = counted.reader().read_all()
    gc.collect()
    assert counted.streams_released == 1, counted.streams_released
    return table


def check_files(library, files, scratch):
    """Each file out by our scan, and in again."""
    back = scratch / "back.parquet"
    for path in files:
        want = pq.read_table(path, partitioning=None)
        for export in (library.scan, library.table):
            counted = export(path)
            got = drained(counted)
            check_equal(path, got, want)
            # The table goes in as well: its coded strings, and the batches as they came.
            library.write(got.to_reader(), back)
            check_equal((path, "and back"), pq.read_table(back), got)
            del got
            gc.collect()
            counted.check(path)


def payloads():
    """Floats that are not numbers, each of its own kind; and a field with a unit."""
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
    theirs, ours = scratch / "theirs.parquet", scratch / "ours.parquet"
    pq.write_table(payloads(), theirs)
    check_equal("payloads out", drained(library.scan(theirs)), payloads())
    library.write(payloads().to_reader(), ours)
    check_equal("payloads in", pq.read_table(ours), payloads())


def open_files(path):
    """How often this process has a file open."""
    links = pathlib.Path("/proc/self/fd").iterdir()
    return sum(os.path.realpath(link) == str(path) for link in links)


def check_left_streams(library, path, damaged):
    """A stream that is not read to its end is freed with its file, whether one batch was taken of it or none."""
    path = pathlib.Path(path).resolve()
    for taken in (0, 1):
        counted = library.scan(path, batch_rows=1000)
        reader = counted.reader()
        batches = [reader.read_next_batch() for _ in range(taken)]
        assert open_files(path) == 1 and counted.streams_released == 0
        del reader
        gc.collect()
        assert open_files(path) == 0, "the file of a stream that was dropped stays open"
        assert counted.streams_released == 1 and counted.batches_released == 0, "a batch outlives its stream"
        assert all(len(batch.column(0).to_pylist()) == 1000 for batch in batches)
        del batches
        gc.collect()
        counted.check("left")
    bytes_ = bytearray(path.read_bytes())
    bytes_[4:2000] = b"\xff" * 1996
    damaged.write_bytes(bytes_)
    counted = library.scan(damaged)
    says(damaged.name, counted.reader().read_all)
    gc.collect()
    counted.check("damaged")
    says("No such file", library.scan, damaged.with_name("none"))


def main():
    library, folder = Library(sys.argv[1]), pathlib.Path(sys.argv[2])
    files = sorted(folder.rglob("*.parquet"))
    assert len(files) > 40, f"{len(files)} files"
    with tempfile.TemporaryDirectory() as scratch:
        scratch = pathlib.Path(scratch)
        check_files(library, files, scratch)
        check_payloads(library, scratch)
        check_left_streams(library, folder / "default_23456.parquet", scratch / "damaged.parquet")
        cases = check_intake(library, scratch / "intake.parquet")
    print(f"{len(files)} files went to pyarrow and came back through the C stream interface; {cases} streams came in")


if __name__ == "__main__":
    main()
