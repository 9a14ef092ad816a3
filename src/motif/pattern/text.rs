//! The text form of a pattern: `sweep -> reversal; reversal -> expansion`.
//!
//! Label codes differ between runs; the text does not, so it identifies a pattern.

use super::{Pattern, PatternTextError, parse, to_json};

/// The label of events without one, in the text of a pattern.
pub(super) const MISSING_LABEL: &str = "?";

impl Pattern {
    /// Text form of the pattern, its edges in order: `sweep -> reversal; reversal -> expansion`. `names[code]` is
    /// the name of a label code, `None` for the label of events that have none; if names are distinct, two patterns
    /// are equal if and only if their texts are.
    ///
    /// An event is named by its label; if several events have the same label, the n-th in time order is `label#n`.
    /// A label is written as a JSON string if it is empty or `?`, starts or ends with white space, or contains a
    /// control character, `"`, `#`, `;` or `->`; a bare `?` is the label of events without one. If the edges alone do not give the time order of the events, the text
    /// begins with all events in order: `sweep; probe; reversal; sweep -> reversal; probe -> reversal`.
    ///
    /// ```
    /// use ironforge::motif::Pattern;
    ///
    /// let names = ["sweep", "reversal", "?"].map(|name| Some(name.to_owned()));
    /// let names = [&names[..], &[None]].concat();
    /// let pattern = Pattern::parse("reversal -> sweep#2; sweep#1 -> reversal", &names)?;
    /// assert_eq!(pattern.text(&names), "sweep#1 -> reversal; reversal -> sweep#2");
    /// assert_eq!((pattern.k(), pattern.labels()), (3, &[0, 1, 0][..]));
    /// let unlabelled = Pattern::parse("? -> sweep -> \"?\"", &names)?;
    /// assert_eq!(unlabelled.labels(), [3, 0, 2]);
    /// # Ok::<(), ironforge::motif::PatternTextError>(())
    /// ```
    ///
    /// # Panics
    /// If a label code has no name.
    #[track_caller]
    pub fn text(&self, names: &[Option<String>]) -> String {
        let labels = self.labels();
        let event = |i: usize| {
            let label = labels[i];
            let mut text = match &names[label as usize] {
                None => MISSING_LABEL.to_owned(),
                Some(name) if is_bare(name) => name.clone(),
                Some(name) => to_json(name),
            };
            if labels.iter().filter(|&&other| other == label).count() > 1 {
                text += &format!("#{}", labels[..=i].iter().filter(|&&other| other == label).count());
            }
            text
        };
        let k = labels.len();
        let events: Vec<String> = (0..k).map(event).collect();
        let pairs = (0..k).flat_map(|i| (i + 1..k).map(move |j| (i, j)));
        let edges: Vec<(usize, usize)> = pairs.filter(|&(i, j)| self.has_edge(i, j)).collect();
        let mut items = Vec::new();
        if !edges_give_order(k, &edges) {
            items.extend(events.iter().cloned());
        }
        items.extend(edges.iter().map(|&(i, j)| format!("{} -> {}", events[i], events[j])));
        items.join("; ")
    }

    /// The pattern of a text ([`Pattern::text`]); `names[code]` is the name of a label code, `None` for the label of
    /// events that have none.
    ///
    /// Items are separated by `;`; an item is an event, or events joined by `->`. The time order of the events is the
    /// lexicographically first topological order, events being compared by their first appearance in the text.
    /// `label` means `label#1`.
    ///
    /// # Errors
    /// [`PatternTextError`] with the byte offset of the error.
    pub fn parse(text: &str, names: &[Option<String>]) -> Result<Self, PatternTextError> {
        parse::pattern(text, names)
    }
}

/// Returns whether a name can be written without quotes.
fn is_bare(name: &str) -> bool {
    let special = |c: char| matches!(c, '"' | '#' | ';') || c.is_control();
    !name.is_empty()
        && name != MISSING_LABEL
        && name.trim() == name
        && !name.contains(special)
        && !name.contains("->")
}

/// Returns whether the parser would order the events as 0..k from `edges` alone.
fn edges_give_order(k: usize, edges: &[(usize, usize)]) -> bool {
    let mut seen: Vec<usize> = Vec::new();
    for event in edges.iter().flat_map(|&(i, j)| [i, j]) {
        if !seen.contains(&event) {
            seen.push(event);
        }
    }
    let position = |event: usize| seen.iter().position(|&other| other == event);
    let by_position: Vec<_> = edges.iter().filter_map(|&(i, j)| Some((position(i)?, position(j)?))).collect();
    let order = first_topological_order(seen.len(), &by_position);
    order.is_some_and(|order| order.iter().map(|&position| seen[position]).eq(0..k))
}

/// The lexicographically first order of 0..n in which every edge leads forward; `None` if there is a cycle.
pub(super) fn first_topological_order(n: usize, edges: &[(usize, usize)]) -> Option<Vec<usize>> {
    let mut order = Vec::with_capacity(n);
    while order.len() < n {
        let has_open_predecessor = |event| edges.iter().any(|&(i, j)| j == event && !order.contains(&i));
        order.push((0..n).find(|event| !order.contains(event) && !has_open_predecessor(*event))?);
    }
    Some(order)
}
