//! The configured link rules applied to the events of one group, at their own times or at other times.

use std::sync::Arc;

use super::ResolvedLinks;
use super::rule::{PreparedRule, Rows};
use crate::dag::{Dag, DagError};
use crate::table::EventTable;

/// The configured link rules of one group of events, which can relink the events at other times: the columns that the
/// rules read besides the times are stored. 4 bytes per event and key column; no column for the window rule alone.
#[derive(Debug, Clone)]
pub struct Linker {
    rules: Vec<Arc<dyn PreparedRule>>,
}

impl Linker {
    /// The rules by which [`Dag::from_events`] links `events`.
    ///
    /// # Errors
    /// [`DagError::NoKey`] if a rule needs a key column and there is none; [`DagError::Len`] if one does not hold one
    /// value per event.
    pub fn of(events: &EventTable, links: &ResolvedLinks) -> Result<Self, DagError> {
        let rules = links.rules.iter().map(|rule| rule.prepare(events, links));
        Ok(Self { rules: rules.collect::<Result<_, _>>()? })
    }

    /// Row bounds and columns of the successors after the events were reordered: position `p` holds event
    /// `order[p]`, at time `t_ms[p]`.
    ///
    /// # Errors
    /// [`DagError::Unsorted`] if the times are not sorted, [`DagError::TooLarge`] above `u32::MAX` events or edges.
    ///
    /// # Panics
    /// If `order` and `t_ms` differ in length.
    #[track_caller]
    pub fn relink(&self, order: &[u32], t_ms: &[i64]) -> Result<(Vec<u32>, Vec<u32>), DagError> {
        assert_eq!(order.len(), t_ms.len(), "one event per time");
        self.link(t_ms, Some(order))
    }

    /// The union of the edges of all rules.
    fn link(&self, t_ms: &[i64], order: Option<&[u32]>) -> Result<Rows, DagError> {
        let [first, others @ ..] = self.rules.as_slice() else {
            return Ok((vec![0; t_ms.len() + 1], Vec::new()));
        };
        others.iter().try_fold(first.link(t_ms, order)?, |rows, rule| union(&rows, &rule.link(t_ms, order)?))
    }
}

impl Dag {
    /// The causal DAG of one group's events under the configured link rules; node `i` is event `i`.
    ///
    /// ```
    /// use ironforge::dag::{Dag, DagConfig, DagView, LinkRule};
    /// use ironforge::scale::TimeScale;
    /// use ironforge::table::{EventTable, KeyColumn, Labels};
    ///
    /// // Four events, at 0, 1, 200 and 201 minutes; the first and the third have the same user.
    /// // The typical gap is a minute: the window rule links over at most 64 minutes, shared keys over 768.
    /// let users = Labels::encode([Some("ann"), Some("bob"), Some("ann"), Some("cid")]);
    /// let events = EventTable {
    ///     t_ms: vec![0, 60_000, 12_000_000, 12_060_000],
    ///     keys: vec![KeyColumn { name: "user".to_owned(), labels: users }],
    ///     ..EventTable::default()
    /// };
    /// let links = vec![LinkRule::WindowKnn, LinkRule::SharedKey];
    /// let config = DagConfig { links, ..DagConfig::default() };
    /// let dag = Dag::from_events(&events, &config.resolved(TimeScale::of_times([&events.t_ms[..]]))?)?;
    /// assert_eq!(dag.edge_iter().collect::<Vec<_>>(), [(0, 1), (0, 2), (2, 3)]);
    /// # Ok::<(), ironforge::dag::DagError>(())
    /// ```
    ///
    /// # Errors
    /// [`DagError::NoKey`] if a rule needs a key column and there is none; else the errors of
    /// [`WindowKnn::build`](super::WindowKnn::build) and [`SharedKey::build`](super::SharedKey::build).
    pub fn from_events(events: &EventTable, links: &ResolvedLinks) -> Result<Self, DagError> {
        let (row_ptr, col_idx) = Linker::of(events, links)?.link(&events.t_ms, None)?;
        Self::from_parts(row_ptr, col_idx)
    }
}

/// The union of the edges of two graphs.
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
