#!/usr/bin/env python3
"""Computes the table of `ironforge motifs` a second time, from docs/statistics.md alone, and compares.

Usage: reference_motifs.py BINARY. Three small logs are tested in several ways. All patterns, all columns and the order
of the rows are compared: floats to 1e-9, everything else exactly. The exit code is 1 if there are differences.
"""
import functools
import itertools
import json
import math
import subprocess
import sys
import tempfile
from collections import Counter
from fractions import Fraction
from types import SimpleNamespace

import numpy as np

WORD = 2**32 - 1
TEST, CALIBRATION, CONFIRMATION, LOTS, LIFT = 0x6E75, 0x6E76, 0x6E77, 0x686F, 0x6C69
TAILS = {1: .1587, 1.5: .0668, 2: .0228, 2.5: .00621, 3: .00135, 3.5: .000233, 4: .0000317}


def block(key, counter):
    """Philox4x32-10: four words from a key of two words and a counter of four."""
    (k0, k1), (c0, c1, c2, c3) = key, counter
    for _ in range(10):
        p, q = c0 * 0xD2511F53, c2 * 0xCD9E8D57
        c0, c1, c2, c3 = (q >> 32) ^ c1 ^ k0, q & WORD, (p >> 32) ^ c3 ^ k1, p & WORD
        k0, k1 = (k0 + 0x9E3779B9) & WORD, (k1 + 0xBB67AE85) & WORD
    return c0, c1, c2, c3


def stream(seed, purpose, a, b):
    """The function below(n), which draws from stream(fork(seed, purpose), a, b)."""
    key = block((seed & WORD, seed >> 32), (WORD, WORD, purpose, WORD))[:2]
    source = (word for i in itertools.count() for word in block(key, (i & WORD, i >> 32, a, b)))

    def below(n):
        x = next(source) * n
        while (x & WORD) < 2**32 % n:
            x = next(source) * n
        return x >> 32
    return below


def read(path, options):
    """The sessions of a log in their order, and the texts of the labels."""
    with open(path, encoding="utf-8") as file:
        rows = [line.rstrip("\n").split(",") for line in file][1:]
    names, groups, sessions = sorted({kind for _, _, kind in rows}, key=str.encode), {}, []
    for t, session, kind in rows:
        groups.setdefault(session, []).append((int(t), names.index(kind)))
    for events in groups.values():
        events.sort(key=lambda event: event[0])
        times, labels = map(list, zip(*events))
        near = [[j for j in range(i + 1, len(times)) if options.dt_min <= times[j] - t <= options.dt_max]
                for i, t in enumerate(times)]
        links = [(i, j) for i, after in enumerate(near) for j in after[:options.dag_k]]
        sessions.append(SimpleNamespace(times=times, labels=labels, links=links))
    return sorted(sessions, key=lambda s: (s.times[0], len(s.times), s.times, s.labels, s.links)), names


def slices(session, width):
    """A single session cut into slices of 4, 2 or 1 blocks of time, which are sessions of their own."""
    cuts = [[(t - session.times[0]) // (blocks * width) for t in session.times] for blocks in (4, 2, 1)]
    cut = next((cut for cut in cuts if len(set(cut)) >= 6), cuts[-1])
    ends = [e for e in range(len(cut)) if e == 0 or cut[e] != cut[e - 1]] + [len(cut)]
    return [SimpleNamespace(times=session.times[first:end], labels=session.labels[first:end],
                            links=[(i - first, j - first) for i, j in session.links if first <= i and j < end])
            for first, end in zip(ends, ends[1:])]


class Occurrences:
    """All occurrences in some sessions.

    A pattern has a code: the base of its shape (k, mask), plus its labels as the digits of a number. Slices are given
    the bases of their session.
    """

    def __init__(self, sessions, sizes, n_labels, bases=None):
        self.sessions, self.n_labels, found, start = sessions, n_labels, {k: [] for k in sizes}, 0
        self.labels = np.array([label for s in sessions for label in s.labels])
        for number, s in enumerate(sessions):
            links, sets = set(s.links), {(e,) for e in range(len(s.times))}
            near = [{i for i, j in links if j == e} | {j for i, j in links if i == e} for e in range(len(s.times))]
            for k in range(2, max(sizes) + 1):
                sets = {tuple(sorted((*x, e))) for x in sets for y in x for e in near[y] if e not in x}
                for x in sorted(sets, key=lambda x: (-x[0], x[:0:-1])) if k in sizes else []:
                    mask = sum(1 << (a * k + b) for a in range(k) for b in range(k) if (x[a], x[b]) in links)
                    found[k].append((number, (k, mask), [start + e for e in x]))
            start += len(s.times)
        self.per_shape = Counter(shape for rows in found.values() for _, shape, _ in rows)
        self.bases = bases = bases or dict(zip(sorted(self.per_shape), itertools.accumulate(
            [n_labels**k for k, _ in sorted(self.per_shape)], initial=0)))
        self.size = max((base + n_labels**k for (k, _), base in bases.items()), default=0)
        self.tables = [(np.array([number for number, _, _ in rows]), np.array([bases[shape] for _, shape, _ in rows]),
                        np.array([events for _, _, events in rows]), [sum(1 << e for e in x) for _, _, x in rows])
                       for rows in found.values() if rows]

    def codes(self, labels):
        """For each table of occurrences the codes of their patterns under these labels."""
        for _, base, events, _ in self.tables:
            yield base + labels[events] @ self.n_labels ** np.arange(events.shape[1])[::-1]

    def tally(self, labels):
        """`count` for each pattern, and `disjoint` for each session and pattern."""
        count, disjoint = np.zeros(self.size, int), np.zeros((len(self.sessions), self.size), int)
        for (number, _, _, events), codes in zip(self.tables, self.codes(labels)):
            count, used, taken = count + np.bincount(codes, minlength=self.size), {}, []
            for place, bits in zip((number * self.size + codes).tolist(), events):
                before = used.get(place, 0)
                if not before & bits:
                    used[place] = before | bits
                    taken.append(place)
            disjoint += np.bincount(taken, minlength=disjoint.size).reshape(disjoint.shape)
        return count, disjoint

    def support_and_non_overlapping(self):
        """Of each pattern in the data: two dictionaries."""
        support, alone, end = Counter(), Counter(), {}
        for (number, _, events, _), codes in zip(self.tables, self.codes(self.labels)):
            support.update(code for code, _ in set(zip(codes.tolist(), number.tolist())))
            for last, first, code in sorted(zip(events[:, -1].tolist(), events[:, 0].tolist(), codes.tolist())):
                if first > end.get(code, -1):
                    end[code] = last
                    alone[code] += 1
        return support, alone


def parts(session, null, width):
    """The blocks (or, for the null of pairs, the segments) of a session within which labels move: lists of events."""
    place, width = [t - session.times[0] for t in session.times], 8 * width if null == "pairs" else width
    group = [t // width if null == "stratified" else 0 for t in place]
    if null == "pairs":
        group = list(range(len(place)))
        for i, j in session.links:
            group = [group[i] if x == group[j] else x for x in group]
    found = [[e for e, x in enumerate(group) if x == number] for number in dict.fromkeys(group)]
    if null == "pairs":
        cuts = [[0] + [i for i in range(1, len(x)) if place[x[i]] // width != place[x[i - 1]] // width] + [len(x) - 1]
                for x in found]
        found = [x[i:j + 1] for x, ends in zip(found, cuts) for i, j in zip(ends, ends[1:])]
    return [x for x in found if len(x) >= (4 if null == "pairs" else 2) and len({session.labels[e] for e in x}) > 1]


def shuffled(x, below):
    """A list in random order."""
    for i in range(len(x) - 1, 0, -1):
        j = below(i + 1)
        x[i], x[j] = x[j], x[i]
    return x


def new_path(path, below):
    """Labels in a random order with the same transitions, the same first and the same last label."""
    exits = {x: [] for x in sorted(set(path))}
    for x, y in sorted(zip(path, path[1:]), key=lambda step: step[0] == step[1]):
        exits[x].append(y)
    tree, chosen = {path[-1]}, {}
    for x in exits:
        at = x
        while at not in tree:
            n = sum(y != at for y in exits[at])
            chosen[at] = below(n) if n > 1 else 0
            at = exits[at][chosen[at]]
        at = x
        while at not in tree:
            tree.add(at)
            at = exits[at][chosen[at]]
    for x, after in exits.items():
        if x in chosen:
            after[chosen[x]], after[-1] = after[-1], after[chosen[x]]
        kept = [after.pop()] if x in chosen else []
        exits[x] = shuffled(after, below) + kept
    result = path[:1]
    while len(result) < len(path):
        result.append(exits[result[-1]].pop(0))
    return result


def replicates(found, null, purpose, number, options):
    """The tallies of the replicates of one purpose."""
    moving = [parts(s, null, options.block) for s in found.sessions]
    for r in range(number):
        labels = []
        for s, session in enumerate(found.sessions):
            below, new = stream(options.seed, purpose, r, s), np.array(session.labels)
            for events in moving[s]:
                new[events] = (new_path if null == "pairs" else shuffled)(new[events].tolist(), below)
            labels.append(new)
        yield found.tally(np.concatenate(labels))


def score(disjoint, d, m):
    """About the number of standard deviations above the null, rounded down to 1/64."""
    return np.floor(128 * (np.sqrt(disjoint / d + 3 / 8) - np.sqrt(m / d + 3 / 8))) / 64


def quantile(values, percent):
    """The least value that is not exceeded by this share of the values."""
    return float(sorted(values)[math.ceil(percent * len(values) / 100) - 1])


class Test:
    """Calibration and test of all patterns under one null."""

    def __init__(self, found, null, number, options, calibration=100):
        self.P, rule = min(calibration, number), options.min_count
        total, squares, often = 0, 0, 0
        for r, (count, disjoint) in enumerate(replicates(found, null, CALIBRATION, self.P, options)):
            total, squares = total + disjoint, squares + disjoint.sum(0) ** 2
            often += (count >= rule) & (r < 8)
        self.means, self.mean, common = total / self.P, total.sum(0) / self.P, often >= 2
        v = np.maximum(squares / self.P - self.mean**2, 0)
        self.sd = np.sqrt(v * self.P / max(self.P - 1, 1))
        # Of each pattern k, and the number of occurrences of its shape times the shares of its labels
        self.k, expected, possible = np.zeros(found.size, int), np.zeros(found.size), 0
        share = np.bincount(found.labels, minlength=found.n_labels) / len(found.labels)
        for (k, mask), base in found.bases.items():
            codes, n = slice(base, base + found.n_labels**k), found.per_shape[k, mask]
            self.k[codes], expected[codes] = k, n * functools.reduce(np.multiply.outer, [share] * k).ravel()
            possible += min(found.n_labels**k, n // rule)
        self.d = np.where(common, np.minimum(1, (v + 5) / (self.mean + 5)), 1)
        m = np.where(common, self.mean, np.minimum(expected, rule - 1))
        floor = max((f for f, tail in TAILS.items() if tail * possible >= 50), default=1)
        # The k and the scores of the patterns that count, in the data and in each replicate
        self.count, self.disjoint = found.tally(found.labels)
        self.score, above = score(self.disjoint.sum(0), self.d, m), []
        for count, disjoint in [(self.count, self.disjoint), *replicates(found, null, TEST, number, options)]:
            value = score(disjoint.sum(0), self.d, m)
            chosen = (count >= rule) & (value >= floor)
            above.append(list(zip(self.k[chosen].tolist(), value[chosen].tolist())))
        largest = {k: [max([floor, *(x for size, x in scores if size == k)]) for scores in above] for k in (3, 4, 5)}
        self.a = {k: quantile(x, 50) for k, x in largest.items()}
        b = {k: max(0.5, quantile(x, 95) - self.a[k]) for k, x in largest.items()}
        # z, and the number of the last threshold that is not above it, are exact: z may lie on a threshold
        z = functools.cache(lambda k, x: (Fraction(x) - Fraction(self.a[k])) / Fraction(b[k]))
        last = functools.cache(lambda k, x: math.floor(16 * (z(k, min(x, floor + 1023 / 64)) - lowest)))
        lowest = min(z(k, floor) for k in (3, 4, 5))
        Z = [max(z(k, largest[k][j]) for k in (3, 4, 5)) for j in range(1, number + 1)]
        reached = [[last(*x) for x in scores] for scores in above[:1000]]
        N = np.array([[sum(x >= i for x in xs) for i in range(2 + max(map(max, filter(None, reached)), default=0))]
                      for xs in reached])
        rate = np.where(N > 0, np.minimum(1, N.mean(0) / np.maximum(N, 1)), 1)
        least, self.p, self.q = rate[1:].min(1), {}, {}
        for code in np.flatnonzero(self.count >= rule).tolist():
            self.p[code] = self.q[code] = 1.0
            k, value = int(self.k[code]), float(self.score[code])
            if value >= floor:
                q = rate[0, :last(k, value) + 1].min()
                self.p[code] = (1 + sum(x >= z(k, value) for x in Z)) / (number + 1)
                self.q[code] = max(q, (1 + int(np.sum(least <= q))) / len(N))


def hold_out(found, test, options):
    """`p_holdout` and `lots` of each tested pattern."""
    units, P = found, min(50, options.iterations)
    if len(found.sessions) == 1:
        units = Occurrences(slices(found.sessions[0], options.block), options.sizes, found.n_labels, found.bases)
    means = sum(x for _, x in replicates(units, "stratified", CALIBRATION, P, options)) / P
    disjoint = units.tally(units.labels)[1]
    n, lots, p, times = len(units.sessions), [], [], 0
    if n == 1:
        return {}
    wanted = min(max(math.floor(options.holdout * n + 0.5), 1), n - 1)
    for lot in range(11):
        below, out = stream(options.seed, LOTS, lot, 0), []
        for s in range(n):
            out.append(below(n - s) < wanted - sum(out))
        lots.append(np.array(out))
    if options.holdout_by == "time":
        lots = [np.arange(n) >= n - wanted]
    tested = sorted(test.p)
    d, a, means, disjoint = test.d[tested], [test.a[k] for k in test.k[tested]], means[:, tested], disjoint[:, tested]
    draws = [x[:, tested] for _, x in replicates(units, "stratified", CONFIRMATION, options.iterations, options)]
    for out in lots:
        candidate = score(disjoint[~out].sum(0), d, means[~out].sum(0)) >= a
        m = means[out].sum(0)
        value = score(disjoint[out].sum(0), d, m)
        top = np.array([score(x[out].sum(0), d, m)[candidate].max(initial=-np.inf) for x in draws])
        rank = (1 + (top[:, None] >= value).sum(0)) / (options.iterations + 1)
        p.append(np.where(candidate & (value > 0), rank, 1.0))
        times = times + candidate
    final = p[0] if len(p) == 1 else np.minimum(1, 2 * np.median(p, axis=0))
    return {code: (x, t) for code, x, t in zip(tested, final.tolist(), times.tolist())}


def table(path, options):
    """Every column of the motifs of a log, and the place of the row: {(mask, labels): {column: value}}."""
    sessions, names = read(path, options)
    found = Occurrences(sessions, options.sizes, len(names))
    test, (support, alone) = Test(found, options.null, options.iterations, options), found.support_and_non_overlapping()
    decides = test.q if options.correction == "fdr" else test.p
    significant = {code for code, p in decides.items() if p <= options.park_p and options.null == "stratified"}
    by_pairs = Test(found, "pairs", min(options.iterations, 199), options, 50) if significant else None
    held, n, rows = hold_out(found, test, options) if significant else {}, len(sessions), {}
    for (k, mask), base in found.bases.items():
        for code in sorted(test.p.keys() & set(range(base, base + found.n_labels**k))):
            labels = tuple(names[(code - base) // found.n_labels**i % found.n_labels] for i in range(k - 1, -1, -1))
            disjoint, mean, p = int(test.disjoint[:, code].sum()), float(test.mean[code]), decides[code]
            p_pairs = by_pairs.p[code] if code in significant else None
            p_holdout, lots = held[code] if code in significant and held else (None, None)
            lift = (disjoint + .5) / (mean + .5)
            confirmed = p_holdout is not None and max(p_pairs, p_holdout) <= options.park_p
            verdict = "park" if p <= options.park_p and lift >= options.park_lift else "discard"
            if p <= options.promote_p and lift >= options.promote_lift and confirmed:
                verdict = "promote"
            rows[mask, labels] = dict(
                code=code, k=k, count=int(test.count[code]), support=support[code], disjoint=disjoint,
                non_overlapping=alone[code], null_mean=mean, null_sd=test.sd[code], lift=lift, lift_low=None,
                lift_high=None, score=test.score[code], p_fwer=test.p[code], q_value=test.q[code], p_pairs=p_pairs,
                explained_by_pairs=None if p_pairs is None else p_pairs > options.park_p, p_holdout=p_holdout,
                lots=lots, verdict=verdict)
    # The order of the rows, and the intervals of the lift
    drawn = np.array([np.bincount([below(n) for _ in range(n)], minlength=n)
                      for below in (stream(options.seed, LIFT, i, 0) for i in range(1000))])
    moves = any(parts(s, options.null, options.block) for s in sessions)
    order = sorted(rows.items(), key=lambda x: (
        ("promote", "park", "discard").index(x[1]["verdict"]), decides[x[1]["code"]], -x[1]["score"], -x[1]["count"],
        x[1]["k"], x[0]))
    for place, (_, row) in enumerate(order):
        code, row["place"] = row.pop("code"), place
        if place < min(1000, 2**20 // n) and n > 1 and moves:
            lifts = np.sort((drawn @ test.disjoint[:, code] + .5) / (drawn @ test.means[:, code] + .5))
            row.update(lift_low=min(row["lift"], lifts[24]), lift_high=max(row["lift"], lifts[-25]))
    return rows


def compare(path, binary, **changed):
    """Runs the binary and the reference on a log; prints and counts the differences."""
    settings = {"min_count": 3, "holdout": 0.5, "holdout_by": "lot", "promote_p": 0.02, "promote_lift": 1.5,
                "park_p": 0.05, "park_lift": 0}
    options = {**settings, "sizes": (3, 4), "iterations": 60, "seed": 7, "null": "stratified", "correction": "max-t",
               "dag_k": 4, "dt_min": 60, "dt_max": 7200, "block": 900, **changed}
    command = [binary, "motifs", path, "--time", "t:s", "--group", "session", "--kind", "kind", "--json",
               "--k", f"{options['sizes'][0]}..{options['sizes'][-1]}"]
    for name in ("iterations", "seed", "null", "correction"):
        command += [f"--{name}", str(options[name])]
    for name, value in {"dag.k": options["dag_k"], "dag.dt_min_minutes": options["dt_min"] / 60,
                        "dag.dt_max_minutes": options["dt_max"] / 60, "motif.block_minutes": options["block"] / 60,
                        **{f"motif.{name}": options[name] for name in settings}}.items():
        command += ["--set", f"{name}={value}"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        sys.exit(f"{' '.join(command)}: {done.stderr}")
    theirs = {(row["mask"], tuple(row["labels"])): {**row, "place": place}
              for place, row in enumerate(json.loads(done.stdout)["motifs"])}
    ours = table(path, SimpleNamespace(**options))
    wrong = [f"{key} is only in the {'reference' if key in ours else 'binary'}" for key in ours.keys() ^ theirs.keys()]
    for key in sorted(ours.keys() & theirs.keys()):
        for column, x in ours[key].items():
            y = theirs[key][column]
            if not (abs(x - y) <= 1e-9 if isinstance(x, float) and isinstance(y, float) else x == y):
                wrong.append(f"{key} {column}: reference {x}, binary {y}")
    verdicts = Counter(row["verdict"] for row in ours.values())
    title = f"{path.split('/')[-1]} {changed}: {len(ours)} patterns, {dict(verdicts)}, {len(wrong)} differences"
    print("\n  ".join([title, *wrong[:40]]), flush=True)
    return len(wrong)


def write_log(path, sessions, events, stay, plant, seed):
    """A log with distinct times: labels that repeat in `stay` of 100 cases, and triples planted in `plant` of 100.

    The two triples share their middle, so that the transitions alone do not explain them.
    """
    kinds, below = ("sweep", "drift", "reversal", "expansion"), stream(seed, 0, 0, 0)
    triples = ("sweep", "reversal", "expansion"), ("drift", "reversal", "sweep")
    with open(path, "w", encoding="utf-8") as file:
        file.write("t,session,kind\n")
        for s in range(sessions):
            t, kind, queue = 1_700_000_000 + 86_400 * (sessions - s), kinds[0], []
            for _ in range(events - below(8)):
                t += 45 + below(150)
                if queue:
                    kind = queue.pop(0)
                elif below(100) < plant:
                    kind, *queue = triples[below(2)]
                elif below(100) >= stay:
                    kind = kinds[below(len(kinds))]
                file.write(f"{t},s{s},{kind}\n")


def main():
    """Generates the logs and compares."""
    with tempfile.TemporaryDirectory() as folder:
        several, single, sticky = (f"{folder}/{name}.csv" for name in ("several", "single", "sticky"))
        write_log(several, 6, 44, 0, 45, 3)
        write_log(single, 1, 164, 0, 60, 1)
        write_log(sticky, 4, 44, 70, 50, 8)
        cases = [(several, {}), (several, {"null": "label", "seed": 2**40 + 7}),
                 (several, {"null": "pairs", "correction": "fdr", "dt_max": 170, "block": 300}), (single, {}),
                 (single, {"holdout_by": "time"}), (sticky, {"correction": "fdr", "holdout_by": "time"})]
        sys.exit(any([compare(path, sys.argv[1], **changed) for path, changed in cases]))


if __name__ == "__main__":
    main()
