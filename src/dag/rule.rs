//! The configured link rule over the events of one group, whose times may change.

use super::shared_key::EventEntities;
use super::{DagConfig, DagError, Link, SharedKey, WindowKnn};
use crate::table::EventTable;

/// What links the events of one group, at their own times or at others: what the rule looks at beside the times is
/// kept. 4 bytes an event and key column; nothing under the window rule.
#[derive(Debug, Clone)]
pub struct LinkRule(Rule);

#[derive(Debug, Clone)]
enum Rule {
    Window(WindowKnn),
    Shared(SharedKey, EventEntities),
    Both(WindowKnn, SharedKey, EventEntities),
}

impl LinkRule {
    /// The rule by which [`super::Dag::from_events`] links `events`.
    ///
    /// # Errors
    /// [`DagError::NoKey`] if the rule needs a key column and there is none; [`DagError::Len`] if one does not fit.
    pub fn of(events: &EventTable, config: &DagConfig) -> Result<Self, DagError> {
        let (window, shared) = (config.window_knn(), config.shared_key());
        let entities = || {
            if events.keys.is_empty() {
                return Err(DagError::NoKey { link: config.link.name() });
            }
            EventEntities::of(&events.keys, events.len(), shared.scope)
        };
        Ok(Self(match config.link {
            Link::WindowKnn => Rule::Window(window),
            Link::SharedKey => Rule::Shared(shared, entities()?),
            Link::Both => Rule::Both(window, shared, entities()?),
        }))
    }

    /// Row bounds and columns of the successors when event `order[p]` stands at place `p`, at time `t_ms[p]`.
    ///
    /// # Errors
    /// [`DagError::Unsorted`] if a time falls, [`DagError::TooLarge`] above `u32::MAX` events or edges.
    ///
    /// # Panics
    /// If `order` does not name an event for each time.
    #[track_caller]
    pub fn relink(&self, order: &[u32], t_ms: &[i64]) -> Result<Rows, DagError> {
        assert_eq!(order.len(), t_ms.len(), "an event for each time");
        self.link(t_ms, |place| order[place] as usize)
    }

    /// As [`LinkRule::relink`], `event(p)` being the event that stands at place `p`.
    pub(super) fn link(&self, t_ms: &[i64], event: impl Fn(usize) -> usize) -> Result<Rows, DagError> {
        match &self.0 {
            Rule::Window(window) => window.build(t_ms)?.to_csr(),
            Rule::Shared(shared, entities) => shared.link(t_ms, entities, event),
            Rule::Both(window, shared, entities) => {
                union(&window.build(t_ms)?.to_csr()?, &shared.link(t_ms, entities, event)?)
            }
        }
    }
}

/// Row bounds and columns.
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
