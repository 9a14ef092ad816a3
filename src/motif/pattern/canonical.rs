//! The representative of a pattern's isomorphism class: patterns may differ only in the times of events that no path
//! connects.

use super::Pattern;
use crate::motif::enumerate::MAX_NODES;

impl Pattern {
    /// Canonical form: the smallest pattern, by mask and then labels, among all topological orders of the events. Two
    /// patterns have the same form if and only if they are isomorphic as labelled DAGs. At most 120 orders are tried.
    pub fn canonical(&self) -> Self {
        let mut order = Vec::with_capacity(MAX_NODES);
        let mut smallest = *self;
        self.try_orders(&mut order, &mut smallest);
        smallest
    }

    /// Lowers `smallest` to the smallest pattern among the topological orders that begin with `order`.
    fn try_orders(&self, order: &mut Vec<usize>, smallest: &mut Self) {
        let k = usize::from(self.k());
        if order.len() == k {
            *smallest = (*smallest).min(self.reordered(order));
            return;
        }
        let open = |event: usize, order: &[usize]| !order.contains(&event);
        for event in 0..k {
            let has_open_predecessor = (0..k).any(|other| open(other, order) && self.has_edge(other, event));
            if open(event, order) && !has_open_predecessor {
                order.push(event);
                self.try_orders(order, smallest);
                order.pop();
            }
        }
    }

    /// The same pattern with event `order[p]` as event `p`.
    fn reordered(&self, order: &[usize]) -> Self {
        let k = order.len();
        let mut labels = [0; MAX_NODES];
        labels.iter_mut().zip(order).for_each(|(label, &event)| *label = self.labels()[event]);
        let pairs = (0..k).flat_map(|i| (i + 1..k).map(move |j| (i, j)));
        let mask =
            pairs.filter(|&(i, j)| self.has_edge(order[i], order[j])).map(|(i, j)| 1 << (i * k + j)).sum();
        Self::new(k, mask, labels)
    }
}
