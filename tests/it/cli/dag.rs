//! `ironforge dag`: reports, output files and errors.

use ironforge::store::{StoreConfig, read_table, write_table};
use ironforge::table::{Column, Table, Values};
use serde_json::{Value, json};

use super::{Workspace, ironforge, ok, refused, text};

fn write(workspace: &Workspace, name: &str, columns: Vec<(&str, Values)>) -> String {
    let columns = columns.into_iter().map(|(name, values)| Column::new(name, "", values)).collect();
    let path = workspace.path(name);
    write_table(&path, &Table::new(columns), &StoreConfig::default()).unwrap();
    path.display().to_string()
}

fn edges(workspace: &Workspace, edges: &[(u32, u32)]) -> String {
    let (src, dst): (Vec<u32>, Vec<u32>) = edges.iter().copied().unzip();
    write(
        workspace,
        "edges.parquet",
        vec![("src", Values::U32(src.into())), ("dst", Values::U32(dst.into()))],
    )
}

fn document(args: &[&str]) -> Value {
    serde_json::from_str(&ok(ironforge(&[&["dag"], args, &["--json"]].concat()))).unwrap()
}

fn pairs(path: &std::path::Path, names: [&str; 2]) -> Vec<(u32, u32)> {
    let table = read_table(path, Some(&names), 1 << 20).unwrap().table;
    let [a, b] = names.map(|name| match &table.column(name).unwrap().values {
        Values::U32(values) => values.clone(),
        other => panic!("{name}: {}", other.type_name()),
    });
    a.present().zip(b.present()).collect()
}

/// A triangle with a tail; no edge names 3, and one edge is repeated.
const TAILED: [(u32, u32); 5] = [(4, 1), (2, 4), (0, 2), (0, 4), (2, 4)];

#[test]
fn a_graph_is_described_and_its_order_is_written() {
    let workspace = Workspace::new();
    let path = edges(&workspace, &TAILED);
    let [levels, reduction] =
        ["deep/levels.parquet", "reduction.parquet"].map(|n| workspace.path(n).display().to_string());
    let got = document(&[
        &path,
        "--descendants",
        "0,3",
        "--ancestors",
        "4",
        "--levels",
        &levels,
        "--transitive-reduction",
        &reduction,
    ]);
    let want = json!({
        "schema_version": 1, "nodes": 5, "edges": 4, "is_dag": true, "generations": 4, "widest_generation": 2,
        "longest_path_edges": 3, "weakly_connected_components": 2, "roots": 2, "sinks": 2,
        "descendants": {"0": 3, "3": 0}, "ancestors": {"4": 2},
    });
    assert_eq!(got, want);
    assert_eq!(pairs(levels.as_ref(), ["id", "level"]), [(0, 0), (1, 3), (2, 1), (3, 0), (4, 2)]);
    assert_eq!(pairs(reduction.as_ref(), ["src", "dst"]), [(0, 2), (2, 4), (4, 1)]);
    let printed = ok(ironforge(&["dag", &path, "--descendants", "0"]));
    assert!(printed.contains("5 nodes, 4 edges, 2 weakly connected components"), "{printed}");
    assert!(printed.contains("4 generations, the widest of 2 nodes; longest path of 3 edges"), "{printed}");
    assert!(printed.contains("3 of 0"), "{printed}");
}

#[test]
fn more_nodes_than_the_edges_name_can_be_requested() {
    let workspace = Workspace::new();
    let path = edges(&workspace, &TAILED);
    let ids = write(&workspace, "nodes.parquet", vec![("id", Values::I64(vec![Some(7), Some(1)].into()))]);
    for (nodes, want) in [("2", 5), ("6", 6), (&ids, 8)] {
        let got = document(&[&path, "--nodes", nodes]);
        assert_eq!((&got["nodes"], &got["roots"]), (&want.into(), &(want - 3).into()), "{nodes}");
    }
    let empty = edges(&workspace, &[]);
    let got = document(&[&empty]);
    assert_eq!((&got["nodes"], &got["is_dag"], &got["generations"]), (&0.into(), &true.into(), &0.into()));
    assert_eq!(got["weakly_connected_components"], 0);
    assert_eq!(document(&[&empty, "--nodes", "3"])["widest_generation"], 3);
}

#[test]
fn a_cycle_is_printed_and_nothing_is_written() {
    let workspace = Workspace::new();
    for (list, cycle) in
        [(&[(0, 1), (1, 2), (2, 1), (0, 1), (4, 4)][..], None), (&[(1, 1)], Some(json!([1])))]
    {
        let path = edges(&workspace, list);
        let levels = workspace.path("levels.parquet");
        let output = ironforge(&["dag", &path, "--json", "--levels", &levels.display().to_string()]);
        refused(&output, 65, "not acyclic");
        assert_eq!(text(&output.stderr).lines().count(), 1);
        let got: Value = serde_json::from_slice(&output.stdout).unwrap();
        assert_eq!((&got["is_dag"], got.get("generations")), (&false.into(), None));
        let found: Vec<u32> =
            got["cycle"].as_array().unwrap().iter().map(|x| x.as_u64().unwrap() as u32).collect();
        let next = found.iter().cycle().skip(1);
        assert!(found.iter().zip(next).all(|(&u, &v)| list.contains(&(u, v))), "{found:?}");
        if let Some(cycle) = cycle {
            assert_eq!(got["cycle"], cycle);
            assert_eq!((&got["nodes"], &got["edges"]), (&2.into(), &1.into()));
            assert_eq!(got["weakly_connected_components"], 2);
        } else {
            assert_eq!((&got["nodes"], &got["edges"]), (&5.into(), &4.into()));
            assert_eq!(got["weakly_connected_components"], 3);
        }
        assert!(!levels.exists());
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
    let huge = with("huge.parquet", Values::U64(vec![1, u64::MAX].into()));
    let far = with("far.parquet", Values::U64(vec![1, 100_000_000].into()));
    let one = write(&workspace, "one.parquet", vec![src()]);
    let text = workspace.file("text.parquet", "src,dst\n0,1\n");
    let absent = workspace.path("absent.parquet").display().to_string();
    for (args, code, holds) in [
        (vec![negative.as_str()], 65, "dst of row 1 is -7"),
        (vec![&missing], 65, "dst of row 1 is missing"),
        (vec![&float], 65, "column `dst` is"),
        (vec![&huge], 75, "limits.max_nodes allows 100000000"),
        (vec![&far], 75, "the ids imply 100000001 nodes"),
        (vec![&good, "--nodes", "99999999999"], 75, "limits.max_nodes"),
        (vec![&good, "--set", "limits.max_nodes=4"], 75, "the ids imply 5 nodes"),
        (vec![&good, "--set", "limits.max_nodes=0"], 78, "limits.max_nodes"),
        (vec![&good, "--set", "limits.memory_gb=1e-7"], 75, "memory"),
        (vec![&one], 65, "dst"),
        (vec![&text], 65, "not a Parquet file"),
        (vec![&absent], 66, "absent.parquet"),
        (vec![&good, "--nodes", &absent], 66, "absent.parquet"),
        (vec![&good, "--ancestors", "5"], 65, "--ancestors names id 5, but there are 5 nodes"),
        (vec![&good, "--levels", &good], 2, "is also the edges"),
        (
            vec![&good, "--levels", "x.parquet", "--transitive-reduction", "x.parquet"],
            2,
            "is also the transitive",
        ),
    ] {
        refused(&ironforge(&[&["dag"], &args[..]].concat()), code, holds);
    }
    assert_eq!(ironforge(&["dag", &good, "--descendants", "-1"]).status.code(), Some(2));
}
