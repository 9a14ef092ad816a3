"""Reads every *.parquet below a folder with pyarrow, DuckDB and Polars, and compares it with its *.parquet.json.

    python3 tests/interop/read_files.py FOLDER

Values must be equal bit by bit; names, order, nullability and units must be equal too. The statistics (bounds and
null counts) must be visible to the readers, and correct.
"""

import json
import os
import pathlib
import subprocess
import sys

import duckdb
import numpy as np
import polars as pl
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

NS = {"s": 10**9, "ms": 10**6, "us": 10**3, "ns": 1}
UNITS = {"Second": "ms", "Millisecond": "ms", "Microsecond": "us", "Nanosecond": "ns"}


def by_pyarrow(path):
    return pq.read_table(path, partitioning=None)


def by_duckdb(path):
    connection = duckdb.connect()
    connection.execute("SET TimeZone = 'UTC'")
    return connection.read_parquet(str(path), hive_partitioning=False).to_arrow_table()


def by_polars(path):
    return pl.read_parquet(path, hive_partitioning=False).to_arrow()


READERS = {"pyarrow": by_pyarrow, "duckdb": by_duckdb, "polars": by_polars}


def plain(column, kind):
    """A column as a list: None where missing, floats as the integers of their bits, times in ns."""
    column = column.combine_chunks() if isinstance(column, pa.ChunkedArray) else column
    if pa.types.is_dictionary(column.type):
        column = column.dictionary_decode()
    if pa.types.is_timestamp(column.type):
        scale = NS[column.type.unit]
        values = column.cast(pa.int64()).to_pylist()
        return [None if v is None else v * scale for v in values]
    if kind in ("float", "double"):
        bits, width = (np.uint32, np.float32) if kind == "float" else (np.uint64, np.float64)
        missing = column.is_null().to_numpy(zero_copy_only=False)
        filled = pc.fill_null(column, 0.0) if column.null_count else column
        values = filled.to_numpy(zero_copy_only=False).astype(width).view(bits).tolist()
        return [None if null else value for null, value in zip(missing, values)]
    return column.to_pylist()


def expected_values(column):
    """The expected values of a column, times in ns."""
    if column["type"] != "time":
        return column["values"]
    scale = NS[UNITS[column["time"]["unit"]]]
    return [None if v is None else v * scale for v in column["values"]]


def check_values(path, expected):
    for name, read in READERS.items():
        table = read(path)
        names = [column["name"] for column in expected["columns"]]
        assert table.column_names == names, (path, name, table.column_names)
        assert table.num_rows == expected["rows"], (path, name, table.num_rows)
        for column in expected["columns"]:
            got, want = plain(table[column["name"]], column["type"]), expected_values(column)
            assert got == want, (path, name, column["name"], first_difference(got, want))


def first_difference(got, want):
    return next(((i, g, w) for i, (g, w) in enumerate(zip(got, want)) if g != w), (len(got), len(want)))


def check_schema(path, expected):
    schema = pq.read_schema(path)
    for field, column in zip(schema, expected["columns"]):
        metadata = {k.decode(): v.decode() for k, v in (field.metadata or {}).items()}
        assert field.nullable == column["nullable"], (path, field)
        assert metadata.get("unit", "") == column["unit"], (path, field, metadata)
        if not expected["narrowed"]:
            assert "declared_type" not in metadata, (path, field)


def comparable(column, group):
    """The values of a row group that bounds apply to: not missing, and not NaN."""
    values = [v for v in column["values"][group] if v is not None]
    if column["type"] in ("float", "double"):
        bits, width = (np.uint32, np.float32) if column["type"] == "float" else (np.uint64, np.float64)
        floats = np.array(values, bits).view(width)
        return floats[~np.isnan(floats)].tolist()
    return [v.encode() for v in values] if column["type"] == "text" else values


def check_statistics(path, expected):
    """Checks the bounds that pyarrow reads, and that DuckDB reads bounds for every row group with values."""
    file = pq.ParquetFile(path).metadata
    rows = duckdb.execute(
        "SELECT row_group_id, path_in_schema, stats_min_value, stats_max_value, stats_null_count "
        "FROM parquet_metadata(?)",
        [str(path)],
    ).fetchall()
    seen_by_duckdb = {(group, name): bounds for group, name, *bounds in rows}
    first = 0
    for g in range(file.num_row_groups):
        group = slice(first, first + file.row_group(g).num_rows)
        first = group.stop
        for c, column in enumerate(expected["columns"]):
            values = comparable(column, group)
            statistics = file.row_group(g).column(c).statistics
            missing = sum(v is None for v in column["values"][group])
            low, high, nulls = seen_by_duckdb[(g, column["name"])]
            case = (path, g, column["name"], statistics)
            assert statistics is not None and statistics.null_count == missing and nulls == missing, case
            assert statistics.has_min_max == bool(values), case
            # DuckDB ignores a bound that is infinite.
            finite = column["type"] not in ("float", "double") or np.isfinite(values).all()
            assert not finite or (low is not None) == (high is not None) == bool(values), case
            if not values:
                continue
            least, most = bound(statistics.min_raw), bound(statistics.max_raw)
            if column["type"] == "uint":
                wide = 2**32 if file.row_group(g).column(c).physical_type == "INT32" else 2**64
                least, most = least % wide, most % wide
            if column["type"] == "text":
                # Long strings have truncated bounds.
                assert least <= min(values) and most >= max(values) and len(most) <= 65, case
            else:
                assert least == min(values) and most == max(values), (*case, min(values), max(values))


def bound(value):
    return value.encode() if isinstance(value, str) else value


def check_polars_prunes(path):
    """Checks that Polars skips row groups whose bounds exclude a value, which its verbose output reports.

    Polars orders NaN above every float, so that for floats only the lower bound can exclude a row group.
    """
    script = (
        "import polars as pl, sys\n"
        "from datetime import datetime, timezone\n"
        "day = datetime(1970, 1, 1, 0, 10, tzinfo=timezone.utc)\n"
        "print(pl.scan_parquet(sys.argv[1]).filter(eval(sys.argv[2])).collect().height)\n"
    )
    environment = {**os.environ, "POLARS_VERBOSE": "1"}
    for kept, predicate in (
        (1, "pl.col('node_id') > 391_000"),
        (1, "pl.col('seq') < 100"),
        (1, "pl.col('weight') < 100.0"),
        (1, "pl.col('price') < 10.0"),
        (0, "pl.col('kind') < 'a'"),
        (1, "pl.col('ms') < day"),
    ):
        command = [sys.executable, "-c", script, str(path), predicate]
        done = subprocess.run(command, capture_output=True, text=True, check=True, env=environment)
        log = [line for line in done.stderr.splitlines() if "row groups" in line]
        assert any(f"reading {kept} / 3 row groups" in line for line in log), (predicate, log)


def main():
    folder = pathlib.Path(sys.argv[1])
    files = sorted(folder.rglob("*.parquet"))
    assert len(files) > 40, f"{len(files)} files"
    for path in files:
        expected = json.loads(path.with_suffix(".parquet.json").read_text())
        check_values(path, expected)
        check_schema(path, expected)
        check_statistics(path, expected)
    check_polars_prunes(folder / "default_23456.parquet")
    print(f"{len(files)} files: {', '.join(READERS)} read the expected values, and the statistics are correct")


if __name__ == "__main__":
    main()
