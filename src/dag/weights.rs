//! The weight of an edge: how near, how plausible, how close in price.

use super::zones::ZoneScores;
use super::{DagError, DagView};
use crate::table::Labels;

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
        self.value(&self.fits(source).source, &self.fits(target).target)
    }

    /// How a kind fits the entries of the table.
    fn fits(&self, kind: &str) -> Fits {
        let kind = kind.to_lowercase();
        let fit = |name: &String| match kind.contains(name.as_str()) {
            true if kind.len() == name.len() => Fit::Exact,
            true => Fit::Contains,
            false => Fit::No,
        };
        Fits {
            source: self.0.iter().map(|(name, _, _)| fit(name)).collect(),
            target: self.0.iter().map(|(_, name, _)| fit(name)).collect(),
        }
    }

    fn value(&self, source: &[Fit], target: &[Fit]) -> f64 {
        let pairs = || self.0.iter().zip(source.iter().zip(target));
        let exact = pairs().find(|(_, pair)| *pair == (&Fit::Exact, &Fit::Exact));
        let contained = || pairs().find(|(_, (s, d))| **s != Fit::No && **d != Fit::No);
        match exact {
            Some(((_, _, c), _)) => *c,
            None => contained().map_or(UNKNOWN, |((_, _, c), _)| CONTAINED * c),
        }
    }
}

/// How a kind fits the name of a table's entry.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Fit {
    No,
    Contains,
    Exact,
}

/// How one kind fits each entry of the table, as source and as target.
struct Fits {
    source: Vec<Fit>,
    target: Vec<Fit>,
}

/// Weighs edges between the events of one group.
///
/// `0.5 (1 - dt / horizon) + 0.3 c + 0.2 p`, clamped to `[0.1, 1]`, where `c` is [`Causality::at`] and
/// `p = 1 / (1 + |p2 - p1| / max(p1, 1))` the closeness in price. A missing price enters as 0: `p` is 0 if the source
/// has none, one half if only the target has none. Where there is no price column its term drops out and the other
/// two are divided by 0.8. [`EdgeWeights::zoned`] multiplies each by how near its ends trade to zones of the price range.
pub struct EdgeWeights<'a> {
    /// What an edge of no time has for it, and what it loses each millisecond.
    near: f64,
    per_ms: f64,
    /// Share of the causality.
    causal: f64,
    causality: Causality,
    /// Of each kind code, one more for "missing" at the end: a column of many kinds must not cost their square.
    fits: Vec<Fits>,
    /// The value of each pair of kinds times its share, by source and then target, where there are fewer pairs than
    /// events; else empty.
    pairs: Vec<f64>,
    kind: &'a [u32],
    t_ms: &'a [i64],
    prices: Option<&'a [Option<f64>]>,
    zones: Option<ZoneScores>,
}

impl<'a> EdgeWeights<'a> {
    /// Prepares the columns of one group. O(kinds · entries of the table).
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
        let names = kind.names.iter().map(String::as_str).chain([""]);
        let fits: Vec<Fits> = names.map(|name| causality.fits(name)).collect();
        let few = fits.len().saturating_mul(fits.len()) <= want;
        let sources = if few { &fits[..] } else { &[] };
        // The shares are divided once, not edge by edge.
        let whole = if prices.is_some() { 1.0 } else { TIME_SHARE + CAUSAL_SHARE };
        let (near, causal) = (TIME_SHARE / whole, CAUSAL_SHARE / whole);
        let of_source = |s| fits.iter().map(move |d: &Fits| causal * causality.value(s, &d.target));
        let pairs = sources.iter().flat_map(|s| of_source(&s.source)).collect();
        let horizon_ms = horizon_minutes * MS_PER_MINUTE;
        Ok(Self {
            near,
            // A horizon of 0 admits only dt = 0, which is as near as can be.
            per_ms: if horizon_ms > 0.0 { near / horizon_ms } else { 0.0 },
            causal,
            causality: causality.clone(),
            fits,
            pairs,
            kind: &kind.codes,
            t_ms,
            prices,
            zones: None,
        })
    }

    /// Multiplies the weight of each edge by `s^exponent` and clamps it again; `s` in 0..=1 says how near its two events
    /// trade to `zones`, which are shares of the price range. O(events · zones).
    ///
    /// The range runs from the lowest to the highest price above 0. The zone `z` lies at `low + z (high - low)`, has a
    /// radius of 5 % of the range and the significance `g`: 1.2 if `|z - 0.40| < 0.05`, 1.1 if `z` is 0.236, 0.618 or
    /// 0.786, else 1. At `x` radii an event feels `w = g exp(-2 x)` if `x <= 1`, else `g 0.1 exp(-0.5 (x - 1))`; its score
    /// is `min(1, 0.7 max w + 0.3 sum w / sum g)`, 0 for a missing price. `s` is the geometric mean of the two scores,
    /// half of the other where one is 0; where both are 0 the weight is the least there is, 0.1.
    ///
    /// The weights stay as they are if the exponent is not above 0, there is no zone, or there are not two different
    /// prices above 0.
    pub fn zoned(mut self, zones: &[f64], exponent: f64) -> Self {
        self.zones = self.prices.and_then(|prices| ZoneScores::new(prices, zones, exponent));
        self
    }

    /// Place of an event's kind among `fits`.
    fn place(&self, i: usize) -> usize {
        // The code of a missing kind is the largest there is.
        (self.kind[i] as usize).min(self.fits.len() - 1)
    }

    /// Weights of all edges of a graph whose nodes are the events, in edge order.
    ///
    /// # Panics
    /// If a node is no event.
    #[track_caller]
    pub fn of(&self, dag: &impl DagView) -> Vec<f32> {
        // One loop for each case: nothing is asked edge by edge.
        match (self.prices, &self.zones) {
            (Some(prices), Some(zones)) => {
                self.each(dag, |source, j| zoned(self.priced(source, j, prices), source, j, zones))
            }
            (Some(prices), None) => self.each(dag, |source, j| self.priced(source, j, prices)),
            (None, _) => self.each(dag, |source, j| self.weight(source, j, 0.0)),
        }
    }

    #[track_caller]
    fn each(&self, dag: &impl DagView, of_edge: impl Fn(&Source<'_>, usize) -> f64) -> Vec<f32> {
        let mut weights = vec![0.0; dag.edges() as usize];
        let mut rest = weights.as_mut_slice();
        for i in 0..dag.nodes() {
            let source = self.source(i);
            let row = dag.successors(i as u32);
            let (of_row, others) = rest.split_at_mut(row.len());
            rest = others;
            for (weight, j) in of_row.iter_mut().zip(row) {
                *weight = of_edge(&source, j as usize) as f32;
            }
        }
        weights
    }

    /// Weight of the edge i -> j.
    ///
    /// # Panics
    /// If `i` or `j` is not an event.
    #[track_caller]
    pub fn at(&self, i: usize, j: usize) -> f64 {
        let source = self.source(i);
        let Some(prices) = self.prices else { return self.weight(&source, j, 0.0) };
        let weight = self.priced(&source, j, prices);
        self.zones.as_ref().map_or(weight, |zones| zoned(weight, &source, j, zones))
    }

    /// What all edges of one source share.
    fn source(&self, i: usize) -> Source<'_> {
        let kind = self.place(i);
        let kinds = self.fits.len();
        Source {
            t_ms: self.t_ms[i],
            fits: &self.fits[kind],
            pairs: self.pairs.get(kind * kinds..(kind + 1) * kinds).unwrap_or_default(),
            price: self.prices.map_or(0.0, |prices| prices[i].unwrap_or(0.0)),
            zone: self.zones.as_ref().map_or(0.0, |zones| zones.of(i)),
        }
    }

    #[inline]
    fn weight(&self, source: &Source<'_>, j: usize, price_term: f64) -> f64 {
        // Where 64 bits cannot hold the difference it lies beyond any horizon.
        let dt_ms = (self.t_ms[j].saturating_sub(source.t_ms) as f64).abs();
        let kind = self.place(j);
        let causal = match source.pairs.get(kind) {
            Some(&value) => value,
            None => self.causal * self.causality.value(&source.fits.source, &self.fits[kind].target),
        };
        (self.near - self.per_ms * dt_ms + causal + price_term).clamp(FLOOR, 1.0)
    }

    #[inline]
    fn priced(&self, source: &Source<'_>, j: usize, prices: &[Option<f64>]) -> f64 {
        self.weight(source, j, PRICE_SHARE * closeness(source.price, prices[j].unwrap_or(0.0)))
    }
}

/// A weight times the factor of its two events' scores.
fn zoned(weight: f64, source: &Source<'_>, j: usize, zones: &ZoneScores) -> f64 {
    (weight * zones.factor(source.zone, zones.of(j))).clamp(FLOOR, 1.0)
}

/// One event as the source of edges.
struct Source<'a> {
    t_ms: i64,
    fits: &'a Fits,
    /// The value of its kind with each kind; empty where they are not kept.
    pairs: &'a [f64],
    price: f64,
    /// Its score by zones; not read where there are none.
    zone: f64,
}

/// Closeness of two prices in 0..=1: `1 / (1 + |p2 - p1| / max(p1, 1))`, one division; 0 if the first is not positive.
#[inline]
fn closeness(p1: f64, p2: f64) -> f64 {
    let unit = p1.max(1.0);
    if p1 > 0.0 { unit / (unit + (p2 - p1).abs()) } else { 0.0 }
}
