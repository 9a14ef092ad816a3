//! The events of several tables as one.

use crate::events::UnsortedEvents;
use crate::table::{Array, KeyColumn, Labels, NumericColumn};

impl UnsortedEvents {
    /// The events of tables that one map gave roles, one after another. A column of numbers that a table lacks is
    /// missing for its events; the price is that of the first table that has one.
    pub(super) fn concatenated(tables: Vec<Self>) -> Self {
        let mut tables = tables.into_iter();
        let Some(mut all) = tables.next() else { return Self::default() };
        let price = |events: &Self| events.price.map(|price| events.numeric[price].name.clone());
        let mut price_name = price(&all);
        for next in tables {
            price_name = price_name.or_else(|| price(&next));
            all.append(next);
        }
        all.price = price_name.and_then(|name| all.numeric.iter().position(|column| column.name == name));
        all
    }

    fn append(&mut self, mut next: Self) {
        let (before, after) = (self.times.len(), next.times.len());
        self.times.append(&mut next.times);
        match (&mut self.seq, next.seq) {
            (Some(seq), Some(more)) => seq.extend(more),
            (seq, _) => *seq = None,
        }
        self.event_index.append(&mut next.event_index);
        self.kind.append(&next.kind);
        for key in &mut self.keys {
            match next.keys.iter().find(|other| other.name == key.name) {
                Some(KeyColumn { labels, .. }) => key.labels.append(labels),
                None => key.labels.append(&Labels::all_missing(after)),
            }
        }
        for column in &mut self.numeric {
            match next.numeric.iter().find(|other| other.name == column.name) {
                Some(other) => column.values.append(&other.values),
                None => column.values.append(&Array::all_missing(after)),
            }
        }
        for NumericColumn { name, values: more } in next.numeric {
            if self.numeric.iter().all(|column| column.name != name) {
                let mut values = Array::all_missing(before);
                values.append(&more);
                self.numeric.push(NumericColumn { name, values });
            }
        }
    }
}
