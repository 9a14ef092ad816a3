//! A row of the result: one pattern, its counts and the result of its test.

use super::pattern::{Pattern, to_json};
use super::{Significance, Verdict};

/// A pattern with its counts and the result of its test.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct MotifRow {
    /// The pattern.
    pub pattern: Pattern,
    /// Isomorphism class of its shape: the smallest mask among all numberings of the events.
    pub class_id: u32,
    /// Number of occurrences in all graphs.
    pub count: u64,
    /// Number of graphs in which it occurs.
    pub support: u32,
    /// Number of event-disjoint occurrences, which is tested: taken one by one unless they share an event with one
    /// taken, the latest first event first, then the earliest last event, last but one, and so on.
    pub disjoint: u64,
    /// Largest number of pairwise non-overlapping occurrences; an occurrence extends from its first to its last
    /// event.
    pub non_overlapping: u64,
    /// Result of the test; `None` if it was not run (`iterations` is 0).
    pub significance: Option<Significance>,
    /// Verdict of the test.
    pub verdict: Verdict,
}

impl MotifRow {
    /// The names of the labels in time order as a JSON array of strings (`["sweep","reversal","sweep"]`); JSON, so
    /// that a name may contain any character. `names[code]` is the name of a label code; `None`, the label of events
    /// that have none, becomes `null`.
    ///
    /// # Panics
    /// If a label code has no name.
    #[track_caller]
    pub fn labels_json(&self, names: &[Option<String>]) -> String {
        let labels = self.pattern.labels().iter();
        to_json(&labels.map(|&code| &names[code as usize]).collect::<Vec<&Option<String>>>())
    }
}
