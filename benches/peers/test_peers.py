#!/usr/bin/env python3
"""Tests of what needs neither PyTorch nor a GPU: python3 benches/peers/test_peers.py"""

import contextlib
import io
import json
import tempfile
import unittest
from pathlib import Path

import numpy as np

import compare
import reference
from tensors import Case, generate, read, write


def plain(case, i, h):
    """One row of one head, by the formula, one value after the other."""
    logits, values = [], []
    for j in case.row(i):
        dot = sum(float(case.q[i, h, d]) * float(case.k[j, h, d]) for d in range(case.head_dim))
        dt = abs(int(case.t_ms[i]) - int(case.t_ms[j])) / 60_000
        bias = 0.0
        if case.bias == "sqrt":
            bias = -((dt / (case.scale_minutes + 1e-6)) ** 0.5)
        if case.bias == "buckets":
            bias = sum(w for low, high, w in case.buckets if low <= dt <= high)
        logits.append(case.scale * dot + bias)
        values.append([float(x) for x in case.v[j, h]])
    weights = [np.exp(x - max(logits)) for x in logits]
    return [sum(w * v[d] for w, v in zip(weights, values)) / sum(weights) for d in range(case.head_dim)]


class Peers(unittest.TestCase):
    def cases(self):
        for keys in ["all", "causal", "list"]:
            for bias in ["none", "sqrt", "buckets"]:
                yield generate(f"{keys}_{bias}", [5, 0, 17, 1], 2, 3, keys, bias=bias)

    def test_a_case_survives_its_file(self):
        with tempfile.TemporaryDirectory() as folder:
            for case in self.cases():
                path = Path(folder) / f"{case.name}.safetensors"
                case.save(path)
                read_back = Case.load(path)
                self.assertEqual((read_back.name, read_back.keys, read_back.bias), (case.name, case.keys, case.bias))
                for name in ["q", "k", "v", "offsets", "t_ms", "row_ptr", "col_idx"]:
                    np.testing.assert_array_equal(getattr(read_back, name), getattr(case, name))
                np.testing.assert_array_equal(read_back.buckets, case.buckets)

    def test_the_reference_is_the_formula(self):
        for case in self.cases():
            at = np.arange(case.nodes)
            got = reference.attention(case, at)
            want = [[plain(case, i, h) for h in range(case.heads)] for i in at]
            np.testing.assert_allclose(got, want, rtol=1e-12, atol=1e-12, err_msg=case.name)

    def test_touching_buckets_both_count(self):
        case = generate("x", [4], 1, 3, bias="buckets")
        np.testing.assert_allclose(case.bias_of(np.array([0.0, 5.0, 60.0, 241.0])), [0.2, 0.3, -0.1, 0.0])

    def test_a_row_without_keys_is_zero_and_nan_is_no_result(self):
        case = generate("x", [3], 1, 3)
        case.row_ptr, case.col_idx = np.array([0, 0, 1, 2]), np.array([0, 1])
        self.assertFalse(reference.attention(case, [0]).any())
        self.assertEqual(reference.error(np.array([np.nan]), np.array([1.0])), np.inf)

    def test_rows_are_spread_and_all_where_they_are_few(self):
        few = generate("x", [30], 2, 3)
        np.testing.assert_array_equal(reference.rows(few), np.arange(30))
        many = generate("x", [5000], 1, 128, keys="all")
        at = reference.rows(many)
        self.assertTrue(16 <= len(at) < 5000 and at[0] == 0 and at[-1] == 4999)

    def test_the_table_holds_ours_and_says_what_is_missing(self):
        with tempfile.TemporaryDirectory() as folder:
            case = generate("few", [20, 9], 2, 11, bias="sqrt")
            case.save(Path(folder) / "few.safetensors")
            out = reference.attention(case, np.arange(29)).astype(np.float32)
            out[3] += 0.5
            write(Path(folder) / "few.out.safetensors", {"out": out}, {})
            self.assertEqual(read(Path(folder) / "few.out.safetensors")[0]["out"].shape, (29, 2, 11))
            run = {"case": "few", "kernel": "edge_attention", "us": [3, 2, 9], "error": 0}
            run |= {"accuracy": "exact", "chosen": True}
            step = {"case": "few", "kernel": "edge_attention", "step": "copy_in", "us": [80, 70, 90]}
            (Path(folder) / "ours.json").write_text(json.dumps({"gpu": "G", "runs": [run, step]}))
            printed = io.StringIO()
            with contextlib.redirect_stdout(printed):
                compare.main([folder])
            row = "| ours: edge (chosen) | 3.0 | 2.0 to 9.0 | 1.00x | 5.0e-01 | - | another function: events |"
            self.assertIn(row, printed.getvalue())
            self.assertIn("copy_in 80 us", printed.getvalue())
            self.assertIn("peers: ", printed.getvalue().replace("SKIP peers: ", "peers: "))
            self.assertIn("few", json.loads((Path(folder) / "peers.json").read_text())["cases"])

    def test_a_peer_that_cannot_run_says_why(self):
        class Refused(Exception):
            pass

        class Kind:
            name = "peer"

        class Module:
            PEERS = [Kind, Kind]

        Module.Refused = Refused
        errors = [Refused("it takes no bias"), RuntimeError("no kernel\nmore")]

        def timed(kind, case):
            raise errors.pop(0)

        Module.Timed = staticmethod(timed)
        case = generate("x", [4], 1, 3)
        rows = compare.time_peers(Module, case, [0], None, float("inf"))
        self.assertEqual([r["why"] for r in rows], ["it takes no bias", "RuntimeError: no kernel"])
        rows = compare.time_peers(Module, case, [0], None, 0.0)
        self.assertEqual(rows[0]["why"], "not run: no time left")
        self.assertIn("| peer | - | - | - | - | - | not run: no time left |", compare.table(case, rows, {}))


if __name__ == "__main__":
    unittest.main()
