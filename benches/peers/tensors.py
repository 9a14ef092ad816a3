"""Attention problems as files for `ironforge attend`, read and written with numpy alone."""

import json
import math
import struct
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

DTYPES = {"F64": np.float64, "F32": np.float32, "F16": np.float16, "I64": np.int64}


def read(path):
    """The tensors of a safetensors file and its metadata."""
    data = Path(path).read_bytes()
    (size,) = struct.unpack("<Q", data[:8])
    header = json.loads(data[8 : 8 + size])
    metadata = header.pop("__metadata__", {})
    tensors = {}
    for name, info in header.items():
        begin, end = info["data_offsets"]
        dtype = np.dtype(DTYPES[info["dtype"]])
        values = np.frombuffer(data, dtype, (end - begin) // dtype.itemsize, 8 + size + begin)
        tensors[name] = values.reshape(info["shape"])
    return tensors, metadata


def write(path, tensors, metadata):
    """Writes tensors and metadata to a safetensors file."""
    names = {np.dtype(dtype): name for name, dtype in DTYPES.items()}
    header, parts, end = {"__metadata__": metadata}, [], 0
    for name, values in tensors.items():
        part = np.ascontiguousarray(values).tobytes()
        offsets = [end, end + len(part)]
        header[name] = {"dtype": names[values.dtype], "shape": list(values.shape), "data_offsets": offsets}
        parts.append(part)
        end += len(part)
    text = json.dumps(header).encode()
    text += b" " * (-len(text) % 8)
    Path(path).write_bytes(struct.pack("<Q", len(text)) + text + b"".join(parts))


@dataclass
class Case:
    """One problem: q, k, v are [nodes, heads, head_dim]."""

    name: str
    q: np.ndarray
    k: np.ndarray
    v: np.ndarray
    offsets: np.ndarray
    t_ms: np.ndarray
    keys: str  # all, causal or list
    row_ptr: np.ndarray | None = None
    col_idx: np.ndarray | None = None
    bias: str = "none"  # none, sqrt or buckets
    scale_minutes: float = 0.1
    buckets: list = field(default_factory=list)

    @classmethod
    def load(cls, path):
        tensors, metadata = read(path)
        return cls(
            name=Path(path).name.removesuffix(".safetensors"),
            keys=metadata.get("keys", "list"),
            bias=metadata.get("bias", "none"),
            scale_minutes=float(metadata.get("scale_minutes", 0.1)),
            buckets=json.loads(metadata.get("buckets", "[]")),
            **{name: tensors.get(name) for name in ["q", "k", "v", "offsets", "t_ms", "row_ptr", "col_idx"]},
        )

    def save(self, path):
        names = ["q", "k", "v", "offsets", "t_ms", "row_ptr", "col_idx"]
        metadata = {"bias": self.bias, "scale_minutes": str(self.scale_minutes)}
        if self.keys != "list":
            metadata["keys"] = self.keys
        if self.bias == "buckets":
            metadata["buckets"] = json.dumps(self.buckets)
        write(path, {n: getattr(self, n) for n in names if getattr(self, n) is not None}, metadata)

    @property
    def nodes(self):
        return self.q.shape[0]

    @property
    def heads(self):
        return self.q.shape[1]

    @property
    def head_dim(self):
        return self.q.shape[2]

    @property
    def lengths(self):
        return np.diff(self.offsets)

    @property
    def scale(self):
        return 1.0 / math.sqrt(self.head_dim)

    def graph_of(self, row):
        """First node of the graph of a row, and one past its last."""
        graph = int(np.searchsorted(self.offsets, row, side="right")) - 1
        return int(self.offsets[graph]), int(self.offsets[graph + 1])

    def row(self, i):
        """The keys of node i."""
        start, end = self.graph_of(i)
        if self.keys == "all":
            return np.arange(start, end)
        if self.keys == "causal":
            return np.arange(start, i + 1)
        return self.col_idx[self.row_ptr[i] : self.row_ptr[i + 1]]

    def bias_of(self, dt_minutes):
        """The bias of pairs by their distance in minutes, in the type of the distances."""
        if self.bias == "sqrt":
            return -np.sqrt(dt_minutes / (self.scale_minutes + 1e-6))
        total = np.zeros_like(dt_minutes)
        for low, high, weight in self.buckets if self.bias == "buckets" else []:
            total += np.where((dt_minutes >= low) & (dt_minutes <= high), weight, 0)
        return total


def generate(name, lengths, heads, head_dim, keys="list", last=4, bias="none", seed=1):
    """A random problem from a seed, to run these scripts without the files of the bench."""
    random = np.random.default_rng(seed)
    offsets = np.concatenate([[0], np.cumsum(lengths)]).astype(np.int64)
    nodes = int(offsets[-1])
    q, k, v = (random.uniform(-2, 2, (nodes, heads, head_dim)).astype(np.float16) for _ in range(3))
    row_ptr = col_idx = None
    if keys == "list":
        starts = np.repeat(offsets[:-1], lengths)
        rows = [np.arange(max(start, i - last), i + 1) for i, start in zip(range(nodes), starts)]
        row_ptr = np.concatenate([[0], np.cumsum([len(r) for r in rows])]).astype(np.int64)
        col_idx = np.concatenate([np.zeros(0), *rows]).astype(np.int64)
    t_ms = np.arange(nodes, dtype=np.int64) * 90_000
    buckets = [[0.0, 5.0, 0.2], [5.0, 15.0, 0.1], [15.0, 60.0, 0.0], [60.0, 240.0, -0.1]]
    return Case(name, q, k, v, offsets, t_ms, keys, row_ptr, col_idx, bias, 0.1, buckets if bias == "buckets" else [])
