"""Times the operations of benches/dag.rs in networkx, rustworkx, igraph and scipy, on the same graphs.

    python3 benches/peers/dag_peers.py FOLDER [--graphs n10000,n100000] [--rounds 5]

FOLDER is the folder that the bench wrote (IRONFORGE_BENCH_OUT); the medians of ironforge are read from target/criterion.
Times are medians of the CPU time of one thread; each result is first compared with the graph's facts. A library that is
not installed, that lacks an operation or that would take minutes is left out of the table.
"""

import argparse
import importlib
import json
import pathlib

import numpy as np

from timing import timed

REPOSITORY = pathlib.Path(__file__).resolve().parents[2]
CRITERION = REPOSITORY / "target" / "criterion"

# The bench of each operation.
OURS = {
    "topological_sort": "dag_topological_sort/rows_in_order_{graph}",
    "topological_generations": "dag_topological_generations/{form}_{graph}",
    "longest_path": "dag_longest_path/{form}_{graph}",
    "weakly_connected_components": "dag_weakly_connected_components/{form}_{graph}",
    "transpose": "dag_transpose/{form}_{graph}",
    "descendants of 10 nodes": "dag_descendants/one_by_one/{graph}",
    "descendants, a node of 1000": "dag_descendants/counts/{graph}",
    "transitive_reduction": "dag_transitive_reduction/{form}_{graph}",
}
BATCH = "descendants, a node of 1000"
# Number of edges above which an operation of a library takes minutes.
MOST_EDGES = {("networkx", "transitive_reduction"): 4_000, ("rustworkx", "transitive_reduction"): 50_000}


class Networkx:
    def __init__(self, edges, facts):
        import networkx

        self.nx = networkx
        self.graph = networkx.DiGraph()
        self.graph.add_nodes_from(range(facts["nodes"]))
        self.graph.add_edges_from(edges.tolist())

    def operations(self):
        nx, graph = self.nx, self.graph
        return {
            "topological_sort": lambda _: len(list(nx.topological_sort(graph))),
            "topological_generations": lambda _: sum(1 for _ in nx.topological_generations(graph)),
            "longest_path": lambda _: nx.dag_longest_path_length(graph),
            "weakly_connected_components": lambda _: nx.number_weakly_connected_components(graph),
            "transpose": lambda _: graph.reverse().number_of_edges(),
            "descendants": lambda sources: [len(nx.descendants(graph, s)) for s in sources],
            "transitive_reduction": lambda _: nx.transitive_reduction(graph).number_of_edges(),
        }


class Rustworkx:
    def __init__(self, edges, facts):
        import rustworkx

        self.rx = rustworkx
        self.graph = rustworkx.PyDiGraph(multigraph=False)
        self.graph.add_nodes_from(range(facts["nodes"]))
        self.graph.add_edges_from_no_data([tuple(e) for e in edges.tolist()])

    def operations(self):
        rx, graph = self.rx, self.graph
        return {
            "topological_sort": lambda _: len(rx.topological_sort(graph)),
            "topological_generations": lambda _: len(rx.topological_generations(graph)),
            "longest_path": lambda _: rx.dag_longest_path_length(graph),
            "weakly_connected_components": lambda _: rx.number_weakly_connected_components(graph),
            "descendants": lambda sources: [len(rx.descendants(graph, s)) for s in sources],
            "transitive_reduction": lambda _: rx.transitive_reduction(graph)[0].num_edges(),
        }


class Igraph:
    def __init__(self, edges, facts):
        import igraph

        self.graph = igraph.Graph(n=facts["nodes"], edges=edges, directed=True)

    def operations(self):
        graph = self.graph
        return {
            "topological_sort": lambda _: len(graph.topological_sorting()),
            "weakly_connected_components": lambda _: len(graph.connected_components("weak")),
            "descendants": lambda sources: [len(graph.subcomponent(s, mode="out")) - 1 for s in sources],
        }


class Scipy:
    def __init__(self, edges, facts):
        from scipy import sparse
        from scipy.sparse import csgraph

        self.csgraph = csgraph
        ones = np.ones(len(edges), np.int8)
        self.matrix = sparse.csr_array((ones, (edges[:, 0], edges[:, 1])), shape=(facts["nodes"],) * 2)

    def operations(self):
        matrix, csgraph = self.matrix, self.csgraph

        def reached(source):
            return len(csgraph.breadth_first_order(matrix, source, return_predecessors=False)) - 1

        return {
            "weakly_connected_components": lambda _: csgraph.connected_components(matrix, connection="weak")[0],
            "transpose": lambda _: matrix.T.tocsr().nnz,
            "descendants": lambda sources: [reached(s) for s in sources],
        }


PEERS = {"networkx": Networkx, "rustworkx": Rustworkx, "igraph": Igraph, "scipy": Scipy}


def expected(operation, facts):
    keys = {
        "topological_sort": "nodes",
        "topological_generations": "generations",
        "longest_path": "longest_path_edges",
        "transpose": "edges",
        "transitive_reduction": "transitive_reduction_edges",
    }
    return facts[keys.get(operation, operation)]


def ours(operation, graph):
    """Median of ironforge in the bench, seconds; of the faster form if there are two."""
    found = []
    for form in ("intervals", "rows"):
        folder = CRITERION / OURS[operation].format(graph=graph, form=form)
        estimates = folder / "new" / "estimates.json"
        if estimates.exists():
            found.append(json.loads(estimates.read_text())["median"]["point_estimate"] / 1e9)
    return min(found, default=None)


def measure(name, graph, edges, facts, rounds):
    """Time of each operation that a library has, seconds."""
    peer = PEERS[name](edges, facts)
    seconds = {}
    for operation, run in peer.operations().items():
        if len(edges) > MOST_EDGES.get((name, operation), len(edges)):
            continue
        sources = facts["sources"]
        got, taken = timed(lambda: run(sources), rounds)
        want = expected(operation, facts)
        if got != want:
            raise SystemExit(f"{graph}: {operation} by {name} gives {got}, expected {want}")
        if operation == "descendants":
            seconds["descendants of 10 nodes"] = taken
            seconds[BATCH] = taken / len(sources)
        else:
            seconds[operation] = taken
    return seconds


def table(graph, facts, measured):
    print(f"\n## {graph}: {facts['nodes']} nodes, {facts['edges']} edges\n")
    print("| operation | ironforge, ms | " + " | ".join(f"{name}, ms (ratio)" for name in measured) + " |")
    print("|---" * (2 + len(measured)) + "|")
    for operation in OURS:
        own = ours(operation, graph)
        if own is not None and operation == BATCH:
            own /= 1000
        if not any(operation in seconds for seconds in measured.values()):
            continue
        cells = []
        for seconds in measured.values():
            taken = seconds.get(operation)
            ratio = f" ({taken / own:.1f}x)" if taken and own else ""
            cells.append(f"{1e3 * taken:.3g}{ratio}" if taken else "-")
        print(f"| {operation} | {f'{1e3 * own:.3g}' if own else '-'} | " + " | ".join(cells) + " |")


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder", type=pathlib.Path)
    parser.add_argument("--graphs", default="n10000,n100000,n1000000,layered")
    parser.add_argument("--rounds", type=int, default=5)
    arguments = parser.parse_args()
    for graph in arguments.graphs.split(","):
        facts = json.loads((arguments.folder / f"{graph}.json").read_text())
        edges = np.fromfile(arguments.folder / f"{graph}.edges", "<u4").reshape(-1, 2).astype(np.int64)
        measured = {}
        for name in PEERS:
            try:
                importlib.import_module(name)
            except ImportError:
                print(f"{name}: not installed")
                continue
            measured[name] = measure(name, graph, edges, facts, arguments.rounds)
        table(graph, facts, measured)


if __name__ == "__main__":
    main()
