//! The weight of an edge: how near, how plausible, how close in price.

use super::DagError;
use crate::table::{Labels, MISSING};

const TIME_SHARE: f64 = 0.5;
const CAUSAL_SHARE: f64 = 0.3;
const PRICE_SHARE: f64 = 0.2;
/// No edge weighs less: a weak link is still a link.
const FLOOR: f64 = 0.1;
/// Share of a table entry's value that a pair gets which only contains the entry's two kinds.
const CONTAINED: f64 = 0.7;
/// Value of a pair that the table does not know.
const UNKNOWN: f64 = 0.3;
const MS_PER_MINUTE: f64 = 60_000.0;

/// How plausibly one kind of event causes another: (source kind, target kind, value in 0..=1), in order of precedence.
#[derive(Debug, Clone, PartialEq)]
pub struct Causality(Vec<(String, String, f64)>);

impl Causality {
    /// Takes a table; kinds are compared in lower case.
    pub fn new(entries: impl IntoIterator<Item = (String, String, f64)>) -> Self {
        Self(entries.into_iter().map(|(s, d, c)| (s.to_lowercase(), d.to_lowercase(), c)).collect())
    }

    /// Value of a pair of kinds: that of the entry which names it exactly; else 0.7 of the first entry whose two kinds
    /// are contained in it; else 0.3.
    pub fn at(&self, source: &str, target: &str) -> f64 {
        let (source, target) = (source.to_lowercase(), target.to_lowercase());
        let exact = self.0.iter().find(|(s, d, _)| *s == source && *d == target);
        let contained =
            || self.0.iter().find(|(s, d, _)| source.contains(s.as_str()) && target.contains(d.as_str()));
        match exact {
            Some((_, _, c)) => *c,
            None => contained().map_or(UNKNOWN, |(_, _, c)| CONTAINED * c),
        }
    }
}

/// Weighs edges between the events of one group.
///
/// `0.5 (1 - dt / horizon) + 0.3 c + 0.2 p`, clamped to `[0.1, 1]`, where `c` is [`Causality::at`] and
/// `p = 1 / (1 + |p2 - p1| / max(p1, 1))` the closeness in price. A missing price enters as 0: `p` is 0 if the source
/// has none, one half if only the target has none. Where there is no price column its term drops out and the other
/// two are divided by 0.8.
pub struct EdgeWeights<'a> {
    horizon_minutes: f64,
    /// Value of each pair of kind codes, one more code for "missing" at the end.
    causal: Vec<f64>,
    kinds: usize,
    kind: &'a [u32],
    t_ms: &'a [i64],
    prices: Option<&'a [Option<f64>]>,
}

impl<'a> EdgeWeights<'a> {
    /// Prepares the columns of one group. O(kinds² + events).
    ///
    /// # Errors
    /// [`DagError::Len`] if a column does not hold one value an event.
    pub fn new(
        causality: &Causality,
        horizon_minutes: f64,
        t_ms: &'a [i64],
        kind: &'a Labels,
        prices: Option<&'a [Option<f64>]>,
    ) -> Result<Self, DagError> {
        let want = t_ms.len();
        for (what, got) in [("kind", kind.codes.len()), ("price", prices.map_or(want, <[_]>::len))] {
            if got != want {
                return Err(DagError::Len { what, got, want });
            }
        }
        let names: Vec<&str> = kind.names.iter().map(String::as_str).chain([""]).collect();
        let pairs = names.iter().flat_map(|s| names.iter().map(move |d| (s, d)));
        let causal = pairs.map(|(s, d)| causality.at(s, d)).collect();
        Ok(Self { horizon_minutes, causal, kinds: names.len(), kind: &kind.codes, t_ms, prices })
    }

    fn code(&self, i: usize) -> usize {
        match self.kind[i] {
            MISSING => self.kinds - 1,
            code => code as usize,
        }
    }

    /// Weight of the edge i -> j.
    ///
    /// # Panics
    /// If `i` or `j` is not an event.
    #[track_caller]
    pub fn at(&self, i: usize, j: usize) -> f64 {
        let dt_minutes = self.t_ms[j].abs_diff(self.t_ms[i]) as f64 / MS_PER_MINUTE;
        // A horizon of 0 admits only dt = 0, which is as near as can be.
        let near = if self.horizon_minutes > 0.0 { 1.0 - dt_minutes / self.horizon_minutes } else { 1.0 };
        let causal = self.causal[self.code(i) * self.kinds + self.code(j)];
        let known = TIME_SHARE * near + CAUSAL_SHARE * causal;
        let weight = match self.prices {
            Some(prices) => {
                known + PRICE_SHARE * closeness(prices[i].unwrap_or(0.0), prices[j].unwrap_or(0.0))
            }
            None => known / (TIME_SHARE + CAUSAL_SHARE),
        };
        weight.clamp(FLOOR, 1.0)
    }
}

/// Closeness of two prices in 0..=1; 0 if the first is not positive.
fn closeness(p1: f64, p2: f64) -> f64 {
    if p1 > 0.0 { 1.0 / (1.0 + (p2 - p1).abs() / p1.max(1.0)) } else { 0.0 }
}
