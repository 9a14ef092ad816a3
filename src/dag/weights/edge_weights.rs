//! The weights of edges, from closeness in time, causality of the kinds, closeness in price, and price zones.

use super::Causality;
use super::causality::KindMatches;
use super::zones::ZoneScores;
use crate::dag::{DagError, DagView};
use crate::table::{Array, Labels};

const TIME_SHARE: f64 = 0.5;
const CAUSAL_SHARE: f64 = 0.3;
const PRICE_SHARE: f64 = 0.2;
/// Smallest weight, so that no edge vanishes.
const MIN_WEIGHT: f64 = 0.1;

/// Weights of edges between the events of one group.
///
/// `0.5 (1 - dt / horizon) + 0.3 c + 0.2 p`, clamped to `[0.1, 1]`, where `c` is [`Causality::at`] and
/// `p = 1 / (1 + |p2 - p1| / max(p1, 1))` is the closeness of the prices of source and target. A missing price
/// enters as 0: `p` is 0 if the source has none, and one half if only the target has none and the source's is 1 or
/// more. Without a price column its term is dropped and the other two are divided by 0.8. [`EdgeWeights::zoned`]
/// multiplies each weight by the nearness of its ends to price zones.
///
/// ```
/// use ironforge::dag::{Causality, EdgeWeights, WindowKnn};
/// use ironforge::table::Labels;
///
/// let t_ms = [0, 30 * 60_000];
/// let kind = Labels::encode([Some("login"), Some("purchase")]);
/// let causality = Causality::new([("login".to_owned(), "purchase".to_owned(), 0.8)]);
/// let weights = EdgeWeights::new(&causality, 60 * 60_000, &t_ms, &kind, None)?;
/// let dag = WindowKnn { k: 1, dt_min_ms: 1, dt_max_ms: 3_600_000 }.build(&t_ms)?;
/// let want = (0.5 * (1.0 - 30.0 / 60.0) + 0.3 * 0.8) / 0.8;
/// assert!((weights.of(&dag)[0] - want as f32).abs() < 1e-6);
/// # Ok::<(), ironforge::dag::DagError>(())
/// ```
pub struct EdgeWeights<'a> {
    /// Time term of an edge with dt = 0.
    max_time_term: f64,
    /// Decrease of the time term per millisecond.
    decrease_per_ms: f64,
    /// Factor of the causality.
    causal_share: f64,
    causality: Causality,
    /// Matches of each kind code, and of the missing kind at the end.
    matches: Vec<KindMatches>,
    /// Causal term of each pair of kinds, `[kinds, kinds]` by source and target, if there are at most as many pairs
    /// as events; else empty, to avoid memory quadratic in the number of kinds.
    pairs: Vec<f64>,
    kind: &'a [u32],
    t_ms: &'a [i64],
    prices: Option<&'a Array<f64>>,
    zones: Option<ZoneScores>,
}

impl<'a> EdgeWeights<'a> {
    /// The weights of one group of events; `t_ms` in milliseconds and `prices` in the unit of the source, `[events]`.
    /// Closeness in time falls to 0 at `horizon_ms`, for example that of
    /// [`ResolvedLinks`](crate::dag::ResolvedLinks::horizon_ms). O(kinds · entries of the table).
    ///
    /// # Errors
    /// [`DagError::Len`] if a column does not hold one value per event.
    pub fn new(
        causality: &Causality,
        horizon_ms: i64,
        t_ms: &'a [i64],
        kind: &'a Labels,
        prices: Option<&'a Array<f64>>,
    ) -> Result<Self, DagError> {
        let want = t_ms.len();
        for (what, got) in [("kind", kind.codes.len()), ("price", prices.map_or(want, Array::len))] {
            if got != want {
                return Err(DagError::Len { what, got, want });
            }
        }
        let names = kind.names.iter().map(String::as_str).chain([""]);
        let matches: Vec<KindMatches> = names.map(|name| causality.matches(name)).collect();
        let few = matches.len().saturating_mul(matches.len()) <= want;
        let sources = if few { &matches[..] } else { &[] };
        // The shares are normalised here, not edge by edge.
        let whole = if prices.is_some() { 1.0 } else { TIME_SHARE + CAUSAL_SHARE };
        let (max_time_term, causal_share) = (TIME_SHARE / whole, CAUSAL_SHARE / whole);
        let of_source =
            |s| matches.iter().map(move |d: &KindMatches| causal_share * causality.value(s, &d.target));
        let pairs = sources.iter().flat_map(|s| of_source(&s.source)).collect();
        let horizon_ms = horizon_ms as f64;
        Ok(Self {
            max_time_term,
            // A horizon of 0 admits only dt = 0.
            decrease_per_ms: if horizon_ms > 0.0 { max_time_term / horizon_ms } else { 0.0 },
            causal_share,
            causality: causality.clone(),
            matches,
            pairs,
            kind: &kind.codes,
            t_ms,
            prices,
            zones: None,
        })
    }

    /// The weights, each multiplied by `s^exponent` and clamped again; `s` in 0..=1 is the nearness of the edge's
    /// two events to `zones`, which are shares of the price range. O(events · zones).
    ///
    /// The range runs from the lowest to the highest price above 0. The zone `z` is at `low + z (high - low)`, has
    /// a radius of 5 % of the range and the significance `g`: 1.2 if `|z - 0.40| < 0.05`, 1.1 if `z` is 0.236,
    /// 0.618 or 0.786, else 1. At `x` radii the influence is `w = g exp(-2 x)` if `x <= 1`, else
    /// `g 0.1 exp(-0.5 (x - 1))`; its score is `min(1, 0.7 max w + 0.3 sum w / sum g)`, 0 for a missing price. `s`
    /// is the geometric mean of the two scores, or half of the other if one is 0; if both are 0 the weight is the
    /// minimum, 0.1.
    ///
    /// The weights do not change if the exponent is not above 0, there is no zone, or there are no two different
    /// prices above 0.
    pub fn zoned(mut self, zones: &[f64], exponent: f64) -> Self {
        self.zones = self.prices.and_then(|prices| ZoneScores::new(prices, zones, exponent));
        self
    }

    /// The price of each event, `[events]`; an array holds 0 where it is missing.
    fn price_values(&self) -> Option<&[f64]> {
        self.prices.map(|prices| &prices.values()[..])
    }

    /// Index of an event's kind in `matches`.
    fn kind_index(&self, i: usize) -> usize {
        // The code of a missing kind is `u32::MAX`.
        (self.kind[i] as usize).min(self.matches.len() - 1)
    }

    /// Weights of all edges of a graph whose nodes are the events, in edge order.
    ///
    /// # Panics
    /// If a node is not an event.
    #[track_caller]
    pub fn of(&self, dag: &impl DagView) -> Vec<f32> {
        // One loop per case, so that none is decided edge by edge.
        match (self.price_values(), &self.zones) {
            (Some(prices), Some(zones)) => {
                self.each(dag, |source, j| zoned(self.priced(source, j, prices), source, j, zones))
            }
            (Some(prices), None) => self.each(dag, |source, j| self.priced(source, j, prices)),
            (None, _) => self.each(dag, |source, j| self.weight(source, j, 0.0)),
        }
    }

    #[track_caller]
    fn each(&self, dag: &impl DagView, of_edge: impl Fn(&SourceEvent<'_>, usize) -> f64) -> Vec<f32> {
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
        let Some(prices) = self.price_values() else { return self.weight(&source, j, 0.0) };
        let weight = self.priced(&source, j, prices);
        self.zones.as_ref().map_or(weight, |zones| zoned(weight, &source, j, zones))
    }

    /// The values that all edges of one source share.
    fn source(&self, i: usize) -> SourceEvent<'_> {
        let kind = self.kind_index(i);
        let kinds = self.matches.len();
        SourceEvent {
            t_ms: self.t_ms[i],
            matches: &self.matches[kind],
            pairs: self.pairs.get(kind * kinds..(kind + 1) * kinds).unwrap_or_default(),
            price: self.prices.map_or(0.0, |prices| prices.values()[i]),
            zone: self.zones.as_ref().map_or(0.0, |zones| zones.of(i)),
        }
    }

    #[inline]
    fn weight(&self, source: &SourceEvent<'_>, j: usize, price_term: f64) -> f64 {
        // A difference that does not fit 64 bits is beyond any horizon.
        let dt_ms = (self.t_ms[j].saturating_sub(source.t_ms) as f64).abs();
        let kind = self.kind_index(j);
        let causal = match source.pairs.get(kind) {
            Some(&value) => value,
            None => {
                self.causal_share * self.causality.value(&source.matches.source, &self.matches[kind].target)
            }
        };
        (self.max_time_term - self.decrease_per_ms * dt_ms + causal + price_term).clamp(MIN_WEIGHT, 1.0)
    }

    #[inline]
    fn priced(&self, source: &SourceEvent<'_>, j: usize, prices: &[f64]) -> f64 {
        self.weight(source, j, PRICE_SHARE * closeness(source.price, prices[j]))
    }
}

/// A weight times the factor of its two events' zone scores, clamped.
fn zoned(weight: f64, source: &SourceEvent<'_>, j: usize, zones: &ZoneScores) -> f64 {
    (weight * zones.factor(source.zone, zones.of(j))).clamp(MIN_WEIGHT, 1.0)
}

/// One event as the source of edges.
struct SourceEvent<'a> {
    t_ms: i64,
    matches: &'a KindMatches,
    /// Causal terms of its kind with each kind; empty if [`EdgeWeights::pairs`] is.
    pairs: &'a [f64],
    price: f64,
    /// Its zone score; 0 without zones.
    zone: f64,
}

/// Closeness of two prices in 0..=1: `1 / (1 + |p2 - p1| / max(p1, 1))`, one division; 0 if the first is not
/// positive.
#[inline]
fn closeness(p1: f64, p2: f64) -> f64 {
    let unit = p1.max(1.0);
    if p1 > 0.0 { unit / (unit + (p2 - p1).abs()) } else { 0.0 }
}
