//! From the events of one group to its two graphs.

use super::{Dag, DagConfig, DagError, DagView, Link};
use crate::table::EventTable;

/// Edges of one group as parallel columns, in node numbers.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Links {
    /// Earlier event.
    pub src: Vec<u32>,
    /// Later event.
    pub dst: Vec<u32>,
    /// Time from the earlier to the later, milliseconds.
    pub dt_ms: Vec<i64>,
}

impl Dag {
    /// The causal DAG of one group's events under the configured link rule; node `i` is event `i`.
    ///
    /// # Errors
    /// [`DagError::NoKey`] if the rule needs a key column and there is none; else as the rules have it.
    pub fn from_events(events: &EventTable, config: &DagConfig) -> Result<Self, DagError> {
        let window = || config.window_knn().build(&events.t_ms)?.to_csr();
        let shared = || {
            if events.keys.is_empty() {
                return Err(DagError::NoKey { link: config.link.name() });
            }
            config.shared_key().build(&events.t_ms, &events.keys)
        };
        let (row_ptr, col_idx) = match config.link {
            Link::WindowKnn => window()?,
            Link::SharedKey => shared()?,
            Link::Both => union(&window()?, &shared()?)?,
        };
        Self::from_parts(row_ptr, col_idx)
    }

    /// The edges as columns, with the time between their ends.
    ///
    /// # Panics
    /// If `t_ms` does not hold a time for every node.
    #[track_caller]
    pub fn links(&self, t_ms: &[i64]) -> Links {
        links(self.edge_iter().map(|(u, v)| (self.id(u), self.id(v))), t_ms)
    }
}

/// The undirected temporal view: each event and its next `neighbours` in order, the earlier one as source.
///
/// # Errors
/// [`DagError::TooLarge`] above `u32::MAX` edges.
pub fn temporal_view(t_ms: &[i64], neighbours: u32) -> Result<Links, DagError> {
    let n = t_ms.len();
    let most = n as u64 * u64::from(neighbours);
    if u32::try_from(most).is_err() {
        return Err(DagError::TooLarge { what: "edges of the temporal view", count: most });
    }
    let next = |i: usize| i + 1..n.min(i + 1 + neighbours as usize);
    Ok(links((0..n).flat_map(|i| next(i).map(move |j| (i as u32, j as u32))), t_ms))
}

fn links(edges: impl Iterator<Item = (u32, u32)>, t_ms: &[i64]) -> Links {
    let mut links = Links::default();
    for (u, v) in edges {
        links.src.push(u);
        links.dst.push(v);
        links.dt_ms.push(t_ms[v as usize].saturating_sub(t_ms[u as usize]));
    }
    links
}

type Rows = (Vec<u32>, Vec<u32>);

/// The edges of either graph, each once.
fn union((a_ptr, a_col): &Rows, (b_ptr, b_col): &Rows) -> Result<Rows, DagError> {
    let most = a_col.len() as u64 + b_col.len() as u64;
    if u32::try_from(most).is_err() {
        return Err(DagError::TooLarge { what: "edges of one group", count: most });
    }
    let (mut row_ptr, mut col_idx) = (vec![0], Vec::with_capacity(most as usize));
    for i in 0..a_ptr.len() - 1 {
        let start = col_idx.len();
        col_idx.extend(&a_col[a_ptr[i] as usize..a_ptr[i + 1] as usize]);
        col_idx.extend(&b_col[b_ptr[i] as usize..b_ptr[i + 1] as usize]);
        col_idx[start..].sort_unstable();
        let mut kept = start;
        for at in start..col_idx.len() {
            if at == start || col_idx[at] != col_idx[kept - 1] {
                col_idx[kept] = col_idx[at];
                kept += 1;
            }
        }
        col_idx.truncate(kept);
        row_ptr.push(kept as u32);
    }
    Ok((row_ptr, col_idx))
}
