//! The 45 node and 20 edge features of the original's sessions, by its formulas.
//!
//! They need what its session files give: a price, a kind and the field `type`, the time of day that a clock showed, and
//! what the file says of the session as a whole ([`SessionContext`]). Other logs keep the generic
//! [`features`](super::features()). All is calculated in f64; [`nodes`], [`temporal_edges`] and [`dag_edges`] name every
//! feature with its unit and formula in [`Features::info`], and this is what they say in short:
//!
//! | node feature | what it is |
//! |---|---|
//! | 0..=6 | flags by the words in kind, original type and phase; 7 is a constant |
//! | 8..=10 | price, volume, time of day |
//! | 11..=17 | the price against open, high and low of the session |
//! | 18..=23 | time of day against the duration, hour, trading hours; 21 is a constant |
//! | 24..=32 | proximity to the levels 0.40, 0.618, 0.50, 0.20, 0.80 of the range, and steps of the range |
//! | 33..=38 | significance, ratios, strength as gap, order block and structure shift |
//! | 39..=44 | ratings by kind; 39 to 41 and 43 are constants |
//!
//! | edge feature | temporal view (20) | causal DAG (10) |
//! |---|---|---|
//! | 0..=2 | link, causality and relation by the kinds | weight, nearness in time, causality code |
//! | 3..=8 | differences in time and price | minutes, places, weight again, change in price |
//! | 9..=15 | relation of the kinds, closeness in hour, price and zone | 9: ratio of volumes |
//! | 16..=19 | 16 to 18 constants, 19 the mean of 9 and 13 | none: the original drew 10 to 19 at random |
//!
//! # Traps that are kept
//!
//! Weights trained on the original's numbers want the original's numbers, so what it got wrong stands here as it is and
//! each formula says so: a missing price enters as 0 (and lies far below every session); a session is taken to start at
//! midnight; the day of the week is always 0; `expansion` as a kind does not set the flag of that name; constants fill
//! places that were never used. What it drew at random (features 10 to 19 of an edge of the DAG) is left out: noise is
//! no feature, and no run could repeat it.
//!
//! A value that no f64 holds, which takes prices near 1e308, is missing.

mod dag_edge;
mod edge;
mod flags;
mod frame;
mod kinship;
mod price;
mod smart_money;
mod time;
mod words;
mod zones;

use super::{FeatureError, FeatureInfo, Features};
use crate::table::{EventTable, Session};
use frame::Frame;
use smart_money::Rated;
use words::{Said, Words};

#[cfg(doc)]
use crate::table::SessionContext;

/// Number of node features.
pub const NODE_FEATURES: usize = 45;
/// Number of features of an edge of the temporal view.
pub const TEMPORAL_EDGE_FEATURES: usize = 20;
/// Number of features of an edge of the causal DAG.
pub const DAG_EDGE_FEATURES: usize = 10;

/// Name, unit and formula of a feature.
type Described = (&'static str, &'static str, &'static str);

/// The first thing these features need that a session lacks, if it lacks any.
pub fn lacking(session: &Session) -> Option<&'static str> {
    let events = &session.events;
    if events.time_of_day_s.is_none() {
        Some("times of day")
    } else if events.price.is_none() {
        Some("a price")
    } else if events.note(TYPE).is_none() {
        Some("the field `type`")
    } else if session.context.is_none() {
        Some("a context (open, high, low) of the session")
    } else {
        None
    }
}

const TYPE: &str = "type";
const ORIGINAL_TYPE: &str = "original_type";
const PHASE: &str = "semantic_context.phase";
const VOLUME: &str = "volume";
const SIGNIFICANCE: &str = "significance";
const ARCHAEOLOGY: &str = "archaeological_significance";

/// The 45 features of each event, in the order of the events. O(events + text of the distinct kinds and notes).
///
/// What a session lacks beside its times of day is missing in every event: no kind, no type, no price.
///
/// # Errors
/// [`FeatureError::TimeOfDay`] if the source has no clock.
pub fn nodes(session: &Session) -> Result<Features, FeatureError> {
    let events = Events::of(&session.events)?;
    let frame = Frame::of(session);
    let info = [&flags::INFO[..], &price::INFO, &time::INFO, &zones::INFO, &smart_money::INFO].concat();
    let row = |i| {
        let rated = events.rated(i);
        let (price, volume, time_of_day_s) = (rated.price, rated.volume, rated.time_of_day_s);
        let mut row = [0.0; NODE_FEATURES];
        let parts = [
            &flags::flags(rated.kind, events.original.at(i), events.phase.at(i))[..],
            &price::prices(&frame, price, volume, time_of_day_s),
            &time::times(&frame, time_of_day_s),
            &zones::zones(&frame, price),
            &smart_money::scores(&frame, &rated),
        ];
        for (value, &part) in row.iter_mut().zip(parts.into_iter().flatten()) {
            *value = part;
        }
        row
    };
    Ok(table(&info, session.events.len(), row))
}

/// The 20 features of each edge `src[e]`, `dst[e]` of the temporal view, in the order of the edges.
///
/// # Errors
/// [`FeatureError::TimeOfDay`] if the source has no clock.
///
/// # Panics
/// If an end is no event, or there are not as many sources as targets.
#[track_caller]
pub fn temporal_edges(session: &Session, src: &[u32], dst: &[u32]) -> Result<Features, FeatureError> {
    assert_eq!(src.len(), dst.len(), "one target per source");
    let events = Events::of(&session.events)?;
    let row = |e| edge::features(&events.end(src[e]), &events.end(dst[e]));
    Ok(table(&edge::INFO, src.len(), row))
}

/// The 10 features of each edge of the causal DAG, in the order of the edges; `weights` are those of the edges.
///
/// # Errors
/// [`FeatureError::TimeOfDay`] if the source has no clock.
///
/// # Panics
/// If an end is no event, or the columns are not of one length.
#[track_caller]
pub fn dag_edges(
    session: &Session,
    src: &[u32],
    dst: &[u32],
    weights: &[f32],
) -> Result<Features, FeatureError> {
    assert!(src.len() == dst.len() && src.len() == weights.len(), "one target and weight per source");
    let events = Events::of(&session.events)?;
    let t_ms = &session.events.t_ms;
    let row = |e: usize| {
        let (i, j) = (src[e], dst[e]);
        let dt_ms = (i128::from(t_ms[j as usize]) - i128::from(t_ms[i as usize])) as f64;
        let apart = f64::from(j) - f64::from(i);
        dag_edge::features(&events.end(i), &events.end(j), dt_ms, apart, weights[e].into())
    };
    Ok(table(&dag_edge::INFO, src.len(), row))
}

/// The features of an edge of the temporal view, and of one of the causal DAG.
pub fn edge_info() -> (Vec<FeatureInfo>, Vec<FeatureInfo>) {
    (described(&edge::INFO), described(&dag_edge::INFO))
}

fn described(info: &[Described]) -> Vec<FeatureInfo> {
    info.iter().map(|&(name, unit, formula)| FeatureInfo { name: name.to_owned(), unit, formula }).collect()
}

/// Puts rows together; what is not finite is missing.
fn table<const N: usize>(info: &[Described], rows: usize, row: impl Fn(usize) -> [f64; N]) -> Features {
    debug_assert_eq!(info.len(), N);
    let present = |value: f64| value.is_finite().then_some(value);
    Features { info: described(info), rows, values: (0..rows).flat_map(|i| row(i).map(present)).collect() }
}

/// The columns that the features read.
struct Events<'a> {
    time_of_day_s: &'a [f64],
    price: Option<&'a [Option<f64>]>,
    volume: Option<&'a [Option<f64>]>,
    significance: Option<&'a [Option<f64>]>,
    archaeology: Option<&'a [Option<f64>]>,
    kind: Said<'a>,
    typed: Said<'a>,
    original: Said<'a>,
    phase: Said<'a>,
}

/// One end of an edge.
struct End {
    price: f64,
    volume: f64,
    time_of_day_s: f64,
    kind: Words,
    original: Words,
}

impl<'a> Events<'a> {
    fn of(events: &'a EventTable) -> Result<Self, FeatureError> {
        Ok(Self {
            time_of_day_s: events.time_of_day_s.as_deref().ok_or(FeatureError::TimeOfDay)?,
            price: events.prices(),
            volume: events.number(VOLUME),
            significance: events.number(SIGNIFICANCE),
            archaeology: events.number(ARCHAEOLOGY),
            kind: Said::of(Some(&events.kind)),
            typed: Said::of(events.note(TYPE)),
            original: Said::of(events.note(ORIGINAL_TYPE)),
            phase: Said::of(events.note(PHASE)),
        })
    }

    fn rated(&self, i: usize) -> Rated {
        Rated {
            price: number(self.price, i, 0.0),
            volume: number(self.volume, i, 0.0),
            time_of_day_s: self.time_of_day_s[i],
            significance: number(self.significance, i, smart_money::SIGNIFICANCE),
            archaeological: number(self.archaeology, i, 0.0),
            kind: self.kind.at(i),
            typed: self.typed.at(i),
        }
    }

    fn end(&self, i: u32) -> End {
        let i = i as usize;
        End {
            price: number(self.price, i, 0.0),
            volume: number(self.volume, i, 0.0),
            time_of_day_s: self.time_of_day_s[i],
            kind: self.kind.at(i),
            original: self.original.at(i),
        }
    }
}

/// The value of an event, or what stands for a missing one.
fn number(column: Option<&[Option<f64>]>, i: usize, missing: f64) -> f64 {
    column.and_then(|values| values[i]).unwrap_or(missing)
}
