"""Writing the table of benches/store.rs by pyarrow, Polars and DuckDB, beside our times; and what edits leave as it was.

    python3 benches/peers/store_peers.py FOLDER [--rounds 5]

FOLDER is what the bench wrote (IRONFORGE_BENCH_OUT); our medians are read from target/criterion. Times are CPU times of
one thread, medians, rounds taken in turns. Every peer's file is read back and compared first. A store that keeps equal
parts once is emulated: parts end where a hash over 16 bytes has 16 zero bits (64 KiB on the average), after 8 KiB at
the least and at 128 KiB at the most; what counts is the share of a file's bytes whose parts the file before has.
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
ROWS_OF_A_GROUP = 10_000
LEAST, MOST = 8 << 10, 128 << 10
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
    frame.write_parquet(path, compression="zstd", compression_level=3, row_group_size=ROWS_OF_A_GROUP)


def duckdb(data, path):
    import duckdb as db

    with db.connect() as connection:
        connection.execute("SET threads = 1")
        connection.register("data", data)
        connection.execute(
            f"COPY data TO '{path}' (FORMAT parquet, COMPRESSION zstd, COMPRESSION_LEVEL 3, "
            f"ROW_GROUP_SIZE {ROWS_OF_A_GROUP})"
        )


WRITERS = {
    "pyarrow, as it comes": pyarrow(row_group_size=ROWS_OF_A_GROUP),
    "pyarrow, dictionary for strings": pyarrow(row_group_size=ROWS_OF_A_GROUP, use_dictionary=STRINGS),
    "polars": polars,
    "duckdb": duckdb,
}

CHUNKED = {
    "pyarrow, 10,000-row groups": pyarrow(row_group_size=ROWS_OF_A_GROUP, use_dictionary=STRINGS),
    "pyarrow, one group, chunked": pyarrow(
        row_group_size=1 << 30, use_dictionary=STRINGS, use_content_defined_chunking=True
    ),
    "pyarrow, one group, chunked, as it comes": pyarrow(row_group_size=1 << 30, use_content_defined_chunking=True),
}


def ours(layout):
    estimates = CRITERION / "store_write" / layout / "threads1" / "new" / "estimates.json"
    if not estimates.exists():
        estimates = CRITERION / "store_write" / f"{layout}_threads1" / "new" / "estimates.json"
    return json.loads(estimates.read_text())["median"]["point_estimate"] / 1e9


def cuts(data):
    """Where the parts of a file end."""
    hashes = np.zeros(len(data), np.uint32)
    gear = GEAR[data]
    for back in range(16):
        hashes[back:] += gear[: len(data) - back] << np.uint32(back)
    candidates = np.flatnonzero(hashes & np.uint32(0xFFFF) == 0) + 1
    ends, start = [], 0
    while start < len(data):
        at = np.searchsorted(candidates, start + LEAST)
        end = int(candidates[at]) if at < len(candidates) else len(data)
        end = min(end, start + MOST, len(data))
        ends.append(end)
        start = end
    return ends


def parts(path):
    """Digest and length of each part."""
    data = np.fromfile(path, np.uint8)
    start, found = 0, []
    for end in cuts(data):
        found.append((hashlib.blake2b(data[start:end], digest_size=16).digest(), end - start))
        start = end
    return found


def share(base, edited):
    """Percent of the edited file's bytes that the base has."""
    known = {digest for digest, _ in base}
    return 100 * sum(n for digest, n in edited if digest in known) / sum(n for _, n in edited)


def time_writers(folder, rounds, scratch):
    data = table(folder / "base")
    taken = {name: [] for name in WRITERS}
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
                begun = time.process_time()
                write(given[name], path)
                seconds = time.process_time() - begun
            except ImportError:
                print(f"{name}: not installed")
                del WRITERS[name]
                continue
            if round_ == 0:
                assert pq.read_table(path).cast(data.schema).equals(data), name
                sizes[name] = path.stat().st_size
            else:
                taken[name].append(seconds)
    print("\n## Writing a million rows, zstd 3, groups of 10,000 rows, one thread\n")
    print("| writer | CPU s, median (range) | MB | ironforge: time | size |\n|---|---|---|---|---|")
    own = {}
    for layout in ("fixed", "content"):
        own[layout] = (ours(layout), (folder / "base" / f"ours.{layout}.parquet").stat().st_size)
    for layout, (seconds, size) in own.items():
        print(f"| ironforge, {layout} | {seconds:.3f} | {size / 1e6:.1f} | | |")
    for name in WRITERS:
        median = statistics.median(taken[name])
        spread = f"{min(taken[name]):.3f} to {max(taken[name]):.3f}"
        ratios = f"{own['fixed'][0] / median:.2f}x | {own['fixed'][1] / sizes[name]:.2f}x"
        print(f"| {name} | {median:.3f} ({spread}) | {sizes[name] / 1e6:.1f} | {ratios} |")


def deduplicate(folder, scratch):
    names = json.loads((folder / "names.json").read_text())
    found = {}
    for layout in ("content", "fixed"):
        files = {name: folder / name / f"ours.{layout}.parquet" for name in names}
        found[f"ironforge, {layout}"] = {name: parts(path) for name, path in files.items()}
    for peer, write in CHUNKED.items():
        found[peer] = {}
        for name in names:
            path = scratch / "chunked.parquet"
            write(table(folder / name), path)
            found[peer][name] = parts(path)
    print("\n## Bytes of the edited file that the file before has, %\n")
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
