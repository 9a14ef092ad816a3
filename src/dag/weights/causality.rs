//! The causality table: a value for each pair of event kinds.

use crate::dag::DagConfig;

/// Factor of an entry's value for a pair of kinds whose names contain those of the entry.
const CONTAINED_FACTOR: f64 = 0.7;
/// Value of a pair that matches no entry.
const DEFAULT_VALUE: f64 = 0.3;

/// Table of the plausibility that one kind of event causes another: (source kind, target kind, value in 0..=1), in
/// order of precedence.
///
/// ```
/// use ironforge::dag::Causality;
///
/// let table = Causality::new([("login".to_owned(), "purchase".to_owned(), 0.8)]);
/// assert_eq!(table.at("Login", "purchase"), 0.8);
/// assert_eq!(table.at("failed_login", "purchase"), 0.7 * 0.8);
/// assert_eq!(table.at("purchase", "login"), 0.3);
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct Causality(Vec<(String, String, f64)>);

impl Causality {
    /// The table of these entries; kinds are compared in lower case.
    pub fn new(entries: impl IntoIterator<Item = (String, String, f64)>) -> Self {
        Self(entries.into_iter().map(|(s, d, c)| (s.to_lowercase(), d.to_lowercase(), c)).collect())
    }

    /// Value of a pair of kinds: that of the entry with exactly these kinds; else 0.7 of that of the first entry
    /// whose kinds are substrings of them; else 0.3.
    pub fn at(&self, source: &str, target: &str) -> f64 {
        self.value(&self.matches(source).source, &self.matches(target).target)
    }

    /// The matches of a kind with each entry of the table.
    pub(super) fn matches(&self, kind: &str) -> KindMatches {
        let kind = kind.to_lowercase();
        let matched = |name: &String| match kind.contains(name.as_str()) {
            true if kind.len() == name.len() => KindMatch::Exact,
            true => KindMatch::Contains,
            false => KindMatch::No,
        };
        KindMatches {
            source: self.0.iter().map(|(name, _, _)| matched(name)).collect(),
            target: self.0.iter().map(|(_, name, _)| matched(name)).collect(),
        }
    }

    /// Value of a pair of kinds from their matches.
    pub(super) fn value(&self, source: &[KindMatch], target: &[KindMatch]) -> f64 {
        let pairs = || self.0.iter().zip(source.iter().zip(target));
        let exact = pairs().find(|(_, pair)| *pair == (&KindMatch::Exact, &KindMatch::Exact));
        let contained = || pairs().find(|(_, (s, d))| **s != KindMatch::No && **d != KindMatch::No);
        match exact {
            Some(((_, _, c), _)) => *c,
            None => contained().map_or(DEFAULT_VALUE, |((_, _, c), _)| CONTAINED_FACTOR * c),
        }
    }
}

/// Match of a kind with a name in an entry of the table.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum KindMatch {
    No,
    Contains,
    Exact,
}

/// Matches of one kind with each entry of the table, as source and as target.
pub(super) struct KindMatches {
    pub(super) source: Vec<KindMatch>,
    pub(super) target: Vec<KindMatch>,
}

impl DagConfig {
    /// The causality table of these settings.
    pub fn causality(&self) -> Causality {
        Causality::new(self.causality.iter().cloned())
    }
}
