"""Comparison of reading Parquet with pyarrow, Polars and DuckDB, one thread each, on the same files.

    python3 benches/peers/store_read_peers.py target/peers/store_read write
    RAYON_NUM_THREADS=1 IRONFORGE_BENCH_OUT=$PWD/target/peers/store_read cargo bench --bench store_read
    python3 benches/peers/store_read_peers.py target/peers/store_read

The first command writes a file with pyarrow (ZSTD 3, row groups of 10,000 rows). The second writes the file of
ironforge and times ironforge on both. The third times the peers on both files and prints the ratios. Times are CPU
times, the median of the rounds; the peers alternate within a round.
"""

import json
import os
import pathlib
import statistics
import sys
import time

os.environ.setdefault("POLARS_MAX_THREADS", "1")

THREE = ["ts", "session_id", "f3"]
ROUNDS = 9


def write(folder):
    import numpy as np
    import pyarrow as pa
    import pyarrow.parquet as pq

    rng, rows = np.random.default_rng(4), 1_000_000
    at = np.arange(rows)
    columns = {
        "ts": 1_700_000_000_000 + at * 1000 + rng.integers(0, 400, rows),
        "kind": rng.integers(0, 8, rows).astype("u1"),
        "session_id": pa.array([f"NY_AM_{i // 512:05d}" for i in range(rows)]),
        "price": (np.round((23_000 + 400 * np.sin(at / 9_000)) * 4) / 4).astype("f4"),
    }
    for f in range(16):
        if f < 6:
            values = rng.normal(size=rows)
        elif f < 10:
            values = np.round(rng.random(rows) * 4, 2)
        elif f < 13:
            values = np.where(rng.random(rows) < 0.95, 0, rng.random(rows))
        elif f < 15:
            values = np.sin(at / (1_000 * f)) + at / 1e6
        else:
            values = at
        columns[f"f{f}"] = values.astype("f4")
    pq.write_table(pa.table(columns), folder / "pyarrow.parquet", compression="zstd", compression_level=3,
                   row_group_size=10_000)


def peers(path):
    import duckdb
    import polars
    import pyarrow
    import pyarrow.parquet as pq

    connection = duckdb.connect(config={"threads": 1})
    pyarrow.set_cpu_count(1)
    pyarrow.set_io_thread_count(1)
    named = ", ".join(THREE)
    whole = {
        "polars": lambda: polars.read_parquet(path, memory_map=True).height,
        "pyarrow": lambda: pq.read_table(path, use_threads=False, memory_map=True).num_rows,
        "duckdb": lambda: connection.sql(f"select * from '{path}'").to_arrow_table().num_rows,
    }
    three = {
        "polars": lambda: polars.read_parquet(path, columns=THREE, memory_map=True).height,
        "pyarrow": lambda: pq.read_table(path, columns=THREE, use_threads=False, memory_map=True).num_rows,
        "duckdb": lambda: connection.sql(f"select {named} from '{path}'").to_arrow_table().num_rows,
    }
    return {"whole": whole, "three": three}


def ironforge_median(what, name):
    """Median of the ironforge benchmark, seconds, as criterion recorded it; None if it did not run."""
    path = pathlib.Path("target/criterion/store_read") / f"{what}_{name}" / "new/estimates.json"
    if not path.exists():
        return None
    return json.loads(path.read_text())["median"]["point_estimate"] / 1e9


def main(folder):
    for path in sorted(folder.glob("*.parquet")):
        for what, runs in peers(path).items():
            times = {name: [] for name in runs}
            for _ in range(ROUNDS):
                for name, run in runs.items():
                    start = time.process_time()
                    if run() != 1_000_000:
                        raise SystemExit(f"{name} does not read a million rows of {path}")
                    times[name].append(time.process_time() - start)
            medians = {name: statistics.median(taken) for name, taken in times.items()}
            ironforge = ironforge_median(what, path.stem)
            line = ", ".join(f"{name} {seconds * 1e3:.0f} ms" for name, seconds in medians.items())
            ratio = ""
            if ironforge:
                ratio = f", ironforge {ironforge * 1e3:.0f} ms, {ironforge / medians['polars']:.2f}x Polars"
            print(f"{path.name} ({path.stat().st_size / 1e6:.1f} MB) {what}: {line}{ratio}")


if __name__ == "__main__":
    folder = pathlib.Path(sys.argv[1])
    folder.mkdir(parents=True, exist_ok=True)
    if sys.argv[2:] == ["write"]:
        write(folder)
    else:
        main(folder)
