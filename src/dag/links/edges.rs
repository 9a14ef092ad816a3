//! Edges as parallel columns, and the temporal view.

use crate::dag::{Dag, DagError, DagView};

/// Edges of one group of events as parallel columns, `[edges]` each; ends are event indices.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Links {
    /// Source: the earlier event.
    pub src: Vec<u32>,
    /// Target: the later event.
    pub dst: Vec<u32>,
    /// Time from source to target, milliseconds.
    pub dt_ms: Vec<i64>,
}

impl Dag {
    /// The edges as columns in the caller's ids, with the time between their ends.
    ///
    /// # Panics
    /// If `t_ms`, indexed by the caller's ids, has no time for the id of an edge's end.
    #[track_caller]
    pub fn links(&self, t_ms: &[i64]) -> Links {
        links(self.edge_iter().map(|(u, v)| (self.id(u), self.id(v))), t_ms)
    }
}

/// The undirected temporal view: each event and its next `neighbours` events in order, the earlier one as source.
///
/// ```
/// let view = ironforge::dag::temporal_view(&[0, 5, 20], 1)?;
/// assert_eq!((view.src, view.dst, view.dt_ms), (vec![0, 1], vec![1, 2], vec![5, 15]));
/// # Ok::<(), ironforge::dag::DagError>(())
/// ```
///
/// # Errors
/// [`DagError::TooLarge`] if events · `neighbours` exceeds `u32::MAX`.
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
