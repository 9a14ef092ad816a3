//! From the events of one group to its two graphs.

use super::{Dag, DagConfig, DagError, DagView, LinkRule};
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
        let (row_ptr, col_idx) = LinkRule::of(events, config)?.link(&events.t_ms, |i| i)?;
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
