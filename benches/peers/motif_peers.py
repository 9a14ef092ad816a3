"""Times the census of benches/motif.rs in igraph, networkx, graph-tool and by brute force, on the same graphs.

    python3 benches/peers/motif_peers.py FOLDER [--graphs n60,n10000] [--rounds 5]

FOLDER is the one the bench wrote (IRONFORGE_BENCH_OUT); the medians of ironforge are read from target/criterion. Times
are CPU times of one thread, medians; each peer's counts are first compared with those of ironforge. A peer that is absent
or that would take minutes is left out of the table.
"""

import argparse
import importlib
import itertools
import json
import math
import pathlib

import numpy as np

from timing import timed

REPOSITORY = pathlib.Path(__file__).resolve().parents[2]
CRITERION = REPOSITORY / "target" / "criterion" / "motif_census"
# Largest number of nodes on which a peer does not take minutes, by the number of events of a motif.
MAX_NODES = {
    "igraph": {3: math.inf, 4: math.inf},
    "networkx": {3: 20_000},
    "graph_tool": {3: math.inf, 4: 20_000, 5: 2_000},
    "brute force": {3: 60, 4: 60},
}


class Igraph:
    """Motifs of 3 and 4 vertices; it does not distinguish the directed ones of 5."""

    def __init__(self, edges, facts):
        import igraph

        self.graph = igraph.Graph(n=facts["nodes"], edges=edges, directed=True)

    def counts(self, k):
        # classes that are not connected are NaN
        return [int(count) for count in self.graph.motifs_randesu(k) if count > 0]


class Networkx:
    """The triadic census: the four of its sixteen classes that are connected and acyclic."""

    def __init__(self, edges, facts):
        import networkx

        self.census = networkx.triadic_census
        self.graph = networkx.DiGraph()
        self.graph.add_nodes_from(range(facts["nodes"]))
        self.graph.add_edges_from(edges.tolist())

    def counts(self, _):
        census = self.census(self.graph)
        return [census[name] for name in ("021D", "021U", "021C", "030T") if census[name]]


class GraphTool:
    def __init__(self, edges, facts):
        import graph_tool
        import graph_tool.clustering

        self.motifs = graph_tool.clustering.motifs
        self.graph = graph_tool.Graph(directed=True)
        self.graph.add_vertex(facts["nodes"])
        self.graph.add_edge_list(edges)

    def counts(self, k):
        return list(self.motifs(self.graph, k)[1])


class BruteForce:
    """Every choice of k nodes, and the smallest mask of its links among all numberings."""

    def __init__(self, edges, facts):
        self.nodes = range(facts["nodes"])
        self.edges = {(u, v) for u, v in edges.tolist()}
        self.classes = {}

    def counts(self, k):
        counts = {}
        for nodes in itertools.combinations(self.nodes, k):
            mask = sum(
                1 << (i * k + j) for i in range(k) for j in range(i + 1, k) if (nodes[i], nodes[j]) in self.edges
            )
            shape = self.shape(k, mask)
            if shape is not None:
                counts[shape] = counts.get(shape, 0) + 1
        return list(counts.values())

    def shape(self, k, mask):
        """The class of a mask; None if it is not connected."""
        if (k, mask) not in self.classes:
            links = [(i, j) for i in range(k) for j in range(k) if mask >> (i * k + j) & 1]
            reached = {0}
            for _ in range(k):
                reached |= {end for link in links if reached & set(link) for end in link}
            numberings = itertools.permutations(range(k))
            smallest = min(sum(1 << (name[i] * k + name[j]) for i, j in links) for name in numberings)
            self.classes[k, mask] = smallest if len(reached) == k else None
        return self.classes[k, mask]


PEERS = {"igraph": Igraph, "networkx": Networkx, "graph_tool": GraphTool, "brute force": BruteForce}


def ours(k, graph):
    """Median of ironforge in the bench, seconds."""
    estimates = CRITERION / f"shapes_k{k}_{graph}" / "new" / "estimates.json"
    if not estimates.exists():
        return None
    return json.loads(estimates.read_text())["median"]["point_estimate"] / 1e9


def measure(name, graph, edges, facts, rounds):
    """Time of the census for each number of events, seconds."""
    peer = PEERS[name](edges, facts)
    seconds = {}
    for k, most in MAX_NODES[name].items():
        if facts["nodes"] > most:
            continue
        got, taken = timed(lambda: peer.counts(k), rounds)
        if sorted(got) != facts[str(k)]:
            raise SystemExit(f"{graph}: sets of {k} by {name} are {sorted(got)}, expected {facts[str(k)]}")
        seconds[k] = taken
    return seconds


def table(graph, facts, measured):
    print(f"\n## {graph}: {facts['nodes']} nodes, {facts['edges']} edges\n")
    peers = " | ".join(f"{name}, ms (ratio)" for name in measured)
    print(f"| k | sets | classes | ironforge, ms (ns a set) | {peers} |")
    print("|---" * (4 + len(measured)) + "|")
    for k in (3, 4, 5):
        sets = sum(facts[str(k)])
        own = ours(k, graph)
        cells = [str(k), str(sets), str(len(facts[str(k)]))]
        cells.append(f"{1e3 * own:.3g} ({1e9 * own / sets:.2f})" if own else "-")
        for seconds in measured.values():
            taken = seconds.get(k)
            ratio = f" ({taken / own:.1f}x)" if taken and own else ""
            cells.append(f"{1e3 * taken:.3g}{ratio}" if taken else "-")
        print("| " + " | ".join(cells) + " |")


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder", type=pathlib.Path)
    parser.add_argument("--graphs", default="n60,n10000,n100000")
    parser.add_argument("--rounds", type=int, default=5)
    arguments = parser.parse_args()
    for graph in arguments.graphs.split(","):
        facts = json.loads((arguments.folder / f"{graph}.json").read_text())
        edges = np.fromfile(arguments.folder / f"{graph}.edges", "<u4").reshape(-1, 2).astype(np.int64)
        measured = {}
        for name in PEERS:
            try:
                if name != "brute force":
                    importlib.import_module(name)
            except ImportError:
                print(f"{name}: not installed")
                continue
            measured[name] = measure(name, graph, edges, facts, arguments.rounds)
        table(graph, facts, measured)


if __name__ == "__main__":
    main()
