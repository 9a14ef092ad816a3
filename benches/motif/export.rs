//! Export of the graphs for benches/peers/motif_peers.py.

use std::path::PathBuf;

use ironforge::motif::count;
use serde_json::json;

use crate::graphs::Window;
use crate::{Bench, SIZES, config};

/// Writes the graphs if IRONFORGE_BENCH_OUT names a folder: GRAPH.edges (pairs of u32, little-endian) and GRAPH.json,
/// the number of sets of 3, 4 and 5 events in each class, which any program must find in it.
pub fn graphs(_: &mut Bench) {
    let Some(folder) = std::env::var_os("IRONFORGE_BENCH_OUT").filter(|v| !v.is_empty()).map(PathBuf::from)
    else {
        return;
    };
    std::fs::create_dir_all(&folder).unwrap();
    // the smallest is for programs that test every set of events
    for events in [&[60], &SIZES[..]].concat() {
        let window = Window::new(events, 1);
        let rows = window.row_ptr.windows(2).enumerate();
        let edges = rows.flat_map(|(u, ends)| {
            window.col_idx[ends[0] as usize..ends[1] as usize].iter().map(move |&v| (u as u32, v))
        });
        let bytes: Vec<u8> = edges.flat_map(|(u, v)| [u, v]).flat_map(u32::to_le_bytes).collect();
        std::fs::write(folder.join(format!("n{events}.edges")), bytes).unwrap();
        let census = count(&[window.view()], &config(3, 5, 0)).unwrap();
        let classes = |k| {
            let mut counts: Vec<u64> = census.classes(k).into_iter().map(|(_, count)| count).collect();
            counts.sort_unstable();
            counts
        };
        let facts = json!({ "nodes": events, "edges": window.col_idx.len(), "3": classes(3), "4": classes(4), "5": classes(5) });
        std::fs::write(folder.join(format!("n{events}.json")), facts.to_string()).unwrap();
    }
}
