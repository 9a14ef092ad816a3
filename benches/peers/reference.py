"""Attention by its formula, in float64, for some of the rows."""

import numpy as np

PRODUCTS = 1 << 26


def rows(case):
    """The rows that the reference computes within seconds, evenly over the batch, with the last of each kind."""
    pairs = {"all": case.lengths, "causal": (case.lengths + 1) / 2}.get(case.keys)
    total = len(case.col_idx) if pairs is None else float((pairs * case.lengths).sum())
    each = max(total / case.nodes, 1) * case.heads * case.head_dim
    # The loop below runs in Python: its time is bounded by the number of rows too, not only by their keys.
    count = int(np.clip(PRODUCTS / each, 16, min(case.nodes, 4096)))
    return np.unique(np.linspace(0, case.nodes - 1, count).astype(np.int64))


def attention(case, at):
    """Output of the rows, [rows, heads, head_dim] in float64."""
    out = np.zeros((len(at), case.heads, case.head_dim))
    for n, i in enumerate(at):
        keys = case.row(i)
        if len(keys) == 0:
            continue
        q, k, v = case.q[i].astype(np.float64), case.k[keys].astype(np.float64), case.v[keys].astype(np.float64)
        dt_minutes = np.abs(case.t_ms[i] - case.t_ms[keys]) / 60_000.0
        logits = case.scale * np.einsum("hd,jhd->hj", q, k) + case.bias_of(dt_minutes)
        p = np.exp(logits - logits.max(axis=1, keepdims=True))
        out[n] = np.einsum("hj,jhd->hd", p / p.sum(axis=1, keepdims=True), v)
    return out


def error(got, want):
    """The largest difference; NaN counts as infinite."""
    difference = np.abs(got.astype(np.float64) - want)
    return float(np.where(np.isnan(difference), np.inf, difference).max(initial=0.0))
