"""Times writing the table of benches/store.rs with pyarrow, Polars and DuckDB, and counts bytes that edits leave unchanged.

    python3 benches/peers/store_peers.py FOLDER [--rounds 5]

FOLDER is the folder that the bench wrote (IRONFORGE_BENCH_OUT); the times of ironforge are read from target/criterion.
Times are medians of the CPU time of one thread, with the writers measured in turns. Every peer's file is first read
back and compared. A store that deduplicates chunks is emulated: a chunk ends where a hash of 16 bytes has 16 zero bits
(64 KiB on average), after at least 8 KiB and at most 128 KiB; the result is the share of a file's bytes in chunks that
the file before the edit contains.
"""

import argparse
import hashlib
import importlib
import json
import os
import pathlib
import statistics
import tempfile
import time

os.environ["POLARS_MAX_THREADS"] = "1"

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

REPOSITORY = pathlib.Path(__file__).resolve().parents[2]
CRITERION = REPOSITORY / "target" / "criterion"
ROW_GROUP_ROWS = 10_000
MIN_CHUNK, MAX_CHUNK = 8 << 10, 128 << 10
GEAR = np.random.default_rng(65_536).integers(0, 2**32, 256, dtype=np.uint32)
STRINGS = ["session_id"]


def table(folder):
    """A table of the bench."""
    columns = {}
    for name, kind in json.loads((folder / "columns.json").read_text()):
        data = np.fromfile(folder / f"{name}.bin", "<u4" if kind == "codes" else kind)
        if kind == "codes":
            names = pa.array(json.loads((folder / f"{name}.json").read_text()))
            columns[name] = names.take(pa.array(data))
        else:
            columns[name] = pa.array(data)
    return pa.table(columns)


def pyarrow(**options):
    def write(data, path):
        pq.write_table(data, path, compression="zstd", compression_level=3, **options)

    return write


def polars(data, path):
    import polars as pl

    frame = data if isinstance(data, pl.DataFrame) else pl.from_arrow(data)
    frame.write_parquet(path, compression="zstd", compression_level=3, row_group_size=ROW_GROUP_ROWS)


def duckdb(data, path):
    import duckdb as db

    with db.connect() as connection:
        connection.execute("SET threads = 1")
        connection.register("data", data)
        connection.execute(
            f"COPY data TO '{path}' (FORMAT parquet, COMPRESSION zstd, COMPRESSION_LEVEL 3, "
            f"ROW_GROUP_SIZE {ROW_GROUP_ROWS})"
        )


WRITERS = {
    "pyarrow, defaults": pyarrow(row_group_size=ROW_GROUP_ROWS),
    "pyarrow, dictionary for strings": pyarrow(row_group_size=ROW_GROUP_ROWS, use_dictionary=STRINGS),
    "polars": polars,
    "duckdb": duckdb,
}

CHUNKED = {
    "pyarrow, row groups of 10,000 rows": pyarrow(row_group_size=ROW_GROUP_ROWS, use_dictionary=STRINGS),
    "pyarrow, one row group, chunked": pyarrow(
        row_group_size=1 << 30, use_dictionary=STRINGS, use_content_defined_chunking=True
    ),
    "pyarrow, one row group, chunked, defaults": pyarrow(row_group_size=1 << 30, use_content_defined_chunking=True),
}


def own_seconds(layout):
    """Median CPU time of ironforge, seconds."""
    estimates = CRITERION / "store_write" / layout / "threads1" / "new" / "estimates.json"
    if not estimates.exists():
        estimates = CRITERION / "store_write" / f"{layout}_threads1" / "new" / "estimates.json"
    return json.loads(estimates.read_text())["median"]["point_estimate"] / 1e9


def chunk_ends(data):
    """Offsets at which the chunks of a file end."""
    hashes = np.zeros(len(data), np.uint32)
    gear = GEAR[data]
    for back in range(16):
        hashes[back:] += gear[: len(data) - back] << np.uint32(back)
    candidates = np.flatnonzero(hashes & np.uint32(0xFFFF) == 0) + 1
    ends, start = [], 0
    while start < len(data):
        nearest = np.searchsorted(candidates, start + MIN_CHUNK)
        end = int(candidates[nearest]) if nearest < len(candidates) else len(data)
        end = min(end, start + MAX_CHUNK, len(data))
        ends.append(end)
        start = end
    return ends


def chunks(path):
    """Digest and length of each chunk."""
    data = np.fromfile(path, np.uint8)
    start, found = 0, []
    for end in chunk_ends(data):
        found.append((hashlib.blake2b(data[start:end], digest_size=16).digest(), end - start))
        start = end
    return found


def share(base, edited):
    """Percentage of the edited file's bytes that are in chunks of the base file."""
    known = {digest for digest, _ in base}
    return 100 * sum(n for digest, n in edited if digest in known) / sum(n for _, n in edited)


def time_writers(folder, rounds, scratch):
    data = table(folder / "base")
    times = {name: [] for name in WRITERS}
    sizes = {}
    given = dict.fromkeys(WRITERS, data)
    try:
        given["polars"] = importlib.import_module("polars").from_arrow(data)
    except ImportError:
        pass
    for round_ in range(rounds + 1):
        for name, write in list(WRITERS.items()):
            path = scratch / "peer.parquet"
            try:
                start = time.process_time()
                write(given[name], path)
                seconds = time.process_time() - start
            except ImportError:
                print(f"{name}: not installed")
                del WRITERS[name]
                continue
            if round_ == 0:
                assert pq.read_table(path).cast(data.schema).equals(data), name
                sizes[name] = path.stat().st_size
            else:
                times[name].append(seconds)
    print("\n## Writing a million rows, zstd 3, row groups of 10,000 rows, one thread\n")
    print("| writer | CPU s, median (range) | MB | ironforge: time | size |\n|---|---|---|---|---|")
    own = {}
    for layout in ("fixed", "content"):
        own[layout] = (own_seconds(layout), (folder / "base" / f"ironforge.{layout}.parquet").stat().st_size)
    for layout, (seconds, size) in own.items():
        print(f"| ironforge, {layout} | {seconds:.3f} | {size / 1e6:.1f} | | |")
    for name in WRITERS:
        median = statistics.median(times[name])
        spread = f"{min(times[name]):.3f} to {max(times[name]):.3f}"
        ratios = f"{own['fixed'][0] / median:.2f}x | {own['fixed'][1] / sizes[name]:.2f}x"
        print(f"| {name} | {median:.3f} ({spread}) | {sizes[name] / 1e6:.1f} | {ratios} |")


def deduplicate(folder, scratch):
    names = json.loads((folder / "names.json").read_text())
    found = {}
    for layout in ("content", "fixed"):
        files = {name: folder / name / f"ironforge.{layout}.parquet" for name in names}
        found[f"ironforge, {layout}"] = {name: chunks(path) for name, path in files.items()}
    for peer, write in CHUNKED.items():
        found[peer] = {}
        for name in names:
            path = scratch / "chunked.parquet"
            write(table(folder / name), path)
            found[peer][name] = chunks(path)
    print("\n## Bytes of the edited file that the file before the edit contains, %\n")
    print("| layout | MB | " + " | ".join(names[1:]) + " |\n|---" + "|---" * len(names) + "|")
    for layout, files in found.items():
        size = sum(n for _, n in files["base"]) / 1e6
        cells = [f"{share(files['base'], files[name]):.1f}" for name in names[1:]]
        print(f"| {layout} | {size:.1f} | " + " | ".join(cells) + " |")


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder", type=pathlib.Path)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--only", choices=["write", "deduplicate"])
    arguments = parser.parse_args()
    pa.set_cpu_count(1)
    pa.set_io_thread_count(1)
    memory = "/dev/shm" if os.path.isdir("/dev/shm") else None
    with tempfile.TemporaryDirectory(dir=memory) as scratch:
        if arguments.only != "deduplicate":
            time_writers(arguments.folder, arguments.rounds, pathlib.Path(scratch))
        if arguments.only != "write":
            deduplicate(arguments.folder, pathlib.Path(scratch))


if __name__ == "__main__":
    main()
