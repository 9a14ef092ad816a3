"""Runs each `cmd` of ../shared/cases/input with the built command, and prints OK or what differs from the right value.

    python tests/interop/cases.py BINARY [NN ...]

Needs pyarrow and DuckDB. A case that is not listed below is run, and fails if the command crashes or hangs.
"""

import json
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

import pyarrow as pa
import pyarrow.feather as feather
import pyarrow.parquet as pq

CASES = Path(__file__).resolve().parents[3] / "shared/cases/input"
SECONDS = 60


class Run:
    """What a case left behind."""

    def __init__(self, folder, output):
        self.folder, self.output = folder, output

    def report(self):
        return json.loads((self.folder / "out/run.json").read_text())

    def sessions(self):
        return [session["id"] for session in self.report()["sessions"]]

    def events(self):
        return [session["events"] for session in self.report()["sessions"]]

    def edges(self):
        return [session["dag_edges"] for session in self.report()["sessions"]]

    def features(self):
        return [feature["name"] for feature in self.report()["features"]]

    def t_ms(self, session=0):
        parts = sorted((self.folder / "out/nodes").glob("*/part-0.parquet"))
        return pq.read_table(parts[session])["t_ms"].to_pylist()

    def column(self, name):
        """A column of numbers, in time order."""
        at = self.features().index(name)
        part = next((self.folder / "out/nodes").glob("*/part-0.parquet"))
        return pq.read_table(part)[f"f{at:02}"].to_pylist()

    def skipped(self):
        return [entry["path"] for entry in self.report()["skipped"]]

    def says(self, *parts):
        return all(part in self.output for part in parts)


def features(run, names):
    return all(name in run.features() for name in names)


def wide(run):
    # The last two times are those of build-graph and of inspect.
    seconds = [float(line.split("m")[1].rstrip("s")) for line in run.output.splitlines() if line.startswith("real")]
    return len(seconds) == 2 and seconds[0] < 4 * max(seconds[1], 0.25)


RIGHT = {
    "01": lambda r: features(r, ["price"]) and r.column("price") == [1.5, None, 2.5],
    "03": lambda r: r.column("price") == [1.5, 2.0, 2.5],
    "04": lambda r: r.edges() == [5],
    "05": lambda r: r.edges() == [1] and r.says("read as missing"),
    "07": lambda r: r.says("line 3"),
    "08": lambda r: r.says("row 0") and min(feather.read_table(r.folder / "far.arrow")["ts"].cast(pa.int64()).to_pylist()) == -62135596800000000,
    "10": lambda r: pq.read_table(r.folder / "sec.parquet").schema.field(0).type == pa.timestamp("ms"),
    "12": lambda r: r.says("INTERVAL", "Interval(DayTime)") and not (r.folder / "back.parquet").exists(),
    "13": lambda r: r.says("row 1", "56971"),
    "14": lambda r: r.t_ms() == [1704447000000, 1704447060000],
    "15": lambda r: r.events() == [2] and any(".ipynb" in path for path in r.skipped()),
    "17": lambda r: r.sessions() == ["u1", "u2"] and r.events() == [4, 4],
    "18": lambda r: r.events() == [4, 4],
    "20": lambda r: r.events() == [4, 4] and any("part-00001" in path for path in r.skipped()),
    "22": lambda r: r.events() == [2] and any("._events" in path for path in r.skipped()),
    "24": lambda r: r.events() == [3],
    "26": lambda r: r.events() == [2],
    "27": lambda r: features(r, ["state_label"]) and len([f for f in r.features() if f.startswith("comma")]) == 3,
    "28": lambda r: r.t_ms() == [1704412800000, 1704672000000, 1704758400000],
    "29": lambda r: r.events() == [2],
    "31": lambda r: r.events() == [2] and not r.says("cannot"),
    "32": lambda r: r.events() == [1],
    "34": lambda r: r.t_ms() == [1704443400000, 1704443460000],
    "36": lambda r: r.says("row 1 (from 0) of column \"t\"", "\"NA\"", "line 3"),
    "38": lambda r: r.says("session.years"),
    "39": lambda r: r.edges() == [1] or r.says("edges"),
    "40": lambda r: r.edges() == [1] and r.says("Struct"),
    "42": lambda r: features(r, ["price"]) and "__index_level_0__" not in r.features(),
    "43": wide,
    "44": lambda r: r.output.count("rc 0") == 2,
    "45": lambda r: r.events() == [1],
    "46": lambda r: r.says("column \"i\"") and pa.types.is_duration(feather.read_table(r.folder / "p.arrow").schema.field("d").type),
    "50": lambda r: r.sessions() == ["2", "3"] and r.t_ms(1) == [1293715920000, 1293717960000],
    "51": lambda r: r.t_ms() == [1609442758745, 1704447000000, 1704447000000],
    "52": lambda r: r.edges() == [2],
}


def run(case, binary):
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary) / case.name
        shutil.copytree(case, folder)
        tools = Path(temporary) / "bin"
        tools.mkdir()
        (tools / "ironforge").symlink_to(binary)
        (tools / "python3").symlink_to(sys.executable)
        environment = {**os.environ, "PATH": f"{tools}:{os.environ['PATH']}"}
        subprocess.run(["chmod", "-R", "u+w", folder], check=True)
        try:
            done = subprocess.run(
                ["bash", "./cmd"], cwd=folder, env=environment, timeout=SECONDS, text=True,
                stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=False,
            )
        except subprocess.TimeoutExpired:
            return "hangs"
        if "panicked" in done.stdout:
            return "panics"
        result = Run(folder, done.stdout)
        right = RIGHT.get(case.name[:2], lambda r: True)
        try:
            return None if right(result) else f"differs: {done.stdout.strip()[-400:]}"
        except Exception as error:  # a missing file or column is a difference like any other
            return f"{type(error).__name__}: {error}: {done.stdout.strip()[-400:]}"


def main():
    binary, numbers = Path(sys.argv[1]).resolve(), sys.argv[2:]
    if not CASES.is_dir():
        print(f"{CASES} is not there: no case was run")
        return
    cases = sorted(case for case in CASES.iterdir() if not numbers or case.name[:2] in numbers)
    failed = 0
    for case in cases:
        why = run(case, binary)
        failed += why is not None
        print(case.name, "OK" if why is None else why)
    if failed:
        sys.exit(f"{failed} of {len(cases)} cases differ")


main()
