//! Motifs: the census compared with brute force, the test with known properties of permutations.

#[cfg(feature = "store")]
mod calibration;
mod census;
mod significance;
mod text;

use ironforge::csr::CsrPattern;
use ironforge::motif::{MotifConfig, MotifGraph};

/// A graph that owns its parts.
#[derive(Debug, Clone)]
pub struct OwnedGraph {
    row_ptr: Vec<u32>,
    col_idx: Vec<u32>,
    labels: Vec<u32>,
    t_ms: Vec<i64>,
}

impl OwnedGraph {
    /// A graph of forward edges, with all labels and times 0.
    pub fn new(nodes: usize, edges: &[(u32, u32)]) -> Self {
        let mut edges = edges.to_vec();
        edges.sort_unstable();
        edges.dedup();
        let row_ptr = (0..=nodes as u32).map(|u| edges.partition_point(|e| e.0 < u) as u32).collect();
        let col_idx = edges.iter().map(|e| e.1).collect();
        Self { row_ptr, col_idx, labels: vec![0; nodes], t_ms: vec![0; nodes] }
    }

    /// Events at `t_ms`, each linked with its next 4 within an hour.
    pub fn window(t_ms: Vec<i64>, labels: Vec<u32>) -> Self {
        let n = t_ms.len();
        let linked = |&(i, j): &(u32, u32)| t_ms[j as usize] - t_ms[i as usize] <= HOUR_MS;
        let edges: Vec<(u32, u32)> = (0..n as u32)
            .flat_map(|i| (i + 1..=i + 4).map(move |j| (i, j)))
            .filter(|e| (e.1 as usize) < n)
            .filter(linked)
            .collect();
        Self { labels, t_ms, ..Self::new(n, &edges) }
    }

    fn labelled(self, labels: &[u32]) -> Self {
        Self { labels: labels.to_vec(), ..self }
    }

    pub fn view(&self) -> MotifGraph<'_> {
        let pattern = CsrPattern::new(&self.row_ptr, &self.col_idx, self.labels.len()).unwrap();
        MotifGraph::new(pattern, &self.labels, &self.t_ms).unwrap()
    }

    fn linked(&self, i: usize, j: usize) -> bool {
        self.col_idx[self.row_ptr[i] as usize..self.row_ptr[i + 1] as usize].contains(&(j as u32))
    }
}

const HOUR_MS: i64 = 3_600_000;

fn views(graphs: &[OwnedGraph]) -> Vec<MotifGraph<'_>> {
    graphs.iter().map(OwnedGraph::view).collect()
}

pub fn all_patterns() -> MotifConfig {
    MotifConfig { min_count: 1, ..MotifConfig::default() }
}
