//! `ironforge dag`: reports and errors.

use ironforge::store::{StoreConfig, read_table, write_table};
use ironforge::table::{Column, Labels, Table, Values};
use serde_json::{Value, json};

use super::{Workspace, ironforge, ok, refused, text};

pub(super) fn write(workspace: &Workspace, name: &str, columns: Vec<(&str, Values)>) -> String {
    let columns = columns.into_iter().map(|(name, values)| Column::new(name, "", values)).collect();
    let path = workspace.path(name);
    write_table(&path, &Table::new(columns), &StoreConfig::default()).unwrap();
    path.display().to_string()
}

pub(super) fn edges(workspace: &Workspace, edges: &[(u32, u32)]) -> String {
    let (src, dst): (Vec<u32>, Vec<u32>) = edges.iter().copied().unzip();
    write(
        workspace,
        "edges.parquet",
        vec![("src", Values::U32(src.into())), ("dst", Values::U32(dst.into()))],
    )
}

pub(super) fn texts(rows: &[&str]) -> Values {
    Values::Text(Labels::encode(rows.iter().map(|&row| Some(row))))
}

pub(super) fn document(args: &[&str]) -> Value {
    serde_json::from_str(&ok(ironforge(&[&["dag"], args, &["--json"]].concat()))).unwrap()
}

/// The report of a graph with a cycle, and the error message.
pub(super) fn cyclic(args: &[&str]) -> (Value, String) {
    let output = ironforge(&[&["dag"], args, &["--json"]].concat());
    refused(&output, 65, "not acyclic");
    assert_eq!(text(&output.stderr).lines().count(), 1);
    (serde_json::from_slice(&output.stdout).unwrap(), text(&output.stderr))
}

pub(super) fn pairs(path: &std::path::Path, names: [&str; 2]) -> Vec<(u32, u32)> {
    let table = read_table(path, Some(&names), 1 << 20).unwrap().table;
    let [a, b] = names.map(|name| match &table.column(name).unwrap().values {
        Values::U32(values) => values.clone(),
        other => panic!("{name}: {}", other.type_name()),
    });
    a.present().zip(b.present()).collect()
}

/// A triangle with a tail; no edge names 3, and one edge is repeated.
pub(super) const TAILED: [(u32, u32); 5] = [(4, 1), (2, 4), (0, 2), (0, 4), (2, 4)];

#[test]
fn a_graph_is_described_and_its_order_is_written() {
    let workspace = Workspace::new();
    let path = edges(&workspace, &TAILED);
    let [levels, reduction, map] = ["deep/levels.parquet", "reduction.parquet", "map.parquet"]
        .map(|n| workspace.path(n).display().to_string());
    let outputs = ["--levels", &levels, "--transitive-reduction", &reduction, "--node-map", &map];
    let got =
        document(&[&[path.as_str(), "--descendants", "0,1", "--ancestors", "4"], &outputs[..]].concat());
    let want = json!({
        "schema_version": 2, "nodes": 4, "ids_without_edge": 1, "edges": 4, "is_dag": true, "generations": 4,
        "widest_generation": 1, "longest_path_edges": 3, "weakly_connected_components": 1,
        "strongly_connected_components": 4, "nodes_on_cycles": 0, "roots": 1, "sinks": 1,
        "descendants": {"0": 3, "1": 0}, "ancestors": {"4": 2},
    });
    assert_eq!(got, want);
    assert_eq!(pairs(levels.as_ref(), ["id", "level"]), [(0, 0), (1, 3), (2, 1), (4, 2)]);
    assert_eq!(pairs(reduction.as_ref(), ["src", "dst"]), [(0, 2), (2, 4), (4, 1)]);
    assert_eq!(pairs(map.as_ref(), ["node", "id"]), [(0, 0), (1, 1), (2, 2), (3, 4)]);
    let printed = ok(ironforge(&["dag", &path, "--descendants", "0"]));
    for line in [
        "4 nodes, 4 edges, 1 weakly connected components",
        "1 ids have no edge: they are not nodes",
        "4 generations, the widest of 1 nodes; longest path of 3 edges",
        "3 of 0",
    ] {
        assert!(printed.contains(line), "{line:?} in {printed}");
    }
}

#[test]
fn nodes_without_an_edge_can_be_requested() {
    let workspace = Workspace::new();
    let path = edges(&workspace, &TAILED);
    let ids = write(&workspace, "nodes.parquet", vec![("id", Values::I64(vec![Some(7), Some(1)].into()))]);
    let csv = workspace.file("nodes.csv", "name,id\nx,7\n");
    for (nodes, want) in [("2", 5), ("6", 6), (&ids, 8), (&csv, 8)] {
        let got = document(&[&path, "--nodes", nodes, "--descendants", "3"]);
        assert_eq!((&got["nodes"], &got["roots"]), (&want.into(), &(want - 3).into()), "{nodes}");
        assert_eq!((&got["ids_without_edge"], &got["descendants"]), (&(want - 4).into(), &json!({"3": 0})));
        assert_eq!(got["weakly_connected_components"], want - 3);
    }
    assert!(ok(ironforge(&["dag", &path, "--nodes", "6"])).contains("2 ids have no edge: they are nodes"));
    let empty = edges(&workspace, &[]);
    let got = document(&[&empty]);
    assert_eq!((&got["nodes"], &got["is_dag"], &got["generations"]), (&0.into(), &true.into(), &0.into()));
    assert_eq!((&got["weakly_connected_components"], &got["ids_without_edge"]), (&0.into(), &0.into()));
    assert_eq!(document(&[&empty, "--nodes", "3"])["widest_generation"], 3);
}

#[test]
fn a_graph_with_a_cycle_is_described_without_an_order() {
    let workspace = Workspace::new();
    // A ring of 1, 2 and 5 that 0 leads to and that leads to 6; a self loop; 3 has no edge.
    let list = [(0, 1), (1, 2), (2, 5), (5, 1), (5, 6), (0, 1), (4, 4)];
    let path = edges(&workspace, &list);
    let (mut got, _) =
        cyclic(&[&path, "--descendants", "0,1,2,4,6", "--ancestors", "0,1,6,4", "--weight", "src"]);
    let cycle: Vec<u32> =
        got["cycle"].as_array().unwrap().iter().map(|x| x.as_u64().unwrap() as u32).collect();
    let next = cycle.iter().cycle().skip(1);
    assert!(cycle.iter().zip(next).all(|(&u, &v)| list.contains(&(u, v))), "{cycle:?}");
    got.as_object_mut().unwrap().remove("cycle");
    // networkx 3: descendants, ancestors, number_weakly_connected_components, number_strongly_connected_components
    let want = json!({
        "schema_version": 2, "nodes": 6, "ids_without_edge": 1, "edges": 6, "is_dag": false,
        "weakly_connected_components": 2, "strongly_connected_components": 4, "nodes_on_cycles": 4,
        "roots": 1, "sinks": 1,
        "descendants": {"0": 4, "1": 3, "2": 3, "4": 0, "6": 0},
        "ancestors": {"0": 0, "1": 3, "6": 4, "4": 0},
        "undefined": ["generations", "widest_generation", "longest_path_edges", "longest_path_weighted"],
    });
    assert_eq!(got, want);
    let output = ironforge(&["dag", &path, "--descendants", "1"]);
    refused(&output, 65, "closes a cycle of");
    let printed = text(&output.stdout);
    for line in [
        "4 nodes are on cycles; 4 strongly connected components",
        "order        none, because of the cycle: no generations, widest_generation, longest_path_edges",
        "3 of 1",
    ] {
        assert!(printed.contains(line), "{line:?} in {printed}");
    }
}

#[test]
fn the_cycle_is_named_and_nothing_else_is_one() {
    let workspace = Workspace::new();
    for (list, cycles) in [
        (&[(1, 1)][..], &[json!([1])][..]),
        (&[(0, 1), (1, 2), (2, 1)], &[json!([1, 2])]),
        (&[(0, 1), (1, 0), (2, 3), (3, 2)], &[json!([0, 1]), json!([2, 3])]),
    ] {
        let (got, error) = cyclic(&[&edges(&workspace, list)]);
        assert!(cycles.contains(&got["cycle"]), "{got}");
        assert!(error.contains("closes a cycle"), "{error}");
    }
}

#[test]
fn invalid_edge_lists_are_errors_that_name_file_and_row() {
    let workspace = Workspace::new();
    let good = edges(&workspace, &TAILED);
    let src = || ("src", Values::U32(vec![0, 1].into()));
    let with = |name: &str, dst: Values| write(&workspace, name, vec![src(), ("dst", dst)]);
    let negative = with("negative.parquet", Values::I64(vec![1, -7].into()));
    let missing = with("missing.parquet", Values::I64(vec![Some(1), None].into()));
    let float = with("float.parquet", Values::F64(vec![1.0, 2.0].into()));
    let mixed = with("mixed.parquet", texts(&["1", "2"]));
    let no_text =
        write(&workspace, "no_text.parquet", vec![("src", texts(&["a", ""])), ("dst", texts(&["b", "c"]))]);
    let words = write(&workspace, "words.parquet", vec![("src", texts(&["a"])), ("dst", texts(&["b"]))]);
    let one = write(&workspace, "one.parquet", vec![src()]);
    let text = workspace.file("text.parquet", "src,dst\n0,1\n");
    let absent = workspace.path("absent.parquet").display().to_string();
    for (args, code, holds) in [
        (vec![negative.as_str()], 65, "dst of row 1 is -7"),
        (vec![&missing], 65, "dst of row 1 is missing"),
        (vec![&no_text], 65, "src of row 1 is missing"),
        (vec![&float], 65, "column `dst` is f64"),
        (vec![&mixed], 65, "column `src` holds integers, but dst of"),
        (vec![&good, "--nodes", "99999999999"], 75, "limits.max_nodes"),
        (vec![&good, "--set", "limits.max_nodes=3"], 75, "the graph has 4 nodes"),
        (vec![&words, "--set", "limits.max_nodes=1"], 75, "the graph has 2 nodes"),
        (vec![&good, "--set", "limits.max_nodes=0"], 78, "limits.max_nodes"),
        (vec![&good, "--set", "limits.memory_gb=1e-7"], 75, "memory"),
        (vec![&one], 65, "dst"),
        (vec![&text], 65, "not a Parquet file"),
        (vec![&absent], 66, "absent.parquet"),
        (vec![&good, "--nodes", &absent], 66, "absent.parquet"),
        (vec![&good, "--ancestors", "5"], 65, "--ancestors names id 5, which is none of the 4 nodes"),
        (vec![&good, "--descendants", "3"], 65, "--descendants names id 3"),
        (vec![&good, "--descendants", "a"], 65, "--descendants names id a"),
        (vec![&words, "--nodes", "7"], 65, "name the nodes without an edge in column `id`"),
        (vec![&words, "--descendants", "0"], 65, "--descendants names id 0"),
        (vec![&good, "--levels", &good], 2, "is also the edges"),
        (vec![&good, "--nodes", &words, "--node-map", &words], 2, "is also the nodes"),
        (
            vec![&good, "--levels", "x.parquet", "--transitive-reduction", "./x.parquet"],
            2,
            "is also the levels",
        ),
    ] {
        refused(&ironforge(&[&["dag"], &args[..]].concat()), code, holds);
    }
    assert_eq!(ironforge(&["dag", &good, "--descendants", "-1"]).status.code(), Some(2));
}
