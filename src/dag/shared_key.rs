//! The shared-key rule: events that share an entity are linked.

use std::collections::HashMap;

use super::{DagError, KeyScope};
use crate::table::KeyColumn;

/// Each event links to the next `k` events that share an entity with it and lie at most `window_ms` behind it.
///
/// Events of equal time are linked in their order; an event that holds no entity has no edge.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SharedKey {
    /// Most successors of an event, at least 1.
    pub k: u32,
    /// Most time between the two events, milliseconds.
    pub window_ms: i64,
    /// When two key columns hold the same entity.
    pub scope: KeyScope,
}

impl SharedKey {
    /// Links sorted events as CSR parts. O(events · keys · k · log) time, 4 bytes an edge.
    ///
    /// # Errors
    /// [`DagError::Unsorted`], [`DagError::Len`] if a column does not fit, [`DagError::TooLarge`] above `u32::MAX`.
    pub fn build(&self, t_ms: &[i64], keys: &[KeyColumn]) -> Result<(Vec<u32>, Vec<u32>), DagError> {
        if let Some(i) = t_ms.windows(2).position(|w| w[1] < w[0]) {
            return Err(DagError::Unsorted { index: i + 1 });
        }
        if let Some(key) = keys.iter().find(|key| key.labels.codes.len() != t_ms.len()) {
            return Err(DagError::Len {
                what: "a key column",
                got: key.labels.codes.len(),
                want: t_ms.len(),
            });
        }
        if u32::try_from(t_ms.len() as u64 * u64::from(self.k)).is_err() {
            return Err(DagError::TooLarge {
                what: "edges of one group",
                count: t_ms.len() as u64 * u64::from(self.k),
            });
        }
        let touched = Entities::collect(keys, t_ms.len(), self.scope);
        let (mut row_ptr, mut col_idx) = (vec![0], Vec::new());
        let mut row = Vec::new();
        for i in 0..t_ms.len() {
            row.clear();
            for (events, rank) in touched.of(i) {
                let next = events[rank + 1..].iter().take(self.k as usize);
                row.extend(next.take_while(|&&j| t_ms[j as usize].saturating_sub(t_ms[i]) <= self.window_ms));
            }
            row.sort_unstable();
            row.dedup();
            col_idx.extend(row.iter().take(self.k as usize));
            row_ptr.push(col_idx.len() as u32);
        }
        Ok((row_ptr, col_idx))
    }
}

/// For each entity the events that hold it, in order; for each event its entities.
struct Entities {
    events: Vec<Vec<u32>>,
    /// Per event and key column: entity and the event's rank among the entity's events.
    held: Vec<Option<(u32, u32)>>,
    columns: usize,
}

impl Entities {
    fn collect(keys: &[KeyColumn], n: usize, scope: KeyScope) -> Self {
        let mut ids: HashMap<(usize, &str), u32> = HashMap::new();
        let mut events: Vec<Vec<u32>> = Vec::new();
        let mut code_to_entity: Vec<Vec<u32>> = Vec::new();
        for (column, key) in keys.iter().enumerate() {
            let space = if scope == KeyScope::Column { column } else { 0 };
            code_to_entity.push(
                key.labels
                    .names
                    .iter()
                    .map(|name| {
                        *ids.entry((space, name)).or_insert_with(|| {
                            events.push(Vec::new());
                            events.len() as u32 - 1
                        })
                    })
                    .collect(),
            );
        }
        let mut held = Vec::with_capacity(n * keys.len());
        for i in 0..n {
            for (key, entity_of) in keys.iter().zip(&code_to_entity) {
                held.push(entity_of.get(key.labels.codes[i] as usize).map(|&entity| {
                    let list = &mut events[entity as usize];
                    // A self loop holds one entity twice: it stands once in the entity's list.
                    if list.last() != Some(&(i as u32)) {
                        list.push(i as u32);
                    }
                    (entity, list.len() as u32 - 1)
                }));
            }
        }
        Self { events, held, columns: keys.len() }
    }

    fn of(&self, i: usize) -> impl Iterator<Item = (&[u32], usize)> {
        let held = &self.held[i * self.columns..(i + 1) * self.columns];
        held.iter().flatten().map(|&(entity, rank)| (self.events[entity as usize].as_slice(), rank as usize))
    }
}
