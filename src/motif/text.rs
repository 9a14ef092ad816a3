//! Patterns as text: `sweep -> reversal; reversal -> expansion`.
//!
//! The codes of labels change from run to run; the text of a pattern does not, so it is what names it.

mod error;
mod read;

pub use error::PatternTextError;

use super::census::Pattern;
use super::quote::quote;

impl Pattern {
    /// The pattern as text, its edges one behind the other: `sweep -> reversal; reversal -> expansion`.
    /// Patterns are equal exactly if their texts are, where names are distinct.
    ///
    /// An event is named by its label; where several events bear it, the n-th in time is `label#n`. A label that would
    /// be read as something else stands as a JSON string: if it is empty, starts or ends with a blank, or holds a
    /// control character, `"`, `#`, `;` or `->`. Where the edges leave open in which order events come in time, the
    /// text begins with all events in their order: `sweep; probe; reversal; sweep -> reversal; probe -> reversal`.
    ///
    /// # Panics
    /// If a code has no name.
    #[track_caller]
    pub fn text(&self, names: &[String]) -> String {
        let labels = self.labels();
        let event = |i: usize| {
            let label = labels[i];
            let name = &names[label as usize];
            let mut text = if stands_bare(name) { name.clone() } else { quote(name) };
            if labels.iter().filter(|&&other| other == label).count() > 1 {
                text += &format!("#{}", labels[..=i].iter().filter(|&&other| other == label).count());
            }
            text
        };
        let k = labels.len();
        let events: Vec<String> = (0..k).map(event).collect();
        let pairs = (0..k).flat_map(|i| (i + 1..k).map(move |j| (i, j)));
        let edges: Vec<(usize, usize)> = pairs.filter(|&(i, j)| self.leads(i, j)).collect();
        let mut items = Vec::new();
        if !tell_the_order(k, &edges) {
            items.extend(events.iter().cloned());
        }
        items.extend(edges.iter().map(|&(i, j)| format!("{} -> {}", events[i], events[j])));
        items.join("; ")
    }

    /// Reads [`Pattern::text`]; `names[code]` is the name of a label's code.
    ///
    /// Items are separated by `;`, each an event or events joined by `->`. Events come in time as they first stand in
    /// the text; if an edge then leads backward, in the first such order in which none does. `label` is `label#1`.
    ///
    /// # Errors
    /// [`PatternTextError`] says what is wrong and where.
    pub fn parse(text: &str, names: &[String]) -> Result<Self, PatternTextError> {
        read::pattern(text, names)
    }
}

/// Whether a name reads as itself.
fn stands_bare(name: &str) -> bool {
    let special = |c: char| matches!(c, '"' | '#' | ';') || c.is_control();
    !name.is_empty() && name.trim() == name && !name.contains(special) && !name.contains("->")
}

/// Whether reading `edges` in this order puts the events 0..k in theirs.
fn tell_the_order(k: usize, edges: &[(usize, usize)]) -> bool {
    let mut seen: Vec<usize> = Vec::new();
    for event in edges.iter().flat_map(|&(i, j)| [i, j]) {
        if !seen.contains(&event) {
            seen.push(event);
        }
    }
    let place = |event: usize| seen.iter().position(|&other| other == event);
    let by_place: Vec<_> = edges.iter().filter_map(|&(i, j)| Some((place(i)?, place(j)?))).collect();
    let order = first_order(seen.len(), &by_place);
    order.is_some_and(|order| order.iter().map(|&at| seen[at]).eq(0..k))
}

/// The first order of 0..n, event by event, in which every edge leads forward; `None` if there is a cycle.
fn first_order(n: usize, edges: &[(usize, usize)]) -> Option<Vec<usize>> {
    let mut order = Vec::with_capacity(n);
    while order.len() < n {
        let waits = |event| edges.iter().any(|&(i, j)| j == event && !order.contains(&i));
        order.push((0..n).find(|event| !order.contains(event) && !waits(*event))?);
    }
    Some(order)
}
