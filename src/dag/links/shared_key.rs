//! The shared-key rule: each event and the next k events that share an entity with it.

use std::collections::HashMap;

use super::rule::{PreparedRule, Rows};
use crate::dag::{DagError, KeyScope};
use crate::table::{EventTable, KeyColumn, MISSING};

/// Each event links to the next `k` events that share an entity with it and are at most `window_ms` later.
///
/// Events of equal time are linked in their order; an event whose keys are all missing has no edge.
///
/// ```
/// use ironforge::dag::{Dag, DagView, KeyScope, SharedKey};
/// use ironforge::table::{KeyColumn, Labels};
///
/// let users = Labels::encode([Some("ann"), Some("bob"), Some("ann")]);
/// let keys = [KeyColumn { name: "user".to_owned(), labels: users }];
/// let rule = SharedKey { k: 4, window_ms: 1000, scope: KeyScope::Any };
/// let (row_ptr, col_idx) = rule.build(&[0, 10, 20], &keys)?;
/// let dag = Dag::from_parts(row_ptr, col_idx)?;
/// assert_eq!(dag.edge_iter().collect::<Vec<_>>(), [(0, 2)]);
/// # Ok::<(), ironforge::dag::DagError>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SharedKey {
    /// Maximum number of successors of an event, over all its entities together; at least 1.
    pub k: u32,
    /// Maximum time between the two events, milliseconds.
    pub window_ms: i64,
    /// Condition under which equal values of key columns are the same entity.
    pub scope: KeyScope,
}

impl SharedKey {
    /// Row bounds and columns of the successors of sorted events. O(events · keys · k · log(keys · k)) time, 4
    /// bytes per edge.
    ///
    /// # Errors
    /// [`DagError::Unsorted`] if the times are not sorted, [`DagError::Len`] if a key column does not hold one
    /// value per event, [`DagError::TooLarge`] if events · k exceeds `u32::MAX`.
    pub fn build(&self, t_ms: &[i64], keys: &[KeyColumn]) -> Result<(Vec<u32>, Vec<u32>), DagError> {
        self.link(t_ms, &EventEntities::of(keys, t_ms.len(), self.scope)?, None)
    }

    /// As [`PreparedRule::link`].
    fn link(&self, t_ms: &[i64], entities: &EventEntities, order: Option<&[u32]>) -> Result<Rows, DagError> {
        if let Some(i) = t_ms.windows(2).position(|w| w[1] < w[0]) {
            return Err(DagError::Unsorted { index: i + 1 });
        }
        if u32::try_from(t_ms.len() as u64 * u64::from(self.k)).is_err() {
            return Err(DagError::TooLarge {
                what: "edges of one group",
                count: t_ms.len() as u64 * u64::from(self.k),
            });
        }
        let by_entity = EntityPositions::collect(entities, t_ms.len(), order);
        let (mut row_ptr, mut col_idx) = (vec![0], Vec::new());
        let mut row = Vec::new();
        for i in 0..t_ms.len() {
            row.clear();
            for (positions, rank) in by_entity.at(i) {
                let next = positions[rank + 1..].iter().take(self.k as usize);
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

/// The rule with the entities of one group's events.
#[derive(Debug)]
pub(super) struct SharedKeyOfEvents {
    rule: SharedKey,
    entities: EventEntities,
}

impl SharedKeyOfEvents {
    /// # Errors
    /// [`DagError::NoKey`] without a key column, [`DagError::Len`] if one does not hold one value per event.
    pub(super) fn new(rule: SharedKey, events: &EventTable) -> Result<Self, DagError> {
        if events.keys.is_empty() {
            return Err(DagError::NoKey);
        }
        let entities = EventEntities::of(&events.keys, events.len(), rule.scope)?;
        Ok(Self { rule, entities })
    }
}

impl PreparedRule for SharedKeyOfEvents {
    fn link(&self, t_ms: &[i64], order: Option<&[u32]>) -> Result<Rows, DagError> {
        self.rule.link(t_ms, &self.entities, order)
    }
}

/// The entities of each event, as integers: names are compared only here.
#[derive(Debug, Clone)]
struct EventEntities {
    /// Entity by event and key column, `[events, columns]`; [`MISSING`] for a missing key.
    entity: Vec<u32>,
    columns: usize,
    /// Number of entities.
    count: usize,
}

impl EventEntities {
    /// # Errors
    /// [`DagError::Len`] if a column does not hold one value per event.
    fn of(keys: &[KeyColumn], events: usize, scope: KeyScope) -> Result<Self, DagError> {
        if let Some(key) = keys.iter().find(|key| key.labels.codes.len() != events) {
            return Err(DagError::Len { what: "a key column", got: key.labels.codes.len(), want: events });
        }
        let mut ids: HashMap<(usize, &str), u32> = HashMap::new();
        let mut code_to_entity: Vec<Vec<u32>> = Vec::new();
        for (column, key) in keys.iter().enumerate() {
            // a column has its own id space, or shares that of all columns
            let space = if scope == KeyScope::Column { column } else { 0 };
            let mut entity = |name| {
                let next = ids.len() as u32;
                *ids.entry((space, name)).or_insert(next)
            };
            code_to_entity.push(key.labels.names.iter().map(|name| entity(name.as_str())).collect());
        }
        let mut entity = Vec::with_capacity(events * keys.len());
        for i in 0..events {
            entity.extend(keys.iter().zip(&code_to_entity).map(|(key, entity_of)| {
                entity_of.get(key.labels.codes[i] as usize).copied().unwrap_or(MISSING)
            }));
        }
        Ok(Self { entity, columns: keys.len(), count: ids.len() })
    }
}

/// The positions of each entity's events in time order, and the entities at each position.
struct EntityPositions {
    /// The positions of each entity, rising.
    positions: Vec<Vec<u32>>,
    /// By position and key column: the entity, and the index of this position in the entity's list.
    ranks: Vec<Option<(u32, u32)>>,
    columns: usize,
}

impl EntityPositions {
    fn collect(entities: &EventEntities, events: usize, order: Option<&[u32]>) -> Self {
        let columns = entities.columns;
        let mut positions: Vec<Vec<u32>> = vec![Vec::new(); entities.count];
        let mut ranks = Vec::with_capacity(events * columns);
        for position in 0..events {
            let event = order.map_or(position, |order| order[position] as usize);
            let first = event * columns;
            ranks.extend(entities.entity[first..first + columns].iter().map(|&entity| {
                let list = positions.get_mut(entity as usize)?;
                // An event with the same entity in two columns is listed once.
                if list.last() != Some(&(position as u32)) {
                    list.push(position as u32);
                }
                Some((entity, list.len() as u32 - 1))
            }));
        }
        Self { positions, ranks, columns }
    }

    /// For each entity of the event at `position`: the positions of the entity, and the index of `position` among
    /// them.
    fn at(&self, position: usize) -> impl Iterator<Item = (&[u32], usize)> {
        let ranks = &self.ranks[position * self.columns..(position + 1) * self.columns];
        ranks
            .iter()
            .flatten()
            .map(|&(entity, rank)| (self.positions[entity as usize].as_slice(), rank as usize))
    }
}
