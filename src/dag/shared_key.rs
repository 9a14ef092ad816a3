//! The shared-key rule: events that share an entity are linked.

use std::collections::HashMap;

use super::{DagError, KeyScope};
use crate::table::{KeyColumn, MISSING};

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
        self.link(t_ms, &EventEntities::of(keys, t_ms.len(), self.scope)?, |i| i)
    }

    /// Links events at sorted times; `event(p)` is the event that stands at place `p`.
    pub(super) fn link(
        &self,
        t_ms: &[i64],
        entities: &EventEntities,
        event: impl Fn(usize) -> usize,
    ) -> Result<(Vec<u32>, Vec<u32>), DagError> {
        if let Some(i) = t_ms.windows(2).position(|w| w[1] < w[0]) {
            return Err(DagError::Unsorted { index: i + 1 });
        }
        if u32::try_from(t_ms.len() as u64 * u64::from(self.k)).is_err() {
            return Err(DagError::TooLarge {
                what: "edges of one group",
                count: t_ms.len() as u64 * u64::from(self.k),
            });
        }
        let touched = Touched::collect(entities, t_ms.len(), event);
        let (mut row_ptr, mut col_idx) = (vec![0], Vec::new());
        let mut row = Vec::new();
        for i in 0..t_ms.len() {
            row.clear();
            for (places, rank) in touched.of(i) {
                let next = places[rank + 1..].iter().take(self.k as usize);
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

/// The entities of each event, as numbers: names are compared once.
#[derive(Debug, Clone)]
pub(super) struct EventEntities {
    /// Per event and key column, [`MISSING`] where there is none.
    held: Vec<u32>,
    columns: usize,
    count: usize,
}

impl EventEntities {
    /// # Errors
    /// [`DagError::Len`] if a column does not fit.
    pub(super) fn of(keys: &[KeyColumn], events: usize, scope: KeyScope) -> Result<Self, DagError> {
        if let Some(key) = keys.iter().find(|key| key.labels.codes.len() != events) {
            return Err(DagError::Len { what: "a key column", got: key.labels.codes.len(), want: events });
        }
        let mut ids: HashMap<(usize, &str), u32> = HashMap::new();
        let mut code_to_entity: Vec<Vec<u32>> = Vec::new();
        for (column, key) in keys.iter().enumerate() {
            let space = if scope == KeyScope::Column { column } else { 0 };
            let mut entity = |name| {
                let next = ids.len() as u32;
                *ids.entry((space, name)).or_insert(next)
            };
            code_to_entity.push(key.labels.names.iter().map(|name| entity(name.as_str())).collect());
        }
        let mut held = Vec::with_capacity(events * keys.len());
        for i in 0..events {
            held.extend(keys.iter().zip(&code_to_entity).map(|(key, entity_of)| {
                entity_of.get(key.labels.codes[i] as usize).copied().unwrap_or(MISSING)
            }));
        }
        Ok(Self { held, columns: keys.len(), count: ids.len() })
    }
}

/// For each entity the places of the events that hold it, in order; for each place its entities.
struct Touched {
    places: Vec<Vec<u32>>,
    /// Per place and key column: entity and the event's rank among the entity's events.
    held: Vec<Option<(u32, u32)>>,
    columns: usize,
}

impl Touched {
    fn collect(entities: &EventEntities, n: usize, event: impl Fn(usize) -> usize) -> Self {
        let columns = entities.columns;
        let mut places: Vec<Vec<u32>> = vec![Vec::new(); entities.count];
        let mut held = Vec::with_capacity(n * columns);
        for place in 0..n {
            let first = event(place) * columns;
            held.extend(entities.held[first..first + columns].iter().map(|&entity| {
                let list = places.get_mut(entity as usize)?;
                // A self loop holds one entity twice: it stands once in the entity's list.
                if list.last() != Some(&(place as u32)) {
                    list.push(place as u32);
                }
                Some((entity, list.len() as u32 - 1))
            }));
        }
        Self { places, held, columns }
    }

    fn of(&self, place: usize) -> impl Iterator<Item = (&[u32], usize)> {
        let held = &self.held[place * self.columns..(place + 1) * self.columns];
        held.iter().flatten().map(|&(entity, rank)| (self.places[entity as usize].as_slice(), rank as usize))
    }
}
