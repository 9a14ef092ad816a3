//! Export of the graphs for benches/peers/dag_peers.py.

use std::path::{Path, PathBuf};

use ironforge::dag::DagView;
use serde_json::json;

use crate::graphs::{layered, shuffled, window};
use crate::{Bench, SIZES};

/// Writes them if IRONFORGE_BENCH_OUT names a folder: GRAPH.edges (pairs of u32, little-endian) and GRAPH.json, the
/// results that any library must give.
pub fn graphs(_: &mut Bench) {
    let Some(folder) = std::env::var_os("IRONFORGE_BENCH_OUT").filter(|v| !v.is_empty()).map(PathBuf::from)
    else {
        return;
    };
    std::fs::create_dir_all(&folder).unwrap();
    SIZES.iter().for_each(|&n| graph(&folder, &format!("n{n}"), &window(n)));
    graph(&folder, "layered", &layered(100, 1000, 4));
}

fn graph(folder: &Path, name: &str, dag: &impl DagView) {
    let edges: Vec<u8> = dag.edge_iter().flat_map(|(u, v)| [u, v]).flat_map(u32::to_le_bytes).collect();
    std::fs::write(folder.join(format!("{name}.edges")), edges).unwrap();
    let sources = &shuffled(dag.nodes())[..10];
    let facts = json!({
        "nodes": dag.nodes(),
        "edges": dag.edges(),
        "generations": dag.topological_generations().count(),
        "longest_path_edges": dag.longest_path().len() - 1,
        "weakly_connected_components": dag.weakly_connected_components().count,
        "transitive_reduction_edges": dag.transitive_reduction().unwrap().edges(),
        "sources": sources,
        "descendants": dag.descendant_counts(sources),
    });
    std::fs::write(folder.join(format!("{name}.json")), facts.to_string()).unwrap();
}
