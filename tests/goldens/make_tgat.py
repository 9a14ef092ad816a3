"""Writes tgat_layer_synthetic.safetensors and discovery_model_synthetic.safetensors: the formulas of the network in
f64 Python, on seeded numbers. Standard library only; the same bytes in every run."""
import json, math, os, random, struct

HIDDEN, INPUTS, HEADS, POSITIONS = 8, 5, 4, 1000
BUCKETS = [(0, 5, .2), (5, 15, .1), (15, 60, 0), (60, 240, -.1)]
rng = random.Random(20250724)
f32 = lambda v: struct.unpack("<f", struct.pack("<f", v))[0]
draw = lambda n, scale: [f32(rng.uniform(-scale, scale)) for _ in range(n)]


def linear(t, name, rows):
    weight, bias = t[name + ".weight"], t[name + ".bias"][1]
    (outs, ins), w = weight
    return [[bias[o] + sum(w[o * ins + i] * row[i] for i in range(ins)) for o in range(outs)] for row in rows]


def softmax(values):
    top = max(values)
    e = [math.exp(v - top) for v in values]
    return [v / sum(e) for v in e]


def layer(t, prefix, x, sees, bias, positions):
    h = linear(t, prefix + "input_projection", x)
    if positions:
        p = t[prefix + "dag_positional_encoding"][1]
        h = [[v + p[i * HIDDEN + c] for c, v in enumerate(row)] for i, row in enumerate(h)]
    q, k, v = (linear(t, prefix + part, h) for part in ("query", "key", "value"))
    n, dim = len(x), HIDDEN // HEADS
    out, mean = [[0.0] * HIDDEN for _ in range(n)], [[0.0] * n for _ in range(n)]
    for i in range(n):
        keys = [j for j in range(n) if sees(i, j)]
        for head in range(HEADS):
            cols = range(head * dim, (head + 1) * dim)
            dots = [sum(q[i][c] * k[j][c] for c in cols) / math.sqrt(dim) + bias(i, j) for j in keys]
            for j, weight in zip(keys, softmax(dots)):
                mean[i][j] += weight / HEADS
                for c in cols:
                    out[i][c] += weight * v[j][c]
    return linear(t, prefix + "output_projection", out), mean


def layer_weights(prefix, inputs, positions):
    t = {}
    inner = [(p, HIDDEN) for p in ("query", "key", "value", "output_projection")]
    for name, ins in [("input_projection", inputs)] + inner:
        t[f"{prefix}{name}.weight"] = ([HIDDEN, ins], draw(HIDDEN * ins, 0.7))
        t[f"{prefix}{name}.bias"] = ([HIDDEN], draw(HIDDEN, 0.3))
    if positions:
        t[prefix + "dag_positional_encoding"] = ([1, POSITIONS, HIDDEN], draw(POSITIONS * HIDDEN, 0.5))
    return t


def save(name, tensors):
    header, data, end = {}, [], 0
    for key in sorted(tensors):
        kind, shape, values = tensors[key]
        code = {"F32": "f", "F64": "d", "I64": "q"}[kind]
        data.append(struct.pack(f"<{len(values)}{code}", *values))
        header[key] = {"dtype": kind, "shape": shape, "data_offsets": [end, end + len(data[-1])]}
        end += len(data[-1])
    text = json.dumps(header, separators=(",", ":")).encode()
    path = os.path.join(os.path.dirname(os.path.abspath(__file__)), name)
    with open(path, "wb") as file:
        file.write(struct.pack("<Q", len(text)) + text + b"".join(data))


flat = lambda rows: [v for row in rows for v in row]
rows_of = lambda values, width: [values[i:i + width] for i in range(0, len(values), width)]


def make_layer():
    t = {**layer_weights("w.", INPUTS, True), **layer_weights("std.", INPUTS, False)}
    file = {name: ("F32", *tensor) for name, tensor in t.items()}
    for session, n in (("first", 9), ("second", 13), ("lone", 1)):
        minutes = [f32(rng.randrange(0, 240) / 2) for _ in range(n)]
        minutes = sorted(m - min(minutes) for m in minutes)
        edges = [(u, v) for u in range(n) for v in range(u + 1, min(u + 4, n)) if rng.random() < 0.7]
        x = draw(n * INPUTS, 2.0)
        dt = lambda i, j: abs(minutes[i] - minutes[j])
        biases = {
            "none": lambda i, j: 0.0,
            "bucket": lambda i, j: sum(f32(w) for lo, hi, w in BUCKETS if lo <= dt(i, j) <= hi),
            "rbf": lambda i, j: -math.sqrt(dt(i, j) / (f32(0.1) + 1e-6)),
        }
        file[f"{session}.edge_index"] = ("I64", [2, len(edges)], [u for u, _ in edges] + [v for _, v in edges])
        file[f"{session}.dt_dense"] = ("F32", [n, n], [dt(i, j) for i in range(n) for j in range(n)])
        file[f"{session}.x_z"] = ("F32", [n, INPUTS], x)
        for name, bias in biases.items():
            sees = lambda i, j: i == j or (i, j) in edges
            out, mean = layer(t, "w.", rows_of(x, INPUTS), sees, bias, True)
            file[f"{session}.z.{name}.dense.out64"] = ("F64", [n, HIDDEN], flat(out))
            file[f"{session}.z.{name}.dense.attn32"] = ("F32", [n, n], flat(mean))
        out, _ = layer(t, "std.", rows_of(x, INPUTS), lambda i, j: True, lambda i, j: 0.0, False)
        file[f"{session}.std.out32"] = ("F32", [n, HIDDEN], flat(out))
    save("tgat_layer_synthetic.safetensors", file)


def head(t, name, second, rows):
    hidden = [[max(v, 0.0) for v in row] for row in linear(t, f"w.{name}.0", rows)]
    return linear(t, f"w.{name}.{second}", hidden)


def model(t, x):
    for i in range(2):
        x, mean = layer(t, f"w.attention_layers.{i}.", x, lambda i, j: True, lambda i, j: 0.0, False)
    return x, mean


def make_model():
    t = {
        **layer_weights("w.attention_layers.0.", INPUTS, False),
        **layer_weights("w.attention_layers.1.", HIDDEN, False),
    }
    heads = [
        ("pattern_classifier", 3, HIDDEN // 2, 16),
        ("significance_scorer", 2, HIDDEN // 4, 1),
        ("range_head", 2, 32, 2),
    ]
    for name, second, width, outs in heads:
        for part, o, i in ((0, width, HIDDEN), (second, outs, width)):
            t[f"w.{name}.{part}.weight"], t[f"w.{name}.{part}.bias"] = ([o, i], draw(o * i, 0.9)), ([o], draw(o, 0.5))
    t["w.edge_processor.0.bias"] = ([2], [0.0, 0.0])
    file = {name: ("F32", *tensor) for name, tensor in t.items()}
    sigmoid = lambda rows: [1 / (1 + math.exp(-v)) for v in flat(rows)]
    for session, n in (("first", 21), ("short", 3)):
        x = draw(n * INPUTS, 2.0)
        embeddings, mean = model(t, rows_of(x, INPUTS))
        k = max(1, int(n * 0.2))
        early, early_mean = model(t, rows_of(x, INPUTS)[:k])
        weights = softmax([sum(row[j] for row in early_mean) for j in range(k)])
        summary = [sum(w * row[c] for w, row in zip(weights, early)) for c in range(HIDDEN)]
        center, half = head(t, "range_head", 2, [summary])[0]
        case = f"{session}.z."
        file[case + "x"] = ("F32", [n, INPUTS], x)
        file[case + "node_embeddings"] = ("F32", [n, HIDDEN], flat(embeddings))
        file[case + "attention_weights"] = ("F32", [n, n], flat(mean))
        file[case + "pattern_scores"] = ("F32", [n, 16], sigmoid(head(t, "pattern_classifier", 3, embeddings)))
        file[case + "significance_scores"] = ("F32", [n, 1], sigmoid(head(t, "significance_scorer", 2, embeddings)))
        file[case + "range_k_center_half_conf"] = ("F64", [4], [k, center, abs(half), max(weights)])
    save("discovery_model_synthetic.safetensors", file)


make_layer()
make_model()
