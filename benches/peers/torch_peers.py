"""PyTorch's implementations of attention. Each peer is a class with `run()`, constructed for one case: the preparation
of masks and biases is timed separately. `Refused` holds the reason why a peer does not run a case."""

import time

import numpy as np
import torch
import torch.nn.functional as F
from torch.nn.attention import SDPBackend, sdpa_kernel

LARGEST_BYTES = 40 << 30


class Refused(Exception):
    """The reason why a peer does not run."""


class Padded:
    """A case as dense tensors [graphs, heads, longest, padded], padded with zeros."""

    def __init__(self, case, dtype=torch.float16):
        self.case, self.dtype = case, dtype
        self.graphs, self.longest = len(case.lengths), -(-int(case.lengths.max()) // 8) * 8
        self.padded = next(d for d in (16, 32, 64, 128) if d >= case.head_dim)
        lengths = torch.as_tensor(case.lengths, device="cuda")
        # Indices of the nodes, graph by graph.
        self.inside = torch.arange(self.longest, device="cuda")[None, :] < lengths[:, None]
        self.q, self.k, self.v = (self.tensor(x) for x in (case.q, case.k, case.v))
        minutes = torch.as_tensor(case.t_ms - case.t_ms[0], device="cuda").double() / 60_000.0
        self.minutes = torch.zeros(self.graphs, self.longest, dtype=torch.float64, device="cuda")
        self.minutes[self.inside] = minutes

    def tensor(self, x):
        x = torch.tensor(x, device="cuda")
        shape = (self.graphs, self.longest, self.case.heads, self.padded)
        full = torch.zeros(shape, dtype=self.dtype, device="cuda")
        full[..., : self.case.head_dim][self.inside] = x.to(self.dtype)
        return full.transpose(1, 2).contiguous()

    def rows(self, out, at):
        """Rows of an output, [rows, heads, head_dim]."""
        graphs = np.searchsorted(self.case.offsets, at, side="right") - 1
        rows = at - self.case.offsets[graphs]
        out = out[torch.as_tensor(graphs), :, torch.as_tensor(rows), : self.case.head_dim]
        return out.float().cpu().numpy()

    def allowed(self):
        """[graphs, longest, longest] of bool. A row without keys is padding: it attends to itself."""
        self.affordable(1)
        allowed = torch.zeros(self.graphs, self.longest, self.longest, dtype=torch.bool, device="cuda")
        if self.case.keys == "list":
            counts = np.diff(self.case.row_ptr)
            row = np.repeat(np.arange(self.case.nodes), counts)
            graph = np.searchsorted(self.case.offsets, row, side="right") - 1
            start = self.case.offsets[graph]
            index = [torch.as_tensor(x, device="cuda") for x in (graph, row - start, self.case.col_idx - start)]
            allowed[tuple(index)] = True
        else:
            allowed[:] = self.inside[:, None, :]
            if self.case.keys == "causal":
                allowed &= torch.ones(self.longest, self.longest, dtype=torch.bool, device="cuda").tril()
        diagonal = torch.eye(self.longest, dtype=torch.bool, device="cuda")
        return allowed | (diagonal & ~self.inside[:, :, None])

    def bias(self, dtype):
        """[graphs, 1, longest, longest]: the time bias, -inf where a pair is masked."""
        self.affordable(torch.finfo(dtype).bits // 8 + 1)
        bias = torch.empty(self.graphs, 1, self.longest, self.longest, dtype=dtype, device="cuda")
        allowed = self.allowed()
        for g in range(self.graphs):  # one by one: the distances are float64
            dt = (self.minutes[g, :, None] - self.minutes[g, None, :]).abs()
            bias[g, 0] = value_of(self.case, dt).masked_fill(~allowed[g], float("-inf")).to(dtype)
        return bias

    def affordable(self, bytes_each):
        need = self.graphs * self.longest**2 * bytes_each
        if need > LARGEST_BYTES:
            raise Refused(f"a matrix over all pairs of nodes takes {need / 2**30:.0f} GiB")


def value_of(case, dt):
    """The bias of distances in minutes."""
    if case.bias == "sqrt":
        return -torch.sqrt(dt / (case.scale_minutes + 1e-6))
    total = torch.zeros_like(dt)
    for low, high, weight in case.buckets if case.bias == "buckets" else []:
        total = total + torch.where((dt >= low) & (dt <= high), weight, 0.0)
    return total


class Eager:
    """softmax(scale q k' + bias) v, with every matrix materialised."""

    name = "eager f32"
    dtype = torch.float32

    def __init__(self, padded):
        scores = padded.graphs * padded.case.heads * padded.longest**2 * 4
        if 3 * scores > LARGEST_BYTES:
            raise Refused(f"its scores take {scores / 2**30:.0f} GiB")
        self.at, self.bias = padded, padded.bias(self.dtype)

    def run(self):
        scores = self.at.q @ self.at.k.transpose(-1, -2) * self.at.case.scale + self.bias
        return torch.softmax(scores, dim=-1) @ self.at.v


class EagerHalf(Eager):
    name = "eager f16"
    dtype = torch.float16


class Sdpa:
    """scaled_dot_product_attention with the bias of all pairs as its mask."""

    dtype = torch.float16

    def __init__(self, padded):
        self.at, case = padded, padded.case
        self.causal = case.keys == "causal" and case.bias == "none"
        plain = case.bias == "none" and case.keys != "list" and len(set(case.lengths)) == 1
        if not plain and self.needs_plain:
            raise Refused("it takes neither a mask nor a bias")
        self.mask = None if plain else padded.bias(torch.float16).expand(-1, case.heads, -1, -1)

    needs_plain = False

    def run(self):
        at = self.at
        causal = self.causal and self.mask is None
        with sdpa_kernel([self.backend]):
            return F.scaled_dot_product_attention(at.q, at.k, at.v, self.mask, is_causal=causal, scale=at.case.scale)


class Efficient(Sdpa):
    name, backend = "SDPA efficient", SDPBackend.EFFICIENT_ATTENTION


class CuDnn(Sdpa):
    name, backend = "SDPA cuDNN", SDPBackend.CUDNN_ATTENTION


class Flash(Sdpa):
    name, backend, needs_plain = "SDPA flash", SDPBackend.FLASH_ATTENTION, True


class Flex:
    """flex_attention, compiled: the mask from bits, the bias from times inside the kernel."""

    name = "FlexAttention"
    dtype = torch.float16

    def __init__(self, padded):
        from torch.nn.attention.flex_attention import create_block_mask, flex_attention

        self.at, case = padded, padded.case
        graphs, longest = padded.graphs, padded.longest
        plain = case.keys != "list" and len(set(case.lengths)) == 1
        allowed = None if plain else padded.allowed()
        minutes = padded.minutes.float()

        if plain and case.keys == "causal":

            def mask_mod(b, h, i, j):
                return i >= j
        else:

            def mask_mod(b, h, i, j):
                return allowed[b, i, j]

        def score_mod(score, b, h, i, j):
            return score + value_of(case, (minutes[b, i] - minutes[b, j]).abs())

        self.mask = None
        if not (plain and case.keys == "all"):
            shared = plain
            make = torch.compile(create_block_mask) if graphs * longest**2 > 1 << 26 else create_block_mask
            self.mask = make(mask_mod, None if shared else graphs, None, longest, longest, device="cuda")
        self.score_mod = None if case.bias == "none" else score_mod
        self.call = torch.compile(flex_attention, dynamic=False)

    def run(self):
        at = self.at
        return self.call(at.q, at.k, at.v, score_mod=self.score_mod, block_mask=self.mask, scale=at.case.scale)


PEERS = [Flash, Efficient, CuDnn, Flex, EagerHalf, Eager]


class Timed:
    """A peer with its tensors, ready to be timed: its calls are captured into a CUDA graph, which needs no host."""

    CALLS = 10

    def __init__(self, kind, case):
        padded = Padded(case, kind.dtype)
        torch.cuda.synchronize()
        start = time.perf_counter()
        self.peer = kind(padded)
        torch.cuda.synchronize()
        self.prepared_ms = (time.perf_counter() - start) * 1e3
        stream = torch.cuda.Stream()
        stream.wait_stream(torch.cuda.current_stream())
        with torch.cuda.stream(stream), torch.no_grad():
            for _ in range(3):
                self.out = self.peer.run()
        torch.cuda.current_stream().wait_stream(stream)
        torch.cuda.synchronize()
        self.rows, self.graph = padded.rows, None
        start, end = torch.cuda.Event(enable_timing=True), torch.cuda.Event(enable_timing=True)
        start.record()
        with torch.no_grad():
            self.peer.run()
        end.record()
        end.synchronize()
        # A tenth of a second at most for one round.
        self.calls = max(1, min(self.CALLS, int(100 / max(start.elapsed_time(end), 1e-3))))
        try:
            graph = torch.cuda.CUDAGraph()
            with torch.no_grad(), torch.cuda.graph(graph):
                for _ in range(self.calls):
                    self.out = self.peer.run()
            # Capturing computes nothing: the output is written by a replay.
            graph.replay()
            torch.cuda.synchronize()
            self.graph = graph
        except RuntimeError:
            torch.cuda.synchronize()
            with torch.no_grad():
                self.out = self.peer.run()
        self.how = "graph" if self.graph else "events"

    def round_us(self):
        """Microseconds of one call, over one round."""
        start, end = torch.cuda.Event(enable_timing=True), torch.cuda.Event(enable_timing=True)
        start.record()
        if self.graph:
            self.graph.replay()
        else:
            with torch.no_grad():
                for _ in range(self.calls):
                    self.peer.run()
        end.record()
        end.synchronize()
        return start.elapsed_time(end) * 1e3 / self.calls
