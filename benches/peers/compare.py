#!/usr/bin/env python3
"""Error and time of PyTorch's attention and of ironforge's, on the same tensors.

    compare.py DIR [--seconds N] [--only TEXT]

DIR is the output of the attention bench (IRONFORGE_BENCH_OUT=DIR): tensors, outputs, and ours.json with the times.
Every output is compared with float64 on the same rows. Peers take turns in each round, and the median is reported; the
preparation of a peer (a mask, or the bias of all pairs) is timed separately. The times of ironforge are those of the
bench, launch by launch; peers run as CUDA graphs if they can be captured. The numbers are written to DIR/peers.json.
Without PyTorch or a GPU, prints the reason and only the numbers of ironforge.
"""

import argparse
import json
import statistics
import sys
import time
from pathlib import Path

import reference
from tensors import Case, read

ROUNDS = 7
# A peer with a larger error computes another function.
DISQUALIFIED = 1e-2


def load_peers():
    """The peers, or None and the reason why there are none."""
    try:
        import torch
    except ImportError as error:
        return None, f"no PyTorch: {error}"
    if not torch.cuda.is_available():
        return None, "PyTorch finds no GPU"
    import torch_peers

    torch.backends.cuda.matmul.allow_tf32 = False
    return torch_peers, f"PyTorch {torch.__version__}, {torch.cuda.get_device_name()}"


def first_line(error):
    lines = str(error).strip().splitlines() or [""]
    return f"{type(error).__name__}: {lines[0][:140]}"


def time_peers(module, case, at, want, deadline):
    """One row for each peer; the peers that run take turns in each round."""
    rows, ready = [], []
    for kind in module.PEERS:
        row = {"who": kind.name}
        rows.append(row)
        if time.monotonic() > deadline:
            row["why"] = "not run: no time left"
            continue
        try:
            timed = module.Timed(kind, case)
            row["error"] = reference.error(timed.rows(timed.out, at), want)
            row |= {"prepared_ms": timed.prepared_ms, "how": timed.how}
            ready.append((row, timed))
        except Exception as error:  # any kind: the other peers still run
            row["why"] = str(error) if isinstance(error, module.Refused) else first_line(error)
    times = {id(timed): [] for _, timed in ready}
    for _ in range(ROUNDS):
        for _, timed in ready:
            times[id(timed)].append(timed.round_us())
    for row, timed in ready:
        us = times[id(timed)]
        row["us"] = [statistics.median(us), min(us), max(us)]
    return rows


def our_rows(folder, case, ours, at, want):
    rows = []
    for run in ours.get("runs", []):
        if run["case"] != case.name or "step" in run:
            continue
        who = "ours: " + run["kernel"].removesuffix("_attention") + (", fast" if run["accuracy"] == "fast" else "")
        row = {"who": who, "us": run["us"], "error": run["error"], "how": "events", "chosen": run["chosen"]}
        if run["chosen"] and run["accuracy"] == "exact":
            row["who"] += " (chosen)"
            path = folder / f"{case.name}.out.safetensors"
            if path.exists():
                # Measured as for the peers, not as in the bench.
                row["error"] = reference.error(read(path)[0]["out"][at], want)
        rows.append(row)
    steps = [run for run in ours.get("runs", []) if run["case"] == case.name and "step" in run]
    return rows, {run["step"]: run["us"][0] for run in steps}


def table(case, rows, steps):
    """The rows of a case as Markdown."""
    best = min((r["us"][0] for r in rows if r.get("chosen") and "fast" not in r["who"]), default=None)
    lines = [f"### {case.name}", ""]
    lines += ["| who | median us | least to most | against ours | largest error | prepared, ms | |", "|---" * 7 + "|"]
    for row in rows:
        us, note = row.get("us"), row.get("why", row.get("how", ""))
        error = row.get("error")
        if error is not None and not error <= DISQUALIFIED:
            note = f"another function: {note}"
        cells = [
            row["who"],
            f"{us[0]:.1f}" if us else "-",
            f"{us[1]:.1f} to {us[2]:.1f}" if us else "-",
            f"{us[0] / best:.2f}x" if us and best else "-",
            "-" if error is None else f"{error:.1e}",
            f"{row['prepared_ms']:.2f}" if "prepared_ms" in row else "-",
            note,
        ]
        lines.append("| " + " | ".join(cells) + " |")
    if steps:
        lines += ["", "ironforge, besides the launch: " + ", ".join(f"{step} {us:.0f} us" for step, us in steps.items())]
    return "\n".join(lines) + "\n"


def main(arguments):
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--seconds", type=float, default=600.0, help="no peer starts after this many seconds")
    parser.add_argument("--only", default="", help="cases whose name holds this")
    options = parser.parse_args(arguments)
    deadline = time.monotonic() + options.seconds

    paths = [p for p in sorted(options.folder.glob("*.safetensors")) if not p.name.endswith(".out.safetensors")]
    paths = [p for p in paths if options.only in p.name]
    if not paths:
        sys.exit(f"{options.folder}: no tensors; run the attention bench with IRONFORGE_BENCH_OUT={options.folder}")
    ours_path = options.folder / "ours.json"
    ours = json.loads(ours_path.read_text()) if ours_path.exists() else {}
    if not ours:
        print(f"SKIP ours: the bench wrote no {ours_path}")
    # In the order of the bench, the typical workload first, because the time may run out.
    order = [f"{run['case']}.safetensors" for run in ours.get("runs", [])]
    paths.sort(key=lambda p: order.index(p.name) if p.name in order else len(order))
    module, about = load_peers()
    print(f"peers: {about}" if module else f"SKIP peers: {about}")

    results = {"peers": about, "gpu": ours.get("gpu"), "cases": {}}
    for path in paths:
        case = Case.load(path)
        at = reference.rows(case)
        want = reference.attention(case, at)
        rows, steps = our_rows(options.folder, case, ours, at, want)
        if module:
            rows += time_peers(module, case, at, want, deadline)
        print(table(case, rows, steps), flush=True)
        results["cases"][case.name] = {"rows": rows, "steps": steps, "compared_rows": len(at)}
        # After each case, so that results are kept if the time runs out.
        (options.folder / "peers.json").write_text(json.dumps(results, indent=1) + "\n")
        if module:
            import torch

            torch.compiler.reset()
            torch.cuda.empty_cache()


if __name__ == "__main__":
    main(sys.argv[1:])
